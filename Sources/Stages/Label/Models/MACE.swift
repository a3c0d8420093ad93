import Foundation
import Statistics

/// MACE, multi-annotator competence estimation: on each item a voter knows the class, or else answers by
/// habit.
///
/// A voter knows with its own probability; otherwise it draws from its own distribution of answers, whatever
/// the class (D. Hovy, T. Berg-Kirkpatrick, A. Vaswani, E. Hovy, Learning whom to trust with MACE, NAACL
/// 2013). Fitted by variational Bayes with the paper's priors, Beta(0.5, 0.5) for knowing and 10 votes on
/// each habit as in crowd-kit 1.4.2; all classes are as frequent. Of several starts the one with the highest
/// likelihood is taken: the first begins with all voters alike, the others by seeded numbers. Silence says
/// nothing. Gold items keep their class.
public struct MACE: Sendable {
  /// How the fit is made.
  public struct Parameters: Sendable, Hashable {
    /// Starts, 1 or more; default 4.
    public var starts = 4
    /// Most rounds of each start; default 50, as in the paper.
    public var rounds = 50
    /// Ends a start when a round adds less than this to the log likelihood, in nats a vote; default 1e-6.
    public var tolerance = 1e-6
    /// Parameter of the Beta prior of knowing; default 0.5, as in the paper.
    public var knowing = 0.5
    /// Parameter of the Dirichlet prior of habits; default 10, as in crowd-kit.
    public var habit = 10.0
    /// Seed of the starts but the first; default 0.
    public var seed: UInt64 = 0

    /// The defaults.
    public init() {}
  }

  private let parameters: Parameters

  init(_ parameters: Parameters = Parameters()) { self.parameters = parameters }

  func fit(_ columns: VoteColumns) -> VoteFit {
    var best: VoteFit?
    for start in 0..<max(1, parameters.starts) {
      var run = MACERun(columns, parameters, start: start)
      let fit = run.fit()
      if best.map({ fit.logLikelihood > $0.logLikelihood }) ?? true { best = fit }
    }
    return best ?? MajorityModel().fit(columns)
  }
}

/// One start.
private struct MACERun {
  private let columns: VoteColumns
  private let parameters: MACE.Parameters
  private let classes: Int
  /// Weight of knowing, by voter.
  private var knows: [Double]
  /// Weight of answering this by habit, by cell.
  private var habits: [Double]
  /// Expected votes by knowledge and by habit, by voter.
  private var known: [Double]
  private var guessed: [Double]
  /// Expected votes by habit, by cell.
  private var habitual: [Double]
  private var shares: [Double]
  private var logLikelihood = 0.0

  init(_ columns: VoteColumns, _ parameters: MACE.Parameters, start: Int) {
    self.columns = columns
    self.parameters = parameters
    classes = columns.classes
    knows = [Double](repeating: 0.5, count: columns.voters)
    habits = [Double](repeating: 0, count: columns.cellVoters.count)
    known = knows
    guessed = knows
    habitual = habits
    shares = columns.shares()
    var state = SplitMix(state: parameters.seed &+ UInt64(start))
    for voter in 0..<columns.voters {
      // As the paper's code starts: shares of numbers from 1 to 1.5.
      if start > 0 {
        let (one, other) = (1 + 0.5 * state.share(), 1 + 0.5 * state.share())
        knows[voter] = one / (one + other)
      }
      let cells = columns.cellStarts[voter]..<columns.cellStarts[voter + 1]
      var sum = Double(classes - cells.count) * 1.25
      for cell in cells {
        habits[cell] = start > 0 ? 1 + 0.5 * state.share() : 1.25
        sum += habits[cell]
      }
      for cell in cells { habits[cell] *= (1 - knows[voter]) / sum }
    }
  }

  mutating func fit() -> VoteFit {
    let votes = Double(max(1, columns.cells.count))
    var last = -Double.infinity
    var (iterations, converged) = (0, columns.cells.isEmpty)
    expect()
    while iterations < parameters.rounds, !converged {
      maximise()
      expect()
      iterations += 1
      converged = abs(logLikelihood - last) / votes < parameters.tolerance
      last = logLikelihood
    }
    var prior = [Double](repeating: 0, count: classes)
    for (index, share) in shares.enumerated() { prior[index % classes] += share / Double(columns.items) }
    if columns.items == 0 { prior = [Double](repeating: 1 / Double(classes), count: classes) }
    return VoteFit(
      probabilities: shares, prior: prior, iterations: iterations, converged: converged,
      logLikelihood: logLikelihood)
  }

  /// Probabilities of classes, and votes by knowledge and by habit.
  private mutating func expect() {
    for voter in known.indices { (known[voter], guessed[voter]) = (0, 0) }
    for cell in habitual.indices { habitual[cell] = 0 }
    let (columns, classes) = (self.columns, self.classes)
    let even = -log(Double(classes))
    // A vote weighs its habit for every class, and its knowledge beside that for the class it names.
    let logHabits = habits.map { log($0) }
    let gains = habits.indices.map { log1p(knows[Int(columns.cellVoters[$0])] / habits[$0]) }
    var likelihood = 0.0
    shares.withUnsafeMutableBufferPointer { shares in
      for item in 0..<columns.items {
        let places = Int(columns.starts[item])..<Int(columns.starts[item + 1])
        let row = item * classes
        for each in 0..<classes { shares[row + each] = even }
        for place in places {
          let cell = Int(columns.cells[place])
          likelihood += logHabits[cell]
          shares[row + Int(columns.cellAnswers[cell])] += gains[cell]
        }
        likelihood += normalise(shares, row, classes, gold: Int(columns.gold[item]))
      }
    }
    logLikelihood = likelihood
    for item in 0..<columns.items {
      for place in Int(columns.starts[item])..<Int(columns.starts[item + 1]) {
        let cell = Int(columns.cells[place])
        let voter = Int(columns.cellVoters[cell])
        let right = shares[item * classes + Int(columns.cellAnswers[cell])]
        let knew = right * knows[voter] / (knows[voter] + habits[cell])
        known[voter] += knew
        guessed[voter] += 1 - knew
        habitual[cell] += 1 - knew
      }
    }
  }

  /// Weights of knowledge and habits, by variational Bayes.
  private mutating func maximise() {
    for voter in 0..<columns.voters where columns.counts[voter] > 0 {
      let all = digamma(Double(columns.counts[voter]) + 2 * parameters.knowing)
      knows[voter] = exp(digamma(known[voter] + parameters.knowing) - all)
      let spams = exp(digamma(guessed[voter] + parameters.knowing) - all)
      let total = digamma(guessed[voter] + parameters.habit * Double(classes))
      for cell in columns.cellStarts[voter]..<columns.cellStarts[voter + 1] {
        habits[cell] = spams * exp(digamma(habitual[cell] + parameters.habit) - total)
      }
    }
  }

  /// The logarithmic derivative of the gamma function, for positive numbers; good to 1e-12.
  private func digamma(_ value: Double) -> Double {
    var (value, shift) = (value, 0.0)
    // The series is exact enough from ten on.
    while value < 10 {
      shift -= 1 / value
      value += 1
    }
    let square = 1 / (value * value)
    let series =
      square * (1.0 / 12 - square * (1.0 / 120 - square * (1.0 / 252 - square * (1.0 / 240 - square / 132))))
    return shift + log(value) - 0.5 / value - series
  }
}
