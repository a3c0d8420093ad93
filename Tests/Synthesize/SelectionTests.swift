import Foundation
import Statistics
import Synthesize
import Testing

@Suite("Selection") struct SelectionTests {
  // MARK: Novelty

  private static let six = "a b c d e f"

  @Test(
    "likeness",
    arguments: [
      ("the same", six, six, 1.0), ("case and marks", six, "A, b. C! d e f", 1.0),
      ("one word more", six, "a b c d e f g", 12.0 / 13), ("in another order", "a b c d", "b a c d", 0.75),
      ("words of the same number", "a a a b", "a a b b", 0.75),
      ("at the limit", "a b c d e f g x y z", "a b c d e f g u v w", nil),
      ("another", six, "u v w", nil), ("much longer", six, "a b c d e f g h i j k l m n", nil),
      ("without words", six, "!?", nil),
    ] as [(String, String, String, Double?)])
  func measuresLikeness(_ id: String, _ text: String, _ other: String, _ expected: Double?) {
    let pool = NoveltyPool()
    pool.add(id: "p", text: text)
    #expect(pool.nearest(to: other) == expected.map { NearestText(id: "p", likeness: $0) }, "\(id)")
  }

  @Test("of equals the first is named")
  func namesFirst() {
    let pool = NoveltyPool()
    for id in ["b", "a"] { pool.add(id: id, text: Self.six) }
    #expect(pool.nearest(to: Self.six)?.id == "b")
  }

  private static func sentence(_ numbers: inout SplitMix, _ words: Int, of vocabulary: Int) -> [String] {
    // Few words make most of a text, as in any language.
    (0..<words).map { _ in "w\(Int(pow(Double(vocabulary), numbers.share())))" }
  }

  /// The table of lengths by the textbook.
  private static func slowLikeness(_ one: [String], _ other: [String]) -> Double {
    var lengths = [[Int]](repeating: [Int](repeating: 0, count: other.count + 1), count: one.count + 1)
    for i in one.indices {
      for j in other.indices {
        lengths[i + 1][j + 1] =
          one[i] == other[j] ? lengths[i][j] + 1 : max(lengths[i][j + 1], lengths[i + 1][j])
      }
    }
    return 2 * Double(lengths[one.count][other.count]) / Double(one.count + other.count)
  }

  @Test("the index finds what comparing all finds", arguments: [0.5, 0.7, 0.9])
  func findsAll(_ limit: Double) {
    var numbers = SplitMix(state: 7)
    let pool = NoveltyPool(limit: limit)
    var texts: [[String]] = []
    for id in 0..<30 {
      let text = Self.sentence(&numbers, 4 + Int(numbers.next() % 80), of: 40)
      texts.append(text)
      pool.add(id: "\(id)", text: text.joined(separator: " "))
    }
    var alike = 0
    for changed in 0..<60 {
      var text = texts[Int(numbers.next() % 30)]
      for _ in 0..<(text.count * changed / 60) {
        text[Int(numbers.next() % UInt64(text.count))] = "v\(numbers.next() % 40)"
      }
      let all = texts.enumerated().map { ($0.offset, Self.slowLikeness(text, $0.element)) }
      let best = all.filter { $0.1 > limit }.max { ($0.1, -$0.0) < ($1.1, -$1.0) }
      let found = pool.nearest(to: text.joined(separator: " "))
      #expect(found?.id == best.map { "\($0.0)" })
      #expect(found?.likeness == best?.1)
      if best != nil { alike += 1 }
    }
    #expect(alike > 0 && alike < 60)
  }

  @Test("thousands of texts are not compared one by one")
  func isQuick() {
    var numbers = SplitMix(state: 3)
    let pool = NoveltyPool()
    for id in 0..<3000 {
      pool.add(id: "\(id)", text: Self.sentence(&numbers, 20, of: 20_000).joined(separator: " "))
    }
    let known = (0..<300).filter { _ in
      pool.nearest(to: Self.sentence(&numbers, 20, of: 20_000).joined(separator: " ")) != nil
    }
    #expect(known.isEmpty)
  }

  // MARK: Filters

  private static func item(
    _ id: String, _ quality: Double, _ text: String = "", vector: [Float]? = nil, rejected: Double? = nil,
    length: Double? = nil, difficulty: Double? = nil
  ) -> SelectionItem {
    SelectionItem(
      id: id, text: text, quality: quality, vector: vector, rejectedQuality: rejected, rejectedLength: length,
      difficulty: difficulty)
  }

  @Test("prompts by their worst answer")
  func filtersPrompts() {
    let items = [
      Self.item("bad", 9, rejected: 1, length: 300), Self.item("short", 9, rejected: 7, length: 10),
      Self.item("wide", 9.5, rejected: 5, length: 300), Self.item("good", 9, rejected: 8, length: 300),
      Self.item("alone", 2),
    ]
    // Medians: quality 6, length 300, gap 3.25.
    #expect(
      PromptFilter().leftOut(items) == [0: .lowRejectedQuality, 1: .shortRejected, 2: .lowRejectedQuality])
    #expect(
      PromptFilter(rejectedQuality: 0.2, rejectedLength: 0, gap: 0.5).leftOut(items) == [
        0: .lowRejectedQuality, 2: .wideGap,
      ])
    #expect(PromptFilter(rejectedQuality: 0, rejectedLength: 0, gap: 1).leftOut(items).isEmpty)
  }

  @Test("difficulty below one")
  func filtersDifficulty() {
    #expect(InstructionDifficulty.ratio(conditional: -1, alone: -1) == 1)
    #expect(abs(InstructionDifficulty.ratio(conditional: -1, alone: -2) - 0.36787944117144233) < 1e-15)
    let items = [
      Self.item("a", 1, difficulty: 0.2), Self.item("b", 1, difficulty: 0.9),
      Self.item("c", 1, difficulty: 1),
      Self.item("d", 1, difficulty: .nan), Self.item("e", 1), Self.item("f", 2, difficulty: 0.9),
      Self.item("g", 1, difficulty: 0.5),
    ]
    #expect(
      InstructionDifficulty().leftOut(items) == [
        0: .tooEasy, 1: .tooEasy, 2: .notFollowed, 3: .notFollowed, 6: .tooEasy,
      ])
    #expect(
      InstructionDifficulty(share: 0.5).leftOut(items) == [
        0: .tooEasy, 2: .notFollowed, 3: .notFollowed, 6: .tooEasy,
      ])
  }

  @Test("diversity by vectors")
  func selectsVectors() {
    let items = [
      Self.item("a", 1, vector: [1, 0]), Self.item("b", 3, vector: [2, 0.1]),
      Self.item("c", 2, vector: [0, 1]),
      Self.item("d", 2, vector: [0, 0]),
    ]
    let left = DiversitySelection().leftOut(items)
    #expect(left.mapValues(\.reason) == [0: .notDiverse])
    #expect(left[0]?.nearest == 1)
    #expect(
      DiversitySelection(take: 2).leftOut(items).mapValues(\.reason) == [0: .beyondLimit, 3: .beyondLimit])
  }

  @Test("diversity by words where a vector is missing")
  func selectsWords() {
    let items = [
      Self.item("a", 1, "How do I reset my lamp?", vector: [1, 0]),
      Self.item("b", 2, "how do i reset my lamp"),
      Self.item("c", 1, "Where is my refund?", vector: [1, 0]),
    ]
    #expect(DiversitySelection().leftOut(items).mapValues(\.reason) == [0: .notDiverse])
  }

  // MARK: All of them

  private static let items = [
    item("dull", 5, "where is the parcel that i ordered", rejected: 1, length: 100, difficulty: 0.8),
    item("best", 9, "how do i reset the lamp in my room", rejected: 8, length: 100, difficulty: 0.9),
    item("copy", 8, "how do i reset the lamp in my hall", rejected: 8, length: 100, difficulty: 0.9),
    item("seed", 7, "can i have my money back please", rejected: 7, length: 100, difficulty: 0.9),
    item("easy", 6, "what time is it now over there", rejected: 6, length: 100, difficulty: 0.1),
    item("odd", 6, "write a poem on winter and its snow", rejected: 6, length: 100, difficulty: 1.5),
  ]
  private static let pool = [(id: "s1", text: "Can I have my money back, please?")]

  @Test("each left out for its reason, in whatever order they come")
  func selects() {
    let selection = CandidateSelection(
      prompts: PromptFilter(rejectedQuality: 0.1, rejectedLength: 0, gap: 1),
      difficulty: InstructionDifficulty(share: 0.7))
    let outcome = selection.select(Self.items, pool: Self.pool)
    #expect(outcome.kept == ["best"])
    #expect(
      outcome.leftOut.map { "\($0.id) \($0.reason.rawValue) \($0.nearest ?? "-")" } == [
        "copy not-new best", "seed not-new s1", "easy difficulty-low -", "odd difficulty-not-below-one -",
        "dull prompt-rejected-quality -",
      ])
    #expect(selection.select(Self.items.reversed(), pool: Self.pool) == outcome)
    #expect(outcome.offered.kept == 6)
    #expect(outcome.summary.meanQuality == 9 && outcome.summary.meanDistance == nil)
    #expect(outcome.ablations.map(\.filter) == [.prompts, .difficulty, .novelty, .diversity])
    #expect(outcome.ablations.map(\.without.kept) == [2, 3, 3, 1])
    #expect(outcome.ablations.map(\.alone.kept) == [5, 4, 4, 6])
    #expect(outcome.ablations[0].without.meanQuality == 7)
    #expect(outcome.ablations.allSatisfy { ($0.alone.meanDistance ?? 0) > 0.5 })
  }

  @Test("nothing in use keeps all, best first")
  func keepsAll() {
    let outcome = CandidateSelection(novelty: nil, diversity: nil).select(Self.items, pool: Self.pool)
    #expect(outcome.kept == ["best", "copy", "seed", "easy", "odd", "dull"])
    #expect(outcome.leftOut.isEmpty && outcome.ablations.isEmpty)
    #expect(CandidateSelection().select([]).kept.isEmpty)
  }

  @Test("the mean distance is that of all pairs")
  func measuresDistance() {
    let vectors: [[Float]] = [[1, 0], [0, 1], [1, 1]]
    let items = vectors.enumerated().map { Self.item("\($0.offset)", 1, vector: $0.element) }
    let distance = CandidateSelection().select(items).offered.meanDistance ?? 0
    #expect(abs(distance - (1 + 2 * (1 - 0.5.squareRoot())) / 3) < 1e-6)
  }

  // MARK: Teachers

  private static func pilot(_ teacher: String, gain: Double, spread: Double, cost: Double) -> TeacherPilot {
    var numbers = SplitMix(state: 11)
    let shared = (0..<200).map { _ in numbers.share() - 0.5 }
    return TeacherPilot(
      teacher: teacher, gains: shared.map { gain + spread * $0 }, costs: shared.map { _ in cost })
  }

  @Test("a teacher that is better for a dollar is taken")
  func picksBest() throws {
    let decision = try #require(
      TeacherChoice().choose([
        Self.pilot("large", gain: 0.5, spread: 0.2, cost: 0.01),
        Self.pilot("small", gain: 0.4, spread: 0.2, cost: 0.002),
      ]))
    #expect(decision.teacher == "small")
    #expect(decision.isCertain)
    #expect(decision.values.map(\.teacher) == ["small", "large"])
    #expect(decision.values[0].behindBest == nil)
    #expect((decision.values[1].behindBest?.low ?? 0) > 100)
    #expect(abs(decision.values[1].gainPerDollar.value - 50) < 2)
  }

  @Test("where none is better for certain the cheapest of them is taken")
  func picksCheapest() throws {
    var numbers = SplitMix(state: 5)
    func noisy(_ teacher: String, _ gain: Double, _ cost: Double) -> TeacherPilot {
      TeacherPilot(
        teacher: teacher, gains: (0..<40).map { _ in gain + 4 * (numbers.share() - 0.5) },
        costs: (0..<40).map { _ in cost })
    }
    let decision = try #require(
      TeacherChoice().choose([noisy("a", 0.50, 0.010), noisy("b", 0.48, 0.009), noisy("bad", -9, 0.001)]))
    #expect(decision.teacher == "b")
    #expect(!decision.isCertain)
    #expect(decision.values.last?.teacher == "bad")
  }

  @Test("pilots that cannot be compared decide nothing")
  func needsPairs() {
    #expect(TeacherChoice().choose([]) == nil)
    #expect(TeacherChoice().choose([TeacherPilot(teacher: "a", gains: [1], costs: [1])]) == nil)
    #expect(
      TeacherChoice().choose([
        TeacherPilot(teacher: "a", gains: [1, 2], costs: [1, 1]),
        TeacherPilot(teacher: "b", gains: [1], costs: [1]),
      ]) == nil)
    let free = TeacherChoice().choose([TeacherPilot(teacher: "a", gains: [1, 2], costs: [0, 0])])
    #expect(free?.teacher == "a" && free?.isCertain == true)
  }
}
