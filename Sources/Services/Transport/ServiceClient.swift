import Foundation
import Records
import Synchronization

/// One service: where it is, who we are to it, how often it may be asked, and what it took.
///
/// Every method returns an answer with a status of 200 to 299 or throws, tries again what may pass by the
/// policy, and spends a token of the rate limit for each attempt. Any number of tasks may share one.
public final class ServiceClient: Sendable {
  /// What was sent and received so far.
  public struct Counters: Sendable, Hashable {
    /// Requests sent, retries among them.
    public var requests = 0
    /// Requests sent again.
    public var retries = 0
    /// Bytes of decoded bodies, of failed requests, too.
    public var bytes = 0
    /// Seconds waited for the rate limit and between attempts, added up over all tasks.
    public var waitedSeconds = 0.0
  }

  /// Clocks, sleep and chance, passed in so that tests neither wait nor guess.
  public struct Environment: Sendable {
    /// Seconds of a clock that never goes back.
    public var now: @Sendable () -> Double
    /// The time of day, for a `Retry-After` with a date of a server without one.
    public var date: @Sendable () -> Timestamp
    /// Waits for seconds; throws if the task is cancelled.
    public var sleep: @Sendable (Double) async throws -> Void
    /// A number from 0 up to 1, for jitter.
    public var random: @Sendable () -> Double

    /// Takes all of them.
    public init(
      now: @escaping @Sendable () -> Double, date: @escaping @Sendable () -> Timestamp,
      sleep: @escaping @Sendable (Double) async throws -> Void, random: @escaping @Sendable () -> Double
    ) {
      self.now = now
      self.date = date
      self.sleep = sleep
      self.random = random
    }

    /// The system's.
    public static let system = Environment(
      now: { ProcessInfo.processInfo.systemUptime },
      date: { Timestamp(microseconds: Int64(Date().timeIntervalSince1970 * 1e6)) },
      sleep: { try await Task.sleep(for: .seconds($0)) },
      random: { Double.random(in: 0..<1) })
  }

  private let client: HTTPClient
  private let base: String
  private let credentials: [HTTPHeader]
  private let headers: [HTTPHeader]
  private let retry: RetryPolicy
  private let environment: Environment
  private let bucket: Mutex<TokenBucket?>
  private let counted = Mutex(Counters())

  /// Takes what is known about a service; nothing is sent yet.
  /// - Parameters:
  ///   - client: the connections.
  ///   - base: the address that paths are relative to, such as `https://cloud.langfuse.com/api/public`.
  ///   - credentials: header fields for the origin of `base` only.
  ///   - headers: header fields for every request but those to pre-signed addresses.
  ///   - requestsPerMinute: the service's limit; nil has none.
  ///   - retry: how often and how late to try again.
  ///   - environment: clocks, sleep and chance.
  public init(
    client: HTTPClient, base: String, credentials: [HTTPHeader] = [], headers: [HTTPHeader] = [],
    requestsPerMinute: Int? = nil, retry: RetryPolicy = .init(), environment: Environment = .system
  ) {
    self.client = client
    self.base = base
    self.credentials = credentials
    self.headers = headers
    self.retry = retry
    self.environment = environment
    let now = environment.now()
    bucket = Mutex(requestsPerMinute.map { TokenBucket(requestsPerMinute: $0, now: now) })
  }

  /// What was sent and received so far.
  public var counters: Counters { counted.withLock { $0 } }

  /// Reads a resource.
  /// - Parameters:
  ///   - path: relative to the base, percent-encoded; or an absolute address, which gets the credentials only if
  ///     it has the base's origin.
  ///   - query: names and values, not yet encoded.
  /// - Returns: an answer of 200 to 299.
  /// - Throws: ``TransportError``.
  public func get(
    _ path: String, query: [(String, String)] = []
  ) async throws(TransportError) -> HTTPResponse {
    try await send(try request(.get, path, query))
  }

  /// Sends a query as JSON.
  /// - Parameters:
  ///   - path: as for ``get(_:query:)``.
  ///   - query: names and values, not yet encoded.
  ///   - json: the body.
  ///   - headers: more header fields.
  ///   - isIdempotent: false for a post that makes something; see ``HTTPRequest/isIdempotent``.
  /// - Returns: an answer of 200 to 299.
  /// - Throws: ``TransportError``.
  public func post(
    _ path: String, query: [(String, String)] = [], json: [UInt8], headers: [HTTPHeader] = [],
    isIdempotent: Bool = true
  ) async throws(TransportError) -> HTTPResponse {
    var request = try request(.post, path, query)
    request.headers += [HTTPHeader("Content-Type", "application/json")] + headers
    request.body = json
    request.isIdempotent = isIdempotent
    return try await send(request)
  }

  /// Reads a pre-signed address: no credentials and no headers of the service go there.
  public func fetch(signed url: String) async throws(TransportError) -> HTTPResponse {
    try await send(HTTPRequest(.get, url))
  }

  /// Sends any request as it is.
  /// - Parameters:
  ///   - request: what to send; nothing is added to it.
  ///   - maximumBody: bytes of the decoded body; nil takes the client's limit.
  /// - Returns: an answer of 200 to 299.
  /// - Throws: ``TransportError``.
  public func send(
    _ request: HTTPRequest, maximumBody: Int? = nil
  ) async throws(TransportError) -> HTTPResponse {
    try await send(request, maximumBody: maximumBody) { _ in "" }
  }

  /// Sends a request; `reason` finds the service's own error code in an answer that is no success.
  func send(
    _ request: HTTPRequest, maximumBody: Int? = nil, reason: (HTTPResponse) -> String
  ) async throws(TransportError) -> HTTPResponse {
    let host = (try? Address(request.url))?.hostAndPort ?? ""
    var attempt = 0
    while true {
      attempt += 1
      let now = environment.now()
      try await pause(bucket.withLock { $0?.spend(now: now) } ?? 0, host, sent: attempt - 1)
      do throws(TransportError) {
        let isRetry = attempt > 1
        counted.withLock { counters in
          counters.requests += 1
          counters.retries += isRetry ? 1 : 0
        }
        return try await exchange(request, maximumBody, reason)
      } catch {
        let wait = retry.wait(
          after: error, attempt: attempt, isIdempotent: request.isIdempotent, random: environment.random())
        guard let wait else { throw error.after(attempts: attempt) }
        try await pause(wait, host, sent: attempt)
      }
    }
  }

  private func exchange(
    _ request: HTTPRequest, _ maximumBody: Int?, _ reason: (HTTPResponse) -> String
  ) async throws(TransportError) -> HTTPResponse {
    let response = try await client.send(request, maximumBody: maximumBody)
    counted.withLock { $0.bytes += response.body.count }
    if response.isSuccess { return response }
    throw TransportError(
      .status, host: (try? Address(response.url))?.hostAndPort ?? "", status: response.status,
      retryAfter: response.retryAfter(now: environment.date()), detail: reason(response))
  }

  private func pause(_ seconds: Double, _ host: String, sent attempts: Int) async throws(TransportError) {
    guard seconds > 0 else { return }
    counted.withLock { $0.waitedSeconds += seconds }
    do {
      try await environment.sleep(seconds)
    } catch {
      throw TransportError(.cancelled, host: host, attempts: attempts)
    }
  }

  private func request(
    _ method: HTTPRequest.Method, _ path: String, _ query: [(String, String)]
  ) throws(TransportError) -> HTTPRequest {
    let scheme = path.prefix(8).lowercased()
    var url = path
    if !scheme.hasPrefix("http://"), !scheme.hasPrefix("https://") {
      let start = base.hasSuffix("/") ? String(base.dropLast()) : base
      url = path.isEmpty ? base : start + (path.hasPrefix("/") ? path : "/\(path)")
    }
    if !query.isEmpty { url += (url.contains("?") ? "&" : "?") + Address.query(query) }
    var request = HTTPRequest(method, url, headers: headers)
    if try Address(url).hasOrigin(of: Address(base)) { request.credentials = credentials }
    return request
  }
}
