import Foundation

/// One accuracy for each voter, whatever the class; its errors fall on all other classes alike.
///
/// Dawid and Skene's model with one number a voter, for voters too thin for a matrix. Silence says nothing,
/// whatever the voter's ``Silence``: one number cannot tell why. Gold items keep their class.
public struct OneCoin: Sendable {
  /// How the fit is made.
  public struct Parameters: Sendable, Hashable {
    /// Right votes that each voter is thought to have given beside its own, 0 or more; default 4.
    ///
    /// With ``wrongVotes`` as if it had been right on four of five items before, so that few votes that are
    /// all right make no perfect voter.
    public var rightVotes = 4.0
    /// Wrong votes that each voter is thought to have given, 0 or more; default 1.
    public var wrongVotes = 1.0
    /// Most rounds; default 100.
    public var rounds = 100
    /// Ends the fit when a round adds less than this to the objective, in nats a vote; default 1e-5.
    public var tolerance = 1e-5

    /// The defaults.
    public init() {}
  }

  private let parameters: Parameters

  init(_ parameters: Parameters = Parameters()) { self.parameters = parameters }

  func fit(_ columns: VoteColumns) -> VoteFit {
    let classes = columns.classes
    let others = Double(classes - 1)
    var fit = VoteFit(
      probabilities: columns.shares(), prior: [Double](repeating: 1 / Double(classes), count: classes))
    let known = (0..<columns.items).filter {
      columns.starts[$0] < columns.starts[$0 + 1] || columns.gold[$0] >= 0
    }
    guard !known.isEmpty else { return fit }
    var right = [Double](repeating: 0, count: columns.voters)
    var weights = right
    var base = [Double](repeating: 0, count: classes)
    var last = -Double.infinity
    fit.converged = false
    while fit.iterations < parameters.rounds, !fit.converged {
      // Accuracies and the classes' shares from probabilities.
      for voter in right.indices { right[voter] = 0 }
      var totals = [Double](repeating: 1, count: classes)
      for item in known {
        let row = item * classes
        for each in 0..<classes { totals[each] += fit.probabilities[row + each] }
        for place in Int(columns.starts[item])..<Int(columns.starts[item + 1]) {
          let cell = Int(columns.cells[place])
          right[Int(columns.cellVoters[cell])] += fit.probabilities[row + Int(columns.cellAnswers[cell])]
        }
      }
      let sum = totals.reduce(0, +)
      for each in 0..<classes { fit.prior[each] = totals[each] / sum }
      var objective = fit.prior.reduce(0) { $0 + log($1) }
      var likelihood = 0.0
      for voter in right.indices where columns.counts[voter] > 0 {
        let all = Double(columns.counts[voter]) + parameters.rightVotes + parameters.wrongVotes
        let accuracy = min(max((right[voter] + parameters.rightVotes) / all, 1e-10), 1 - 1e-10)
        // A right answer counts this much more than each wrong one; the rest is the same for all classes.
        weights[voter] = log(accuracy) - log((1 - accuracy) / others)
        likelihood += Double(columns.counts[voter]) * log((1 - accuracy) / others)
        objective += parameters.rightVotes * log(accuracy) + parameters.wrongVotes * log(1 - accuracy)
      }
      // Probabilities from accuracies.
      for each in 0..<classes { base[each] = log(fit.prior[each]) }
      fit.probabilities.withUnsafeMutableBufferPointer { shares in
        for item in known {
          let row = item * classes
          for each in 0..<classes { shares[row + each] = base[each] }
          for place in Int(columns.starts[item])..<Int(columns.starts[item + 1]) {
            let cell = Int(columns.cells[place])
            shares[row + Int(columns.cellAnswers[cell])] += weights[Int(columns.cellVoters[cell])]
          }
          likelihood += normalise(shares, row, classes, gold: Int(columns.gold[item]))
        }
      }
      fit.iterations += 1
      fit.logLikelihood = likelihood
      objective = (objective + likelihood) / Double(max(1, columns.cells.count))
      fit.converged = objective - last < parameters.tolerance
      last = objective
    }
    for item in 0..<columns.items
    where columns.starts[item] == columns.starts[item + 1] && columns.gold[item] < 0 {
      for each in 0..<classes { fit.probabilities[item * classes + each] = fit.prior[each] }
    }
    return fit
  }
}

/// Makes probabilities of logarithms in a row, or certainty of gold.
/// - Returns: the logarithm of their sum before; of gold that of its class.
func normalise(_ shares: UnsafeMutableBufferPointer<Double>, _ row: Int, _ classes: Int, gold: Int) -> Double
{
  if gold >= 0 {
    let likelihood = shares[row + gold]
    for each in 0..<classes { shares[row + each] = each == gold ? 1 : 0 }
    return likelihood
  }
  var most = shares[row]
  for each in 1..<classes { most = max(most, shares[row + each]) }
  var sum = 0.0
  for each in 0..<classes {
    let share = exp(shares[row + each] - most)
    shares[row + each] = share
    sum += share
  }
  for each in 0..<classes { shares[row + each] /= sum }
  return most + log(sum)
}
