/// A word, a sign, a string or a comment of Swift source, with its line.
struct Token: Equatable {
  enum Kind { case word, sign, string, comment }
  let kind: Kind
  /// The text: of a string without its quotes, of a comment with its slashes.
  let text: String
  /// 1-based line on which it starts.
  let line: Int
  /// Whether it stands right behind the token before it: `try!` and `try !done` are different things.
  let isAttached: Bool
}

/// Splits Swift source into tokens, as far as the checks need it.
///
/// What is in a comment or a string is not code; code inside an interpolation belongs to its string. Bare regex literals with a quote in them are not
/// understood; the extended form `#/…/#` is not either.
struct SwiftTokens {
  private let bytes: [UInt8]
  private var at = 0
  private var line = 1
  private var tokens: [Token] = []

  private init(_ text: String) { bytes = Array(text.utf8) }

  /// The tokens of a text; `@` and `#` stay with the word behind them.
  static func scan(_ text: String) -> [Token] {
    var scanner = SwiftTokens(text)
    scanner.run()
    return scanner.tokens
  }

  private func byte(_ offset: Int = 0) -> UInt8 { at + offset < bytes.count ? bytes[at + offset] : 0 }

  private mutating func advance(_ count: Int = 1) {
    for _ in 0..<count where at < bytes.count {
      if bytes[at] == UInt8(ascii: "\n") { line += 1 }
      at += 1
    }
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    (byte >= 0x30 && byte <= 0x39) || (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A) || byte == 0x5F
      || byte >= 0x80
  }

  /// The offset behind the token before.
  private var lastEnd = 0

  private mutating func add(_ kind: Token.Kind, from start: Int, to end: Int, line: Int) {
    tokens.append(
      Token(
        kind: kind, text: String(decoding: bytes[start..<end], as: UTF8.self), line: line,
        isAttached: start > 0 && start == lastEnd))
    lastEnd = end
  }

  private mutating func run() {
    while at < bytes.count {
      let start = at
      let first = line
      switch byte() {
      case 0x20, 0x09, 0x0A, 0x0D: advance()
      case UInt8(ascii: "/") where byte(1) == UInt8(ascii: "/"):
        while at < bytes.count, byte() != 0x0A { advance() }
        add(.comment, from: start, to: at, line: first)
      case UInt8(ascii: "/") where byte(1) == UInt8(ascii: "*"):
        skipBlockComment()
        add(.comment, from: start, to: at, line: first)
      case UInt8(ascii: "\""), UInt8(ascii: "#"):
        if let content = skipString() {
          add(.string, from: content.lowerBound, to: content.upperBound, line: first)
        } else {
          word(first)
        }
      default: word(first)
      }
    }
  }

  private mutating func word(_ first: Int) {
    let start = at
    let prefixed = byte() == UInt8(ascii: "@") || byte() == UInt8(ascii: "#")
    if prefixed { advance() }
    guard Self.isWord(byte()) else {
      if !prefixed { advance() }
      add(.sign, from: start, to: at, line: first)
      return
    }
    while at < bytes.count, Self.isWord(byte()) { advance() }
    add(.word, from: start, to: at, line: first)
  }

  private mutating func skipBlockComment() {
    var depth = 0
    while at < bytes.count {
      if byte() == UInt8(ascii: "/"), byte(1) == UInt8(ascii: "*") {
        depth += 1
        advance(2)
      } else if byte() == UInt8(ascii: "*"), byte(1) == UInt8(ascii: "/") {
        depth -= 1
        advance(2)
        if depth == 0 { return }
      } else {
        advance()
      }
    }
  }

  /// Passes over a string of any form and returns where its content is; nil, at the same place, where none starts.
  private mutating func skipString() -> Range<Int>? {
    var hashes = 0
    while byte(hashes) == UInt8(ascii: "#") { hashes += 1 }
    guard byte(hashes) == UInt8(ascii: "\"") else { return nil }
    let quotes = byte(hashes + 1) == UInt8(ascii: "\"") && byte(hashes + 2) == UInt8(ascii: "\"") ? 3 : 1
    advance(hashes + quotes)
    let start = at
    while at < bytes.count {
      if byte() == UInt8(ascii: "\\"), (1...max(hashes, 1)).allSatisfy({ hashes == 0 || byte($0) == 0x23 }) {
        advance(1 + hashes)
        if byte() == UInt8(ascii: "(") { skipInterpolation() } else { advance() }
      } else if (0..<quotes).allSatisfy({ byte($0) == 0x22 }),
        (0..<hashes).allSatisfy({ byte(quotes + $0) == 0x23 })
      {
        let end = at
        advance(quotes + hashes)
        return start..<end
      } else if quotes == 1, byte() == 0x0A {
        return start..<at
      } else {
        advance()
      }
    }
    return start..<at
  }

  private mutating func skipInterpolation() {
    var depth = 0
    while at < bytes.count {
      switch byte() {
      case UInt8(ascii: "("): depth += 1
      case UInt8(ascii: ")"): depth -= 1
      case UInt8(ascii: "\""), UInt8(ascii: "#"):
        if skipString() != nil { continue }
      default: break
      }
      advance()
      if depth == 0 { return }
    }
  }
}
