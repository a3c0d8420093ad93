import Bytes
import Catalog
import Lake
import Records
import Statistics
import Testing

@testable import Label

/// Says what it is told about every item, so that what the step makes of a model can be seen.
private struct Oracle: VoteSummation {
  var model = LabelModel.dawidSkene
  var good: [Double] = [0.9]

  func sum(_ table: VoteTable, model: LabelModel) -> VoteSummary {
    VoteSummary(
      probabilities: (0..<table.items).flatMap { item in
        let share = good[item % good.count]
        return [1 - share, share]
      }, model: self.model, reason: "asked: \(model.rawValue)", merged: [[0]], converged: true)
  }
}

@Suite("Labels of models") struct LabelStageModelTests {
  private func run(_ shop: LabelWorkshop, _ summation: any VoteSummation) throws -> LabelAccount {
    try LabelStage(
      catalog: shop.catalog, lake: shop.lake, parameters: LabelParameters(), summation: summation
    ).run { _, _ in }
  }

  private func state(_ shop: LabelWorkshop, _ ids: [String]) throws -> [String] {
    try ids.map { id in
      let row = try #require(try shop.catalog.explain(id))
      return "\(row.label ?? "none") \(row.probability ?? -1) \(row.entropy ?? -1)"
    }
  }

  @Test("a model's probability is the label's, to four digits, and never certain; an even one is a tie")
  func probabilities() throws {
    for (good, expected) in [
      (0.9, "good 0.9 0.468996"), (0.123456, "bad 0.8765 0.539339"), (0.5, "tie 0.5 1.0"),
      (0.50001, "tie 0.5 1.0"), (1, "good 0.9999 0.001473"), (0, "bad 0.9999 0.001473"),
    ] {
      let shop = try LabelWorkshop()
      try shop.add([("a", "a")], thumbs: [("1", "a", 1, "u")])
      let account = try run(shop, Oracle(good: [good]))
      #expect(try state(shop, ["a"]) == [expected])
      #expect(account.model == .dawidSkene && account.reason == "asked: automatic")
      #expect(account.unlikeMajority == (good < 0.50005 ? 1 : 0))
      #expect(try run(shop, Oracle(good: [good])).changed == 0)
    }
  }

  @Test("golden items are certain whatever the model says, and their labelers vote")
  func golden() throws {
    let shop = try LabelWorkshop()
    try shop.add([("a", "a"), ("b", "b")], thumbs: [("1", "a", 1, "u"), ("2", "b", 1, "u")])
    _ = try run(shop, Oracle())
    _ = try shop.catalog.addGolden(
      [GoldenWord(interaction: "a", class: .bad, labeler: "ann")], at: Timestamp(microseconds: 1))
    let account = try run(shop, Oracle())
    #expect(try state(shop, ["a", "b"]) == ["bad 1.0 0.0", "good 0.9 0.468996"])
    #expect(try shop.votes("a") == ["human:ann bad 1.0", "thumb:u good 1.0"])
    #expect(account.golden == 1)
    let thumb = try #require(account.voters.first { $0.voter == "thumb" })
    #expect([thumb.votes, thumb.golden, thumb.goldenRight] == [2, 1, 0])
    _ = try shop.catalog.addGolden(
      [GoldenWord(interaction: "a", class: nil, labeler: "ann")], at: Timestamp(microseconds: 2))
    _ = try run(shop, Oracle())
    #expect(try state(shop, ["a"]) == ["good 0.9 0.468996"])
    #expect(try shop.votes("a") == ["thumb:u good 1.0"])
  }

  @Test("judges vote when they are admitted, by the version that counts, and are named when not")
  func judges() throws {
    let shop = try LabelWorkshop()
    try shop.add([("a", "a"), ("b", "b")], thumbs: [])
    func vote(_ content: String, _ label: LabelClass, _ version: String, _ probability: Double?) -> ModelVote
    {
      ModelVote(
        voter: "judge:j", version: version, content: .of(content), interaction: content, class: label,
        probability: probability)
    }
    try shop.catalog.addModelVotes(
      [vote("a", .bad, "v1", 0.9), vote("b", .good, "v1", nil), vote("a", .good, "v0", 0.9)], run: "r")
    #expect(try shop.run().contents == 0)
    func set(_ admitted: Bool, _ version: String = "v1") throws {
      try shop.catalog.setModelVoter(
        ModelVoter(name: "judge:j", version: version, isAdmitted: admitted, reason: "kappa 0.4 of 0.6"),
        run: "r")
    }
    try set(true)
    #expect(try shop.run().contents == 2)
    #expect(try shop.votes("a") == ["judge:j@v1 bad 0.8"])
    #expect(try shop.votes("b") == ["judge:j@v1 good 1.0"])
    try set(true, "v0")
    try shop.run()
    #expect(try shop.votes("a") == ["judge:j@v0 good 0.8"])
    #expect(try shop.votes("b").isEmpty)
    try set(false)
    let account = try shop.run()
    #expect(try shop.votes("a").isEmpty)
    #expect(try shop.label("a") == "none 0.0-0.0")
    #expect(account.gated == [GatedVoter(voter: "judge:j@v1", votes: 2, reason: "kappa 0.4 of 0.6")])
  }

  @Test("functions vote where their condition holds, and not when they are gone")
  func functions() throws {
    let shop = try LabelWorkshop()
    try shop.add([LoggedCall("a") { $0.output = "short" }, LoggedCall("b") { $0.output = "long enough" }])
    let function = LabelingFunction(
      name: "short", votes: .bad, condition: "output_characters < 8", weight: 0.7)
    var account = try shop.run { $0.functions = [function] }
    #expect(try shop.votes("a") == ["rule:short bad 0.7"])
    #expect(try shop.votes("b").isEmpty)
    #expect(account.voters.map(\.voter) == ["rule:short"])
    account = try shop.run { $0.functions = [function] }
    #expect(account.computed == 0)
    try shop.run()
    #expect(try shop.votes("a").isEmpty)
    #expect(throws: CatalogError.self) {
      try shop.run { $0.functions = [LabelingFunction(name: "x", votes: .bad, condition: "label = 'bad'")] }
    }
  }

  @Test("checks vote on what curation found")
  func checks() throws {
    let shop = try LabelWorkshop()
    try shop.add([LoggedCall("a"), LoggedCall("b") { $0.output = "b" }])
    let rules = try shop.catalog.rulesVersion(digest: "r")
    for segment in try shop.catalog.pendingSegments(rules: rules) {
      try shop.catalog.commitCuration(
        rules: rules,
        try shop.catalog.pendingInteractions(segment: segment.number, rules: rules).enumerated().map {
          index, row in
          CurationResult(
            number: row.number, decision: index == 0 ? .dropped : .kept,
            reason: index == 0 ? "refusal/output-refusal" : nil,
            findings: index == 0
              ? [Finding(rule: "refusal", reason: "output-refusal", effect: .drop, part: "output")]
              : [Finding(rule: "length", reason: "output-too-short", effect: .flag, part: "output")])
        })
    }
    try shop.run()
    #expect(try shop.votes("a") == ["check:refusal bad 0.5"])
    #expect(try shop.votes("b").isEmpty)
    try shop.run { $0.checks = false }
    #expect(try shop.votes("a").isEmpty)
  }

  @Test("the model is chosen anew when it is asked for, without gathering votes again")
  func refit() throws {
    let shop = try LabelWorkshop()
    try shop.add([("a", "a")], thumbs: [("1", "a", 1, "u")])
    #expect(try shop.run().computed == 1)
    let account = try shop.run { $0.model = .majority }
    #expect(account.computed == 0)
    #expect(account.changed == 0)
    #expect(account.model == .majority)
  }

  @Test("a dry run says what would change and changes nothing")
  func dryRun() throws {
    let shop = try LabelWorkshop()
    try shop.add([("a", "a"), ("b", "b")], thumbs: [("1", "a", 1, "u")])
    try shop.run()
    try shop.add([], thumbs: [("2", "b", -1, "u")])
    let stage = LabelStage(
      catalog: shop.catalog, lake: shop.lake, parameters: LabelParameters(), summation: Oracle(good: [0.2]))
    let account = try stage.dryRun()
    #expect(account.computed == 1)
    #expect(account.changed == 1)
    #expect(account.contents == 1)
    #expect(try shop.label("a") == "good 1.0-0.0")
    #expect(try shop.catalog.queuedLabelCount() == 1)
  }

  @Test("a step that ends between votes and labels is made good by the next")
  func killed() throws {
    let shop = try LabelWorkshop()
    try shop.add([("a", "a"), ("b", "b")], thumbs: [("1", "a", 1, "u"), ("2", "b", -1, "u")])
    try shop.catalog.useLabelModel(digest: "votes@\(VoteGatherer.version) 0.5")
    #expect(try shop.catalog.updateVotes(limit: 1, VoteGatherer(implicitWeight: 0.5).votes) == 1)
    #expect(try shop.catalog.labelsAreStale())
    #expect(try shop.run().computed == 1)
    #expect(try shop.label("a") == "good 1.0-0.0")
    #expect(try shop.label("b") == "bad 0.0-1.0")
    // Votes without the labels that follow from them.
    try shop.catalog.writeLabels([LabelRow(content: .of("a"), label: nil, probability: nil)])
    #expect(try shop.run().changed == 0)
    try shop.add([], thumbs: [("3", "b", -1, "v")])
    #expect(try shop.run().changed == 2)
    #expect(try shop.label("a") == "good 1.0-0.0")
  }
}
