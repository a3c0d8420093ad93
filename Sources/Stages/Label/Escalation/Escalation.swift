import Bytes
import Catalog
import LanguageModels

/// Takes uncertain items from what is at hand to students, cheap judges, strong judges and people: each time the one
/// question that is expected to tell the most per dollar, inside the budget.
///
/// Votes are kept in batches. What a killed run bought is at hand in the next one, which pays for none of it again.
public struct Escalation: Sendable {
  /// Questions in flight, and votes kept in one transaction.
  static let batch = 32

  private let catalog: CatalogStore
  private let service: any ChatModel
  private let parameters: EscalationParameters
  private let run: String

  /// Prepares an escalation.
  /// - Parameters:
  ///   - catalog: where votes are kept.
  ///   - service: who answers.
  ///   - parameters: how far items go.
  ///   - run: the run that pays.
  public init(
    catalog: CatalogStore, service: any ChatModel, parameters: EscalationParameters, run: String
  ) {
    self.catalog = catalog
    self.service = service
    self.parameters = parameters
    self.run = run
  }

  /// A judge and what it is expected to cost.
  public struct PricedJudge: Sendable {
    /// The judge.
    public let judge: Judge
    /// What an opinion costs, in millionths of a US dollar; 0 is free.
    public let price: Int64

    /// States a judge's price.
    public init(judge: Judge, price: Int64) {
      self.judge = judge
      self.price = price
    }
  }

  /// Runs an escalation.
  /// - Parameters:
  ///   - rows: the items, with the labels that all votes at hand add up to.
  ///   - student: who is asked first and costs nothing: the probability of good of an item, nil where it says nothing.
  ///   - studentName: the name of its votes.
  ///   - prior: the probability of good without the student's votes; default the label's.
  ///   - judges: the judges, cheap ones before strong ones; those below their gate are not asked.
  ///   - deficit: what a slice lacks of its target, 0 to 1; default 1 for all.
  ///   - items: reads an item.
  ///   - progress: called with what was asked and the items in all.
  /// - Returns: the account, and the items for people.
  /// - Throws: the catalog's and the lake's errors, ``ModelError`` where nothing can be judged.
  public func escalate(
    _ rows: [JudgingRow], student: (JudgingRow) throws -> Double? = { _ in nil }, studentName: String? = nil,
    prior: (JudgingRow) -> Double = { $0.good }, judges: [PricedJudge],
    deficit: (JudgingRow) -> Double = { _ in 1 },
    items: (JudgingRow) throws -> JudgeItem, progress: (Int, Int) -> Void = { _, _ in }
  ) async throws -> (account: EscalationAccount, left: [HumanItem]) {
    var account = EscalationAccount()
    account.items = rows.count
    account.budget = parameters.dollars.map { Int64(($0 * 1e6).rounded(.down)) }
    account.tiers = [EscalationTierAccount(tier: "votes")]
    if let studentName { account.tiers.append(EscalationTierAccount(tier: studentName)) }
    let ledger = JudgeLedger(catalog: catalog, run: run)
    var voters: [(judge: Judge, calibration: JudgeCalibration?, place: Int)] = []
    var tiers: [EscalationTier] = []
    var done: [Set<ContentHash>] = []
    for priced in judges {
      var tier = EscalationTierAccount(tier: priced.judge.voter)
      let calibration = try JudgeRun.calibration(of: priced.judge, in: catalog)
      tier.shortfalls = try ledger.enter(priced.judge, calibration)
      if tier.shortfalls.isEmpty {
        voters.append((priced.judge, calibration, account.tiers.count))
        tiers.append(
          EscalationTier(
            name: priced.judge.voter, sensitivity: calibration?.sensitivity ?? 0.75,
            specificity: calibration?.specificity ?? 0.75, price: priced.price))
        let votes = try catalog.modelVotes(of: priced.judge.name, version: priced.judge.version)
        done.append(Set(votes.map(\.content)))
      }
      account.tiers.append(tier)
    }
    let ordered = rows.sorted { $0.content < $1.content }
    var states: [EscalationPolicy.Item] = []
    for row in ordered {
      var state = EscalationPolicy.Item(
        content: row.content, interaction: row.interaction,
        worth: max(deficit(row), 0) * Double(max(row.traffic, 1)),
        good: prior(row))
      account.entropyBefore += EscalationTier.entropy(state.good)
      for tier in done.indices where done[tier].contains(row.content) {
        state.asked.insert(tier)
        account.tiers[voters[tier].place].kept += 1
      }
      if state.certainty >= parameters.certain {
        account.tiers[0].decided += 1
      } else if studentName != nil, let good = try student(row) {
        account.tiers[1].asked += 1
        if good >= 0.5 { account.tiers[1].good += 1 } else { account.tiers[1].bad += 1 }
        // Its probability is of the same classes as the prior's even odds, so that the odds multiply.
        state.good = Self.joined(state.good, good)
        if state.certainty >= parameters.certain { account.tiers[1].decided += 1 }
      }
      states.append(state)
    }
    var policy = EscalationPolicy(items: states, tiers: tiers, parameters: parameters)
    try await ask(&policy, ordered, voters, ledger, items, &account, progress)
    let left = policy.humanItems
    for item in left { account.left[item.reason.rawValue, default: 0] += 1 }
    account.entropyAfter = policy.items.reduce(0) { $0 + EscalationTier.entropy($1.good) }
    if !rows.isEmpty {
      account.entropyBefore /= Double(rows.count)
      account.entropyAfter /= Double(rows.count)
    }
    try catalog.setHumanItems(
      left.map {
        HumanItemRow(
          content: $0.content, interaction: $0.interaction, priority: $0.priority, good: $0.good,
          reason: $0.reason.rawValue)
      }, run: run)
    return (account, left)
  }

  /// Two probabilities from sources that do not know of each other.
  static func joined(_ left: Double, _ right: Double) -> Double {
    let good = left * right
    let bad = (1 - left) * (1 - right)
    return good + bad > 0 ? good / (good + bad) : 0.5
  }

  private func ask(
    _ policy: inout EscalationPolicy, _ rows: [JudgingRow],
    _ voters: [(judge: Judge, calibration: JudgeCalibration?, place: Int)], _ ledger: JudgeLedger,
    _ items: (JudgingRow) throws -> JudgeItem, _ account: inout EscalationAccount,
    _ progress: (Int, Int) -> Void
  ) async throws {
    var asked = 0
    while true {
      try Task.checkCancellation()
      let (questions, isShort) = policy.next(
        limit: Self.batch, funds: account.budget.map { $0 - account.spent })
      account.isBudgetSpent = account.isBudgetSpent || isShort
      guard !questions.isEmpty else { return }
      let loaded = try questions.map { (question: $0, item: try items(rows[$0.item])) }
      let judges = voters.map(\.judge)
      var kept = [[(row: JudgingRow, opinion: JudgeOpinion)]](repeating: [], count: voters.count)
      var answers: [(EscalationPolicy.Question, JudgeOpinion)] = []
      var isOver = false
      var iterator = loaded.makeIterator()
      try await OrderedTasks.run(limit: Self.batch) {
        iterator.next()
      } work: { [service] question, item in
        try await JudgeRun.attempt {
          (question, try await judges[question.tier].opinion(on: item, from: service))
        }
      } consume: { result in
        switch result {
        case .success(let one): answers.append(one)
        case .failure: isOver = true
        }
      }
      for (question, opinion) in answers {
        kept[question.tier].append((rows[question.item], opinion))
        let before = policy.items[question.item].certainty
        let place = voters[question.tier].place
        account.tiers[place].add(opinion)
        account.spent += opinion.cost
        let reason: HumanItem.Reason? =
          opinion.outcome == .hijacked ? .hijacked : opinion.outcome == .unread ? .unread : nil
        policy.answer(question, saidGood: opinion.outcome.isGood, reason: reason)
        let after = policy.items[question.item]
        if before < parameters.certain, after.certainty >= parameters.certain, after.reason == nil {
          account.tiers[place].decided += 1
        }
      }
      for tier in voters.indices { try ledger.keep(voters[tier].judge, kept[tier], voters[tier].calibration) }
      asked += answers.count
      progress(asked, rows.count)
      if isOver {
        account.isBudgetSpent = true
        for question in questions where !answers.contains(where: { $0.0 == question }) {
          policy.answer(question, saidGood: nil, reason: .budget)
        }
        _ = policy.stop()
        return
      }
    }
  }
}

extension EscalationTierAccount {
  mutating func add(_ opinion: JudgeOpinion) {
    asked += 1
    cost += opinion.cost
    switch opinion.outcome {
    case .good: good += 1
    case .bad: bad += 1
    case .abstain, .unread: silent += 1
    case .hijacked:
      silent += 1
      hijacked += 1
    case .failed: failed += 1
    }
  }
}
