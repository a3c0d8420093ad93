import Foundation
import GRDB
import Records

/// Which findings are asked for.
public struct FindingFilter: Sendable, Hashable {
  /// The rule's name; nil is any.
  public var rule: String?
  /// The reason code; nil is any.
  public var reason: String?
  /// The interaction's source; nil is any.
  public var source: String?
  /// What the finding does; nil is any.
  public var effect: Finding.Effect?

  /// Asks for all.
  public init() {}
}

/// Findings of one rule, reason, version and effect.
public struct FindingCount: Sendable, Hashable, Codable {
  /// The rule's name.
  public let rule: String
  /// The reason code.
  public let reason: String
  /// The rule's version that found them.
  public let version: Int
  /// What they do.
  public let effect: String
  /// How many there are.
  public let findings: Int
  /// How many interactions they are on.
  public let interactions: Int
  /// How many of those interactions are kept.
  public let kept: Int
}

/// A finding and the interaction that it is on.
public struct FindingSample: Sendable {
  /// The interaction's id.
  public let id: String
  /// What curation decided on it, as `kept` or the reason of the drop.
  public let outcome: String
  /// Where the record stands.
  public let place: LakePlace
  /// The finding.
  public let finding: Finding
}

extension CatalogStore {
  private static let filtered = """
    FROM findings f JOIN interactions i ON i.number = f.interaction
    WHERE (?1 IS NULL OR f.rule = ?1) AND (?2 IS NULL OR f.reason = ?2) AND (?3 IS NULL OR i.source = ?3)
      AND (?4 IS NULL OR f.effect = ?4)
    """

  private static func arguments(_ filter: FindingFilter) -> StatementArguments {
    [filter.rule, filter.reason, filter.source, filter.effect?.rawValue]
  }

  static func finding(_ row: Row) -> Finding {
    var finding = Finding(
      rule: row["rule"], reason: row["reason"], effect: Finding.Effect(rawValue: row["effect"]) ?? .flag,
      part: row["part"], offset: row["offset"], length: row["length"])
    finding.version = row["version"]
    return finding
  }

  /// Counts findings by rule, reason, version and effect, in this order.
  public func findingCounts(_ filter: FindingFilter) throws -> [FindingCount] {
    try pool.read { db in
      try Row.fetchAll(
        db,
        sql: """
          SELECT f.rule, f.reason, f.version, f.effect, count(*) AS n, count(DISTINCT i.number) AS interactions,
            count(DISTINCT CASE WHEN i.decision = 'kept' THEN i.number END) AS kept
          \(Self.filtered) GROUP BY f.rule, f.reason, f.version, f.effect
          ORDER BY f.rule, f.reason, f.version, f.effect
          """, arguments: Self.arguments(filter)
      ).map {
        FindingCount(
          rule: $0["rule"], reason: $0["reason"], version: $0["version"], effect: $0["effect"],
          findings: $0["n"],
          interactions: $0["interactions"], kept: $0["kept"])
      }
    }
  }

  /// Draws findings of each rule and reason: those on the records of the smallest content hashes, which is a draw that
  /// is the same each time.
  /// - Parameters:
  ///   - filter: which findings.
  ///   - count: how many of each rule and reason at most.
  /// - Returns: samples by rule and reason.
  /// - Throws: the database's errors.
  public func findingSamples(_ filter: FindingFilter, count: Int) throws -> [FindingSample] {
    try pool.read { db in
      try Row.fetchAll(
        db,
        sql: """
          SELECT * FROM (
            SELECT f.*, i.id, i.decision, i.reason AS dropped, s.name, s.day, i.frame, i.offset AS place,
              i.length AS bytes,
              row_number() OVER (PARTITION BY f.rule, f.reason ORDER BY i.content_hash, i.id, f.part, f.offset) AS nth
            \(Self.filtered.replacingOccurrences(
              of: "WHERE", with: "JOIN segments s ON s.number = i.segment WHERE")))
          WHERE nth <= ?5 ORDER BY rule, reason, nth
          """, arguments: Self.arguments(filter) + [count]
      ).map { row in
        FindingSample(
          id: row["id"], outcome: (row["dropped"] as String?) ?? (row["decision"] as String?) ?? "pending",
          place: LakePlace(
            segment: row["name"], day: row["day"], frame: row["frame"], offset: row["place"],
            length: row["bytes"]),
          finding: Self.finding(row))
      }
    }
  }
}

extension CatalogStore {
  /// The places of findings with some reasons of a rule, by the interaction's catalog number; in the order of places.
  public func findingPlaces(rule: String, reasons: [String]) throws -> [Int64: [Finding]] {
    try pool.read { db in
      var places: [Int64: [Finding]] = [:]
      let list = String(decoding: try JSONEncoder().encode(reasons), as: UTF8.self)
      let rows = try Row.fetchCursor(
        db,
        sql: """
          SELECT * FROM findings WHERE rule = ? AND length > 0 AND reason IN (SELECT value FROM json_each(?))
          ORDER BY interaction, part, offset
          """, arguments: [rule, list])
      while let row = try rows.next() { places[row["interaction"], default: []].append(Self.finding(row)) }
      return places
    }
  }
}

/// How curation stands on one interaction.
public struct StandingInteraction: Sendable {
  /// Its id.
  public let id: String
  /// Kept or dropped; nil before curation.
  public let decision: String?
  /// The reason of a drop.
  public let reason: String?
  /// Its findings.
  public let findings: [Finding]
}

extension CatalogStore {
  /// How curation stands on some interactions.
  /// - Parameter numbers: their catalog numbers.
  /// - Returns: those that are there, by number.
  /// - Throws: the database's errors.
  public func standing(of numbers: [Int64]) throws -> [Int64: StandingInteraction] {
    try pool.read { db in
      let list = "[" + numbers.map(String.init).joined(separator: ",") + "]"
      var findings: [Int64: [Finding]] = [:]
      let rows = try Row.fetchCursor(
        db, sql: "SELECT * FROM findings WHERE interaction IN (SELECT value FROM json_each(?))",
        arguments: [list])
      while let row = try rows.next() {
        findings[row["interaction"], default: []].append(Self.finding(row))
      }
      var standing: [Int64: StandingInteraction] = [:]
      let interactions = try Row.fetchCursor(
        db,
        sql: """
          SELECT number, id, decision, reason FROM interactions WHERE number IN (SELECT value FROM json_each(?))
          """, arguments: [list])
      while let row = try interactions.next() {
        let number: Int64 = row["number"]
        standing[number] = StandingInteraction(
          id: row["id"], decision: row["decision"], reason: row["reason"], findings: findings[number] ?? [])
      }
      return standing
    }
  }
}
