import Bytes
import Foundation
import GRDB
import Records

/// Everything that one transaction of a pull promises: rows, their segments and the cursors behind them.
public struct PullCommit: Sendable {
  /// The source's name.
  public var source: String
  /// The run's id.
  public var run: String
  /// Sealed segments.
  public var segments: [SegmentRow] = []
  /// Interactions in them.
  public var interactions: [InteractionRow] = []
  /// Feedback in them.
  public var feedback: [FeedbackRow] = []
  /// Lines that could not be read.
  public var quarantine: [QuarantineRow] = []
  /// Whether of two states of a row with one stamp the one read later counts; default the one of the larger digest.
  ///
  /// Files are read in any order, and the result must not depend on it. What a service shows now is newer than what
  /// it showed before, also where it does not stamp every change.
  public var laterReadingWins = false
  /// Cursors by name; nil removes one.
  public var cursors: [(name: String, state: String?)] = []

  /// An empty commit of a source in a run.
  public init(source: String, run: String) {
    self.source = source
    self.run = run
  }
}

/// What became of the rows of a commit, to the row.
public struct PullTally: Sendable, Hashable, Codable {
  /// Rows of ids not seen before.
  public var new = 0
  /// Rows that replaced an older state of their id.
  public var updated = 0
  /// Rows that were there already, to the byte.
  public var repeated = 0
  /// Rows older than what is there.
  public var superseded = 0

  /// No rows.
  public init() {}

  /// All rows.
  public var total: Int { new + updated + repeated + superseded }

  /// Adds another tally.
  public mutating func add(_ other: PullTally) {
    new += other.new
    updated += other.updated
    repeated += other.repeated
    superseded += other.superseded
  }
}

/// What one commit changed.
public struct PullOutcome: Sendable, Hashable, Codable {
  /// Interactions.
  public var interactions = PullTally()
  /// Feedback.
  public var feedback = PullTally()
  /// Lines newly in quarantine.
  public var quarantined = 0
  /// Lines that were in quarantine before, from an earlier reading of the same place.
  public var quarantinedBefore = 0

  /// Nothing.
  public init() {}

  /// Adds another outcome.
  public mutating func add(_ other: PullOutcome) {
    interactions.add(other.interactions)
    feedback.add(other.feedback)
    quarantined += other.quarantined
    quarantinedBefore += other.quarantinedBefore
  }
}

extension CatalogStore {
  /// The cursors of a source: name and state.
  public func cursors(of source: String) throws -> [(name: String, state: String)] {
    try pool.read { db in
      try Row.fetchAll(
        db, sql: "SELECT name, state FROM cursors WHERE source = ? ORDER BY name", arguments: [source]
      )
      .map { (name: $0["name"], state: $0["state"]) }
    }
  }

  /// The digests of those interactions of some ids that are there.
  public func digests(ofInteractions ids: [String]) throws -> [String: ContentHash] {
    try digests(of: ids, in: "interactions")
  }

  /// The digests of those feedback events of some ids that are there.
  public func digests(ofFeedback ids: [String]) throws -> [String: ContentHash] {
    try digests(of: ids, in: "feedback")
  }

  private func digests(of ids: [String], in table: String) throws -> [String: ContentHash] {
    try pool.read { db in
      var found: [String: ContentHash] = [:]
      let statement = try db.cachedStatement(
        sql: "SELECT id, digest FROM \(table) WHERE id IN (SELECT value FROM json_each(?))")
      let rows = try Row.fetchCursor(statement, arguments: [try Self.list(ids)])
      while let row = try rows.next() { found[row[0]] = ContentHash(bytes: row[1] as Data) }
      return found
    }
  }

  /// Texts as one JSON array, for `json_each`: one look-up of many is some times faster than many of one.
  private static func list(_ texts: [String]) throws -> String {
    String(decoding: try JSONEncoder().encode(texts), as: UTF8.self)
  }

  /// Adds segments and their rows and moves the cursors, in one transaction.
  public func commit(_ batch: PullCommit) throws -> PullOutcome {
    try pool.write { db in try Self.commit(batch, db) }
  }

  /// The same within a transaction that promises more.
  static func commit(_ batch: PullCommit, _ db: Database) throws -> PullOutcome {
    var outcome = PullOutcome()
    var segments: [Int64] = []
    for segment in batch.segments { segments.append(try insert(segment, run: batch.run, db)) }
    let newest = try Int64.fetchOne(db, sql: "SELECT max(number) FROM interactions") ?? 0
    let newestFeedback = try Int64.fetchOne(db, sql: "SELECT max(number) FROM feedback") ?? 0
    outcome.interactions = try upsert(interactionsOf: batch, segments: segments, db)
    outcome.feedback = try upsert(feedbackOf: batch, segments: segments, db)
    try quarantine(batch, segments: segments, into: &outcome, db)
    try resolveTraces(of: batch, db)
    try queueLabels(interactionsAfter: newest, feedbackAfter: newestFeedback, db)
    for cursor in batch.cursors {
      if let state = cursor.state {
        try db.execute(
          sql: "INSERT OR REPLACE INTO cursors (source, name, state) VALUES (?, ?, ?)",
          arguments: [batch.source, cursor.name, state])
      } else {
        try db.execute(
          sql: "DELETE FROM cursors WHERE source = ? AND name = ?", arguments: [batch.source, cursor.name])
      }
    }
    return outcome
  }

  private static func insert(_ segment: SegmentRow, run: String, _ db: Database) throws -> Int64 {
    // The same bytes have the same name: a second pull of one file may make the same segment again.
    try db.execute(
      sql: """
        INSERT INTO segments (lake_table, day, name, file_bytes, text_bytes, records, run)
        VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (name) DO NOTHING
        """,
      arguments: [
        segment.table.rawValue, segment.day, segment.name, segment.fileBytes, segment.textBytes,
        segment.records, run,
      ])
    return try Int64.fetchOne(
      db, sql: "SELECT number FROM segments WHERE name = ?", arguments: [segment.name]) ?? 0
  }

  private static let interactionColumns = [
    "id", "source", "time", "conversation", "parent", "user", "app", "model", "prompt", "finish", "metadata",
    "tokens_in",
    "tokens_out", "cost", "latency", "input_characters", "output_characters", "turns", "segment", "frame",
    "offset",
    "length", "stamp", "digest", "input_hash", "content_hash", "trace",
    "response",
  ]

  private static func bind(
    _ row: InteractionRow, source: String, segments: [Int64], to statement: inout BulkStatement
  ) {
    statement.bind(row.id)
    statement.bind(source)
    statement.bind(row.time.microseconds)
    statement.bind(row.conversation)
    statement.bind(row.parent)
    statement.bind(row.user)
    statement.bind(row.app)
    statement.bind(row.model)
    statement.bind(row.prompt)
    statement.bind(row.finish)
    statement.bind(row.metadata)
    statement.bind(row.tokensIn)
    statement.bind(row.tokensOut)
    statement.bind(row.cost)
    statement.bind(row.latency)
    statement.bind(row.inputCharacters)
    statement.bind(row.outputCharacters)
    statement.bind(row.turns)
    statement.bind(segments[row.place.segment])
    statement.bind(row.place.frame)
    statement.bind(row.place.offset)
    statement.bind(row.place.length)
    statement.bind(row.stamp.microseconds)
    statement.bind(blob: row.digest.bytes)
    statement.bind(blob: row.inputHash.bytes)
    statement.bind(blob: row.contentHash.bytes)
    statement.bind(row.trace)
    statement.bind(row.response)
  }

  private static func insertSQL(_ table: String, _ columns: [String]) -> String {
    let marks = Array(repeating: "?", count: columns.count).joined(separator: ", ")
    return
      "INSERT INTO \(table) (\(columns.joined(separator: ", "))) VALUES (\(marks)) ON CONFLICT (id) DO NOTHING"
  }

  private static func updateSQL(
    _ table: String, _ columns: [String], also: String, laterReadingWins: Bool
  ) -> String {
    let numbered = columns.enumerated().map { "\($0.element) = ?\($0.offset + 1)" }.joined(separator: ", ")
    let stamp = (columns.firstIndex(of: "stamp") ?? 0) + 1
    let digest = (columns.firstIndex(of: "digest") ?? 0) + 1
    return """
      UPDATE \(table) SET \(numbered)\(also) WHERE id = ?1
      AND (stamp < ?\(stamp) OR (stamp = ?\(stamp) AND digest \(laterReadingWins ? "<>" : "<") ?\(digest)))
      """
  }

  /// Inserts or replaces rows of one table by their ids: the later stamp wins, then the larger digest or the later
  /// reading.
  /// - Parameters:
  ///   - rows: the rows.
  ///   - laterReadingWins: see ``PullCommit/laterReadingWins``.
  ///   - id: a row's id.
  ///   - digest: a row's digest.
  ///   - table: the table.
  ///   - columns: its columns in the order of the binds, the id first.
  ///   - reset: what an update sets beside them.
  ///   - db: the transaction.
  ///   - bind: binds a row's columns.
  ///   - replaced: called with the row as it was and the one in its place.
  /// - Returns: what became of the rows.
  /// - Throws: the database's errors.
  private static func upsert<Item>(
    _ rows: [Item], laterReadingWins: Bool, id: KeyPath<Item, String>, digest: KeyPath<Item, ContentHash>,
    into table: String, columns: [String], reset: String = "", _ db: Database,
    bind: (Item, inout BulkStatement) -> Void,
    replaced: (Row, Item) throws -> Void
  ) throws -> PullTally {
    var tally = PullTally()
    guard !rows.isEmpty else { return tally }
    var insert = try BulkStatement(db, insertSQL(table, columns))
    var update = try BulkStatement(
      db, updateSQL(table, columns, also: reset, laterReadingWins: laterReadingWins))
    for row in rows {
      bind(row, &insert)
      if try insert.run() > 0 {
        tally.new += 1
        continue
      }
      let before = try Row.fetchOne(
        db, sql: "SELECT * FROM \(table) WHERE id = ?", arguments: [row[keyPath: id]])
      bind(row, &update)
      if try update.run() > 0 {
        tally.updated += 1
        if let before { try replaced(before, row) }
      } else if let before, Array(before["digest"] as Data) == row[keyPath: digest].bytes {
        tally.repeated += 1
      } else {
        tally.superseded += 1
      }
    }
    return tally
  }

  private static func upsert(
    interactionsOf batch: PullCommit, segments: [Int64], _ db: Database
  ) throws -> PullTally {
    try upsert(
      batch.interactions, laterReadingWins: batch.laterReadingWins, id: \.id, digest: \.digest,
      into: "interactions", columns: interactionColumns,
      reset:
        ", rules = NULL, decision = NULL, reason = NULL, language = NULL, label = NULL, probability = NULL, good = NULL, bad = NULL, entropy = NULL",
      db, bind: { bind($0, source: batch.source, segments: segments, to: &$1) }
    ) { before, row in
      // What belonged to the old content is decided anew, and its cluster and labels with it.
      let number: Int64 = before["number"]
      try db.execute(sql: "DELETE FROM findings WHERE interaction = ?", arguments: [number])
      try db.execute(sql: "DELETE FROM votes WHERE interaction = ?", arguments: [number])
      if let user = before["user"] as String? {
        let time: Int64 = before["time"]
        try db.execute(
          sql: "INSERT OR IGNORE INTO influence_queue VALUES (?, ?)",
          arguments: [user, time / Self.microsecondsOfDay])
      }
      try db.execute(sql: "DELETE FROM turn_signals WHERE interaction = ?", arguments: [number])
      for conversation in [before["conversation"] as String, row.conversation] {
        try db.execute(
          sql: "INSERT OR IGNORE INTO conversation_queue VALUES (?)", arguments: [conversation])
      }
      for content in [before["content_hash"] as Data, Data(row.contentHash.bytes)] {
        for queue in ["cluster_queue", "label_queue"] {
          try db.execute(
            sql: "INSERT OR IGNORE INTO \(queue) (content_hash) VALUES (?)", arguments: [content])
        }
      }
    }
  }

  private static let feedbackColumns = [
    "id", "source", "target", "conversation", "time", "user", "signal", "value", "count", "has_correction",
    "segment",
    "frame", "offset", "length", "stamp", "digest", "trace",
  ]

  private static func bind(
    _ row: FeedbackRow, source: String, segments: [Int64], to statement: inout BulkStatement
  ) {
    statement.bind(row.id)
    statement.bind(source)
    statement.bind(row.target)
    statement.bind(row.conversation)
    statement.bind(row.time.microseconds)
    statement.bind(row.user)
    statement.bind(row.signal.rawValue)
    statement.bind(row.value)
    statement.bind(row.count)
    statement.bind(row.hasCorrection ? 1 : 0)
    statement.bind(segments[row.place.segment])
    statement.bind(row.place.frame)
    statement.bind(row.place.offset)
    statement.bind(row.place.length)
    statement.bind(row.stamp.microseconds)
    statement.bind(blob: row.digest.bytes)
    statement.bind(row.trace)
  }

  private static func upsert(
    feedbackOf batch: PullCommit, segments: [Int64], _ db: Database
  ) throws -> PullTally {
    try upsert(
      batch.feedback, laterReadingWins: batch.laterReadingWins, id: \.id, digest: \.digest, into: "feedback",
      columns: feedbackColumns, db,
      bind: { bind($0, source: batch.source, segments: segments, to: &$1) }
    ) { before, row in
      for target in [before["target"] as String?, row.target].compactMap(\.self) {
        try db.execute(
          sql: "INSERT OR IGNORE INTO label_queue SELECT content_hash FROM interactions WHERE id = ?",
          arguments: [target])
      }
    }
  }

  private static func quarantine(
    _ batch: PullCommit, segments: [Int64], into outcome: inout PullOutcome, _ db: Database
  ) throws {
    for row in batch.quarantine {
      try db.execute(
        sql: """
          INSERT INTO quarantine (source, file, byte_offset, byte_length, reason, digest, run, segment, frame, offset,
            length)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (source, file, byte_offset, digest) DO NOTHING
          """,
        arguments: [
          batch.source, row.file, row.byteOffset, row.byteLength, row.reason, Data(row.digest.bytes),
          batch.run,
          row.place.map { segments[$0.segment] }, row.place?.frame, row.place?.offset, row.place?.length,
        ])
      if db.changesCount > 0 { outcome.quarantined += 1 } else { outcome.quarantinedBefore += 1 }
    }
  }

  /// Points feedback on a trace to the trace's last interaction, and feedback on an answer to its interaction,
  /// whichever of the two came first.
  private static func resolveTraces(of batch: PullCommit, _ db: Database) throws {
    // Most sources have no feedback on traces, and then no trace is looked up.
    let isAny = try Bool.fetchOne(db, sql: "SELECT EXISTS (SELECT 1 FROM feedback WHERE trace IS NOT NULL)")
    guard isAny == true else { return }
    let traces = Set(
      batch.interactions.compactMap(\.trace) + batch.interactions.compactMap(\.response)
        + batch.feedback.compactMap(\.trace)
    ).sorted()
    let rows = try Row.fetchAll(
      db,
      sql: """
        SELECT number, target, (SELECT id FROM interactions i WHERE i.trace = f.trace OR i.response = f.trace
          ORDER BY time DESC, id DESC LIMIT 1) AS latest
        FROM feedback f WHERE trace IN (SELECT value FROM json_each(?)) ORDER BY number
        """, arguments: [try list(traces)])
    for row in rows {
      let (before, latest): (String?, String?) = (row["target"], row["latest"])
      guard let latest, latest != before else { continue }
      try db.execute(
        sql: "UPDATE feedback SET target = ? WHERE number = ?", arguments: [latest, row["number"] as Int64])
      for id in [before, latest].compactMap(\.self) {
        try db.execute(
          sql: "INSERT OR IGNORE INTO label_queue SELECT content_hash FROM interactions WHERE id = ?",
          arguments: [id])
      }
    }
  }

  /// Queues the clusters whose votes change: those of new feedback, those of new interactions that feedback waits
  /// for, and those of new interactions whose twins have a label.
  private static func queueLabels(interactionsAfter: Int64, feedbackAfter: Int64, _ db: Database) throws {
    try db.execute(
      sql: """
        INSERT OR IGNORE INTO label_queue
        SELECT i.content_hash FROM feedback f CROSS JOIN interactions i ON i.id = f.target WHERE f.number > ?
        """, arguments: [feedbackAfter])
    try db.execute(
      sql: """
        INSERT OR IGNORE INTO label_queue
        SELECT i.content_hash FROM interactions i WHERE i.number > ?
        AND (EXISTS (SELECT 1 FROM feedback f WHERE f.target = i.id)
          OR EXISTS (SELECT 1 FROM interactions twin
            WHERE twin.content_hash = i.content_hash AND (twin.label IS NOT NULL OR twin.good IS NOT NULL)))
        """, arguments: [interactionsAfter])
    try db.execute(
      sql: """
        INSERT OR IGNORE INTO conversation_queue
        SELECT conversation FROM interactions i WHERE number > ? AND \(isLogged("i")) AND EXISTS (
          SELECT 1 FROM interactions other WHERE other.conversation = i.conversation AND other.number <> i.number)
        """, arguments: [interactionsAfter])
    // Which of several answers was kept is also said by what was done with them.
    try db.execute(
      sql: """
        INSERT OR IGNORE INTO conversation_queue
        SELECT i.conversation FROM feedback f CROSS JOIN interactions i ON i.id = f.target
        WHERE f.number > ? AND f.signal IN ('copy', 'accept', 'regenerate')
        """, arguments: [feedbackAfter])
  }
}
