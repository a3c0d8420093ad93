import Catalog
import Records

/// A rule of thumb for labels: an SQL condition over the view `records`, and what it votes where the condition holds.
///
/// Elsewhere it abstains. It sees what a dataset's `select` sees, but for the columns that labels are made of (`label`,
/// `probability`, `entropy`, `good_votes`, `bad_votes`, `is_golden`): a label must not vote for itself. Its voter is `rule:` and
/// its name. Records that curation dropped have no vote of it.
public struct LabelingFunction: Sendable, Hashable, Codable {
  /// Legal weights.
  public static let weightRange = 0.0...1.0

  /// Its name, unique in the step.
  public var name: String
  /// What it votes: good or bad.
  public var votes: LabelClass
  /// An SQL condition over `records`.
  public var condition: String
  /// Its weight in the majority; default 0.5, as that of behaviour; legal in ``weightRange``.
  ///
  /// Other models learn how right it is instead.
  public var weight: Double

  /// States a function.
  public init(name: String, votes: LabelClass, condition: String, weight: Double = 0.5) {
    self.name = name
    self.votes = votes
    self.condition = condition
    self.weight = weight
  }

  /// What it is called as a voter.
  public var voter: String { "rule:\(name)" }

  /// What it holds for.
  func hits(_ catalog: CatalogStore) throws -> FunctionHits {
    FunctionHits(
      voter: voter, class: votes, weight: weight, numbers: try catalog.numbers(whereRule: condition))
  }
}
