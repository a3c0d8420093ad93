import Bytes
import Catalog
import Foundation
import Records
import Statistics
import Testing

@testable import Label

@Suite("People's answers in the label step") struct HumanVoteTests {
  /// Puts an interaction of the workshop into a queue and answers it.
  private func answer(
    _ shop: LabelWorkshop, _ id: String, _ said: [(String, LabelClass?)], queue: String = "daily",
    task: ReviewTask = .label, exposed: Set<String> = [], quota: Int = 5
  ) throws {
    try shop.catalog.syncReviewQueue(
      ReviewQueueSetting(name: queue, definition: "{}", guideline: "", quota: quota))
    let content = try #require(try shop.catalog.content(ofInteraction: id))
    try shop.catalog.addReviewItems(
      [NewReviewItem(task: task, content: content, interaction: id, reason: .audit, value: 1)], to: queue,
      run: "run", at: Timestamp(microseconds: 1))
    let item = try #require(try shop.catalog.exchangeItem(queue, number: nil, interaction: id))
    for (number, (name, label)) in said.enumerated() {
      let seat = ReviewSeat(queue: queue, labeler: name)
      let now = Timestamp(microseconds: Int64(10 + number))
      if exposed.contains(name) { try shop.catalog.exposeReview(item, seat, at: now) }
      let lease = try #require(try shop.catalog.openReview(item, seat, at: now))
      let receipt = try shop.catalog.submitReview(
        ReviewSubmission(
          item: item, token: lease.token, answer: "{}", label: label?.rawValue ?? "unclear", class: label),
        seat,
        at: now)
      guard case .stored = receipt else {
        Issue.record("\(receipt)")
        return
      }
    }
  }

  private func shop(_ ids: [String]) throws -> LabelWorkshop {
    let shop = try LabelWorkshop()
    try shop.add(ids.map { (id: $0, content: "content \($0)") }, thumbs: [])
    return shop
  }

  @Test("an answer votes with weight 1, an undo takes the vote back, a redo gives it again")
  func undone() throws {
    let shop = try shop(["a", "b"])
    #expect(try shop.run().computed == 0)
    try answer(shop, "a", [("ann", .bad)])
    #expect(try shop.catalog.queuedLabelCount() == 1, "only what was answered is queued")
    #expect(try shop.run().computed == 1)
    #expect(try shop.votes("a") == ["human:ann bad 1.0"])
    #expect(try shop.label("a") == "bad 0.0-1.0")
    let seat = ReviewSeat(queue: "daily", labeler: "ann")
    _ = try shop.catalog.undoReview(seat, at: Timestamp(microseconds: 50))
    try shop.run()
    #expect(try shop.votes("a") == [])
    #expect(try shop.label("a") == "none 0.0-0.0")
    _ = try shop.catalog.redoReview(seat, at: Timestamp(microseconds: 60))
    try shop.run()
    #expect(try shop.votes("a") == ["human:ann bad 1.0"])
  }

  @Test("an answer that says neither, and a skip, cast no vote") func silent() throws {
    let shop = try shop(["a", "b"])
    try answer(shop, "a", [("ann", nil), ("bob", .tie), ("cleo", .good)])
    try answer(shop, "b", [])
    let seat = ReviewSeat(queue: "daily", labeler: "ann")
    let item = try #require(try shop.catalog.exchangeItem("daily", number: nil, interaction: "b"))
    let lease = try #require(try shop.catalog.openReview(item, seat, at: Timestamp(microseconds: 90)))
    #expect(
      try shop.catalog.skipReview(
        item, token: lease.token, seat, reason: "long", at: Timestamp(microseconds: 91)))
    try shop.run()
    #expect(try shop.votes("a") == ["human:cleo good 1.0"])
    #expect(try shop.votes("b") == [])
  }

  @Test("an adjudicator's word stands in the place of those who disagreed, until it is taken back")
  func adjudicated() throws {
    let shop = try shop(["a"])
    try answer(shop, "a", [("ann", .good), ("bob", .good), ("cleo", .bad)])
    try shop.run()
    #expect(try shop.label("a") == "good 2.0-1.0")
    try answer(shop, "a", [("dora", .bad)], queue: "disputes", task: .adjudicate)
    try shop.run()
    #expect(try shop.votes("a") == ["human:dora bad 1.0"])
    #expect(try shop.label("a") == "bad 0.0-1.0")
    _ = try shop.catalog.undoReview(
      ReviewSeat(queue: "disputes", labeler: "dora"), at: Timestamp(microseconds: 99))
    try shop.run()
    #expect(try shop.votes("a").count == 3)
  }

  @Test("a person has one vote: the newest answer of all queues, and a golden word before any")
  func onePerson() throws {
    let shop = try shop(["a"])
    try answer(shop, "a", [("ann", .good)])
    try answer(shop, "a", [("ann", .bad)], queue: "second")
    try shop.run()
    #expect(try shop.votes("a") == ["human:ann bad 1.0"])
    _ = try shop.catalog.addGolden(
      [GoldenWord(interaction: "a", class: .good, labeler: "ann")], at: Timestamp(microseconds: 7))
    try shop.run()
    #expect(try shop.votes("a") == ["human:ann good 1.0"])
    #expect(try shop.label("a") == "good 1.0-0.0")
  }

  @Test("agreement is measured over blind answers that nobody adjudicated") func agreement() throws {
    let shop = try shop((0..<20).map { "i\($0)" })
    for index in 0..<20 {
      let own: LabelClass = index % 2 == 0 ? .good : .bad
      let other: LabelClass = index < 18 ? own : own == .good ? .bad : .good
      try answer(shop, "i\(index)", [("ann", own), ("bob", other), ("eve", .good)], exposed: ["eve"])
    }
    let agreement = try #require(try shop.run().agreement)
    #expect(agreement.labelers == 2)
    #expect(agreement.answers == 40)
    #expect(agreement.shared == 20)
    #expect(agreement.exposed == 20)
    let alpha = try #require(agreement.alpha)
    // 2 of 20 pairs differ, 20 of 40 votes are for each class: 1 - 39 · (2/20) / (2 · 20 · 20 / 40).
    #expect(abs(alpha.value - 0.805) < 1e-9)
    #expect(alpha.low < alpha.value && alpha.value < alpha.high)
    #expect(abs((agreement.fleiss?.value ?? 0) - 0.8) < 1e-9)
    #expect(abs((agreement.gwet?.value ?? 0) - 0.8) < 1e-9)
  }

  @Test("given labels that all else speaks against are suspects, worst first, and nothing else is")
  func suspects() throws {
    // 80 contents of a known class; three judges are right nine times in ten, people always but on five.
    let shop = try shop((0..<80).map { "i\($0)" })
    let wrong: Set<Int> = [3, 18, 33, 48, 63]
    for index in 0..<80 {
      let truth: LabelClass = index % 2 == 0 ? .good : .bad
      let said: LabelClass = wrong.contains(index) ? (truth == .good ? .bad : .good) : truth
      try answer(shop, "i\(index)", [("ann", said)], quota: 1)
    }
    for judge in 0..<3 {
      let name = "judge:j\(judge)"
      try shop.catalog.setModelVoter(
        ModelVoter(name: name, version: "1", isAdmitted: true, reason: "kappa 0.8", agreement: 0.8),
        run: "run")
      try shop.catalog.addModelVotes(
        (0..<80).map { index in
          let isRight = (index * 7 + judge * 3) % 10 != 0 || wrong.contains(index)
          return ModelVote(
            voter: name, version: "1", content: ContentHash.of("content i\(index)"), interaction: "i\(index)",
            class: (index % 2 == 0) == isRight ? .good : .bad)
        }, run: "run")
    }
    let columns = try { () throws -> CatalogVotes in
      _ = try shop.catalog.updateVotes(limit: 1000, VoteGatherer(implicitWeight: 0.5).votes)
      return try shop.catalog.catalogVotes()
    }()
    let found = LabelSuspects(columns, LabelParameters(), StandardSummation())
    #expect(found.looked == 80)
    #expect(
      Set(found.suspects.map(\.content)) == Set(wrong.map { ContentHash.of("content i\($0)") }))
    #expect(found.suspects.map(\.score) == found.suspects.map(\.score).sorted(by: >))
    #expect(abs((found.noise ?? 0) - 5.0 / 80) < 0.05, "as cleanlab rounds it")
  }

  @Test("with few given labels nothing is called suspect") func few() throws {
    let shop = try shop(["a", "b"])
    try answer(shop, "a", [("ann", .good)])
    let account = try shop.run()
    #expect(account.suspects == nil)
    #expect(account.labelNoise == nil)
    #expect(try shop.catalog.labelSuspects().isEmpty)
  }

  @Test("golden words that were given after a suggestion measure no judge") func exposedGold() throws {
    let shop = try LabelWorkshop()
    try shop.add(
      (0..<4).map { (id: "i\($0)", content: "content i\($0)") },
      thumbs: (0..<4).map { (id: "t\($0)", target: "i\($0)", value: 1, user: "u\($0)") })
    _ = try shop.catalog.addGolden(
      (0..<4).map {
        GoldenWord(interaction: "i\($0)", class: .good, labeler: "ann", isExposed: $0 < 3)
      }, at: Timestamp(microseconds: 1))
    let account = try DataJudgeImport(catalog: shop.catalog, run: "r").bring(
      DataJudge(name: "thumbs", source: "chat"))
    #expect(account.judged == 4)
    #expect(account.measured == 1)
  }
}
