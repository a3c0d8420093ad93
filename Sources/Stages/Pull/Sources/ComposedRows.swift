import Bytes
import Records
import Text
import Transport

/// JSON Lines that a connector puts together, of several answers or of parts of one.
///
/// A line is an object with the `stream`, the time of reading `read`, the server's `row`, and what else
/// belongs to it.
struct ComposedRows {
  private let out = ByteBuffer(capacity: 1 << 16)
  private let stream: SourceStream
  private let read: String

  /// Rows of a stream, read by a service.
  init(_ stream: SourceStream, _ service: SourceService) {
    self.stream = stream
    read = service.now.description
  }

  /// Adds a line.
  func add(_ row: JSONValue, _ more: (inout JSONWriter) -> Void = { _ in }) {
    var writer = JSONWriter(out)
    writer.beginObject()
    more(&writer)
    writer.key("read")
    writer.string(read)
    writer.key("row")
    writer.canonical(row)
    writer.key("stream")
    writer.string(stream.name)
    writer.endObject()
    out.append(0x0A)
  }

  /// The page of these rows.
  func page(next: String?) -> SourcePage { SourcePage(lines: out.bytes, next: next) }
}

/// A line that ``ComposedRows`` wrote, or a row as a file of the vendor's own export holds it.
struct ComposedRow {
  /// The whole line.
  let line: JSONValue
  /// The server's row.
  let row: JSONValue
  /// The stream's name; nil for a row of a file, which is everything at once.
  let stream: String?
  /// When the row was read: the stamp of what the source gives no stamp of change for.
  let read: Timestamp?

  init(_ line: JSONValue) {
    self.line = line
    if let row = line["row"], let stream = line["stream"]?.string, let read = line.timeIfAny("read") {
      self.row = row
      self.stream = stream
      self.read = read
    } else {
      row = line
      stream = nil
      read = nil
    }
  }
}

/// A place in rows that are sorted by time: where to go on, and how many rows of that very time to leave out.
///
/// The next page starts at the time of the last row of this one, so that rows that appear late inside the
/// window move no border, as they would move the borders of numbered pages.
struct TimePlace {
  let from: Timestamp
  let skip: Int

  init(from: Timestamp, skip: Int = 0) {
    self.from = from
    self.skip = skip
  }

  /// Reads a cursor.
  init?(_ cursor: String) {
    let parts = cursor.split(separator: " ")
    guard parts.count == 2, let from = Int64(parts[0]), let skip = Int(parts[1]) else { return nil }
    self.init(from: Timestamp(microseconds: from), skip: skip)
  }

  /// The place of a page: its cursor's, or the window's start.
  init(_ request: PageRequest) {
    self = request.cursor.flatMap(TimePlace.init(_:)) ?? TimePlace(from: request.from)
  }

  /// The cursor.
  var cursor: String { "\(from.microseconds) \(skip)" }

  /// The place behind a page of rows with those times; `count` rows are left out where the times do not move
  /// on.
  ///
  /// Rows that are out of order say nothing about what follows, so the same rows are asked for, and these
  /// left out.
  func behind(_ times: [Timestamp], count: Int) -> TimePlace {
    let isSorted = zip(times, times.dropFirst()).allSatisfy { $0 <= $1 }
    guard isSorted, let last = times.last, last > from else {
      return TimePlace(from: from, skip: skip + count)
    }
    return TimePlace(from: last)
  }
}

extension SourceService {
  /// Requests under way at a time for parts of one page.
  static let detailsAtOnce = 8

  /// Fetches what belongs to the rows of a page, in their order.
  func details<Key: Sendable>(
    _ keys: [Key], _ fetch: @escaping @Sendable (Key) async throws -> [UInt8]?
  ) async throws -> [[UInt8]?] {
    var found: [[UInt8]?] = []
    var rest = keys[...]
    try await OrderedTasks.run(
      limit: Self.detailsAtOnce, next: { rest.popFirst() }, work: fetch, consume: { found.append($0) })
    return found
  }

  /// Sends a request that the service may refuse.
  /// - Returns: nil for an answer of a status that `isRefusal` takes.
  func answer(
    unless isRefusal: (Int) -> Bool, _ send: () async throws -> HTTPResponse
  ) async throws -> HTTPResponse? {
    do {
      return try await send()
    } catch let error as TransportError {
      guard let status = error.status, isRefusal(status) else { throw error }
      return nil
    }
  }

  /// Fetches what is behind a signed address.
  /// - Returns: nil where the store of it refuses, since the address has expired or what it names is gone.
  func signed(_ url: String) async throws -> [UInt8]? {
    try await answer(unless: { (400..<500).contains($0) && $0 != 429 }) {
      try await client.fetch(signed: url)
    }?.body
  }

  /// Reads JSON that came as part of a page.
  /// - Throws: ``SourceFault`` `notJSON` for anything else.
  func json<Result>(_ text: [UInt8], _ body: (JSONValue) throws -> Result) throws -> Result {
    do {
      return try text.withUnsafeBytes { bytes in
        try JSONParser(maximumLength: max(bytes.count, 1 << 16)).parse(bytes) {
          (value: JSONValue) -> Result in
          try body(value)
        }
      }
    } catch is JSONFault {
      throw fault(.notJSON)
    }
  }
}

extension JSONValue {
  /// Why a model stopped, by its logged answer: OpenAI's choices, Anthropic's messages, Gemini's candidates.
  var finishReason: String? {
    if let reason = text("stop_reason", "finish_reason", "finishReason") { return reason }
    let first = self["choices"]?[0] ?? self["candidates"]?[0] ?? (kind == .array ? self[0] : nil)
    guard let first, first.kind == .object else { return nil }
    return first.text("finish_reason", "finishReason")
  }
}

extension Double {
  /// Rounded to whole millionths, since the difference of two large numbers has no more.
  var inMillionths: Double { (self * 1e6).rounded() / 1e6 }
}
