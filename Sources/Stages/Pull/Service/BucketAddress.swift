import Foundation
import Transport

/// Objects of a bucket by pattern, and the keys to them: what `s3://BUCKET/PATTERN` and the environment say.
struct BucketAddress: Sendable {
  let bucket: String
  /// What follows the bucket: a prefix of keys that ends in `/` or is empty, one key, or a pattern of `fnmatch(3)`
  /// whose `*` does not cross a `/`.
  let pattern: String
  let endpoint: String?
  let region: String
  fileprivate let accessKey: String
  fileprivate let secretKey: String
  fileprivate let sessionToken: String?
  private let retry: RetryPolicy

  /// Reads the address and the variables that AWS's own tools read.
  /// - Throws: ``SecretError`` for a key that is not set, ``SourceFault`` `badDefinition` without a bucket,
  ///   `badSetting` for a number of retries that is none.
  init(_ path: String, source: String, environment: [String: String]) throws {
    let parts = path.dropFirst("s3://".count).split(
      separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard let bucket = parts.first, !bucket.isEmpty else {
      throw SourceFault(.badDefinition, source: source, detail: "path: s3://BUCKET/...")
    }
    func value(_ names: String...) -> String? {
      names.lazy.compactMap { environment[$0] }.first { !$0.isEmpty }
    }
    func secret(_ name: String) throws -> String {
      guard let secret = value(name) else {
        throw SecretError(code: .noVariable, source: source, key: "path", place: name)
      }
      return secret
    }
    self.bucket = String(bucket)
    retry = try RetryPolicy.of(environment, source: source)
    pattern = parts.count > 1 ? String(parts[1]) : ""
    endpoint = value("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")
    region = value("AWS_REGION", "AWS_DEFAULT_REGION") ?? "us-east-1"
    accessKey = try secret("AWS_ACCESS_KEY_ID")
    secretKey = try secret("AWS_SECRET_ACCESS_KEY")
    sessionToken = value("AWS_SESSION_TOKEN")
  }

  /// What all keys begin with.
  var prefix: String {
    hasWildcard ? String(pattern.prefix { !"*?[".contains($0) }) : pattern
  }

  func matches(_ key: String) -> Bool {
    if hasWildcard { return fnmatch(pattern, key, FNM_PATHNAME) == 0 }
    if pattern.isEmpty || pattern.hasSuffix("/") { return !key.hasSuffix("/") }
    return key == pattern || (key.hasPrefix(pattern + "/") && !key.hasSuffix("/"))
  }

  func store(_ client: HTTPClient) -> ObjectStore {
    ObjectStore(
      client: client, endpoint: endpoint, bucket: bucket, region: region, accessKey: accessKey,
      secretKey: secretKey, sessionToken: sessionToken, retry: retry)
  }

  private var hasWildcard: Bool { pattern.contains { "*?[".contains($0) } }
}
