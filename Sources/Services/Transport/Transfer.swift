import CCurl
import Synchronization

/// What goes over the wire once: a request to one address, without redirects.
struct Exchange: Sendable {
  let request: HTTPRequest
  let address: Address
  /// Held, so that its loop is not closed under a transfer.
  let client: HTTPClient
  let maximumBody: Int

  func error(_ code: TransportError.Code, status: Int? = nil, _ detail: String = "") -> TransportError {
    TransportError(code, host: address.hostAndPort, status: status, detail: detail)
  }
}

/// One exchange on its way through a ``CurlLoop``.
final class Transfer: @unchecked Sendable {  // the inbox hands it to the loop's thread
  typealias Outcome = Result<HTTPResponse, TransportError>

  /// Bytes of header lines; real answers have a few thousand.
  private static let headLimit = 256 << 10

  let isCancelled = Atomic(false)
  let exchange: Exchange
  /// libcurl's handle while the transfer is under way.
  private(set) var easy: UnsafeMutableRawPointer?
  private let continuation: Mutex<CheckedContinuation<Outcome, Never>?> = Mutex(nil)
  private var headerList: UnsafeMutablePointer<curl_slist>?
  private let words = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
  private var setupFault = CURLE_OK

  private var head: [UInt8] = []
  private var isInHead = false
  private var body: [UInt8] = []
  /// Why a callback of ours stopped the transfer.
  private var refusal: TransportError?
  /// Sockets of kept connections, by local port; the loop's.
  private var sockets: SocketBook?
  /// Whether the connection had bytes before anything was asked; nothing was sent then.
  private(set) var wasStale = false

  init(_ exchange: Exchange) {
    self.exchange = exchange
    words.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
  }

  deinit { words.deallocate() }

  /// Remembers who waits.
  func attach(_ waiting: CheckedContinuation<Outcome, Never>) {
    continuation.withLock { $0 = waiting }
  }

  /// Hands the outcome to who waits; only the first call does.
  func finish(_ outcome: Outcome) {
    let waiting = continuation.withLock { stored in
      defer { stored = nil }
      return stored
    }
    waiting?.resume(returning: outcome)
  }

  /// Stops before the request goes out on a kept connection that has bytes already.
  ///
  /// A server that answered twice has sent the next request's answer before it is asked. Without encryption nothing
  /// may come unasked; inside TLS, records may that are no answers, and there libcurl alone judges.
  func watch(_ sockets: SocketBook) {
    guard exchange.address.scheme == "http", let easy else { return }
    self.sockets = sockets
    let context = Unmanaged.passUnretained(self).toOpaque()
    let code = ccurl_set_before(
      easy,
      { context, _, _, _, port in
        guard let context else { return 0 }
        let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
        guard let socket = transfer.sockets?[port], ccurl_has_bytes(socket, port) else { return 0 }
        transfer.wasStale = true
        return 1
      }, context)
    check(code)
  }

  /// Remembers the socket of a connection that may be kept.
  func note() {
    guard let sockets, let easy else { return }
    var port = 0
    ccurl_get_long(easy, CURLINFO_LOCAL_PORT, &port)
    sockets[Int32(truncatingIfNeeded: port)] = ccurl_get_socket(easy)
  }

  /// Makes ready to be sent on a connection of its own, after ``wasStale``.
  func freshen() {
    wasStale = false
    set(CURLOPT_FRESH_CONNECT, 1)
  }

  /// Gives libcurl's memory back; the handle must be out of the multi handle.
  func close() {
    if let easy { curl_easy_cleanup(easy) }
    easy = nil
    curl_slist_free_all(headerList)
    headerList = nil
  }

  // MARK: Setting up

  /// Makes libcurl's handle.
  func open() throws(TransportError) -> UnsafeMutableRawPointer {
    guard let easy = curl_easy_init() else { fatalError("out of memory for a transfer") }
    self.easy = easy
    let (request, configuration) = (exchange.request, exchange.client.configuration)
    set(CURLOPT_URL, exchange.address.text)
    set(CURLOPT_PATH_AS_IS, 1)
    set(CURLOPT_PROTOCOLS_STR, "http,https")
    set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_2TLS))
    set(CURLOPT_PIPEWAIT, 1)
    set(CURLOPT_NOSIGNAL, 1)
    set(CURLOPT_SSL_VERIFYPEER, 1)
    set(CURLOPT_SSL_VERIFYHOST, 2)
    set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
    if let file = configuration.caFile { set(CURLOPT_CAINFO, file) }
    set(CURLOPT_USERAGENT, configuration.userAgent)
    set(CURLOPT_CONNECTTIMEOUT_MS, Self.milliseconds(configuration.connectTimeout))
    set(CURLOPT_TIMEOUT_MS, Self.milliseconds(configuration.timeout))
    set(CURLOPT_LOW_SPEED_LIMIT, 1)
    set(CURLOPT_LOW_SPEED_TIME, max(1, Int(min(configuration.stallTime, 1e6).rounded(.up))))
    set(CURLOPT_BUFFERSIZE, configuration.receiveBuffer)
    set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
    if request.acceptsCompression { set(CURLOPT_ACCEPT_ENCODING, Curl.encodings) }
    check(ccurl_keep_sockets_private(easy))
    check(ccurl_set_pointer(easy, CURLOPT_ERRORBUFFER, words))
    setBody(request)
    try setHeaders(request)
    setReceivers(easy)
    guard setupFault == CURLE_OK else {
      throw exchange.error(.protocolFault, String(cString: curl_easy_strerror(setupFault)))
    }
    return easy
  }

  private func setBody(_ request: HTTPRequest) {
    if !request.isIdempotent { set(CURLOPT_FRESH_CONNECT, 1) }
    switch request.method {
    case .head: set(CURLOPT_NOBODY, 1)
    case .get where request.body == nil: set(CURLOPT_HTTPGET, 1)
    case .delete where request.body == nil: set(CURLOPT_CUSTOMREQUEST, request.method.rawValue)
    case .get, .post, .put, .delete:
      let body = request.body ?? []
      set(CURLOPT_POST, 1)
      set(CURLOPT_CUSTOMREQUEST, request.method.rawValue)
      check(ccurl_set_size(easy, CURLOPT_POSTFIELDSIZE_LARGE, body.count))
      body.withUnsafeBufferPointer { body in
        // libcurl copies the bytes; with no address it would ask a read function for them.
        let empty: StaticString = ""
        let start = body.baseAddress ?? empty.utf8Start
        check(ccurl_set_pointer(easy, CURLOPT_COPYPOSTFIELDS, UnsafeMutableRawPointer(mutating: start)))
      }
    }
  }

  private func setHeaders(_ request: HTTPRequest) throws(TransportError) {
    var headers = request.headers + request.credentials
    if let signing = request.signing {
      if let token = signing.sessionToken { headers.append(HTTPHeader("x-amz-security-token", token)) }
      set(CURLOPT_AWS_SIGV4, "aws:amz:\(signing.region):\(signing.service)")
      set(CURLOPT_USERNAME, signing.accessKey)
      set(CURLOPT_PASSWORD, signing.secretKey)
    }
    for header in headers {
      guard header.isLegal else {
        throw exchange.error(.badURL, "a header has a character that cannot be sent")
      }
      // A colon with nothing behind it would remove a header of libcurl's.
      add(header.value.isEmpty ? "\(header.name);" : "\(header.name): \(header.value)")
    }
    // With a body libcurl adds what nobody asked for: a form's media type, and waiting for leave to send it. In a
    // signed request it would sign the removal.
    if request.body != nil || request.method == .post || request.method == .put, request.signing == nil {
      if !headers.contains(where: { $0.isNamed("Content-Type") }) { add("Content-Type:") }
      add("Expect:")
    }
    check(ccurl_set_pointer(easy, CURLOPT_HTTPHEADER, headerList))
  }

  private func setReceivers(_ easy: UnsafeMutableRawPointer) {
    let context = Unmanaged.passUnretained(self).toOpaque()
    check(ccurl_set_pointer(easy, CURLOPT_WRITEDATA, context))
    check(
      ccurl_set_receiver(easy, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
        Transfer.receive(bytes, size * count, context) { $0.takeBody($1) }
      })
    check(ccurl_set_pointer(easy, CURLOPT_HEADERDATA, context))
    check(
      ccurl_set_receiver(easy, CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
        Transfer.receive(bytes, size * count, context) { $0.takeHeaderLine($1) }
      })
  }

  private func set(_ option: CURLoption, _ value: String) { check(ccurl_set_string(easy, option, value)) }

  private func set(_ option: CURLoption, _ value: Int) { check(ccurl_set_long(easy, option, value)) }

  private func add(_ line: String) {
    if let longer = curl_slist_append(headerList, line) {
      headerList = longer
    } else {
      check(CURLE_OUT_OF_MEMORY)
    }
  }

  private func check(_ code: CURLcode) { if setupFault == CURLE_OK { setupFault = code } }

  /// At least one, since zero means no limit, or libcurl's own, to libcurl.
  private static func milliseconds(_ seconds: Double) -> Int { Int(max(1, min(seconds, 1e6) * 1000)) }

  // MARK: Receiving

  /// Calls back into the transfer; 0 for bytes tells libcurl to stop.
  private static func receive(
    _ bytes: UnsafeMutablePointer<CChar>?, _ count: Int, _ context: UnsafeMutableRawPointer?,
    _ take: (Transfer, UnsafeRawBufferPointer) -> Bool
  ) -> Int {
    guard let context else { return 0 }
    let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
    return take(transfer, UnsafeRawBufferPointer(start: bytes, count: count)) ? count : 0
  }

  private func takeHeaderLine(_ line: UnsafeRawBufferPointer) -> Bool {
    if line.starts(with: "HTTP/".utf8) {
      // An interim answer such as 100 has a head of its own before the real one.
      head.removeAll(keepingCapacity: true)
      isInHead = true
      return true
    }
    guard isInHead else { return true }  // A trailer behind the body.
    if line.first == UInt8(ascii: "\r") || line.first == UInt8(ascii: "\n") {
      isInHead = false
      return prepareBody()
    }
    guard head.count + line.count <= Self.headLimit else {
      refusal = exchange.error(.protocolFault, status: status, "more than \(Self.headLimit) bytes of headers")
      return false
    }
    head.append(contentsOf: line)
    return true
  }

  /// Refuses a body that is announced too large, and makes room for one that is not.
  private func prepareBody() -> Bool {
    var announced = 0
    ccurl_get_size(easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &announced)
    guard exchange.request.method != .head, (200...299).contains(status ?? 0), announced > 0 else {
      return true
    }
    guard announced <= exchange.maximumBody else { return refuseBody() }
    // A little more, so that a parser which reads past the end need not copy it.
    body.reserveCapacity(announced + 64)
    return true
  }

  private func takeBody(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard body.count + bytes.count <= exchange.maximumBody else { return refuseBody() }
    body.append(contentsOf: bytes)
    return true
  }

  private func refuseBody() -> Bool {
    refusal = exchange.error(.bodyTooLarge, status: status, "more than \(exchange.maximumBody) bytes")
    return false
  }

  // MARK: Ending

  /// What came of it, by libcurl's code.
  func outcome(_ code: CURLcode) -> Outcome {
    if let refusal { return .failure(refusal) }
    guard code == CURLE_OK, let status else { return .failure(failure(code)) }
    defer { body = [] }
    return .success(
      HTTPResponse(status: status, headers: headers, body: body, url: exchange.address.text))
  }

  private var status: Int? {
    var status = 0
    ccurl_get_long(easy, CURLINFO_RESPONSE_CODE, &status)
    return status > 0 ? status : nil
  }

  private var headers: [HTTPHeader] {
    func text(_ run: ArraySlice<UInt8>) -> String {
      let trimmed = run.drop { Self.isBlank($0) }
      let end = trimmed.lastIndex { !Self.isBlank($0) }.map { $0 + 1 } ?? trimmed.startIndex
      // Nothing says which; what is no UTF-8 is Latin-1, as HTTP once had it.
      return String(validating: trimmed[..<end], as: UTF8.self)
        ?? String(String.UnicodeScalarView(trimmed[..<end].map { Unicode.Scalar($0) }))
    }
    return head.split(separator: 0x0A).compactMap { line in
      line.firstIndex(of: UInt8(ascii: ":")).map { colon in
        HTTPHeader(text(line[..<colon]), text(line[(colon + 1)...]))
      }
    }
  }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0D }

  private func failure(_ code: CURLcode) -> TransportError {
    let said = Self.printable(words)
    let words = said.isEmpty ? String(cString: curl_easy_strerror(code)) : said
    switch code {
    case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: return exchange.error(.resolve, words)
    case CURLE_COULDNT_CONNECT, CURLE_PROXY: return exchange.error(.connect, words)
    case CURLE_OPERATION_TIMEDOUT:
      var sentAt = 0
      ccurl_get_size(easy, CURLINFO_PRETRANSFER_TIME_T, &sentAt)
      return exchange.error(sentAt == 0 ? .connect : .timeout, status: status, words)
    case CURLE_SSL_CONNECT_ERROR:
      // Only a handshake that was refused leaves an error of OpenSSL's; one that was cut off may pass next time.
      return exchange.error(words.contains("error:") ? .tls : .connect, words)
    case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
      CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS:
      return exchange.error(.tls, words)
    case CURLE_GOT_NOTHING, CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_PARTIAL_FILE, CURLE_HTTP2,
      CURLE_HTTP2_STREAM:
      return exchange.error(.cut, status: status, words)
    case CURLE_URL_MALFORMAT: return exchange.error(.badURL)
    default:
      // Words about an answer that breaks the rules may quote it.
      return exchange.error(.protocolFault, status: status, String(cString: curl_easy_strerror(code)))
    }
  }

  private static func printable(_ words: UnsafePointer<CChar>) -> String {
    String(
      String(cString: words).unicodeScalars.map {
        $0.isASCII && $0.value >= 0x20 && $0.value < 0x7F ? Character($0) : "?"
      })
  }
}

/// Sockets by the local port of their connection; used by one thread.
final class SocketBook {
  private var sockets: [Int32: Int32] = [:]

  subscript(port: Int32) -> Int32? {
    get { sockets[port] }
    set { sockets[port] = newValue }
  }
}

/// What the whole process has of libcurl once.
enum Curl {
  /// Must be read before the first handle is made.
  static let isReady: Bool = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

  /// The codings that this build of libcurl undoes, of those that services send.
  static let encodings = ccurl_features() & Int32(CURL_VERSION_ZSTD) == 0 ? "gzip" : "gzip, zstd"
}
