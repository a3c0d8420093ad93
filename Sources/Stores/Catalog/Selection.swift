import Bytes
import Foundation
import GRDB
import GRDBSQLite

/// Runs the SQL conditions of definitions on a connection that can read the view `records` and nothing else.
///
/// The connection is opened read-only, and SQLite asks an authorizer about every table, column, function and
/// statement while it compiles the condition: whatever is not a read of the view, or by the view, is refused. SQLite
/// names a view that reads a table by its bare name, which a common table expression may take too (`WITH records
/// AS …`); so what `records` reads stands in a view of this connection alone, whose name nobody can know.
final class SelectionConnection {
  /// The name of the view that may read tables.
  private final class Gate {
    let name = "records_\(Hex.encode(KeyedHash.randomBytes(16)))"
    /// Columns of `records` that the condition must not read.
    let hidden: [String]

    init(hidden: [String]) { self.hidden = hidden }
  }

  /// The columns that labels are made of.
  static let labelColumns = ["label", "probability", "entropy", "good_votes", "bad_votes", "is_golden"]

  /// Functions that reach outside, or whose answer is another the next time: the same input and definitions select the
  /// same records.
  fileprivate static let refused = [
    "load_extension", "random", "randomblob", "current_date", "current_time", "current_timestamp", "changes",
    "total_changes", "last_insert_rowid",
  ]

  private let connection: OpaquePointer
  private let gate: Gate

  /// Opens a connection; `hidden` are columns that its conditions must not read.
  init(path: String, hidden: [String] = []) throws {
    gate = Gate(hidden: hidden)
    var opened: OpaquePointer?
    let code = sqlite3_open_v2(path, &opened, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, nil)
    guard code == SQLITE_OK, let opened else {
      sqlite3_close_v2(opened)
      throw DatabaseError(resultCode: ResultCode(rawValue: code), message: path)
    }
    connection = opened
    sqlite3_busy_timeout(connection, 30_000)
    try makeViews()
    sqlite3_set_authorizer(
      connection,
      { context, action, first, second, _, accessor in
        switch action {
        case SQLITE_SELECT: return SQLITE_OK
        case SQLITE_READ:
          guard let context, let first else { return SQLITE_DENY }
          if strcmp(first, "records") == 0 {
            // Only the condition itself reads the view by that name: the view's own reads have the gate's.
            let hidden = Unmanaged<Gate>.fromOpaque(context).takeUnretainedValue().hidden
            guard !hidden.isEmpty, let second else { return SQLITE_OK }
            return hidden.contains { strcasecmp(second, $0) == 0 } ? SQLITE_DENY : SQLITE_OK
          }
          // A query that needs no column of the view asks for its table under an empty name, and for no view.
          if strcmp(first, "interactions") == 0, second.map({ $0.pointee == 0 }) ?? false { return SQLITE_OK }
          let gate = Unmanaged<Gate>.fromOpaque(context).takeUnretainedValue().name
          return String(cString: first) == gate || accessor.map { String(cString: $0) == gate } ?? false
            ? SQLITE_OK : SQLITE_DENY
        case SQLITE_FUNCTION:
          guard let second else { return SQLITE_DENY }
          return SelectionConnection.refused.contains { strcasecmp(second, $0) == 0 }
            ? SQLITE_DENY : SQLITE_OK
        default: return SQLITE_DENY
        }
      }, Unmanaged.passUnretained(gate).toOpaque())
  }

  /// Puts the catalog's view under the name that is this connection's own, and `records` over it.
  private func makeViews() throws {
    let code = sqlite3_exec(
      connection,
      """
      PRAGMA temp_store = MEMORY;
      CREATE TEMP VIEW "\(gate.name)" AS \(Schema.records);
      CREATE TEMP VIEW records AS SELECT * FROM "\(gate.name)";
      """, nil, nil, nil)
    guard code == SQLITE_OK else {
      throw DatabaseError(
        resultCode: ResultCode(rawValue: code), message: String(cString: sqlite3_errmsg(connection)))
    }
  }

  deinit { sqlite3_close_v2(connection) }

  /// The numbers of the interactions that a condition holds for, ascending.
  func numbers(where condition: String) throws -> [Int64] {
    if let fault = ConditionText.fault(condition) { throw CatalogError(code: .badCondition, detail: fault) }
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
    // Nobody gives them values: the condition would hold for nothing, and nobody would know why.
    guard sqlite3_bind_parameter_count(statement) == 0 else {
      throw CatalogError(code: .badCondition, detail: "a parameter such as ? or :name has no value here")
    }
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

/// The outside of a condition: whether it stays within the brackets that are put around it.
enum ConditionText {
  /// Why a text is no single expression, judged by its brackets, quotes, comments and semicolons; nil if it may be.
  static func fault(_ condition: String) -> String? {
    let text = Array(condition.utf8)
    var depth = 0
    var index = 0
    while index < text.count {
      let byte = text[index]
      let pair = index + 1 < text.count ? text[index + 1] : 0
      switch (byte, pair) {
      case (0, _): return "a zero byte"
      case (0x22, _), (0x27, _), (0x60, _), (0x5B, _):
        // A doubled quote ends one string and begins another, which comes to the same.
        guard let end = text[(index + 1)...].firstIndex(of: byte == 0x5B ? 0x5D : byte) else {
          return "a quote without its end"
        }
        if byte == 0x27, text[(index + 1)..<end].map({ $0 | 0x20 }) == Array("now".utf8) {
          return "the clock ('now'): the same input selects the same records"
        }
        index = end
      case (0x2D, 0x2D):
        index = text[index...].firstIndex(of: 0x0A) ?? text.count
      case (0x2F, 0x2A):
        index += 2
        while index + 1 < text.count, text[index] != 0x2A || text[index + 1] != 0x2F { index += 1 }
        guard index + 1 < text.count else { return "a comment without its end" }
        index += 1
      case (0x28, _): depth += 1
      case (0x29, _):
        depth -= 1
        if depth < 0 { return "a closing bracket too many" }
      case (0x3B, _): return "more than one statement"
      default: break
      }
      index += 1
    }
    return depth == 0 ? nil : "an opening bracket too many"
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

  /// The numbers of the interactions that the condition of a labeling function holds for, ascending.
  /// - Parameter condition: as in ``numbers(where:)``, but without the columns that labels are made of.
  /// - Returns: catalog numbers.
  /// - Throws: ``CatalogError`` with SQLite's message when the condition is not legal.
  public func numbers(whereRule condition: String) throws -> [Int64] {
    try SelectionConnection(path: path, hidden: SelectionConnection.labelColumns).numbers(where: condition)
  }

  /// Compiles a condition against an empty catalog.
  /// - Parameters:
  ///   - condition: an expression over the view `records`.
  ///   - isRule: whether it is a labeling function's, which must not read labels; default false.
  /// - Returns: SQLite's message if it is not legal, nil if it is.
  /// - Throws: when no temporary catalog can be made.
  public static func fault(inCondition condition: String, isRule: Bool = false) throws -> String? {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "flywheel-check-\(UUID().uuidString)")
    try FileManager.default.createDirectory(
      at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    defer { try? FileManager.default.removeItem(at: folder) }
    let catalog = try CatalogStore(path: folder.appendingPathComponent("catalog.sqlite").path)
    do {
      _ = try isRule ? catalog.numbers(whereRule: condition) : catalog.numbers(where: condition)
      return nil
    } catch let error as CatalogError where error.code == .badCondition {
      return error.detail
    }
  }
}
