import GRDB
import GRDBSQLite

/// A prepared query by one blob through SQLite's own interface, for lookups by the hundred thousand.
struct BulkQuery {
  private let statement: Statement
  private let handle: OpaquePointer
  private let connection: OpaquePointer

  init(_ db: Database, _ sql: String) throws {
    statement = try db.cachedStatement(sql: sql)
    guard let connection = db.sqliteConnection else { throw DatabaseError(resultCode: .SQLITE_MISUSE) }
    handle = statement.sqliteStatement
    self.connection = connection
  }

  /// One row while it is read.
  struct Columns {
    fileprivate let handle: OpaquePointer

    func int(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }

    func isNull(_ column: Int32) -> Bool { sqlite3_column_type(handle, column) == SQLITE_NULL }

    func text(_ column: Int32) -> String {
      sqlite3_column_text(handle, column).map { String(cString: $0) } ?? ""
    }

    func bytes(_ column: Int32) -> [UInt8] {
      let start = sqlite3_column_blob(handle, column)
      let count = Int(sqlite3_column_bytes(handle, column))
      // A JSON parser can read an array where it is if there is room behind it.
      var bytes: [UInt8] = []
      bytes.reserveCapacity(count + 64)
      bytes.append(contentsOf: UnsafeRawBufferPointer(start: start, count: count))
      return bytes
    }
  }

  /// Runs the query for a blob and reads its first row, if there is one.
  func first<Value>(_ blob: [UInt8], _ read: (Columns) -> Value) throws -> Value? {
    try blob.withUnsafeBytes { bytes in
      defer {
        sqlite3_reset(handle)
        sqlite3_clear_bindings(handle)
      }
      // The bytes stay where they are until the statement is reset.
      sqlite3_bind_blob(handle, 1, bytes.baseAddress, Int32(bytes.count), nil)
      var found: Value?
      while true {
        let code = sqlite3_step(handle)
        if code == SQLITE_DONE { return found }
        guard code == SQLITE_ROW else {
          throw DatabaseError(
            resultCode: ResultCode(rawValue: code), message: String(cString: sqlite3_errmsg(connection)))
        }
        if found == nil { found = read(Columns(handle: handle)) }
      }
    }
  }
}
