import Label
import Statistics

/// Thirty items, five voters and three classes, from arithmetic, so that other programs can make the same.
///
/// The true class of item i is i mod 3. Voter v is silent where (i + 2v) mod 5 = 0, and wrong where
/// (5i + 7v + (i·v mod 11)) mod 4 = 0.
enum Sample {
  static let votes: [VoteTable.Vote] = (0..<30).flatMap { item in
    (0..<5).compactMap { voter in
      guard (item + 2 * voter) % 5 != 0 else { return nil }
      let isWrong = (item * 5 + voter * 7 + (item * voter) % 11) % 4 == 0
      let answer = isWrong ? (item % 3 + 1 + voter % 2) % 3 : item % 3
      return VoteTable.Vote(item: Int32(item), voter: Int32(voter), answer: Int32(answer))
    }
  }

  static func table(gold: [Int32]? = nil) -> VoteTable {
    VoteTable(classes: 3, items: 30, voters: voters(5), votes: votes, gold: gold)
  }

  /// The same without silence: a silent voter says (i mod 3), voter 3 one more.
  static let complete: VoteTable = {
    var all = votes
    for item in 0..<30 {
      for voter in 0..<5 where (item + 2 * voter) % 5 == 0 {
        all.append(
          VoteTable.Vote(
            item: Int32(item), voter: Int32(voter), answer: Int32((item + (voter == 3 ? 1 : 0)) % 3)))
      }
    }
    return VoteTable(classes: 3, items: 30, voters: voters(5), votes: all)
  }()

  /// Sixty items with labels, of which some are wrong, and a classifier's probabilities.
  static let labels: [Int32] = (0..<60).map { (item: Int) -> Int32 in
    let shift = item % 7 == 0 ? 1 : 0
    return Int32((item + shift) % 3)
  }
  static let classifier: [Double] = (0..<60).flatMap { (item: Int) -> [Double] in
    let right: Double = 0.3 + 0.01 * Double(item * 37 % 60)
    let share: Double = Double(item * 13 % 10 + 1) / 12
    let next: Double = (1 - right) * share
    var row: [Double] = [0, 0, 0]
    row[item % 3] = right
    row[(item + 1) % 3] = next
    row[(item + 2) % 3] = 1 - right - next
    return row
  }

  static func voters(_ count: Int, silence: Silence = .missing) -> [Voter] {
    (0..<count).map { Voter(name: "v\($0)", silence: silence) }
  }
}

/// Whether a voter slips on an item: a pattern without meaning, on one of `every` items.
func slips(_ item: Int, _ voter: Int, every: Int) -> Bool { (item * 7 + voter * 13) % every == 0 }

/// A table from rows of answers, nil for silence: one row for each item.
func rows(_ rows: [[Int?]], classes: Int = 2, silence: Silence = .missing, gold: [Int32]? = nil) -> VoteTable
{
  var votes: [VoteTable.Vote] = []
  for (item, row) in rows.enumerated() {
    for (voter, answer) in row.enumerated() {
      if let answer {
        votes.append(VoteTable.Vote(item: Int32(item), voter: Int32(voter), answer: Int32(answer)))
      }
    }
  }
  return VoteTable(
    classes: classes, items: rows.count,
    voters: Sample.voters(rows.map(\.count).max() ?? 0, silence: silence), votes: votes, gold: gold)
}

/// Whether two numbers are within a distance.
func near(_ one: Double?, _ other: Double, within distance: Double = 1e-9) -> Bool {
  one.map { abs($0 - other) <= distance } ?? false
}

extension LabelEstimator {
  /// An estimator that uses one model, and no clusters unless asked for.
  static func forced(
    _ model: VoteModel, clustered: Bool = false, _ parameters: DawidSkene.Parameters = .init()
  ) -> LabelEstimator {
    var estimator = LabelEstimator()
    estimator.model = model
    estimator.dawidSkene = parameters
    if !clustered { estimator.clustering = nil }
    return estimator
  }
}
