import Bytes
import Text

/// How much one batch may hold.
public struct BatchLimits: Sendable, Hashable {
  /// Requests, 1 or more.
  public var requests: Int
  /// Bytes of the file or body that is sent, 1 or more; one request that is longer goes alone.
  public var bytes: Int

  /// States limits.
  public init(requests: Int, bytes: Int) {
    self.requests = max(1, requests)
    self.bytes = max(1, bytes)
  }

  /// What the vendors allow: OpenAI's guide "Batch API" 50,000 requests and 200 MB, Anthropic's "Message Batches API"
  /// 100,000 requests and 256 MB.
  public static func vendor(_ kind: ModelServiceKind) -> BatchLimits {
    kind == .anthropic
      ? BatchLimits(requests: 100_000, bytes: 256_000_000) : BatchLimits(requests: 50_000, bytes: 200_000_000)
  }
}

/// What is written to a service for a batch.
enum BatchFile {
  /// What the `custom_id` of each request to Anthropic begins with, where a batch carries nothing else of ours.
  static func prefix(_ key: String) -> String { "\(key)-" }

  /// What a request is known by in a batch: 64 characters at most with both vendors, letters, digits and `-`.
  ///
  /// With Anthropic the key stands before 160 bits of the digest, since nothing else of a batch says whose it is.
  static func customID(_ digest: Digest, _ key: String, _ kind: ModelServiceKind) -> String {
    kind == .anthropic ? prefix(key) + digest.hex.prefix(40) : digest.hex
  }
}

/// The requests of one batch while it is put together.
struct BatchDraft {
  let key: String
  let kind: ModelServiceKind
  let limits: BatchLimits
  private(set) var rows: [BatchRow] = []
  private let out = ByteBuffer()
  private var lines: [Range<Int>] = []

  init(key: String, kind: ModelServiceKind, limits: BatchLimits) {
    self.key = key
    self.kind = kind
    self.limits = limits
  }

  /// Adds a request, unless there is no room for it.
  /// - Returns: whether it was added.
  mutating func add(_ body: RequestBody, _ row: BatchRow) -> Bool {
    // 256 bytes are more than what stands around a body.
    let isFull = rows.count >= limits.requests || out.count + body.bytes.count + 256 > limits.bytes
    guard rows.isEmpty || !isFull else { return false }
    let start = out.count
    var writer = JSONWriter(out)
    writer.beginObject()
    writer.member("custom_id", BatchFile.customID(row.digest, key, kind))
    if kind == .anthropic {
      writer.key("params")
    } else {
      writer.member("method", "POST")
      writer.member("url", "/v1/chat/completions")
      writer.key("body")
    }
    writer.raw(body.bytes)
    writer.endObject()
    lines.append(start..<out.count)
    rows.append(row)
    return true
  }

  /// What is sent: lines of JSON to OpenAI, one body of JSON to Anthropic.
  func bytes(without left: Set<Digest>) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(out.count + rows.count + 32)
    if kind == .anthropic { bytes += Array(#"{"requests":["#.utf8) }
    var isFirst = true
    for (row, line) in zip(rows, lines) where !left.contains(row.digest) {
      if !isFirst, kind == .anthropic { bytes.append(0x2C) }
      isFirst = false
      bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: out.view[line]))
      if kind != .anthropic { bytes.append(0x0A) }
    }
    if kind == .anthropic { bytes += Array("]}".utf8) }
    return bytes
  }
}
