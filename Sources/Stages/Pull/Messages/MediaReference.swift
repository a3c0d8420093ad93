import Bytes
import Text

/// Where an image, a sound or a file is, or which it was; never what is in it.
struct MediaReference {
  /// `image`, `audio`, `video`, `document` or `file`.
  let kind: StaticString
  private var url: UnsafeRawBufferPointer?
  private var file: UnsafeRawBufferPointer?
  private var data: UnsafeRawBufferPointer?

  /// Objects inside objects that are searched.
  private static let depth = 3
  /// Longest address in bytes that is kept as it is.
  private static let longestAddress = 4096

  /// Finds the address, the id or the data in a part of any library's shape.
  init(_ part: JSONValue, type: UnsafeRawBufferPointer?, kind: StaticString? = nil) {
    self.kind = kind ?? Self.kind(of: part, type: type)
    search(part, isBlob: type?.isOne(of: ["blob", "binary"]) ?? false, depth: 0)
  }

  private mutating func search(_ value: JSONValue, isBlob: Bool, depth: Int) {
    value.forEachMember { key, member in
      if member.kind == .object, depth + 1 < Self.depth {
        return search(member, isBlob: isBlob, depth: depth + 1)
      }
      guard let text = member.utf8, !text.isEmpty else { return }
      if key.isOne(of: Self.addresses) {
        take(address: text)
      } else if key.isOne(of: ["file_id", "fileId"]) || (key.equals("id") && depth > 0) {
        file = file ?? text
      } else if key.isOne(of: Self.contents) || (isBlob && key.equals("content")) {
        if text.begins(with: "http://") || text.begins(with: "https://") {
          take(address: text)
        } else {
          take(data: text)
        }
      }
    }
  }

  private static let addresses: [StaticString] = [
    "url", "uri", "file_uri", "fileUri", "image_url", "audio_url", "video_url", "file_url",
  ]
  private static let contents: [StaticString] = [
    "data", "base64", "bytes", "file_data", "image", "audio", "file",
  ]

  private mutating func take(address: UnsafeRawBufferPointer) {
    if address.begins(with: "data:") { return take(data: address) }
    if address.count > Self.longestAddress { data = data ?? address } else { url = url ?? address }
  }

  /// Takes base64, alone or as a `data:` address.
  private mutating func take(data text: UnsafeRawBufferPointer) {
    guard text.begins(with: "data:"), let comma = text.prefix(256).firstIndex(of: 0x2C) else {
      data = data ?? text
      return
    }
    data = data ?? UnsafeRawBufferPointer(rebasing: text[(comma + 1)...])
  }

  /// Writes the reference; an address is redacted like any text.
  func write(to writer: inout JSONWriter, redactor: Redactor) {
    writer.beginObject()
    if url == nil, file == nil, let data {
      let decoded = Base64.decode(data)
      let digest = decoded.map { Digest.sha256($0.view) } ?? Digest.sha256(data)
      writer.key("bytes")
      writer.integer(Int64(decoded?.count ?? data.count))
      writer.key("sha256")
      writer.string(digest.hex)
    }
    if url == nil, let file {
      writer.key("file")
      writer.string(redactor.redacted(file))
    }
    writer.key("type")
    writer.string(UnsafeRawBufferPointer(start: kind.utf8Start, count: kind.utf8CodeUnitCount))
    if let url {
      writer.key("url")
      writer.string(redactor.redacted(url))
    }
    writer.endObject()
  }

  // MARK: Kind

  private static let kinds: [StaticString] = ["image", "audio", "video", "document"]

  private static func kind(of part: JSONValue, type: UnsafeRawBufferPointer?) -> StaticString {
    if let modality = part["modality"]?.utf8, let kind = kind(in: modality) { return kind }
    if let type, let kind = kind(in: type) { return kind }
    if let kind = mediaType(of: part).flatMap({ kind(in: $0) }) { return kind }
    var found: StaticString?
    part.forEachMember { _, member in
      guard found == nil, member.kind == .object else { return }
      found = mediaType(of: member).flatMap { kind(in: $0) }
    }
    return found ?? "file"
  }

  private static func mediaType(of value: JSONValue) -> UnsafeRawBufferPointer? {
    value.text(of: ["mime_type", "mimeType", "media_type", "mediaType"])
  }

  /// The kind that a type's name holds: `input_image`, `image/png`, `application/pdf`.
  private static func kind(in name: UnsafeRawBufferPointer) -> StaticString? {
    guard name.count <= 80 else { return nil }
    for start in name.indices {
      let rest = UnsafeRawBufferPointer(rebasing: name[start...])
      for kind in kinds where rest.begins(with: kind) { return kind }
      if rest.begins(with: "pdf") { return "document" }
    }
    return nil
  }
}

/// Base64 of RFC 4648, with either alphabet, line breaks and missing padding allowed.
enum Base64 {
  /// The bytes that a text stands for; nil if it is no base64.
  static func decode(_ text: UnsafeRawBufferPointer) -> ByteBuffer? {
    let out = ByteBuffer(capacity: text.count / 4 * 3 + 4)
    var word: UInt32 = 0
    var bits = 0
    var padding = false
    for byte in text {
      let value: UInt32
      switch byte {
      case 0x41...0x5A: value = UInt32(byte) - 0x41
      case 0x61...0x7A: value = UInt32(byte) - 0x61 + 26
      case 0x30...0x39: value = UInt32(byte) - 0x30 + 52
      case 0x2B, 0x2D: value = 62
      case 0x2F, 0x5F: value = 63
      case 0x3D:
        padding = true
        continue
      case 0x0A, 0x0D, 0x20: continue
      default: return nil
      }
      if padding { return nil }
      word = (word << 6 | value) & 0xFF_FFFF
      bits += 6
      if bits >= 8 {
        bits -= 8
        out.append(UInt8(truncatingIfNeeded: word >> UInt32(bits)))
      }
    }
    return bits < 6 ? out : nil
  }
}
