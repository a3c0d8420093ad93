import Catalog
import Records

/// What a label step did.
public struct LabelAccount: Sendable, Codable, Hashable {
  /// Clusters of equal content whose label was computed.
  public var computed = 0
  /// How labels stand after it.
  public var counts = LabelCounts()
}

/// Computes the labels of everything whose feedback changed.
public struct LabelStage: Sendable {
  private let catalog: CatalogStore
  private let parameters: LabelParameters
  /// Clusters in one transaction.
  private static let batch = 5000

  /// A label step over a catalog.
  public init(catalog: CatalogStore, parameters: LabelParameters) {
    self.catalog = catalog
    self.parameters = parameters
  }

  /// Runs the step; killed anywhere, a second run does what is left.
  /// - Parameter progress: called with clusters done and clusters in all.
  /// - Returns: the account.
  /// - Throws: the catalog's errors.
  public func run(progress: (Int, Int) -> Void) throws -> LabelAccount {
    let model = MajorityVote(implicitWeight: parameters.implicitWeight)
    try catalog.useLabelModel(digest: "majority@\(MajorityVote.version) \(parameters.implicitWeight)")
    let total = try catalog.queuedLabelCount()
    var account = LabelAccount()
    while true {
      try Task.checkCancellation()
      let count = try catalog.updateLabels(limit: Self.batch, model.label)
      guard count > 0 else { break }
      account.computed += count
      progress(account.computed, total)
    }
    try catalog.settleAgain()
    account.counts = try catalog.labelCounts()
    return account
  }
}
