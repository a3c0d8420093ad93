import Records

extension QueueDefinition {
  /// Legal numbers of people who answer an item.
  public static let quotaRange = 1...20
  /// Legal seconds of a lease.
  public static let leaseRange = 10...86_400
  /// Legal seconds without a key after which time is not counted.
  public static let idleRange = 5...3_600
  /// Legal numbers of labels, and of reasons: what fits on a screen of 60 columns and in one hand.
  public static let labelsRange = 2...20

  /// The slice of what is in none of the queue's own.
  public static let otherSlice = "other"

  /// The sources that can fill a queue of a task.
  public static func reasons(for task: ReviewTask) -> [ReviewReason] {
    switch task {
    case .label, .correct: [.uncertain, .disagreeing, .suspect, .coverage, .audit, .adjudication]
    case .prefer: [.disagreeing, .audit]
    case .accept: [.synthetic]
    case .adjudicate: [.adjudication]
    }
  }

  /// Whether a character may be a key of a label, a reason or an action: printable ASCII, but for the space and the digits
  /// 1 to 9, which give the nth label.
  public static func isLegalKey(_ key: Character) -> Bool {
    guard let byte = key.asciiValue else { return false }
    return byte > 0x20 && byte < 0x7F && !(0x31...0x39).contains(byte)
  }
}

extension GoldParameters {
  /// Legal shares of gold.
  public static let shareRange = 0.0...0.5
  /// Legal numbers of answers that the accuracy looks back on.
  public static let windowRange = 5...1_000
  /// Legal floors.
  public static let floorRange = 0.0...1.0
}

extension QueueFill {
  /// Legal numbers of open items.
  public static let limitRange = 1...1_000_000
  /// Legal shares of records that an audit draws.
  public static let shareRange = 0.0...1.0
  /// Legal numbers of labelled items that a slice should have.
  public static let targetRange = 1...1_000_000
  /// Legal numbers of candidates that are sampled of a batch.
  public static let sampleRange = 1...1_000
}
