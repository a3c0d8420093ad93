import Bytes
import Records
import Signatures
import Testing
import Text

@Suite("Pairs") struct PairTests {
  let folder: TemporaryFolder
  let threshold = 0.7

  init() throws { folder = try TemporaryFolder() }

  /// 60 families of five, 30 documents without a like and 10 without shingles.
  private func documents(_ seed: Int) -> [Document] {
    Sample.families(60, members: 5, seed: UInt64(seed) + 1000)
      + Sample.families(30, members: 1, seed: UInt64(seed) + 2000)
      + (0..<10).map { (Sample.content($0), Sample.sketch(input: [], output: [])) }
  }

  @Test("clusters depend neither on order nor on division", arguments: 0..<6)
  func division(_ seed: Int) throws {
    let documents = documents(seed)
    let expected = Sample.bruteForce(documents, threshold: threshold)
    #expect(expected.count > 60 && expected.count < 300, "the sample must have similar and other members")
    var random = Seeded(UInt64(seed))
    for parts in [1, 2, 7, 30] {
      let shuffled = documents.shuffled(using: &random)
      var index = try folder.index()
      var forest = ClusterForest()
      let cuts =
        ([0, shuffled.count] + (1..<parts).map { _ in Int.random(in: 0...shuffled.count, using: &random) })
        .sorted()
      for (start, end) in zip(cuts, cuts.dropFirst()) {
        let name = try Sample.add(Array(shuffled[start..<end]), to: &index)
        if name.isEmpty { continue }
        let account = try index.pairs(of: name, into: &forest, threshold: threshold)
        #expect(account.boundedBuckets == 0)
        let plan = index.mergePlan()
        if !plan.isEmpty { try index.replace(plan, with: try index.merge(plan).name) }
      }
      #expect(forest.names == expected, "\(parts) parts")
      #expect(index.documents == documents.count)
      var again = ClusterForest()
      _ = try index.rebuild(into: &again, threshold: threshold)
      #expect(again.names == expected, "rebuilt from \(index.runs.count) runs")
      _ = try SignatureIndex.collectGarbage(folder: folder.path, known: [])
    }
  }

  @Test("with names that a catalog keeps, from one forest a run", arguments: 0..<3)
  func knownClusters(_ seed: Int) throws {
    let documents = documents(seed).sorted { $0.content.low < $1.content.low }
    var catalog: [ContentHash: ContentHash] = [:]
    var index = try folder.index()
    for start in stride(from: 0, to: documents.count, by: 41) {
      var forest = ClusterForest()
      let part = documents[start..<min(start + 41, documents.count)]
      let name = try Sample.add(Array(part), to: &index)
      _ = try index.pairs(of: name, into: &forest, threshold: threshold) { catalog[$0] }
      for change in forest.changes {
        for (content, cluster) in catalog where cluster == change.from { catalog[content] = change.to }
        catalog[change.from] = change.to
        catalog[change.to] = change.to
      }
    }
    #expect(catalog == Sample.bruteForce(documents, threshold: threshold))
  }

  @Test("another threshold", arguments: [0.5, 0.9, 1.0])
  func thresholds(_ threshold: Double) throws {
    let documents = documents(9)
    var index = try folder.index()
    for start in stride(from: 0, to: documents.count, by: 100) {
      _ = try Sample.add(Array(documents[start..<min(start + 100, documents.count)]), to: &index)
    }
    var forest = ClusterForest()
    let account = try index.rebuild(into: &forest, threshold: threshold)
    #expect(forest.names == Sample.bruteForce(documents, threshold: threshold))
    #expect(account.similar <= account.comparisons)
    #expect(account.buckets > 0)
  }

  @Test("near-identical documents cost one comparison each")
  func nearIdentical() throws {
    let documents = Sample.boilerplate(3000, shared: 95, seed: 3)
    var index = try folder.index()
    var forest = ClusterForest()
    let first = try Sample.add(Array(documents[..<2000]), to: &index)
    var account = try index.pairs(of: first, into: &forest, threshold: threshold)
    #expect(account.comparisons == 1999)
    #expect(account.largestBucket == 2000)
    let second = try Sample.add(Array(documents[2000...]), to: &index)
    account = try index.pairs(of: second, into: &forest, threshold: threshold)
    #expect(account.comparisons == 1000)
    #expect(account.similar == 1000)
    #expect(account.boundedBuckets == 0)
    #expect(Set(forest.names.values).count == 1)
    #expect(forest.rows.count == 3000)
  }

  @Test("a hostile bucket is bounded, and reported", arguments: [false, true])
  func hostile(_ isDivided: Bool) throws {
    let documents = Sample.boilerplate(4000, shared: 75, seed: 4)
    let limits = PairLimits(maximumBucket: 300, anchors: 8)
    var index = try folder.index()
    var forest = ClusterForest()
    var account = PairAccount()
    for start in stride(from: 0, to: 4000, by: isDivided ? 1000 : 4000) {
      let name = try Sample.add(Array(documents[start..<start + (isDivided ? 1000 : 4000)]), to: &index)
      account.add(try index.pairs(of: name, into: &forest, threshold: threshold, limits: limits))
    }
    #expect(account.boundedBuckets == (isDivided ? 4 : 1))
    #expect(account.largestBucket == 4000)
    #expect(account.comparisons <= 4000 * 16)
    #expect(account.similar == 0)
    #expect(forest.rows.isEmpty)
  }

  @Test("near-identical documents among hostile ones are still found")
  func hostileWithSimilar() throws {
    let documents = Sample.boilerplate(900, shared: 75, seed: 5)
    let twins = documents[..<200].enumerated().map { number, document in
      (content: Sample.content(number), sketch: document.sketch)
    }
    var index = try folder.index()
    var forest = ClusterForest()
    let name = try Sample.add(documents + twins, to: &index)
    let limits = PairLimits(maximumBucket: 100, anchors: 4)
    let account = try index.pairs(of: name, into: &forest, threshold: threshold, limits: limits)
    // The twins share all their bands, of which only the first one is crowded.
    #expect(account.boundedBuckets == 1)
    #expect(Set(forest.names.values).count == 200)
    #expect(forest.rows.count == 400)
  }

  @Test("failures are bounded over all buckets")
  func failures() throws {
    // Eight buckets of 600, some 180,000 comparisons each.
    let documents = (0..<8).flatMap { family in
      Sample.boilerplate(600, shared: 75, seed: UInt64(60 + family)).map {
        Document(
          content: $0.content,
          sketch: RecordSketch(
            bands: [UInt64(family)] + $0.sketch.bands.dropFirst(), input: $0.sketch.input,
            output: $0.sketch.output))
      }
    }
    var index = try folder.index()
    let name = try Sample.add(documents, to: &index)
    var forest = ClusterForest()
    let limits = PairLimits(failuresPerDocument: 1, anchors: 4)
    let account = try index.pairs(of: name, into: &forest, threshold: threshold, limits: limits)
    #expect(account.boundedBuckets == 2)
    #expect(account.comparisons < 1 << 20 + 1 << 18)
  }

  @Test func limitsAreLegal() {
    let limits = PairLimits(maximumBucket: -1, failuresPerDocument: -1, anchors: -1)
    #expect(limits == PairLimits(maximumBucket: 2, failuresPerDocument: 0, anchors: 1))
  }

  @Test("a document without shingles is known and no candidate")
  func withoutShingles() throws {
    var index = try folder.index()
    var forest = ClusterForest()
    let name = try Sample.add(
      (0..<5).map { (Sample.content($0), Sample.sketch(input: [], output: [])) }, to: &index)
    let account = try index.pairs(of: name, into: &forest, threshold: threshold)
    #expect(account == PairAccount())
    #expect(forest.count == 0)
    #expect(try (0..<5).allSatisfy { try index.contains(Sample.content($0)) })
    _ = try Sample.add(Sample.families(2, members: 3, seed: 1), to: &index)
    let again = try index.pairs(of: name, into: &forest, threshold: threshold)
    #expect(again == PairAccount())
  }

  @Test func runMustBeInTheIndex() throws {
    var index = try folder.index()
    let name = try #require(try index.write(Sample.families(1, members: 1, seed: 1))?.name)
    var forest = ClusterForest()
    #expect(throws: SignatureError(.missing, name)) {
      try index.pairs(of: name, into: &forest, threshold: threshold)
    }
    #expect(throws: SignatureError(.missing, name)) { try index.merge([name]) }
    try index.add(name)
    let account = try index.pairs(of: name, into: &forest, threshold: threshold)
    #expect(account.comparisons == 0)
  }
}
