import Bytes
import Foundation
import GRDB
import Records

/// A feedback event whose text has not been read, or not beside the output as it is now.
public struct UnreadFeedback: Sendable {
  /// The event's catalog number.
  public let number: Int64
  /// What was done.
  public let signal: Signal
  /// Whether its record holds a better output.
  public let hasCorrection: Bool
  /// Where its record stands.
  public let place: LakePlace
  /// Where the record stands that it is about.
  public let interaction: LakePlace
  /// The hash of the event's record.
  let digest: ContentHash
  /// The content that it is about.
  let content: ContentHash
}

/// What the text of a feedback event says.
public struct FeedbackReading: Sendable {
  /// The event.
  public let event: UnreadFeedback
  /// What a comment says; nil if nothing is clear.
  public let comment: LabelClass?
  /// How far a correction is from the output, 0 to 1; nil where there is none that can be compared.
  public let correction: Double?

  /// States what a text says.
  public init(event: UnreadFeedback, comment: LabelClass?, correction: Double?) {
    self.event = event
    self.comment = comment
    self.correction = correction
  }
}

extension CatalogStore {
  private static let unread = """
    FROM feedback f INDEXED BY feedback_of_texts JOIN interactions i ON i.id = f.target
    LEFT JOIN feedback_readings r ON r.feedback = f.number
    WHERE (f.has_correction = 1 OR f.signal = 'comment') AND (
      r.feedback IS NULL OR r.digest <> f.digest OR r.content_hash <> i.content_hash OR r.reader <> ?)
    """

  /// Feedback events whose text is still to be read by this version of the reader.
  public func unreadFeedbackCount(reader: Int) throws -> Int {
    try pool.read { db in
      try Int.fetchOne(db, sql: "SELECT count(*) \(Self.unread)", arguments: [reader]) ?? 0
    }
  }

  /// Up to `limit` feedback events whose text is still to be read, in the order of their places.
  public func unreadFeedback(reader: Int, limit: Int) throws -> [UnreadFeedback] {
    try pool.read { db in
      try Row.fetchAll(
        db,
        sql: """
          WITH unread AS (
            SELECT f.number, f.signal, f.has_correction, f.digest, f.segment, f.frame, f.offset, f.length,
              i.content_hash, i.segment AS own, i.frame AS own_frame, i.offset AS own_offset,
              i.length AS own_length
            \(Self.unread) ORDER BY f.segment, f.frame, f.offset LIMIT ?)
          SELECT unread.*, s.name, s.day, o.name AS own_name, o.day AS own_day FROM unread
          JOIN segments s ON s.number = unread.segment JOIN segments o ON o.number = unread.own
          ORDER BY unread.segment, unread.frame, unread.offset
          """, arguments: [reader, limit]
      ).compactMap { row in
        guard let signal = Signal(rawValue: row["signal"]),
          let digest = ContentHash(bytes: row["digest"] as Data),
          let content = ContentHash(bytes: row["content_hash"] as Data)
        else { return nil }
        return UnreadFeedback(
          number: row["number"], signal: signal, hasCorrection: row["has_correction"], place: Self.place(row),
          interaction: LakePlace(
            segment: row["own_name"], day: row["own_day"], frame: row["own_frame"], offset: row["own_offset"],
            length: row["own_length"]),
          digest: digest, content: content)
      }
    }
  }

  /// Writes what texts say and queues the contents that they are about, in one transaction.
  public func commitReadings(_ readings: [FeedbackReading], reader: Int) throws {
    try pool.write { db in
      var insert = try BulkStatement(
        db,
        """
        INSERT OR REPLACE INTO feedback_readings (feedback, digest, content_hash, reader, comment, correction)
        VALUES (?, ?, ?, ?, ?, ?)
        """)
      var queue = try BulkStatement(db, "INSERT OR IGNORE INTO label_queue VALUES (?)")
      for reading in readings {
        insert.bind(reading.event.number)
        insert.bind(blob: reading.event.digest.bytes)
        insert.bind(blob: reading.event.content.bytes)
        insert.bind(reader)
        insert.bind(reading.comment?.rawValue)
        insert.bind(reading.correction)
        try insert.run()
        queue.bind(blob: reading.event.content.bytes)
        try queue.run()
      }
    }
  }
}
