import Bytes
import Catalog
import Records
import Registry
import Testing

@testable import Publish

@Suite("The golden set and publishing") struct GoldenTests {
  private func dataset(_ kind: Kind, _ name: String, _ split: String = "train") -> DatasetDefinition {
    var dataset = DatasetDefinition(name: name, kind: kind)
    dataset.splits = [SplitDefinition(name: split, share: 100)]
    return dataset
  }

  private func samples() -> [LoggedSample] {
    (0..<6).map { index in
      LoggedSample("\(index)") { sample in
        // 0 and 1 share a conversation, 2 and 3 an input.
        sample.conversation = index < 2 ? "c" : "c-\(index)"
        sample.input = #"[{"content":"Question \#(index == 3 ? 2 : index)","role":"user"}]"#
        sample.label = .good
        sample.good = 1
      }
    }
  }

  private func mark(_ shop: PublishWorkshop, _ id: String, _ label: LabelClass?) throws {
    _ = try shop.catalog.addGolden(
      [GoldenWord(interaction: "chat/\(id)", class: label, labeler: "ann")], at: Timestamp(microseconds: 1))
  }

  @Test("no kind that trains takes a golden item, its conversation or its input", arguments: Kind.allCases)
  func trains(_ kind: Kind) async throws {
    let shop = try PublishWorkshop()
    try shop.add(samples())
    try mark(shop, "0", .good)
    try mark(shop, "2", .bad)
    let account = try await shop.publish(dataset(kind, "set", kind == .eval ? "test" : "train"))
    switch kind {
    case .preference: #expect(account.candidates == 0)
    case .eval:
      #expect(account.splits == ["test": 6])
      #expect(account.left == [:])
    default:
      #expect(account.splits == ["train": 2])
      #expect(account.left == ["golden": 4])
      #expect(try shop.stays("1") == ["set out:golden 1-"])
      #expect(try shop.stays("4") == ["set in:train 1-"])
    }
  }

  @Test("what becomes golden leaves the next version, and what is golden no longer comes back")
  func comesAndGoes() async throws {
    let shop = try PublishWorkshop()
    try shop.add(samples())
    #expect(try await shop.publish(dataset(.sft, "set")).splits == ["train": 6])
    try mark(shop, "5", .good)
    let second = try await shop.publish(dataset(.sft, "set"))
    #expect(second.splits == ["train": 5] && second.left == ["golden": 1])
    try mark(shop, "5", nil)
    #expect(try await shop.publish(dataset(.sft, "set")).splits == ["train": 6])
  }

  @Test("a pair stays out when either answer is golden")
  func pair() {
    let good = Candidate.make("g", input: "i", label: .good, probability: 0.8)
    let bad = Candidate.make("b", input: "i", label: .bad, probability: 0.8)
    let draft = Draft(id: "p", parts: .pair(chosen: good, rejected: bad))
    var golden = GoldenKeys()
    golden.contents = [.of("b")]
    #expect(draft.isGolden(golden))
    golden.contents = [.of("x")]
    #expect(!draft.isGolden(golden))
    golden.conversations = ["g"]
    #expect(draft.isGolden(golden))
    golden.conversations = []
    golden.inputs = [.of("i")]
    #expect(draft.isGolden(golden))
    golden.inputs = []
    golden.contents = [.of("twin")]
    let near = Candidate.make("g", near: ["g", "twin"])
    #expect(Draft(id: "s", parts: .single(near, corrected: false)).isGolden(golden))
  }

  @Test("the gate refuses what a person made golden while bodies were read")
  func gate() {
    let dataset = dataset(.sft, "set")
    #expect(
      GateReport(dataset: dataset, examples: 5, personalData: 0, golden: 2).refusals == [
        "maximum_golden: 2 of at most 0"
      ])
    #expect(GateReport(dataset: dataset, examples: 5, personalData: 0, golden: 0).refusals == [])
    let canonical = String(
      decoding: GateReport(dataset: dataset, examples: 5, personalData: 0, golden: 0).canonical, as: UTF8.self
    )
    #expect(canonical.hasPrefix(#"{"maximum_golden":{"bound":0,"value":0},"#))
    #expect(
      !String(decoding: GateReport(dataset: dataset, examples: 5, personalData: 0).canonical, as: UTF8.self)
        .contains("golden"))
  }
}
