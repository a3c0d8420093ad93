import Bytes
import Records
import Testing

@testable import Catalog
@testable import Label

/// An event as the table below writes it.
private struct Event: Sendable {
  var signal: Signal
  var value: Double?
  var user: String?
  var count = 1
  var interaction: Int64 = 1

  init(
    _ signal: Signal, _ value: Double? = nil, user: String? = nil, count: Int = 1, on interaction: Int64 = 1
  ) {
    self.signal = signal
    self.value = value
    self.user = user
    self.count = count
    self.interaction = interaction
  }
}

@Suite("Gathered votes") struct VoteGathererTests {
  private struct Case: Sendable, CustomTestStringConvertible {
    let id: String
    let events: [Event]
    var implicitWeight = 0.5
    /// `good 0.75 2-0`: class, probability, weights; then the votes.
    let label: String
    var votes: [String]?
    var testDescription: String { id }
  }

  private static let signals: [Case] = [
    Case(
      id: "thumb up", events: [Event(.thumb, 1)], label: "good 0.667 1.0-0.0", votes: ["thumb:fb/0 good 1.0"]),
    Case(
      id: "thumb down", events: [Event(.thumb, -1)], label: "bad 0.667 0.0-1.0", votes: ["thumb:fb/0 bad 1.0"]
    ),
    Case(id: "thumb of no value", events: [Event(.thumb)], label: "none", votes: []),
    Case(id: "rating above", events: [Event(.rating, 0.25)], label: "good 0.667 1.0-0.0"),
    Case(id: "rating below", events: [Event(.rating, -0.25)], label: "bad 0.667 0.0-1.0"),
    Case(id: "rating in the middle", events: [Event(.rating, 0)], label: "none", votes: []),
    Case(
      id: "correction", events: [Event(.correction)], label: "bad 0.667 0.0-1.0",
      votes: ["correction:fb/0 bad 1.0"]),
    Case(id: "copy", events: [Event(.copy)], label: "good 0.6 0.5-0.0", votes: ["copy:fb/0 good 0.5"]),
    Case(id: "click", events: [Event(.click)], label: "good 0.6 0.5-0.0"),
    Case(id: "accept", events: [Event(.accept)], label: "good 0.6 0.5-0.0"),
    Case(id: "regenerate", events: [Event(.regenerate)], label: "bad 0.6 0.0-0.5"),
    Case(id: "edit", events: [Event(.edit)], label: "bad 0.6 0.0-0.5"),
    Case(id: "comment", events: [Event(.comment, 1)], label: "none", votes: []),
    Case(id: "rank", events: [Event(.rank, 0)], label: "none", votes: []),
    Case(id: "abandon", events: [Event(.abandon)], label: "none", votes: []),
    Case(id: "follow-up", events: [Event(.followUp)], label: "none", votes: []),
    Case(id: "nothing", events: [], label: "none", votes: []),
  ]

  private static let sums: [Case] = [
    Case(
      id: "two to one", events: [Event(.thumb, 1), Event(.thumb, 1), Event(.thumb, -1)],
      label: "good 0.6 2.0-1.0"),
    Case(id: "a tie", events: [Event(.thumb, 1), Event(.thumb, -1)], label: "tie 0.5 1.0-1.0"),
    Case(
      id: "a tie of two implicit with one explicit",
      events: [Event(.copy), Event(.accept), Event(.thumb, -1)],
      label: "tie 0.5 1.0-1.0"),
    Case(
      id: "explicit outweighs implicit", events: [Event(.copy, user: "u"), Event(.thumb, -1, user: "u")],
      label: "bad 0.571 0.5-1.0"),
    Case(
      id: "a count is so many votes", events: [Event(.thumb, 1, count: 3), Event(.thumb, -1, count: 2)],
      label: "good 0.571 3.0-2.0", votes: ["thumb:fb/0 good 3.0", "thumb:fb/1 bad 2.0"]),
    Case(
      id: "an implicit count", events: [Event(.copy, count: 3), Event(.thumb, -1)],
      label: "good 0.556 1.5-1.0"),
    Case(
      id: "abstention is no vote against", events: [Event(.thumb, 1), Event(.abandon), Event(.comment)],
      label: "good 0.667 1.0-0.0", votes: ["thumb:fb/0 good 1.0"]),
    Case(
      id: "implicit weight 0", events: [Event(.copy), Event(.edit), Event(.thumb, -1)], implicitWeight: 0,
      label: "bad 0.667 0.0-1.0", votes: ["thumb:fb/2 bad 1.0"]),
    Case(
      id: "implicit weight 0 and nothing else", events: [Event(.copy)], implicitWeight: 0, label: "none",
      votes: []),
    Case(
      id: "implicit weight 1", events: [Event(.copy), Event(.thumb, -1)], implicitWeight: 1,
      label: "tie 0.5 1.0-1.0"),
  ]

  private static let voters: [Case] = [
    Case(
      id: "one user twice, the newest counts",
      events: [Event(.thumb, 1, user: "u-1"), Event(.thumb, -1, user: "u-1")],
      label: "bad 0.667 0.0-1.0", votes: ["thumb:u-1 bad 1.0"]),
    Case(
      id: "one user with two signals",
      events: [Event(.thumb, 1, user: "u-1"), Event(.accept, user: "u-1"), Event(.copy, user: "u-1")],
      label: "good 0.75 2.0-0.0",
      votes: ["thumb:u-1 good 1.0", "accept:u-1 good 0.5", "copy:u-1 good 0.5"]),
    Case(
      id: "two users", events: [Event(.thumb, 1, user: "u-1"), Event(.thumb, 1, user: "u-2")],
      label: "good 0.75 2.0-0.0"),
    Case(
      id: "events of nobody known are each their own", events: [Event(.thumb, 1), Event(.thumb, 1)],
      label: "good 0.75 2.0-0.0", votes: ["thumb:fb/0 good 1.0", "thumb:fb/1 good 1.0"]),
    Case(
      id: "a later abstention takes nothing back",
      events: [Event(.thumb, 1, user: "u-1"), Event(.thumb, user: "u-1")],
      label: "good 0.667 1.0-0.0"),
    Case(
      id: "one user on twins of one content has one vote",
      events: [
        Event(.thumb, 1, user: "u-1", on: 1), Event(.thumb, 1, user: "u-1", on: 2),
        Event(.thumb, 1, user: "u-1", on: 3),
        Event(.thumb, -1, user: "u-2", on: 2),
      ],
      label: "tie 0.5 1.0-1.0", votes: ["thumb:u-1 good 1.0", "thumb:u-2 bad 1.0"]),
    Case(
      id: "the newest of the twins' votes counts",
      events: [Event(.thumb, 1, user: "u-1", on: 2), Event(.thumb, -1, user: "u-1", on: 1)],
      label: "bad 0.667 0.0-1.0", votes: ["thumb:u-1 bad 1.0"]),
  ]

  @Test(arguments: signals + sums + voters)
  private func label(_ item: Case) {
    let events = item.events.enumerated().map { index, event in
      FeedbackEvent(
        number: Int64(index), id: "fb/\(index)", interaction: event.interaction, user: event.user,
        time: Timestamp(microseconds: Int64(index)), signal: event.signal, value: event.value,
        count: event.count)
    }
    let row = ContentVotes(
      content: .of("x"),
      votes: VoteGatherer(implicitWeight: item.implicitWeight).votes(
        LabelInput(content: .of("x"), events: events)))
    var text = "none"
    if let label = MajorityVote.label(good: row.good, bad: row.bad) {
      text = "\(label.class.rawValue) \((label.probability * 1000).rounded() / 1000) \(row.good)-\(row.bad)"
    } else {
      #expect(row.good == 0 && row.bad == 0)
    }
    #expect(text == item.label)
    if let votes = item.votes {
      #expect(row.votes.map { "\($0.voter) \($0.class.rawValue) \($0.weight)" } == votes.sorted())
    }
  }

  @Test("a vote stands on the interaction and the event that it came from")
  func origin() {
    let events = [(1, 7, 1.0), (2, 8, -1.0)].map { number, interaction, value in
      FeedbackEvent(
        number: Int64(number), id: "fb/\(number)", interaction: Int64(interaction), user: "u",
        time: Timestamp(microseconds: 0),
        signal: .thumb, value: value, count: 1)
    }
    let votes = VoteGatherer(implicitWeight: 0.5).votes(LabelInput(content: .of("x"), events: events))
    #expect(votes == [VoteRow(interaction: 8, voter: "thumb:u", class: .bad, weight: 1, feedback: 2)])
  }
}
