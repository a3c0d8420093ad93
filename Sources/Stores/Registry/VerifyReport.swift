/// Something in a registry that is not as it must be.
public struct VerifyProblem: Sendable, Hashable, CustomStringConvertible {
  /// The kind of problem.
  ///
  /// The raw value is what reports hold.
  public enum Kind: String, Sendable, CaseIterable, Codable {
    /// The bytes are not what the name, a hash or the seal promises.
    case damaged
    /// Something refers to the object, and it does not exist.
    case missing
    /// A numbered log lacks this entry.
    case gap
    /// Two objects contradict each other.
    case mismatch
    /// The store refused to read the object.
    case unreadable
  }

  /// The object's name.
  public let object: String
  /// The kind of problem.
  public let kind: Kind
  /// What was found, in words of this program.
  public let detail: String

  /// `damaged packs/ab/….fwp: a block does not match its hash (3)`.
  public var description: String { "\(kind.rawValue) \(object): \(detail)" }
}

/// How far a verification is.
public struct VerifyProgress: Sendable, Hashable {
  /// Objects checked.
  public var objects = 0
  /// Objects to check.
  public var totalObjects = 0
  /// Bytes read.
  public var bytes = 0
}

/// What a verification counted and found.
public struct VerifyReport: Sendable, Hashable {
  /// Whether every byte of every pack was read.
  public var isFull = false
  /// Objects in the store, apart from partial and unknown ones.
  public var objects = 0
  /// Bytes read.
  public var bytes = 0
  /// Packs in the store.
  public var packs = 0
  /// Blocks in them.
  public var blocks = 0
  /// Records in them, live or not.
  public var records = 0
  /// Versions that a reference names.
  public var versions = 0
  /// References of all datasets.
  public var references = 0
  /// Entries of the ledger.
  public var ledgerEntries = 0
  /// Names of whole objects that no reference leads to: garbage of publishers that did not come to an end.
  public var unreferenced: [String] = []
  /// Names of partial objects.
  public var temporary: [String] = []
  /// Names that are none of this format's.
  public var unknown: [String] = []
  /// Whole blocks that a forward scan found in packs whose index is lost.
  public var recoverableBlocks = 0
  /// Everything that is not as it must be.
  public var problems: [VerifyProblem] = []

  /// Whether there is no problem; garbage is none.
  public var isClean: Bool { problems.isEmpty }
}
