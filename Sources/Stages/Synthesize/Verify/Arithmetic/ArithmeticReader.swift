/// Reads a text for equations and computes them: one pass, with a state that does not grow beyond a few parentheses.
///
/// What is not understood parts equations, and what may change a number's meaning (a word like `mod`, a power, an
/// unknown letter at a number) spoils the side it stands at, so that a right equation is hardly ever called wrong.
struct ArithmeticReader {
  /// A chain of sides with equals signs between, at one level of parentheses.
  private struct Frame {
    var side = EquationSide()
    /// The side before the last equals sign; nil where it could not be computed.
    var before: Quantity?
    var hasEquals = false
    /// Whether a word stands right before, which a minus sign may take something from.
    var followsWord = false
    /// Whether a hyphen may be a range's or a date's.
    var isAmbiguous = false
  }

  /// Levels of parentheses that are read.
  private static let deepest = 32
  /// Digits of a number that are read: with as many again its products fit in 128 bits mostly.
  private static let mostDigits = 18

  private let text: [Unicode.Scalar]
  private var place = 0
  private var frames = [Frame()]
  /// Whether an equation could be judged.
  private(set) var hasJudged = false
  /// The code of the first that does not hold.
  private(set) var failure: String?

  init(_ text: String) { self.text = Array(text.unicodeScalars) }

  /// Reads to the end, or to the first equation that does not hold.
  mutating func read() {
    var startsLine = true
    while place < text.count, failure == nil {
      if startsLine {
        startsLine = false
        skipCode()
        skipBullet()
        continue
      }
      let scalar = text[place]
      if scalar == "\n" {
        end(isSpoilt: false)
        place += 1
        startsLine = true
      } else if scalar.properties.isWhitespace {
        place += 1
      } else {
        readToken(scalar)
      }
    }
    if failure == nil { end(isSpoilt: false) }
  }

  // MARK: Tokens

  private static let operations: [Unicode.Scalar: EquationSide.Operation] = [
    "+": .plus, "-": .minus, "−": .minus, "–": .minus, "×": .times, "·": .times, "⋅": .times, "*": .times,
    "∗": .times, "/": .over, "÷": .over, "∕": .over,
  ]
  private static let currencies: Set<Unicode.Scalar> = ["$", "€", "£", "¥"]
  private static let mathWords: Set<String> = [
    "mod", "modulo", "plus", "minus", "times", "over", "divided", "by", "of", "per", "log", "ln", "lg", "sin",
    "cos", "tan", "exp", "sqrt", "root", "power", "half", "third", "quarter", "twice", "double", "triple",
    "dozen",
    "negative", "hundred", "thousand", "million", "billion", "trillion", "k", "bn", "mn", "remainder", "rem",
    "r",
    "squared", "cubed", "factorial", "choose", "degrees", "x",
  ]

  private mutating func readToken(_ scalar: Unicode.Scalar) {
    switch scalar {
    case "0"..."9": readNumber(currency: nil)
    case ".": if isDigit(place + 1) { readNumber(currency: nil) } else { mark() }
    case "=": readEquals()
    case "(": readOpening()
    case ")": readClosing()
    case "\\": readCommand()
    case "*" where peek(1) == "*" || peek(-1) == "*":
      // Emphasis, or a power between two numbers.
      let (isAfter, isBefore) = (!top.expectsOperand && peek(-1) != " ", isDigit(place + 2))
      if isAfter, isBefore { return spoil(2) }
      place += 1
    case "*" where top.expectsOperand || !operandFollows(place + 1), "_": place += 1
    case _ where Self.currencies.contains(scalar):
      if isDigit(place + 1) { readNumber(currency: scalar) } else { mark() }
    case _ where Self.operations[scalar] != nil: readOperation(scalar)
    case _ where scalar.properties.isAlphabetic: readWord()
    default: readOther(scalar)
    }
  }

  private var top: EquationSide { frames[frames.count - 1].side }

  private func peek(_ offset: Int) -> Unicode.Scalar? {
    text.indices.contains(place + offset) ? text[place + offset] : nil
  }

  private func isDigit(_ index: Int) -> Bool { index < text.count && ("0"..."9").contains(text[index]) }

  private func isLetter(_ index: Int) -> Bool { index < text.count && text[index].properties.isAlphabetic }

  /// Whether behind a few spaces a number or a parenthesis begins.
  private func operandFollows(_ index: Int) -> Bool {
    var index = index
    // More is no formula, and looking further would not be linear.
    for _ in 0..<4 where index < text.count && text[index] != "\n" && text[index].properties.isWhitespace {
      index += 1
    }
    guard index < text.count else { return false }
    return isDigit(index) || text[index] == "(" || text[index] == "." && isDigit(index + 1)
      || (Self.currencies.contains(text[index]) || Self.operations[text[index]] == .minus)
        && isDigit(index + 1)
  }

  private mutating func readOperation(_ scalar: Unicode.Scalar) {
    guard let operation = Self.operations[scalar] else { return }
    let last = frames.count - 1
    if operation == .minus {
      let isAttached =
        isDigit(place + 1) || peek(1) == "(" || peek(1).map(Self.currencies.contains) ?? false
      if top.expectsOperand, isAttached {
        if top.isEmpty, frames[last].followsWord, !frames[last].hasEquals { frames[last].side.makeUnknown() }
        frames[last].side.negate()
        place += 1
        return
      }
      let isSpaced = peek(-1).map(\.properties.isWhitespace) ?? true
      if !isSpaced, scalar != "−" { frames[last].isAmbiguous = true }
    }
    frames[last].side.add(operation)
    place += 1
  }

  private mutating func readEquals() {
    let spoilers: Set<Unicode.Scalar> = ["=", "<", ">", "!", ":", "~", "≠", "+", "-", "/", "*"]
    if peek(1) == "=" || peek(1) == ">" || peek(-1).map(spoilers.contains) ?? false { return spoil(1) }
    let last = frames.count - 1
    let result = frames[last].side.end()
    judge(result, in: last, isLast: false)
    if case .quantity(let quantity) = result {
      frames[last].before = quantity
    } else {
      frames[last].before = nil
    }
    frames[last].side = EquationSide()
    frames[last].hasEquals = true
    place += 1
  }

  private mutating func readOpening() {
    if !top.expectsOperand {
      // `2(3 + 4)` is a product, and `f(3)` a function; `2 (see 3)` is neither.
      if peek(-1).map({ !$0.properties.isWhitespace }) ?? false { return spoil(1) }
      end(isSpoilt: false)
    }
    guard frames.count < Self.deepest else { return spoil(1) }
    frames.append(Frame())
    place += 1
  }

  private mutating func readClosing() {
    place += 1
    guard frames.count > 1 else { return end(isSpoilt: false) }
    let last = frames.count - 1
    let result = frames[last].side.end()
    if frames[last].hasEquals { judge(result, in: last, isLast: true) }
    let hadEquals = frames[last].hasEquals
    let isAmbiguous = frames[last].isAmbiguous
    frames.removeLast()
    if isAmbiguous { frames[last - 1].isAmbiguous = true }
    switch result {
    case .quantity(let quantity) where !hadEquals: frames[last - 1].side.add(quantity)
    case .mismatch where !hadEquals: frames[last - 1].side.addMismatch()
    default: frames[last - 1].side.add(nil)
    }
    // `(3 + 4)²` and `(1 + 2)(3 + 4)` are more than the parentheses.
    if let next = peek(0),
      next == "(" || next == "%" || next == "²" || next == "³" || isLetter(place) || isDigit(place)
    {
      end(isSpoilt: true)
    }
  }

  private mutating func readCommand() {
    var stop = place + 1
    while stop < text.count, stop < place + 12, text[stop].isASCII, isLetter(stop) { stop += 1 }
    let command = String(String.UnicodeScalarView(text[(place + 1)..<stop]))
    switch command {
    case "times", "cdot", "div":
      frames[frames.count - 1].side.add(command == "div" ? .over : .times)
      place = stop
    case "left", "right", "quad", "qquad": place = stop
    case "":
      if let next = peek(1), next == "$" || next == "%" {
        place += 1
      } else if let next = peek(1), next == "," || next == ";" || next == "!" || next == " " {
        place += 2
      } else {
        end(isSpoilt: false)
        place = min(place + 2, text.count)
      }
    default: spoil(stop - place)
    }
  }

  private mutating func readWord() {
    let start = place
    if text[place] == "x" || text[place] == "X", !top.expectsOperand, !isLetter(place + 1),
      operandFollows(place + 1)
    {
      frames[frames.count - 1].side.add(.times)
      place += 1
      return
    }
    while place < text.count,
      isLetter(place) || isDigit(place)
        || (text[place] == "-" || text[place] == "'") && (isLetter(place + 1) || isDigit(place + 1))
    {
      place += 1
    }
    // Long runs of letters are no word that is looked up.
    let word = place - start <= 12 ? String(String.UnicodeScalarView(text[start..<place])).lowercased() : ""
    let isMath = Self.mathWords.contains(word) || peek(0) == "("
    end(isSpoilt: isMath)
    frames[0].followsWord = true
  }

  private mutating func readOther(_ scalar: Unicode.Scalar) {
    let clean: Set<Unicode.Scalar> = ["|", "`", "→", "⇒", "∴", ">"]
    switch scalar.properties.generalCategory {
    case .mathSymbol where !clean.contains(scalar), .modifierSymbol where !clean.contains(scalar),
      .otherNumber:
      spoil(1)
    case .otherSymbol where scalar == "°": spoil(1)
    default: mark()
    }
  }

  // MARK: Numbers

  private mutating func readNumber(currency: Unicode.Scalar?) {
    if currency != nil { place += 1 }
    var (digits, count, decimals) = (Int128(0), 0, 0)
    func isGroup(_ index: Int) -> Bool {
      isDigit(index) && isDigit(index + 1) && isDigit(index + 2) && !isDigit(index + 3)
    }
    func take(_ reader: inout ArithmeticReader) {
      if count < Self.mostDigits { digits = digits * 10 + Int128(reader.text[reader.place].value - 48) }
      count += 1
      reader.place += 1
    }
    while isDigit(place) { take(&self) }
    if (1...3).contains(count), let separator = peek(0),
      [",", "\u{A0}", "\u{202F}", "\u{2009}", "'"].contains(separator)
    {
      while peek(0) == separator, isGroup(place + 1) {
        place += 1
        while isDigit(place) { take(&self) }
      }
    }
    if peek(0) == ".", isDigit(place + 1) {
      place += 1
      while isDigit(place) {
        take(&self)
        decimals += 1
      }
    }
    let next = peek(0)
    guard count <= Self.mostDigits, !((next == "." || next == "," || next == ":") && isDigit(place + 1))
    else {
      return spoil(1)
    }
    guard let unit = readUnit(currency) else { return spoil(0) }
    let quantity = Quantity(digits: digits, decimals: decimals, unit: unit.unit)
    // Two numbers side by side are a list, or one number with a space in it.
    guard top.expectsOperand else { return spoil(0) }
    frames[frames.count - 1].side.add(quantity)
    if unit.isShare { frames[frames.count - 1].side.add(.times) }
  }

  /// The unit behind a number, nil inside where there is none; nil where what follows makes it another number.
  private mutating func readUnit(
    _ currency: Unicode.Scalar?
  ) -> (unit: (kind: QuantityKind, size: Int128)?, isShare: Bool)? {
    let unit = currency.flatMap { Units.all[String($0)] }
    var index = place
    while index < text.count, index < place + 2, text[index] != "\n", text[index].properties.isWhitespace {
      index += 1
    }
    guard index < text.count else { return (unit, false) }
    let isAttached = index == place
    if text[index] == "%" {
      place = index + 1
      // `7 % 4` is what is left of a division.
      guard unit == nil, !operandFollows(place) else { return nil }
      return (Units.all["%"], isShareOf())
    }
    if Self.currencies.contains(text[index]), !isDigit(index + 1) {
      place = index + 1
      return (Units.all[String(text[index])], false)
    }
    if isAttached, ["²", "³", "^", "!", "°", "‰"].contains(text[index]) {
      return text[index] == "!" ? (unit, false) : nil
    }
    guard isLetter(index) else { return (unit, false) }
    var stop = index
    while stop < text.count, stop < index + 13, isLetter(stop) || isDigit(stop) { stop += 1 }
    let word = String(String.UnicodeScalarView(text[index..<stop]))
    if let found = Units.all[word] ?? (word.count > 3 ? Units.all[word.lowercased()] : nil) {
      place = stop
      if let next = peek(0), next == "²" || next == "³" || next == "^" || next == "/" && isLetter(place + 1) {
        return nil
      }
      guard unit == nil || unit?.kind == found.kind else { return nil }
      return (found, found.kind == .percent && isShareOf())
    }
    let isTimes =
      (word == "x" || word == "X" || word.hasPrefix("x") && isDigit(index + 1)) && operandFollows(index + 1)
    return isAttached && !isTimes ? nil : (unit, false)
  }

  /// Takes the `of` of `15 % of 80`.
  private mutating func isShareOf() -> Bool {
    guard peek(0) == " ", peek(1) == "o", peek(2) == "f", peek(3) == " ", operandFollows(place + 4) else {
      return false
    }
    place += 3
    return true
  }

  // MARK: Ends

  /// Punctuation, which ends an equation and begins nothing.
  private mutating func mark() {
    end(isSpoilt: false)
    place += 1
  }

  /// Something that gives the number before it and the number behind it another meaning.
  private mutating func spoil(_ width: Int) {
    end(isSpoilt: true)
    place = min(place + width, text.count)
  }

  private mutating func end(isSpoilt: Bool) {
    let last = frames.count - 1
    if isSpoilt { frames[last].side.makeUnknown() }
    if frames[last].hasEquals { judge(frames[last].side.end(), in: last, isLast: true) }
    frames.removeAll(keepingCapacity: true)
    frames.append(Frame(side: EquationSide(isUnknown: isSpoilt)))
  }

  private mutating func judge(_ result: Quantity.Result, in index: Int, isLast: Bool) {
    guard failure == nil else { return }
    switch result {
    case .unknown: return
    case .mismatch: failure = "unit-mismatch"
    case .quantity(let right):
      guard let left = frames[index].before else { return }
      switch Quantity.compare(left, right) {
      case .unknown: return
      case .equal: hasJudged = true
      case .mismatch: failure = "unit-mismatch"
      case .different: if !frames[index].isAmbiguous { failure = "arithmetic-wrong" }
      }
    }
  }

  // MARK: Lines

  /// Skips a block of code, from the line that opens it to behind the one that closes it.
  private mutating func skipCode() {
    guard let fence = fence(at: place) else { return }
    skipLine()
    while place < text.count {
      let closes = self.fence(at: place) == fence
      skipLine()
      if closes { return }
    }
  }

  private func fence(at index: Int) -> Unicode.Scalar? {
    var index = index
    while index < text.count, text[index] == " " || text[index] == "\t" { index += 1 }
    guard index + 2 < text.count, text[index] == "`" || text[index] == "~" else { return nil }
    return text[index + 1] == text[index] && text[index + 2] == text[index] ? text[index] : nil
  }

  private mutating func skipLine() {
    while place < text.count, text[place] != "\n" { place += 1 }
    place = min(place + 1, text.count)
  }

  private mutating func skipBullet() {
    while let next = peek(0), next == " " || next == "\t" { place += 1 }
    if let mark = peek(0), ["-", "*", "+", "–", "•"].contains(mark), peek(1) == " " { place += 2 }
  }
}
