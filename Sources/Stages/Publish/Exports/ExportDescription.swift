import Bytes
import Records

/// What an export is of, and what its card says beside the counts of its rows.
public struct ExportDescription: Sendable {
  /// The outcome of one gate.
  public struct Gate: Sendable, Hashable {
    /// The gate's name, such as `size`.
    public let name: String
    /// Whether it let the version pass.
    public let passed: Bool
    /// What was measured, with its unit.
    public let value: String
    /// What it was held against, with its unit.
    public let limit: String

    /// States an outcome.
    public init(name: String, passed: Bool, value: String, limit: String) {
      self.name = name
      self.passed = passed
      self.value = value
      self.limit = limit
    }
  }

  /// One line of the account, such as `pulled` and 1,200.
  public struct Line: Sendable, Hashable {
    /// What was counted.
    public let name: String
    /// How many.
    public let count: Int

    /// States a line.
    public init(_ name: String, _ count: Int) {
      self.name = name
      self.count = count
    }
  }

  /// The dataset's name.
  public var dataset: String
  /// The version's number, from 1.
  public var number: Int
  /// What its examples are for.
  public var kind: Kind
  /// The digest that names the version.
  public var version: Digest
  /// The Merkle root over its records.
  public var contentRoot: Digest
  /// The digest of the definition it was published from; default none.
  public var definition: Digest?
  /// A name for people; default the dataset's.
  public var prettyName: String?
  /// What the dataset is, in Markdown; default nothing.
  public var text = ""
  /// Hugging Face's identifier of the license, such as `cc-by-4.0`; default none.
  public var license: String?
  /// Name of a license that Hugging Face does not list, whose identifier is then `other`; default none.
  public var licenseName: String?
  /// Where that license is found; default none.
  public var licenseLink: String?
  /// Language codes, such as `en`; default none.
  public var languages: [String] = []
  /// Tags beside those that the card adds itself; default none.
  public var tags: [String] = []
  /// The gates in the order in which they were asked; default none.
  public var gates: [Gate] = []
  /// The account of the run in its order; default none.
  public var account: [Line] = []

  /// States what must be known; the rest has defaults.
  public init(dataset: String, number: Int, kind: Kind, version: Digest, contentRoot: Digest) {
    self.dataset = dataset
    self.number = number
    self.kind = kind
    self.version = version
    self.contentRoot = contentRoot
  }
}
