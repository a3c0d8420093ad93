import Bytes
import Records

/// A batch as the journal has it: what was done for it last, and what goes on from there.
public struct BatchRecord: Sendable, Hashable {
  /// How far it is; each state is on the disk before anything of the next is done.
  public enum State: String, Sendable, Hashable, CaseIterable, Codable {
    /// Its requests are known and may be reserved; nothing of them was sent.
    case planned
    /// What is to be sent is in a file, and all of it is reserved.
    case written
    /// The service has the file; OpenAI only.
    case uploaded
    /// It may have been made: the service is asked before it is made again.
    case creating
    /// The service has made it.
    case running
    /// It has ended, and what came of it is in files.
    case ended
    /// All that came of it is in the ledger.
    case merged
    /// The service does not have it and never billed it: its reservations are to be given back.
    case withdrawn
  }

  /// Its name with us and with the service, 16 hexadecimal digits.
  public var key: String
  /// The model's name in the project.
  public var model: String
  /// The run that pays.
  public var run: String
  /// When it was planned; its UTC day is the one that is charged.
  public var time: Timestamp
  /// How far it is.
  public var state: State
  /// The SHA-256 of the file that is sent.
  public var input: Digest?
  /// What the service calls that file; OpenAI only.
  public var upload: String?
  /// When it was last tried to make it.
  public var tried: Timestamp?
  /// What the service calls the batch.
  public var identifier: String?
  /// What the service says of its end, see ``BatchEnd``.
  public var end: BatchEnd?
  /// The SHA-256 of the files with answers and errors.
  public var results: [Digest] = []

  /// States a batch that is planned.
  public init(key: String, model: String, run: String, time: Timestamp) {
    self.key = key
    self.model = model
    self.run = run
    self.time = time
    state = .planned
  }
}

/// How a batch ended at its service.
public struct BatchEnd: Sendable, Hashable, Codable {
  /// The service's own word, such as `completed`, `expired`, `cancelled`, `failed` or `ended`.
  public var status: String
  /// Its code for a batch that failed as a whole; empty where it is none.
  public var code: String
  /// Requests that it says it answered; nil where it says nothing.
  public var answered: Int?

  /// States an end.
  public init(status: String, code: String = "", answered: Int? = nil) {
    self.status = status
    self.code = code
    self.answered = answered
  }
}

/// One request of a batch, by the digest under which its answer is kept.
public struct BatchRow: Sendable, Hashable {
  /// What became of it.
  public enum Outcome: Sendable, Hashable {
    /// Nothing yet.
    case open
    /// Its answer is in the ledger of models.
    case answered
    /// No answer came, and the next batch may have it.
    case again(ModelError)
    /// No answer will come.
    case failed(ModelError)
  }

  /// The digest of the request.
  public var digest: Digest
  /// What is reserved for it, in millionths of a US dollar.
  public var reserved: Int64
  /// How often it was in a batch, 1 for the first.
  public var attempt: Int
  /// What became of it.
  public var outcome: Outcome

  /// States a request of which nothing has become yet.
  public init(digest: Digest, reserved: Int64, attempt: Int, outcome: Outcome = .open) {
    self.digest = digest
    self.reserved = reserved
    self.attempt = attempt
    self.outcome = outcome
  }
}

/// The journal of batches.
///
/// What a method says is on the disk when it returns, all of it or nothing.
public protocol BatchLedger: Sendable {
  /// The batches of some models that are neither merged nor forgotten, the oldest first.
  func open(_ models: Set<String>) async throws -> [BatchRecord]
  /// What the service calls every batch of ours that it is known to have.
  func identifiers() async throws -> Set<String>
  /// The files that any batch which is neither merged nor forgotten names.
  func files() async throws -> Set<Digest>
  /// The requests of a batch, in the order of their digests.
  func rows(_ key: String) async throws -> [BatchRow]
  /// What is known of requests from the last batch that each was in; one that was in none is left out.
  func standing(_ digests: [Digest]) async throws -> [Digest: BatchRow]
  /// Enters a batch that is planned, with its requests.
  func plan(_ batch: BatchRecord, _ rows: [BatchRow]) async throws
  /// Moves a batch on; requests that are in `without` are in it no more.
  func move(_ batch: BatchRecord, without: [Digest]) async throws
  /// Lets a batch be merged, with what became of its requests.
  func merge(_ batch: BatchRecord, _ rows: [BatchRow]) async throws
  /// Forgets a batch and its requests.
  func forget(_ key: String) async throws
}
