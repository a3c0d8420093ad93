import Catalog
import Records

/// The majority of votes on one output, with ties stated.
///
/// Each voter has one vote a signal on one content: the newest event of a user and a signal counts, whichever of the
/// equal outputs it is on, and an event of no known user votes for itself. An explicit signal weighs 1 for each that gave it, an implicit one ``implicitWeight``.
///
/// | signal | votes |
/// | --- | --- |
/// | `thumb` | good at 1, bad at -1 |
/// | `rating` | good above 0, bad below 0, at 0 it abstains |
/// | `correction` | bad: the output needed one |
/// | `copy`, `click`, `accept` | good, implicit |
/// | `regenerate`, `edit` | bad, implicit |
/// | `comment`, `rank`, `abandon`, `follow_up` | abstain |
///
/// The class with more weight wins; equal weights are a tie, which is stated and helps no side. The probability is
/// Laplace's rule of succession, (w + 1) / (w + v + 2) for weight w of the class and v against it, so that one
/// thumb is 0.67 and not a certainty.
public struct MajorityVote: Sendable {
  /// Raised when the same events would give other labels, so that all are computed anew.
  public static let version = 1

  /// Weight of an implicit signal; default 0.5, legal 0 to 1.
  ///
  /// At 0 only explicit signals vote.
  public let implicitWeight: Double

  /// A majority vote with a weight for implicit signals.
  public init(implicitWeight: Double = 0.5) { self.implicitWeight = implicitWeight }

  /// The label of a cluster and the votes behind it.
  public func label(_ input: LabelInput) -> LabelRow {
    var votes: [VoteRow] = []
    var places: [String: Int] = [:]
    // Events come by time, so that a later one of the same voter replaces the earlier.
    for event in input.events {
      guard let (side, weight) = opinion(event) else { continue }
      let voter = "\(event.signal.rawValue):\(event.user ?? event.id)"
      let vote = VoteRow(
        interaction: event.interaction, voter: voter, class: side, weight: weight * Double(event.count),
        feedback: event.number)
      if let place = places[voter] {
        votes[place] = vote
      } else {
        places[voter] = votes.count
        votes.append(vote)
      }
    }
    votes.removeAll { $0.weight == 0 }
    let good = votes.reduce(0) { $0 + ($1.class == .good ? $1.weight : 0) }
    let bad = votes.reduce(0) { $0 + ($1.class == .bad ? $1.weight : 0) }
    guard good + bad > 0 else {
      return LabelRow(content: input.content, label: nil, probability: nil, good: 0, bad: 0, votes: [])
    }
    let label: LabelClass = good == bad ? .tie : good > bad ? .good : .bad
    let probability = label == .tie ? 0.5 : (max(good, bad) + 1) / (good + bad + 2)
    return LabelRow(
      content: input.content, label: label, probability: probability, good: good, bad: bad, votes: votes)
  }

  private func opinion(_ event: FeedbackEvent) -> (LabelClass, Double)? {
    let weight = event.signal.isExplicit ? 1 : implicitWeight
    switch event.signal {
    case .thumb, .rating:
      guard let value = event.value, value != 0 else { return nil }
      return (value > 0 ? .good : .bad, weight)
    case .copy, .click, .accept: return (.good, weight)
    case .correction, .regenerate, .edit: return (.bad, weight)
    case .comment, .rank, .abandon, .followUp: return nil
    }
  }
}
