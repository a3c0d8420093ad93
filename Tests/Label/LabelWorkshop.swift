import Bytes
import Catalog
import Foundation
import Lake
import Records
import Testing

@testable import Label

/// An interaction as a test writes it.
struct LoggedCall {
  var id: String
  var conversation: String?
  var second: Int64 = 0
  var user: String?
  var parent: String?
  /// Messages: `u:`, `a:` or `t:` and the text.
  var input = ["u:Hi"]
  var output = "Hello"
  /// The content's name; default the input and the output.
  var content: String?

  init(_ id: String, _ change: (inout LoggedCall) -> Void = { _ in }) {
    self.id = id
    change(&self)
  }
}

/// A feedback event as a test writes it.
struct LoggedEvent {
  var id: String
  var target: String
  var signal = Signal.thumb
  var value: Double?
  var user: String?
  var comment: String?
  var correction: String?
  var second: Int64 = 100

  init(_ id: String, on target: String, _ change: (inout LoggedEvent) -> Void = { _ in }) {
    self.id = id
    self.target = target
    change(&self)
  }
}

/// A catalog and a lake in a folder that is gone when the value is.
final class LabelWorkshop {
  let path: String
  let catalog: CatalogStore
  let lake: LakeStore
  private var commits = 0

  init() throws {
    path = FileManager.default.temporaryDirectory.path + "/label-" + Hex.encode(KeyedHash.randomBytes(8))
    try DurableFile.makeFolder(path)
    catalog = try CatalogStore(path: "\(path)/catalog.sqlite")
    lake = LakeStore(folder: "\(path)/lake")
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  private static func json(_ text: String) -> String {
    String(decoding: (try? JSONEncoder().encode(text)) ?? Data(), as: UTF8.self)
  }

  func add(_ calls: [LoggedCall] = [], _ events: [LoggedEvent] = []) throws {
    commits += 1
    let session = try lake.beginSession(id: "s\(commits)")
    defer { session.finish() }
    var batch = PullCommit(source: "chat", run: "run")
    var records: [LakeTable: [[UInt8]]] = [:]
    func place(_ table: LakeTable, _ record: String) -> RowPlace {
      let bytes = Array(record.utf8)
      let offset = records[table, default: []].reduce(0) { $0 + $1.count + 1 }
      records[table, default: []].append(bytes)
      return RowPlace(segment: table == .interactions ? 0 : 1, frame: 0, offset: offset, length: bytes.count)
    }
    func time(_ second: Int64) -> Timestamp { Timestamp(microseconds: second * 1_000_000) }
    for call in calls {
      let roles: [Character: String] = ["u": "user", "a": "assistant", "t": "tool", "s": "system"]
      let messages = call.input.map { message in
        #"{"content":\#(Self.json(String(message.dropFirst(2)))),"role":"\#(roles[message.first ?? "u"] ?? "user")"}"#
      }.joined(separator: ",")
      let record =
        #"{"id":"\#(call.id)","input":[\#(messages)],"output":{"content":\#(Self.json(call.output)),"role":"assistant"}}"#
      var row = InteractionRow(
        id: call.id, time: time(call.second), conversation: call.conversation ?? call.id,
        stamp: time(call.second), digest: .of(record), inputHash: .of(messages),
        contentHash: .of(call.content ?? messages + call.output))
      row.user = call.user
      row.parent = call.parent
      row.turns = call.input.count { $0.hasPrefix("u:") }
      row.outputCharacters = call.output.count
      row.place = place(.interactions, record)
      batch.interactions.append(row)
    }
    for event in events {
      let comment = event.comment.map { #","comment":\#(Self.json($0))"# } ?? ""
      let correction = event.correction.map { #","correction":\#(Self.json($0))"# } ?? ""
      let record = #"{"id":"\#(event.id)"\#(comment)\#(correction)}"#
      var row = FeedbackRow(
        id: event.id, target: event.target, conversation: nil, time: time(event.second), user: event.user,
        signal: event.signal, value: event.value, count: 1, hasCorrection: event.correction != nil,
        stamp: time(event.second), digest: .of(record))
      row.place = place(.feedback, record)
      batch.feedback.append(row)
    }
    for table in [LakeTable.interactions, .feedback] {
      let lines = records[table] ?? [Array(#"{"id":"none"}"#.utf8)]
      let writer = try session.writer(table: table, day: "2026-11-20")
      let text: [UInt8] = lines.flatMap { $0 + [0x0A] }
      try text.withUnsafeBytes {
        try writer.append(LakeFrame.compress($0, records: lines.count, firstID: "a", lastID: "z"))
      }
      let segment = try writer.seal()
      batch.segments.append(
        SegmentRow(
          table: table, day: segment.day, name: segment.name, fileBytes: segment.fileBytes,
          textBytes: segment.textBytes, records: segment.records))
    }
    _ = try catalog.commit(batch)
  }

  /// Adds interactions by id and content, and thumbs by id, target, value and user.
  func add(
    _ interactions: [(id: String, content: String)],
    thumbs: [(id: String, target: String, value: Double, user: String)],
    signal: Signal = .thumb
  ) throws {
    let second = Int64(commits + 1)
    try add(
      interactions.map { id, content in LoggedCall(id) { $0.content = content } },
      thumbs.map { id, target, value, user in
        LoggedEvent(id, on: target) {
          $0.signal = signal
          $0.value = value
          $0.user = user
          $0.second = second
        }
      })
  }

  @discardableResult
  func run(_ change: (inout LabelParameters) -> Void = { _ in }) throws -> LabelAccount {
    var parameters = LabelParameters()
    change(&parameters)
    return try LabelStage(catalog: catalog, lake: lake, parameters: parameters).run { _, _ in }
  }

  func label(_ id: String) throws -> String {
    let row = try #require(try catalog.explain(id))
    return "\(row.label ?? "none") \(row.good)-\(row.bad)"
  }

  /// The votes on an interaction, as `thumb:u-1 good 1.0 reason`.
  func votes(_ id: String) throws -> [String] {
    try #require(try catalog.explain(id)).votes.map {
      "\($0.voter) \($0.class) \($0.weight)\($0.reason.map { " " + $0 } ?? "")"
    }
  }
}
