import Catalog
import Records

/// What the cap on the examples of one user came to.
public struct InfluenceAccount: Sendable, Hashable, Codable {
  /// Examples that one user may have.
  public var limit = 0
  /// Users who had more.
  public var users = 0
  /// Examples that were left out.
  public var leftOut = 0
  /// Examples of the user who had the most, before and after.
  public var most = 0
  /// See ``most``.
  public var mostLeft = 0

  init() {}
}

/// Keeps one user from steering a dataset: nobody has more than a share of its examples.
///
/// The limit is the share of the examples that the dataset would have without the cap (at most its maximum), rounded
/// down, and never below ``floor``, so that small datasets, in which one in twenty is one or two, are not emptied. It
/// is taken before the cap and not of what remains, since of an application with ten users each has a tenth, whatever
/// is cut. Best examples come first, in the order of `maximum_examples`. Records without a user are not capped: nothing
/// says that they are one person's. What models wrote has no user and does not make the dataset larger. A pair counts for
/// the users of both of its answers.
enum InfluenceCap {
  /// Examples that every user may have.
  ///
  /// A choice: ten cannot outvote the fifty examples that datasets of the sample project ask for, and a person who
  /// reports ten good answers is a good tester and no flood.
  static let floor = 10

  /// Leaves out what users have beyond the limit.
  /// - Returns: the account; nil where the definition caps nothing.
  static func apply(
    _ drafts: [Draft], _ outcomes: inout [SplitPlan.Outcome], _ dataset: DatasetDefinition
  ) -> InfluenceAccount? {
    guard dataset.maximumUserShare < 100 else { return nil }
    let standing = drafts.indices.filter { index in
      if case .split = outcomes[index] { drafts[index].origin != .synthetic } else { false }
    }
    let size = min(standing.count, dataset.maximumExamples)
    var account = InfluenceAccount()
    account.limit = max(floor, size * dataset.maximumUserShare / 100)
    var before: [String: Int] = [:]
    for index in standing { for user in users(of: drafts[index]) { before[user, default: 0] += 1 } }
    account.most = before.values.max() ?? 0
    account.mostLeft = account.most
    account.users = before.values.count { $0 > account.limit }
    guard account.users > 0 else { return account }
    var taken: [String: Int] = [:]
    for index in DraftRank.ranked(standing, drafts, seed: dataset.seed) {
      let users = users(of: drafts[index])
      if users.contains(where: { taken[$0, default: 0] >= account.limit }) {
        outcomes[index] = .out(.influence)
        account.leftOut += 1
      } else {
        for user in users { taken[user, default: 0] += 1 }
      }
    }
    account.mostLeft = taken.values.max() ?? 0
    return account
  }

  private static func users(of draft: Draft) -> Set<String> { Set(draft.sources.compactMap(\.user)) }
}
