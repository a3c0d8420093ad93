import Foundation
import GRDB
import Records

/// One line of a labeler's list of items.
public struct ReviewListRow: Sendable, Hashable {
  /// The item's number.
  public let item: Int64
  /// The interaction.
  public let interaction: String
  /// Why it is there.
  public let reason: ReviewReason
  /// The labeler's labels with commas between; nil where there is no answer.
  public let label: String?
  /// Whether the labeler flagged it.
  public let isFlagged: Bool
  /// Whether the labeler skipped it.
  public let isSkipped: Bool
}

extension CatalogStore {
  private static let isFlagged = """
    coalesce((SELECT kind = 'flag' FROM review_events e INDEXED BY review_events_of_marks
      WHERE e.queue = ?1 AND e.labeler = ?2 AND e.item = i.number AND e.kind IN ('flag', 'unflag', 'note')
        AND e.kind <> 'note' ORDER BY e.number DESC LIMIT 1), 0)
    """

  /// `?3` is the number after which the list goes on, `?4` what is searched for, `?5` the time.
  private static func candidates(_ filter: ReviewFilter) -> [String] {
    func items(_ state: Int, _ more: String = "") -> String {
      """
      SELECT i.number AS item FROM review_items i INDEXED BY review_items_by_state
      WHERE i.queue = ?1 AND i.state = \(state) AND i.number > ?3 \(more) ORDER BY i.number
      """
    }
    switch filter {
    case .all: return [items(0), items(1)]
    case .open:
      return [
        items(
          0,
          """
          AND NOT EXISTS (SELECT 1 FROM review_answers a WHERE a.item = i.number AND a.labeler = ?2)
          AND (i.gold IS NOT NULL OR EXISTS (SELECT 1 FROM review_slots s WHERE s.item = i.number AND s.state = 0
            AND (s.labeler IS NULL OR s.labeler = ?2 OR s.expires <= ?5) AND (s.assigned IS NULL OR s.assigned = ?2)))
          """)
      ]
    case .answered, .skipped:
      return [
        """
        SELECT a.item FROM review_answers a INDEXED BY
          \(filter == .skipped ? "review_answers_of_skips" : "review_answers_by_labeler")
        WHERE a.labeler = ?2 AND a.item > ?3 AND a.kind = '\(filter == .skipped ? "skip" : "answer")'
          ORDER BY a.item
        """
      ]
    case .flagged:
      return [
        """
        SELECT DISTINCT e.item FROM review_events e INDEXED BY review_events_of_marks
        WHERE e.queue = ?1 AND e.labeler = ?2 AND e.item > ?3 AND e.kind IN ('flag', 'unflag', 'note')
          AND e.kind = 'flag' ORDER BY e.item
        """
      ]
    }
  }

  /// Lists items in the order of their numbers.
  /// - Parameters:
  ///   - filter: which.
  ///   - search: a text that the interaction's id or one of the labeler's own notes holds; empty is all.
  ///   - after: the number after which the list begins; nil begins at the first.
  ///   - limit: lines at most.
  ///   - seat: whose list.
  ///   - now: the time.
  /// - Returns: the lines.
  /// - Throws: the database's errors.
  public func reviewList(
    _ filter: ReviewFilter, search: String, after: Int64?, limit: Int, _ seat: ReviewSeat,
    at now: Timestamp
  ) throws -> [ReviewListRow] {
    try pool.read { db in
      var rows: [ReviewListRow] = []
      for query in Self.candidates(filter) {
        let found = try Row.fetchAll(
          db,
          sql: """
            SELECT i.number, i.interaction, i.reason, a.kind, a.label, \(Self.isFlagged) AS flagged
            FROM (\(query)) c JOIN review_items i ON i.number = c.item
            LEFT JOIN review_answers a ON a.item = i.number AND a.labeler = ?2
            WHERE i.queue = ?1 AND ?5 IS NOT NULL \(filter == .flagged ? "AND flagged" : "")
              AND (?4 = '' OR instr(lower(i.interaction), ?4) > 0 OR EXISTS (
                SELECT 1 FROM review_events n INDEXED BY review_events_of_marks
                WHERE n.queue = ?1 AND n.labeler = ?2 AND n.item = i.number
                  AND n.kind IN ('flag', 'unflag', 'note') AND n.kind = 'note' AND instr(lower(n.text), ?4) > 0))
            LIMIT ?6
            """,
          arguments: [
            seat.queue, seat.labeler, after ?? 0, search.lowercased(), now.microseconds, limit,
          ])
        rows += found.map { row in
          let isAnswer = (row["kind"] as String?) == ReviewEventKind.answer.rawValue
          return ReviewListRow(
            item: row["number"], interaction: row["interaction"],
            reason: ReviewReason(rawValue: row["reason"]) ?? .assigned,
            label: isAnswer ? row["label"] : nil, isFlagged: row["flagged"],
            isSkipped: (row["kind"] as String?) == ReviewEventKind.skip.rawValue)
        }
      }
      return Array(rows.sorted { $0.item < $1.item }.prefix(limit))
    }
  }
}
