import Foundation

/// A data-programming model: each rule has a tendency to vote and one accuracy, learned from how rules agree.
///
/// The generative model of data programming (A. Ratner, C. De Sa, S. Wu, D. Selsam, C. Ré, Data programming:
/// creating large training sets, quickly, NIPS 2016): given class k a rule answers l with probability
/// proportional to exp(v + a·[l = k]) for the answers that it ever gives, and is silent with that
/// proportional to 1. So the silence of a rule that knows one class only speaks against that class, and that
/// of a rule that knows all classes says nothing. Two numbers a rule, whatever the classes. Of voters whose
/// silence is missing only a counts. Fitted by expectation and maximisation from the shares of votes on. Gold
/// items keep their class.
public struct DataProgramming: Sendable {
  /// How the fit is made.
  public struct Parameters: Sendable, Hashable {
    /// The share of each class; nil, the default, estimates it.
    ///
    /// A uniform share that is wrong costs more than no model: a tenth positive taken for a half, .94 becomes
    /// .85.
    public var classBalance: [Double]?
    /// Right votes that each rule is thought to have given beside its own, 0 or more; default 3.
    public var rightVotes = 3.0
    /// Wrong votes that each rule is thought to have given, 0 or more; default 1.
    public var wrongVotes = 1.0
    /// Most rounds; default 100.
    public var rounds = 100
    /// Ends the fit when a round adds less than this to the log likelihood, in nats a vote; default 1e-5.
    public var tolerance = 1e-5

    /// The defaults.
    public init() {}
  }

  private let parameters: Parameters

  init(_ parameters: Parameters = Parameters()) { self.parameters = parameters }

  func fit(_ columns: VoteColumns) -> VoteFit {
    let classes = columns.classes
    var fit = VoteFit(
      probabilities: columns.shares(), prior: [Double](repeating: 1 / Double(classes), count: classes))
    if let given = parameters.classBalance {
      precondition(given.count == classes, "there is one share for each class")
      let sum = given.reduce(0) { $0 + max($1, 0) }
      if sum > 0 { fit.prior = given.map { max($0, 1e-10 * sum) / sum } }
    }
    let known = (0..<columns.items).filter(columns.isSpokenOf)
    guard !known.isEmpty else { return fit }
    var rules = (0..<columns.voters).map { RuleHabit(columns, voter: $0) }
    var logs = [Double](repeating: 0, count: columns.cellVoters.count * classes)
    var last = -Double.infinity
    fit.converged = false
    while fit.iterations < parameters.rounds, !fit.converged {
      var totals = [Double](repeating: 0, count: classes)
      var right = [Double](repeating: 0, count: columns.voters)
      // Votes of each voter on items of each class.
      var spread = [Double](repeating: 0, count: columns.voters * classes)
      for item in known {
        let row = item * classes
        for each in 0..<classes { totals[each] += fit.probabilities[row + each] }
        for place in Int(columns.starts[item])..<Int(columns.starts[item + 1]) {
          let cell = Int(columns.cells[place])
          let voter = Int(columns.cellVoters[cell])
          right[voter] += fit.probabilities[row + Int(columns.cellAnswers[cell])]
          for each in 0..<classes { spread[voter * classes + each] += fit.probabilities[row + each] }
        }
      }
      if parameters.classBalance == nil {
        let sum = totals.reduce(0, +) + Double(classes)
        for each in 0..<classes { fit.prior[each] = (totals[each] + 1) / sum }
      }
      var base = fit.prior.map { log($0) }
      for voter in rules.indices {
        let seen = rules[voter].speaks ? totals : Array(spread[(voter * classes)..<((voter + 1) * classes)])
        rules[voter].learn(right: right[voter], seen: seen, parameters)
        rules[voter].write(&logs, &base)
      }
      var likelihood = 0.0
      fit.probabilities.withUnsafeMutableBufferPointer { shares in
        for item in known {
          let row = item * classes
          for each in 0..<classes { shares[row + each] = base[each] }
          for place in Int(columns.starts[item])..<Int(columns.starts[item + 1]) {
            let cell = Int(columns.cells[place]) * classes
            for each in 0..<classes { shares[row + each] += logs[cell + each] }
          }
          likelihood += normalise(shares, row, classes, gold: Int(columns.gold[item]))
        }
      }
      fit.iterations += 1
      fit.logLikelihood = likelihood
      fit.converged = (likelihood - last) / Double(max(1, columns.cells.count)) < parameters.tolerance
      last = likelihood
    }
    for item in 0..<columns.items where !columns.isSpokenOf(item) {
      for each in 0..<classes { fit.probabilities[item * classes + each] = fit.prior[each] }
    }
    return fit
  }
}

/// What is learned of one rule.
private struct RuleHabit {
  let speaks: Bool
  private let cells: Range<Int>
  private let answers: [Int]
  private let votes: Double
  private let classes: Int
  /// How much it votes, as a logarithm of odds against silence.
  private var tendency = 0.0
  /// How much more it gives the right answer than each wrong one, as a logarithm.
  private var accuracy = 1.0

  init(_ columns: VoteColumns, voter: Int) {
    speaks = columns.speaksBySilence[voter]
    cells = columns.cellStarts[voter]..<columns.cellStarts[voter + 1]
    answers = cells.map { Int(columns.cellAnswers[$0]) }
    votes = Double(columns.counts[voter])
    classes = columns.classes
  }

  /// Finds the numbers under which as many votes, and as many right ones, are expected as there are.
  ///
  /// `right` is the expected right votes; `seen` the items of each class that it saw: all, or for a voter
  /// whose silence is missing those it voted on.
  mutating func learn(right: Double, seen: [Double], _ parameters: DataProgramming.Parameters) {
    guard !answers.isEmpty else { return }
    // The objective is concave, so Newton's steps with halving find its top.
    var value = objective(tendency, accuracy, right, seen, parameters)
    for _ in 0..<20 {
      let step = newton(right, seen, parameters)
      var (size, moved) = (1.0, false)
      while size > 1e-3, !moved {
        let next = min(max(tendency + size * step.0, -30), 30)
        let better = min(max(accuracy + size * step.1, -30), 30)
        let reached = objective(next, better, right, seen, parameters)
        if reached > value + 1e-12 {
          (tendency, accuracy, value, moved) = (next, better, reached, true)
        } else {
          size /= 2
        }
      }
      if !moved || abs(step.0) + abs(step.1) < 1e-7 { return }
    }
  }

  /// Shares of the right answer and of the wrong ones together given a class, and the logarithm of their
  /// norm.
  private func shares(
    of each: Int, _ tendency: Double, _ accuracy: Double
  ) -> (right: Double, wrong: Double, logSum: Double) {
    let knows = answers.contains(each)
    let wrongs = Double(answers.count - (knows ? 1 : 0))
    var terms = speaks ? [0.0] : []
    if knows { terms.append(tendency + accuracy) }
    if wrongs > 0 { terms.append(tendency + log(wrongs)) }
    let most = terms.max() ?? 0
    let logSum = most + log(terms.reduce(0) { $0 + exp($1 - most) })
    return (
      knows ? exp(tendency + accuracy - logSum) : 0, wrongs > 0 ? exp(tendency + log(wrongs) - logSum) : 0,
      logSum
    )
  }

  private func objective(
    _ tendency: Double, _ accuracy: Double, _ right: Double, _ seen: [Double],
    _ parameters: DataProgramming.Parameters
  ) -> Double {
    var sum = votes * tendency + right * accuracy + prior(accuracy, parameters).value
    // Holds a tendency that no count does, where silence is missing.
    sum -= 0.005 * tendency * tendency
    for each in 0..<classes { sum -= seen[each] * shares(of: each, tendency, accuracy).logSum }
    return sum
  }

  /// Right and wrong votes before, of two answers.
  private func prior(
    _ accuracy: Double, _ parameters: DataProgramming.Parameters
  ) -> (value: Double, slope: Double, curve: Double) {
    let all = parameters.rightVotes + parameters.wrongVotes
    let others = Double(classes - 1)
    // The share of the right answer of a rule that gives all answers.
    let share = 1 / (1 + others * exp(-accuracy))
    let logSum = max(accuracy, 0) + log(exp(min(accuracy, 0)) + others * exp(min(-accuracy, 0)))
    return (
      parameters.rightVotes * accuracy - all * logSum, parameters.rightVotes - all * share,
      -all * share * (1 - share)
    )
  }

  private func newton(
    _ right: Double, _ seen: [Double], _ parameters: DataProgramming.Parameters
  ) -> (Double, Double) {
    let before = prior(accuracy, parameters)
    var (slopeT, slopeA) = (votes - 0.01 * tendency, right + before.slope)
    var (curveT, curveA, both) = (-0.01, before.curve, 0.0)
    for each in 0..<classes {
      let share = shares(of: each, tendency, accuracy)
      let speaking = share.right + share.wrong
      slopeT -= seen[each] * speaking
      slopeA -= seen[each] * share.right
      curveT -= seen[each] * speaking * (1 - speaking)
      curveA -= seen[each] * share.right * (1 - share.right)
      both -= seen[each] * share.right * (1 - speaking)
    }
    let determinant = curveT * curveA - both * both
    guard determinant > 1e-12 else { return (slopeT / (abs(curveT) + 1), slopeA / (abs(curveA) + 1)) }
    return (
      -(curveA * slopeT - both * slopeA) / determinant, -(curveT * slopeA - both * slopeT) / determinant
    )
  }

  /// Writes what each answer says of each class beyond silence, and what silence says.
  func write(_ logs: inout [Double], _ base: inout [Double]) {
    guard !answers.isEmpty else { return }
    for each in 0..<classes {
      let logSum = shares(of: each, tendency, accuracy).logSum
      if speaks { base[each] -= logSum }
      for (cell, answer) in zip(cells, answers) {
        logs[cell * classes + each] =
          tendency + (answer == each ? accuracy : 0) - (speaks ? 0 : logSum)
      }
    }
  }
}
