/// How much of a dataset models may have written, and which of it: the section `synthesis` of a definition.
public struct SynthesisAllowance: Sendable, Hashable, Codable {
  /// Legal numbers of examples that all slices should have.
  public static let targetRange = 1...1_000_000
  /// Legal numbers of examples that one slice should have; 0 asks for nothing.
  public static let sliceTargetRange = 0...1_000_000
  /// Legal shares of a target in percent.
  public static let shareRange = 0...100
  /// Legal gates.
  public static let acceptanceRange = 0.0...1.0
  /// The default share: half of what a slice should have is real, or missing.
  public static let defaultShare = 50
  /// The default gate: of twenty sampled candidates at least nineteen must be accepted.
  public static let defaultAcceptance = 0.7

  /// Examples that every slice should have, ``SliceDefinition/other`` among them; default none, legal in ``targetRange``.
  public var target: Int?
  /// Examples that single slices should have, by name, in the place of ``target``; default none, legal in
  /// ``sliceTargetRange``.
  public var targets: [String: Int] = [:]
  /// Percent of a slice's target that models may have written at most; default 50, legal in ``shareRange``.
  public var share: Int = Self.defaultShare
  /// Names of datasets whose candidates are used; default none, which is the dataset itself.
  public var from: [String] = []
  /// What the lower end of Wilson's 95 % interval of the share of accepted candidates of a batch must reach; default 0.7,
  /// legal in ``acceptanceRange``; nil asks nobody.
  public var acceptance: Double? = Self.defaultAcceptance

  /// Takes the defaults.
  public init() {}

  /// The examples that a slice should have; 0 where nothing is asked for.
  public func target(of slice: String) -> Int { targets[slice] ?? target ?? 0 }

  /// The most examples of a slice that models may have written, whatever else it has.
  public func most(of slice: String) -> Int { target(of: slice) * share / 100 }

  /// The datasets whose candidates a dataset uses.
  public func sources(of dataset: String) -> [String] { from.isEmpty ? [dataset] : from }
}

extension DatasetDefinition {
  /// The names of its slices in the file's order, ``SliceDefinition/other`` last.
  public var sliceNames: [String] { slices.map(\.name) + [SliceDefinition.other] }
}
