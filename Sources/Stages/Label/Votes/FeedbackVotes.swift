import Catalog
import Records

/// What one event of feedback votes.
///
/// | signal | votes | weight | abstains |
/// | --- | --- | --- | --- |
/// | `thumb` | good at 1, bad at -1 | 1 | without a value |
/// | `rating` | good above 0, bad below 0 | 1 | at 0: the middle of the scale |
/// | `comment` | what ``CommentSentiment`` reads in it | implicit: it is read and not stated | where that is not plain |
/// | `correction` | bad, by how much was changed: see ``correction(of:implicitWeight:)`` | 1 or implicit | at a touch-up |
/// | `copy`, `click`, `accept` | good | implicit | never |
/// | `edit` | as `correction` where the event holds the new text, else bad | implicit | at a touch-up |
/// | `regenerate` | bad | implicit | never; see ``ConversationReader`` for the answer that was kept |
/// | `follow_up` | nothing by itself | | always; see ``ConversationReader`` for what is read from the next message |
/// | `abandon` | nothing: a solved problem looks the same as a hopeless one | | always |
/// | `rank` | nothing: it says which sibling is better, not whether either is good; it makes preference pairs | | always |
///
/// An event of another signal that holds a correction, such as a thumb with a better answer, votes as both.
enum FeedbackVotes {
  /// An opinion and the voter's kind.
  struct Opinion: Sendable, Hashable {
    let kind: String
    let side: LabelClass
    let weight: Double
    var reason: String?
  }

  /// A correction of at most this share of the words is a touch-up, on which it abstains.
  ///
  /// One word in ten: below it are spelling, style and a name; but the one wrong figure of a long answer, too, so that it is
  /// no praise either.
  static let touchUp = 0.1
  /// A correction of at least this share of the words says that the answer was of no use: half of it is new.
  static let rewrite = 0.5

  /// The opinions of an event, none if it abstains.
  static func opinions(_ event: FeedbackEvent, implicitWeight: Double) -> [Opinion] {
    var opinions: [Opinion] = []
    if let (side, weight) = own(event, implicitWeight) {
      opinions.append(Opinion(kind: event.signal.rawValue, side: side, weight: weight))
    }
    if event.signal == .comment, let side = event.comment {
      opinions.append(Opinion(kind: event.signal.rawValue, side: side, weight: implicitWeight))
    }
    if event.signal == .correction || event.hasCorrection,
      let opinion = correction(of: event, implicitWeight: implicitWeight)
    {
      opinions.append(opinion)
    }
    return opinions
  }

  private static func own(_ event: FeedbackEvent, _ implicitWeight: Double) -> (LabelClass, Double)? {
    switch event.signal {
    case .thumb, .rating:
      guard let value = event.value, value != 0 else { return nil }
      return (value > 0 ? .good : .bad, 1)
    case .copy, .click, .accept: return (.good, implicitWeight)
    case .regenerate: return (.bad, implicitWeight)
    case .edit: return event.hasCorrection ? nil : (.bad, implicitWeight)
    case .comment, .correction, .rank, .abandon, .followUp: return nil
    }
  }

  /// What a correction says about the output that it corrects, by the share of words that it changed.
  ///
  /// | share | votes | weight | reason |
  /// | --- | --- | --- | --- |
  /// | 0 | good: a person looked and changed no word | implicit | `confirmed` |
  /// | up to ``touchUp`` | abstains | | |
  /// | up to ``rewrite`` | bad | implicit | `changed` |
  /// | more | bad | 1 | `rewritten` |
  /// | cannot be told | bad: the output needed one | 1 | |
  ///
  /// An edit before use is behaviour and weighs no more than the implicit weight.
  static func correction(of event: FeedbackEvent, implicitWeight: Double) -> Opinion? {
    let isEdit = event.signal == .edit
    let kind = (isEdit ? Signal.edit : Signal.correction).rawValue
    let full = isEdit ? implicitWeight : 1
    guard let share = event.correction else { return Opinion(kind: kind, side: .bad, weight: full) }
    if share == 0 { return Opinion(kind: kind, side: .good, weight: implicitWeight, reason: "confirmed") }
    if share <= touchUp { return nil }
    if share < rewrite { return Opinion(kind: kind, side: .bad, weight: implicitWeight, reason: "changed") }
    return Opinion(kind: kind, side: .bad, weight: full, reason: "rewritten")
  }
}
