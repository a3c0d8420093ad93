import Foundation
import GRDB
import GRDBSQLite

/// Runs the SQL conditions of definitions on a connection that can read the view `records` and nothing else.
///
/// The connection is opened read-only, and SQLite asks an authorizer about every table, column, function and
/// statement while it compiles the condition: whatever is not a read of the view, or by the view, is refused.
final class SelectionConnection {
  private let connection: OpaquePointer

  init(path: String) throws {
    var opened: OpaquePointer?
    let code = sqlite3_open_v2(path, &opened, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, nil)
    guard code == SQLITE_OK, let opened else {
      sqlite3_close_v2(opened)
      throw DatabaseError(resultCode: ResultCode(rawValue: code), message: path)
    }
    connection = opened
    sqlite3_busy_timeout(connection, 30_000)
    sqlite3_set_authorizer(
      connection,
      { _, action, first, second, _, accessor in
        switch action {
        case SQLITE_SELECT: return SQLITE_OK
        case SQLITE_READ:
          func names(_ text: UnsafePointer<CChar>?, _ name: String) -> Bool {
            text.map { strcmp($0, name) == 0 } ?? false
          }
          if names(first, "records") { return SQLITE_OK }
          // A condition on no column, such as `true`, leaves a read of rows without any column.
          if names(first, "interactions"), names(second, "") { return SQLITE_OK }
          // A read by the view itself names it as the accessor; so does a common table expression of its name, which
          // must not reach any further than the view does.
          guard names(accessor, "records") else { return SQLITE_DENY }
          let isViews =
            names(first, "interactions")
            || names(first, "feedback") && (names(second, "target") || names(second, "has_correction"))
          return isViews ? SQLITE_OK : SQLITE_DENY
        case SQLITE_FUNCTION:
          return second.map { strcasecmp($0, "load_extension") == 0 } ?? true ? SQLITE_DENY : SQLITE_OK
        default: return SQLITE_DENY
        }
      }, nil)
  }

  deinit { sqlite3_close_v2(connection) }

  /// The numbers of the interactions that a condition holds for, ascending.
  func numbers(where condition: String) throws -> [Int64] {
    var statement: OpaquePointer?
    // A newline ends a comment, so that the condition cannot swallow what follows it.
    let sql = "SELECT number FROM records WHERE (\(condition)\n)"
    var numbers: [Int64] = []
    let code = try sql.withCString { text in
      var tail: UnsafePointer<CChar>?
      let code = sqlite3_prepare_v2(connection, text, -1, &statement, &tail)
      if code == SQLITE_OK, let tail, tail.pointee != 0 {
        sqlite3_finalize(statement)
        throw CatalogError(code: .badCondition, detail: "more than one statement")
      }
      return code
    }
    guard code == SQLITE_OK else { throw fault() }
    defer { sqlite3_finalize(statement) }
    while true {
      switch sqlite3_step(statement) {
      case SQLITE_ROW: numbers.append(sqlite3_column_int64(statement, 0))
      case SQLITE_DONE: return numbers.sorted()
      default: throw fault()
      }
    }
  }

  private func fault() -> CatalogError {
    CatalogError(code: .badCondition, detail: String(cString: sqlite3_errmsg(connection)))
  }
}

extension CatalogStore {
  /// The numbers of the interactions that an SQL condition over the view `records` holds for, ascending.
  /// - Parameter condition: an expression; it sees the columns of the view and no other table.
  /// - Returns: catalog numbers.
  /// - Throws: ``CatalogError`` with SQLite's message when the condition is not legal.
  public func numbers(where condition: String) throws -> [Int64] {
    try SelectionConnection(path: path).numbers(where: condition)
  }

  /// Compiles a condition against an empty catalog.
  /// - Parameter condition: an expression over the view `records`.
  /// - Returns: SQLite's message if it is not legal, nil if it is.
  /// - Throws: when no temporary catalog can be made.
  public static func fault(inCondition condition: String) throws -> String? {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("flywheel-check-\(UUID().uuidString)")
    try FileManager.default.createDirectory(
      at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    defer { try? FileManager.default.removeItem(at: folder) }
    let catalog = try CatalogStore(path: folder.appendingPathComponent("catalog.sqlite").path)
    do {
      _ = try catalog.numbers(where: condition)
      return nil
    } catch let error as CatalogError where error.code == .badCondition {
      return error.detail
    }
  }
}
