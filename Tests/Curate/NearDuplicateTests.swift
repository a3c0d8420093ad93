import Bytes
import Catalog
import Foundation
import Records
import Testing

@testable import Curate

@Suite("Near duplicates in the stage") struct NearDuplicateTests {
  private static let question =
    "How do I change the inner tube of the rear wheel on a bicycle with a hub gear please"
  private static let answer = (1...60).map { "word\($0)" }.joined(separator: " ")

  private static let other =
    "Which oil is the right one for the chain of a bicycle that stands outside all winter long"
  private static let otherAnswer = (1...60).map { "term\($0)" }.joined(separator: " ")

  private static func varied(_ text: String, _ number: Int) -> String {
    var words = text.split(separator: " ").map(String.init)
    words[words.count - 1 - number % 3] = "other\(number)"
    return words.joined(separator: " ")
  }

  /// Two clusters of three, two siblings (one question, two answers), and one answer to two questions.
  private static let rows: [(id: String, input: String, members: String)] =
    (0..<3).map { ("chat/a\($0)", question, output(varied(answer, $0))) }
    + (0..<3).map { ("chat/b\($0)", other, output(varied(otherAnswer, $0))) }
    + [
      (
        "chat/c0", "What is a hub gear good for?",
        output("It needs less care than a chain of many gears does.")
      ),
      ("chat/c1", "What is a hub gear good for?", output("Ask the shop that sold you the bicycle about it.")),
      ("chat/d0", "When do you open on Monday then?", output(answer)),
    ]

  private func standing(_ shop: Workshop) throws -> [String] {
    try Self.rows.map { "\($0.id) \(try shop.outcome($0.id))" }
  }

  @Test("one of each cluster stays; siblings and other questions stay; nights and workers change nothing")
  func clusters() async throws {
    var standings: Set<[String]> = []
    for (nights, workers) in [(1, 1), (1, 3), (4, 1), (9, 2)] {
      let shop = try Workshop()
      let size = (Self.rows.count + nights - 1) / nights
      for start in stride(from: 0, to: Self.rows.count, by: size) {
        try shop.add(Array(Self.rows[start..<min(start + size, Self.rows.count)]))
        _ = try await shop.run(workers: workers)
      }
      standings.insert(try standing(shop))
    }
    // Times count within a commit here, so what stands for a cluster may be another; how many stay is not.
    for standing in standings {
      #expect(standing.count { $0.hasSuffix("kept") } == 5)
      #expect(standing.filter { $0.contains("/c") || $0.contains("/d") }.allSatisfy { $0.hasSuffix("kept") })
      #expect(standing.count { $0.contains(CatalogStore.nearDuplicateReason) } == 4)
    }
  }

  @Test("another threshold makes other clusters of what is signed, and examines nothing anew")
  func threshold() async throws {
    let shop = try Workshop()
    try shop.add(Self.rows)
    let first = try await shop.run()
    #expect(first.dropped == [CatalogStore.nearDuplicateReason: 4])
    #expect(first.near?.signed == Self.rows.count)
    var parameters = CurateParameters()
    parameters.duplicates?.threshold = 1
    let second = try await shop.run(parameters)
    #expect(second.examined == 0 && second.dropped == [:])
    let third = try await shop.run()
    #expect(third.examined == 0 && third.dropped == first.dropped)
  }

  @Test("switched off and on again, with records that came between")
  func offAndOn() async throws {
    let shop = try Workshop()
    try shop.add(Array(Self.rows[..<4]))
    _ = try await shop.run()
    var off = CurateParameters()
    off.duplicates?.near = false
    try shop.add(Array(Self.rows[4...]))
    let without = try await shop.run(off)
    #expect(without.near == nil && without.dropped == [:])
    let with = try await shop.run()
    #expect(with.dropped == [CatalogStore.nearDuplicateReason: 4])
    #expect(with.near?.signed == Self.rows.count - 4)
  }

  @Test("an index that is gone is made anew from the lake")
  func lostIndex() async throws {
    let shop = try Workshop()
    try shop.add(Self.rows)
    let first = try await shop.run()
    try FileManager.default.removeItem(atPath: "\(shop.path)/signatures")
    let second = try await shop.run()
    #expect(second.examined == Self.rows.count && second.near?.signed == Self.rows.count)
    #expect(second.dropped == first.dropped && second.kept == first.kept)
    #expect(try await shop.run().examined == 0)
  }

  @Test("runs of the index merge, and the catalog names what is left")
  func merges() async throws {
    let shop = try Workshop()
    for night in 0..<9 {
      try shop.add([("chat/n\(night)", "Question \(night) of many, what is it?", output("Answer \(night)."))])
      _ = try await shop.run()
    }
    let runs = try shop.catalog.signatureRuns()
    #expect(runs.count < 9 && runs.reduce(0) { $0 + $1.documents } == 9)
  }
}

@Suite("Comparing rules") struct ComparisonTests {
  @Test("what would change, by finding and by decision; nothing is written")
  func compare() async throws {
    let shop = try Workshop()
    let refused = output("I can't help with that.")
    let short = output("Yes.")
    try shop.add([
      ("chat/1", "One?", refused), ("chat/2", "Two?", refused), ("chat/3", "Three?", short),
      ("chat/4", "Three?", short),
    ])
    _ = try await shop.run()
    try shop.add([("chat/5", "Five?", short)])
    var parameters = CurateParameters()
    parameters.refusal = false
    parameters.length?.minOutputCharacters = 10
    let result = try await shop.stage(parameters).compare(samples: 1) { _, _ in }
    #expect(result.examined == 5 && result.undecided == 1)
    #expect(
      result.rows.map {
        "\($0.rule)/\($0.reason) \($0.effect) \($0.before) \($0.after) \($0.gained) \($0.lost)"
      } == [
        "length/output-too-short drop 0 3 3 0", "refusal/output-refusal drop 2 0 0 2",
      ])
    // The duplicate counts as one that the rules keep.
    #expect(result.wouldDrop.count == 2 && result.wouldDrop.samples.map(\.id) == ["chat/3"])
    #expect(result.wouldDrop.samples.map(\.reason) == ["length/output-too-short"])
    #expect(
      result.wouldKeep.count == 2 && result.wouldKeep.samples.map(\.reason) == ["refusal/output-refusal"])
    #expect(try shop.outcome("chat/1").hasPrefix("refusal/"))
    #expect(try shop.outcome("chat/5") == "pending")
    let same = try await shop.stage().compare(samples: 9) { _, _ in }
    #expect(same.wouldDrop.count == 0 && same.wouldKeep.count == 0)
  }
}
