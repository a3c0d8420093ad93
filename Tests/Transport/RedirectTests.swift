import Testing

@testable import Transport

@Suite("Redirects", .enabled(if: FaultServer.isAvailable, "needs python3 and openssl"))
struct RedirectTests {
  private let server: FaultServer
  private let client: HTTPClient

  init() throws {
    server = try FaultServer.running()
    var configuration = HTTPClient.Configuration()
    configuration.caFile = server.certificate
    client = HTTPClient(configuration)
  }

  private func request(
    _ method: HTTPRequest.Method = .get, to place: String, status: Int = 302, from: String? = nil
  )
    -> HTTPRequest
  {
    let target = Address.query([("status", "\(status)"), ("to", place)])
    var request = HTTPRequest(method, "\(from ?? server.plain)/redirect?\(target)")
    request.credentials = [HTTPHeader("Authorization", "Bearer secret"), HTTPHeader("X-Api-Key", "secret")]
    request.headers = [HTTPHeader("X-Plain", "seen")]
    if method != .get { request.body = Array("{}".utf8) }
    return request
  }

  @Test("within the origin everything goes along", arguments: [301, 302, 303, 307, 308])
  func same(_ status: Int) async throws {
    let response = try await client.send(request(to: "/echo?a=b c/ü#part", status: status))
    let echo = try Echo(response)
    #expect(echo.header("authorization") == "Bearer secret")
    #expect(echo.header("x-plain") == "seen")
    #expect(echo.path == "/echo?a=b+c/%c3%bc")
    #expect(response.url == "\(server.plain)/echo?a=b+c/%c3%bc")
  }

  @Test("credentials stay with their origin, and are not taken up again") func credentials() async throws {
    let away = try Echo(try await client.send(request(to: "\(server.other)/echo")))
    #expect(away.header("authorization") == nil)
    #expect(away.header("x-api-key") == nil)
    #expect(away.header("x-plain") == "seen")
    let back = "\(server.other)/redirect?" + Address.query([("to", "\(server.plain)/echo")])
    #expect(try Echo(try await client.send(request(to: back))).header("authorization") == nil)
    var signed = request(to: "\(server.other)/echo")
    signed.credentials = []
    signed.signing = AWSSigning(accessKey: "A", secretKey: "S", region: "r")
    #expect(try Echo(try await client.send(signed)).header("authorization") == nil)
  }

  @Test("a body is sent again within its origin only") func bodies() async throws {
    for status in [307, 308] {
      let kept = try Echo(try await client.send(request(.post, to: "/echo", status: status)))
      #expect(kept.method == "POST")
      #expect(kept.body == "{}")
      let away = try await client.send(request(.post, to: "\(server.other)/echo", status: status))
      #expect(away.status == status)
    }
    for status in [301, 302, 303] {
      #expect(try await client.send(request(.post, to: "/echo", status: status)).status == status)
    }
  }

  @Test("never from https to http") func insecure() async throws {
    let down = request(to: "\(server.plain)/echo", from: server.secure)
    let error = try await TransportError.thrown { try await client.send(down) }
    #expect(error.code == .insecureRedirect)
    #expect("https://\(error.host)" == server.secure)
    let up = try Echo(try await client.send(request(to: "\(server.secure)/echo")))
    #expect(up.header("authorization") == nil)
  }

  @Test(arguments: [
    "file:///etc/passwd", "gopher://127.0.0.1/", "http://user:secret@127.0.0.1/", "http://",
    "https://127.0.0.1:0x/",
  ])
  func refuses(_ place: String) async throws {
    let error = try await TransportError.thrown { try await client.send(request(to: place)) }
    #expect(error.code == .badURL)
    #expect(!"\(error)".contains("secret"))
  }

  @Test("five are followed, six are not") func limit() async throws {
    #expect(try await client.send(HTTPRequest(.get, "\(server.plain)/loop?n=5")).status == 200)
    let error = try await TransportError.thrown {
      try await client.send(HTTPRequest(.get, "\(server.plain)/loop?n=6"))
    }
    #expect(error.code == .tooManyRedirects)
  }

  @Test("a redirect without a place is an answer") func nowhere() async throws {
    #expect(try await client.send(HTTPRequest(.get, "\(server.plain)/answer?status=302")).status == 302)
  }
}
