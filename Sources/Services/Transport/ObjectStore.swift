import Bytes
import Records

/// Reads a bucket of an object store that speaks S3: AWS, SeaweedFS, MinIO.
///
/// Requests are signed by AWS Signature Version 4. With an endpoint the bucket stands in the path, and without one
/// in the host of AWS, unless its name fits in no certificate. An error's `detail` is the store's own code, such
/// as `NoSuchKey`.
public struct ObjectStore: Sendable {
  /// What a listing says about an object.
  public struct Object: Sendable, Hashable {
    /// The object's name; hostile text.
    public let key: String
    /// Bytes.
    public let size: Int
    /// What changes with the content, without its quotes; no digest of it in general.
    public let etag: String
    /// When it was written.
    public let modified: Timestamp

    /// Takes the facts.
    public init(key: String, size: Int, etag: String, modified: Timestamp) {
      self.key = key
      self.size = size
      self.etag = etag
      self.modified = modified
    }
  }

  private let service: ServiceClient
  private let signing: AWSSigning
  /// The bucket's address with a slash at its end.
  private let root: String

  /// Takes where the bucket is and the keys to it; nothing is sent yet.
  /// - Parameters:
  ///   - client: the connections.
  ///   - endpoint: the address of a store such as `http://127.0.0.1:9000`; nil is AWS.
  ///   - bucket: the bucket's name.
  ///   - region: the region; many stores of their own take `us-east-1`.
  ///   - accessKey: the access key's id.
  ///   - secretKey: the secret key.
  ///   - sessionToken: the token of temporary credentials.
  ///   - retry: how often and how late to try again.
  ///   - environment: clocks, sleep and chance.
  public init(
    client: HTTPClient, endpoint: String?, bucket: String, region: String, accessKey: String,
    secretKey: String, sessionToken: String? = nil, retry: RetryPolicy = .init(),
    environment: ServiceClient.Environment = .system
  ) {
    root = Self.root(endpoint: endpoint, bucket: bucket, region: region)
    signing = AWSSigning(
      accessKey: accessKey, secretKey: secretKey, sessionToken: sessionToken, region: region)
    service = ServiceClient(client: client, base: root, retry: retry, environment: environment)
  }

  /// What was sent and received so far.
  public var counters: ServiceClient.Counters { service.counters }

  /// One page of a listing, at most 1,000 objects in the order of their keys' bytes.
  /// - Parameters:
  ///   - prefix: what the keys begin with; empty lists all.
  ///   - after: a key behind which the listing begins; nil begins at the first.
  ///   - continuation: what the page before returned as `next`.
  /// - Returns: the objects, and what to ask the next page with; nil after the last.
  /// - Throws: ``TransportError``.
  public func list(
    prefix: String, after: String? = nil, continuation: String? = nil
  ) async throws(TransportError) -> (objects: [Object], next: String?) {
    // A key may hold what XML cannot, so the store is asked to percent-encode. Sorted, for the signature.
    var query = [("encoding-type", "url"), ("list-type", "2"), ("prefix", prefix)]
    if let after { query.append(("start-after", after)) }
    if let continuation { query.insert(("continuation-token", continuation), at: 0) }
    let url = "\(root)?\(Address.query(query))"
    let response = try await send(HTTPRequest(.get, url))
    do throws(XMLFault) {
      let page = try ObjectListing(response.body)
      guard page.next == nil || page.next != continuation else {
        throw XMLFault(reason: "the next page is this one")
      }
      return (page.objects, page.next)
    } catch {
      let host = (try? Address(url))?.hostAndPort ?? ""
      throw TransportError(
        .protocolFault, host: host, status: response.status, detail: "listing: \(error.reason)")
    }
  }

  /// Reads an object, or a part of it.
  /// - Parameters:
  ///   - key: the object's name.
  ///   - range: bytes, not empty; nil reads all. What lies beyond the end is left out.
  ///   - etag: refuses with status 412 an object that has changed since.
  /// - Returns: the answer; its body is as stored.
  /// - Throws: ``TransportError``.
  public func get(
    key: String, range: Range<Int>? = nil, ifMatch etag: String? = nil
  ) async throws(TransportError) -> HTTPResponse {
    var request = HTTPRequest(.get, root + Address.encode(key, keeping: "/"))
    if let range {
      request.headers.append(HTTPHeader("Range", "bytes=\(range.lowerBound)-\(range.upperBound - 1)"))
    }
    if let etag { request.headers.append(HTTPHeader("If-Match", "\"\(etag)\"")) }
    let response = try await send(request)
    guard range == nil || response.status == 206 else {
      let host = (try? Address(request.url))?.hostAndPort ?? ""
      throw TransportError(
        .protocolFault, host: host, status: response.status, detail: "the range was ignored")
    }
    return response
  }

  private func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
    var request = request
    // S3 demands the payload's digest as a header of its own, which libcurl signs but does not write.
    request.headers.append(HTTPHeader("x-amz-content-sha256", Digest.sha256([]).hex))
    request.signing = signing
    // A stored object may have been compressed by its writer; ranges and sizes count its bytes.
    request.acceptsCompression = false
    return try await service.send(request) { ObjectListing.errorCode($0.body) }
  }

  /// The bucket's address.
  ///
  /// A dot in the name would leave the wildcard of AWS's certificate, and anything else the host.
  static func root(endpoint: String?, bucket: String, region: String) -> String {
    let name = Address.encode(bucket)
    if let endpoint { return "\(endpoint.hasSuffix("/") ? String(endpoint.dropLast()) : endpoint)/\(name)/" }
    let host = "s3.\(Address.encode(region)).amazonaws.com"
    let fits = bucket.utf8.allSatisfy { Address.isLetterOrDigit($0) || $0 == UInt8(ascii: "-") }
    return fits && !bucket.isEmpty ? "https://\(bucket).\(host)/" : "https://\(host)/\(name)/"
  }
}
