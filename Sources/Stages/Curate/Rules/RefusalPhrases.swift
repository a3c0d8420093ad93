import Text

/// The words of an English refusal, in lower case and with straight apostrophes.
enum RefusalPhrases {
  /// Whether a sentence of a text as it stands that begins at `start` may be one that declines, judged by its first
  /// five bytes in lower case.
  static func mayOpen(_ text: UnsafeRawBufferPointer, _ start: Int) -> Bool {
    var key: UInt64 = 0
    var place = start
    var taken = 0
    while taken < opening, place < text.count {
      var byte = ASCIIText.lowered(text[place])
      place += 1
      // A curly apostrophe is a straight one, and a run of white space a space.
      if byte == 0xE2, place + 1 < text.count, text[place] == 0x80, text[place + 1] == 0x99 {
        byte = 0x27
        place += 2
      } else if ASCIIText.isSpace(byte) {
        byte = 0x20
        while place < text.count, ASCIIText.isSpace(text[place]) { place += 1 }
      }
      key = key << 8 | UInt64(byte)
      taken += 1
    }
    let slot = Self.slot(key)
    return openings[slot >> 6] >> UInt64(slot & 63) & 1 == 1
  }

  /// Bytes of a phrase by which it is looked up; no phrase is shorter.
  private static let opening = 5

  /// The upper 14 bits of a product with 2⁶⁴ over the golden ratio.
  private static func slot(_ key: UInt64) -> Int {
    Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) >> 50)
  }

  /// A bit for the first bytes of every phrase that a sentence may begin with.
  private static let openings: [UInt64] = {
    var bits = [UInt64](repeating: 0, count: 256)
    for phrase in fixed + models + apologies + denials + foreign.flatMap(\.beginnings) {
      var key: UInt64 = 0
      for place in 0..<min(opening, phrase.utf8CodeUnitCount) {
        key = key << 8 | UInt64(phrase.utf8Start[place])
      }
      let slot = Self.slot(key)
      bits[slot >> 6] |= 1 << UInt64(slot & 63)
    }
    return bits
  }()

  /// Whether the sentence of the normalised text that begins at `start` declines.
  static func declines(_ text: UnsafeRawBufferPointer, from start: Int) -> Bool {
    if matchesAny(fixed, text, start) != nil { return true }
    if foreign.contains(where: { $0.matches(text, start) }) { return true }
    var place = start
    var apology = false
    var model = false
    // "I'm sorry, but as an AI language model, I cannot …" has two excuses; none has more than four.
    for _ in 0..<4 {
      if let end = matchesAny(models, text, place) {
        model = true
        place = skipLink(text, end)
      } else if let end = matchesAny(apologies, text, place) {
        apology = true
        place = skipLink(text, end)
      } else {
        break
      }
    }
    guard let denied = matchesAny(denials, text, place) else { return false }
    if model { return !goesOn(text, from: denied) }
    let verb = matchesAny(adverbs, text, denied) ?? denied
    if ASCIIText.has("help but", in: text, at: verb) { return false }
    if matchesAny(helping, text, verb) != nil { return true }
    return apology && matchesAny(giving, text, verb) != nil
  }

  static func matchesAny(
    _ phrases: [StaticString], _ text: UnsafeRawBufferPointer, _ place: Int
  ) -> Int? {
    for phrase in phrases where ASCIIText.has(phrase, in: text, at: place) {
      let end = place + phrase.utf8CodeUnitCount
      // A phrase ends at a word's end, so that "assist" is not "assistant".
      if end < text.count, isLetter(text[end]), isLetter(text[end - 1]) { continue }
      return end
    }
    return nil
  }

  private static func isLetter(_ byte: UInt8) -> Bool { byte &- 0x61 < 26 || byte >= 0x80 }

  /// Moves over what links an excuse and a denial: commas, dashes, "but", "that", "however".
  private static func skipLink(_ text: UnsafeRawBufferPointer, _ start: Int) -> Int {
    var place = start
    while place < text.count {
      if text[place] == 0x20 || text[place] == 0x2C || text[place] == 0x2D {
        place += 1
      } else if let end = matchesAny(links, text, place) {
        place = end
      } else {
        break
      }
    }
    return place
  }

  /// Whether the sentence says what the speaker can do instead: "…, but I can tell you what it was last
  /// year".
  private static func goesOn(_ text: UnsafeRawBufferPointer, from start: Int) -> Bool {
    var place = start
    while place < text.count, text[place] != 0x2E, text[place] != 0x21, text[place] != 0x3F {
      if text[place] == 0x62 || text[place] == 0x68, matchesAny(turns, text, place) != nil { return true }
      place += 1
    }
    return false
  }

  private static let turns: [StaticString] = [
    "but i can ", "but i am able to ", "but i'm able to ", "but here ", "but i could ", "however, i can ",
    "however, here ", "but i'd be happy to give", "but i would say ", "but i think ",
  ]

  private static let links: [StaticString] = ["but", "that", "however", "–", "—"]

  /// Excuses that give the speaker's nature as the reason.
  private static let models: [StaticString] = [
    "as an ai language model", "as an ai model", "as a language model",
    "as a large language model", "as an artificial intelligence language model",
    "as an artificial intelligence",
    "as a responsible ai", "as an ethical ai", "as a helpful ai assistant", "as an ai developed by openai",
    "as an ai created by openai", "as an ai assistant developed by openai", "as an ai created by anthropic",
    "as an ai assistant created by anthropic", "as an ai made by anthropic",
    "as a large language model trained by google", "as an ai chatbot",
    // Behind those that begin with it.
    "as an ai assistant", "as an ai",
  ]

  private static let apologies: [StaticString] = [
    "i'm sorry", "i am sorry", "i'm really sorry", "i'm very sorry", "i'm so sorry", "i am very sorry",
    "sorry",
    "i apologize", "i apologise", "my apologies", "apologies", "unfortunately", "i'm afraid", "i am afraid",
    "i understand", "thank you for your request", "thanks for asking",
  ]

  private static let denials: [StaticString] = [
    "i can't ", "i cannot ", "i can not ", "i am unable to ", "i'm unable to ", "i am not able to ",
    "i'm not able to ", "i won't ", "i will not ", "i won't be able to ", "i will not be able to ",
    "i am not allowed to ", "i'm not allowed to ", "i am not permitted to ", "i'm not permitted to ",
    "i am not programmed to ", "i'm not programmed to ", "i'm just not able to ",
    "i'm not going to ", "i am not going to ", "i'm currently unable to ", "i am currently unable to ",
    "i'm currently not able to ", "i'm really not able to ", "i simply can't ", "i simply cannot ",
    "i really can't ", "i don't have the ability to ", "i do not have the ability to ",
  ]

  private static let adverbs: [StaticString] = [
    "be able to ", "directly ", "ethically ", "in good conscience ", "knowingly ", "possibly ", "currently ",
  ]

  /// Verbs that decline on their own.
  private static let helping: [StaticString] = [
    "help with", "help you with", "help you", "help create", "help to create", "assist", "comply", "fulfill",
    "fulfil", "engage in", "engage with", "participate in", "support this request", "support that request",
    "do that", "provide assistance", "provide help", "provide instructions", "provide guidance",
    "provide information on how", "provide that information", "provide this information", "provide that",
    "answer that", "answer this", "answer your question", "respond to that", "respond to this",
    "discuss that",
    "discuss this", "continue this conversation", "continue with this", "generate that", "create that",
    "generate content", "create content", "write that", "produce that", "give that", "share that",
    "help anyone", "help someone", "help people", "help facilitate", "help plan", "help carry out",
    "help or assist", "fulfill that", "do this", "create explicit", "write explicit", "generate explicit",
    "create sexual", "write sexual", "generate sexual", "create hateful", "provide a response to",
    "provide a response for", "provide support for", "provide details on how", "provide steps",
    "provide information that", "provide advice on how to", "respond to your request", "process your request",
    "complete this request", "complete that request", "continue with that", "be part of", "take part in",
  ]

  /// Verbs that decline after an apology.
  private static let giving: [StaticString] = [
    "help", "provide", "answer", "create", "generate", "write", "share", "give", "offer", "produce",
    "respond",
    "complete", "discuss", "recommend", "facilitate", "promote", "encourage", "process that", "process this",
    "translate that", "continue",
  ]

  /// Whole beginnings that need no parts.
  private static let fixed: [StaticString] = [
    "i must decline", "i have to decline", "i must respectfully decline", "i respectfully decline",
    "i must refuse", "i'm going to decline", "i'm not comfortable helping", "i am not comfortable helping",
    "i don't feel comfortable helping", "i'm not comfortable with", "this request goes against",
    "that goes against my", "this goes against my", "it goes against my", "this request violates",
    "your request violates", "my guidelines don't allow", "my guidelines do not allow",
    "i'm sorry, i can't.", "sorry, i can't.", "i need to decline", "i'll have to decline",
    "i have to respectfully decline", "i must politely decline", "i'm going to have to decline",
    "i will have to decline", "i need to respectfully decline", "i politely decline",
    "that's not something i can help", "that's not something i'm able to help",
    "this isn't something i can help", "this is not something i can help", "that is not something i can help",
    "that isn't something i can help", "i'd prefer not to continue this conversation",
    "i prefer not to continue this conversation", "sorry, that's beyond my current scope",
    "that's beyond my current scope", "i am programmed to be a safe and helpful",
    "i am designed to be a safe and helpful", "it would be inappropriate for me to",
    "it is not appropriate for me to", "it's not appropriate for me to",
  ]
}
