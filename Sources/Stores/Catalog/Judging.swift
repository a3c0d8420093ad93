import Bytes
import Foundation
import GRDB
import Records

/// A judge's calibration as the catalog keeps it.
public struct CalibrationRow: Sendable, Hashable {
  /// The judge's name without its version.
  public let voter: String
  /// The judge's version, 64 hexadecimal digits.
  public let version: String
  /// SHA-256 of the golden set, 64 hexadecimal digits.
  public let golden: String
  /// When it was measured.
  public let time: Timestamp
  /// What was measured, as JSON.
  public let account: String

  /// States a calibration.
  public init(voter: String, version: String, golden: String, time: Timestamp, account: String) {
    self.voter = voter
    self.version = version
    self.golden = golden
    self.time = time
    self.account = account
  }
}

/// A content on which a judge cast no vote for a reason that a person should see.
public struct JudgeFlagRow: Sendable, Hashable {
  /// The content.
  public let content: ContentHash
  /// The judge's name without its version.
  public let voter: String
  /// The judge's version.
  public let version: String
  /// The reason code: `judge-hijacked`, `judge-unread` or `judge-flip`.
  public let reason: String
  /// The interaction whose body was shown.
  public let interaction: String

  /// States a flag.
  public init(content: ContentHash, voter: String, version: String, reason: String, interaction: String) {
    self.content = content
    self.voter = voter
    self.version = version
    self.reason = reason
    self.interaction = interaction
  }
}

/// An item that is left for a person.
public struct HumanItemRow: Sendable, Hashable {
  /// The content.
  public let content: ContentHash
  /// The interaction to show.
  public let interaction: String
  /// What an answer is worth; more comes first.
  public let priority: Double
  /// The probability of good, as far as it is known.
  public let good: Double
  /// Why it is left, such as `uncertain`, `budget` or `hijacked`.
  public let reason: String

  /// States an item.
  public init(content: ContentHash, interaction: String, priority: Double, good: Double, reason: String) {
    self.content = content
    self.interaction = interaction
    self.priority = priority
    self.good = good
    self.reason = reason
  }
}

/// A trained student as the catalog keeps it.
public struct StudentRow: Sendable, Hashable {
  /// Its name.
  public let name: String
  /// Its version, 64 hexadecimal digits.
  public let version: String
  /// SHA-256 of the model file, 64 hexadecimal digits.
  public let model: String
  /// SHA-256 of what it was trained on.
  public let training: String
  /// The slope of its scale.
  public let slope: Double
  /// The offset of its scale.
  public let offset: Double
  /// What was measured, as JSON.
  public let account: String

  /// States a student.
  public init(
    name: String, version: String, model: String, training: String, slope: Double, offset: Double,
    account: String
  ) {
    self.name = name
    self.version = version
    self.model = model
    self.training = training
    self.slope = slope
    self.offset = offset
    self.account = account
  }
}

/// A content that judges and students may look at.
public struct JudgingRow: Sendable, Hashable {
  /// The content.
  public let content: ContentHash
  /// The content that names its near-duplicate cluster; itself where it is in none.
  public let cluster: ContentHash
  /// The interaction whose body is shown: the kept one with the smallest id.
  public let interaction: String
  /// Where its record stands.
  public let place: LakePlace
  /// Interactions with this content, kept or not: its traffic.
  public let traffic: Int
  /// The label; nil where nobody voted.
  public let label: LabelClass?
  /// The probability of the label.
  public let probability: Double?
  /// Whether a person said what the user thinks: an explicit signal is among its votes.
  public let isExplicit: Bool
  /// The sharpest probability of good after a vote of an admitted judge, as measured on golden items; nil where there is
  /// none, or two of them say the opposite.
  public let measured: Double?
  /// The probability of good that people, rules and judges give it, by the rule of succession over the weights of their
  /// votes; nil where none of them voted, or they are even.
  ///
  /// No student's vote is in it, so that no student learns from itself.
  public let taught: Double?

  /// States a row.
  public init(
    content: ContentHash, cluster: ContentHash, interaction: String, place: LakePlace, traffic: Int,
    label: LabelClass?, probability: Double?, isExplicit: Bool, measured: Double? = nil,
    taught: Double? = nil
  ) {
    self.content = content
    self.cluster = cluster
    self.interaction = interaction
    self.place = place
    self.traffic = traffic
    self.label = label
    self.probability = probability
    self.isExplicit = isExplicit
    self.measured = measured
    self.taught = taught
  }

  /// The probability of good to learn from: ``taught``, or ``measured`` where that is of the same class and surer.
  public var lesson: Double? {
    guard let taught else { return measured }
    guard let measured, (measured > 0.5) == (taught > 0.5) else { return taught }
    return taught > 0.5 ? max(taught, measured) : min(taught, measured)
  }

  /// The probability of good: the label's, or the measured one where that is of the same class and surer; 0.5 where
  /// nothing is known.
  public var good: Double {
    let labelled: Double =
      switch label {
      case .good: probability ?? 0.5
      case .bad: 1 - (probability ?? 0.5)
      case .tie, nil: 0.5
      }
    guard let measured else { return labelled }
    switch label {
    case .good: return max(labelled, measured)
    case .bad: return min(labelled, measured)
    case nil: return measured
    case .tie: return labelled
    }
  }
}

extension CatalogStore {
  /// Adds a calibration; of the same judge on the same golden set the newest stays.
  public func addCalibration(_ row: CalibrationRow) throws {
    try pool.write { db in
      try db.execute(
        sql: """
          INSERT OR REPLACE INTO judge_calibrations (voter, version, golden, time, account) VALUES (?, ?, ?, ?, ?)
          """, arguments: [row.voter, row.version, row.golden, row.time.microseconds, row.account])
    }
  }

  /// The newest calibration of every version of every judge, by name and version.
  public func calibrations() throws -> [CalibrationRow] {
    try pool.read { db in
      try Row.fetchAll(
        db,
        sql: """
          SELECT * FROM judge_calibrations c WHERE NOT EXISTS (
            SELECT 1 FROM judge_calibrations later
            WHERE later.voter = c.voter AND later.version = c.version AND later.number > c.number)
          ORDER BY voter, version
          """
      ).map {
        CalibrationRow(
          voter: $0["voter"], version: $0["version"], golden: $0["golden"],
          time: Timestamp(microseconds: $0["time"]), account: $0["account"])
      }
    }
  }

  /// Gives the votes of a version of a voter the probabilities that were measured since.
  /// - Parameters:
  ///   - voter: the voter's name without its version.
  ///   - version: its version.
  ///   - good: probability of good after a vote for good.
  ///   - bad: probability of bad after a vote for bad.
  /// - Throws: the database's errors.
  public func setVoteProbabilities(voter: String, version: String, good: Double, bad: Double) throws {
    try pool.write { db in
      for (label, probability) in [(LabelClass.good, good), (.bad, bad)] {
        try db.execute(
          sql: """
            UPDATE model_votes SET probability = ?1
            WHERE voter = ?2 AND version = ?3 AND class = ?4 AND probability IS NOT ?1
            """, arguments: [probability, voter, version, label.rawValue])
      }
    }
  }

  /// Adds flags; one that is there stays.
  public func addJudgeFlags(_ rows: [JudgeFlagRow], run: String) throws {
    guard !rows.isEmpty else { return }
    try pool.write { db in
      var insert = try BulkStatement(
        db,
        """
        INSERT OR IGNORE INTO judge_flags (content_hash, voter, version, reason, interaction, run)
        VALUES (?, ?, ?, ?, ?, ?)
        """)
      for row in rows {
        insert.bind(blob: row.content.bytes)
        insert.bind(row.voter)
        insert.bind(row.version)
        insert.bind(row.reason)
        insert.bind(row.interaction)
        insert.bind(run)
        try insert.run()
      }
    }
  }

  /// Flags by content, then voter.
  public func judgeFlags() throws -> [JudgeFlagRow] {
    try pool.read { db in
      try Row.fetchAll(db, sql: "SELECT * FROM judge_flags ORDER BY content_hash, voter, version").compactMap
      {
        row in
        ContentHash(bytes: row["content_hash"] as Data).map {
          JudgeFlagRow(
            content: $0, voter: row["voter"], version: row["version"], reason: row["reason"],
            interaction: row["interaction"])
        }
      }
    }
  }

  /// Replaces what is left for people.
  public func setHumanItems(_ items: [HumanItemRow], run: String) throws {
    try pool.write { db in
      try db.execute(sql: "DELETE FROM human_items")
      var insert = try BulkStatement(
        db,
        """
        INSERT OR REPLACE INTO human_items (content_hash, interaction, priority, good, reason, run)
        VALUES (?, ?, ?, ?, ?, ?)
        """)
      for item in items {
        insert.bind(blob: item.content.bytes)
        insert.bind(item.interaction)
        insert.bind(item.priority)
        insert.bind(item.good)
        insert.bind(item.reason)
        insert.bind(run)
        try insert.run()
      }
    }
  }

  /// What is left for people, the most worth first.
  public func humanItems() throws -> [HumanItemRow] {
    try pool.read { db in
      try Row.fetchAll(db, sql: "SELECT * FROM human_items ORDER BY priority DESC, content_hash").compactMap {
        row in
        ContentHash(bytes: row["content_hash"] as Data).map {
          HumanItemRow(
            content: $0, interaction: row["interaction"], priority: row["priority"], good: row["good"],
            reason: row["reason"])
        }
      }
    }
  }

  /// Adds a student, in the place of the same version.
  public func addStudent(_ row: StudentRow, at time: Timestamp, run: String) throws {
    try pool.write { db in
      try db.execute(
        sql: """
          INSERT OR REPLACE INTO students (name, version, model, training, slope, intercept, account, time, run)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
          """,
        arguments: [
          row.name, row.version, row.model, row.training, row.slope, row.offset, row.account,
          time.microseconds, run,
        ])
    }
  }

  /// The contents that judges and students may look at, in the order of their hashes: kept ones, one row each, and none that
  /// models wrote to be published, which no student may learn from.
  /// - Parameter condition: an SQL condition over the view `records` that must hold for the interaction; nil takes all.
  /// - Returns: the rows.
  /// - Throws: ``CatalogError`` for an illegal condition.
  public func judgingRows(where condition: String? = nil) throws -> [JudgingRow] {
    let among = try condition.map { Set(try numbers(where: $0)) }
    return try pool.read { db in
      let rows = try Row.fetchCursor(
        db,
        sql: """
          SELECT i.number, i.id, i.content_hash, i.label, i.probability, s.name, s.day, i.frame, i.offset, i.length,
            n.cluster, m.least, m.most,
            (SELECT sum(v.weight * (v.class = 'good')) FROM votes v JOIN interactions t ON t.number = v.interaction
              WHERE t.content_hash = i.content_hash AND v.voter NOT LIKE 'student:%') AS for_good,
            (SELECT sum(v.weight * (v.class = 'bad')) FROM votes v JOIN interactions t ON t.number = v.interaction
              WHERE t.content_hash = i.content_hash AND v.voter NOT LIKE 'student:%') AS for_bad,
            (SELECT count(*) FROM interactions t WHERE t.content_hash = i.content_hash) AS traffic,
            EXISTS (SELECT 1 FROM votes v JOIN interactions t ON t.number = v.interaction
              WHERE t.content_hash = i.content_hash AND (v.voter LIKE 'thumb:%' OR v.voter LIKE 'rating:%'
                OR v.voter LIKE 'correction:%' OR v.voter LIKE 'human:%')) AS explicit
          FROM interactions i JOIN segments s ON s.number = i.segment
          LEFT JOIN near_clusters n ON n.content_hash = i.content_hash
          LEFT JOIN (
            SELECT v.content_hash, min(CASE v.class WHEN 'good' THEN v.probability ELSE 1 - v.probability END) AS least,
              max(CASE v.class WHEN 'good' THEN v.probability ELSE 1 - v.probability END) AS most
            FROM model_votes v JOIN model_voters w ON w.voter = v.voter AND w.version = v.version AND w.admitted = 1
            WHERE v.class IS NOT NULL AND v.probability IS NOT NULL AND v.voter NOT LIKE 'student:%' GROUP BY v.content_hash
          ) m ON m.content_hash = i.content_hash
          WHERE i.decision = 'kept' AND \(Self.isLogged("i")) ORDER BY i.content_hash, i.id
          """)
      var result: [JudgingRow] = []
      while let row = try rows.next() {
        guard let content = ContentHash(bytes: row["content_hash"] as Data), result.last?.content != content,
          among?.contains(row["number"]) ?? true
        else { continue }
        result.append(
          JudgingRow(
            content: content,
            cluster: (row["cluster"] as Data?).flatMap { ContentHash(bytes: $0) } ?? content,
            interaction: row["id"], place: Self.place(row), traffic: row["traffic"],
            label: (row["label"] as String?).flatMap(LabelClass.init(rawValue:)),
            probability: row["probability"], isExplicit: row["explicit"],
            measured: Self.agreed(row["least"], row["most"]),
            taught: Self.share(row["for_good"], row["for_bad"])))
      }
      return result
    }
  }

  private static func share(_ good: Double?, _ bad: Double?) -> Double? {
    guard let good, let bad, good != bad else { return nil }
    return (good + 1) / (good + bad + 2)
  }

  private static func agreed(_ least: Double?, _ most: Double?) -> Double? {
    guard let least, let most else { return nil }
    return least > 0.5 ? most : most < 0.5 ? least : nil
  }

  /// What a judge in the data said: feedback of a source, joined by its target, or by its conversation, whose last
  /// interaction before it is meant.
  /// - Parameter source: the source of the feedback.
  /// - Returns: contents with an interaction's id and the values, in the order of contents, then time.
  /// - Throws: the database's errors.
  public func dataJudgements(source: String) throws -> [(
    content: ContentHash, interaction: String, value: Double
  )] {
    try pool.read { db in
      try Row.fetchAll(
        db,
        sql: """
          SELECT i.content_hash, i.id, f.value FROM feedback f JOIN interactions i ON i.number = coalesce(
            (SELECT t.number FROM interactions t WHERE t.id = f.target),
            (SELECT c.number FROM interactions c WHERE f.target IS NULL AND c.conversation = f.conversation
              AND c.time <= f.time ORDER BY c.time DESC, c.id DESC LIMIT 1))
          WHERE f.source = ? AND f.value IS NOT NULL ORDER BY i.content_hash, f.time, f.id
          """, arguments: [source]
      ).compactMap { row in
        ContentHash(bytes: row["content_hash"] as Data).map { ($0, row["id"], row["value"]) }
      }
    }
  }

  /// What people said outright: for each content with thumbs, ratings or corrections of other sources than
  /// the one named, the share of their weight that is for good.
  ///
  /// Corrections by labelers who had seen a suggestion are left out.
  /// - Parameter source: the source whose feedback is left out.
  /// - Returns: shares, 0 to 1.
  /// - Throws: the database's errors.
  public func explicitShares(except source: String) throws -> [ContentHash: Double] {
    try pool.read { db in
      var shares: [ContentHash: Double] = [:]
      let rows = try Row.fetchCursor(
        db,
        sql: """
          SELECT i.content_hash, sum(CASE v.class WHEN 'good' THEN v.weight ELSE 0 END) / sum(v.weight) AS share
          FROM votes v JOIN feedback f ON f.number = v.feedback JOIN interactions i ON i.number = v.interaction
          WHERE f.source <> ? AND f.signal IN ('thumb', 'rating', 'correction') AND v.class IN ('good', 'bad')
            AND v.weight > 0 AND NOT EXISTS (SELECT 1 FROM review_events e
              WHERE f.source = 'review' AND e.id = substr(f.id, 8) AND e.was_exposed)
          GROUP BY i.content_hash
          """, arguments: [source])
      while let row = try rows.next() {
        if let content = ContentHash(bytes: row[0] as Data) { shares[content] = row[1] }
      }
      return shares
    }
  }
}
