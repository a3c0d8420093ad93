import Bytes
import Foundation
import GRDB
import Records

/// A vote of a labeling function or a check.
public struct FunctionVote: Sendable, Hashable {
  /// `rule:` or `check:` and the name.
  public let voter: String
  /// The first interaction it holds for, by catalog number.
  public let interaction: Int64
  /// Good or bad.
  public let `class`: LabelClass
  /// The vote's weight.
  public let weight: Double

  /// States a vote.
  public init(voter: String, interaction: Int64, class: LabelClass, weight: Double) {
    self.voter = voter
    self.interaction = interaction
    self.class = `class`
    self.weight = weight
  }
}

/// What a labeling function or a check stands for now.
public struct FunctionHits: Sendable {
  /// `rule:` or `check:` and the name.
  public let voter: String
  /// Good or bad.
  public let `class`: LabelClass
  /// The vote's weight.
  public let weight: Double
  /// The interactions it holds for, by catalog number.
  public let numbers: [Int64]
  /// Whether it votes on records that curation dropped, too.
  public let onDropped: Bool

  /// States what a function holds for.
  public init(voter: String, class: LabelClass, weight: Double, numbers: [Int64], onDropped: Bool = false) {
    self.onDropped = onDropped
    self.voter = voter
    self.class = `class`
    self.weight = weight
    self.numbers = numbers
  }
}

extension CatalogStore {
  /// Makes the votes of a function those of the contents it holds for now, in one transaction, and queues the
  /// contents whose vote is another.
  ///
  /// What models wrote to be published is voted on by nothing.
  /// - Parameter hits: what the function holds for.
  /// - Returns: contents that it votes on.
  /// - Throws: the database's errors.
  @discardableResult
  public func setFunctionVotes(_ hits: FunctionHits) throws -> Int {
    try pool.write { db in
      let list = "[" + hits.numbers.map(String.init).joined(separator: ",") + "]"
      try db.execute(
        sql: """
          CREATE TEMP TABLE hits (content_hash BLOB PRIMARY KEY, interaction INTEGER NOT NULL) WITHOUT ROWID
          """)
      defer { try? db.execute(sql: "DROP TABLE temp.hits") }
      try db.execute(
        sql: """
          INSERT INTO hits SELECT content_hash, min(number) FROM interactions i
          WHERE \(Self.isLogged("i")) AND number IN (SELECT value FROM json_each(?1)) AND (?2 OR decision IS NOT 'dropped')
          GROUP BY content_hash
          """, arguments: [list, hits.onDropped])
      try db.execute(
        sql: """
          INSERT OR IGNORE INTO label_queue SELECT h.content_hash FROM hits h
          WHERE NOT EXISTS (SELECT 1 FROM function_votes v WHERE v.voter = ?1 AND v.content_hash = h.content_hash
            AND v.interaction = h.interaction AND v.class = ?2 AND v.weight = ?3)
          """, arguments: [hits.voter, hits.class.rawValue, hits.weight])
      try db.execute(
        sql: """
          INSERT OR IGNORE INTO label_queue SELECT v.content_hash FROM function_votes v
          WHERE v.voter = ?1 AND v.content_hash NOT IN (SELECT content_hash FROM hits)
          """, arguments: [hits.voter])
      try db.execute(
        sql: """
          DELETE FROM function_votes WHERE voter = ?1 AND content_hash NOT IN (SELECT content_hash FROM hits)
          """, arguments: [hits.voter])
      try db.execute(
        sql: """
          INSERT INTO function_votes (voter, content_hash, interaction, class, weight)
          SELECT ?1, content_hash, interaction, ?2, ?3 FROM hits WHERE true
          ON CONFLICT (voter, content_hash) DO UPDATE SET
            interaction = excluded.interaction, class = excluded.class, weight = excluded.weight
          """, arguments: [hits.voter, hits.class.rawValue, hits.weight])
      return try Int.fetchOne(db, sql: "SELECT count(*) FROM hits") ?? 0
    }
  }

  /// Takes away the votes of functions that are no longer defined, and queues their contents.
  /// - Parameter voters: those that stay.
  /// - Throws: the database's errors.
  public func removeFunctionVotes(except voters: [String]) throws {
    try pool.write { db in
      let list = String(decoding: try JSONEncoder().encode(voters), as: UTF8.self)
      try db.execute(
        sql: """
          INSERT OR IGNORE INTO label_queue SELECT content_hash FROM function_votes
          WHERE voter NOT IN (SELECT value FROM json_each(?))
          """, arguments: [list])
      try db.execute(
        sql: "DELETE FROM function_votes WHERE voter NOT IN (SELECT value FROM json_each(?))",
        arguments: [list])
    }
  }

  /// The interactions with a finding of a rule that drops them, by catalog number.
  public func numbers(droppedBy rule: String) throws -> [Int64] {
    try pool.read { db in
      try Int64.fetchAll(
        db,
        sql: """
          SELECT DISTINCT interaction FROM findings WHERE rule = ? AND effect = 'drop' ORDER BY 1
          """, arguments: [rule])
    }
  }
}
