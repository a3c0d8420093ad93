import Foundation
import GRDB
import Records

/// What decides between records that are each fit for use: duplicates, and the influence of one user.
///
/// The catalog remembers it, so that labels that change later settle clusters by the same word.
public struct SettlingParameters: Sendable, Hashable, Codable {
  /// Caps on the records of one user.
  public struct Influence: Sendable, Hashable, Codable {
    /// The most records of a user on one UTC day.
    public var perDay: Int
    /// The most records of a user in one window of ``burstSeconds``.
    public var burst: Int
    /// The length of a window in seconds; windows begin at multiples of it since the epoch.
    public var burstSeconds: Int

    /// States caps.
    public init(perDay: Int, burst: Int, burstSeconds: Int) {
      self.perDay = perDay
      self.burst = burst
      self.burstSeconds = burstSeconds
    }
  }

  /// Whether one record stands for all with the same content.
  public var exact: Bool
  /// Whether one record stands for all of a cluster of near duplicates.
  public var near: Bool
  /// Caps on one user; nil is none.
  public var influence: Influence?

  /// States what is settled.
  public init(exact: Bool, near: Bool, influence: Influence?) {
    self.exact = exact
    self.near = near
    self.influence = influence
  }
}

extension CatalogStore {
  /// The reason of an interaction that has the same content as an older one.
  public static let duplicateReason = "duplicates/exact-duplicate"
  /// The reason of an interaction that is nearly the same as a better one.
  public static let nearDuplicateReason = "duplicates/near-duplicate"
  /// The reason of an interaction that was one of too many in a short time.
  public static let burstReason = "influence/burst"
  /// The reason of an interaction of a user who had too many that day.
  public static let userDayReason = "influence/user-day"

  /// All reasons that settling gives and takes back, in its order.
  public static let settledReasons = [duplicateReason, nearDuplicateReason, burstReason, userDayReason]

  static let microsecondsOfDay: Int64 = 86_400_000_000

  /// Decides among the records of every touched cluster and user's day which stay, in one transaction.
  ///
  /// What was logged stays before what a model wrote to be published: that gives way to real data.
  /// First exact duplicates: of those that the rules keep the oldest stays, of equal times the smallest id. Of what is left,
  /// near duplicates: the one with the best label (good, bad, tie, none; then the higher probability), then the oldest.
  /// Of what is left, the caps: in a window the oldest stay, on a day those of the smallest content hash, which is a
  /// draw that no order of arrival changes. The result is a function of the records alone.
  /// - Parameter parameters: what is settled.
  /// - Returns: interactions whose decision or reason changed.
  /// - Throws: the database's errors.
  @discardableResult
  public func settle(_ parameters: SettlingParameters) throws -> Int {
    try pool.write { db in
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys]
      let now = String(decoding: try encoder.encode(parameters), as: UTF8.self)
      let before = try String.fetchOne(db, sql: "SELECT value FROM settings WHERE name = 'settling'")
      if let before, before != now { try Self.queueEverything(db) }
      try db.execute(sql: "INSERT OR REPLACE INTO settings VALUES ('settling', ?)", arguments: [now])
      return try Self.settle(parameters, db)
    }
  }

  /// Settles what labels have touched since, by the parameters of the last ``settle(_:)``; nothing before the first.
  /// - Returns: interactions whose decision or reason changed.
  /// - Throws: the database's errors.
  @discardableResult
  public func settleAgain() throws -> Int {
    try pool.write { db in
      guard
        let text = try String.fetchOne(db, sql: "SELECT value FROM settings WHERE name = 'settling'"),
        let parameters = try? JSONDecoder().decode(SettlingParameters.self, from: Data(text.utf8))
      else { return 0 }
      return try Self.settle(parameters, db)
    }
  }

  private static func queueEverything(_ db: Database) throws {
    try db.execute(
      sql: """
        INSERT OR IGNORE INTO cluster_queue
        SELECT content_hash FROM interactions GROUP BY content_hash HAVING count(*) > 1;
        INSERT OR IGNORE INTO cluster_queue SELECT content_hash FROM near_clusters;
        INSERT OR IGNORE INTO influence_queue
        SELECT DISTINCT user, time / \(microsecondsOfDay) FROM interactions WHERE user IS NOT NULL;
        """)
  }

  private static func settle(_ parameters: SettlingParameters, _ db: Database) throws -> Int {
    // Clusters of near duplicates take all their contents along, and both the days of their users.
    try db.execute(
      sql: """
        INSERT OR IGNORE INTO cluster_queue
        SELECT member.content_hash FROM near_clusters member WHERE member.cluster IN
          (SELECT n.cluster FROM cluster_queue q JOIN near_clusters n ON n.content_hash = q.content_hash);
        INSERT OR IGNORE INTO influence_queue
        SELECT DISTINCT i.user, i.time / \(microsecondsOfDay) FROM cluster_queue q
        JOIN interactions i ON i.content_hash = q.content_hash WHERE i.user IS NOT NULL;
        """)
    var changed = try settleExact(parameters.exact, db)
    changed += try settleNear(parameters.near, db)
    changed += try settleInfluence(parameters.influence, db)
    try db.execute(sql: "DELETE FROM cluster_queue; DELETE FROM influence_queue;")
    return changed
  }

  /// The reasons that a step may take back, as SQL: its own and those of the steps behind it.
  private static func open(from step: Int) -> String {
    "(" + settledReasons[step...].map { "'\($0)'" }.joined(separator: ", ") + ")"
  }

  private static func settleExact(_ enabled: Bool, _ db: Database) throws -> Int {
    let ranked = """
      SELECT number, row_number() OVER (PARTITION BY content_hash ORDER BY NOT \(isLogged("i")), time, id) AS place
      FROM interactions i WHERE content_hash IN (SELECT content_hash FROM cluster_queue)
      AND (decision = 'kept' OR reason IN \(open(from: 0)))
      """
    return try keepFirst(of: ranked, else: duplicateReason, enabled, db)
  }

  private static func settleNear(_ enabled: Bool, _ db: Database) throws -> Int {
    let ranked = """
      SELECT i.number, row_number() OVER (PARTITION BY n.cluster ORDER BY NOT \(isLogged("i")),
        CASE i.label WHEN 'good' THEN 0 WHEN 'bad' THEN 1 WHEN 'tie' THEN 2 ELSE 3 END,
        coalesce(i.probability, 0) DESC, i.time, i.id) AS place
      FROM cluster_queue q JOIN near_clusters n ON n.content_hash = q.content_hash
      JOIN interactions i ON i.content_hash = q.content_hash
      WHERE i.decision = 'kept' OR i.reason IN \(open(from: 1))
      """
    return try keepFirst(of: ranked, else: nearDuplicateReason, enabled, db)
  }

  /// Keeps what has place 1 and drops the rest with a reason; keeps all if the step is not enabled.
  ///
  /// `ranked` is a query for numbers of interactions and their places. Returns how many changed.
  private static func keepFirst(
    of ranked: String, else reason: String, _ enabled: Bool, _ db: Database
  ) throws -> Int {
    try db.execute(
      sql: """
        WITH ranked AS (\(ranked))
        UPDATE interactions SET
          decision = CASE WHEN place = 1 OR NOT ?2 THEN 'kept' ELSE 'dropped' END,
          reason = CASE WHEN place = 1 OR NOT ?2 THEN NULL ELSE ?1 END
        FROM ranked WHERE ranked.number = interactions.number
          AND reason IS NOT CASE WHEN place = 1 OR NOT ?2 THEN NULL ELSE ?1 END
        """, arguments: [reason, enabled])
    return db.changesCount
  }

  private static func settleInfluence(_ caps: SettlingParameters.Influence?, _ db: Database) throws -> Int {
    let most = Int64.max
    try db.execute(
      sql: """
        WITH open AS (
          SELECT i.number, i.user, q.day, i.time, i.id, i.content_hash, row_number() OVER (
            PARTITION BY i.user, i.time / ?1 ORDER BY i.time, i.id) AS nth
          FROM influence_queue q CROSS JOIN interactions i INDEXED BY interactions_by_user ON i.user = q.user
            AND i.time >= q.day * \(microsecondsOfDay) AND i.time < (q.day + 1) * \(microsecondsOfDay)
          WHERE i.decision = 'kept' OR i.reason IN \(open(from: 2))),
        ranked AS (
          SELECT number, nth, row_number() OVER (
            PARTITION BY user, day, nth > ?2 ORDER BY content_hash, id) AS place
          FROM open),
        settled AS (
          SELECT number, CASE WHEN nth > ?2 THEN ?4 WHEN place > ?3 THEN ?5 END AS verdict FROM ranked)
        UPDATE interactions SET
          decision = CASE WHEN verdict IS NULL THEN 'kept' ELSE 'dropped' END, reason = verdict
        FROM settled WHERE settled.number = interactions.number AND reason IS NOT verdict
        """,
      arguments: [
        Int64(caps?.burstSeconds ?? 60) * 1_000_000, caps.map { Int64($0.burst) } ?? most,
        caps.map { Int64($0.perDay) } ?? most, burstReason, userDayReason,
      ])
    return db.changesCount
  }
}
