import Bytes
import Catalog
import Lake
import Records
import Text
import Transport

/// What a pull of one source did, to the line.
public struct PullAccount: Sendable, Codable, Hashable {
  /// The source.
  public var source: String
  /// Files that the pattern found.
  public var files = 0
  /// Files that had something new.
  public var filesRead = 0
  /// Bytes of log text read, decoded.
  public var bytes = 0
  /// Lines that are not blank.
  public var lines = 0
  /// Lines that no part of the mapping asks for.
  public var unmatched = 0
  /// Interactions.
  public var interactions = PullTally()
  /// Feedback events.
  public var feedback = PullTally()
  /// Lines that could not be read, by reason.
  public var quarantined: [String: Int] = [:]
  /// Redaction marks by kind.
  public var marks: [String: Int] = [:]
  /// Feedback by a name of signal that nothing translates; it is among ``unmatched``.
  public var unmappedSignals: [String: Int] = [:]
  /// Files whose last line is unfinished and waits for the next run.
  public var unfinished = 0
  /// Requests to a service, repeated ones among them.
  public var requests = 0
  /// Requests that were repeated, because the service was busy or out of reach.
  public var retries = 0
  /// Seconds spent waiting for a service's rate limit.
  public var waitedSeconds = 0.0
  /// Segments sealed.
  public var segments = 0
  /// Bytes of them.
  public var segmentBytes = 0

  /// Records in all: what the right side of a run's balance must add up to.
  public var records: Int {
    interactions.total + feedback.total + unmatched + quarantined.values.reduce(0, +)
  }

  init(source: String) { self.source = source }

  mutating func count(_ counters: ServiceClient.Counters) {
    requests = counters.requests
    retries = counters.retries
    waitedSeconds = counters.waitedSeconds
  }
}

/// How much a pull holds before it commits; what is kept does not depend on it.
struct PullLimits: Sendable {
  /// Log text behind one transaction, in bytes: a killed run reads no more than this again.
  var commitBytes = 192 << 20
  /// Rows behind one transaction at most; they wait in memory, some 1 KB each.
  var commitRows = 65_536
  /// Open segments at most, each a file descriptor: a chunk of very mixed days ends the transaction early.
  var openSegments = 256
  /// Log text that one worker takes at a time, in bytes.
  var chunkBytes = 8 << 20
}

/// Reads what is new in a source's files into the lake, redacted.
///
/// A chunk of whole lines goes to a worker, which maps, redacts and compresses it; the coordinator appends the
/// frames to segments by table and day, in the order of the chunks, so that the lake does not depend on the number
/// of workers. Segments are sealed and committed with the cursors in one transaction every 192 MiB of log text, or
/// earlier when rows or segments are many, and at the end.
public struct PullStage: Sendable {
  private let catalog: CatalogStore
  private let lake: LakeStore
  private let pseudonyms: Pseudonyms
  private let workers: Int
  private let run: String
  private let now: Timestamp
  private let limits: PullLimits

  /// A pull step of a run.
  /// - Parameters:
  ///   - catalog: the catalog.
  ///   - lake: the lake that it indexes.
  ///   - pseudonyms: of the workspace.
  ///   - workers: tasks at a time, 1 or more.
  ///   - run: the run's id.
  ///   - now: the run's time, the day of what goes to quarantine.
  public init(
    catalog: CatalogStore, lake: LakeStore, pseudonyms: Pseudonyms, workers: Int, run: String, now: Timestamp
  ) {
    self.init(
      catalog: catalog, lake: lake, pseudonyms: pseudonyms, workers: workers, run: run, now: now,
      limits: PullLimits())
  }

  init(
    catalog: CatalogStore, lake: LakeStore, pseudonyms: Pseudonyms, workers: Int, run: String, now: Timestamp,
    limits: PullLimits
  ) {
    self.catalog = catalog
    self.lake = lake
    self.pseudonyms = pseudonyms
    self.workers = workers
    self.run = run
    self.now = now
    self.limits = limits
  }

  /// Runs the step; killed anywhere, a second run goes on from the last transaction.
  /// - Parameters:
  ///   - source: the source.
  ///   - access: where its rows are.
  ///   - since: for a service, where to start instead of at its cursor; default the cursor.
  ///   - progress: called with bytes done and bytes in all, 0 where that is not known.
  /// - Returns: the account.
  /// - Throws: ``InputError`` for a file that cannot be read on, ``SourceFault`` and ``ServiceError`` for a service,
  ///   the stores' errors. What was read before is committed first.
  public func run(
    _ source: SourceDefinition, access: SourceAccess, since: Timestamp? = nil, progress: (Int, Int) -> Void
  ) async throws -> PullAccount {
    switch access.place {
    case .files(let pattern): try await readFiles(source, pattern: pattern, progress: progress)
    case .bucket(let address): try await readBucket(source, address, since: since, progress: progress)
    case .service, .database: try await readService(source, access, since: since, progress: progress)
    }
  }

  private func readService(
    _ source: SourceDefinition, _ access: SourceAccess, since: Timestamp?, progress: (Int, Int) -> Void
  ) async throws -> PullAccount {
    let (service, connector) = try SourceService.open(source, access, now: now)
    return try await collect(source, counters: { service.client.counters }) { collector in
      let pull = ServicePull(
        service: service, connector: connector, catalog: catalog, collector: collector,
        pseudonyms: pseudonyms, workers: workers, since: since)
      try await pull.run(progress: progress)
    }
  }

  private func readBucket(
    _ source: SourceDefinition, _ address: BucketAddress, since: Timestamp?, progress: (Int, Int) -> Void
  ) async throws -> PullAccount {
    let store = address.store(HTTPClient())
    let reader = BucketReader(
      source: source, address: address, store: store, pseudonyms: pseudonyms, now: now)
    return try await collect(source, counters: { store.counters }) { collector in
      let pull = BucketPull(
        reader: reader, catalog: catalog, collector: collector, workers: workers, since: since)
      try await pull.run(progress: progress)
    }
  }

  /// Reads from over the network: what came whole before a fault is kept.
  private func collect(
    _ source: SourceDefinition, counters: () -> ServiceClient.Counters,
    _ read: (PullCollector) async throws -> Void
  ) async throws -> PullAccount {
    let session = try lake.beginSession(id: "\(run)-\(source.name)")
    defer { session.finish() }
    let collector = PullCollector(
      session: session, catalog: catalog, source: source.name, run: run, files: 0, limits: limits,
      laterReadingWins: true)
    do {
      try await ServiceError.naming(source) { try await read(collector) }
    } catch {
      try collector.commit()
      throw error
    }
    collector.account.count(counters())
    return collector.account
  }

  private func readFiles(
    _ source: SourceDefinition, pattern: String, progress: (Int, Int) -> Void
  ) async throws -> PullAccount {
    // A cursor that this program cannot read is none: the file is read anew, which changes nothing.
    let cursors = try catalog.cursors(of: source.name).compactMap { try? FileCursor(json: $0.state) }
    // An export is written anew and whole, with all that was in the one before.
    let known = source.kind.traits.framing == .documents ? KnownRecords(catalog) : nil
    var statuses: [FileStatus] = []
    var refused: InputError?
    for path in try source.files(of: pattern) {
      do {
        statuses.append(try FileStatus.of(path, framing: source.kind.traits.framing))
      } catch let error as InputError {
        // The others are read first, so that one file does not hold up the rest.
        refused = refused ?? error
      }
    }
    let feed = InputFeed(
      decisions: InputPlan.decide(files: statuses, cursors: cursors), refused: refused, source: source,
      chunkBytes: limits.chunkBytes)
    let session = try lake.beginSession(id: "\(run)-\(source.name)")
    defer { session.finish() }
    let collector = PullCollector(
      session: session, catalog: catalog, source: source.name, run: run, files: statuses.count,
      limits: limits)
    let total = feed.totalBytes
    for cursor in feed.renamedCursors { collector.move(cursor.path, try cursor.json()) }
    try await OrderedTasks.run(
      limit: workers,
      next: { try feed.nextJob() },
      work: { [pseudonyms, now] job in
        let result = try ChunkMapper.map(
          job, source: source, pseudonyms: pseudonyms, now: now, known: known)
        return (job.after, job.length, result)
      },
      consume: { after, length, result in
        try collector.add(result, cursor: (after.path, try after.json()), bytes: length)
        progress(collector.account.bytes, total)
      })
    for name in feed.staleCursors { collector.forget(name) }
    try collector.commit()
    if let refused = feed.refused { throw refused }
    collector.account.filesRead = feed.filesRead
    collector.account.unfinished = feed.unfinished
    return collector.account
  }
}

/// Gathers what workers made, seals it and commits it.
final class PullCollector {
  var account: PullAccount
  private let session: LakeSession
  private let catalog: CatalogStore
  private let source: String
  private let run: String
  private let limits: PullLimits
  private let laterReadingWins: Bool
  private var batch: PullCommit
  private var open: [(table: LakeTable, day: String, writer: SegmentWriter, frames: Int)] = []
  private var places: [String: Int] = [:]
  private var cursors: [String: String?] = [:]
  private var bytesSinceCommit = 0

  init(
    session: LakeSession, catalog: CatalogStore, source: String, run: String, files: Int, limits: PullLimits,
    laterReadingWins: Bool = false
  ) {
    self.session = session
    self.catalog = catalog
    self.source = source
    self.run = run
    self.limits = limits
    account = PullAccount(source: source)
    account.files = files
    self.laterReadingWins = laterReadingWins
    batch = PullCommit(source: source, run: run)
    batch.laterReadingWins = laterReadingWins
  }

  /// Notes where a file or a stream has been read to.
  func move(_ name: String, _ state: String) { cursors[name] = .some(state) }

  /// Removes the cursor of a name that its file has no more.
  func forget(_ name: String) { cursors[name] = .some(nil) }

  func add(_ result: ChunkResult, cursor: (name: String, state: String)?, bytes: Int) throws {
    var segments: [Int] = []
    var firstFrames: [Int] = []
    for part in result.parts {
      let index = try slot(part.table, part.day)
      segments.append(index)
      firstFrames.append(open[index].frames)
      for frame in part.frames { try open[index].writer.append(frame) }
      open[index].frames += part.frames.count
    }
    func moved(_ place: RowPlace) -> RowPlace {
      RowPlace(
        segment: segments[place.segment], frame: firstFrames[place.segment] + place.frame,
        offset: place.offset,
        length: place.length)
    }
    for var row in result.interactions {
      row.place = moved(row.place)
      batch.interactions.append(row)
    }
    for var row in result.feedback {
      row.place = moved(row.place)
      batch.feedback.append(row)
    }
    for var row in result.quarantine {
      row.place = row.place.map(moved)
      batch.quarantine.append(row)
    }
    account.lines += result.tally.lines
    account.unmatched += result.tally.unmatched
    account.quarantined.merge(result.tally.quarantined, uniquingKeysWith: +)
    account.marks.merge(result.tally.marks, uniquingKeysWith: +)
    account.bytes += bytes
    bytesSinceCommit += bytes
    account.unmappedSignals.merge(result.tally.unmappedSignals, uniquingKeysWith: +)
    account.interactions.repeated += result.tally.repeatedInteractions
    account.feedback.repeated += result.tally.repeatedFeedback
    if let cursor { move(cursor.name, cursor.state) }
    if bytesSinceCommit >= limits.commitBytes || open.count >= limits.openSegments
      || batch.interactions.count + batch.feedback.count >= limits.commitRows
    {
      try commit()
    }
  }

  /// Seals what is open and commits it with the cursors.
  func commit() throws {
    guard !open.isEmpty || !cursors.isEmpty else { return }
    batch.segments = try open.map { slot in
      let segment = try slot.writer.seal()
      account.segmentBytes += segment.fileBytes
      return SegmentRow(
        table: slot.table, day: slot.day, name: segment.name, fileBytes: segment.fileBytes,
        textBytes: segment.textBytes, records: segment.records)
    }
    account.segments += open.count
    batch.cursors = cursors.sorted { $0.key < $1.key }.map { path, cursor in
      (name: path, state: cursor)
    }
    let outcome = try catalog.commit(batch)
    account.interactions.add(outcome.interactions)
    account.feedback.add(outcome.feedback)
    batch = PullCommit(source: source, run: run)
    batch.laterReadingWins = laterReadingWins
    open = []
    places = [:]
    cursors = [:]
    bytesSinceCommit = 0
  }

  private func slot(_ table: LakeTable, _ day: String) throws -> Int {
    let key = "\(table.rawValue)/\(day)"
    if let index = places[key] { return index }
    open.append((table, day, try session.writer(table: table, day: day), 0))
    places[key] = open.count - 1
    return open.count - 1
  }
}
