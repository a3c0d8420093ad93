import Bytes
import Foundation
import FoundationNetworking
import Records
import Synchronization

public struct HTTPHeader: Sendable, Hashable {
  public var name: String
  public var value: String
  public init(_ name: String, _ value: String) { self.name = name; self.value = value }
}

public struct HTTPRequest: Sendable {
  public enum Method: String, Sendable { case get = "GET", post = "POST", put = "PUT", head = "HEAD", delete = "DELETE" }
  public var method: Method
  public var url: String
  public var headers: [HTTPHeader]
  public var credentials: [HTTPHeader] = []
  public var body: [UInt8]?
  public init(_ method: Method = .get, _ url: String, headers: [HTTPHeader] = [], body: [UInt8]? = nil) {
    self.method = method; self.url = url; self.headers = headers; self.body = body
  }
}

public struct HTTPResponse: Sendable {
  public let status: Int
  public let headers: [HTTPHeader]
  public let body: [UInt8]
  public let url: String
  public func header(_ name: String) -> String? { headers.last { $0.name.lowercased() == name.lowercased() }?.value }
}

public struct TransportError: Error, Sendable, Hashable, CustomStringConvertible {
  public enum Code: String, Sendable, CaseIterable { case badURL, resolve, connect, tls, timeout, cut, bodyTooLarge, tooManyRedirects, insecureRedirect, status, protocolFault, cancelled }
  public let code: Code
  public let host: String
  public let status: Int?
  public let retryAfter: Double?
  public let attempts: Int
  public let detail: String
  public var isTemporary: Bool { status.map { $0 == 429 || $0 >= 500 } ?? true }
  public var description: String { "\(code.rawValue): \(host) \(status ?? 0)" }
}

public final class HTTPClient: Sendable {
  public struct Configuration: Sendable {
    public var caFile: String?
    public init() {}
  }
  public init(_ configuration: Configuration = .init()) {}
  public func send(_ request: HTTPRequest) async throws -> HTTPResponse {
    guard let url = URL(string: request.url) else { throw TransportError(code: .badURL, host: "", status: nil, retryAfter: nil, attempts: 1, detail: "") }
    var r = URLRequest(url: url)
    r.httpMethod = request.method.rawValue
    for h in request.headers + request.credentials { r.setValue(h.value, forHTTPHeaderField: h.name) }
    r.httpBody = request.body.map { Data($0) }
    do {
      let (data, response) = try await URLSession.shared.data(for: r)
      let http = response as? HTTPURLResponse
      let headers = (http?.allHeaderFields ?? [:]).map { HTTPHeader("\($0.key)", "\($0.value)") }
      return HTTPResponse(status: http?.statusCode ?? 0, headers: headers, body: [UInt8](data), url: request.url)
    } catch {
      throw TransportError(code: .connect, host: url.host ?? "", status: nil, retryAfter: nil, attempts: 1, detail: "")
    }
  }
}

public final class ServiceClient: Sendable {
  public struct Counters: Sendable { public var requests = 0, retries = 0, bytes = 0, waitedSeconds = 0.0 }
  let client: HTTPClient
  let base: String
  let credentials: [HTTPHeader]
  let extra: [HTTPHeader]
  private let state = Mutex(Counters())
  public init(client: HTTPClient, base: String, credentials: [HTTPHeader], headers: [HTTPHeader] = [], requestsPerMinute: Int?) {
    self.client = client; self.base = base; self.credentials = credentials; self.extra = headers
  }
  public var counters: Counters { state.withLock { $0 } }
  public func get(_ path: String, query: [(String, String)] = []) async throws -> HTTPResponse { try await run(.get, path, query, nil, []) }
  public func post(_ path: String, query: [(String, String)] = [], json: [UInt8], headers: [HTTPHeader] = []) async throws -> HTTPResponse {
    try await run(.post, path, query, json, headers + [HTTPHeader("content-type", "application/json")])
  }
  public func fetch(signed url: String) async throws -> HTTPResponse { try await check(client.send(HTTPRequest(.get, url))) }
  private func run(_ method: HTTPRequest.Method, _ path: String, _ query: [(String, String)], _ body: [UInt8]?, _ headers: [HTTPHeader]) async throws -> HTTPResponse {
    var allowed = CharacterSet.alphanumerics
    allowed.insert(charactersIn: "-._~")
    func e(_ s: String) -> String { s.addingPercentEncoding(withAllowedCharacters: allowed) ?? s }
    var url = path.hasPrefix("http") ? path : base + path
    if !query.isEmpty { url += (url.contains("?") ? "&" : "?") + query.map { e($0.0) + "=" + e($0.1) }.joined(separator: "&") }
    var request = HTTPRequest(method, url, headers: headers + extra, body: body)
    request.credentials = credentials
    return try await check(client.send(request))
  }
  private func check(_ response: HTTPResponse) throws -> HTTPResponse {
    state.withLock { $0.requests += 1; $0.bytes += response.body.count }
    guard (200..<300).contains(response.status) else {
      throw TransportError(code: .status, host: base, status: response.status, retryAfter: nil, attempts: 1, detail: "")
    }
    return response
  }
}
