import Records

/// The answer of ListObjectsV2.
struct ObjectListing {
  private(set) var objects: [ObjectStore.Object] = []
  /// What to ask the next page with; nil after the last.
  private(set) var next: String?

  init(_ bytes: [UInt8]) throws(XMLFault) {
    var raw: [[String: String]] = []
    var current: [String: String] = [:]
    var page: [String: String] = [:]
    var root = ""
    try XMLLeaves.visit(bytes) { path, text in
      switch path.count {
      case 1: root = path[0]
      case 2 where path[1] == "Contents":
        raw.append(current)
        current = [:]
      case 2: page[path[1]] = text
      case 3 where path[1] == "Contents": current[path[2]] = text
      default: break
      }
    }
    guard root == "ListBucketResult" else { throw XMLFault(reason: "it is none") }
    // A store that does not know the parameter encodes nothing, and does not say that it did.
    let isEncoded = page["EncodingType"] == "url"
    for fields in raw { objects.append(try Self.object(fields, isEncoded: isEncoded)) }
    if page["IsTruncated"] == "true" {
      guard let token = page["NextContinuationToken"], !token.isEmpty else {
        throw XMLFault(reason: "it is cut off without a token for the rest")
      }
      next = token
    }
  }

  private static func object(_ fields: [String: String], isEncoded: Bool) throws(XMLFault)
    -> ObjectStore.Object
  {
    guard let key = fields["Key"], let size = fields["Size"].flatMap({ Int($0) }), size >= 0,
      let modified = fields["LastModified"].flatMap({ Timestamp($0) })
    else { throw XMLFault(reason: "an object lacks its key, size or time") }
    let etag = fields["ETag"] ?? ""
    let isQuoted = etag.count > 1 && etag.hasPrefix("\"") && etag.hasSuffix("\"")
    return ObjectStore.Object(
      key: isEncoded ? decode(key) : key, size: size,
      etag: isQuoted ? String(etag.dropFirst().dropLast()) : etag, modified: modified)
  }

  /// Undoes the encoding of keys: `%` and two digits, and `+` for a space, as AWS's own clients read it.
  static func decode(_ text: String) -> String {
    func digit(_ byte: UInt8) -> UInt8? { Character(UnicodeScalar(byte)).hexDigitValue.map { UInt8($0) } }
    let bytes = Array(text.utf8)
    var result: [UInt8] = []
    var at = 0
    while at < bytes.count {
      if bytes[at] == UInt8(ascii: "%"), at + 2 < bytes.count, let high = digit(bytes[at + 1]),
        let low = digit(bytes[at + 2])
      {
        result.append(high << 4 | low)
        at += 3
      } else {
        result.append(bytes[at] == UInt8(ascii: "+") ? 0x20 : bytes[at])
        at += 1
      }
    }
    return String(decoding: result, as: UTF8.self)
  }

  /// The code of an error's answer, such as `NoSuchKey`; empty if there is none, or it is more than a name.
  static func errorCode(_ bytes: [UInt8]) -> String {
    var code = ""
    do throws(XMLFault) {
      try XMLLeaves.visit(bytes) { path, text in if path == ["Error", "Code"] { code = text } }
    } catch {
      return ""
    }
    let isName = code.utf8.count <= 64 && code.utf8.allSatisfy(Address.isLetterOrDigit)
    return isName ? code : ""
  }
}
