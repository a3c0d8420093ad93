import Catalog
import Records

/// A rule of thumb for labels: an SQL condition over the view `records`, and what it votes where the condition holds.
///
/// Elsewhere it abstains. It sees what a dataset's `select` sees, but for the columns that labels are made of (`label`,
/// `probability`, `entropy`, `good_votes`, `bad_votes`, `is_golden`): a label must not vote for itself. Its voter is `rule:` and
/// its name. Records that curation dropped have no vote of it.
public struct LabelingFunction: Sendable, Hashable, Codable {
  /// What one may vote.
  public enum Side: String, Sendable, CaseIterable, Codable {
    /// For good.
    case good
    /// For bad.
    case bad
  }

  /// Legal weights.
  public static let weightRange = 0.0...1.0

  /// Its name, unique in the step.
  public var name: String
  /// The line and column of its condition in the definition, from 1, or 0; not part of its content.
  public var line = 0
  /// See ``line``.
  public var column = 0
  /// What it votes.
  public var votes: Side
  /// An SQL condition over `records`.
  public var condition: String
  /// Its weight in the majority; default 0.5, as that of behaviour; legal in ``weightRange``.
  ///
  /// Other models learn how right it is instead.
  public var weight: Double

  /// States a function.
  public init(name: String, votes: Side, condition: String, weight: Double = 0.5) {
    self.name = name
    self.votes = votes
    self.condition = condition
    self.weight = weight
  }

  private enum CodingKeys: String, CodingKey { case name, votes, condition, weight }

  /// What it is called as a voter.
  public var voter: String { "rule:\(name)" }

  /// What it holds for.
  func hits(_ catalog: CatalogStore) throws -> FunctionHits {
    FunctionHits(
      voter: voter, class: votes == .good ? .good : .bad, weight: weight,
      numbers: try catalog.numbers(whereRule: condition))
  }
}
