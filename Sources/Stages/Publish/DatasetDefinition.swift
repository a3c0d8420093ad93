import Bytes
import Foundation
import Records

/// What the `publish` step of a pipeline makes.
public struct PublishParameters: Sendable, Hashable, Codable {
  /// Names of datasets in the order they are published; at least one, none twice.
  public var datasets: [String]
  /// Files of prompts that nothing may train on, see ``ProtectedPrompts``: paths and patterns relative to the project;
  /// default none, none twice.
  public var protected: [String] {
    get { files ?? [] }
    set { files = newValue.isEmpty ? nil : newValue }
  }
  // Nothing where there are none, so that the digest of a definition that names none is what it always was.
  private var files: [String]?

  /// Takes the names of datasets.
  public init(datasets: [String]) { self.datasets = datasets }

  private enum CodingKeys: String, CodingKey {
    case datasets
    case files = "protected"
  }
}

/// A named part of the traffic.
public struct SliceDefinition: Sendable, Hashable, Codable {
  /// The slice of records that no condition takes; no definition may use the name.
  public static let other = "other"

  /// The name: a lower-case letter or digit, then these and `.`, `_`, `-`.
  public var name: String
  /// An SQL condition over the view `records`.
  public var condition: String

  /// Puts a slice together.
  public init(name: String, condition: String) {
    self.name = name
    self.condition = condition
  }
}

/// A share of a dataset's conversations.
public struct SplitDefinition: Sendable, Hashable, Codable {
  /// Legal shares in percent.
  public static let shareRange = 1...100
  /// The split that trains; all others are held out.
  public static let train = "train"

  /// The name: lower-case letters.
  public var name: String
  /// Percent of conversations; legal in ``shareRange``, all splits together at most 100.
  public var share: Int

  /// Puts a split together.
  public init(name: String, share: Int) {
    self.name = name
    self.share = share
  }

  /// Whether a model may learn from it.
  public var trains: Bool { name == Self.train }
}

/// Which pairs of siblings a preference dataset takes.
///
/// The raw value is what definitions hold.
public enum PairStrategy: String, Sendable, CaseIterable, Codable {
  /// One pair for each input: the best against the worst.
  case bestWorst = "best-worst"
  /// Every pair of which one is better.
  case all
}

/// What a version must fulfil to be published.
public struct DatasetGates: Sendable, Hashable, Codable {
  /// Legal numbers of examples.
  public static let range = 0...1_000_000_000

  /// The fewest examples; default 1, legal in ``range``.
  public var minimumExamples: Int = 1
  /// The most examples in which a scan still finds personal data; default 0, legal in ``range``.
  public var maximumPersonalData: Int = 0

  /// Takes the defaults.
  public init() {}
}

/// A dataset: `Datasets/NAME/dataset.yaml`.
public struct DatasetDefinition: Sendable, Hashable, Codable {
  /// Legal largest sizes, in examples and in characters of one example.
  public static let maximumRange = 1...1_000_000_000
  /// The default seed; one seed in all datasets keeps their splits aligned.
  public static let defaultSeed = "flywheel"

  /// The folder's name.
  public var name: String
  /// What its examples are for.
  public var kind: Kind
  /// What it is, for its card; default empty.
  public var description: String = ""
  /// The licence for its card, an SPDX identifier in lower case; default none.
  public var license: String?
  /// Languages for its card as BCP 47 tags; default none.
  public var language: [String] = []
  /// An SQL condition over the view `records`; default `true`.
  public var select: String = "true"
  /// Slices in the file's order: the first whose condition holds takes the record, else
  /// ``SliceDefinition/other``.
  public var slices: [SliceDefinition] = []
  /// Splits in the file's order; default see ``defaultSplits(for:)``.
  public var splits: [SplitDefinition]
  /// Decides with the conversation which split a record is in; default ``defaultSeed``.
  public var seed: String = Self.defaultSeed
  /// Which pairs; default best against worst for `preference`, nil for every other kind.
  public var pairs: PairStrategy?
  /// The most examples; default 32 for `fewshot`, else 1,000,000; legal in ``maximumRange``.
  public var maximumExamples: Int
  /// The longest example in characters (Unicode scalars); default 2,000 for `fewshot`, else nil, which is no
  /// limit; legal in ``maximumRange``.
  public var maximumExampleCharacters: Int?
  /// How it is kept apart from what it must not overlap with; nil is not at all, default the defaults.
  public var decontamination: Decontamination? {
    get { decontaminate == nil ? Decontamination() : decontaminate?.parameters }
    set { decontaminate = newValue == Decontamination() ? nil : Decontaminate(parameters: newValue) }
  }
  /// Percent of its examples that one user may have, see ``InfluenceAccount``; default 5, legal in ``shareRange``, 100 is no
  /// cap.
  public var maximumUserShare: Int {
    get { userShare ?? Self.defaultUserShare }
    set { userShare = newValue == Self.defaultUserShare ? nil : newValue }
  }
  /// What a version must fulfil.
  public var gates = DatasetGates()
  /// How much of it models may have written, and what its slices should have; default nil, which is nothing.
  public var synthesis: SynthesisAllowance?

  /// Legal shares of one user in percent.
  public static let shareRange = 1...100
  /// The default share of one user: 5 percent.
  public static let defaultUserShare = 5

  private struct Decontaminate: Sendable, Hashable, Codable {
    var parameters: Decontamination?
  }

  // Nothing where they are the defaults, so that the digest of a definition that states neither is what it always was.
  private var decontaminate: Decontaminate?
  private var userShare: Int?

  /// Takes a name and a kind, and the kind's defaults.
  public init(name: String, kind: Kind) {
    self.name = name
    self.kind = kind
    splits = Self.defaultSplits(for: kind)
    pairs = kind == .preference ? .bestWorst : nil
    maximumExamples = kind == .fewshot ? 32 : 1_000_000
    maximumExampleCharacters = kind == .fewshot ? 2000 : nil
  }

  /// The splits of a dataset that states none.
  ///
  /// Test 10 for `eval`, train 90 for `fewshot`, train 90 and validation 10 for the others.
  public static func defaultSplits(for kind: Kind) -> [SplitDefinition] {
    let train = SplitDefinition(name: SplitDefinition.train, share: 90)
    return switch kind {
    case .eval: [SplitDefinition(name: "test", share: 10)]
    case .fewshot: [train]
    case .sft, .preference, .kto: [train, SplitDefinition(name: "validation", share: 10)]
    }
  }

  /// The SHA-256 of the content as 64 hexadecimal digits; comments and layout of the file do not change it.
  public var definitionDigest: String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard let data = try? encoder.encode(self) else { fatalError("a definition of plain values encodes") }
    return Digest.sha256(Array(data)).hex
  }
}
