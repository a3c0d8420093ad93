import Bytes
import Catalog
import Lake
import Records
import Text

/// Reads from the turns of a conversation what its user made of the answers, where the user said nothing outright.
///
/// | reason | when | votes |
/// | --- | --- | --- |
/// | `repeats` | the next message to the model is nearly the last one again | bad |
/// | `complains` | the next message says that the answer is wrong or no help | bad |
/// | `replaced` | another answer was asked for, and the conversation went on from a different one or from none | bad |
/// | `kept` | of several answers to one question the only one that the conversation went on from, or that was copied or accepted | good |
///
/// Which answer a message follows is told by its own input: the answer that stands before it. Where a log holds no earlier
/// messages in an input it is the latest answer of the conversation to another input before it. A message that is not
/// the last of its input (tools answered since) says nothing. Repeats are told by the Jaccard similarity of runs of one
/// and two words, at least ``similarity``, in messages of ``words``: shorter ones (`yes`) are alike by chance, and longer
/// ones are templates, of which an application sends a hundred that differ in a name. Several answers to one input are
/// answers anew only where the log says so: one names another as its parent, or another output was asked for by
/// feedback; else they may be samples that nobody chose among.
struct ConversationReader {
  /// Raised when the same conversations would be read otherwise, so that all are read anew.
  static let version = 1
  /// Least Jaccard similarity of a message that repeats another: a question that differs by one word of ten in
  /// its middle has 0.65, one with a word more at its end 0.9.
  ///
  /// Chosen so that the next of a row of like questions (`the capital of Spain` after `the capital of France`, 0.69) is not one.
  static let similarity = 0.8
  /// Words of messages that are compared.
  static let words = 3...100

  /// What the record of an interaction shows beside its row.
  struct Facts: Sendable {
    /// Runs of words of the last user message; nil if it is too short or too long, or not the last message.
    var question: ShingleSet?
    /// Whether that message complains.
    var complains = false
    /// Hash of the answer that stands before it; nil if none does.
    var previous: ContentHash?
    /// Hash of its own answer; nil if it has no text.
    var output: ContentHash?
  }

  private let grams = WordGrams()

  /// The facts of a record.
  func facts(_ record: JSONValue) -> Facts {
    var facts = Facts()
    if let output = record["output"]?["content"]?.utf8, !output.isEmpty { facts.output = .of(output) }
    var question: UnsafeRawBufferPointer?
    var answer: UnsafeRawBufferPointer?
    record["input"]?.forEachElement { message in
      let text = message["content"]?.utf8
      switch message["role"]?.string {
      case "user": question = text
      case "assistant":
        answer = text
        question = nil
      case "tool": question = nil
      default: break
      }
    }
    if let answer, !answer.isEmpty { facts.previous = .of(answer) }
    guard let question else { return facts }
    grams.scan(question)
    facts.complains = ComplaintPhrases.complains(grams)
    if Self.words.contains(grams.wordCount) { facts.question = shingles() }
    return facts
  }

  private func shingles() -> ShingleSet {
    var hashes: [UInt32] = []
    for size in 1...2 {
      grams.forEachGram(size) { hash, _ in hashes.append(UInt32(truncatingIfNeeded: hash)) }
    }
    let all = Set(hashes).sorted()
    return ShingleSet(smallest: Array(all.prefix(ShingleSet.limit)), count: all.count)
  }

  /// What a conversation says about its answers.
  /// - Parameters:
  ///   - turns: its interactions by time, then id.
  ///   - facts: what each record shows.
  /// - Returns: signals, one at most for each interaction and reason.
  static func signals(_ turns: [ConversationTurn], _ facts: [Facts]) -> [TurnSignal] {
    let followed = turns.indices.map { answerBefore($0, turns, facts) }
    var signals: [TurnSignal] = []
    var seen: Set<[Int]> = []
    func add(_ index: Int, _ reason: TurnSignal.Reason, by event: Int) {
      guard seen.insert([index, reason.order]).inserted else { return }
      signals.append(
        TurnSignal(
          interaction: turns[index].number, reason: reason, event: turns[event].id, user: turns[event].user,
          time: turns[event].time))
    }
    for index in turns.indices {
      guard let answer = followed[index] else { continue }
      if facts[index].complains { add(answer, .complains, by: index) }
      if let question = facts[index].question, let before = facts[answer].question,
        ShingleSet.jaccard(question, before) >= similarity
      {
        add(answer, .repeats, by: index)
      }
    }
    for group in siblings(turns) {
      let kept = group.filter { sibling in
        turns[sibling].wasTaken || followed.contains { $0 == sibling }
      }
      for (place, sibling) in group.enumerated() {
        let others = group.filter { $0 != sibling }
        if kept == [sibling] {
          add(sibling, .kept, by: others.last ?? sibling)
        } else if !kept.contains(sibling), place + 1 < group.count || !kept.isEmpty {
          // The one that came in its place; of the last of them the one that was kept instead.
          add(sibling, .replaced, by: place + 1 < group.count ? group[place + 1] : kept[0])
        }
      }
    }
    return signals
  }

  /// The interaction whose answer the last message of another follows.
  private static func answerBefore(_ index: Int, _ turns: [ConversationTurn], _ facts: [Facts]) -> Int? {
    if let previous = facts[index].previous { return owner(of: previous, before: index, turns, facts) }
    guard facts[index].question != nil || facts[index].complains else { return nil }
    return turns[..<index].indices.last { turns[$0].input != turns[index].input }
  }

  private static func owner(
    of answer: ContentHash, before index: Int, _ turns: [ConversationTurn], _ facts: [Facts]
  ) -> Int? {
    turns[..<index].indices.last { facts[$0].output == answer && turns[$0].turns < turns[index].turns }
  }

  /// Interactions that answer one input anew, each group by time; groups of two or more.
  private static func siblings(_ turns: [ConversationTurn]) -> [[Int]] {
    var byInput: [ContentHash: [Int]] = [:]
    for index in turns.indices { byInput[turns[index].input, default: []].append(index) }
    return byInput.values.filter { group in
      let ids = Set(group.map { turns[$0].id })
      return group.count > 1
        && group.contains { turns[$0].wasRegenerated || turns[$0].parent.map(ids.contains) ?? false }
    }.sorted { $0[0] < $1[0] }
  }
}

extension TurnSignal.Reason {
  var order: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}
