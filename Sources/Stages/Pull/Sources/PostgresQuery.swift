import Bytes
import CPq
import Records
import Text

/// One query of a PostgreSQL database, read through a cursor in a transaction that reads only.
final class PostgresQuery: SQLQuery {
  /// Types that are written otherwise than as text, by their fixed numbers in `pg_type`.
  private enum Kind {
    case bool, number, json, instant, text

    init(_ type: Oid) {
      switch type {
      case 16: self = .bool
      case 20, 21, 23, 26, 700, 701, 1700: self = .number
      case 114, 3802: self = .json
      case 1114, 1184: self = .instant
      default: self = .text
      }
    }
  }

  private let connection: OpaquePointer

  /// Connects and opens the cursor.
  /// - Parameters:
  ///   - address: `postgresql://USER@HOST:PORT/NAME?sslmode=…`, with all that libpq takes.
  ///   - password: the password; nil takes libpq's own places, such as a password file.
  ///   - query: one statement that reads; `:since` in it is bound.
  ///   - since: the start of the window.
  /// - Throws: ``SQLFault``.
  init(address: String, password: String?, query: String, since: Timestamp) throws {
    var settings = [
      ("dbname", address), ("application_name", "flywheel"), ("client_encoding", "UTF8"),
      ("connect_timeout", "10"),
      ("options", "-c default_transaction_read_only=on -c timezone=UTC -c datestyle=ISO"),
    ]
    if let password { settings.append(("password", password)) }
    let opened = Self.withArrays(settings.map(\.0), settings.map(\.1)) { PQconnectdbParams($0, $1, 1) }
    guard let opened else { throw SQLFault("out of memory") }
    connection = opened
    guard PQstatus(opened) == CONNECTION_OK else { throw SQLFault(String(cString: PQerrorMessage(opened))) }
    try command("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    let (text, hasSince) = Self.numbered(query)
    try command(
      "DECLARE flywheel_rows NO SCROLL CURSOR FOR " + text, since: hasSince ? since.description : nil)
  }

  deinit { PQfinish(connection) }

  func rows(_ count: Int, to out: ByteBuffer) throws -> Bool {
    let result = PQexec(connection, "FETCH FORWARD \(count) FROM flywheel_rows")
    defer { PQclear(result) }
    try check(result)
    let columns = (0..<PQnfields(result)).map { index in
      (name: PQfname(result, index).map { String(cString: $0) } ?? "", kind: Kind(PQftype(result, index)))
    }
    let rows = PQntuples(result)
    for row in 0..<rows {
      var writer = JSONWriter(out)
      writer.beginObject()
      for (index, column) in columns.enumerated() {
        writer.key(string: column.name)
        guard PQgetisnull(result, row, Int32(index)) == 0 else {
          writer.null()
          continue
        }
        let text = UnsafeRawBufferPointer(
          start: PQgetvalue(result, row, Int32(index)), count: Int(PQgetlength(result, row, Int32(index))))
        Self.write(text, column.kind, to: &writer)
      }
      writer.endObject()
      out.append(0x0A)
    }
    return rows == count
  }

  private static func write(_ text: UnsafeRawBufferPointer, _ kind: Kind, to writer: inout JSONWriter) {
    switch kind {
    case .bool: writer.bool(text.first == 0x74)
    case .json: SQLValue.write(json: text, to: &writer)
    case .number:
      // `NaN` and `Infinity` are none in JSON.
      if text.allSatisfy({ (0x30...0x39).contains($0) || [0x2B, 0x2D, 0x2E, 0x45, 0x65].contains($0) }) {
        writer.raw(text)
      } else {
        writer.string(text)
      }
    case .instant:
      var time = String(decoding: text, as: UTF8.self).replacing(" ", with: "T")
      if time.hasSuffix("+00") { time = String(time.dropLast(3)) }
      writer.string(time + "Z")
    case .text: writer.string(text)
    }
  }

  // MARK: Commands

  private func command(_ text: String, since: String? = nil) throws {
    let result = Self.withArrays(since.map { [$0] } ?? [], []) { values, _ in
      PQexecParams(connection, text, since == nil ? 0 : 1, nil, since == nil ? nil : values, nil, nil, 0)
    }
    defer { PQclear(result) }
    try check(result)
  }

  private func check(_ result: OpaquePointer?) throws {
    let status = PQresultStatus(result)
    guard status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK else {
      guard let code = PQresultErrorField(result, Int32(UInt8(ascii: "C"))).map({ String(cString: $0) })
      else {
        throw SQLFault("the connection was lost")
      }
      // What PostgreSQL says of data may hold data; of the query (class 42) it is about the definition.
      let words = PQresultErrorField(result, Int32(UInt8(ascii: "M"))).map { String(cString: $0) }
      throw SQLFault(code.hasPrefix("42") ? "\(code) \(words ?? "")" : code)
    }
  }

  /// The query with `:since` as the parameter of a command; `::` is a cast, and what stands in quotes is left.
  static func numbered(_ query: String) -> (text: String, hasSince: Bool) {
    var text = ""
    var rest = Substring(query)
    var quote: Character?
    var hasSince = false
    while let character = rest.first {
      if let open = quote {
        if character == open { quote = nil }
      } else if character == "'" || character == "\"" {
        quote = character
      } else if rest.hasPrefix("::") {
        text += "::"
        rest = rest.dropFirst(2)
        continue
      } else if rest.hasPrefix(":since"),
        rest.dropFirst(6).first.map({ !$0.isLetter && !$0.isNumber && $0 != "_" }) ?? true
      {
        text += "$1::timestamptz"
        rest = rest.dropFirst(6)
        hasSince = true
        continue
      }
      text.append(character)
      rest = rest.dropFirst()
    }
    while let last = text.last, last.isWhitespace || last == ";" { text.removeLast() }
    return (text, hasSince)
  }

  /// Hands out two lists of C strings, each with a null behind it.
  private static func withArrays<Result>(
    _ first: [String], _ second: [String],
    _ body: (UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<UnsafePointer<CChar>?>?) -> Result
  ) -> Result {
    func array(_ strings: [String]) -> [UnsafeMutablePointer<CChar>?] {
      strings.map { text in
        let bytes = Array(text.utf8CString)
        let copy = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count)
        copy.initialize(from: bytes, count: bytes.count)
        return copy
      } + [nil]
    }
    let arrays = (array(first), array(second))
    defer { for item in arrays.0 + arrays.1 { item?.deallocate() } }
    return arrays.0.map { UnsafePointer($0) }.withUnsafeBufferPointer { first in
      arrays.1.map { UnsafePointer($0) }.withUnsafeBufferPointer { second in
        body(first.baseAddress, second.baseAddress)
      }
    }
  }
}
