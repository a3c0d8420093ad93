import Bytes
import Records
import Text
import Transport

/// A service or a database that is asked page by page; made anew for each pull, so it may remember what it found out
/// about the server, such as which generation of an interface it has.
protocol Connector: AnyObject, Sendable {
  /// What it reads, in this order; what comes first is in the catalog before the next one begins.
  var streams: [SourceStream] { get }
  /// The headers that prove who asks: sent to the address's own origin only.
  func authorization(_ credentials: ServiceCredentials) throws -> [HTTPHeader]
  /// Other headers of every request.
  var headers: [HTTPHeader] { get }
  /// One page of a stream.
  ///
  /// Pages of one window are asked for one after the other. A page may hold rows that were there before, in any
  /// order: rows are told apart by id, and the newest stamp wins.
  /// - Throws: `TransportError` as the service's client throws it, ``SourceFault``.
  func page(_ request: PageRequest, _ service: SourceService) async throws -> SourcePage
}

extension Connector {
  var headers: [HTTPHeader] { [] }
}

/// What a connector asks with.
struct SourceService: Sendable {
  let client: ServiceClient
  let source: SourceDefinition
  let parameters: ServiceParameters
  /// The folder that relative paths of the definition start from.
  let definitionFolder: String
  /// The run's time.
  let now: Timestamp

  /// The kinds of calls that become interactions.
  var types: [String] { parameters.types.isEmpty ? source.kind.traits.types : parameters.types }
}

/// One of the sequences of rows that a source has, listed by a time of their own from the watermark less the look-back
/// on.
struct SourceStream: Sendable, Hashable {
  /// The name under which its cursor is kept: `interactions`, `feedback`; stable once released.
  let name: String
  /// Seconds to look back at most, for a stream whose rows never change and cost a request each; nil looks back as
  /// far as the definition says.
  let lookBack: Int?

  init(_ name: String, lookBack: Int? = nil) {
    self.name = name
    self.lookBack = lookBack
  }
}

/// What is asked for.
struct PageRequest: Sendable {
  let stream: SourceStream
  /// The window's start: rows before it need not come.
  let from: Timestamp
  /// The window's end, fixed when the window began: rows behind it may come and are kept.
  let to: Timestamp
  /// What the page before gave as ``SourcePage/next``; nil for the first.
  let cursor: String?
  /// Rows wanted, within the kind's limits.
  let limit: Int
}

/// What came.
struct SourcePage: Sendable {
  /// The rows.
  enum Rows: Sendable {
    /// JSON Lines, which the connector made of one answer or several, or a server sent.
    case lines([UInt8])
    /// The elements of the array at a path of keys in an answer; an empty path is the answer itself.
    case elements(of: JSONDocument, at: [String])
  }

  let rows: Rows
  /// The cursor of the next page: an opaque text that is kept between runs and holds no secret; nil ends the window.
  let next: String?

  init(lines: [UInt8], next: String?) {
    rows = .lines(lines)
    self.next = next
  }

  init(_ document: JSONDocument, at path: [String] = [], next: String?) {
    rows = .elements(of: document, at: path)
    self.next = next
  }

  /// The bytes of JSON that the rows came in.
  var bytes: Int {
    switch rows {
    case .lines(let lines): lines.count
    case .elements(let document, _): document.byteCount
    }
  }
}

/// Why a source cannot be read on, beside what the transport says: facts only, never an answer's content.
public struct SourceFault: Error, Sendable, Hashable, CustomStringConvertible {
  /// The kinds; the raw value is stable once released.
  public enum Code: String, Sendable, CaseIterable, Codable {
    /// The answer is no JSON; the detail is its content type.
    case notJSON = "not-json"
    /// The answer lacks a member that its documentation promises; the detail is the member.
    case badAnswer = "bad-answer"
    /// The server gave a cursor that it had given before in the same window.
    case cursorLoop = "cursor-loop"
    /// The server refuses a cursor from an earlier run; the window is read from its start.
    case staleCursor = "stale-cursor"
    /// There is no project, workspace or experiment of the name; the detail is the name.
    case noProject = "no-project"
    /// A job on the server failed or does not end; the detail is its state.
    case jobFailed = "job-failed"
    /// The server is too old for what the source needs; the detail is what.
    case tooOld = "too-old"
    /// The definition lacks what the kind needs; the detail is the key.
    case badDefinition = "bad-definition"
    /// A variable of the environment has no legal value; the detail is its name.
    case badSetting = "bad-setting"
    /// The database refuses; the detail is its code, never its words on data.
    case database
  }

  /// What happened.
  public let code: Code
  /// The source's name.
  public let source: String
  /// What it is about; see the code.
  public let detail: String

  /// States a fault.
  public init(_ code: Code, source: String, detail: String = "") {
    self.code = code
    self.source = source
    self.detail = detail
  }

  /// The code, the source and the detail.
  public var description: String { "\(code.rawValue): \(source) \(detail)" }
}

extension SourceService {
  /// Reads a JSON answer.
  /// - Throws: ``SourceFault`` as ``document(_:)``, and what `body` throws.
  func json<Result>(_ response: HTTPResponse, _ body: (JSONValue) throws -> Result) throws -> Result {
    try document(response).read(body)
  }

  /// Parses a JSON answer.
  /// - Throws: ``SourceFault`` `notJSON` for anything else.
  func document(_ response: HTTPResponse) throws -> JSONDocument {
    do {
      return try JSONDocument(response.body)
    } catch is JSONFault {
      let type = response.header("content-type")?.prefix { $0 != ";" } ?? "no content type"
      throw SourceFault(.notJSON, source: source.name, detail: String(type.prefix(60)))
    }
  }

  func fault(_ code: SourceFault.Code, _ detail: String = "") -> SourceFault {
    SourceFault(code, source: source.name, detail: detail)
  }
}
