import Bytes
import Records

/// What a request is reserved as before it is sent.
public struct SpendIntent: Sendable, Hashable {
  /// The digest of the request.
  public var digest: Digest
  /// The model's name in the project.
  public var model: String
  /// The run that asks.
  public var run: String
  /// When it asks; its UTC day is the one that is charged.
  public var time: Timestamp
  /// What it may cost at most, in millionths of a US dollar.
  public var reserved: Int64
  /// Whether the service bills one idempotency key once.
  public var honoursKeys: Bool
  /// The key of the batch that it is a part of; nil, the default, is a request of its own.
  ///
  /// What is reserved twice for one batch is one bill, since nothing of it is sent before all of it is reserved.
  public var batch: String?

  /// States an intent.
  public init(
    digest: Digest, model: String, run: String, time: Timestamp, reserved: Int64, honoursKeys: Bool
  ) {
    self.digest = digest
    self.model = model
    self.run = run
    self.time = time
    self.reserved = reserved
    self.honoursKeys = honoursKeys
  }
}

/// An answer as it was received and kept.
public struct KeptResponse: Sendable, Hashable {
  /// The body, as bytes of JSON.
  public var body: [UInt8]
  /// Tokens of the question, as the service counted them.
  public var inputTokens: Int
  /// Tokens of the answer.
  public var outputTokens: Int
  /// What it cost, in millionths of a US dollar.
  public var cost: Int64

  /// States an answer.
  public init(body: [UInt8], inputTokens: Int, outputTokens: Int, cost: Int64) {
    self.body = body
    self.inputTokens = inputTokens
    self.outputTokens = outputTokens
    self.cost = cost
  }
}

/// What came of the wish to send a request.
public enum SpendDecision: Sendable, Hashable {
  /// It is reserved, and the reservation is on the disk: send it.
  case granted
  /// The answer is there already.
  case kept(KeptResponse)
  /// A limit would be broken if every request under way cost what is reserved for it.
  ///
  /// `isFinal` is true where it would be broken even if they cost nothing.
  case short(BudgetScope, isFinal: Bool)
}

/// The limit that a request would break.
public enum BudgetScope: String, Sendable, Hashable, CaseIterable, Codable {
  /// That of the run.
  case run
  /// That of the UTC day.
  case day
}

/// What became of a reservation.
public enum SpendOutcome: Sendable, Hashable {
  /// It was answered: the answer is kept and its cost takes the reservation's place.
  case answered(KeptResponse)
  /// The service surely billed nothing: the reservation goes.
  case notBilled
  /// It may have been billed, and no usable answer came: it counts at the reserved amount.
  case unknown
}

/// Limits in millionths of a US dollar; nil has none.
public struct BudgetLimits: Sendable, Hashable, Codable {
  /// Of one run.
  public var run: Int64?
  /// Of one UTC day, over all runs.
  public var day: Int64?

  /// States limits.
  public init(run: Int64? = nil, day: Int64? = nil) {
    self.run = run
    self.day = day
  }
}

/// Where answers are kept and money is counted.
///
/// What a method says is on the disk when it returns. Calls that come together share a transaction.
public protocol ModelLedger: Sendable {
  /// The kept answer of a request.
  func response(_ digest: Digest) async throws -> KeptResponse?
  /// Reserves before a request is sent.
  ///
  /// A reservation of the same request that nobody ended, since the program was killed or the answer was lost, may
  /// stand for a bill. Where the service honours keys, and it is of the same day, it becomes this one, and so it does
  /// where both are of one batch; otherwise it goes on to count beside this one, and where keys are not honoured the
  /// request counts as possibly billed twice.
  func begin(_ intent: SpendIntent) async throws -> SpendDecision
  /// Ends a reservation that was granted.
  func end(_ intent: SpendIntent, _ outcome: SpendOutcome) async throws
}
