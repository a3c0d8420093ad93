import Bytes
import Catalog
import Foundation
import Lake
import Records
import Statistics

/// Gathers the votes of everything that changed, and labels what they add up to.
///
/// 1. Conversations that changed are read (``ConversationReader``), and texts of feedback (``FeedbackReader``): a body once.
/// 2. Labeling functions and checks are held against all records; what they hold for now replaces what they held for.
/// 3. The votes of every content about which anything changed are gathered (``VoteGatherer``).
/// 4. If any vote changed, the label model is fitted over all of them, and the labels that differ are written, with the given
///    labels that look wrong (``LabelSuspects``).
///
/// Each batch is one transaction that takes its work off a queue, and what follows is a function of what the catalog
/// then holds: killed anywhere, a second run does what is left, and the same evidence gives the same labels in whatever
/// order it came.
public struct LabelStage: Sendable {
  /// Raised when the same votes would give other labels, so that all are computed anew.
  static let version = 2

  private let catalog: CatalogStore
  private let lake: LakeStore
  private let parameters: LabelParameters
  private let summation: any VoteSummation
  /// Clusters, and labels, in one transaction.
  private static let batch = 5000
  /// Conversations in one transaction; their records are read in the order of their places.
  private static let conversationBatch = 500
  /// Probabilities of a fitted model are rounded to so many parts of 1: votes tell less, and a label should not
  /// be written again for a billionth.
  private static let parts = 10_000.0

  /// A label step over a catalog and its lake.
  /// - Parameters:
  ///   - catalog: the catalog.
  ///   - lake: the lake that it indexes.
  ///   - parameters: what the definition says.
  ///   - summation: adds up votes; default the project's models.
  public init(
    catalog: CatalogStore, lake: LakeStore, parameters: LabelParameters,
    summation: any VoteSummation = StandardSummation()
  ) {
    self.catalog = catalog
    self.lake = lake
    self.parameters = parameters
    self.summation = summation
  }

  /// Runs the step.
  /// - Parameter progress: called with the parts of a phase done and in all.
  /// - Returns: the account.
  /// - Throws: the catalog's and the lake's errors, ``CatalogError`` for a function whose condition is not legal SQL.
  public func run(progress: (Int, Int) -> Void) throws -> LabelAccount {
    var account = LabelAccount()
    account.conversations = try readConversations(progress)
    account.texts = try readTexts(progress)
    try applyFunctions()
    let gatherer = VoteGatherer(implicitWeight: parameters.implicitWeight)
    try catalog.useLabelModel(digest: "votes@\(VoteGatherer.version) \(parameters.implicitWeight)")
    try catalog.useLabelFit(
      digest: "fit@\(Self.version) \(parameters.model.rawValue) \(parameters.userVotes)")
    let total = try catalog.queuedLabelCount()
    while true {
      try Task.checkCancellation()
      let count = try catalog.updateVotes(limit: Self.batch, gatherer.votes)
      guard count > 0 else { break }
      account.computed += count
      progress(account.computed, total)
    }
    if try catalog.labelsAreStale() {
      account = try label(account, writing: true)
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys]
      try catalog.finishLabels(account: String(decoding: try encoder.encode(account), as: UTF8.self))
    } else if let text = try catalog.lastLabelAccount(),
      var last = try? JSONDecoder().decode(LabelAccount.self, from: Data(text.utf8))
    {
      (last.computed, last.conversations, last.texts) = (
        account.computed, account.conversations, account.texts
      )
      last.changed = 0
      account = last
    }
    try catalog.settleAgain()
    account.gated = try gated()
    account.counts = try catalog.labelCounts()
    return account
  }

  /// Fits the model on the votes as the catalog holds them, and writes nothing.
  /// - Returns: the account; `computed` counts clusters whose votes are still to be gathered, `changed` labels that would
  ///   be another.
  /// - Throws: the catalog's errors.
  public func dryRun() throws -> LabelAccount {
    var account = LabelAccount()
    account.conversations = try catalog.queuedConversationCount()
    account.texts = try catalog.unreadFeedbackCount(reader: FeedbackReader.version)
    account.computed = try catalog.queuedLabelCount()
    account = try label(account, writing: false)
    account.gated = try gated()
    account.counts = try catalog.labelCounts()
    return account
  }

  private func readConversations(_ progress: (Int, Int) -> Void) throws -> Int {
    guard parameters.conversations else { return 0 }
    try catalog.useTurnReader(version: ConversationReader.version)
    let total = try catalog.queuedConversationCount()
    let bodies = LakeBodies(lake: lake)
    let reader = ConversationReader()
    var done = 0
    while true {
      try Task.checkCancellation()
      let conversations = try catalog.queuedConversations(limit: Self.conversationBatch)
      guard !conversations.isEmpty else { return done }
      var turns = conversations.enumerated().flatMap { at, conversation in
        conversation.turns.enumerated().map { (at, $0.offset, $0.element.place) }
      }
      turns.sort {
        ($0.2.day, $0.2.segment, $0.2.frame, $0.2.offset) < ($1.2.day, $1.2.segment, $1.2.frame, $1.2.offset)
      }
      var facts = conversations.map {
        [ConversationReader.Facts](repeating: ConversationReader.Facts(), count: $0.turns.count)
      }
      for (at, turn, place) in turns {
        facts[at][turn] = try bodies.read(.interactions, place) { reader.facts($0) }
      }
      try catalog.commitTurnSignals(
        zip(conversations, facts).map { ($0.id, ConversationReader.signals($0.turns, $1)) })
      done += conversations.count
      progress(done, max(done, total))
    }
  }

  private func readTexts(_ progress: (Int, Int) -> Void) throws -> Int {
    let version = FeedbackReader.version
    let total = try catalog.unreadFeedbackCount(reader: version)
    let reader = FeedbackReader(lake: lake)
    var done = 0
    while true {
      try Task.checkCancellation()
      let events = try catalog.unreadFeedback(reader: version, limit: Self.batch)
      guard !events.isEmpty else { return done }
      try catalog.commitReadings(try events.map(reader.read), reader: version)
      done += events.count
      progress(done, max(done, total))
    }
  }

  private func applyFunctions() throws {
    var hits = try parameters.functions.map { try $0.hits(catalog) }
    if parameters.checks { hits += try CheckVotes.hits(catalog) }
    for item in hits {
      try Task.checkCancellation()
      try catalog.setFunctionVotes(item)
    }
    try catalog.removeFunctionVotes(except: hits.map(\.voter))
  }

  private func label(_ begun: LabelAccount, writing: Bool) throws -> LabelAccount {
    var account = begun
    let columns = try catalog.catalogVotes()
    let voters = ModelVoters(columns, userVotes: parameters.userVotes)
    let summary = summation.sum(voters.table, model: parameters.model)
    account.model = summary.model
    account.reason = summary.reason
    account.converged = summary.converged
    account.merged = summary.merged.map { $0.map { voters.table.voters[$0].name } }
    var good = [Double?](repeating: nil, count: columns.contents.count)
    if summary.model != .majority {
      for (item, content) in voters.contents.enumerated() {
        let share = summary.probabilities[item * 2 + Int(ModelVoters.good)]
        good[content] = min(max((share * Self.parts).rounded(), 1), Self.parts - 1) / Self.parts
      }
    }
    var changed: [LabelRow] = []
    for content in columns.contents.indices {
      let row = self.row(content, columns, good[content])
      let majority = MajorityVote.label(good: columns.good[content], bad: columns.bad[content])
      if majority != nil || columns.golden[content] != nil { account.contents += 1 }
      if row.label != nil, row.label != majority?.class { account.unlikeMajority += 1 }
      if columns.golden[content] != nil {
        account.golden += 1
      } else if row.label != nil, summary.model != .majority, good[content] == nil {
        account.byWeight += 1
      }
      account.entropy += row.entropy ?? 0
      if row != columns.labels[content] || !columns.isUniform[content] { changed.append(row) }
    }
    account.fitted = voters.contents.count
    if account.contents > 0 { account.entropy /= Double(account.contents) }
    account.changed = changed.count
    VoterFigures(voters, columns, good).fill(&account)
    let blind = try catalog.blindVotes()
    account.agreement = HumanAgreement(blind.votes, exposed: blind.exposed)
    let found = LabelSuspects(columns, parameters, summation)
    account.suspects = found.noise.map { _ in found.suspects.count }
    account.suspectsAmong = found.looked
    account.labelNoise = found.noise
    guard writing else { return account }
    try catalog.setLabelSuspects(found.suspects)
    var next = 0
    while next < changed.count {
      try Task.checkCancellation()
      let end = min(next + Self.batch, changed.count)
      try catalog.writeLabels(Array(changed[next..<end]))
      next = end
    }
    return account
  }

  /// The label of a content: its golden class, what the model says, or the majority by weight.
  private func row(_ content: Int, _ columns: CatalogVotes, _ good: Double?) -> LabelRow {
    let hash = columns.contents[content]
    if let golden = columns.golden[content] {
      return LabelRow(content: hash, label: golden, probability: 1, entropy: 0)
    }
    guard let good else {
      let majority = MajorityVote.label(good: columns.good[content], bad: columns.bad[content])
      return LabelRow(
        content: hash, label: majority?.class, probability: majority?.probability,
        entropy: majority.map { Self.entropy($0.probability) })
    }
    let label: LabelClass = good == 0.5 ? .tie : good > 0.5 ? .good : .bad
    return LabelRow(
      content: hash, label: label,
      probability: good >= 0.5 ? good : ((1 - good) * Self.parts).rounded() / Self.parts,
      entropy: Self.entropy(good))
  }

  /// The entropy of a probability in bits, to a millionth.
  static func entropy(_ probability: Double) -> Double {
    let sum = [probability, 1 - probability].reduce(0) { $1 > 0 ? $0 - $1 * log2($1) : $0 }
    return (sum * 1e6).rounded() / 1e6
  }

  private func gated() throws -> [GatedVoter] {
    let counts = try catalog.modelVoteCounts()
    return try catalog.modelVoters().filter { !$0.isAdmitted }.map {
      GatedVoter(
        voter: ModelVoter.voter($0.name, version: $0.version), votes: counts[$0.name] ?? 0, reason: $0.reason)
    }
  }
}
