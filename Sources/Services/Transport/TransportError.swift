/// Why no usable answer came: facts only, never a query, a header's value or a body.
public struct TransportError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What went wrong.
  public enum Code: String, Sendable, CaseIterable {
    /// The address or a header cannot be sent: no `http` or `https`, no host, a user name in it, a control character.
    case badURL
    /// The host has no address, or nobody who knows it answered.
    case resolve
    /// No connection came about; the request was surely not processed.
    case connect
    /// The server's certificate or the handshake was refused.
    case tls
    /// The time allowed for the exchange, or for a pause in it, was over.
    case timeout
    /// The connection was closed before or inside the answer.
    case cut
    /// The decoded body is larger than the caller allows.
    case bodyTooLarge
    /// More redirects than ``HTTPClient/redirectLimit``.
    case tooManyRedirects
    /// A redirect led from `https` to `http`.
    case insecureRedirect
    /// The answer has a status outside 200 to 299.
    case status
    /// The answer breaks the rules of HTTP or of the service.
    case protocolFault
    /// The task that waited was cancelled.
    case cancelled
  }

  /// What went wrong.
  public let code: Code
  /// The host and port that were asked last, such as `api.example.com:443`; empty where the address had none.
  public let host: String
  /// The status of the answer, if one came.
  public let status: Int?
  /// Seconds until the server wants to be asked again, if it said so.
  public let retryAfter: Double?
  /// How often the request was sent, 1 without a retry.
  public let attempts: Int
  /// libcurl's own words, the limit in bytes, or the error code of the object store.
  public let detail: String

  /// Takes the facts.
  public init(
    _ code: Code, host: String, status: Int? = nil, retryAfter: Double? = nil, attempts: Int = 1,
    detail: String = ""
  ) {
    self.code = code
    self.host = host
    self.status = status
    self.retryAfter = retryAfter
    self.attempts = attempts
    self.detail = detail
  }

  /// Whether the same request may succeed later.
  ///
  /// These are resolve, connect, timeout, cut, and the statuses 408, 425, 429 and 5xx but 501 (RFC 9110 section
  /// 15, RFC 8470 section 5.2).
  public var isTemporary: Bool {
    switch code {
    case .resolve, .connect, .timeout, .cut: true
    case .status:
      status.map { [408, 425, 429].contains($0) || (500...599).contains($0) && $0 != 501 } ?? false
    case .badURL, .tls, .bodyTooLarge, .tooManyRedirects, .insecureRedirect, .protocolFault, .cancelled: false
    }
  }

  /// Whether the server surely did not act on the request, so that even one that is not idempotent may be repeated.
  ///
  /// A 503 says so only with `Retry-After`: without it, it may come from a gateway whose server went on.
  var wasSurelyNotProcessed: Bool {
    switch code {
    case .resolve, .connect: true
    case .status: status == 429 || status == 503 && retryAfter != nil
    default: false
    }
  }

  /// The facts in one line, such as `api.example.com:443: status 429, retry after 600 s (5 attempts)`.
  public var description: String {
    var text = host.isEmpty ? "" : "\(host): "
    text += code == .status ? "status \(status.map(String.init) ?? "unknown")" : code.rawValue
    if code != .status, let status { text += ", status \(status)" }
    if !detail.isEmpty { text += ", \(detail)" }
    if let retryAfter { text += ", retry after \(Int(retryAfter.rounded(.up))) s" }
    return attempts > 1 ? "\(text) (\(attempts) attempts)" : text
  }

  func after(attempts: Int) -> TransportError {
    TransportError(
      code, host: host, status: status, retryAfter: retryAfter, attempts: attempts, detail: detail)
  }
}
