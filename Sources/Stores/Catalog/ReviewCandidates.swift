import Bytes
import Foundation
import GRDB
import Records

/// A kept content that a queue could ask about, with what is known of it.
public struct ReviewCandidate: Sendable, Hashable {
  /// The catalog's number of the interaction.
  public let number: Int64
  /// The content.
  public let content: ContentHash
  /// The interaction that is shown: the kept one with the smallest id.
  public let interaction: String
  /// Interactions with this content, kept or not.
  public let traffic: Int
  /// The label's uncertainty in bits; nil where there is no label.
  public let entropy: Double?
  /// Weight of votes for good.
  public let good: Double
  /// Weight of votes for bad.
  public let bad: Double
  /// The probability of good with which the escalation left it for people; nil where it did not.
  public let left: Double?
  /// How much its label looks wrong by confident learning, 0 to 1; nil where it does not.
  public let suspicion: Double?
  /// Whether a judge preferred the other output when the order was turned.
  public let isFlipped: Bool
  /// Whether a judge was led astray by it.
  public let isHijacked: Bool

  init?(_ row: Row) {
    guard let content = ContentHash(bytes: row["content_hash"] as Data) else { return nil }
    self.content = content
    number = row["number"]
    interaction = row["id"]
    traffic = row["traffic"]
    entropy = row["entropy"]
    good = row["good"] ?? 0
    bad = row["bad"] ?? 0
    left = row["left_good"]
    suspicion = row["score"]
    isFlipped = row["flipped"]
    isHijacked = row["hijacked"]
  }
}

/// Two kept outputs for one input.
public struct ReviewPair: Sendable, Hashable {
  /// The content of the first, the smaller one.
  public let first: ContentHash
  /// The content of the second.
  public let second: ContentHash
  /// The catalog's number of the first interaction.
  public let number: Int64
  /// The first interaction.
  public let interaction: String
  /// The second interaction.
  public let other: String
  /// Interactions with one of the contents.
  public let traffic: Int
  /// Whether a judge preferred the other when the order was turned.
  public let isFlipped: Bool
}

/// An item on which people disagree.
public struct ReviewDispute: Sendable, Hashable {
  /// The content.
  public let content: ContentHash
  /// The interaction.
  public let interaction: String
  /// The catalog's number of the interaction.
  public let number: Int64
  /// Interactions with this content.
  public let traffic: Int
}

extension CatalogStore {
  /// Whether an item of the queue `?1` is about the content of `i`.
  private static let isKnown = """
    EXISTS (SELECT 1 FROM review_items r WHERE r.queue = ?1 AND r.subject = i.content_hash)
    """

  /// Hands each kept content that is not in a queue yet to `body`, in the order of their interactions' numbers; not what
  /// models wrote to be published.
  /// - Parameters:
  ///   - queue: the queue.
  ///   - body: takes one; it must not ask the catalog.
  /// - Throws: the database's errors, what `body` throws.
  public func forEachReviewCandidate(
    notIn queue: String, _ body: (ReviewCandidate) throws -> Void
  ) throws {
    try pool.read { db in
      let rows = try Row.fetchCursor(
        db,
        sql: """
          SELECT i.number, i.id, i.content_hash, i.entropy, i.good, i.bad,
            (SELECT count(*) FROM interactions t WHERE t.content_hash = i.content_hash) AS traffic,
            (SELECT good FROM human_items h WHERE h.content_hash = i.content_hash) AS left_good,
            (SELECT score FROM label_suspects s WHERE s.content_hash = i.content_hash) AS score,
            EXISTS (SELECT 1 FROM judge_flags f WHERE f.content_hash = i.content_hash AND f.reason = 'judge-flip')
              AS flipped,
            EXISTS (SELECT 1 FROM judge_flags f WHERE f.content_hash = i.content_hash AND f.reason = 'judge-hijacked')
              AS hijacked
          FROM interactions i WHERE i.decision = 'kept' AND \(Self.isLogged("i")) AND NOT \(Self.isKnown)
            AND NOT EXISTS (SELECT 1 FROM interactions e
              WHERE e.content_hash = i.content_hash AND e.decision = 'kept' AND \(Self.isLogged("e")) AND e.id < i.id)
          ORDER BY i.number
          """, arguments: [queue])
      while let row = try rows.next() { if let candidate = ReviewCandidate(row) { try body(candidate) } }
    }
  }

  /// Hands each pair of kept outputs for one input that is not in a queue yet to `body`; not what models wrote to be
  /// published.
  public func forEachReviewPair(notIn queue: String, _ body: (ReviewPair) throws -> Void) throws {
    try pool.read { db in
      let rows = try Row.fetchCursor(
        db,
        sql: """
          SELECT i.number, i.id, j.id AS other, i.content_hash, j.content_hash AS other_hash,
            (SELECT count(*) FROM interactions t WHERE t.content_hash IN (i.content_hash, j.content_hash)) AS traffic,
            EXISTS (SELECT 1 FROM judge_pairs p WHERE p.outcome = 'flip' AND (
              p.first = i.content_hash AND p.second = j.content_hash
              OR p.first = j.content_hash AND p.second = i.content_hash)) AS flipped
          FROM interactions i JOIN interactions j ON j.input_hash = i.input_hash AND j.content_hash > i.content_hash
            AND j.decision = 'kept' AND \(Self.isLogged("j"))
          WHERE i.decision = 'kept' AND \(Self.isLogged("i")) AND NOT EXISTS (
            SELECT 1 FROM review_items r WHERE r.queue = ?1 AND r.subject = CAST(i.content_hash || j.content_hash AS BLOB))
          ORDER BY i.number, j.number
          """, arguments: [queue])
      while let row = try rows.next() {
        guard let first = ContentHash(bytes: row["content_hash"] as Data),
          let second = ContentHash(bytes: row["other_hash"] as Data)
        else { continue }
        try body(
          ReviewPair(
            first: first, second: second, number: row["number"], interaction: row["id"], other: row["other"],
            traffic: row["traffic"], isFlipped: row["flipped"]))
      }
    }
  }

  /// The items of other queues that have all their answers and different ones, of kept records that are not in this queue.
  public func reviewDisputes(notIn queue: String) throws -> [ReviewDispute] {
    try pool.read { db in
      try Row.fetchAll(
        db,
        sql: """
          SELECT i.content_hash, i.id, i.number,
            (SELECT count(*) FROM interactions t WHERE t.content_hash = i.content_hash) AS traffic
          FROM (
            SELECT r.interaction FROM review_items r
            JOIN review_answers a ON a.item = r.number AND a.kind = 'answer'
            WHERE r.queue <> ?1 AND r.state = 1 AND r.gold IS NULL AND r.task IN ('label', 'correct')
            GROUP BY r.number HAVING count(DISTINCT a.label) > 1) d
          JOIN interactions i ON i.id = d.interaction AND i.decision = 'kept' AND \(Self.isLogged("i"))
          WHERE NOT \(Self.isKnown) GROUP BY i.number ORDER BY i.number
          """, arguments: [queue]
      ).compactMap { row in
        ContentHash(bytes: row["content_hash"] as Data).map {
          ReviewDispute(content: $0, interaction: row["id"], number: row["number"], traffic: row["traffic"])
        }
      }
    }
  }

  /// The numbers of kept interactions whose content a person has answered or vouched for; not of what models wrote to be
  /// published.
  public func reviewedInteractions() throws -> [Int64] {
    try pool.read { db in
      try Int64.fetchAll(
        db,
        sql: """
          SELECT min(i.number) FROM interactions i
          WHERE i.decision = 'kept' AND \(Self.isLogged("i")) AND i.content_hash IN (
            SELECT content_hash FROM review_answers WHERE kind = 'answer'
            UNION SELECT content_hash FROM (\(Self.goldenEvents))) GROUP BY i.content_hash
          """)
    }
  }

  /// Open items of a queue by reason and by slice, hidden gold not among them.
  public func openReviewItems(
    _ queue: String
  ) throws -> (byReason: [ReviewReason: Int], bySlice: [String: Int]) {
    try pool.read { db in
      var counts: (byReason: [ReviewReason: Int], bySlice: [String: Int]) = ([:], [:])
      let rows = try Row.fetchAll(
        db,
        sql: """
          SELECT reason, slice, count(*) AS n FROM review_items INDEXED BY review_items_by_state
          WHERE queue = ? AND state = 0 AND gold IS NULL GROUP BY reason, slice
          """, arguments: [queue])
      for row in rows {
        if let reason = ReviewReason(rawValue: row["reason"]) {
          counts.byReason[reason, default: 0] += row["n"] as Int
        }
        if let slice: String = row["slice"] { counts.bySlice[slice, default: 0] += row["n"] as Int }
      }
      return counts
    }
  }

  /// Makes the hidden gold items of a queue say what the golden set says now; `tie` on one that is golden no more, which nobody
  /// is given any more and which counts for no accuracy.
  public func refreshReviewGold(_ queue: String, _ classes: [ContentHash: LabelClass]) throws {
    try pool.write { db in
      let rows = try Row.fetchAll(
        db,
        sql: """
          SELECT number, content_hash, gold FROM review_items INDEXED BY review_items_of_gold
          WHERE queue = ? AND gold IS NOT NULL
          """, arguments: [queue])
      for row in rows {
        guard let content = ContentHash(bytes: row["content_hash"] as Data) else { continue }
        let now = classes[content] ?? .tie
        guard row["gold"] as String != now.rawValue else { continue }
        try db.execute(
          sql: "UPDATE review_items SET gold = ? WHERE number = ?",
          arguments: [now.rawValue, row["number"] as Int64])
      }
    }
  }
}
