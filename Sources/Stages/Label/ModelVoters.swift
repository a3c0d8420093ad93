import Bytes
import Catalog
import Records
import Statistics

/// Makes the table that a label model is fitted on from the catalog's votes: who is a voter, and what silence says.
///
/// A single user has too few votes to be told apart from chance, and a signal is what many users mean by one gesture. So
/// the voters of explicit signals (`thumb`, `rating`, `comment`, `correction`) are the users with
/// ``LabelParameters/userVotes`` or more votes of the signal, each by name, and all others together; since several of them may
/// vote on one content, they have up to ``places`` places (`thumb`, `thumb#2`, …), which the votes on a content take in an order
/// drawn by its hash, so that two thumbs say more than one and no place is better than another. Behaviour (`copy`, `click`, `accept`, `edit`,
/// `regenerate`, `follow_up`) is one voter for each signal, whose users' majority it casts: nearly all of it says one thing only,
/// and what tells is whether it happened. Functions, checks, judges, students and labelers are voters by name.
///
/// Silence of a function, a check and behaviour is a symbol, if they voted on a share of ``coverage`` or more of the
/// contents; of all others it is missing at random. The silence of a rule that hardly ever votes says next to nothing, and
/// taken for an answer it would make thin data look like many answers on each content.
///
/// That silence can only be read where something else chose which contents are in the table: of contents that are there
/// *because* a rule fired, the silence of that rule says a great deal, and all of it is false. So the model is fitted on
/// contents with a vote of a voter whose silence says nothing, or a golden class, where there are ``anchors`` or more of
/// them; the other contents are labelled by the majority of weights. With fewer, as where there are rules alone, it is fitted
/// on all.
struct ModelVoters {
  /// Places of the users of an explicit signal who have few votes.
  static let places = 5
  /// Contents with a vote that was not chosen by a rule, at which the model is fitted on those alone.
  static let anchors = 200

  /// Least share of contents that a function, a check or behaviour voted on for its silence to be a symbol.
  ///
  /// At one in twenty a vote that never errs moves the odds of silence by 5 %.
  static let coverage = 0.05

  /// The class of a vote for bad and for good in the table.
  static let (bad, good): (Int32, Int32) = (0, 1)

  private static let explicit: Set<String> = ["thumb", "rating", "comment", "correction"]
  private static let behaviour: Set<String> = ["copy", "click", "accept", "edit", "regenerate", "follow_up"]

  /// The table.
  let table: VoteTable
  /// The content of each item, by number in the catalog's columns.
  let contents: [Int]
  /// Contents with a vote, among them those that are no items.
  let withVotes: Int
  /// Votes of each voter of the table, on contents that are no items, too.
  let total: [Int]
  /// Those of them that are for good.
  let totalGood: [Int]

  /// Makes the table.
  /// - Parameters:
  ///   - catalog: the votes.
  ///   - userVotes: votes of a signal from which on a user is a voter by name.
  ///   - chosen: contents that somebody else chose, beside golden ones: they are items whoever voted on them.
  init(_ catalog: CatalogVotes, userVotes: Int, chosen: Set<Int> = []) {
    var counts = [Int](repeating: 0, count: catalog.voters.count)
    for vote in catalog.votes { counts[Int(vote.voter)] += 1 }
    let kinds = catalog.voters.map { $0.prefix { $0 != ":" } }.map(String.init)
    var names: [Voter] = []
    var numbers: [String: Int32] = [:]
    func number(_ name: String, _ silence: Silence) -> Int32 {
      if let known = numbers[name] { return known }
      let number = Int32(names.count)
      numbers[name] = number
      names.append(Voter(name: name, silence: silence))
      return number
    }
    var votes: [(content: Int, vote: VoteTable.Vote)] = []
    let chosen = chosen.union(catalog.golden.keys)
    var anchored = chosen
    var start = 0
    var withVotes = 0
    while start < catalog.votes.count {
      let content = catalog.votes[start].content
      var end = start
      while end < catalog.votes.count, catalog.votes[end].content == content { end += 1 }
      withVotes += 1
      var pools: [String: (good: Double, bad: Double)] = [:]
      func add(_ voter: Int32, _ isGood: Bool) {
        votes.append(
          (
            Int(content),
            VoteTable.Vote(item: 0, voter: voter, answer: isGood ? Self.good : Self.bad)
          ))
      }
      for vote in catalog.votes[start..<end] {
        let voter = Int(vote.voter)
        let kind = kinds[voter]
        let isExplicit = Self.explicit.contains(kind)
        if isExplicit ? counts[voter] < userVotes : Self.behaviour.contains(kind) {
          // A comment's or correction's weight says how sure it is; a count above 1 is so many people.
          let weight = isExplicit ? max(1, Double(vote.weight).rounded()) : Double(vote.weight)
          if vote.isGood {
            pools[kind, default: (0, 0)].good += weight
          } else {
            pools[kind, default: (0, 0)].bad += weight
          }
          if isExplicit { anchored.insert(Int(content)) }
        } else {
          let isRule = kind == "rule" || kind == "check"
          add(number(catalog.voters[voter], isRule ? .symbol : .missing), vote.isGood)
          if !isRule { anchored.insert(Int(content)) }
        }
      }
      for (kind, sums) in pools.sorted(by: { $0.key < $1.key }) {
        if Self.behaviour.contains(kind) {
          if sums.good != sums.bad { add(number(kind, .symbol), sums.good > sums.bad) }
          continue
        }
        let (good, bad) = Self.shares(sums.good, sums.bad)
        let turn = Int(catalog.contents[Int(content)].low % UInt64(good + bad))
        for place in 0..<(good + bad) {
          add(
            number(place == 0 ? kind : "\(kind)#\(place + 1)", .missing), (place + turn) % (good + bad) < good
          )
        }
      }
      start = end
    }
    let isAnchored = anchored.count >= Self.anchors
    let kept = isAnchored ? votes.filter { anchored.contains($0.content) } : votes
    let items = Set(kept.map(\.content)).union(chosen).sorted()
    var places: [Int: Int32] = [:]
    for (place, content) in items.enumerated() { places[content] = Int32(place) }
    var fitted = [Int](repeating: 0, count: names.count)
    for entry in kept { fitted[Int(entry.vote.voter)] += 1 }
    let voters = names.enumerated().map { number, voter in
      Double(fitted[number]) < Self.coverage * Double(items.count) ? Voter(name: voter.name) : voter
    }
    table = VoteTable(
      classes: 2, items: items.count, voters: voters,
      votes: kept.compactMap { entry in
        places[entry.content].map {
          VoteTable.Vote(item: $0, voter: entry.vote.voter, answer: entry.vote.answer)
        }
      },
      gold: items.map { content in
        catalog.golden[content].map { $0 == .good ? Self.good : Self.bad } ?? -1
      })
    contents = items
    self.withVotes = withVotes
    var total = [Int](repeating: 0, count: names.count)
    var totalGood = total
    for entry in votes {
      total[Int(entry.vote.voter)] += 1
      if entry.vote.answer == Self.good { totalGood[Int(entry.vote.voter)] += 1 }
    }
    self.total = total
    self.totalGood = totalGood
  }

  /// How many of the places each side takes: all its votes, or its share where there are more than places.
  static func shares(_ good: Double, _ bad: Double) -> (good: Int, bad: Int) {
    let total = good + bad
    guard total > Double(places) else { return (Int(good), Int(bad)) }
    let share = Int((good / total * Double(places)).rounded())
    return (share, places - share)
  }
}
