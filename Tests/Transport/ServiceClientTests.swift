import Foundation
import Records
import Synchronization
import Testing

@testable import Transport

/// A clock that only sleeping moves.
private final class StillClock: Sendable {
  private let state = Mutex((now: 1000.0, sleeps: [Double]()))

  var sleeps: [Double] { state.withLock { $0.sleeps } }

  var environment: ServiceClient.Environment {
    ServiceClient.Environment(
      now: { self.state.withLock { $0.now } },
      date: { Timestamp("2026-11-20T10:00:00Z") ?? Timestamp(microseconds: 0) },
      sleep: { seconds in
        try Task.checkCancellation()
        self.state.withLock {
          $0.now += seconds
          $0.sleeps.append(seconds)
        }
      },
      random: { 0.5 })
  }
}

@Suite("Service client", .enabled(if: FaultServer.isAvailable, "needs python3 and openssl"))
struct ServiceClientTests {
  private let server: FaultServer
  private let clock = StillClock()
  private let client = HTTPClient()

  init() throws { server = try FaultServer.running() }

  private func service(
    base: String? = nil, requestsPerMinute: Int? = nil, retry: RetryPolicy = .init()
  ) -> ServiceClient {
    ServiceClient(
      client: client, base: base ?? server.plain, credentials: [HTTPHeader("Authorization", "Bearer secret")],
      headers: [HTTPHeader("X-Plain", "seen")], requestsPerMinute: requestsPerMinute, retry: retry,
      environment: clock.environment)
  }

  struct Sequence: Sendable, CustomTestStringConvertible {
    let id: String
    let statuses: String
    var header: String?
    var isIdempotent = true
    /// The status that comes back or is thrown.
    let status: Int?
    let sleeps: [Double]
    var retryAfter: Double?
    var code = TransportError.Code.status
    var testDescription: String { id }
  }

  @Test(arguments: [
    Sequence(id: "at once", statuses: "200", status: 200, sleeps: []),
    Sequence(id: "after two", statuses: "503,500,200", status: 200, sleeps: [0.25, 0.5]),
    Sequence(id: "after a cut", statuses: "cut,200", status: 200, sleeps: [0.25]),
    Sequence(id: "never", statuses: "503", status: 503, sleeps: [0.25, 0.5, 1, 2]),
    Sequence(id: "for good", statuses: "404,200", status: 404, sleeps: []),
    Sequence(id: "who are you", statuses: "401", status: 401, sleeps: []),
    Sequence(id: "seconds", statuses: "429,200", header: "Retry-After:17", status: 200, sleeps: [17.25]),
    Sequence(id: "no number", statuses: "429,200", header: "Retry-After:soon", status: 200, sleeps: [0.25]),
    Sequence(id: "below nothing", statuses: "429,200", header: "Retry-After:-5", status: 200, sleeps: [0.25]),
    Sequence(
      id: "past", statuses: "503,200", header: "Retry-After:Sun, 06 Nov 1994 08:49:37 GMT", status: 200,
      sleeps: [0.25]),
    Sequence(
      id: "too long", statuses: "429,200", header: "Retry-After:3600", status: 429, sleeps: [],
      retryAfter: 3600),
    Sequence(id: "once: cut", statuses: "cut,200", isIdempotent: false, status: 200, sleeps: [], code: .cut),
    Sequence(id: "once: 500", statuses: "500,200", isIdempotent: false, status: 500, sleeps: []),
    Sequence(id: "once: 429", statuses: "429,200", isIdempotent: false, status: 200, sleeps: [0.25]),
  ])
  func retries(_ item: Sequence) async throws {
    let service = service()
    var query = [("key", "retries \(item.id)"), ("s", item.statuses)]
    if let header = item.header { query.append(("h", header)) }
    let sent = item.sleeps.count + 1
    do throws(TransportError) {
      let response = try await service.post(
        "/sequence", query: query, json: Array("{}".utf8), isIdempotent: item.isIdempotent)
      #expect(response.status == item.status)
      #expect(response.body == Array("{\"count\": \(sent)}".utf8))
    } catch {
      #expect(error.code == item.code)
      #expect(error.status == item.status)
      #expect(error.attempts == sent)
      #expect(error.retryAfter == item.retryAfter)
      #expect("http://\(error.host)" == server.plain)
    }
    #expect(clock.sleeps == item.sleeps)
    #expect(service.counters.requests == sent)
    #expect(service.counters.retries == item.sleeps.count)
    #expect(service.counters.waitedSeconds == item.sleeps.reduce(0, +))
  }

  @Test(
    "a date is measured by the server's own clock",
    arguments: [
      ("Fri, 20 Nov 2026 10:00:30 GMT", nil, 30.0),
      ("Fri, 20 Nov 2026 10:00:30 GMT", "Fri, 20 Nov 2026 10:00:20 GMT", 10),
      ("Friday, 20-Nov-26 10:01:00 GMT", nil, 60), ("Fri Nov 20 10:01:00 2026", nil, 60), ("inf", nil, nil),
      ("", nil, nil),
    ])
  func dates(_ value: String, _ date: String?, _ seconds: Double?) {
    let headers = [HTTPHeader("retry-after", value)] + (date.map { [HTTPHeader("Date", $0)] } ?? [])
    let response = HTTPResponse(status: 503, headers: headers, body: [], url: "")
    #expect(response.retryAfter(now: clock.environment.date()) == seconds)
  }

  @Test("each attempt spends a token") func tokens() async throws {
    let service = service(requestsPerMinute: 2)
    for _ in 0..<2 {
      _ = try await service.get("/sequence", query: [("key", "tokens"), ("s", "503,200")])
    }
    // One token is there; the retry waits out its backoff, and for what is left until the next token.
    #expect(clock.sleeps == [0.25, 59.75, 60])
    #expect(service.counters == .init(requests: 3, retries: 1, bytes: 36, waitedSeconds: 120))
  }

  struct Target: Sendable, CustomTestStringConvertible {
    let base: String
    let path: String
    let seen: String
    var testDescription: String { "\(base) and \(path)" }
  }

  @Test(arguments: [
    Target(base: "", path: "/echo", seen: "/echo"), Target(base: "/", path: "echo", seen: "/echo"),
    Target(base: "/echo/v1/", path: "/x", seen: "/echo/v1/x"), Target(base: "/echo", path: "", seen: "/echo"),
    Target(base: "/echo/v1", path: "x?a=1", seen: "/echo/v1/x?a=1"),
  ])
  func joins(_ item: Target) async throws {
    let service = service(base: server.plain + item.base)
    #expect(try Echo(try await service.get(item.path)).path == item.seen)
  }

  @Test("queries are strictly encoded") func queries() async throws {
    let echo = try Echo(
      try await service().get("/echo?x=1", query: [("a b", "+/=&?"), ("ü", "~-._"), ("none", "")]))
    #expect(echo.path == "/echo?x=1&a%20b=%2B%2F%3D%26%3F&%C3%BC=~-._&none=")
  }

  @Test("credentials go to the base's origin only") func origins() async throws {
    let service = service(base: "\(server.plain)/v1")
    let own = try Echo(try await service.get("\(server.plain)/echo"))
    #expect(own.header("authorization") == "Bearer secret")
    #expect(own.header("x-plain") == "seen")
    #expect(try Echo(try await service.get("\(server.other)/echo")).header("authorization") == nil)
    let signed = try Echo(try await service.fetch(signed: "\(server.plain)/echo?signature=s"))
    #expect(signed.header("authorization") == nil)
    #expect(signed.header("x-plain") == nil)
  }

  @Test("a post is JSON") func posts() async throws {
    let echo = try Echo(
      try await service().post("echo", json: Array("[1]".utf8), headers: [HTTPHeader("X-Version", "2")]))
    #expect(echo.body == "[1]")
    #expect(echo.header("content-type") == "application/json")
    #expect(echo.header("x-version") == "2")
    #expect(echo.header("authorization") == "Bearer secret")
  }

  @Test("cancelling ends a wait") func cancelling() async throws {
    let service = service(requestsPerMinute: 1)
    _ = try await service.get("/answer")
    let task = Task {
      while !Task.isCancelled { await Task.yield() }
      return try await service.get("/answer")
    }
    task.cancel()
    #expect(try await TransportError.thrown { try await task.value }.code == .cancelled)
    #expect(service.counters.requests == 1)
  }

  @Test("nothing secret is in a description") func secrets() async throws {
    let error = try await TransportError.thrown {
      try await service().get("/missing", query: [("key", "secret")])
    }
    #expect("\(error)" == "\(server.plain.dropFirst(7)): status 404")
    var request = HTTPRequest(.post, "\(server.plain)/x?secret", headers: [HTTPHeader("A", "secret")])
    request.credentials = [HTTPHeader("B", "secret")]
    request.body = Array("secret".utf8)
    let signing = AWSSigning(accessKey: "secret", secretKey: "secret", sessionToken: "secret", region: "r")
    request.signing = signing
    var dumped = ""
    dump((signing, request.headers), to: &dumped)
    let response = HTTPResponse(status: 200, headers: request.headers, body: [1], url: request.url)
    for text in [
      "\(request)", "\(signing)", "\(request.credentials)", "\(response)", dumped,
      String(reflecting: request),
    ] {
      #expect(!text.contains("secret"))
    }
  }
}
