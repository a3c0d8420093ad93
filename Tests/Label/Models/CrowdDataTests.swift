import Foundation
import Label
import Statistics
import Testing

private let crowd: URL? = {
  let named = ProcessInfo.processInfo.environment["FLYWHEEL_TEST_DATA"]
  let folder =
    named.map { URL(filePath: $0) } ?? URL(filePath: #filePath).appending(path: "../../../../../shared/data")
  let sets = folder.appending(path: "crowd").standardized
  return FileManager.default.fileExists(atPath: sets.appending(path: "rte/label.csv").path) ? sets : nil
}()

/// Votes of real crowds, published with a study of label models (Zheng and others, VLDB 2017).
@Suite("Crowd data", .enabled(if: crowd != nil, "the public test data is not on this machine"))
struct CrowdDataTests {
  struct Crowd: Sendable, CustomTestStringConvertible {
    let name: String
    let majority: Double
    let dawidSkene: Double
    let alpha: Double
    var testDescription: String { name }
  }

  @Test(arguments: [
    Crowd(name: "rte", majority: 0.8969, dawidSkene: 0.9275, alpha: 0.241479),
    Crowd(name: "dog", majority: 0.8222, dawidSkene: 0.8426, alpha: 0.519418),
    Crowd(name: "sentiment", majority: 0.9335, dawidSkene: 0.96, alpha: 0.149302),
  ])
  func labels(_ expected: Crowd) throws {
    let folder = try #require(crowd).appending(path: expected.name)
    func read(_ name: String) throws -> [[Int32]] {
      try String(contentsOf: folder.appending(path: name), encoding: .utf8).split(separator: "\n").dropFirst()
        .map { try $0.split(separator: ",").map { try #require(Int32($0)) } }
    }
    let votes = try read("label.csv").map { VoteTable.Vote(item: $0[0], voter: $0[1], answer: $0[2]) }
    let known = try read("truth.csv")
    let items = Int(try #require((votes.map(\.item) + known.map { $0[0] }).max())) + 1
    var truth = [Int32](repeating: -1, count: items)
    for row in known { truth[Int(row[0])] = row[1] }
    let table = VoteTable(
      classes: Int(try #require(votes.map(\.answer).max())) + 1, items: items,
      voters: Sample.voters(Int(try #require(votes.map(\.voter).max())) + 1), votes: votes)

    let majority = LabelEstimator.forced(.majority).estimate(table).accuracy(truth: truth)
    #expect(near(majority, expected.majority, within: 5e-5))
    let plain = LabelEstimator.forced(.dawidSkene, .plain).estimate(table).accuracy(truth: truth)
    #expect(near(plain, expected.dawidSkene, within: 5e-5))
    let automatic = LabelEstimator().estimate(table)
    #expect(automatic.model == .dawidSkene)
    #expect(automatic.clusters.count == table.voters.count)
    #expect((automatic.accuracy(truth: truth) ?? 0) >= expected.dawidSkene - 5e-5)
    let alpha = Agreement(samples: 0).krippendorffAlpha(table).value
    #expect(near(alpha, expected.alpha, within: 5e-7))
  }
}
