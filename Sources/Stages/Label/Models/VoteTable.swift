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
    var order = votes.indices.map { $0 }
    order.sort { (votes[$0].item, votes[$0].voter, $0) < (votes[$1].item, votes[$1].voter, $1) }
    var sorted: [Vote] = []
    sorted.reserveCapacity(votes.count)
    for index in order {
      let vote = votes[index]
      precondition(
        vote.item >= 0 && vote.item < items && vote.voter >= 0 && vote.voter < voters.count
          && vote.answer >= 0
          && vote.answer < classes, "a vote's numbers are in range")
      if let last = sorted.last, last.item == vote.item, last.voter == vote.voter {
        sorted[sorted.count - 1] = vote
      } else {
        sorted.append(vote)
      }
    }
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

  /// The votes on an item.
  public func votes(on item: Int) -> ArraySlice<Vote> {
    votes[Int(starts[item])..<Int(starts[item + 1])]
  }
}
