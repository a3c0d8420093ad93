import Foundation
import Statistics

/// How far stated probabilities are from what came true.
public struct Calibration: Sendable, Hashable {
  /// Probabilities of about the same height.
  public struct Bin: Sendable, Hashable {
    /// Items in it.
    public let items: Int
    /// The mean of the stated probabilities.
    public let stated: Double
    /// The share that came true.
    public let observed: Double
  }

  /// Items measured.
  public let items: Int
  /// Expected calibration error: the mean over items of |stated − observed| of their bin, of the most
  /// probable class.
  ///
  /// 0 is best. After M. P. Naeini, G. F. Cooper, M. Hauskrecht, AAAI 2015.
  public let expectedError: Double
  /// Brier score, the mean of the summed squared differences to the truth; 0 is best, 2 worst.
  public let brier: Double
  /// Mean negative natural logarithm of the true class's probability, which is read as 1e-15 or more; 0 is
  /// best.
  public let logLoss: Double
  /// Share of items whose most probable class is the true one; of equal ones the first.
  public let accuracy: Double
  /// Bins that have items, from low to high.
  public let bins: [Bin]

  /// Measures probabilities; nil where no truth is known.
  /// - Parameters:
  ///   - probabilities: items × classes, row by item.
  ///   - classes: number of classes, 2 or more.
  ///   - truth: the true class by item; negative where unknown, which is left out.
  ///   - bins: bins of equal width from 0 to 1; default 10, legal 1 or more.
  public init?(probabilities: [Double], classes: Int, truth: [Int32], bins: Int = 10) {
    precondition(classes >= 2 && bins >= 1, "two classes or more, one bin or more")
    precondition(probabilities.count == truth.count * classes, "there is one row for each item")
    var sums = [(items: Int, stated: Double, right: Double)](repeating: (0, 0, 0), count: bins)
    var (items, brier, logLoss, right) = (0, 0.0, 0.0, 0)
    for item in truth.indices where truth[item] >= 0 {
      let row = item * classes
      let actual = Int(truth[item])
      var best = 0
      for each in 0..<classes {
        let share = probabilities[row + each]
        if share > probabilities[row + best] { best = each }
        brier += (share - (each == actual ? 1 : 0)) * (share - (each == actual ? 1 : 0))
      }
      logLoss -= log(max(probabilities[row + actual], 1e-15))
      let stated = probabilities[row + best]
      let bin = min(bins - 1, max(0, Int(stated * Double(bins))))
      sums[bin].items += 1
      sums[bin].stated += stated
      if best == actual {
        sums[bin].right += 1
        right += 1
      }
      items += 1
    }
    guard items > 0 else { return nil }
    self.items = items
    self.brier = brier / Double(items)
    self.logLoss = logLoss / Double(items)
    accuracy = Double(right) / Double(items)
    expectedError = sums.reduce(0) { $0 + abs($1.stated - $1.right) } / Double(items)
    self.bins = sums.filter { $0.items > 0 }.map {
      Bin(items: $0.items, stated: $0.stated / Double($0.items), observed: $0.right / Double($0.items))
    }
  }
}

/// Folds for cross-validation by the id of an item, so that an item stays in its fold whatever else there is.
public struct Folds: Sendable, Hashable {
  /// Number of folds, 2 or more.
  public let count: Int
  /// Makes other folds of the same items.
  public let seed: UInt64

  /// Folds.
  /// - Parameters:
  ///   - count: number of folds; default 5, legal 2 or more.
  ///   - seed: makes other folds of the same items; default 0.
  public init(count: Int = 5, seed: UInt64 = 0) {
    precondition(count >= 2, "there are two folds or more")
    self.count = count
    self.seed = seed
  }

  /// The fold of an item, 0 up to ``count``.
  ///
  /// FNV-1a over the bytes of the id, its bits mixed by SplitMix64's last step, as FNV alone leaves the high
  /// bits of short ids alike.
  public func fold(of id: String) -> Int {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325 ^ (seed &* 0x9E37_79B9_7F4A_7C15)
    for byte in id.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
    var numbers = SplitMix(state: hash)
    return Int(numbers.next().multipliedFullWidth(by: UInt64(count)).high)
  }
}
