import Statistics

/// Adds up the votes of a table by the model that fits its data.
///
/// Voters that copy each other are merged first (``SourceClusters``). Then Dawid–Skene with priors is fitted,
/// but where the data is thin the majority is taken: fewer than ``leastVotes`` votes an item, fewer than
/// ``leastClusters`` independent sources, or fewer than ``leastItems`` items. A rule that never fires on an
/// item has answered, too, where its silence is an answer. Items with many votes need not be as many: from
/// ``manyVotes`` votes an item on ``leastItemsOfManyVotes`` do (108 items with 39 votes each, the public set
/// duck: majority .759, Dawid–Skene .889).
public struct LabelEstimator: Sendable {
  /// The model to use whatever the data; default none, so that the rule chooses.
  public var model: VoteModel?
  /// When voters are one source; nil leaves all apart.
  public var clustering: SourceClusters.Parameters? = SourceClusters.Parameters()
  /// How Dawid–Skene is fitted.
  public var dawidSkene = DawidSkene.Parameters()
  /// How one-coin is fitted.
  public var oneCoin = OneCoin.Parameters()
  /// How MACE is fitted.
  public var mace = MACE.Parameters()
  /// How a data-programming model is fitted.
  public var dataProgramming = DataProgramming.Parameters()
  /// Least votes on an item that has any, on average; default 2.
  public var leastVotes = 2.0
  /// Least items with a vote; default 200.
  public var leastItems = 200
  /// Votes on an item from which on fewer items do; default 10.
  public var manyVotes = 10.0
  /// Least items where each has many votes; default 50.
  public var leastItemsOfManyVotes = 50
  /// Least independent sources; default 3.
  public var leastClusters = 3

  /// The defaults.
  public init() {}

  /// Adds up votes.
  public func estimate(_ table: VoteTable) -> LabelEstimate {
    let clusters =
      clustering.map { SourceClusters(table, $0).clusters } ?? table.voters.indices.map { [$0] }
    let columns = VoteColumns(table, clusters: clusters)
    let (model, reason) = self.model.map { ($0, VoteModelReason.forced) } ?? choose(columns)
    let fit: VoteFit
    switch model {
    case .majority: fit = MajorityModel().fit(columns)
    case .dawidSkene: fit = DawidSkene(dawidSkene).fit(columns)
    case .oneCoin: fit = OneCoin(oneCoin).fit(columns)
    case .mace: fit = MACE(mace).fit(columns)
    case .dataProgramming: fit = DataProgramming(dataProgramming).fit(columns)
    }
    return LabelEstimate(fit, table: table, clusters: clusters, model: model, reason: reason)
  }

  private func choose(_ columns: VoteColumns) -> (VoteModel, VoteModelReason) {
    let items = columns.itemsWithVotes
    guard items > 0 else { return (.majority, .noVotes) }
    let votes = columns.answersPerItem
    let sources = columns.counts.count { $0 > 0 }
    if votes < leastVotes { return (.majority, .fewVotes(perItem: votes, least: leastVotes)) }
    if sources < leastClusters { return (.majority, .fewClusters(sources, least: leastClusters)) }
    let least = votes >= manyVotes ? min(leastItems, leastItemsOfManyVotes) : leastItems
    if items < least { return (.majority, .fewItems(items, least: least)) }
    return (.dawidSkene, .enough(items: items, votesPerItem: votes, clusters: sources))
  }
}
