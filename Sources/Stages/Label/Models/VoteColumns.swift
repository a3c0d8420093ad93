import Statistics

/// The votes of a table as flat numbers, for the loops of the models.
///
/// A vote is a cell: one of the pairs of voter and answer that there are. What voters say by silence is not
/// stored; the models reckon it from totals.
struct VoteColumns {
  let classes: Int
  let items: Int
  let voters: Int
  /// Where the cells of each item begin; one more number than items.
  let starts: [Int32]
  /// The votes by item, then voter.
  let cells: [Int32]
  /// The voter of each cell, ascending.
  let cellVoters: [Int32]
  /// The answer of each cell, ascending for each voter.
  let cellAnswers: [Int32]
  /// Where the cells of each voter begin; one more number than voters.
  let cellStarts: [Int]
  /// Votes of each voter.
  let counts: [Int]
  /// Whether a voter's silence is an answer.
  let speaksBySilence: [Bool]
  /// The certain class by item, -1 where unknown.
  let gold: [Int32]

  /// The votes of a table as they are.
  init(_ table: VoteTable) {
    let classes = Int32(table.classes)
    let pairs = [Int32](unsafeUninitializedCapacity: table.votes.count) { buffer, filled in
      for (place, vote) in table.votes.enumerated() {
        buffer.initializeElement(at: place, to: vote.voter * classes + vote.answer)
      }
      filled = table.votes.count
    }
    self.init(
      table, starts: table.starts, pairs: pairs, speaksBySilence: table.voters.map { $0.silence == .symbol })
  }

  /// Numbers the pairs of voter and answer that there are, given as voter times classes plus answer, by item.
  private init(_ table: VoteTable, starts: [Int32], pairs: [Int32], speaksBySilence: [Bool]) {
    let classes = table.classes
    let voters = speaksBySilence.count
    var numbers = [Int32](repeating: 0, count: voters * classes)
    var counts = [Int](repeating: 0, count: voters)
    for pair in pairs {
      numbers[Int(pair)] = 1
      counts[Int(pair) / classes] += 1
    }
    var cellVoters: [Int32] = []
    var cellAnswers: [Int32] = []
    var cellStarts: [Int] = []
    for voter in 0..<voters {
      cellStarts.append(cellVoters.count)
      for answer in 0..<classes where numbers[voter * classes + answer] == 1 {
        numbers[voter * classes + answer] = Int32(cellVoters.count)
        cellVoters.append(Int32(voter))
        cellAnswers.append(Int32(answer))
      }
    }
    cellStarts.append(cellVoters.count)
    self.classes = classes
    self.items = table.items
    self.voters = voters
    self.starts = starts
    self.cells = pairs.map { numbers[Int($0)] }
    self.cellVoters = cellVoters
    self.cellAnswers = cellAnswers
    self.cellStarts = cellStarts
    self.counts = counts
    self.speaksBySilence = speaksBySilence
    self.gold = table.gold
  }

  /// The votes of a table, those of each cluster of voters as one.
  ///
  /// A cluster says what most of its members that voted say; where that is a tie, what the member with most
  /// votes says, of equal ones the first by name. Its silence is an answer where every member's is.
  init(_ table: VoteTable, clusters: [[Int]]) {
    guard clusters.contains(where: { $0.count > 1 }) else {
      self.init(table)
      return
    }
    let classes = table.classes
    var cluster = [Int](repeating: 0, count: table.voters.count)
    for (index, members) in clusters.enumerated() { for voter in members { cluster[voter] = index } }
    var votesOf = [Int](repeating: 0, count: table.voters.count)
    for vote in table.votes { votesOf[Int(vote.voter)] += 1 }
    // Place 0 is the voter whose word counts first.
    let order = table.voters.indices.sorted {
      (-votesOf[$0], table.voters[$0].name, $0) < (-votesOf[$1], table.voters[$1].name, $1)
    }
    var rank = [Int](repeating: 0, count: order.count)
    for (place, voter) in order.enumerated() { rank[voter] = place }

    var starts: [Int32] = [0]
    var pairs: [Int32] = []
    starts.reserveCapacity(table.items + 1)
    pairs.reserveCapacity(table.votes.count)
    var row: [(cluster: Int, answer: Int32, rank: Int)] = []
    var tally = [Int](repeating: 0, count: classes)
    for item in 0..<table.items {
      row.removeAll(keepingCapacity: true)
      for vote in table.votes(on: item) {
        row.append((cluster[Int(vote.voter)], vote.answer, rank[Int(vote.voter)]))
      }
      row.sort { ($0.cluster, $0.rank) < ($1.cluster, $1.rank) }
      var start = 0
      while start < row.count {
        var end = start
        while end < row.count, row[end].cluster == row[start].cluster {
          tally[Int(row[end].answer)] += 1
          end += 1
        }
        var best = row[start].answer
        for place in start..<end where tally[Int(row[place].answer)] > tally[Int(best)] {
          best = row[place].answer
        }
        for place in start..<end { tally[Int(row[place].answer)] = 0 }
        pairs.append(Int32(row[start].cluster * classes) + best)
        start = end
      }
      starts.append(Int32(pairs.count))
    }
    self.init(
      table, starts: starts, pairs: pairs,
      speaksBySilence: clusters.map { $0.allSatisfy { table.voters[$0].silence == .symbol } })
  }

  /// Whether anything is known of an item: a vote, gold, or what voters say by silence.
  func isSpokenOf(_ item: Int) -> Bool {
    starts[item] < starts[item + 1] || gold[item] >= 0 || speaksBySilence.contains(true)
  }

  /// Answers on an item of which something is said, on average; silence counts where it is an answer.
  var answersPerItem: Double {
    let rules = (0..<voters).filter { speaksBySilence[$0] && counts[$0] > 0 }
    guard !rules.isEmpty else { return Double(cells.count) / Double(max(1, itemsWithVotes)) }
    let others = (0..<voters).reduce(0) { speaksBySilence[$1] ? $0 : $0 + counts[$1] }
    return Double(rules.count) + Double(others) / Double(max(1, items))
  }

  /// Items with a vote.
  var itemsWithVotes: Int {
    (0..<items).reduce(0) { $0 + (starts[$1] < starts[$1 + 1] ? 1 : 0) }
  }

  /// The share of each class among the votes on each item; 1/classes on items without a vote, gold where
  /// known.
  func shares() -> [Double] {
    [Double](unsafeUninitializedCapacity: items * classes) { buffer, filled in
      buffer.initialize(repeating: 0)
      for item in 0..<items {
        let row = item * classes
        let range = Int(starts[item])..<Int(starts[item + 1])
        if gold[item] >= 0 {
          buffer[row + Int(gold[item])] = 1
        } else if range.isEmpty {
          for index in row..<(row + classes) { buffer[index] = 1 / Double(classes) }
        } else {
          for place in range { buffer[row + Int(cellAnswers[Int(cells[place])])] += 1 }
          for index in row..<(row + classes) { buffer[index] /= Double(range.count) }
        }
      }
      filled = items * classes
    }
  }
}
