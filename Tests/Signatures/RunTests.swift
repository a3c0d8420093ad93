import Bytes
import Foundation
import Records
import Testing
import Text

@testable import Signatures

@Suite("Runs") struct RunTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test func emptyIndex() throws {
    let index = try SignatureIndex(folder: folder.path + "/none/", runs: [], sketchVersion: 1)
    #expect(index.folder == folder.path + "/none")
    #expect(try !index.contains(Sample.content(1)))
    #expect(try index.write([]) == nil)
    #expect(index.mergePlan() == [])
    #expect(index.documents == 0)
    var forest = ClusterForest()
    let account = try index.rebuild(into: &forest, threshold: 0.7)
    #expect(account == PairAccount())
    #expect(throws: SignatureError(.tooMany, index.folder)) { try index.merge([]) }
    #expect(try SignatureIndex.collectGarbage(folder: index.folder, known: []) == 0)
    #expect(folder.names == [])
  }

  @Test("what was written is found, and nothing else", arguments: [1, 255, 256, 257, 3000])
  func contains(_ count: Int) throws {
    var index = try SignatureIndex(folder: folder.path + "/new", runs: [], sketchVersion: 1)
    let sketch = Sample.sketch(input: [1], output: [2, 3])
    let name = try Sample.add((0..<count).map { (Sample.content($0), sketch) }, to: &index)
    #expect(index.documents == count)
    #expect(try (0..<count).allSatisfy { try index.contains(Sample.content($0)) })
    #expect(try !(count..<count + 5000).contains { try index.contains(Sample.content($0)) })
    #expect(try !index.contains(ContentHash(high: 0, low: 0)))
    #expect(try !index.contains(ContentHash(high: .max, low: .max)))
    #expect(try SignatureIndex.verify(folder: index.folder, run: name) == [])
    let file = "\(index.folder)/\(name).fws"
    #expect(try Digest.sha256(DurableFile.read(file)).hex == name)
    #expect(try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int == 0o600)
    #expect(try FileManager.default.contentsOfDirectory(atPath: index.folder) == ["\(name).fws"])
  }

  @Test("an index that its process removes holds the same, under names of its own")
  func notDurable() throws {
    var kept = try folder.index()
    var passing = try SignatureIndex(
      folder: "\(folder.path)/passing", runs: [], sketchVersion: 1, isDurable: false)
    let documents = (0..<8).map { batch in
      (0..<40).map { number -> Document in
        let start = UInt32(number / 2 * 100)
        return (
          Sample.content(batch * 40 + number),
          Sample.sketch(input: start..<start + 20, output: start..<start + 30)
        )
      }
    }
    for batch in documents {
      let (one, other) = (try Sample.add(batch, to: &kept), try Sample.add(batch, to: &passing))
      #expect(one != other)
      #expect(try kept.contains(batch[0].content) && passing.contains(batch[0].content))
    }
    #expect(kept.mergePlan().count == 8)
    // It will not be searched often enough for that.
    #expect(passing.mergePlan() == [])
    let merged = (try kept.merge(kept.runs.map(\.name)), try passing.merge(passing.runs.map(\.name)))
    #expect(merged.0.documents == 320 && merged.1.documents == 320)
    #expect(merged.0.fileBytes == merged.1.fileBytes)
    let files = (
      try DurableFile.read("\(kept.folder)/\(merged.0.name).fws"),
      try DurableFile.read("\(passing.folder)/\(merged.1.name).fws")
    )
    #expect(files.0 == files.1)
  }

  @Test("contents that share their upper half across blocks")
  func equalHalves() throws {
    var index = try folder.index()
    let sketch = Sample.sketch(input: [], output: [])
    let contents = (0..<600).map { ContentHash(high: 5, low: UInt64($0) * 3) }
    _ = try Sample.add(contents.map { ($0, sketch) }, to: &index)
    #expect(try contents.allSatisfy(index.contains))
    #expect(try !contents.contains { try index.contains(ContentHash(high: 5, low: $0.low + 1)) })
  }

  @Test("sketches come back", arguments: [0, 1, 511, 512, 513, 2000])
  func sketches(_ count: Int) throws {
    let long = Sample.sketch(input: (0..<UInt32(count)).map { $0 &* 2_654_435_761 }, output: [9])
    let documents = [
      (Sample.content(1), long), (Sample.content(2), Sample.sketch(input: [], output: 0..<UInt32(count))),
    ]
    let name = try #require(try folder.index().write(documents)?.name)
    let reader = try RunReader(folder: folder.path, name: name)
    for ordinal in 0..<2 {
      let content = try reader.content(of: ordinal)
      let sketch = try reader.sketch(of: ordinal, content: content)
      let expected = try #require(documents.first { $0.0 == content }?.1)
      #expect(sketch.input == expected.input)
      #expect(sketch.output == expected.output)
      #expect(throws: SignatureError(.damaged, folder.file(name), part: "sketches")) {
        try reader.sketch(of: ordinal, content: Sample.content(3))
      }
    }
  }

  @Test("the same documents give the same file, in any order")
  func sameFile() throws {
    let documents = Sample.families(50, members: 4, seed: 1)
    let first = try folder.index().write(documents)
    var random = Seeded(1)
    let shuffled = documents.shuffled(using: &random)
    #expect(try folder.index().write(shuffled + shuffled) == first)
    #expect(folder.names.count == 1)
    var index = try folder.index()
    try index.add(try #require(first).name)
    try index.add(try #require(first).name)
    #expect(index.runs.count == 1)
    #expect(try index.write(shuffled) == nil)
  }

  @Test("of two documents with one content the first counts, of known ones none")
  func repeated() throws {
    let content = Sample.content(1)
    let sketches = [Sample.sketch(input: [1], output: [1]), Sample.sketch(input: [2], output: [2])]
    var index = try folder.index()
    let name = try Sample.add(sketches.map { (content, $0) }, to: &index)
    let reader = try RunReader(folder: folder.path, name: name)
    #expect(try reader.sketch(of: 0, content: content).input == sketches[0].input)
    let more = try #require(try index.write([(content, sketches[1]), (Sample.content(2), sketches[1])]))
    #expect(more.documents == 1)
  }

  @Test("merged runs are the file of all documents", arguments: [2, 5, 40])
  func merges(_ parts: Int) throws {
    let documents =
      Sample.families(80, members: 5, seed: 2)
      + (0..<20).map { (Sample.content($0), Sample.sketch(input: [], output: [])) }
    let whole = try #require(try folder.index().write(documents))
    var index = try folder.index()
    var names: [String] = []
    for part in 0..<parts {
      names.append(
        try Sample.add(documents.indices.filter { $0 % parts == part }.map { documents[$0] }, to: &index))
    }
    let merged = try index.merge(names)
    #expect(merged == whole)
    try index.replace(names, with: merged.name)
    #expect(index.runs == [merged])
    #expect(try documents.allSatisfy { try index.contains($0.content) })
  }

  @Test("documents of several runs stay once")
  func mergesOverlap() throws {
    let documents = Sample.families(60, members: 5, seed: 3)
    let none = Sample.sketch(input: [], output: [])
    let bare = (0..<9).map { (content: Sample.content($0), sketch: none) }
    let whole = try #require(try folder.index().write(documents + bare))
    let names = try [0..<200, 100..<300, 50..<120].map { range in
      try #require(try folder.index().write(documents[range] + bare)?.name)
    }
    let index = try folder.index(names)
    #expect(try index.merge(names) == whole)
    #expect(try index.merge(names.reversed()) == whole)
    let one = try index.merge([names[0]])
    #expect(one.name == names[0])
  }

  // MARK: What is due

  struct Plan: Sendable, CustomTestStringConvertible {
    let sizes: [Int]
    /// How many of the smallest become one.
    let expected: Int
    var testDescription: String { "\(sizes)" }
  }

  @Test(arguments: [
    Plan(sizes: [], expected: 0), Plan(sizes: [100], expected: 0),
    Plan(sizes: [100, 100, 100], expected: 0), Plan(sizes: [100, 100, 100, 100], expected: 4),
    Plan(sizes: [1, 5, 70, 100, 100, 255], expected: 6), Plan(sizes: [1, 5, 70, 100, 100, 256], expected: 0),
    Plan(sizes: [100, 100, 100, 100, 300, 300, 300], expected: 7),
    Plan(sizes: [100, 100, 100, 100, 300, 300, 2000], expected: 4),
    Plan(sizes: [100, 100, 100, 100, 1500, 1500, 1500, 1500], expected: 8),
    Plan(sizes: [9_000_000, 9_000_000, 9_000_000, 9_000_000], expected: 3),
    Plan(sizes: [20_000_000, 20_000_000, 20_000_000, 20_000_000], expected: 0),
    Plan(sizes: [5, 5, 5, 5, 20_000_000], expected: 4),
  ])
  func plans(_ plan: Plan) {
    let runs = plan.sizes.enumerated().map { SignatureRun(name: "\($0)", documents: $1, fileBytes: 1) }
    #expect(SignatureIndex.mergePlan(of: runs.reversed()) == (0..<plan.expected).map(String.init))
  }

  @Test("an index that its process removes merges sixteen of a size")
  func temporaryPlan() {
    let runs = (0..<16).map { SignatureRun(name: "\($0)", documents: 16_384, fileBytes: 1) }
    let factor = SignatureIndex.temporaryFactor
    #expect(SignatureIndex.mergePlan(of: Array(runs.dropLast()), factor: factor) == [])
    #expect(SignatureIndex.mergePlan(of: runs, factor: factor).count == 16)
  }

  @Test("a thousand days: few runs, and each document is written seldom", arguments: [1, 2])
  func days(_ seed: UInt64) {
    var random = Seeded(seed)
    var runs: [SignatureRun] = []
    var (total, written, most) = (0, 0, 0)
    for day in 0..<1000 {
      let size = seed == 1 ? 100_000 : Int.random(in: 1...200_000, using: &random)
      runs.append(SignatureRun(name: "\(day)", documents: size, fileBytes: 1))
      total += size
      written += size
      let plan = SignatureIndex.mergePlan(of: runs)
      let merged = runs.filter { plan.contains($0.name) }.reduce(0) { $0 + $1.documents }
      #expect(plan.isEmpty || plan.count >= 4)
      runs.removeAll { plan.contains($0.name) }
      if merged > 0 { runs.append(SignatureRun(name: "m\(day)", documents: merged, fileBytes: 1)) }
      written += merged
      most = max(most, runs.count)
      #expect(SignatureIndex.mergePlan(of: runs) == [])
    }
    #expect(runs.reduce(0) { $0 + $1.documents } == total)
    // Sizes from 100,000 to 33 million documents are five powers of four.
    #expect(most <= 20)
    #expect(Double(written) / Double(total) < 6)
  }

  // MARK: The rest

  @Test func readsFromManyTasks() async throws {
    var index = try folder.index()
    let documents = Sample.families(60, members: 5, seed: 8)
    for part in 0..<3 { _ = try Sample.add(Array(documents[part * 100..<part * 100 + 100]), to: &index) }
    let shared = index
    let found = try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<8 {
        group.addTask {
          var forest = ClusterForest()
          _ = try shared.rebuild(into: &forest, threshold: 0.7)
          return try documents.count { try shared.contains($0.content) } + forest.rows.count
        }
      }
      return try await group.reduce(into: Set<Int>()) { $0.insert($1) }
    }
    #expect(found.count == 1)
    #expect(found.first.map { $0 > 310 } == true)
  }

  @Test func garbageIsCollected() throws {
    var index = try folder.index()
    let documents = Sample.families(4, members: 3, seed: 4)
    let kept = try Sample.add(Array(documents[..<6]), to: &index)
    let lost = try #require(try index.write(Array(documents[6...]))?.name)
    // What a killed writer leaves, what a living one holds, and what is somebody else's.
    try DurableFile.replace("\(folder.path)/run.tmp-1-aa", with: [1])
    let (descriptor, living) = try DurableFile.openTemporary("\(folder.path)/run")
    defer { close(descriptor) }
    try DurableFile.replace("\(folder.path)/notes.fws", with: [1])
    let reader = try folder.index([lost])
    #expect(try SignatureIndex.collectGarbage(folder: folder.path, known: [kept]) == 2)
    #expect(folder.names == ["\(kept).fws", "notes.fws", (living as NSString).lastPathComponent].sorted())
    #expect(try reader.contains(documents[6].content), "who has a run open keeps it")
    #expect(try SignatureIndex.collectGarbage(folder: folder.path, known: [kept]) == 0)
  }

  @Test("a file that cannot grow is an error, and leaves nothing")
  func diskFull() async {
    await #expect(processExitsWith: .success) {
      let folder = try TemporaryFolder()
      var index = try folder.index()
      let documents = Sample.families(300, members: 2, seed: 6)
      var names: [String] = []
      for part in 0..<3 {
        names.append(try Sample.add(Array(documents[part * 200..<part * 200 + 200]), to: &index))
      }
      let before = folder.names
      signal(SIGXFSZ, SIG_IGN)
      var limit = rlimit(rlim_cur: 100_000, rlim_max: 100_000)
      #expect(setrlimit(__rlimit_resource_t(1), &limit) == 0)
      let error = #expect(throws: FileError.self) { try index.merge(names) }
      #expect(error?.operation == "write" && error?.code == EFBIG)
      #expect(throws: FileError.self) {
        try index.write(Sample.families(300, members: 2, seed: 7))
      }
      #expect(folder.names == before)
      #expect(try documents.allSatisfy { try index.contains($0.content) })
    }
  }

  @Test("sketches that no run stores", arguments: [0, 1, 2, 3])
  func badSketches(_ number: Int) throws {
    let bands = [UInt64](repeating: 1, count: RecordSketch.bandCount)
    let one = ShingleSet(smallest: [1], count: 1)
    let sketch = [
      RecordSketch(bands: [1, 2], input: one, output: one),
      RecordSketch(bands: bands, input: ShingleSet(smallest: [2, 1], count: 2), output: one),
      RecordSketch(bands: bands, input: one, output: ShingleSet(smallest: Array(0..<513), count: 513)),
      RecordSketch(bands: bands, input: one, output: ShingleSet(smallest: [1, 2], count: 1)),
    ][number]
    #expect(throws: SignatureError(.badSketch, Sample.content(1).description)) {
      try folder.index().write([(Sample.content(1), sketch)])
    }
    #expect(folder.names == [])
  }
}
