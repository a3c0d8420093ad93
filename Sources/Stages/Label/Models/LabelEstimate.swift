import Foundation
import Statistics

/// A model that adds up votes.
public enum VoteModel: String, Sendable, CaseIterable, Codable {
  /// Shares of votes.
  case majority
  /// A confusion matrix for each voter.
  case dawidSkene = "dawid_skene"
  /// One accuracy for each voter.
  case oneCoin = "one_coin"
  /// Each voter knows the answer or guesses.
  case mace
  /// Each rule has a tendency to vote and an accuracy.
  case dataProgramming = "data_programming"
}

/// How good one voter is, against what the model holds for right.
public struct VoterQuality: Sendable, Hashable {
  /// Its number in the table.
  public let voter: Int
  /// Its votes in the table.
  public let votes: Int
  /// Expected share of its votes that are right; nil without a vote.
  public let accuracy: Double?
  /// Share of each answer given each class, row by class, with one half vote of each added; silence of
  /// ``Silence/symbol`` voters is the last column, so that such a matrix has one column more.
  ///
  /// Empty where all matrices together would have more than 16 million numbers.
  public let confusion: [Double]
  /// The place of its cluster in ``LabelEstimate/clusters``.
  public let cluster: Int
}

/// What votes add up to.
public struct LabelEstimate: Sendable {
  /// Number of classes.
  public let classes: Int
  /// Number of items.
  public let items: Int
  /// The probability of each class by item: items × classes, row by item; each row sums to 1.
  public let probabilities: [Double]
  /// The share of each class.
  public let prior: [Double]
  /// Every voter of the table by number.
  public let voters: [VoterQuality]
  /// Voters that count as one, by number; every voter is in one cluster.
  public let clusters: [[Int]]
  /// What added them up.
  public let model: VoteModel
  /// Why this model.
  public let reason: VoteModelReason
  /// Rounds of the fit; 0 for a majority.
  public let iterations: Int
  /// Whether the fit ended by itself and not at its limit of rounds.
  public let converged: Bool
  /// Natural log likelihood of the votes under the fit; 0 for a majority.
  public let logLikelihood: Double

  /// Probabilities of an item's classes.
  public func probabilities(of item: Int) -> ArraySlice<Double> {
    probabilities[(item * classes)..<((item + 1) * classes)]
  }

  /// The most probable class of an item; nil where several are, to a billionth.
  public func label(of item: Int) -> Int? {
    let row = probabilities(of: item)
    let most = row.max() ?? 0
    let best = row.indices.filter { row[$0] >= most - 1e-9 }
    return best.count == 1 ? best[0] - item * classes : nil
  }

  /// Uncertainty about an item, in bits: 0 where one class is certain, the logarithm of the classes where all
  /// are equal.
  public func entropy(of item: Int) -> Double {
    probabilities(of: item).reduce(0) { $1 > 0 ? $0 - $1 * log2($1) : $0 }
  }

  /// Share of items whose most probable class is the true one; a tie counts by its chance.
  /// - Parameter truth: the true class by item; negative where unknown, which is left out.
  /// - Returns: nil where no truth is known.
  public func accuracy(truth: [Int32]) -> Double? {
    precondition(truth.count == items, "there is one truth for each item")
    var (right, known) = (0.0, 0)
    for item in 0..<items where truth[item] >= 0 {
      let row = probabilities(of: item)
      let most = row.max() ?? 0
      let best = row.indices.filter { row[$0] >= most - 1e-9 }
      if best.contains(item * classes + Int(truth[item])) { right += 1 / Double(best.count) }
      known += 1
    }
    return known > 0 ? right / Double(known) : nil
  }
}

/// What a fit found, before it is told of the voters one by one.
struct VoteFit {
  var probabilities: [Double]
  var prior: [Double]
  var iterations = 0
  var converged = true
  var logLikelihood = 0.0
}

extension LabelEstimate {
  /// Completes a fit by the quality of each voter of the table.
  init(_ fit: VoteFit, table: VoteTable, clusters: [[Int]], model: VoteModel, reason: VoteModelReason) {
    let classes = table.classes
    var cluster = [Int](repeating: 0, count: table.voters.count)
    for (index, members) in clusters.enumerated() { for voter in members { cluster[voter] = index } }
    let hasMatrices = table.voters.count * classes * classes <= 1 << 24
    var votes = [Int](repeating: 0, count: table.voters.count)
    var right = [Double](repeating: 0, count: table.voters.count)
    // By voter, class and answer.
    var counts = [Double](repeating: 0, count: hasMatrices ? table.voters.count * classes * classes : 0)
    var totals = [Double](repeating: 0, count: classes)
    counts.withUnsafeMutableBufferPointer { counts in
      fit.probabilities.withUnsafeBufferPointer { shares in
        for vote in table.votes {
          let (voter, answer, row) = (Int(vote.voter), Int(vote.answer), Int(vote.item) * classes)
          votes[voter] += 1
          right[voter] += shares[row + answer]
          guard hasMatrices else { continue }
          for each in 0..<classes {
            counts[(voter * classes + each) * classes + answer] += shares[row + each]
          }
        }
        for item in 0..<table.items {
          for each in 0..<classes { totals[each] += shares[item * classes + each] }
        }
      }
    }
    let qualities = table.voters.indices.map { voter in
      let isRule = table.voters[voter].silence == .symbol
      let columns = classes + (isRule ? 1 : 0)
      var confusion: [Double] = []
      confusion.reserveCapacity(classes * columns)
      for each in 0..<(hasMatrices ? classes : 0) {
        let start = (voter * classes + each) * classes
        let row = counts[start..<(start + classes)]
        let seen = row.reduce(0, +)
        let silent = isRule ? max(0, totals[each] - seen) : 0
        let sum = seen + silent + 0.5 * Double(columns)
        confusion += row.map { ($0 + 0.5) / sum }
        if isRule { confusion.append((silent + 0.5) / sum) }
      }
      return VoterQuality(
        voter: voter, votes: votes[voter],
        accuracy: votes[voter] > 0 ? right[voter] / Double(votes[voter]) : nil,
        confusion: confusion, cluster: cluster[voter])
    }
    self.init(
      classes: classes, items: table.items, probabilities: fit.probabilities, prior: fit.prior,
      voters: qualities,
      clusters: clusters, model: model, reason: reason, iterations: fit.iterations, converged: fit.converged,
      logLikelihood: fit.logLikelihood)
  }
}
