import Bytes
import GRDB
import LanguageModels
import Records

/// The ledger of models' answers and costs in the catalog.
///
/// A limit holds over all processes that write the catalog, since every reservation is checked and entered in one
/// transaction that alone may write.
public final class SpendLedger: ModelLedger {
  private enum Operation: Sendable {
    case begin(SpendIntent)
    case end(SpendIntent, SpendOutcome)
  }

  private let reads: GroupCommit<Digest, KeptResponse?>
  private let writes: GroupCommit<Operation, SpendDecision>

  /// Opens the ledger.
  ///
  /// What was under way in runs that have ended, as far as the catalog knows them, may have been billed: it counts
  /// as unknown from now on. What is in a batch goes on at its service, and stays reserved.
  /// - Parameters:
  ///   - catalog: where it is.
  ///   - limits: what may be spent.
  /// - Throws: GRDB's errors.
  public init(_ catalog: CatalogStore, limits: BudgetLimits) throws {
    let pool = catalog.pool
    try pool.write { db in
      let ended = "state = 0 AND batch IS NULL AND run IN (SELECT id FROM runs WHERE state <> 'running')"
      guard try Bool.fetchOne(db, sql: "SELECT EXISTS (SELECT 1 FROM model_intents WHERE \(ended))") == true
      else {
        return
      }
      try db.execute(
        sql: """
          UPDATE model_spend SET lost = lost + gone.count, unknown = unknown + gone.sum, open = open - gone.count,
            reserved = model_spend.reserved - gone.sum
          FROM (
            SELECT day, run, model, count(*) AS count, sum(reserved) AS sum FROM model_intents WHERE \(ended)
            GROUP BY day, run, model
          ) AS gone
          WHERE gone.day = model_spend.day AND gone.run = model_spend.run AND gone.model = model_spend.model;
          UPDATE model_intents SET state = 1 WHERE \(ended);
          """)
    }
    reads = GroupCommit { digests in
      try await pool.read { db in
        let query = try BulkQuery(db, SpendBatch.findResponse)
        return try digests.map { try query.first($0.bytes, SpendBatch.response) }
      }
    }
    writes = GroupCommit { operations in
      try await pool.write { db in
        var batch = try SpendBatch(db, limits)
        let decisions = try operations.map { operation in
          switch operation {
          case .begin(let intent): return try batch.begin(intent)
          case .end(let intent, let outcome):
            try batch.end(intent, outcome)
            return .granted
          }
        }
        try batch.finish()
        return decisions
      }
    }
  }

  /// The kept answer of a request.
  public func response(_ digest: Digest) async throws -> KeptResponse? { try await reads.perform(digest) }

  /// Reserves before a request is sent.
  public func begin(_ intent: SpendIntent) async throws -> SpendDecision {
    try await writes.perform(.begin(intent))
  }

  /// Ends a reservation that was granted.
  public func end(_ intent: SpendIntent, _ outcome: SpendOutcome) async throws {
    _ = try await writes.perform(.end(intent, outcome))
  }
}

/// Changes of the ledger within one transaction.
private struct SpendBatch {
  /// A row of `model_spend`.
  struct Place: Hashable {
    let day: Int64
    let run: String
    let model: String
  }

  /// What is added to a row.
  struct Change {
    var bought: Int64 = 0
    var tokensIn: Int64 = 0
    var tokensOut: Int64 = 0
    var cost: Int64 = 0
    var open: Int64 = 0
    var reserved: Int64 = 0
    var lost: Int64 = 0
    var unknown: Int64 = 0
    var twice: Int64 = 0
  }

  /// What a day or a run has spent for certain or perhaps, and what is under way.
  struct Total {
    var spent: Int64
    var reserved: Int64
  }

  /// A reservation on the disk.
  struct Entry {
    let place: Place
    let reserved: Int64
    let isOpen: Bool
    /// The batch that the request is in.
    let batch: String?
  }

  static let findResponse = "SELECT body, tokens_in, tokens_out, cost FROM model_responses WHERE digest = ?"

  static func response(_ row: BulkQuery.Columns) -> KeptResponse {
    KeptResponse(
      body: row.bytes(0), inputTokens: Int(row.int(1)), outputTokens: Int(row.int(2)), cost: row.int(3))
  }

  static func entry(_ row: BulkQuery.Columns) -> Entry {
    Entry(
      place: Place(day: row.int(0), run: row.text(1), model: row.text(2)), reserved: row.int(3),
      isOpen: row.int(4) == 0, batch: row.isNull(5) ? nil : row.text(5))
  }

  private let db: Database
  private let limits: BudgetLimits
  private let responses: BulkQuery
  private let entries: BulkQuery
  private let removal: BulkQuery
  private let removalOfBatch: BulkQuery
  private var newResponse: BulkStatement
  private var newIntent: BulkStatement
  private var intentAgain: BulkStatement
  private var changes: [Place: Change] = [:]
  private var days: [Int64: Total] = [:]
  private var runs: [String: Total] = [:]

  init(_ db: Database, _ limits: BudgetLimits) throws {
    self.db = db
    self.limits = limits
    responses = try BulkQuery(db, Self.findResponse)
    let columns = "day, run, model, reserved, state, batch"
    entries = try BulkQuery(db, "SELECT \(columns) FROM model_intents WHERE digest = ?")
    removal = try BulkQuery(
      db, "DELETE FROM model_intents WHERE digest = ? AND batch IS NULL RETURNING \(columns)")
    removalOfBatch = try BulkQuery(
      db, "DELETE FROM model_intents WHERE digest = ? AND batch IS NOT NULL RETURNING \(columns)")
    newResponse = try BulkStatement(
      db,
      """
      INSERT OR IGNORE INTO model_responses (digest, model, run, time, tokens_in, tokens_out, cost, body)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?)
      """)
    newIntent = try BulkStatement(
      db,
      """
      INSERT INTO model_intents (digest, model, run, day, reserved, batch, state) VALUES (?, ?, ?, ?, ?, ?, 0)
      ON CONFLICT DO NOTHING
      """)
    intentAgain = try BulkStatement(
      db,
      """
      INSERT OR REPLACE INTO model_intents (digest, model, run, day, reserved, batch, state)
      VALUES (?, ?, ?, ?, ?, ?, ?)
      """)
  }

  private static func place(_ intent: SpendIntent) -> Place {
    Place(day: intent.time.dayNumber, run: intent.run, model: intent.model)
  }

  // MARK: Beginning

  mutating func begin(_ intent: SpendIntent) throws -> SpendDecision {
    if let response = try responses.first(intent.digest.bytes, Self.response) { return .kept(response) }
    let place = Self.place(intent)
    let short = try shortage(intent, place)
    if short == nil, try enter(intent, place) {
      change(place) {
        $0.open += 1
        $0.reserved += intent.reserved
      }
      return .granted
    }
    guard let before = try entries.first(intent.digest.bytes, Self.entry) else { return short ?? .granted }
    return try begin(intent, place, after: before)
  }

  /// Begins a request of which a reservation is there that nobody ended.
  private mutating func begin(
    _ intent: SpendIntent, _ place: Place, after before: Entry
  ) throws -> SpendDecision {
    // The same key on the same day is one bill, whichever sending of it is billed, and a batch is sent once.
    let isOneBill =
      before.batch == intent.batch
      && (intent.batch != nil || intent.honoursKeys && before.place.day == place.day)
    if isOneBill { release(before, -1) }
    if let short = try shortage(intent, place) {
      if isOneBill { release(before, 1) }
      return short
    }
    if !isOneBill, before.isOpen { lose(before) }
    intentAgain.bind(blob: intent.digest.bytes)
    intentAgain.bind(intent.model)
    intentAgain.bind(intent.run)
    intentAgain.bind(place.day)
    intentAgain.bind(intent.reserved)
    intentAgain.bind(intent.batch)
    intentAgain.bind(0)
    try intentAgain.run()
    change(place) {
      $0.open += 1
      $0.reserved += intent.reserved
      if !isOneBill, !intent.honoursKeys, intent.reserved > 0 { $0.twice += 1 }
    }
    return .granted
  }

  private mutating func enter(_ intent: SpendIntent, _ place: Place) throws -> Bool {
    newIntent.bind(blob: intent.digest.bytes)
    newIntent.bind(intent.model)
    newIntent.bind(intent.run)
    newIntent.bind(place.day)
    newIntent.bind(intent.reserved)
    newIntent.bind(intent.batch)
    return try newIntent.run() == 1
  }

  /// The limit that a reservation would break, if any; one of nothing breaks none.
  private mutating func shortage(_ intent: SpendIntent, _ place: Place) throws -> SpendDecision? {
    guard intent.reserved > 0 else { return nil }
    func judge(_ total: Total, _ limit: Int64?, _ scope: BudgetScope) -> SpendDecision? {
      guard let limit, total.spent + total.reserved + intent.reserved > limit else { return nil }
      return .short(scope, isFinal: total.spent + intent.reserved > limit)
    }
    let run = try judge(total(run: place.run), limits.run, .run)
    let day = try judge(total(day: place.day), limits.day, .day)
    if case .short(_, isFinal: true) = day { return day }
    return run ?? day
  }

  // MARK: Ending

  mutating func end(_ intent: SpendIntent, _ outcome: SpendOutcome) throws {
    let place = Self.place(intent)
    switch outcome {
    case .answered(let response):
      try remove(intent)
      newResponse.bind(blob: intent.digest.bytes)
      newResponse.bind(intent.model)
      newResponse.bind(intent.run)
      newResponse.bind(intent.time.microseconds)
      newResponse.bind(response.inputTokens)
      newResponse.bind(response.outputTokens)
      newResponse.bind(response.cost)
      newResponse.bind(blob: response.body)
      try newResponse.run()
      change(place) {
        $0.bought += 1
        $0.tokensIn += Int64(response.inputTokens)
        $0.tokensOut += Int64(response.outputTokens)
        $0.cost += response.cost
      }
    case .notBilled: try remove(intent)
    case .unknown:
      guard let entry = try entries.first(intent.digest.bytes, Self.entry), entry.batch == intent.batch else {
        // What was taken over from a batch counts as unknown since then.
        guard intent.batch == nil else { return }
        // Another process has ended it; what this one sent may be billed all the same.
        change(place) {
          $0.lost += 1
          $0.unknown += intent.reserved
        }
        return
      }
      guard entry.isOpen else { return }
      lose(entry)
      intentAgain.bind(blob: intent.digest.bytes)
      intentAgain.bind(entry.place.model)
      intentAgain.bind(entry.place.run)
      intentAgain.bind(entry.place.day)
      intentAgain.bind(entry.reserved)
      intentAgain.bind(entry.batch)
      intentAgain.bind(1)
      try intentAgain.run()
    }
  }

  private mutating func remove(_ intent: SpendIntent) throws {
    // One that was taken over by a batch, or from one, stands for another bill.
    if intent.batch != nil, try entries.first(intent.digest.bytes, Self.entry)?.batch != intent.batch {
      return
    }
    let removal = intent.batch == nil ? removal : removalOfBatch
    if let entry = try removal.first(intent.digest.bytes, Self.entry) { release(entry, -1) }
  }

  // MARK: Money

  /// Takes a reservation out of what counts (-1), or puts it back (1).
  private mutating func release(_ entry: Entry, _ sign: Int64) {
    change(entry.place) {
      if entry.isOpen {
        $0.open += sign
        $0.reserved += sign * entry.reserved
      } else {
        $0.lost += sign
        $0.unknown += sign * entry.reserved
      }
    }
  }

  /// Lets an open reservation count as unknown.
  private mutating func lose(_ entry: Entry) {
    change(entry.place) {
      $0.open -= 1
      $0.reserved -= entry.reserved
      $0.lost += 1
      $0.unknown += entry.reserved
    }
  }

  private mutating func change(_ place: Place, _ body: (inout Change) -> Void) {
    var change = Change()
    body(&change)
    // Totals that are read later are read with what stands in `changes`.
    days[place.day]?.add(change)
    runs[place.run]?.add(change)
    changes[place, default: Change()].add(change)
  }

  private mutating func total(day: Int64) throws -> Total {
    if let known = days[day] { return known }
    var total = try Self.sum(db, "day = ?", [day])
    for (place, change) in changes where place.day == day { total.add(change) }
    days[day] = total
    return total
  }

  private mutating func total(run: String) throws -> Total {
    if let known = runs[run] { return known }
    var total = try Self.sum(db, "run = ?", [run])
    for (place, change) in changes where place.run == run { total.add(change) }
    runs[run] = total
    return total
  }

  private static func sum(_ db: Database, _ condition: String, _ arguments: StatementArguments) throws
    -> Total
  {
    let statement = try db.cachedStatement(
      sql: """
        SELECT coalesce(sum(cost + unknown), 0), coalesce(sum(reserved), 0) FROM model_spend WHERE \(condition)
        """)
    let row = try Row.fetchOne(statement, arguments: arguments)
    return Total(spent: row?[0] ?? 0, reserved: row?[1] ?? 0)
  }

  /// Writes what has changed.
  mutating func finish() throws {
    guard !changes.isEmpty else { return }
    var statement = try BulkStatement(
      db,
      """
      INSERT INTO model_spend (day, run, model, bought, tokens_in, tokens_out, cost, open, reserved, lost, unknown,
        twice)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT DO UPDATE SET bought = bought + excluded.bought, tokens_in = tokens_in + excluded.tokens_in,
        tokens_out = tokens_out + excluded.tokens_out, cost = cost + excluded.cost, open = open + excluded.open,
        reserved = reserved + excluded.reserved, lost = lost + excluded.lost, unknown = unknown + excluded.unknown,
        twice = twice + excluded.twice
      """)
    for (place, change) in changes {
      statement.bind(place.day)
      statement.bind(place.run)
      statement.bind(place.model)
      for value in [
        change.bought, change.tokensIn, change.tokensOut, change.cost, change.open, change.reserved,
        change.lost,
        change.unknown, change.twice,
      ] { statement.bind(value) }
      try statement.run()
    }
  }
}

extension SpendBatch.Change {
  fileprivate mutating func add(_ other: Self) {
    bought += other.bought
    tokensIn += other.tokensIn
    tokensOut += other.tokensOut
    cost += other.cost
    open += other.open
    reserved += other.reserved
    lost += other.lost
    unknown += other.unknown
    twice += other.twice
  }
}

extension SpendBatch.Total {
  fileprivate mutating func add(_ change: SpendBatch.Change) {
    spent += change.cost + change.unknown
    reserved += change.reserved
  }
}
