import Foundation
import GRDB
import GRDBSQLite

/// Runs the SQL conditions of definitions on a connection that can read the view `records` and nothing else.
///
/// The connection is opened read-only, and SQLite asks an authorizer about every table, column, function and
/// statement while it compiles the condition: whatever is not a read of the view, or by the view of a column
/// that it is made of, is refused.
final class SelectionConnection {
  private let connection: OpaquePointer
  private let access = SelectionAccess()

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
      { context, action, first, second, _, accessor in
        guard let context else { return SQLITE_DENY }
        let access = Unmanaged<SelectionAccess>.fromOpaque(context).takeUnretainedValue()
        return access.allows(action, first, second, accessor) ? SQLITE_OK : SQLITE_DENY
      }, Unmanaged.passUnretained(access).toOpaque())
    try learnView()
  }

  /// Compiles a read of the whole view, so that the columns behind it become known.
  private func learnView() throws {
    var statement: OpaquePointer?
    let code = sqlite3_prepare_v2(connection, "SELECT * FROM records", -1, &statement, nil)
    sqlite3_finalize(statement)
    guard code == SQLITE_OK else { throw fault() }
    access.isLearning = false
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

/// What a condition may do.
private final class SelectionAccess {
  /// Whether the view itself is being compiled, whose reads are noted.
  var isLearning = true
  /// Tables and columns that the view reads, as `table.column`.
  private var behindView: Set<String> = []

  func allows(
    _ action: Int32, _ first: UnsafePointer<CChar>?, _ second: UnsafePointer<CChar>?,
    _ accessor: UnsafePointer<CChar>?
  ) -> Bool {
    func isView(_ name: UnsafePointer<CChar>?) -> Bool { name.map { strcmp($0, "records") == 0 } ?? false }
    switch action {
    case SQLITE_SELECT: return true
    case SQLITE_READ:
      if isView(first) { return true }
      // Where a condition needs no column, SQLite asks for the rows alone: an empty column of the table behind the
      // view, in nobody's name. The view has one row for each of them, so their number is no secret.
      if let first, let second, strcmp(first, "interactions") == 0, second.pointee == 0 { return true }
      // SQLite names the view as the accessor of what it reads, but also a common table expression that a
      // condition calls `records`: the name alone does not tell whose read it is, and the columns do.
      guard isView(accessor), let first, let second else { return false }
      let column = String(cString: first) + "." + String(cString: second)
      if isLearning { behindView.insert(column) }
      return behindView.contains(column)
    case SQLITE_FUNCTION: return second.map { strcasecmp($0, "load_extension") != 0 } ?? false
    default: return false
    }
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
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "flywheel-check-\(UUID().uuidString)")
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
