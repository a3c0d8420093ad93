/// One side of an equals sign while it is read: sums of products, from left to right.
struct EquationSide {
  enum Operation { case plus, minus, times, over }

  private var total: Quantity?
  private var isDifference = false
  private var term: Quantity?
  private var isQuotient = false
  private var isNegated = false
  private var isMismatch = false
  /// Whether something in it cannot be judged.
  private(set) var isUnknown: Bool
  /// Whether a number or an opening parenthesis comes next.
  private(set) var expectsOperand = true
  /// Whether nothing has been read.
  private(set) var isEmpty = true

  init(isUnknown: Bool = false) { self.isUnknown = isUnknown }

  mutating func makeUnknown() { isUnknown = true }

  /// Takes a minus sign that belongs to the next number.
  mutating func negate() {
    isNegated.toggle()
    isEmpty = false
  }

  mutating func add(_ operand: Quantity?) {
    guard expectsOperand, var quantity = operand else { return spoil() }
    if isNegated {
      guard let negated = quantity.negated else { return spoil() }
      quantity = negated
      isNegated = false
    }
    if let left = term {
      term = taken(isQuotient ? Quantity.quotient(left, quantity) : Quantity.product(left, quantity))
    } else {
      term = quantity
    }
    expectsOperand = false
    isEmpty = false
  }

  private mutating func spoil() {
    isUnknown = true
    expectsOperand = false
    isEmpty = false
  }

  mutating func add(_ operation: Operation) {
    // A side that begins with an operation goes on from something that is no number.
    if expectsOperand { isUnknown = true }
    switch operation {
    case .times: isQuotient = false
    case .over: isQuotient = true
    case .plus, .minus:
      foldTerm()
      isDifference = operation == .minus
    }
    expectsOperand = true
    isEmpty = false
  }

  mutating func addMismatch() {
    isMismatch = true
    spoil()
  }

  private mutating func foldTerm() {
    guard let right = term else { return }
    total = total.map { taken(Quantity.sum($0, right, isDifference: isDifference)) } ?? right
    term = nil
  }

  private mutating func taken(_ result: Quantity.Result) -> Quantity? {
    switch result {
    case .quantity(let quantity): return quantity
    case .mismatch: isMismatch = true
    case .unknown: break
    }
    isUnknown = true
    return nil
  }

  /// What it comes to.
  mutating func end() -> Quantity.Result {
    foldTerm()
    if isMismatch { return .mismatch }
    guard !isUnknown, !expectsOperand, let total else { return .unknown }
    return .quantity(total)
  }
}
