import Bytes
import Catalog
import Foundation
import Lake
import Records
import Review
import Text

/// A catalog and a lake with logged calls, and a queue over them; gone when the value is.
final class AnswerBench {
  let path: String
  let catalog: CatalogStore
  let lake: LakeStore
  var queue: QueueDefinition
  /// Seconds since the epoch that the clock shows.
  var second: Int64 = 1_000

  init(_ task: ReviewTask = .label, _ change: (inout QueueDefinition) -> Void = { _ in }) throws {
    path = FileManager.default.temporaryDirectory.path + "/answers-" + Hex.encode(KeyedHash.randomBytes(8))
    try DurableFile.makeFolder(path)
    catalog = try CatalogStore(path: "\(path)/catalog.sqlite")
    lake = LakeStore(folder: "\(path)/lake")
    queue = QueueDefinition(name: "daily")
    queue.task = task
    queue.guideline = "# Say whether it helps\n"
    queue.gold.share = 0
    change(&queue)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  var now: Timestamp { Timestamp(microseconds: second * 1_000_000) }

  static func content(_ id: String) -> ContentHash { ContentHash.of("content \(id)") }

  private static func json(_ text: String) -> String {
    String(decoding: (try? JSONEncoder().encode(text)) ?? Data(), as: UTF8.self)
  }

  /// Logs calls by id and output, all with one input.
  func log(_ calls: [(id: String, output: String)]) throws {
    var batch = PullCommit(source: "chat", run: "run")
    var text: [UInt8] = []
    for call in calls {
      let record =
        #"{"id":"\#(call.id)","input":[{"content":"Hi","role":"user"}],"output":{"content":\#(Self.json(call.output)),"role":"assistant"}}"#
      var row = InteractionRow(
        id: call.id, time: now, conversation: call.id, stamp: now, digest: .of(record), inputHash: .of("Hi"),
        contentHash: Self.content(call.id))
      row.place = RowPlace(segment: 0, frame: 0, offset: text.count, length: record.utf8.count)
      batch.interactions.append(row)
      text += Array(record.utf8) + [0x0A]
    }
    let session = try lake.beginSession(id: "log")
    defer { session.finish() }
    let writer = try session.writer(table: .interactions, day: "2026-11-20")
    try text.withUnsafeBytes {
      try writer.append(LakeFrame.compress($0, records: calls.count, firstID: "a", lastID: "z"))
    }
    let segment = try writer.seal()
    batch.segments = [
      SegmentRow(
        table: .interactions, day: segment.day, name: segment.name, fileBytes: segment.fileBytes,
        textBytes: segment.textBytes, records: segment.records)
    ]
    _ = try catalog.commit(batch)
  }

  /// Puts calls into the queue, the first being worth most; of a preference each with its second output.
  func fill(_ ids: [String], with others: [String: String] = [:], gold: [String: LabelClass] = [:]) throws {
    try catalog.syncReviewQueue(queue.setting())
    try catalog.addReviewItems(
      ids.enumerated().map { place, id in
        var item = NewReviewItem(
          task: queue.task, content: Self.content(id), interaction: id, reason: .uncertain,
          value: Double(ids.count - place))
        item.other = others[id]
        item.otherContent = others[id].map(Self.content)
        item.gold = gold[id]
        return item
      }, to: queue.name, run: "run", at: now)
  }

  func desk(_ labeler: String, _ queue: QueueDefinition? = nil) throws -> CatalogDesk {
    try CatalogDesk(queue: queue ?? self.queue, labeler: labeler, catalog: catalog, lake: lake) {
      [unowned self] in
      second += 1
      return now
    }
  }

  /// Answers the next item of a labeler; the interaction that it was.
  @discardableResult
  func answer(_ labeler: String, _ label: String, _ change: (inout ReviewAnswer) -> Void = { _ in }) throws
    -> String?
  {
    let desk = try desk(labeler)
    guard let item = try desk.next() else { return nil }
    var answer = ReviewAnswer(labels: [label], active: 1500)
    change(&answer)
    guard case .stored = try desk.submit(answer, for: item) else { return nil }
    return item.interaction
  }

  func collect(_ run: String = "run") throws -> CollectAccount {
    try AnswerCollector(catalog: catalog, lake: lake, run: run, now: now).collect()
  }

  /// The feedback on an interaction: signal, value and how many say it.
  func feedback(_ id: String) throws -> [String] {
    try catalog.explain(id)?.feedback.map { "\($0.signal) \($0.value.map { "\($0)" } ?? "-") × \($0.count)" }
      ?? []
  }
}
