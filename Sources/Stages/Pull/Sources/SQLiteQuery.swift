import Bytes
import Foundation
import GRDBSQLite
import Records
import Text

/// One query of a SQLite file, which is opened for reading only.
final class SQLiteQuery: SQLQuery {
  /// Waits for a writer in milliseconds.
  private static let patience: Int32 = 10_000

  private struct Column {
    let name: String
    /// Whether text in it may be JSON: by its declared type, or since it is the result of an expression.
    let isJSON: Bool
    let isDeclared: Bool
  }

  private var database: OpaquePointer?
  private var statement: OpaquePointer?
  private var columns: [Column] = []

  /// Opens the file and prepares the query.
  /// - Parameters:
  ///   - path: the file.
  ///   - query: one statement that reads; `:since` in it is bound.
  ///   - since: the start of the window.
  /// - Throws: ``SQLFault``.
  init(path: String, query: String, since: Timestamp) throws {
    let flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
    let code = sqlite3_open_v2(path, &database, flags, nil)
    guard code == SQLITE_OK else {
      close()
      throw SQLFault("\(String(cString: sqlite3_errstr(code))): \(path)")
    }
    do {
      sqlite3_busy_timeout(database, Self.patience)
      try prepare(query)
      try bind(since)
    } catch {
      close()
      throw error
    }
  }

  deinit { close() }

  private func close() {
    sqlite3_finalize(statement)
    sqlite3_close_v2(database)
    statement = nil
    database = nil
  }

  private func prepare(_ query: String) throws {
    var rest = ""
    let code = query.withCString { text in
      var tail: UnsafePointer<CChar>?
      let code = sqlite3_prepare_v3(database, text, -1, 0, &statement, &tail)
      rest = tail.map { String(cString: $0) } ?? ""
      return code
    }
    // What SQLite says of a query is about the definition, not about data.
    guard code == SQLITE_OK else { throw SQLFault("the query: " + String(cString: sqlite3_errmsg(database))) }
    guard let statement, sqlite3_stmt_readonly(statement) != 0, sqlite3_column_count(statement) > 0 else {
      throw SQLFault("the query reads nothing")
    }
    guard rest.allSatisfy({ $0.isWhitespace || $0 == ";" }) else {
      throw SQLFault("the query is more than one")
    }
    columns = (0..<sqlite3_column_count(statement)).map { index in
      let declared = sqlite3_column_decltype(statement, index).map { String(cString: $0).lowercased() }
      return Column(
        name: sqlite3_column_name(statement, index).map { String(cString: $0) } ?? "",
        isJSON: declared?.contains("json") ?? true, isDeclared: declared != nil)
    }
  }

  private func bind(_ since: Timestamp) throws {
    let index = sqlite3_bind_parameter_index(statement, ":since")
    guard sqlite3_bind_parameter_count(statement) == (index > 0 ? 1 : 0) else {
      throw SQLFault("the query has a parameter other than :since")
    }
    guard index > 0 else { return }
    // SQLite's own copy.
    let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
    guard sqlite3_bind_text(statement, index, since.description, -1, transient) == SQLITE_OK else {
      throw SQLFault(String(cString: sqlite3_errstr(sqlite3_errcode(database))))
    }
  }

  func rows(_ count: Int, to out: ByteBuffer) throws -> Bool {
    for _ in 0..<count {
      let code = sqlite3_step(statement)
      if code == SQLITE_DONE { return false }
      guard code == SQLITE_ROW else { throw SQLFault(String(cString: sqlite3_errstr(code))) }
      var writer = JSONWriter(out)
      writer.beginObject()
      for (index, column) in columns.enumerated() {
        writer.key(string: column.name)
        write(Int32(index), column, to: &writer)
      }
      writer.endObject()
      out.append(0x0A)
      // A page is cut by its size, too.
      if out.count > 32 << 20 { break }
    }
    return true
  }

  private func write(_ index: Int32, _ column: Column, to writer: inout JSONWriter) {
    switch sqlite3_column_type(statement, index) {
    case SQLITE_INTEGER: writer.integer(sqlite3_column_int64(statement, index))
    case SQLITE_FLOAT:
      let number = sqlite3_column_double(statement, index)
      if number.isFinite { writer.number(number) } else { writer.null() }
    case SQLITE_TEXT:
      let start = sqlite3_column_text(statement, index)
      let text = UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(statement, index)))
      let isContainer = text.first == 0x7B || text.first == 0x5B
      if column.isJSON, column.isDeclared || isContainer {
        SQLValue.write(json: text, to: &writer)
      } else {
        writer.string(text)
      }
    case SQLITE_BLOB:
      let start = sqlite3_column_blob(statement, index)
      let count = Int(sqlite3_column_bytes(statement, index))
      writer.string(start.map { Data(bytes: $0, count: count).base64EncodedString() } ?? "")
    default: writer.null()
    }
  }
}
