import Bytes
import Foundation
import Testing

@testable import Transport

@Suite("HTTP client", .enabled(if: FaultServer.isAvailable, "needs python3 and openssl"))
struct HTTPClientTests {
  private let server: FaultServer
  private let client = HTTPClient()

  init() throws { server = try FaultServer.running() }

  private func client(_ change: (inout HTTPClient.Configuration) -> Void) -> HTTPClient {
    var configuration = HTTPClient.Configuration()
    change(&configuration)
    return HTTPClient(configuration)
  }

  // MARK: Answers

  @Test("every status is an answer", arguments: [200, 204, 304, 401, 404, 429, 500, 503])
  func status(_ status: Int) async throws {
    let response = try await client.send(
      HTTPRequest(.get, "\(server.plain)/answer?status=\(status)&body=text"))
    #expect(response.status == status)
    #expect(response.body == ([204, 304].contains(status) ? [] : Array("text".utf8)))
    #expect(response.date != nil)
  }

  struct Sent: Sendable, CustomTestStringConvertible {
    let method: HTTPRequest.Method
    let body: String?
    var isIdempotent = true
    var testDescription: String { "\(method.rawValue) \(body ?? "without a body")" }
  }

  @Test(arguments: [
    Sent(method: .get, body: nil), Sent(method: .get, body: "{}"), Sent(method: .post, body: nil),
    Sent(method: .post, body: ""), Sent(method: .post, body: "a\u{0}b"), Sent(method: .put, body: "text"),
    Sent(method: .post, body: "made", isIdempotent: false), Sent(method: .delete, body: nil),
  ])
  func sendsWhatItIsGiven(_ item: Sent) async throws {
    var request = HTTPRequest(
      item.method, "\(server.plain)/echo/a/../b?q=%26",
      headers: [HTTPHeader("X-Empty", ""), HTTPHeader("X-A", "b: c")])
    request.body = item.body.map { Array($0.utf8) }
    request.isIdempotent = item.isIdempotent
    let echo = try Echo(try await client.send(request))
    #expect(echo.method == item.method.rawValue)
    #expect(echo.body == item.body ?? "")
    #expect(echo.path == "/echo/a/../b?q=%26")
    #expect(echo.header("x-a") == "b: c")
    #expect(echo.header("x-empty") == "")
    #expect(echo.header("user-agent") == "flywheel/0.1")
    #expect(echo.header("content-type") == nil)
    #expect(echo.header("expect") == nil)
    #expect(echo.header("accept-encoding")?.hasPrefix("gzip") == true)
  }

  @Test("HEAD has headers only") func head() async throws {
    let response = try await client.send(
      HTTPRequest(.head, "\(server.plain)/answer?body=text"), maximumBody: 1)
    #expect(response.header("content-LENGTH") == "4")
    #expect(response.body == [])
  }

  @Test("compressed bodies are undone", arguments: ["gzip", "zstd"])
  func decodes(_ coding: String) async throws {
    let response = try await client.send(HTTPRequest(.get, "\(server.plain)/coded?coding=\(coding)"))
    // A libcurl without zstd does not ask for it.
    guard response.header("X-Accepts")?.contains(coding) == true else { return #expect(coding == "zstd") }
    #expect(String(decoding: response.body, as: UTF8.self) == String(repeating: "\(coding) body ", count: 20))
  }

  @Test("a stored object's coding is left alone") func leavesCoding() async throws {
    var request = HTTPRequest(.get, "\(server.plain)/coded?coding=gzip")
    request.acceptsCompression = false
    let response = try await client.send(request)
    #expect(response.body.starts(with: [0x1F, 0x8B]))
    #expect(response.header("X-Accepts") == "")
  }

  @Test("a large body arrives whole", arguments: ["", "&chunked"])
  func large(_ form: String) async throws {
    let size = 50_000_000
    let response = try await client.send(HTTPRequest(.get, "\(server.plain)/bytes?n=\(size)\(form)"))
    #expect(response.body.count == size)
    let digest = "08e07ce1d1b6b1480dddbdbf2d6082dc5ec239b2e0db246da97a5e40296d562c"
    #expect(Digest.sha256(response.body).hex == digest)
    #expect(response.header("X-Trailer") == nil)
  }

  @Test("connections are kept") func keeps() async throws {
    // libcurl does not use a connection again that rested for 118 s (CURLOPT_MAXAGE_CONN), and a run of all tests
    // can hold this one up for longer: only requests that followed each other say something.
    var seen: Set<Int> = []
    var took = Duration.zero
    repeat {
      seen = []
      took = try await ContinuousClock().measure {
        for _ in 0..<5 {
          seen.insert(try Echo(try await client.send(HTTPRequest(.get, "\(server.plain)/echo"))).connection)
        }
      }
    } while took > .seconds(30)
    #expect(seen.count == 1)
    var request = HTTPRequest(.post, "\(server.plain)/echo", body: [])
    request.isIdempotent = false
    #expect(!seen.contains(try Echo(try await client.send(request)).connection))
  }

  @Test("200 at once share eight connections") func concurrent() async throws {
    let url = "\(server.plain)/echo"
    let seen = try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<200 {
        group.addTask { try Echo(try await client.send(HTTPRequest(.get, url))).connection }
      }
      return try await group.reduce(into: [Int]()) { $0.append($1) }
    }
    #expect(seen.count == 200)
    #expect(Set(seen).count <= 8)
  }

  @Test("waiting for a free connection is no failure to connect") func queue() async throws {
    let client = client {
      $0.maximumConnectionsPerHost = 1
      $0.connectTimeout = 0.5
    }
    let url = "\(server.plain)/slow?seconds=0.4"
    let bodies = try await withThrowingTaskGroup(of: [UInt8].self) { group in
      for _ in 0..<4 { group.addTask { try await client.send(HTTPRequest(.get, url)).body } }
      return try await group.reduce(into: Set<[UInt8]>()) { $0.insert($1) }
    }
    #expect(bodies.count == 1)
  }

  // MARK: Faults

  struct Fault: Sendable, CustomTestStringConvertible {
    let path: String
    let code: TransportError.Code
    var status: Int?
    var isTemporary = false
    var detail: String?
    var testDescription: String { "\(path) is \(code.rawValue)" }
  }

  @Test(arguments: [
    Fault(
      path: "/cut", code: .cut, status: 200, isTemporary: true,
      detail: "transfer closed with 900 bytes remaining to read"),
    Fault(path: "/cut?chunked", code: .cut, status: 200, isTemporary: true),
    Fault(path: "/silent", code: .cut, isTemporary: true, detail: "Empty reply from server"),
    Fault(path: "/reset", code: .cut, status: 200, isTemporary: true),
    Fault(path: "/garbage", code: .protocolFault, detail: "Unsupported protocol"),
    Fault(path: "/coded?coding=gzip&broken", code: .protocolFault, status: 200),
    Fault(path: "/headers", code: .protocolFault, status: 200, detail: "more than 262144 bytes of headers"),
    Fault(path: "/bytes?n=1000001", code: .bodyTooLarge, status: 200, detail: "more than 1000000 bytes"),
    Fault(path: "/bytes?n=1000001&chunked", code: .bodyTooLarge, status: 200),
    Fault(path: "/bytes?n=1000001&status=500", code: .bodyTooLarge, status: 500),
    Fault(path: "/coded?coding=bomb", code: .bodyTooLarge, status: 200),
    Fault(path: "/loop", code: .tooManyRedirects, detail: "more than 5"),
  ])
  func faults(_ item: Fault) async throws {
    let error = try await TransportError.thrown {
      try await client.send(HTTPRequest(.get, server.plain + item.path), maximumBody: 1_000_000)
    }
    #expect(error.code == item.code)
    #expect(error.status == item.status)
    #expect(error.isTemporary == item.isTemporary)
    #expect("http://\(error.host)" == server.plain)
    if let detail = item.detail { #expect(error.detail == detail) }
    #expect(!error.description.contains("x1b") && !error.description.contains("\u{1B}"))
  }

  @Test("a body of exactly the limit is fine") func limit() async throws {
    let response = try await client.send(HTTPRequest(.get, "\(server.plain)/bytes?n=1000"), maximumBody: 1000)
    #expect(response.body.count == 1000)
  }

  @Test("a server that falls silent is given up") func stall() async throws {
    let patient = client { $0.stallTime = 1 }
    let stalled = try await TransportError.thrown {
      try await patient.send(HTTPRequest(.get, "\(server.plain)/stall"))
    }
    #expect(stalled.code == .timeout)
    #expect(stalled.status == 200)
    let hurried = client { $0.timeout = 0.2 }
    let late = try await TransportError.thrown {
      try await hurried.send(HTTPRequest(.get, "\(server.plain)/stall"))
    }
    #expect(late.code == .timeout)
    #expect(late.isTemporary)
  }

  struct Place: Sendable, CustomTestStringConvertible {
    let url: String
    let code: TransportError.Code
    var testDescription: String { url.debugDescription }
  }

  @Test(arguments: [
    Place(url: "", code: .badURL), Place(url: "/path", code: .badURL),
    Place(url: "file:///etc/passwd", code: .badURL),
    Place(url: "ftp://127.0.0.1/", code: .badURL), Place(url: "http://", code: .badURL),
    Place(url: "http://user:secret@127.0.0.1/", code: .badURL),
    Place(url: "http://127.0.0.1:99999/", code: .badURL),
    Place(url: "http://127.0.0.1/a b", code: .badURL), Place(url: "http://127.0.0.1/\u{0}", code: .badURL),
    Place(url: "http://127.0.0.1/\r\nX: y", code: .badURL),
    Place(url: "http://127.0.0.1:1/?key=secret", code: .connect),
    Place(url: "http://nowhere.invalid/?key=secret", code: .resolve),
  ])
  func addresses(_ item: Place) async throws {
    let error = try await TransportError.thrown { try await client.send(HTTPRequest(.get, item.url)) }
    #expect(error.code == item.code)
    #expect(error.isTemporary == (item.code != .badURL))
    #expect(!"\(error)".contains("secret"))
  }

  @Test(arguments: [
    HTTPHeader("Authorization", "Bearer secret\n"), HTTPHeader("Authorization", "a\r\nX-Other: b"),
    HTTPHeader("", "a"), HTTPHeader("A B", "a"), HTTPHeader("A:", "a"), HTTPHeader("A", "\u{0}"),
  ])
  func headers(_ header: HTTPHeader) async throws {
    var request = HTTPRequest(.get, "\(server.plain)/echo")
    request.credentials = [header]
    let error = try await TransportError.thrown { try await client.send(request) }
    #expect(error.code == .badURL)
    #expect(error.detail == "a header has a character that cannot be sent")
  }

  // MARK: TLS

  @Test("an unknown certificate is refused, a named one is trusted") func certificates() async throws {
    let url = "\(server.secure)/echo"
    let error = try await TransportError.thrown { try await client.send(HTTPRequest(.get, url)) }
    #expect(error.code == .tls)
    #expect(!error.isTemporary)
    #expect(error.detail.contains("certificate"))
    let trusting = client { $0.caFile = server.certificate }
    #expect(try await trusting.send(HTTPRequest(.get, url)).status == 200)
    let elsewhere = url.replacing("127.0.0.1", with: "localhost")
    #expect(
      try await TransportError.thrown { try await trusting.send(HTTPRequest(.get, elsewhere)) }.code == .tls)
  }

  @Test("a handshake that is cut off may pass later, one in clear text does not") func handshakes()
    async throws
  {
    let cut = try await TransportError.thrown { try await client.send(HTTPRequest(.get, server.hangup)) }
    #expect(cut.code == .connect)
    let clear = server.plain.replacing("http:", with: "https:")
    #expect(try await TransportError.thrown { try await client.send(HTTPRequest(.get, clear)) }.code == .tls)
  }

  // MARK: Cancelling

  @Test("cancelling takes a transfer off the wire") func cancelling() async throws {
    let url = "\(server.plain)/stall?key=cancelling"
    let task = Task { try await client.send(HTTPRequest(.get, url)) }
    func becomesOne(_ key: String) async throws -> Bool {
      for _ in 0..<500 {
        let count = try await client.send(HTTPRequest(.get, "\(server.plain)/count?key=\(key)")).body
        if count == Array("1".utf8) { return true }
        try await Task.sleep(for: .milliseconds(20))
      }
      return false
    }
    // On the wire, however busy the machine.
    #expect(try await becomesOne("stalledcancelling"))
    task.cancel()
    let error = try await TransportError.thrown { try await task.value }
    #expect(error.code == .cancelled)
    // The server sees the connection close; it would wait 30 s otherwise.
    #expect(try await becomesOne("gonecancelling"))
  }

  @Test("a task that is cancelled already sends nothing") func cancelledBefore() async throws {
    let url = "\(server.plain)/sequence?key=before&s=200"
    let task = Task {
      while !Task.isCancelled { await Task.yield() }
      return try await client.send(HTTPRequest(.get, url))
    }
    task.cancel()
    #expect(try await TransportError.thrown { try await task.value }.code == .cancelled)
    #expect(
      try await client.send(HTTPRequest(.get, "\(server.plain)/count?key=before")).body == Array("0".utf8))
  }

  @Test("a client's thread ends with it") func ends() async throws {
    func threads() throws -> Int {
      try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count {
        let name = try? String(contentsOfFile: "/proc/self/task/\($0)/comm", encoding: .utf8)
        return name == "brief-client\n"
      }
    }
    var brief: HTTPClient? = client { $0.threadName = "brief-client" }
    #expect(try await brief?.send(HTTPRequest(.get, "\(server.plain)/echo")).status == 200)
    var tries = 0
    // While other tests' threads come and go, the system's list of threads may leave some out.
    while try threads() != 1, tries < 500 {
      try await Task.sleep(for: .milliseconds(10))
      tries += 1
    }
    #expect(tries < 500)
    brief = nil
    tries = 0
    while try threads() > 0, tries < 500 {
      try await Task.sleep(for: .milliseconds(10))
      tries += 1
    }
    #expect(try threads() == 0)
  }
}
