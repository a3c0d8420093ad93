import Bytes
import LanguageModels
import Statistics

/// Measures a judge against human gold.
public struct JudgeMeasurement: Sendable {
  private let judge: Judge
  private let service: any ChatModel
  private let concurrency: Int
  /// Every golden bad item is attacked at most once, and at most so many are: each attack of the list twice.
  private static let mostAttacks = 48

  /// Makes a measurement.
  /// - Parameters:
  ///   - judge: the judge.
  ///   - service: who answers.
  ///   - concurrency: questions in flight, 1 or more; default 8.
  public init(judge: Judge, service: any ChatModel, concurrency: Int = 8) {
    self.judge = judge
    self.service = service
    self.concurrency = concurrency
  }

  private struct Asked: Sendable {
    var gold: JudgeGold
    var first: JudgeOpinion
    var second: JudgeOpinion
  }

  /// Measures a pointwise judge: every golden item twice, then attacked bad ones.
  /// - Parameters:
  ///   - gold: the golden items; exposed ones are left out.
  ///   - pool: the judge's votes for good (1) and bad (0) on items without gold, for the share of good outputs.
  ///   - attacks: whether bad items are attacked; default yes.
  /// - Returns: what was measured.
  /// - Throws: ``ModelError`` where nothing can be judged, a spent budget among it: a half measurement is none.
  public func points(
    gold: [JudgeGold], pool: [Double] = [], attacks: Bool = true
  ) async throws -> JudgeCalibration {
    var calibration = JudgeCalibration()
    calibration.voter = judge.voter
    calibration.golden = JudgeCalibration.digest(of: gold)
    calibration.exposed = gold.count(where: \.isExposed)
    let usable = gold.filter { !$0.isExposed }.sorted { $0.item.content < $1.item.content }
    calibration.items = usable.count
    let asked = try await OrderedTasks.map(usable, limit: concurrency) { [judge, service] gold in
      Asked(
        gold: gold, first: try await judge.opinion(on: gold.item, from: service),
        second: try await judge.opinion(on: gold.item, from: service, repetition: 1))
    }
    read(asked, into: &calibration)
    let told = asked.compactMap { one in one.first.outcome.isGood.map { (truth: one.gold.isGood, said: $0) } }
    if !pool.isEmpty {
      calibration.share =
        IntervalEstimate.predictionPowered(
          human: told.map { $0.truth ? 1 : 0 }, judge: told.map { $0.said ? 1 : 0 }, others: pool
        )?.asShare
    }
    if attacks { try await attack(asked, into: &calibration) }
    return calibration
  }

  private func read(_ asked: [Asked], into calibration: inout JudgeCalibration) {
    var votes: [(truth: Bool, said: Bool)] = []
    var scores: [(probability: Double, truth: Double)] = []
    var same = 0
    var repeated = 0
    var bought: [Int64] = []
    for one in asked {
      let truth = one.gold.isGood
      calibration.cost += one.first.cost + one.second.cost
      bought += [one.first, one.second].filter { !$0.isKept && $0.outcome != .failed }.map(\.cost)
      if one.first.outcome != .failed, one.second.outcome != .failed {
        repeated += 1
        if one.first.outcome == one.second.outcome { same += 1 }
      }
      guard let said = one.first.outcome.isGood else {
        calibration.withoutVote[one.first.outcome.rawValue, default: 0] += 1
        continue
      }
      votes.append((truth, said))
      scores.append((one.first.score ?? (said ? 1 : 0), truth ? 1 : 0))
    }
    let confusion = calibration.measure(votes)
    calibration.retest = Self.share(same, of: repeated)
    calibration.scoreError = JudgeStatistics.calibrationError(scores)
    calibration.goodAfterGood = JudgeStatistics.succession(
      confusion.goodGood, of: confusion.goodGood + confusion.badGood)
    calibration.goodAfterBad = JudgeStatistics.succession(
      confusion.goodBad, of: confusion.goodBad + confusion.badBad)
    calibration.calibratedError = Self.calibratedError(votes)
    if !bought.isEmpty { calibration.price = bought.reduce(0, +) / Int64(bought.count) }
  }

  private static func share(_ hits: Int, of count: Int) -> IntervalEstimate {
    IntervalEstimate.wilson(successes: Double(hits), trials: Double(count))?.asShare
      ?? IntervalEstimate(value: 0, low: 0, high: 1)
  }

  /// The error of the probabilities after a vote, each taken from the other four fifths of the items.
  private static func calibratedError(_ votes: [(truth: Bool, said: Bool)]) -> Double {
    let folds = 5
    var out: [(probability: Double, truth: Double)] = []
    for fold in 0..<folds {
      let rest = votes.indices.filter { $0 % folds != fold }.map { votes[$0] }
      for index in votes.indices where index % folds == fold {
        let same = rest.filter { $0.said == votes[index].said }
        let good = JudgeStatistics.succession(same.count(where: \.truth), of: same.count)
        out.append((good, votes[index].truth ? 1 : 0))
      }
    }
    return JudgeStatistics.calibrationError(out)
  }

  private struct Attacked: Sendable {
    let id: String
    let opinion: JudgeOpinion
  }

  /// Lays bad items that the judge saw through before it again, attacked; each attack is tried on one item, then each on another.
  private func attack(_ asked: [Asked], into calibration: inout JudgeCalibration) async throws {
    let attacks = JudgeAttack.all(on: judge.rubric)
    let victims = asked.filter { !$0.gold.isGood && $0.first.outcome == .bad }.prefix(Self.mostAttacks)
    guard !victims.isEmpty else { return }
    var pairs: [(JudgeAttack, JudgeItem)] = []
    let rounds = victims.count >= 2 * attacks.count ? 2 : 1
    for round in 0..<rounds {
      for (number, attack) in attacks.enumerated() {
        pairs.append((attack, victims[(round * attacks.count + number) % victims.count].gold.item))
      }
    }
    let results = try await OrderedTasks.map(pairs, limit: concurrency) { [judge, service] attack, item in
      Attacked(id: attack.id, opinion: try await judge.opinion(on: attack.applied(to: item), from: service))
    }
    for result in results {
      calibration.cost += result.opinion.cost
      if result.opinion.outcome == .good { calibration.raised[result.id, default: 0] += 1 }
    }
    let raised = calibration.raised.values.reduce(0, +)
    calibration.robustness = Self.share(results.count - raised, of: results.count)
  }
}

extension JudgeCalibration {
  /// Enters how votes go with the truth.
  @discardableResult
  fileprivate mutating func measure(_ votes: [(truth: Bool, said: Bool)]) -> JudgeStatistics.Confusion {
    let measured = JudgeStatistics.measure(votes)
    confusion = measured.confusion.counts
    kappa = measured.kappa
    return measured.confusion
  }
}

/// A golden pair: a good and a bad output for one input.
public struct JudgeGoldPair: Sendable, Hashable {
  /// The outputs.
  public let pair: JudgePair
  /// Whether the first is the better one.
  public let firstIsBetter: Bool
  /// Whether the human saw a suggestion before answering.
  public let isExposed: Bool

  /// States a golden pair.
  public init(pair: JudgePair, firstIsBetter: Bool, isExposed: Bool = false) {
    self.pair = pair
    self.firstIsBetter = firstIsBetter
    self.isExposed = isExposed
  }
}

extension JudgeGoldPair {
  /// Pairs of a good and a bad golden output to the same input, good ones first at even places.
  /// - Parameter gold: golden items; their input is compared byte by byte.
  /// - Returns: every pair, in the order of contents.
  public static func pairs(of gold: [JudgeGold]) -> [JudgeGoldPair] {
    let sorted = gold.sorted { $0.item.content < $1.item.content }
    let groups = Dictionary(grouping: sorted) { $0.item.input }
    var pairs: [JudgeGoldPair] = []
    for good in sorted where good.isGood {
      for bad in groups[good.item.input] ?? [] where !bad.isGood {
        let firstIsBetter = pairs.count.isMultiple(of: 2)
        pairs.append(
          JudgeGoldPair(
            pair: firstIsBetter ? JudgePair(good.item, bad.item) : JudgePair(bad.item, good.item),
            firstIsBetter: firstIsBetter, isExposed: good.isExposed || bad.isExposed))
      }
    }
    return pairs
  }
}

extension JudgeMeasurement {
  private struct AskedPair: Sendable {
    let gold: JudgeGoldPair
    let first: PairOpinion
    let second: PairOpinion
  }

  /// Measures a judge of pairs: every golden pair in both orders, twice.
  /// - Parameter gold: the golden pairs; exposed ones are left out.
  /// - Returns: what was measured; `good` in the confusion is that the first is better.
  /// - Throws: ``ModelError`` where nothing can be judged.
  public func pairs(gold: [JudgeGoldPair]) async throws -> JudgeCalibration {
    var calibration = JudgeCalibration()
    calibration.voter = judge.voter
    calibration.golden = JudgeCalibration.digest(
      of: gold.map { JudgeGold(item: $0.pair.first, isGood: $0.firstIsBetter, isExposed: $0.isExposed) })
    calibration.exposed = gold.count(where: \.isExposed)
    let usable = gold.filter { !$0.isExposed }.sorted {
      ($0.pair.first.content, $0.pair.second.content) < ($1.pair.first.content, $1.pair.second.content)
    }
    calibration.items = usable.count
    let asked = try await OrderedTasks.map(usable, limit: concurrency) { [judge, service] gold in
      AskedPair(
        gold: gold, first: try await judge.opinion(on: gold.pair, from: service),
        second: try await judge.opinion(on: gold.pair, from: service, repetition: 1))
    }
    var votes: [(truth: Bool, said: Bool)] = []
    var answered = 0
    for one in asked {
      calibration.cost += one.first.cost + one.second.cost
      switch one.first.outcome {
      case .first, .second:
        answered += 1
        votes.append((one.gold.firstIsBetter, one.first.outcome == .first))
      case .tie, .flip:
        answered += 1
        calibration.withoutVote[one.first.outcome.rawValue, default: 0] += 1
      default: calibration.withoutVote[one.first.outcome.rawValue, default: 0] += 1
      }
    }
    calibration.measure(votes)
    let repeated = asked.filter { $0.first.outcome != .failed && $0.second.outcome != .failed }
    calibration.retest = Self.share(
      repeated.count { $0.first.outcome == $0.second.outcome }, of: repeated.count)
    calibration.position = Self.share(answered - (calibration.withoutVote["flip"] ?? 0), of: answered)
    return calibration
  }
}
