import Bytes
import Dispatch
import Records
import Text
import Transport

/// A query of a SQLite file or a PostgreSQL database, whose rows a mapping reads.
///
/// A row becomes an object by column. Columns of JSON become what they hold: those of a JSON type, and in SQLite also
/// results of functions that are an object or an array. `:since` in the query is the start of the window as an
/// instant in ISO 8601; a query without it is read whole every time, and what is known already is left out. The
/// database is opened for reading only, and all pages are of one snapshot.
enum SQLDatabase: SourceSystem {
  static var traits: SourceTraits {
    var traits = SourceTraits("SQL database", [.database])
    traits.isMapped = true
    traits.optional = [.key]
    traits.pageSize = (1000, 10000)
    return traits
  }

  static func reader(_ source: SourceDefinition, _ records: RecordWriter) -> any RowReader {
    RowMapper(source, records)
  }

  static func connector(_ source: SourceDefinition) -> (any Connector)? { SQLConnector() }
}

/// A query under way.
protocol SQLQuery: AnyObject {
  /// Writes the next rows, one line each.
  /// - Returns: false once there are no more.
  /// - Throws: ``SQLFault``.
  func rows(_ count: Int, to out: ByteBuffer) throws -> Bool
}

/// What a database refuses, by its code or in words that tell nothing of its data.
struct SQLFault: Error, Hashable {
  let detail: String

  init(_ detail: String) {
    // One line without control characters; what a server says is not trusted either.
    let line = detail.split(whereSeparator: \.isNewline).first ?? ""
    self.detail = String(
      String.UnicodeScalarView(
        line.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F }.prefix(200)))
  }
}

/// Its pages are asked for one after the other, which is why it needs no lock.
private final class SQLConnector: Connector, @unchecked Sendable /* one caller at a time */ {
  let streams = [SourceStream("rows")]
  private var password: String?
  private var query: (any SQLQuery)?
  private var pages = 0
  private let queue = DispatchQueue(label: "flywheel.sql")

  func authorization(_ credentials: ServiceCredentials) throws -> [HTTPHeader] {
    password = credentials.key
    return []
  }

  func page(_ request: PageRequest, _ service: SourceService) async throws -> SourcePage {
    // A database waits on disks and networks, which the pool of tasks has no thread for.
    try await withCheckedThrowingContinuation { continuation in
      queue.async { continuation.resume(with: Result { try self.read(request, service) }) }
    }
  }

  private func read(_ request: PageRequest, _ service: SourceService) throws -> SourcePage {
    do {
      if request.cursor == nil {
        query = try open(request, service)
        pages = 0
      }
      // A cursor of an earlier run's snapshot, which is gone.
      guard let query, request.cursor == nil || request.cursor == "\(pages)" else {
        throw service.fault(.staleCursor, request.stream.name)
      }
      let out = ByteBuffer(capacity: 1 << 16)
      let hasMore = try query.rows(request.limit, to: out)
      pages += 1
      if !hasMore { self.query = nil }
      return SourcePage(lines: out.bytes, next: hasMore ? "\(pages)" : nil)
    } catch let fault as SQLFault {
      query = nil
      throw service.fault(.database, fault.detail)
    }
  }

  private func open(_ request: PageRequest, _ service: SourceService) throws -> any SQLQuery {
    guard let database = service.parameters.database, let text = service.parameters.query else {
      throw service.fault(.badDefinition, "database")
    }
    if database.hasPrefix("sqlite:") {
      let path = String(database.dropFirst("sqlite:".count))
      return try SQLiteQuery(
        path: path.hasPrefix("/") ? path : service.definitionFolder + "/" + path, query: text,
        since: request.from)
    }
    guard database.hasPrefix("postgresql://") || database.hasPrefix("postgres://") else {
      throw service.fault(.badDefinition, "database")
    }
    return try PostgresQuery(address: database, password: password, query: text, since: request.from)
  }
}

/// Values of columns as JSON.
enum SQLValue {
  /// Writes text that should be JSON as what it holds, or else as text.
  static func write(json text: UnsafeRawBufferPointer, to writer: inout JSONWriter) {
    let start = writer.out.count
    do {
      try JSONParser(maximumLength: max(text.count, 1 << 10)).parse(text) { (value: JSONValue) -> Void in
        writer.canonical(value)
      }
    } catch {
      if writer.out.count == start { writer.string(text) }
    }
  }
}
