import LanguageModels

/// What a judge said of two outputs, asked in both orders.
public struct PairOpinion: Sendable, Hashable, Codable {
  /// What came of it.
  public enum Outcome: String, Sendable, Hashable, CaseIterable, Codable {
    /// The first is better, in both orders.
    case first
    /// The second is better, in both orders.
    case second
    /// They are equal in one order or both, and neither order says the opposite of the other.
    case tie
    /// The winner changed with the order: it counts as a tie, and a person decides.
    case flip
    /// No opinion: the judge took orders from a text, or preferred an output that holds such orders.
    case hijacked
    /// No opinion: an answer is no answer to the question, or the service refused it.
    case unread
    /// No answer: the service was not there; asked again in another run.
    case failed
  }

  /// What came of it.
  public var outcome: Outcome
  /// What the two answers cost, in millionths of a US dollar; 0 for kept ones.
  public var cost: Int64

  /// States an opinion.
  public init(outcome: Outcome, cost: Int64 = 0) {
    self.outcome = outcome
    self.cost = cost
  }
}

extension Judge {
  /// Which of two outputs is better, asked in both orders.
  ///
  /// Judges prefer places: the closer two outputs are, the more (arXiv 2406.07791). A win counts that survives the
  /// turn; a flip is a tie and goes to a person.
  /// - Parameters:
  ///   - pair: the outputs, for one input; the rubric's form is `pairs`.
  ///   - service: who answers.
  ///   - repetition: 0 for the first answers, 1 to ask the same once more.
  /// - Returns: the opinion.
  /// - Throws: ``ModelError`` where nothing can be judged.
  public func opinion(
    on pair: JudgePair, from service: any ChatModel, repetition: Int = 0
  ) async throws -> PairOpinion {
    var cost: Int64 = 0
    var leads: [Double] = []
    for isTurned in [false, true] {
      let question = prompt.question(
        isTurned ? pair.second : pair.first, isTurned ? pair.first : pair.second)
      let asked = try await ask(question, service, repetition)
      cost += asked.cost
      switch asked.reply {
      case nil: return PairOpinion(outcome: .failed, cost: cost)
      case .unread: return PairOpinion(outcome: .unread, cost: cost)
      case .hijacked: return PairOpinion(outcome: .hijacked, cost: cost)
      case .answers(let answers): leads.append(lead(answers) * (isTurned ? -1 : 1))
      }
    }
    let outcome: PairOpinion.Outcome
    switch (leads[0], leads[1]) {
    case (0, _), (_, 0): outcome = .tie
    case (0.0000001..., 0.0000001...): outcome = .first
    case (...(-0.0000001), ...(-0.0000001)): outcome = .second
    default: outcome = .flip
    }
    // As with single outputs: what holds orders does not win.
    if outcome == .first && Self.holdsOrders(pair.first.output)
      || outcome == .second && Self.holdsOrders(pair.second.output)
    {
      return PairOpinion(outcome: .hijacked, cost: cost)
    }
    return PairOpinion(outcome: outcome, cost: cost)
  }

  /// By how much weight the output that was shown first leads; a required criterion decides alone where it is not equal.
  private func lead(_ answers: [String: String]) -> Double {
    var sum = 0.0
    var required = 0.0
    for criterion in rubric.criteria {
      let sign = criterion.good == .no ? -1.0 : 1.0
      let value = answers[criterion.id] == "first" ? sign : answers[criterion.id] == "second" ? -sign : 0
      sum += value * criterion.weight
      if criterion.isRequired { required += value * criterion.weight }
    }
    return required != 0 ? required : sum
  }
}
