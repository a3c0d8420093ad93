import Catalog
import Records

/// Gathers the votes of every source on one content.
///
/// A voter has one vote on a content: the newest opinion of a user and a kind of signal counts, whichever of the equal
/// outputs it is on, so that nobody weighs more by saying a thing twice; an event of no known user votes for itself.
///
/// | voter | whose | weight |
/// | --- | --- | --- |
/// | `thumb:u-…`, `rating:`, `comment:`, `correction:`, `copy:`, `click:`, `accept:`, `edit:`, `regenerate:` | a user's feedback: ``FeedbackVotes`` | 1 or implicit, times the event's count |
/// | `follow_up:u-…`, `regenerate:u-…` | what the next turn says: ``ConversationReader`` | implicit |
/// | `rule:NAME` | a labeling function: ``LabelingFunction`` | its own |
/// | `check:RULE` | what curation found in the output: ``CheckVotes`` | its own |
/// | `judge:NAME@VERSION`, `student:NAME@VERSION` | a model that passed its gate | 2p - 1 for its probability p, 1 where it gives none |
/// | `human:NAME` | a labeler: the word for the golden set, else the newest answer in a queue | 1; of a golden item the label itself is the newest word |
///
/// A voter of weight 0 has no vote.
public struct VoteGatherer: Sendable {
  /// Raised when the same evidence would give other votes, so that all are gathered anew.
  public static let version = 2

  /// Weight of an implicit signal; 0 to 1.
  public let implicitWeight: Double

  /// A gatherer with a weight for implicit signals.
  public init(implicitWeight: Double) { self.implicitWeight = implicitWeight }

  private struct Cast {
    let vote: VoteRow
    let time: Timestamp
    let id: String
  }

  /// The votes on a content, by voter.
  public func votes(_ input: LabelInput) -> [VoteRow] {
    var cast: [Cast] = []
    for event in input.events {
      for opinion in FeedbackVotes.opinions(event, implicitWeight: implicitWeight) {
        cast.append(
          Cast(
            vote: VoteRow(
              interaction: event.interaction, voter: "\(opinion.kind):\(event.user ?? event.id)",
              class: opinion.side, weight: opinion.weight * Double(event.count), feedback: event.number,
              reason: opinion.reason),
            time: event.time, id: event.id))
      }
    }
    for turn in input.turns {
      let kind: Signal = turn.reason == .repeats || turn.reason == .complains ? .followUp : .regenerate
      cast.append(
        Cast(
          vote: VoteRow(
            interaction: turn.interaction, voter: "\(kind.rawValue):\(turn.user ?? turn.event)",
            class: turn.reason == .kept ? .good : .bad, weight: implicitWeight, reason: turn.reason.rawValue),
          time: turn.time, id: turn.event))
    }
    cast.sort { ($0.time, $0.id, $0.vote.reason ?? "") < ($1.time, $1.id, $1.vote.reason ?? "") }
    var votes: [String: VoteRow] = [:]
    for item in cast { votes[item.vote.voter] = item.vote }
    for vote in instruments(input) { votes[vote.voter] = vote }
    return votes.values.filter { $0.weight > 0 }.sorted { $0.voter < $1.voter }
  }

  /// The votes of those who vote on the content as such.
  private func instruments(_ input: LabelInput) -> [VoteRow] {
    var votes = input.functions.map {
      VoteRow(interaction: $0.interaction, voter: $0.voter, class: $0.class, weight: $0.weight)
    }
    for vote in input.models {
      guard let side = vote.class else { continue }
      votes.append(
        VoteRow(
          interaction: input.interaction, voter: ModelVoter.voter(vote.voter, version: vote.version),
          class: side,
          weight: vote.probability.map { min(1, max(0, 2 * $0 - 1)) } ?? 1))
    }
    for word in input.humans {
      votes.append(
        VoteRow(interaction: input.interaction, voter: "human:\(word.labeler)", class: word.class, weight: 1))
    }
    return votes
  }
}
