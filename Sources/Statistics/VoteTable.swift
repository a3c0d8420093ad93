/// How a voter's silence on an item is read.
public enum Silence: String, Sendable, CaseIterable, Codable {
  /// It says nothing: the item was not shown, or the user did not react.
  ///
  /// Humans, users and judges.
  case missing
  /// It is an answer of its own, which may tell the classes apart: a rule saw the item and did not fire.
  case symbol
}

/// One source of votes.
public struct Voter: Sendable, Hashable, Codable {
  /// Its name, such as `thumb:u-3f0c`, `rule:short-answer` or `judge:helpful@9f2c`.
  public let name: String
  /// How its silence is read.
  public let silence: Silence

  /// Names a voter.
  /// - Parameters:
  ///   - name: its name, unique in a table.
  ///   - silence: how its silence is read; default missing at random.
  public init(name: String, silence: Silence = .missing) {
    self.name = name
    self.silence = silence
  }
}

/// Votes of voters on items, and what is known for certain.
///
/// A voter has at most one vote on an item; the last one added counts.
public struct VoteTable: Sendable {
  /// One vote.
  public struct Vote: Sendable, Hashable {
    /// The item, 0 up to ``VoteTable/items``.
    public let item: Int32
    /// The voter, 0 up to the number of ``VoteTable/voters``.
    public let voter: Int32
    /// The class, 0 up to ``VoteTable/classes``.
    public let answer: Int32

    /// States a vote.
    public init(item: Int32, voter: Int32, answer: Int32) {
      self.item = item
      self.voter = voter
      self.answer = answer
    }
  }

  /// Number of classes, 2 or more.
  public let classes: Int
  /// Number of items, those without a vote among them.
  public let items: Int
  /// Who voted.
  public let voters: [Voter]
  /// The votes by item, then voter.
  public let votes: [Vote]
  /// Where the votes of each item begin in ``votes``; one more number than items.
  public let starts: [Int32]
  /// The certain class of each item, -1 where it is not known.
  public let gold: [Int32]

  /// Sorts votes; of two by one voter on one item the later in `votes` stays.
  /// - Parameters:
  ///   - classes: number of classes, 2 or more.
  ///   - items: number of items.
  ///   - voters: the voters by number.
  ///   - votes: in any order; every number must be in its range.
  ///   - gold: the certain class by item, -1 where unknown; default unknown for all.
  public init(classes: Int, items: Int, voters: [Voter], votes: [Vote], gold: [Int32]? = nil) {
    precondition(classes >= 2, "a question has two classes or more")
    precondition(gold.map { $0.count == items } ?? true, "gold has one number for each item")
    precondition(votes.count < Int(Int32.max), "votes are numbered by 32 bits")
    for vote in votes {
      precondition(
        vote.item >= 0 && vote.item < items && vote.voter >= 0 && vote.voter < voters.count
          && vote.answer >= 0 && vote.answer < classes, "a vote's numbers are in range")
    }
    // Both sorts keep the order of equals, so that of two votes of one voter on one item the later comes
    // last.
    let byVoter = Self.sorted(votes, by: \.voter, count: voters.count)
    var sorted = Self.sorted(byVoter, by: \.item, count: items)
    var kept = 0
    for vote in sorted {
      if kept > 0, sorted[kept - 1].item == vote.item, sorted[kept - 1].voter == vote.voter { kept -= 1 }
      sorted[kept] = vote
      kept += 1
    }
    sorted.removeLast(sorted.count - kept)
    var starts = [Int32](repeating: 0, count: items + 1)
    for vote in sorted { starts[Int(vote.item) + 1] += 1 }
    for item in 0..<items { starts[item + 1] += starts[item] }
    self.classes = classes
    self.items = items
    self.voters = voters
    self.votes = sorted
    self.starts = starts
    self.gold = gold ?? [Int32](repeating: -1, count: items)
  }

  /// Sorts by counting: the table of a big log is sorted in seconds, which comparisons would take minutes
  /// for.
  private static func sorted(_ votes: [Vote], by key: (Vote) -> Int32, count: Int) -> [Vote] {
    var places = [Int](repeating: 0, count: count + 1)
    for vote in votes { places[Int(key(vote)) + 1] += 1 }
    for index in 0..<count { places[index + 1] += places[index] }
    return [Vote](unsafeUninitializedCapacity: votes.count) { buffer, filled in
      for vote in votes {
        let place = Int(key(vote))
        buffer.initializeElement(at: places[place], to: vote)
        places[place] += 1
      }
      filled = votes.count
    }
  }

  /// The votes on an item.
  public func votes(on item: Int) -> ArraySlice<Vote> {
    votes[Int(starts[item])..<Int(starts[item + 1])]
  }
}
