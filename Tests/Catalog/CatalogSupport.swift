import Bytes
import Foundation
import GRDB
import Records

@testable import Catalog

/// A catalog in a folder that is gone when the value is.
final class CatalogFolder {
  let path: String
  let catalog: CatalogStore
  private var segments = 0

  init() throws {
    path = Self.newPath()
    try DurableFile.makeFolder(path)
    catalog = try CatalogStore(path: "\(path)/catalog.sqlite")
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  static func newPath() -> String {
    FileManager.default.temporaryDirectory.path + "/catalog-" + Hex.encode(KeyedHash.randomBytes(8))
  }

  /// Commits rows, each table's in a segment of its own.
  @discardableResult
  func commit(
    _ interactions: [InteractionRow] = [], feedback: [FeedbackRow] = [], quarantine: [QuarantineRow] = [],
    source: String = "chat", run: String = "run-1", cursors: [(name: String, state: String?)] = []
  ) throws -> PullOutcome {
    var batch = PullCommit(source: source, run: run)
    for table in [LakeTable.interactions, .feedback] {
      segments += 1
      batch.segments.append(
        SegmentRow(
          table: table, day: "2026-11-20", name: "\(table.rawValue)-\(segments)", fileBytes: 10,
          textBytes: 20,
          records: table == .interactions ? interactions.count : feedback.count))
    }
    batch.interactions = interactions
    batch.feedback = feedback.map { row in
      var row = row
      row.place.segment = 1
      return row
    }
    batch.quarantine = quarantine
    batch.cursors = cursors
    return try catalog.commit(batch)
  }

  /// Decides on everything that is pending: kept, or dropped with the reason that `drop` gives for an id.
  func curate(rules: String = "rules", drop: [String: String] = [:]) throws {
    let version = try catalog.rulesVersion(digest: rules)
    for segment in try catalog.pendingSegments(rules: version) {
      let pending = try catalog.pendingInteractions(segment: segment.number, rules: version)
      let ids = try catalog.pool.read { db in
        try pending.map {
          try String.fetchOne(db, sql: "SELECT id FROM interactions WHERE number = ?", arguments: [$0.number])
        }
      }
      try catalog.commitCuration(
        rules: version,
        zip(pending, ids).map { row, id in
          let reason = id.flatMap { drop[$0] }
          return CurationResult(
            number: row.number, decision: reason == nil ? .kept : .dropped, reason: reason, findings: [])
        })
    }
  }

  /// The rows of a query, each as its values with `|` between.
  func rows(_ sql: String) throws -> [String] {
    try catalog.pool.read { db in
      try Row.fetchAll(db, sql: sql).map { row in
        row.databaseValues.map { value in
          switch value.storage {
          case .null: "-"
          case .blob(let data): Hex.encode(data)
          default: String.fromDatabaseValue(value) ?? "\(value)"
          }
        }.joined(separator: "|")
      }
    }
  }

  /// Whether each interaction is kept, by id: `a kept`, `b duplicates/exact-duplicate`.
  func standing() throws -> [String] {
    try rows("SELECT id || ' ' || coalesce(reason, decision, 'pending') FROM interactions ORDER BY id")
  }
}

extension CatalogStore {
  /// Writes the votes on a content and its label as the label step would; `good` and `bad` stand for votes that are not
  /// listed.
  func commitLabel(
    _ content: ContentHash, _ label: LabelClass?, _ probability: Double? = nil, good: Double = 0,
    bad: Double = 0, votes: [VoteRow] = []
  ) throws {
    try commitVotes([ContentVotes(content: content, votes: votes)])
    try pool.write { db in
      try db.execute(
        sql: "UPDATE interactions SET good = ?, bad = ? WHERE content_hash = ?",
        arguments: [good, bad, Data(content.bytes)])
    }
    try writeLabels([LabelRow(content: content, label: label, probability: probability)])
  }

  /// Settles exact duplicates alone.
  func settleDuplicates(enabled: Bool) throws -> Int {
    try settle(SettlingParameters(exact: enabled, near: false, influence: nil))
  }
}

extension Timestamp {
  /// Seconds after 2026-11-20T10:00:00Z.
  static func at(_ seconds: Int64) -> Timestamp {
    Timestamp(microseconds: 1_795_168_800_000_000 + seconds * 1_000_000)
  }
}

extension InteractionRow {
  /// A row of source `chat`; what is not given follows from the id.
  static func make(
    _ id: String, at seconds: Int64 = 0, content: String? = nil, stamp: Int64? = nil, digest: String? = nil,
    conversation: String? = nil, user: String? = nil
  ) -> InteractionRow {
    var row = InteractionRow(
      id: id, time: .at(seconds), conversation: conversation ?? id, stamp: .at(stamp ?? seconds),
      digest: .of(digest ?? "\(id) \(content ?? "") \(stamp ?? seconds)"),
      inputHash: .of("in \(content ?? id)"),
      contentHash: .of(content ?? id))
    row.user = user
    return row
  }
}

extension FeedbackRow {
  static func make(
    _ id: String, on target: String?, at seconds: Int64 = 100, value: Double? = 1, signal: Signal = .thumb,
    user: String? = nil, stamp: Int64? = nil, correction: Bool = false
  ) -> FeedbackRow {
    FeedbackRow(
      id: id, target: target, conversation: nil, time: .at(seconds), user: user, signal: signal, value: value,
      count: 1, hasCorrection: correction, stamp: .at(stamp ?? seconds),
      digest: .of("\(id) \(target ?? "") \(value ?? 0) \(stamp ?? seconds)"))
  }
}
