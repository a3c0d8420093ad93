import CCurl

/// A parsed `http` or `https` address.
///
/// libcurl parses it, so that the host we judge is the host it connects to.
struct Address {
  /// The whole address without its fragment.
  let text: String
  let scheme: String
  let host: String
  let port: String

  /// Parses an absolute address; nothing in its path is resolved, since an object's key may hold `..`.
  init(_ text: String) throws(TransportError) {
    try self.init(text, relativeTo: nil)
  }

  private init(_ text: String, relativeTo base: Address?) throws(TransportError) {
    guard let url = curl_url() else { fatalError("out of memory for an address") }
    defer { curl_url_cleanup(url) }
    func part(_ part: CURLUPart, _ flags: Int32 = 0) -> String? {
      var value: UnsafeMutablePointer<CChar>?
      guard curl_url_get(url, part, &value, UInt32(flags)) == CURLUE_OK, let value else { return nil }
      defer { curl_free(value) }
      return String(cString: value)
    }
    let bad = TransportError(.badURL, host: base?.hostAndPort ?? "")
    guard !text.utf8.contains(0) else { throw bad }
    if let base {
      // Servers write spaces and letters beyond ASCII into Location.
      guard curl_url_set(url, CURLUPART_URL, base.text, UInt32(CURLU_PATH_AS_IS)) == CURLUE_OK,
        curl_url_set(url, CURLUPART_URL, text, UInt32(CURLU_URLENCODE | CURLU_DISALLOW_USER)) == CURLUE_OK
      else { throw bad }
    } else {
      let flags = CURLU_PATH_AS_IS | CURLU_DISALLOW_USER
      guard curl_url_set(url, CURLUPART_URL, text, UInt32(flags)) == CURLUE_OK else { throw bad }
    }
    curl_url_set(url, CURLUPART_FRAGMENT, nil, 0)
    guard let scheme = part(CURLUPART_SCHEME)?.lowercased(), ["http", "https"].contains(scheme),
      let host = part(CURLUPART_HOST)?.lowercased(), !host.isEmpty,
      let port = part(CURLUPART_PORT, CURLU_DEFAULT_PORT), let whole = part(CURLUPART_URL)
    else { throw bad }
    (self.text, self.scheme, self.host, self.port) = (whole, scheme, host, port)
  }

  /// Where a `Location` header of this address leads.
  func resolve(_ location: String) throws(TransportError) -> Address {
    try Address(location, relativeTo: self)
  }

  var hostAndPort: String { "\(host):\(port)" }

  func hasOrigin(of other: Address) -> Bool {
    scheme == other.scheme && host == other.host && port == other.port
  }

  /// Percent-encodes all but the unreserved characters of RFC 3986 section 2.3, and those of `kept`.
  static func encode(_ text: String, keeping kept: StaticString = "") -> String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.utf8.count)
    kept.withUTF8Buffer { kept in
      for byte in text.utf8 {
        if isLetterOrDigit(byte) || "-._~".utf8.contains(byte) || kept.contains(byte) {
          bytes.append(byte)
        } else {
          let digits = Array("0123456789ABCDEF".utf8)
          bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        }
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// A query without its question mark, in the order given, each name with its `=`.
  static func query(_ items: [(String, String)]) -> String {
    items.map { "\(encode($0))=\(encode($1))" }.joined(separator: "&")
  }

  static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: false
    }
  }
}
