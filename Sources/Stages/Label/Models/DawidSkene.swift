import Foundation

/// Dawid and Skene's model: each voter has a confusion matrix, and items have a class each, which nobody
/// sees.
///
/// Fitted by expectation and maximisation in the log domain (A. P. Dawid and A. M. Skene, Maximum likelihood
/// estimation of observer error-rates using the EM algorithm, Applied Statistics 28, 1979), from the shares
/// of votes on. Gold items keep their class throughout. What a voter's silence means is the voter's
/// (``Silence``): a symbol is one more answer, missing votes say nothing. Items of which nothing is known
/// have the classes' shares, and shape nothing.
public struct DawidSkene: Sendable {
  /// How the fit is made.
  public struct Parameters: Sendable, Hashable {
    /// Votes that each voter is thought to have given beside its own, on each class: a Dirichlet prior.
    public struct Prior: Sendable, Hashable {
      /// Votes on the right answer, 0 or more.
      public var right: Double
      /// Votes on all wrong answers together, 0 or more.
      ///
      /// Shared out among them, so that a matrix of many classes is not flattened by its prior.
      public var wrong: Double

      /// A prior.
      public init(right: Double, wrong: Double) {
        self.right = right
        self.wrong = wrong
      }
    }

    /// The prior of a panel, a table of few voters or items; default 3 right and 1 wrong: one vote on each
    /// cell and two on the diagonal at two classes.
    ///
    /// Few voters explain each other's noise where nothing holds them: of five voters that are right on .6 to
    /// .8 of 200 items with a tenth positive, 1 and 0.25 find .845 and this .893; the majority .856.
    public var panel = Prior(right: 3, wrong: 1)
    /// The prior of a crowd; default 1 right and 0.25 wrong.
    ///
    /// A voter among many is held by them, and has more to tell than the prior of a panel lets it: on the
    /// public sets dog .8426 and .8414, sentiment .960 and .959, face .6455 and .6438, product .9389 and
    /// .9379.
    public var crowd = Prior(right: 1, wrong: 0.25)
    /// Least voters of a crowd; default 20.
    public var crowdVoters = 20
    /// Least items with a vote of a crowd; default 100.
    public var crowdItems = 100
    /// Votes on each class by which a thin voter's matrix is drawn to what its one accuracy says; 0 or more;
    /// default 10, less in proportion to the voter's votes, none from ``thinVotes`` on.
    ///
    /// Only where half of all votes or more are by thin voters: a few thin ones among others learn nothing
    /// from it. On simulated crowds of 300 voters with 10 votes each .811 becomes .838 (4 classes), with 17
    /// votes .911 becomes .926 (10 classes), of 100 voters with 100 votes .930 becomes .940 (30 classes).
    public var accuracyVotes = 10.0
    /// A voter of fewer votes for each class is thin; default 20.
    public var thinVotes = 20.0
    /// Least probability of an answer; default 1e-10, as in crowd-kit.
    public var leastProbability = 1e-10
    /// Most rounds; default 100, as in crowd-kit.
    public var rounds = 100
    /// Ends the fit when a round adds less than this to the objective, in nats a vote; default 1e-5, as in
    /// crowd-kit.
    public var tolerance = 1e-5
    /// Whether the fit ends by crowd-kit's bound, which counts the classes' shares once for each vote;
    /// default no.
    public var endsByCrowdKitBound = false

    /// The defaults: a fit with priors.
    public init() {}

    /// No priors, and the end of crowd-kit 1.4.2: the same labels as its `DawidSkene`.
    public static let plain: Parameters = {
      var parameters = Parameters()
      parameters.panel = Prior(right: 0, wrong: 0)
      parameters.crowd = parameters.panel
      parameters.accuracyVotes = 0
      parameters.endsByCrowdKitBound = true
      return parameters
    }()
  }

  /// Votes of one class only, and no other, from which on a voter may be read as one that knows no other
  /// class.
  ///
  /// Its matrix would say the same of all classes. What its votes tell is where it votes: the share of each
  /// class there against the share of the class. One that always says the same, wherever, tells nothing by
  /// that. Read so only where half of all votes or more are of such voters; among others a worker that met
  /// one class only is what it seems (product .9389, .9321 with all of them read so; rules that know one
  /// class each, with silence missing: .815, .693 without).
  static let oneSidedVotes = 10

  private let parameters: Parameters

  init(_ parameters: Parameters = Parameters()) { self.parameters = parameters }

  func fit(_ columns: VoteColumns) -> VoteFit {
    var fit = DawidSkeneFit(columns, parameters)
    return fit.run()
  }
}

/// The state of a fit.
private struct DawidSkeneFit {
  private let columns: VoteColumns
  private let parameters: DawidSkene.Parameters
  private let classes: Int
  /// Items of which something is known, in order.
  private let known: [Int32]
  private let silentVoters: [Int]
  /// Items × classes.
  private var shares: [Double]
  private var prior: [Double]
  /// Expected votes by cell and class.
  private var counts: [Double]
  /// Logarithms of the probabilities of a cell's answer, given each class; of voters who speak by silence,
  /// less that of silence.
  private var logs: [Double]
  /// By voter who speaks by silence, and class.
  private var silence: [Double]
  /// Sum of the shares of known items.
  private var totals: [Double]
  private var logLikelihood = 0.0
  /// Whether half of all votes or more are by thin voters.
  private let isThin: Bool
  /// Whether half of all votes or more are by voters that know one class only.
  private let isOneSided: Bool
  private let votesBefore: DawidSkene.Parameters.Prior
  /// Whether nothing but the votes counts.
  private let isPlain: Bool

  init(_ columns: VoteColumns, _ parameters: DawidSkene.Parameters) {
    self.columns = columns
    self.parameters = parameters
    classes = columns.classes
    known = (0..<columns.items).filter(columns.isSpokenOf).map { Int32($0) }
    silentVoters = (0..<columns.voters).filter { columns.speaksBySilence[$0] }
    shares = columns.shares()
    prior = [Double](repeating: 1 / Double(columns.classes), count: columns.classes)
    counts = [Double](repeating: 0, count: columns.cellVoters.count * columns.classes)
    logs = counts
    silence = [Double](repeating: 0, count: silentVoters.count * columns.classes)
    totals = prior
    let isCrowd =
      columns.counts.count { $0 > 0 } >= parameters.crowdVoters
      && columns.itemsWithVotes >= parameters.crowdItems
    votesBefore = isCrowd ? parameters.crowd : parameters.panel
    isPlain = votesBefore.right == 0 && votesBefore.wrong == 0 && parameters.accuracyVotes == 0
    let enough = parameters.thinVotes * Double(columns.classes)
    let thin = columns.counts.reduce(0) { Double($1) < enough ? $0 + $1 : $0 }
    isThin = thin * 2 >= columns.cells.count
    let oneSided = (0..<columns.voters).reduce(0) {
      let isOne = !columns.speaksBySilence[$1] && columns.cellStarts[$1 + 1] - columns.cellStarts[$1] == 1
      return isOne && columns.counts[$1] >= DawidSkene.oneSidedVotes ? $0 + columns.counts[$1] : $0
    }
    isOneSided = !isPlain && oneSided > 0 && oneSided * 2 >= columns.cells.count
  }

  mutating func run() -> VoteFit {
    let unknown = known.count < columns.items
    guard !known.isEmpty else {
      return VoteFit(probabilities: shares, prior: prior)
    }
    let votes = Double(max(1, columns.cells.count))
    maximise()
    var last = -Double.infinity
    var (iterations, converged) = (0, false)
    while iterations < parameters.rounds, !converged {
      expect()
      iterations += 1
      var objective = logLikelihood + logPrior()
      maximise()
      if parameters.endsByCrowdKitBound { objective = crowdKitBound() }
      converged = objective / votes - last < parameters.tolerance
      last = objective / votes
    }
    if unknown {
      for item in 0..<columns.items where !columns.isSpokenOf(item) {
        for each in 0..<classes { shares[item * classes + each] = prior[each] }
      }
    }
    return VoteFit(
      probabilities: shares, prior: prior, iterations: iterations, converged: converged,
      logLikelihood: logLikelihood)
  }

  // MARK: Expectation

  /// Shares of classes from probabilities of answers.
  private mutating func expect() {
    let classes = self.classes
    var base = prior.map { log(max($0, parameters.leastProbability)) }
    for place in silentVoters.indices {
      for each in 0..<classes { base[each] += silence[place * classes + each] }
    }
    var likelihood = 0.0
    let (columns, known) = (self.columns, self.known)
    logs.withUnsafeBufferPointer { logs in
      columns.cells.withUnsafeBufferPointer { cells in
        columns.starts.withUnsafeBufferPointer { starts in
          shares.withUnsafeMutableBufferPointer { shares in
            base.withUnsafeBufferPointer { base in
              for number in known {
                let item = Int(number)
                let row = item * classes
                for each in 0..<classes { shares[row + each] = base[each] }
                for place in Int(starts[item])..<Int(starts[item + 1]) {
                  let cell = Int(cells[place]) * classes
                  for each in 0..<classes { shares[row + each] += logs[cell + each] }
                }
                likelihood += normalise(shares, row, classes, gold: Int(columns.gold[item]))
              }
            }
          }
        }
      }
    }
    logLikelihood = likelihood
  }

  // MARK: Maximisation

  /// Probabilities of answers from shares of classes.
  private mutating func maximise() {
    count()
    let added = isPlain ? 0.0 : 1.0
    let sum = totals.reduce(0, +) + added * Double(classes)
    for each in 0..<classes { prior[each] = (totals[each] + added) / sum }
    var place = 0
    for voter in 0..<columns.voters {
      matrix(of: voter, place)
      if columns.speaksBySilence[voter] { place += 1 }
    }
  }

  /// Sums shares by cell and class.
  private mutating func count() {
    let classes = self.classes
    let (columns, known) = (self.columns, self.known)
    for index in counts.indices { counts[index] = 0 }
    for each in 0..<classes { totals[each] = 0 }
    counts.withUnsafeMutableBufferPointer { counts in
      columns.cells.withUnsafeBufferPointer { cells in
        columns.starts.withUnsafeBufferPointer { starts in
          shares.withUnsafeBufferPointer { shares in
            totals.withUnsafeMutableBufferPointer { totals in
              for number in known {
                let item = Int(number)
                let row = item * classes
                for each in 0..<classes { totals[each] += shares[row + each] }
                for place in Int(starts[item])..<Int(starts[item + 1]) {
                  let cell = Int(cells[place]) * classes
                  for each in 0..<classes { counts[cell + each] += shares[row + each] }
                }
              }
            }
          }
        }
      }
    }
  }

  /// Logarithms of a voter's probabilities from its counts and the prior.
  private mutating func matrix(of voter: Int, _ place: Int) {
    let cells = columns.cellStarts[voter]..<columns.cellStarts[voter + 1]
    let speaks = columns.speaksBySilence[voter]
    guard !cells.isEmpty || speaks else { return }
    if isOneSided, !speaks, cells.count == 1, columns.counts[voter] >= DawidSkene.oneSidedVotes {
      return lift(cells.lowerBound)
    }
    let least = parameters.leastProbability
    let others = Double(classes - 1)
    var wrong = votesBefore.wrong / others
    var right = votesBefore.right
    let fill = Double(columns.counts[voter]) / max(parameters.thinVotes * Double(classes), 1)
    let backing = isThin ? parameters.accuracyVotes * max(0, 1 - fill) : 0
    if backing > 0, !speaks {
      let correct = cells.reduce(0) { $0 + counts[$1 * classes + Int(columns.cellAnswers[$1])] }
      // As if it had been right on four of five items before: of few votes all right, none makes a voter
      // perfect.
      let accuracy = (correct + 4) / (Double(columns.counts[voter]) + 5)
      right += backing * accuracy
      wrong += backing * (1 - accuracy) / others
    }
    let silentVotes = speaks ? votesBefore.wrong : 0
    for each in 0..<classes {
      var seen = 0.0
      if isPlain {
        for cell in cells { seen += max(counts[cell * classes + each], least) }
      } else {
        for cell in cells { seen += counts[cell * classes + each] }
      }
      var sum = seen + right + others * wrong
      var logSilence = 0.0
      if speaks {
        let silent = max(0, totals[each] - seen) + silentVotes
        sum += silent
        logSilence = log(max(silent / max(sum, least), least))
        silence[place * classes + each] = logSilence
      }
      for cell in cells {
        let more = Int(columns.cellAnswers[cell]) == each ? right : wrong
        let count = isPlain ? max(counts[cell * classes + each], least) : counts[cell * classes + each]
        logs[cell * classes + each] = log(max((count + more) / max(sum, least), least * least)) - logSilence
      }
    }
  }

  /// What the one answer of a voter tells by where it is given: how much more frequent each class is there.
  private mutating func lift(_ cell: Int) {
    let answer = Int(columns.cellAnswers[cell])
    let (right, wrong) = (votesBefore.right, votesBefore.wrong / Double(classes - 1))
    let all = Double(columns.counts[Int(columns.cellVoters[cell])]) + right + votesBefore.wrong
    for each in 0..<classes {
      let share = (counts[cell * classes + each] + (each == answer ? right : wrong)) / all
      logs[cell * classes + each] = log(max(share, parameters.leastProbability)) - log(prior[each])
    }
  }

  // MARK: The end

  /// The logarithm of the prior's density at the present probabilities, but for constants.
  private func logPrior() -> Double {
    guard !isPlain else { return 0 }
    var sum = prior.reduce(0) { $0 + log($1) }
    for cell in columns.cellVoters.indices where !columns.speaksBySilence[Int(columns.cellVoters[cell])] {
      for each in 0..<classes {
        let more =
          Int(columns.cellAnswers[cell]) == each
          ? votesBefore.right : votesBefore.wrong / Double(classes - 1)
        sum += more * logs[cell * classes + each]
      }
    }
    return sum
  }

  /// What crowd-kit 1.4.2 compares from round to round.
  ///
  /// It is no bound in truth, as the classes' shares count once for each vote; but it decides when to end.
  private func crowdKitBound() -> Double {
    let least = parameters.leastProbability
    let logPrior = prior.map { log(max($0, least)) }
    var bound = 0.0
    for index in counts.indices { bound += counts[index] * (logs[index] + logPrior[index % classes]) }
    for item in known {
      for index in (Int(item) * classes)..<(Int(item) * classes + classes) {
        let share = max(shares[index], least)
        bound -= share * log(share)
      }
    }
    return bound
  }
}
