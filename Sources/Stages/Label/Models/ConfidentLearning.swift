/// Finds labels that are probably wrong, by probabilities of a classifier that has not seen them.
///
/// Confident learning (C. G. Northcutt, L. Jiang, I. L. Chuang, Confident learning: estimating uncertainty in
/// dataset labels, Journal of Artificial Intelligence Research 70, 2021), as cleanlab 2.9 does it by default:
/// an item is confidently of a class when the class's probability is at or above the mean probability that
/// items labelled so have; counts of given and confident class, calibrated to the labels, say how many labels
/// of each class are wrong and what they should be; that many, those with the largest margin of the other
/// class, are errors.
///
/// The probabilities must be out of sample, such as those of cross-validation (``Folds``): a classifier that
/// was trained on a label repeats it.
public struct ConfidentLearning: Sendable {
  /// A label that is probably wrong.
  public struct LabelError: Sendable, Hashable {
    /// The item.
    public let item: Int
    /// The class that it has.
    public let given: Int
    /// The most probable class.
    public let suggested: Int
    /// The probability of the given class; low is worse.
    public let selfConfidence: Double
    /// (probability of the given class − largest of the others + 1) / 2, from 0 to 1; low is worse.
    public let normalizedMargin: Double
  }

  /// What errors are ranked by.
  public enum Rank: String, Sendable, CaseIterable, Codable {
    /// The probability of the given class.
    case selfConfidence = "self_confidence"
    /// The distance to the largest other.
    case normalizedMargin = "normalized_margin"
  }

  /// From which probability on an item is confidently of each class; 2, which none reaches, for a class
  /// without a label.
  public let thresholds: [Double]
  /// Items by given class (row) and confident class, at least 1 on the diagonal.
  public let counts: [Int]
  /// ``counts`` scaled so that each row sums to the labels of its class.
  public let joint: [Int]
  /// Labels that are probably wrong, worst first.
  public let errors: [LabelError]

  /// Finds errors.
  /// - Parameters:
  ///   - labels: the class of each item.
  ///   - probabilities: items × classes, row by item, out of sample.
  ///   - classes: number of classes, 2 or more.
  ///   - rank: what errors are ranked by; default the normalized margin.
  ///   - leastItems: a class keeps this many of its items; default 1, as in cleanlab.
  public init(
    labels: [Int32], probabilities: [Double], classes: Int, rank: Rank = .normalizedMargin,
    leastItems: Int = 1
  ) {
    precondition(classes >= 2, "a question has two classes or more")
    precondition(probabilities.count == labels.count * classes, "there is one row for each label")
    precondition(labels.allSatisfy { $0 >= 0 && $0 < classes }, "labels are in range")
    var members = [[Int]](repeating: [], count: classes)
    for (item, label) in labels.enumerated() { members[Int(label)].append(item) }
    let thresholds = members.enumerated().map { each, items in
      // cleanlab's 2 for a class that no label has, and its floor.
      items.isEmpty
        ? 2 : max(1e-6, items.reduce(0) { $0 + probabilities[$1 * classes + each] } / Double(items.count))
    }
    self.thresholds = thresholds
    var counts = [Int](repeating: 0, count: classes * classes)
    for (item, label) in labels.enumerated() {
      let row = probabilities[(item * classes)..<((item + 1) * classes)]
      let passing = (0..<classes).filter { row[row.startIndex + $0] >= thresholds[$0] - 1e-6 }
      guard let first = passing.first else { continue }
      let confident = passing.count > 1 ? Self.mostProbable(row) : first
      counts[Int(label) * classes + confident] += 1
    }
    for each in 0..<classes { counts[each * classes + each] = max(1, counts[each * classes + each]) }
    self.counts = counts
    let joint = Self.calibrated(counts, members.map(\.count), classes)
    self.joint = joint
    var isError = [Bool](repeating: false, count: labels.count)
    for (given, items) in members.enumerated() where items.count > leastItems {
      let row = Self.keeping(leastItems, Array(joint[(given * classes)..<((given + 1) * classes)]), given)
      for other in 0..<classes where other != given && row[other] > 0 {
        // By margin, of equal ones the first item.
        let ranked = items.map {
          (probabilities[$0 * classes + other] - probabilities[$0 * classes + given], $0)
        }
        .sorted { ($1.0, $0.1) < ($0.0, $1.1) }
        for (_, item) in ranked.prefix(row[other]) { isError[item] = true }
      }
    }
    errors = labels.indices.compactMap { item -> LabelError? in
      guard isError[item] else { return nil }
      let row = probabilities[(item * classes)..<((item + 1) * classes)]
      let given = Int(labels[item])
      let own = row[row.startIndex + given]
      let suggested = Self.mostProbable(row)
      // A label that the classifier gives, too, is no error, however many the counts ask for.
      guard suggested != given, row[row.startIndex + suggested] > own + 1e-6 else { return nil }
      let other = (0..<classes).filter { $0 != given }.map { row[row.startIndex + $0] }.max() ?? 0
      return LabelError(
        item: item, given: given, suggested: suggested, selfConfidence: own,
        normalizedMargin: (own - other + 1) / 2)
    }.sorted {
      switch rank {
      case .selfConfidence: ($0.selfConfidence, $0.item) < ($1.selfConfidence, $1.item)
      case .normalizedMargin: ($0.normalizedMargin, $0.item) < ($1.normalizedMargin, $1.item)
      }
    }
  }

  /// The estimated share of labels that are wrong.
  public var noise: Double {
    let classes = thresholds.count
    let right = (0..<classes).reduce(0) { $0 + joint[$1 * classes + $1] }
    let all = joint.reduce(0, +)
    return all > 0 ? 1 - Double(right) / Double(all) : 0
  }

  /// The first of the most probable classes.
  private static func mostProbable(_ row: ArraySlice<Double>) -> Int {
    var best = row.startIndex
    for index in row.indices where row[index] > row[best] { best = index }
    return best - row.startIndex
  }

  /// Scales each row to the labels of its class, and rounds so that the row keeps its sum.
  private static func calibrated(_ counts: [Int], _ labels: [Int], _ classes: Int) -> [Int] {
    var joint = counts
    for given in 0..<classes {
      let row = (given * classes)..<((given + 1) * classes)
      let sum = Double(counts[row].reduce(0, +))
      let scaled = counts[row].map { sum > 0 ? Double($0) / sum * Double(labels[given]) : 0 }
      joint.replaceSubrange(row, with: rounded(scaled))
    }
    return joint
  }

  /// Whole numbers with the same sum: those with the largest fractions are rounded up, of equal ones the
  /// first.
  private static func rounded(_ row: [Double]) -> [Int] {
    var whole = row.map { Int($0.rounded(.down)) }
    let missing = Int(row.reduce(0, +).rounded()) - whole.reduce(0, +)
    let order = row.indices.sorted {
      (Double(whole[$0]) - row[$0], $0) < (Double(whole[$1]) - row[$1], $1)
    }
    for index in order.prefix(max(0, missing)) { whole[index] += 1 }
    return whole
  }

  /// Leaves a class enough of its items: what the diagonal lacks is taken from its errors alike.
  private static func keeping(_ least: Int, _ row: [Int], _ given: Int) -> [Int] {
    let lack = max(0, least - row[given])
    guard lack > 0 else { return row }
    let others = Double(max(1, row.count { $0 != 0 } - 1))
    var kept = row.map { max(0, Int(Double($0) - Double(lack) / others)) }
    kept[given] = least
    return kept
  }
}
