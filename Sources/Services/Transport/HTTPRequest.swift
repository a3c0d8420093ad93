import CCurl
import Records

/// One header field; its value shows in no description.
public struct HTTPHeader: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
  /// The field's name; compared without regard to case.
  public var name: String
  /// The field's value, without line breaks.
  public var value: String

  /// Takes a name and a value.
  public init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }

  /// The name only.
  public var description: String { name }

  /// The name only.
  public var customMirror: Mirror { Mirror(self, children: ["name": name]) }

  func isNamed(_ other: String) -> Bool { name.lowercased() == other.lowercased() }

  /// Whether it can be sent as it is: a token, and a value without control characters (RFC 9110 section 5).
  ///
  /// A key read from a file often ends in a line feed, which would start a header of its own.
  var isLegal: Bool {
    !name.isEmpty && name.utf8.allSatisfy { Self.isSign($0) || Address.isLetterOrDigit($0) }
      && value.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }
  }

  private static func isSign(_ byte: UInt8) -> Bool {
    // A literal is looked through in place; a set would be made and hashed for every header.
    for sign in "!#$%&'*+-.^_`|~".utf8 where sign == byte { return true }
    return false
  }
}

/// How to sign a request with AWS Signature Version 4; the keys show in no description.
public struct AWSSigning: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
  /// The access key's id.
  public let accessKey: String
  /// The secret key.
  public let secretKey: String
  /// The token of temporary credentials.
  public let sessionToken: String?
  /// The region, such as `eu-central-1`.
  public let region: String
  /// The service, `s3` by default.
  public let service: String

  /// Takes the credentials and what they are good for.
  public init(
    accessKey: String, secretKey: String, sessionToken: String? = nil, region: String, service: String = "s3"
  ) {
    self.accessKey = accessKey
    self.secretKey = secretKey
    self.sessionToken = sessionToken
    self.region = region
    self.service = service
  }

  /// The region and service only.
  public var description: String { "\(region)/\(service)" }

  /// The region and service only.
  public var customMirror: Mirror { Mirror(self, children: ["region": region, "service": service]) }
}

/// One request; its description names the method and host only.
public struct HTTPRequest: Sendable, CustomStringConvertible {
  /// What to do with the resource.
  public enum Method: String, Sendable {
    /// Reads it.
    case get = "GET"
    /// Hands it a body; with most services of ours that is a query.
    case post = "POST"
    /// Replaces it.
    case put = "PUT"
    /// Reads its headers.
    case head = "HEAD"
    /// Removes it.
    case delete = "DELETE"
  }

  /// What to do with the resource.
  public var method: Method
  /// The address, percent-encoded; `http` or `https`, without a user name.
  public var url: String
  /// Header fields that any server may see.
  public var headers: [HTTPHeader]
  /// Header fields that only the origin of ``url`` may see: scheme, host and port.
  ///
  /// After a redirect to another origin they are no longer sent, even if that one leads back.
  public var credentials: [HTTPHeader] = []
  /// The body; nil sends none.
  public var body: [UInt8]?
  /// How to sign the request; dropped like ``credentials``.
  ///
  /// The query must be strictly percent-encoded, sorted and have `=` after each name; ``ObjectStore`` sees to it.
  public var signing: AWSSigning?
  /// Whether sending it twice does no more than sending it once; true by default, since our POSTs are queries.
  ///
  /// One that is not is sent again only where it surely was not processed: no connection, 429, or 503 with
  /// `Retry-After`. It also gets a connection of its own, because libcurl by itself repeats a request that finds
  /// a kept connection closed.
  public var isIdempotent = true
  /// Whether the body may come compressed, which is undone on arrival; true by default.
  ///
  /// False for stored objects, whose bytes and ranges count as they are stored.
  public var acceptsCompression = true

  /// Takes what most requests need.
  public init(_ method: Method = .get, _ url: String, headers: [HTTPHeader] = [], body: [UInt8]? = nil) {
    self.method = method
    self.url = url
    self.headers = headers
    self.body = body
  }

  /// A text as one part of a path: all but the unreserved characters of RFC 3986 section 2.3 is percent-encoded.
  public static func pathSegment(_ text: String) -> String { Address.encode(text) }

  /// The method and host, such as `GET api.example.com:443`.
  public var description: String { "\(method.rawValue) \((try? Address(url))?.hostAndPort ?? "")" }
}

/// One answer; its description names the status and size only.
public struct HTTPResponse: Sendable, CustomStringConvertible {
  /// The status, 200 to 599.
  public let status: Int
  /// The header fields in the order of arrival.
  public let headers: [HTTPHeader]
  /// The decoded body.
  public let body: [UInt8]
  /// The address that answered, after redirects; it may hold a signature, so it is not for printing.
  public let url: String

  /// Takes an answer.
  public init(status: Int, headers: [HTTPHeader], body: [UInt8], url: String) {
    self.status = status
    self.headers = headers
    self.body = body
    self.url = url
  }

  /// The value of a header field without regard to case; the last one, if there are more.
  public func header(_ name: String) -> String? { headers.last { $0.isNamed(name) }?.value }

  /// The time of the server's clock, by its `Date` header.
  public var date: Timestamp? { header("Date").flatMap(Self.instant) }

  /// The status and size only.
  public var description: String { "status \(status), \(body.count) bytes" }

  /// Whether the status is 200 to 299.
  public var isSuccess: Bool { (200...299).contains(status) }

  /// Seconds of a `Retry-After` header, as a number or as a date (RFC 9110 section 10.2.3); never below 0.
  ///
  /// A date is measured against the server's own clock where it sent one, which ours need not agree with.
  /// - Parameter now: the time by our clock.
  /// - Returns: nil where there is no such header, or one that cannot be read.
  public func retryAfter(now: Timestamp) -> Double? {
    guard let value = header("Retry-After") else { return nil }
    if let seconds = Double(value) { return seconds.isFinite ? max(0, seconds) : nil }
    guard let instant = Self.instant(value) else { return nil }
    return max(0, Double(instant.microseconds - (date ?? now).microseconds) / 1e6)
  }

  /// Reads the three forms of a date that HTTP has (RFC 9110 section 5.6.7).
  private static func instant(_ text: String) -> Timestamp? {
    let seconds = curl_getdate(text, nil)
    return seconds < 0 ? nil : Timestamp(microseconds: Int64(seconds) * 1_000_000)
  }
}
