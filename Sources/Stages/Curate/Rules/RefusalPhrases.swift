/// The words of a refusal, in lower case and with straight apostrophes.
enum RefusalPhrases {
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
    if model { return true }
    let verb = matchesAny(adverbs, text, denied) ?? denied
    if RuleText.has("help but", in: text, at: verb) { return false }
    if matchesAny(helping, text, verb) != nil { return true }
    return apology && matchesAny(giving, text, verb) != nil
  }

  private static func matchesAny(
    _ phrases: [StaticString], _ text: UnsafeRawBufferPointer, _ place: Int
  ) -> Int? {
    for phrase in phrases where RuleText.has(phrase, in: text, at: place) {
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

  private static let links: [StaticString] = ["but", "that", "however", "–", "—"]

  /// Excuses that give the speaker's nature as the reason.
  private static let models: [StaticString] = [
    "as an ai language model", "as an ai model", "as an ai assistant", "as an ai", "as a language model",
    "as a large language model", "as an artificial intelligence language model",
    "as an artificial intelligence",
    "as a responsible ai", "as an ethical ai",
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
    "i'm sorry, i can't.", "sorry, i can't.",
  ]

  /// A beginning in another language, and words of which one must follow in the same sentence.
  private struct Phrase {
    let beginnings: [StaticString]
    let words: [StaticString]

    func matches(_ text: UnsafeRawBufferPointer, _ start: Int) -> Bool {
      guard let end = RefusalPhrases.matchesAny(beginnings, text, start) else { return false }
      if words.isEmpty { return true }
      var place = end
      while place < text.count {
        let byte = text[place]
        if byte == 0x2E || byte == 0x21 || byte == 0x3F { return false }
        for word in words where RuleText.has(word, in: text, at: place) { return true }
        place += 1
      }
      return false
    }
  }

  private static let foreign: [Phrase] = [
    Phrase(
      beginnings: [
        "es tut mir leid, aber ich kann", "es tut mir leid, ich kann", "tut mir leid, aber ich kann",
        "tut mir leid, ich kann", "es tut mir leid, aber dabei kann ich", "tut mir leid, aber dabei kann ich",
        "es tut mir leid, dabei kann ich", "tut mir leid, dabei kann ich", "entschuldigung, aber ich kann",
        "leider kann ich", "ich kann dir", "ich kann ihnen", "ich kann dabei", "dabei kann ich",
        "damit kann ich",
      ],
      words: [
        "nicht helfen", "nicht weiterhelfen", "nicht dabei helfen", "nicht unterstützen", "nicht behilflich",
        "anfrage nicht", "nicht nachkommen", "nicht erfüllen", "nicht beantworten",
      ]),
    Phrase(
      beginnings: ["als ki", "als sprachmodell", "als künstliche intelligenz", "als ki-sprachmodell"],
      words: [
        "kann ich nicht", "kann ich keine", "kann ich dir nicht", "kann ich ihnen nicht",
        "kann ich dabei nicht",
      ]),
    Phrase(
      beginnings: [
        "je suis désolé, mais je ne peux pas", "je suis désolée, mais je ne peux pas",
        "désolé, je ne peux pas",
        "désolé, mais je ne peux pas", "je suis désolé, je ne peux pas", "désolée, je ne peux pas",
        "je suis navré, mais je ne peux pas", "je ne peux pas", "malheureusement, je ne peux pas",
      ],
      words: [
        "vous aider", "t'aider", "aider à", "répondre à cette", "répondre à votre demande", "fournir d'aide",
        "accéder à cette demande", "fournir d'informations", "satisfaire",
      ]),
    Phrase(
      beginnings: [
        "en tant qu'ia, je ne peux pas", "en tant que modèle de langage, je ne peux pas",
        "en tant qu'intelligence artificielle, je ne peux pas", "en tant qu'assistant ia, je ne peux pas",
        "en tant que modèle de langage ia, je ne peux pas",
      ], words: []),
    Phrase(
      beginnings: [
        "lo siento, pero no puedo", "lo siento, no puedo", "lamentablemente no puedo",
        "lamentablemente, no puedo",
        "disculpa, pero no puedo", "lamento no poder", "no puedo",
      ],
      words: [
        "ayudarte con", "ayudarle con", "ayudar con", "ayudarte en eso", "ayudarle en eso", "asistir",
        "cumplir con", "proporcionar esa", "proporcionar ese", "proporcionar información sobre cómo",
        "responder a esa", "ayudarte a eso",
      ]),
    Phrase(
      beginnings: [
        "como modelo de lenguaje, no puedo", "como modelo de lenguaje de ia, no puedo", "como ia, no puedo",
        "como inteligencia artificial, no puedo", "como asistente de ia, no puedo",
      ], words: []),
  ]
}
