import Text

/// Places of a template that nobody filled.
enum UnfilledTemplate {
  /// What a place looks like.
  enum Form {
    /// `{{name}}`, `{customer_name}`, `${user}`, `%(name)s`: a program's.
    case variable
    /// `[Your Name]`, `[INSERT LINK]`, `<insert name>`: a person's.
    case blank
  }

  /// Calls `found` with each place in a text outside blocks and spans of code.
  static func scan(_ text: UnsafeRawBufferPointer, _ found: (Form, _ offset: Int, _ length: Int) -> Void) {
    var inFence = false
    // Behind what was read to its end.
    var resume = 0
    var marks = ByteMarks(.opening, in: text)
    while let place = marks.place() {
      guard place >= resume else { continue }
      switch text[place] {
      case 0x60:
        var end = place
        while end < text.count, text[end] == 0x60 { end += 1 }
        resume = end
        if end - place >= 3 {
          inFence.toggle()
        } else if !inFence {
          resume = behindSpan(text, from: end, ticks: end - place)
        }
      case 0x7B where !inFence:
        if let length = variable(text, at: place) {
          found(.variable, place, length)
          resume = place + length
        }
      case 0x5B where !inFence, 0x3C where !inFence:
        if let length = blank(text, at: place) {
          found(.blank, place, length)
          resume = place + length
        }
      default: break
      }
    }
  }

  /// Behind the backquotes that close a span in its line; where it began if none do.
  private static func behindSpan(_ text: UnsafeRawBufferPointer, from start: Int, ticks: Int) -> Int {
    var place = start
    // A span is short; the bound keeps a line of backquotes linear.
    let limit = min(text.count, start + 400)
    while place < limit, text[place] != 0x0A {
      if text[place] == 0x60 {
        let run = place
        while place < text.count, text[place] == 0x60 { place += 1 }
        if place - run == ticks { return place }
      } else {
        place += 1
      }
    }
    return start
  }

  /// The length of `{{ name }}`, `{customer_name}` or, at its brace, `${user}`; nil if it is none.
  ///
  /// With one brace and no `$` the name must have an underscore: `{x}` is a set in mathematics.
  private static func variable(_ text: UnsafeRawBufferPointer, at place: Int) -> Int? {
    var at = place
    while at < text.count, text[at] == 0x7B { at += 1 }
    let braces = at - place
    guard braces <= 2 else { return nil }
    while at < text.count, text[at] == 0x20 { at += 1 }
    let name = at
    var hasUnderscore = false
    while at < text.count, at - name < 60, isName(text[at]) {
      if text[at] == 0x5F { hasUnderscore = true }
      at += 1
    }
    guard at > name, (text[name] | 0x20) &- 0x61 < 26 else { return nil }
    while at < text.count, text[at] == 0x20 { at += 1 }
    let close = at
    while at < text.count, at - close < braces, text[at] == 0x7D { at += 1 }
    guard at - close == braces else { return nil }
    let isShell = place > 0 && text[place - 1] == 0x24
    guard braces == 2 || hasUnderscore || isShell, !isInCode(text, at: place) else { return nil }
    return at - place
  }

  /// Whether the line has what only code has, within 120 bytes before the place: `=`, `(`, a quote next to
  /// the name.
  private static func isInCode(_ text: UnsafeRawBufferPointer, at place: Int) -> Bool {
    var at = place
    while at > 0, place - at < 120, text[at - 1] != 0x0A {
      at -= 1
      if text[at] == 0x3D || text[at] == 0x28 || text[at] == 0x22 { return true }
    }
    return false
  }

  private static func isName(_ byte: UInt8) -> Bool {
    (byte | 0x20) &- 0x61 < 26 || byte &- 0x30 < 10 || byte == 0x5F || byte == 0x2E || byte == 0x24
  }

  private static let openings: [StaticString] = [
    "your ", "insert ", "name]", "company", "date]", "recipient", "customer", "client", "link]", "enter ",
    "add ", "fill in", "specify ", "name of", "address]", "phone", "email", "product name", "job title",
    "position]", "city]", "time]", "amount]", "number]", "location]", "sender", "manager",
  ]

  /// The openings of brackets and of angles by their first letter, so that a text of nothing but brackets is held against
  /// those that it may be.
  private static let byLetter = letters(openings)
  private static let byAngle = letters(["insert ", "your ", "enter "])

  private static func letters(_ openings: [StaticString]) -> [[StaticString]] {
    (UInt8(0)..<26).map { letter in openings.filter { $0.utf8Start.pointee == 0x61 + letter } }
  }

  /// The length of `[Your Name]`, `[INSERT LINK]` or `<insert …>`, at most 60 bytes in one line; nil if it is
  /// none.
  ///
  /// `[text](address)`, marks of redaction (`[EMAIL_1]`) and HTML are none.
  private static func blank(_ text: UnsafeRawBufferPointer, at place: Int) -> Int? {
    let isBracket = text[place] == 0x5B
    guard place + 1 < text.count else { return nil }
    let letter = (text[place + 1] | 0x20) &- 0x61
    guard letter < 26 else { return nil }
    let openings = isBracket ? byLetter[Int(letter)] : byAngle[Int(letter)]
    guard !openings.isEmpty, ASCIIText.hasAny(of: openings, in: text, at: place + 1) else { return nil }
    let close: UInt8 = isBracket ? 0x5D : 0x3E
    var at = place + 1
    while at < text.count, at - place < 60, text[at] != close {
      if text[at] == 0x0A || text[at] == 0x5F || text[at] == 0x3D { return nil }
      at += 1
    }
    guard at < text.count, text[at] == close else { return nil }
    if isBracket, at + 1 < text.count, text[at + 1] == 0x28 { return nil }
    return at + 1 - place
  }
}
