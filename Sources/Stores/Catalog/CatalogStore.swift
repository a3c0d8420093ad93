import Foundation
import GRDB
import GRDBSQLite

/// What the catalog can refuse: facts only.
public struct CatalogError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The kinds of refusal.
  public enum Code: String, Sendable {
    /// The file was written by a newer program.
    case newerProgram
    /// A condition in a definition is not a legal SQL condition over the view `records`.
    case badCondition
    /// The file is not a catalog.
    case notACatalog
  }

  /// What happened.
  public let code: Code
  /// The file, or SQLite's message on a condition; never record text.
  public let detail: String

  /// The code and its detail.
  public var description: String { "\(code.rawValue): \(detail)" }
}

/// What SQLite reports, apart from the database library that reports it.
public enum CatalogFault: Sendable, Hashable {
  /// Another process holds the file for longer than the time-out of 30 seconds.
  case busy
  /// The disk is full.
  case full
  /// The file's content is damaged.
  case damaged
  /// Anything else: SQLite's code and message.
  case other(code: Int, message: String)

  /// Reads an error of the database; nil for any other error.
  public init?(_ error: any Error) {
    guard let error = error as? DatabaseError else { return nil }
    switch error.resultCode {
    case .SQLITE_BUSY, .SQLITE_LOCKED: self = .busy
    case .SQLITE_FULL: self = .full
    case .SQLITE_CORRUPT, .SQLITE_NOTADB: self = .damaged
    default: self = .other(code: Int(error.extendedResultCode.rawValue), message: error.message ?? "")
    }
  }
}

/// The SQLite index and ledger over the lake.
///
/// One process writes at a time (the pipeline's lock sees to it); any number may read. A write transaction is a
/// promise: WAL with `synchronous=FULL`.
public final class CatalogStore: Sendable {
  /// The catalog's file.
  public let path: String
  package let pool: DatabasePool

  /// Opens a catalog, creating or migrating it as needed.
  /// - Parameter path: the file; its folder must exist.
  /// - Throws: ``CatalogError`` for a file of a newer program or no catalog, else GRDB's errors.
  public init(path: String) throws {
    self.path = path
    var configuration = Configuration()
    configuration.label = "catalog"
    configuration.busyMode = .timeout(30)
    configuration.maximumReaderCount = 4
    configuration.foreignKeysEnabled = true
    configuration.prepareDatabase { db in
      try db.execute(
        sql: """
          PRAGMA synchronous = FULL;
          PRAGMA temp_store = MEMORY;
          PRAGMA cache_size = \(db.configuration.readonly ? -8192 : -49152);
          PRAGMA secure_delete = OFF;
          """)
    }
    // One process at a time: two first ones would both switch to WAL and both make the tables, and one would fail.
    // The lock is on the folder, since closing a descriptor of the file itself would drop SQLite's own locks.
    let folder = Foundation.open(
      (path as NSString).deletingLastPathComponent, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    defer { if folder >= 0 { close(folder) } }
    while folder >= 0, flock(folder, LOCK_EX) != 0, errno == EINTR {}
    // The file is private before SQLite writes its first byte to it.
    let descriptor = Foundation.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    if descriptor >= 0 { close(descriptor) }
    do {
      pool = try DatabasePool(path: path, configuration: configuration)
      let migrator = Schema.migrator
      let superseded = try pool.read { try migrator.hasBeenSuperseded($0) }
      guard !superseded else { throw CatalogError(code: .newerProgram, detail: path) }
      guard try pool.read(Self.isOurs) else { throw CatalogError(code: .notACatalog, detail: path) }
      try migrator.migrate(pool)
    } catch let error as DatabaseError where error.resultCode == .SQLITE_NOTADB {
      throw CatalogError(code: .notACatalog, detail: path)
    }
  }

  /// Whether a database is a catalog or empty, and no other program's.
  private static func isOurs(_ db: Database) throws -> Bool {
    if try db.tableExists("grdb_migrations") { return true }
    return try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_master") == 0
  }

  /// Flushes the write-ahead log into the file, as at the end of a run, unless another process is doing just that.
  public func checkpoint() throws {
    do {
      try pool.writeWithoutTransaction { db in _ = try db.checkpoint(.passive) }
    } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY {
      // A passive checkpoint does not wait for the one that is under way.
    }
  }

  /// SQLite's own check of the file: a list of problems, empty when sound.
  public func integrityProblems() throws -> [String] {
    try pool.read { db in
      let lines = try String.fetchAll(db, sql: "PRAGMA integrity_check(20)")
      return lines == ["ok"] ? [] : lines
    }
  }
}

/// A prepared statement with positional binds through SQLite's own interface, for rows by the hundred thousand.
///
/// GRDB's argument arrays cost more than the insert itself at this width.
struct BulkStatement {
  private let statement: Statement
  private let handle: OpaquePointer
  private let connection: OpaquePointer
  private var position: Int32 = 0

  init(_ db: Database, _ sql: String) throws {
    statement = try db.cachedStatement(sql: sql)
    guard let connection = db.sqliteConnection else { throw DatabaseError(resultCode: .SQLITE_MISUSE) }
    handle = statement.sqliteStatement
    self.connection = connection
  }

  /// SQLITE_TRANSIENT: SQLite copies the bytes, so that they may go at once.
  private static let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

  mutating func bind(_ text: String?) {
    position += 1
    guard var text else {
      sqlite3_bind_null(handle, position)
      return
    }
    let at = position
    text.withUTF8 { bytes in
      _ = bytes.withMemoryRebound(to: CChar.self) { characters in
        // A null pointer would bind NULL, so that an empty string needs an address.
        if let start = characters.baseAddress {
          sqlite3_bind_text(handle, at, start, Int32(characters.count), Self.copied)
        } else {
          sqlite3_bind_text(handle, at, "", 0, Self.copied)
        }
      }
    }
  }

  mutating func bind(_ value: Int64?) {
    position += 1
    if let value { sqlite3_bind_int64(handle, position, value) } else { sqlite3_bind_null(handle, position) }
  }

  mutating func bind(_ value: Int) { bind(Int64(value)) }

  mutating func bind(_ value: Double?) {
    position += 1
    if let value { sqlite3_bind_double(handle, position, value) } else { sqlite3_bind_null(handle, position) }
  }

  mutating func bind(blob bytes: [UInt8]) {
    position += 1
    sqlite3_bind_blob(handle, position, bytes, Int32(bytes.count), Self.copied)
  }

  /// Runs the statement to its end and makes it ready for the next row.
  /// - Returns: rows changed.
  @discardableResult
  mutating func run() throws -> Int {
    defer {
      sqlite3_reset(handle)
      position = 0
    }
    let code = sqlite3_step(handle)
    guard code == SQLITE_DONE || code == SQLITE_ROW else {
      throw DatabaseError(
        resultCode: ResultCode(rawValue: code), message: String(cString: sqlite3_errmsg(connection)))
    }
    return Int(sqlite3_changes(connection))
  }
}
