import Bytes
import Records
import Testing

@testable import Catalog
@testable import Publish

@Suite("Drafts") struct DraftTests {
  private static let candidates: [Candidate] = [
    .make("good", label: .good), .make("bad", label: .bad), .make("tie", label: .tie), .make("none"),
    .make("fixed", label: .bad, correction: "fb/1"),
  ]

  struct Case: Sendable, CustomTestStringConvertible {
    let kind: Kind
    let drafts: [String]
    var testDescription: String { kind.rawValue }
  }

  @Test(
    "what each kind makes of candidates",
    arguments: [
      Case(kind: .sft, drafts: ["good", "bad", "tie", "none", "fixed corrected"]),
      Case(kind: .eval, drafts: ["good", "bad", "tie", "none", "fixed corrected"]),
      Case(kind: .fewshot, drafts: ["good", "bad", "tie", "none", "fixed corrected"]),
      Case(kind: .kto, drafts: ["good", "bad", "fixed"]),
      Case(kind: .preference, drafts: ["fb/1..fixed corrected"]),
    ])
  func kinds(_ item: Case) {
    let drafts = DraftBuilder.drafts(Self.candidates, for: DatasetDefinition(name: "set", kind: item.kind))
    #expect(drafts.map { $0.id + ($0.corrected ? " corrected" : "") } == item.drafts)
    #expect(drafts.allSatisfy { $0.slice == "other" })
  }

  @Test("keys are the conversations, sorted and each once, the input and the contents")
  func keys() {
    let one = Draft(id: "a", parts: .single(.make("a", conversation: "c", input: "Hi"), corrected: false))
    let content = { (id: String) in Draft.contentKey(.of(id)) }
    #expect(one.keys == [Draft.conversationKey("c"), Draft.inputKey(.of("Hi")), content("a")])
    #expect(one.opposedKeys == one.keys)
    let pair = Draft(
      id: "p",
      parts: .pair(
        chosen: .make("a", conversation: "z", input: "Hi"),
        rejected: .make("b", conversation: "c", input: "Hi")))
    #expect(
      pair.keys == [
        Draft.conversationKey("c"), Draft.conversationKey("z"), Draft.inputKey(.of("Hi")), content("a"),
        content("b"),
      ])
    let same = Draft(
      id: "p", parts: .pair(chosen: .make("a", conversation: "c"), rejected: .make("b", conversation: "c")))
    #expect(same.keys.count == 4)
    #expect(Set([Draft.conversationKey("x"), Draft.inputKey(.of("x")), content("x")]).count == 3)
    // What its near-duplicate cluster holds may not have the other role, and is not claimed.
    let near = Draft(id: "a", parts: .single(.make("a", near: ["a", "b", "c"]), corrected: false))
    #expect(near.keys == [Draft.conversationKey("a"), Draft.inputKey(.of("a")), content("a")])
    #expect(Set(near.opposedKeys) == Set(near.keys + [content("b"), content("c")]))
  }

  @Test func mainAndSources() {
    let (a, b) = (Candidate.make("a"), Candidate.make("b", correction: "fb/1"))
    let pair = Draft(id: "p", parts: .pair(chosen: a, rejected: b))
    #expect(pair.main.id == "a" && pair.sources.map(\.id) == ["a", "b"] && !pair.corrected)
    let correction = Draft(id: "c", parts: .correction(b))
    #expect(correction.main.id == "b" && correction.sources.map(\.id) == ["b"] && correction.corrected)
  }
}

@Suite("Preference pairs") struct PairTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let id: String
    let candidates: [Candidate]
    let best: [String]
    let all: [String]
    var testDescription: String { id }

    init(_ id: String, _ candidates: [Candidate], best: [String], all: [String]? = nil) {
      self.id = id
      self.candidates = candidates
      self.best = best
      self.all = all ?? best
    }
  }

  private static func sibling(
    _ id: String, rank: Double? = nil, _ label: LabelClass? = nil, _ probability: Double? = nil,
    correction: String? = nil
  ) -> Candidate {
    .make(id, input: "Hi", label: label, probability: probability, rank: rank, correction: correction)
  }

  @Test(arguments: [
    Case("nobody", [], best: []),
    Case("one", [sibling("a", .good)], best: []),
    Case("two without an opinion", [sibling("a"), sibling("b")], best: []),
    Case("two inputs", [.make("a", label: .good), .make("b", label: .bad)], best: []),
    Case("good over bad", [sibling("a", .bad, 0.6), sibling("b", .good, 0.6)], best: ["b..a"]),
    Case("good and good", [sibling("a", .good, 0.9), sibling("b", .good, 0.6)], best: []),
    Case("good and tie, good and none", [sibling("a", .good), sibling("b", .tie), sibling("c")], best: []),
    Case("ranks", [sibling("a", rank: 1), sibling("b", rank: 0)], best: ["b..a"]),
    Case("equal ranks", [sibling("a", rank: 1), sibling("b", rank: 1)], best: []),
    Case(
      "ranks before labels", [sibling("a", rank: 0, .bad, 0.9), sibling("b", rank: 1, .good, 0.9)],
      best: ["a..b"]),
    Case(
      "equal ranks hide labels", [sibling("a", rank: 0, .good, 0.9), sibling("b", rank: 0, .bad, 0.9)],
      best: []),
    Case(
      "labels where one has no rank", [sibling("a", rank: 0, .bad, 0.9), sibling("b", .good, 0.9)],
      best: ["b..a"]),
    Case(
      "three ranks", [sibling("b", rank: 1), sibling("c", rank: 2), sibling("a", rank: 0)], best: ["a..c"],
      all: ["a..b", "a..c", "b..c"]),
    Case(
      "of equal gaps the smallest id",
      [sibling("d", .good, 0.6), sibling("a", .good, 0.6), sibling("c", .bad, 0.6), sibling("b", .bad, 0.6)],
      best: ["a..b"], all: ["a..b", "a..c", "d..b", "d..c"]),
    Case(
      "the surest labels",
      [sibling("a", .good, 0.6), sibling("b", .good, 0.9), sibling("c", .bad, 0.6), sibling("d", .bad, 0.8)],
      best: ["b..d"], all: ["a..c", "a..d", "b..c", "b..d"]),
    Case(
      "a rank outweighs every label",
      [sibling("a", .good, 1), sibling("b", .bad, 1), sibling("c", rank: 0), sibling("d", rank: 1)],
      best: ["c..d"], all: ["a..b", "c..d"]),
    Case("a correction", [.make("a", correction: "fb/1")], best: ["fb/1..a"]),
    Case(
      "a correction beside a pair", [sibling("a", .bad, 0.6, correction: "fb/1"), sibling("b", .good, 0.6)],
      best: ["b..a", "fb/1..a"]),
    Case(
      "two inputs with a pair each",
      [
        .make("a", input: "x", rank: 0), .make("b", input: "x", rank: 1), .make("c", input: "y", rank: 4),
        .make("d", input: "y", rank: 2),
      ], best: ["a..b", "d..c"]),
  ])
  func pairs(_ item: Case) {
    for candidates in [item.candidates, item.candidates.reversed()] {
      #expect(PairBuilder.drafts(candidates, strategy: .bestWorst).map(\.id) == item.best)
      #expect(PairBuilder.drafts(candidates, strategy: .all).map(\.id) == item.all)
    }
  }

  @Test("what judges of pairs prefer counts where neither ranks nor labels tell")
  func preferred() {
    let prefersA: Set = [
      OrderedContents(better: Self.sibling("a").contentHash, worse: Self.sibling("b").contentHash)
    ]
    let cases: [(candidates: [Candidate], expected: [String])] = [
      ([Self.sibling("a"), Self.sibling("b")], ["a..b"]),
      ([Self.sibling("a", .good), Self.sibling("b", .good)], ["a..b"]),
      ([Self.sibling("a", .bad, 0.6), Self.sibling("b", .good, 0.6)], ["b..a"]),
      ([Self.sibling("a", rank: 1), Self.sibling("b", rank: 0)], ["b..a"]),
      ([Self.sibling("a", rank: 1), Self.sibling("b", rank: 1)], []),
      ([Self.sibling("a"), Self.sibling("c")], []),
      // Labels tell more than a judge.
      ([Self.sibling("a"), Self.sibling("b", .bad, 0.6), Self.sibling("d", .good, 0.6)], ["d..b"]),
    ]
    for item in cases {
      let drafts = PairBuilder.drafts(item.candidates, strategy: .bestWorst, preferred: prefersA)
      #expect(drafts.map(\.id) == item.expected)
    }
  }

  @Test("a thousand answers to one greeting are one pair")
  func manySiblings() {
    let candidates = (0..<1000).map { index in
      Self.sibling("i-\(1000 + index)", index.isMultiple(of: 2) ? .good : .bad, 0.5 + Double(index % 7) / 20)
    }
    #expect(PairBuilder.drafts(candidates, strategy: .bestWorst).map(\.id) == ["i-1006..i-1013"])
  }
}
