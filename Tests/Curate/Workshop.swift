import Bytes
import Catalog
import Foundation
import Lake
import Records
import Testing

@testable import Curate

/// A lake and its catalog in a folder that is gone when the value is.
final class Workshop {
  let catalog: CatalogStore
  let lake: LakeStore
  let path: String
  private var commits = 0

  init() throws {
    path = FileManager.default.temporaryDirectory.path + "/curate-" + Hex.encode(KeyedHash.randomBytes(8))
    try DurableFile.makeFolder(path)
    catalog = try CatalogStore(path: "\(path)/catalog.sqlite")
    lake = LakeStore(folder: "\(path)/lake")
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Adds interactions by id, content and members beside the input, in frames of at most `frame` records.
  func add(_ rows: [(id: String, input: String, members: String)], frame: Int = 3) throws {
    commits += 1
    let session = try lake.beginSession(id: "s\(commits)")
    defer { session.finish() }
    let writer = try session.writer(table: .interactions, day: "2026-11-20")
    var batch = PullCommit(source: "chat", run: "run")
    for (number, start) in stride(from: 0, to: rows.count, by: frame).enumerated() {
      var text: [UInt8] = []
      let part = rows[start..<min(start + frame, rows.count)]
      for (id, input, members) in part {
        let record = Array(
          #"{"id":"\#(id)","input":[{"content":"\#(input)","role":"user"}],\#(members)}"#.utf8)
        let time = Timestamp(microseconds: Int64(batch.interactions.count))
        var row = InteractionRow(
          id: id, time: time, conversation: id, stamp: Timestamp(microseconds: Int64(commits)),
          digest: .of(String(decoding: record, as: UTF8.self)), inputHash: .of(input),
          contentHash: .of(input + members))
        row.place = RowPlace(segment: 0, frame: number, offset: text.count, length: record.count)
        batch.interactions.append(row)
        text += record + [0x0A]
      }
      try text.withUnsafeBytes {
        try writer.append(
          LakeFrame.compress(
            $0, records: part.count, firstID: part.first?.id ?? "", lastID: part.last?.id ?? ""))
      }
    }
    let segment = try writer.seal()
    batch.segments = [
      SegmentRow(
        table: .interactions, day: segment.day, name: segment.name, fileBytes: segment.fileBytes,
        textBytes: segment.textBytes, records: segment.records)
    ]
    _ = try catalog.commit(batch)
  }

  /// No schemas and no models.
  var resources: CurateResources { CurateResources(project: path, models: "\(path)/models") }

  func stage(_ parameters: CurateParameters = CurateParameters(), workers: Int = 1) -> CurateStage {
    CurateStage(
      catalog: catalog, lake: lake, signatures: "\(path)/signatures", parameters: parameters,
      resources: resources, workers: workers)
  }

  func run(_ parameters: CurateParameters = CurateParameters(), workers: Int = 1) async throws
    -> CurateAccount
  {
    var last = (0, 0)
    let account = try await stage(parameters, workers: workers).run {
      last = ($0, $1)
    }
    #expect(last == (account.examined, account.examined))
    return account
  }

  /// The decision, the reason and the findings of an interaction.
  func outcome(_ id: String) throws -> String {
    let row = try #require(try catalog.explain(id))
    let findings = row.findings.map {
      "\($0.rule)/\($0.reason) \($0.effect.rawValue) \($0.part) \($0.offset)+\($0.length)"
    }
    return ([row.reason ?? row.decision ?? "pending"] + findings).joined(separator: "; ")
  }
}

/// The members of a record with an output of plain text.
func output(_ text: String, _ members: String = "") -> String {
  #""output":{"content":"\#(text)","role":"assistant"}\#(members)"#
}
