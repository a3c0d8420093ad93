/// A key as the terminal tells it.
enum ScreenKey: Sendable, Hashable {
  /// A character that was typed, or a control character such as U+0012 for Ctrl-R.
  case character(Character)
  /// A text that was pasted as a whole.
  case paste(String)
  case enter, escape, tab, backTab, backspace, delete
  case up, down, left, right, pageUp, pageDown, home, end
  case wordLeft, wordRight, textStart, textEnd
  /// The terminal has another size.
  case resize
  case unknown

  /// Ctrl and a letter.
  static func control(_ letter: Character) -> ScreenKey {
    let value = (letter.asciiValue ?? 0) & 0x1F
    return .character(Character(UnicodeScalar(value)))
  }
}
