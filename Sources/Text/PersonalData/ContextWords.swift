/// Words near a number that say what it is.
///
/// A number whose form or check digit alone is weak counts only where such a word stands near it: within
/// ``before`` bytes before it, or within ``after`` bytes behind it. A word begins and ends where no ASCII
/// letter runs into it; ASCII case does not matter. The looks are bounded, so the work is linear in the text.
struct ContextWords: Sendable {
  /// How far back a word is looked for, in bytes: a label, a colon and half a sentence.
  static let before = 64
  /// How far ahead a word is looked for, in bytes: "… is my SSN".
  static let after = 24

  let words: [StaticString]

  init(_ words: StaticString...) { self.words = words }

  /// Whether one of the words stands near the place.
  func isNear(_ text: ScanText, _ start: Int, _ end: Int) -> Bool {
    isBetween(text, start - Self.before, start) || isBetween(text, end, end + Self.after)
  }

  /// Whether one of the words stands, whole, in the range.
  func isBetween(_ text: ScanText, _ from: Int, _ to: Int) -> Bool {
    let first = max(0, from)
    let last = min(text.count, to)
    var place = first
    while place < last {
      if !text.at(place - 1).isLetter {
        for word in words where hasWord(word, text, place, last) { return true }
      }
      place += 1
    }
    return false
  }

  private func hasWord(_ word: StaticString, _ text: ScanText, _ place: Int, _ last: Int) -> Bool {
    let first = word.utf8Start.pointee
    let length = word.utf8CodeUnitCount
    guard text.base[place].asciiLowered == first, place + length <= last else { return false }
    return text.hasIgnoringCase(word, at: place) && !text.at(place + length).isLetter
  }
}
