import Bytes
import Catalog
import Foundation
import Records
import Transport

/// Where the reading of one stream stands, kept in the catalog between runs.
struct StreamCursor: Codable, Hashable {
  /// The watermark in microseconds: everything that the source showed by then has been read.
  var done: Int64?
  /// The window under way, if one is.
  var window: Window?

  struct Window: Codable, Hashable {
    var from: Int64
    var to: Int64
    /// The cursor of the next page.
    var page: String
  }

  init() {}

  init?(json: String) {
    guard let value = try? JSONDecoder().decode(Self.self, from: Data(json.utf8)) else { return nil }
    self = value
  }

  func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(self), as: UTF8.self)
  }
}

/// Reads the streams of a service, each window by window, from its own cursor.
///
/// A window begins at the watermark less the look-back, since rows, changes and feedback come late, and rows that
/// come again cost no place on the disk. The cursor moves page by page in the transaction of the page's rows, so that
/// a killed pull goes on with the next page.
struct ServicePull {
  let service: SourceService
  let connector: any Connector
  let catalog: CatalogStore
  let collector: PullCollector
  let pseudonyms: Pseudonyms
  let workers: Int
  /// The start asked for by whoever runs the pull; nil follows the cursors.
  let since: Timestamp?

  /// Pages behind one transaction at most, which a killed pull asks for again: each costs a request, and some
  /// services answer ten a minute.
  private static let pagesPerCommit = 16
  /// How old a window may be, in microseconds, for what came since to wait for the next run: an hour.
  private static let staleness: Int64 = 3_600_000_000

  private var source: SourceDefinition { service.source }

  func run(progress: (Int, Int) -> Void) async throws {
    // Before the first cursor nothing can be known, and rows need not wait for a look at the catalog.
    let known = try catalog.cursors(of: source.name).isEmpty ? nil : KnownRecords(catalog)
    for stream in connector.streams {
      try await read(stream, known, progress)
      try collector.commit()
    }
  }

  private func read(
    _ stream: SourceStream, _ known: KnownRecords?, _ progress: (Int, Int) -> Void
  ) async throws {
    var cursor = try cursor(of: stream)
    let moves = moves(stream, cursor)
    let isOld = cursor.window.map { service.now.microseconds - $0.to > Self.staleness } ?? false
    var pages = 0
    var failure: (any Error)?
    let feed = PageFeed(
      connector: connector, service: service, stream: stream, cursor: cursor,
      fresh: (from: since ?? start(stream, cursor), to: service.now), restart: since != nil)
    try await OrderedTasks.run(
      limit: workers + 1,
      next: {
        do {
          return try await feed.next()
        } catch {
          // Pages that are here already are kept first, or a service that fails every few pages never gets on.
          failure = error
          return nil
        }
      },
      work: { [source, pseudonyms, now = service.now] job in
        let result = try PageMapper.map(
          job.page, stream: stream.name, source: source, pseudonyms: pseudonyms, known: known, now: now)
        return (job, result)
      },
      consume: { job, result in
        if let next = job.page.next {
          cursor.window = .init(from: job.from.microseconds, to: job.to.microseconds, page: next)
        } else {
          cursor.window = nil
          cursor.done = max(cursor.done ?? .min, job.to.microseconds)
        }
        try collector.add(
          result, cursor: moves ? (stream.name, try cursor.json()) : nil, bytes: job.page.bytes)
        pages += 1
        if pages.isMultiple(of: Self.pagesPerCommit) { try collector.commit() }
        progress(collector.account.bytes, 0)
      })
    if let failure {
      if moves, (failure as? SourceFault)?.code == .cursorLoop {
        // Kept, the cursor would lead the next run into the same circle.
        cursor.window = nil
        collector.move(stream.name, try cursor.json())
      }
      throw failure
    }
    if isOld, since == nil {
      // That window ended where an earlier run stood; what came since is in the next one.
      try collector.commit()
      try await read(stream, KnownRecords(catalog), progress)
    }
  }

  /// Whether a reading may move the cursor: one from a start that was asked for must not jump over what is due.
  private func moves(_ stream: SourceStream, _ cursor: StreamCursor) -> Bool {
    guard let since else { return true }
    return since <= (cursor.window.map { Timestamp(microseconds: $0.from) } ?? start(stream, cursor))
  }

  /// The start of a new window by the cursor.
  private func start(_ stream: SourceStream, _ cursor: StreamCursor) -> Timestamp {
    guard let done = cursor.done else { return service.parameters.since.time(before: service.now) }
    // A clock that was set back must not leave a gap either.
    let newest = min(done, service.now.microseconds)
    let lookBack = min(stream.lookBack ?? .max, service.parameters.lookBack)
    return Timestamp(microseconds: newest - Int64(lookBack) * 1_000_000)
  }

  private func cursor(of stream: SourceStream) throws -> StreamCursor {
    let states = try catalog.cursors(of: source.name)
    return states.first { $0.name == stream.name }.flatMap { StreamCursor(json: $0.state) } ?? StreamCursor()
  }
}

extension KnownRecords {
  /// What a catalog holds.
  init(_ catalog: CatalogStore) {
    self.init(
      interactions: { try catalog.digests(ofInteractions: $0) },
      feedback: { try catalog.digests(ofFeedback: $0) })
  }
}

extension SourceService {
  /// Rows wanted in one page.
  var pageSize: Int {
    guard let traits = source.kind.traits.pageSize else { return parameters.pageSize ?? 1000 }
    return min(parameters.pageSize ?? traits.standard, traits.most)
  }
}

/// Fetches the pages of one window, one after the other.
private final class PageFeed {
  struct Job: Sendable {
    let page: SourcePage
    let from: Timestamp
    let to: Timestamp
  }

  private let connector: any Connector
  private let service: SourceService
  private let stream: SourceStream
  private let fresh: (from: Timestamp, to: Timestamp)
  private var from: Timestamp
  private var to: Timestamp
  private var cursor: String?
  private var isResumed = false
  private var isEnded = false
  private var seen: Set<String> = []

  init(
    connector: any Connector, service: SourceService, stream: SourceStream, cursor: StreamCursor,
    fresh: (from: Timestamp, to: Timestamp), restart: Bool
  ) {
    self.connector = connector
    self.service = service
    self.stream = stream
    self.fresh = fresh
    (from, to) = fresh
    if let window = cursor.window, !restart {
      from = Timestamp(microseconds: window.from)
      to = Timestamp(microseconds: window.to)
      self.cursor = window.page
      isResumed = true
    }
  }

  func next() async throws -> Job? {
    guard !isEnded else { return nil }
    let page: SourcePage
    do {
      page = try await fetch()
    } catch let error where isResumed && Self.refusesCursor(error) {
      // Cursors of an earlier run may have expired; rows that come again change nothing.
      (from, to) = fresh
      cursor = nil
      page = try await fetch()
    }
    isResumed = false
    if let next = page.next {
      guard seen.insert(next).inserted else { throw service.fault(.cursorLoop, stream.name) }
      cursor = next
    } else {
      isEnded = true
    }
    return Job(page: page, from: from, to: to)
  }

  private func fetch() async throws -> SourcePage {
    try await connector.page(
      PageRequest(stream: stream, from: from, to: to, cursor: cursor, limit: service.pageSize),
      service)
  }

  private static func refusesCursor(_ error: any Error) -> Bool {
    if let error = error as? SourceFault { return error.code == .staleCursor }
    guard let status = (error as? TransportError)?.status else { return false }
    return [400, 404, 410, 422].contains(status)
  }
}
