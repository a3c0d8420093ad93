/// Exchanges HTTP requests and answers on libcurl, with kept connections, and HTTP/2 where TLS offers it.
///
/// All requests of a client share its connections and one thread, which ends with the client. Certificates are
/// always verified. Proxies are taken from the environment as libcurl does (`http_proxy`, `HTTPS_PROXY`,
/// `NO_PROXY`). A program needs one client for each ``Configuration`` it uses, and seldom more than one.
public final class HTTPClient: Sendable {
  /// Limits and names.
  public struct Configuration: Sendable {
    /// Seconds until a connection must stand, default 10.
    public var connectTimeout = 10.0
    /// Seconds for one exchange, with the wait for a free connection, default 120.
    public var timeout = 120.0
    /// Seconds without a byte after which the server counts as gone, rounded up to whole ones, default 60.
    public var stallTime = 60.0
    /// Bytes of a decoded body, default 64 MiB.
    ///
    /// A longer one is cut off at the first byte too many, so a small compressed body cannot fill the memory.
    public var maximumBody = 64 << 20
    /// A file of certificates in PEM form to trust in place of the system's; nil, the default, trusts the system's.
    public var caFile: String?
    /// The `User-Agent` header, default `flywheel/0.1`.
    public var userAgent = "flywheel/0.1"
    /// Connections to one host and port, default 8; further requests wait for one.
    public var maximumConnectionsPerHost = 8
    /// Bytes that are received at once, 1 KiB to 512 KiB, default 128 KiB, which large bodies want.
    ///
    /// Each exchange takes a buffer of its own, so that many small answers want a smaller one.
    public var receiveBuffer = 128 << 10
    /// The thread's name in a debugger and in `/proc`, at most 15 bytes.
    var threadName = "http"

    /// Has the defaults.
    public init() {}
  }

  /// Redirects that one request follows.
  public static let redirectLimit = 5

  /// The limits and names.
  public let configuration: Configuration
  private let loop: CurlLoop

  /// Starts the client's thread.
  public init(_ configuration: Configuration = .init()) {
    self.configuration = configuration
    loop = CurlLoop(
      name: configuration.threadName, maximumConnectionsPerHost: configuration.maximumConnectionsPerHost)
  }

  deinit { loop.close() }

  /// Sends a request, follows redirects and returns the answer, whatever its status.
  ///
  /// GET and HEAD follow 301, 302, 303, 307 and 308; other methods follow 307 and 308 within their origin only,
  /// since a query must neither lose its body nor carry it elsewhere. A redirect that is not followed is
  /// returned. Cancelling the task ends the exchange.
  /// - Parameters:
  ///   - request: what to send.
  ///   - maximumBody: bytes of the decoded body; nil takes the configuration's.
  /// - Returns: the last answer.
  /// - Throws: ``TransportError`` of any code but `status`.
  public func send(_ request: HTTPRequest, maximumBody: Int? = nil) async throws(TransportError)
    -> HTTPResponse
  {
    var request = request
    var address = try Address(request.url)
    for _ in 0...Self.redirectLimit {
      let exchange = Exchange(
        request: request, address: address, client: self,
        maximumBody: maximumBody ?? configuration.maximumBody)
      let response = try await loop.perform(exchange)
      guard let next = try Self.redirect(response, of: request.method, from: address) else { return response }
      if !next.hasOrigin(of: address) {
        request.credentials = []
        request.signing = nil
      }
      address = next
    }
    throw TransportError(
      .tooManyRedirects, host: address.hostAndPort, detail: "more than \(Self.redirectLimit)")
  }

  /// Where an answer sends the request, nil if it stays.
  private static func redirect(
    _ response: HTTPResponse, of method: HTTPRequest.Method, from address: Address
  ) throws(TransportError) -> Address? {
    let isRead = method == .get || method == .head
    let keepsBody = response.status == 307 || response.status == 308
    guard keepsBody || isRead && (301...303).contains(response.status),
      let location = response.header("Location")
    else { return nil }
    let next = try address.resolve(location)
    guard isRead || next.hasOrigin(of: address) else { return nil }
    guard next.scheme == address.scheme || next.scheme == "https" else {
      throw TransportError(.insecureRedirect, host: address.hostAndPort, status: response.status)
    }
    return next
  }
}
