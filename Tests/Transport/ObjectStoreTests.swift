import Records
import Testing

@testable import Transport

@Suite("Object store", .enabled(if: FaultServer.isAvailable, "needs python3 and openssl"))
struct ObjectStoreTests {
  private let server: FaultServer
  private let store: ObjectStore

  init() throws {
    server = try FaultServer.running()
    store = Self.store(server)
  }

  private static func store(_ server: FaultServer, secret: String = "the/secret+key") -> ObjectStore {
    ObjectStore(
      client: HTTPClient(), endpoint: server.plain, bucket: "bucket", region: "eu-test-1", accessKey: "KEY",
      secretKey: secret, sessionToken: "the/session+token=")
  }

  private static let keys = [
    "../up", "/lead", "a b", "a%20b", "a&b<c>", "a+b", "plain", "q?k=v#f", "tab\tnul\u{1}", "x//y", "ä/日本/😀",
  ]

  @Test("pages hold every key once, however odd") func pages() async throws {
    var keys: [String] = []
    var sizes: [Int] = []
    var next: String?
    repeat {
      let page = try await store.list(prefix: "", continuation: next)
      keys += page.objects.map(\.key)
      sizes.append(page.objects.count)
      next = page.next
      #expect(page.objects.allSatisfy { $0.size == $0.key.utf8.count && $0.etag.utf8.count == 64 })
      #expect(page.objects.allSatisfy { $0.modified.description == "2026-11-20T10:00:00.250Z" })
    } while next != nil
    #expect(keys == Self.keys)
    #expect(sizes == [4, 4, 3])
    #expect(try await store.list(prefix: "a+").objects.map(\.key) == ["a+b"])
    #expect(try await store.list(prefix: "ä/日").objects.map(\.key) == ["ä/日本/😀"])
  }

  @Test("signatures hold for odd keys", arguments: keys)
  func gets(_ key: String) async throws {
    #expect(try await store.get(key: key).body == Array((key + key).utf8))
  }

  @Test("ranges and conditions") func conditions() async throws {
    let object = try #require(try await store.list(prefix: "a b").objects.first)
    #expect(try await store.get(key: "a b", range: 1..<4, ifMatch: object.etag).body == Array(" ba".utf8))
    let changed = try await TransportError.thrown { try await store.get(key: "a b", ifMatch: "other") }
    #expect(changed.status == 412)
    #expect(changed.detail == "PreconditionFailed")
    let ignored = try await TransportError.thrown { try await store.get(key: "plain", range: 1..<4) }
    #expect(ignored.code == .protocolFault)
    #expect(ignored.detail == "the range was ignored")
  }

  @Test("a refusal says the store's code and nothing else of its answer") func refusals() async throws {
    let unknown = try await TransportError.thrown { try await store.get(key: "unknown") }
    #expect("\(unknown)" == "\(server.plain.dropFirst(7)): status 404, NoSuchKey")
    #expect(try await TransportError.thrown { try await store.get(key: "odd") }.detail == "")
    let wrong = Self.store(server, secret: "wrong")
    let refused = try await TransportError.thrown { try await wrong.list(prefix: "") }
    #expect(refused.status == 403)
    #expect(refused.detail == "SignatureDoesNotMatch")
  }

  @Test(arguments: [
    (nil, "plain-1", "https://plain-1.s3.eu-west-1.amazonaws.com/"),
    (nil, "with.dots", "https://s3.eu-west-1.amazonaws.com/with.dots/"),
    (nil, "evil.example/", "https://s3.eu-west-1.amazonaws.com/evil.example%2F/"),
    ("http://127.0.0.1:9000", "b", "http://127.0.0.1:9000/b/"),
    ("http://store/s3/", "b", "http://store/s3/b/"),
  ])
  func addresses(_ endpoint: String?, _ bucket: String, _ expected: String) {
    #expect(ObjectStore.root(endpoint: endpoint, bucket: bucket, region: "eu-west-1") == expected)
  }
}

@Suite("Listings") struct ObjectListingTests {
  private static func contents(_ key: String) -> String {
    "<Contents><Key>\(key)</Key><Size>3</Size><LastModified>2026-11-20T10:00:00Z</LastModified></Contents>"
  }

  struct Key: Sendable, CustomTestStringConvertible {
    let written: String
    let read: String
    var isEncoded = false
    var testDescription: String { written }
  }

  @Test(arguments: [
    Key(written: "a&amp;b&lt;&gt;&quot;&apos;", read: "a&b<>\"'"),
    Key(written: "&#228;&#x1F600;", read: "ä😀"),
    Key(written: "&amp;lt;", read: "&lt;"), Key(written: "<![CDATA[<a>&amp;]]>b", read: "<a>&amp;b"),
    Key(written: "a<!-- <Key>no</Key> -->b<?x y?>c", read: "abc"), Key(written: "", read: ""),
    Key(written: "a%20b+c", read: "a%20b+c"), Key(written: "a%20b+c%2B", read: "a b c+", isEncoded: true),
    Key(written: "100%25%2", read: "100%%2", isEncoded: true),
    Key(written: "%zz%C3%A4", read: "%zzä", isEncoded: true),
  ])
  func keys(_ item: Key) throws {
    let type = item.isEncoded ? "<EncodingType>url</EncodingType>" : ""
    let listing = try ObjectListing(
      Array("<ListBucketResult a='>' b=\"/>\" >\(Self.contents(item.written))\(type)</ListBucketResult>".utf8)
    )
    #expect(listing.objects.map(\.key) == [item.read])
    #expect(listing.next == nil)
  }

  struct Broken: Sendable, CustomTestStringConvertible {
    let text: String
    let reason: String
    var testDescription: String { text }
  }

  @Test(arguments: [
    Broken(text: "", reason: "no end at byte 0"), Broken(text: "{\"a\":1}", reason: "text outside at byte 7"),
    Broken(text: "<html></html>", reason: "it is none"),
    Broken(text: "<a><b></a></b>", reason: "an end that does not fit at byte 10"),
    Broken(text: "<a>", reason: "no end at byte 3"),
    Broken(text: "<a/><b/>", reason: "a second root at byte 5"),
    Broken(text: "<!DOCTYPE a [<!ENTITY b \"c\">]><a/>", reason: "no name at byte 1"),
    Broken(text: "<a>&b;</a>", reason: "an unknown reference at byte 3"),
    Broken(text: "<a>&#xD800;</a>", reason: "an unknown reference at byte 3"),
    Broken(text: "<a>&#-1;</a>", reason: "an unknown reference at byte 3"),
    Broken(text: "<a>& </a>", reason: "a bare & at byte 3"),
    Broken(text: "<a b></a>", reason: "an attribute without a value at byte 4"),
    Broken(text: "<a b='></a>", reason: "no end at byte 6"),
    Broken(text: String(repeating: "<a>", count: 17), reason: "elements too deep at byte 50"),
    Broken(
      text: "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>",
      reason: "it is cut off without a token for the rest"),
    Broken(
      text: "<ListBucketResult><Contents><Key>a</Key><Size>-1</Size></Contents></ListBucketResult>",
      reason: "an object lacks its key, size or time"),
  ])
  func refuses(_ item: Broken) {
    #expect(throws: XMLFault(reason: item.reason)) { try ObjectListing(Array(item.text.utf8)) }
  }
}
