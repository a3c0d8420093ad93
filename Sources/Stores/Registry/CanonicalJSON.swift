import Bytes
import Text

/// Canonical JSON of objects: reading with faults as facts, and the seal of objects that are named by number.
enum CanonicalJSON {
  /// The member that seals an object: the SHA-256 of the object's canonical text without that member.
  ///
  /// A name such as `refs/x/0000000001.json` says nothing about the bytes, so those bytes prove themselves.
  static let seal = "sha256"

  /// Parses an object's bytes; a fault is reported as damage of `object`.
  static func parse<Result>(
    _ bytes: [UInt8], object: String, _ body: (JSONValue) throws -> Result
  ) throws -> Result {
    let parser = JSONParser(maximumLength: max(bytes.count, 4096))
    do {
      return try bytes.withUnsafeBytes { try parser.parse($0, body) }
    } catch let fault as JSONFault {
      throw RegistryError(.damaged, object, "not JSON: \(fault.rawValue)")
    }
  }

  /// The canonical text of a value.
  static func text(of value: JSONValue) -> [UInt8] {
    let out = ByteBuffer()
    var writer = JSONWriter(out)
    writer.canonical(value)
    return out.bytes
  }

  /// Canonical JSON given by a caller, such as a version's lineage, unless it is not.
  static func check(_ bytes: [UInt8], field: String) throws {
    let same = try? parse(bytes, object: field) { text(of: $0) == bytes }
    guard same == true else { throw RegistryError(.notCanonical, field, "is not canonical JSON") }
  }

  /// Adds the seal to a canonical object without one.
  static func sealed(_ plain: [UInt8], object: String) throws -> [UInt8] {
    try parse(plain, object: object) { write($0, seal: Digest.sha256(plain)) }
  }

  /// Parses a sealed object after checking its seal and that it is canonical to the byte.
  static func parseSealed<Result>(
    _ bytes: [UInt8], object: String, _ body: (JSONValue) throws -> Result
  ) throws -> Result {
    try parse(bytes, object: object) { value in
      let plain = write(value, seal: nil)
      guard write(value, seal: Digest.sha256(plain)) == bytes else {
        throw RegistryError(.damaged, object, "the seal does not match")
      }
      return try body(value)
    }
  }

  /// The canonical text of an object's members, the seal replaced or, where `seal` is nil, left out.
  private static func write(_ value: JSONValue, seal: Digest?) -> [UInt8] {
    let out = ByteBuffer()
    var writer = JSONWriter(out)
    writer.beginObject()
    var pending = seal
    let name = Array(Self.seal.utf8)
    for member in CanonicalOrder.members(of: value) {
      if member.key.elementsEqual(name) { continue }
      // Names of members are plain ASCII here, for which byte order is canonical order.
      if let digest = pending, name.lexicographicallyPrecedes(member.key) {
        writer.key("sha256")
        writer.string(digest.hex)
        pending = nil
      }
      writer.key(member.key)
      writer.canonical(member.value)
    }
    if let digest = pending {
      writer.key("sha256")
      writer.string(digest.hex)
    }
    writer.endObject()
    return out.bytes
  }
}

extension JSONValue {
  /// A member of an object as text; anything else is damage of `object`.
  func text(_ key: String, in object: String) throws -> String {
    guard let text = self[key]?.string else { throw RegistryError(.damaged, object, "lacks text \(key)") }
    return text
  }

  /// A member of an object as a number from 0 up; anything else is damage of `object`.
  func count(_ key: String, in object: String) throws -> Int {
    guard let value = self[key]?.int64, value >= 0 else {
      throw RegistryError(.damaged, object, "lacks number \(key)")
    }
    return Int(value)
  }

  /// A member of an object as a digest; anything else is damage of `object`.
  func digest(_ key: String, in object: String) throws -> Digest {
    guard let digest = self[key]?.string.flatMap({ Digest(hex: $0) }) else {
      throw RegistryError(.damaged, object, "lacks digest \(key)")
    }
    return digest
  }

  /// Refuses an object of another format than `format`.
  func requireFormat(_ format: String, in object: String) throws {
    guard self["format"]?.string == format else {
      throw RegistryError(.damaged, object, "is not \(format)")
    }
  }
}
