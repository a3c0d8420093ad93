import Bytes
import Catalog
import Foundation
import GRDB
import Lake
import Records
import Testing
import Text

@testable import Pull

/// A workspace with a folder of logs, gone when the value is.
private final class Workshop {
  let logs: InputFolder
  let catalog: CatalogStore
  let lake: LakeStore
  private let folder: InputFolder
  private var runs = 0

  init() throws {
    logs = try InputFolder()
    folder = try InputFolder()
    catalog = try CatalogStore(path: folder.at("catalog.sqlite"))
    lake = LakeStore(folder: folder.at("lake"))
  }

  func pull(
    _ source: SourceDefinition = .chat(), workers: Int = 1, limits: PullLimits = PullLimits(),
    progress: (Int, Int) -> Void = { _, _ in }
  ) async throws -> PullAccount {
    runs += 1
    let stage = PullStage(
      catalog: catalog, lake: lake, pseudonyms: .with(7), workers: workers, run: "run-\(runs)",
      now: Timestamp(microseconds: 1_795_305_600_000_000), limits: limits)
    let account = try await stage.run(source, access: .files(logs.at("*.jsonl*")), progress: progress)
    #expect(account.records >= account.lines - account.quarantined["corrupt-stream", default: 0])
    try checkLake()
    return account
  }

  /// Every segment is sound, and nothing else is there.
  func checkLake() throws {
    let paths = try catalog.segments().map(\.path)
    for path in paths { #expect(try lake.verify(segment: path) == []) }
    #expect(try lake.unreferenced(known: Set(paths)) == [])
    #expect(try lake.removeDeadSessions() == 0)
  }

  func sql(_ text: String) throws {
    try DatabaseQueue(path: catalog.path).write { try $0.execute(sql: text) }
  }

  /// The record in the lake of each interaction, by id; that it is the row's own is checked.
  func records() throws -> [String: String] {
    var records: [String: String] = [:]
    for number in try catalog.numbers(where: "true") {
      let id = try #require(
        try DatabaseQueue(path: catalog.path).read {
          try String.fetchOne($0, sql: "SELECT id FROM interactions WHERE number = ?", arguments: [number])
        })
      let place = try #require(try catalog.explain(id)).place
      let frame = try lake.open(segment: place.path(in: .interactions)).frame(place.frame)
      let record = String(decoding: frame[place.offset..<place.offset + place.length], as: UTF8.self)
      #expect(record.contains(#""id":"\#(id)""#))
      records[id] = record
    }
    return records
  }
}

/// A line of the log.
private func line(_ id: Int, day: Int = 20, output: String = "Hello", updated: Int? = nil) -> String {
  let stamp = updated.map { #","updated":\#(1_795_168_800 + $0)"# } ?? ""
  return
    #"{"id":"\#(id)","time":"2026-11-\#(day)T10:00:00Z","input":"Hi \#(id)","output":"\#(output)","user":"u-\#(id % 3)"\#(stamp)}"#
    + "\n"
}

@Suite("Pull stage") struct PullStageTests {
  @Test("the account, to the line; and the second time there is nothing to do")
  func account() async throws {
    let shop = try Workshop()
    var source = SourceDefinition.chat()
    source.interactions?.match = [FieldMatch(path: try #require(FieldPath("kind")), value: .text("call"))]
    func call(_ id: Int) -> String {
      line(id).replacingOccurrences(of: "\"id\"", with: #""kind":"call","id""#)
    }
    try shop.logs.write("a.jsonl", call(1) + "\n" + call(2) + line(9) + "{\"id\":\n" + call(1))
    try shop.logs.write("b.jsonl", call(3) + "  \n{}\n" + call(2))
    try shop.logs.write("c.txt", call(4))
    var steps: [(Int, Int)] = []
    let first = try await shop.pull(source) { steps.append(($0, $1)) }
    #expect([first.files, first.filesRead, first.lines, first.unmatched] as [Int] == [2, 2, 8, 2])
    #expect(
      [first.interactions.new, first.interactions.repeated, first.interactions.total] as [Int] == [3, 2, 5])
    #expect(first.quarantined == ["malformed": 1])
    #expect(first.records == 8)
    #expect([first.segments, first.unfinished] as [Int] == [2, 0])
    #expect(first.segmentBytes == (try shop.catalog.counts().segmentBytes))
    #expect(first.source == "chat")
    #expect(steps.last?.0 == steps.last?.1)
    #expect(first.bytes == steps.last?.1)
    #expect(try shop.records().keys.sorted() == ["chat/1", "chat/2", "chat/3"])
    let second = try await shop.pull(source)
    #expect(
      [second.files, second.filesRead, second.lines, second.records, second.segments] as [Int] == [
        2, 0, 0, 0, 0,
      ])
    #expect(try shop.catalog.counts().quarantined == 1)
  }

  @Test func noFile() async throws {
    let shop = try Workshop()
    let account = try await shop.pull()
    #expect([account.files, account.records, account.segments] as [Int] == [0, 0, 0])
  }

  @Test("a log that grew is read on from where it was, also under another name")
  func grows() async throws {
    let shop = try Workshop()
    try shop.logs.write("a.jsonl", line(1) + line(2))
    #expect(try await shop.pull().lines == 2)
    try shop.logs.append("a.jsonl", line(3))
    #expect(try await shop.pull().lines == 1)
    try shop.logs.move("a.jsonl", to: "a.1.jsonl")
    #expect(try await shop.pull().lines == 0)
    try shop.logs.append("a.1.jsonl", line(4))
    try shop.logs.write("a.jsonl", line(5))
    #expect(try await shop.pull().lines == 2)
    #expect(try shop.records().count == 5)
    #expect(
      try shop.catalog.cursors(of: "chat").map(\.name) == [
        shop.logs.at("a.1.jsonl"), shop.logs.at("a.jsonl"),
      ])
  }

  @Test("a file whose content became another is read from its start, and what it repeats changes nothing")
  func replaced() async throws {
    let shop = try Workshop()
    try shop.logs.write("a.jsonl", line(1) + line(2) + line(3))
    #expect(try await shop.pull().interactions.new == 3)
    try shop.logs.write("a.jsonl", line(2) + line(4))
    let account = try await shop.pull()
    #expect([account.interactions.new, account.interactions.repeated] as [Int] == [1, 1])
  }

  // MARK: Tails

  @Test("an unfinished line waits for its rest")
  func unfinishedLine() async throws {
    let shop = try Workshop()
    let whole = line(2)
    try shop.logs.write("a.jsonl", line(1) + whole.prefix(40))
    let first = try await shop.pull()
    #expect([first.lines, first.unfinished, first.interactions.new] as [Int] == [1, 1, 1])
    try shop.logs.append("a.jsonl", String(whole.dropFirst(40)) + line(3))
    let second = try await shop.pull()
    #expect([second.lines, second.unfinished, second.interactions.new] as [Int] == [2, 0, 2])
    #expect(second.quarantined == [:])
  }

  @Test("an unfinished line whose rest never comes goes to quarantine at the next run")
  func unfinishedForEver() async throws {
    let shop = try Workshop()
    try shop.logs.write("a.jsonl", line(1) + #"{"id":"2","user":"ann"#)
    #expect(try await shop.pull().unfinished == 1)
    let second = try await shop.pull()
    #expect([second.lines, second.unfinished] as [Int] == [1, 0])
    #expect(second.quarantined == ["unfinished-line": 1])
    #expect(try await shop.pull().lines == 0)
  }

  @Test("a whole last line needs no newline")
  func wholeTail() async throws {
    let shop = try Workshop()
    try shop.logs.write("a.jsonl", line(1) + line(2).dropLast())
    let first = try await shop.pull()
    #expect([first.lines, first.unfinished, first.interactions.new] as [Int] == [2, 0, 2])
    try shop.logs.append("a.jsonl", "\n" + line(3))
    let second = try await shop.pull()
    #expect([second.lines, second.interactions.new] as [Int] == [1, 1])
  }

  @Test("a compressed file does not grow: what is unfinished in it is quarantined at once")
  func compressedTail() async throws {
    let shop = try Workshop()
    let text = Array((line(1) + #"{"id":"#).utf8)
    try shop.logs.write("a.jsonl.zst", try text.withUnsafeBytes { try ZstdFrame.compress($0) })
    try shop.logs.write("b.jsonl.lz4", try text.withUnsafeBytes { try LZ4Frame.compress($0) })
    let first = try await shop.pull()
    #expect(
      [first.lines, first.unfinished, first.interactions.new, first.interactions.repeated] as [Int] == [
        4, 0, 1, 1,
      ])
    #expect(first.quarantined == ["unfinished-line": 2])
    #expect(try await shop.pull().lines == 0)
  }

  @Test("a damaged file is a line in quarantine each night, and the others are read")
  func damagedFile() async throws {
    let shop = try Workshop()
    let text = Array((0..<50).map { line($0) }.joined().utf8)
    let frame = try text.withUnsafeBytes { try ZstdFrame.compress($0) }
    try shop.logs.write("a.jsonl.zst", Array(frame.dropLast(10)))
    try shop.logs.write("b.jsonl", line(100))
    for night in 1...2 {
      let account = try await shop.pull()
      #expect(account.quarantined == ["corrupt-stream": 1])
      #expect(try shop.records()["chat/100"] != nil)
      #expect(account.interactions.new == (night == 1 ? account.interactions.total : 0))
    }
    #expect(try shop.catalog.counts().quarantined == 1)
    try shop.logs.write("a.jsonl.zst", frame)
    #expect(try await shop.pull().quarantined == [:])
    #expect(try shop.records().count == 51)
  }

  @Test("a line that is too long is quarantined without its text")
  func overlong() async throws {
    let shop = try Workshop()
    var source = SourceDefinition.chat()
    source.maximumLine = 1024
    try shop.logs.write("a.jsonl", line(1) + line(2, output: String(repeating: "x", count: 2000)) + line(3))
    let account = try await shop.pull(source)
    #expect([account.lines, account.interactions.new] as [Int] == [3, 2])
    #expect(account.quarantined == ["too-long": 1])
    #expect(try await shop.pull(source).lines == 0)
  }

  @Test(
    "a file that the system refuses ends the pull, after the others were read",
    .enabled(if: geteuid() != 0, "the superuser is refused nothing"))
  func refused() async throws {
    let shop = try Workshop()
    try shop.logs.write("a.jsonl", line(1))
    chmod(try shop.logs.write("b.jsonl", line(2)), 0)
    try shop.logs.write("c.jsonl", line(3))
    let error = await #expect(throws: InputError.self) { try await shop.pull() }
    #expect(error?.code == .unreadable)
    #expect(error?.path == shop.logs.at("b.jsonl"))
    #expect(try shop.records().count == 2)
  }

  // MARK: Versions

  @Test("the newest stamp wins, whatever file or run brings it")
  func newestWins() async throws {
    for order in [["a", "b", "c"], ["c", "b", "a"], ["b", "c", "a"]] {
      for isNightly in [false, true] {
        let shop = try Workshop()
        for (index, name) in order.enumerated() {
          let stamp = ["a": 10, "b": 30, "c": 20][name] ?? 0
          try shop.logs.write("\(index).jsonl", line(1, output: "from \(name)", updated: stamp))
          if isNightly { _ = try await shop.pull() }
        }
        _ = try await shop.pull()
        #expect(try #require(try shop.records()["chat/1"]).contains("from b"))
        #expect(try shop.records().count == 1)
      }
    }
  }

  @Test("feedback in a file of its own source finds its interaction, whichever is first")
  func feedback() async throws {
    let shop = try Workshop()
    try shop.logs.write("f.jsonl", #"{"id":"1","time":0,"event":"thumbs_up","target":"7"}"# + "\n")
    let account = try await shop.pull(.feedback())
    #expect(account.feedback.new == 1)
    try shop.logs.write("f.jsonl", line(7))
    _ = try await shop.pull()
    #expect(try shop.catalog.explain("chat/7")?.feedback.map(\.id) == ["fb/1"])
    #expect(try shop.catalog.queuedLabelCount() == 1)
  }

  // MARK: Limits

  struct Shape: Sendable, CustomTestStringConvertible {
    let id: String
    var limits = PullLimits()
    var workers = 1
    let segments: Int
    var testDescription: String { id }

    init(_ id: String, workers: Int = 1, segments: Int, _ change: (inout PullLimits) -> Void = { _ in }) {
      self.id = id
      self.workers = workers
      self.segments = segments
      change(&limits)
    }
  }

  private static func log() -> String {
    (0..<60).map { index in
      index % 20 == 19
        ? "broken \(index)\n" : line(index % 50, day: 20 + index % 4, output: "out \(index)", updated: index)
    }.joined()
  }

  @Test(
    "where a transaction ends and how many work changes nothing that is kept",
    arguments: [
      // Four days and the quarantine, in one transaction or in several.
      Shape("all at once", segments: 5), Shape("three workers", workers: 3, segments: 5),
      Shape("small chunks", workers: 2, segments: 5) { $0.chunkBytes = 700 },
      Shape("every chunk", workers: 2, segments: 51) { limits in
        limits.chunkBytes = 700
        limits.commitBytes = 1
      },
      Shape("few rows", workers: 1, segments: 0) { limits in
        limits.chunkBytes = 300
        limits.commitRows = 5
      },
      Shape("few segments", workers: 4, segments: 0) { limits in
        limits.chunkBytes = 300
        limits.openSegments = 2
      },
    ])
  func limits(_ shape: Shape) async throws {
    let plain = try Workshop()
    let shop = try Workshop()
    for each in [plain, shop] {
      try each.logs.write("a.jsonl", Self.log())
      try each.logs.write("b.jsonl", line(500))
    }
    let expected = try await plain.pull()
    var account = try await shop.pull(workers: shape.workers, limits: shape.limits)
    #expect(expected.segments == 5)
    #expect([expected.lines, expected.interactions.total, expected.records] as [Int] == [61, 58, 61])
    if shape.segments > 0, shape.segments < 50 { #expect(account.segments == shape.segments) }
    if shape.limits.commitBytes == 1 || shape.segments == 0 { #expect(account.segments > 5) }
    account.segments = expected.segments
    account.segmentBytes = expected.segmentBytes
    #expect(account == expected)
    #expect(try shop.records() == plain.records())
    #expect(try shop.catalog.counts().quarantined == 3)
    #expect(try await shop.pull().lines == 0)
  }

  @Test("workers change no byte of the lake")
  func workers() async throws {
    var names: Set<[String]> = []
    for workers in [1, 2, 5] {
      let shop = try Workshop()
      try shop.logs.write("a.jsonl", Self.log())
      var limits = PullLimits()
      limits.chunkBytes = 500
      // The names of the files stand in no record but those in quarantine, whose folder differs.
      _ = try await shop.pull(workers: workers, limits: limits)
      names.insert(try shop.catalog.segments().filter { $0.table == .interactions }.map(\.name))
    }
    #expect(names.count == 1)
    #expect(names.first?.count == 4)
  }

  @Test("a pull that fails in its middle keeps what was committed, and the next one goes on from there")
  func failsInTheMiddle() async throws {
    let shop = try Workshop()
    try shop.logs.write("a.jsonl", (0..<40).map { line($0) }.joined())
    try shop.sql(
      """
      CREATE TRIGGER stop BEFORE INSERT ON interactions WHEN NEW.id = 'chat/25'
      BEGIN SELECT RAISE(ABORT, 'stop'); END
      """)
    var limits = PullLimits()
    limits.chunkBytes = 512
    limits.commitBytes = 1
    await #expect(throws: DatabaseError.self) { try await shop.pull(workers: 2, limits: limits) }
    let kept = try shop.records().count
    #expect(kept > 15 && kept < 25)
    #expect(try shop.lake.removeDeadSessions() == 0)
    try shop.sql("DROP TRIGGER stop")
    // What was sealed for the transaction that failed is garbage until somebody collects it.
    let garbage = try shop.lake.unreferenced(known: Set(try shop.catalog.segments().map(\.path)))
    #expect(garbage.count == 1)
    for path in garbage { try shop.lake.remove(segment: path) }
    let second = try await shop.pull(workers: 2, limits: limits)
    #expect(second.lines == 40 - kept)
    #expect(second.interactions.new == 40 - kept)
    #expect(try shop.records().count == 40)
  }

  @Test("a cancelled pull stops between chunks and commits nothing half")
  func cancelled() async throws {
    let shop = try Workshop()
    try shop.logs.write("a.jsonl", (0..<400).map { line($0) }.joined())
    let catalog = shop.catalog
    let lake = shop.lake
    let pattern = shop.logs.at("*.jsonl")
    var limits = PullLimits()
    limits.chunkBytes = 512
    let stage = PullStage(
      catalog: catalog, lake: lake, pseudonyms: .with(7), workers: 2, run: "run-1",
      now: Timestamp(microseconds: 0),
      limits: limits)
    let task = Task {
      try await stage.run(.chat(), access: .files(pattern)) { done, _ in
        if done > 2000 { withUnsafeCurrentTask { $0?.cancel() } }
      }
    }
    await #expect(throws: CancellationError.self) { try await task.value }
    #expect(try catalog.counts().interactions == 0)
    #expect(try catalog.cursors(of: "chat").isEmpty)
    try shop.checkLake()
    #expect(try await shop.pull().interactions.new == 400)
  }
}
