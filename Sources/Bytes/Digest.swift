import CCrypto
import CXXHash

/// A SHA-256 value: 32 bytes, written as 64 lower-case hexadecimal digits.
public struct Digest: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// The 32 bytes.
  public let bytes: [UInt8]

  /// Takes 32 bytes; nil for any other length.
  public init?(bytes: [UInt8]) {
    guard bytes.count == 32 else { return nil }
    self.bytes = bytes
  }

  /// Reads 64 hexadecimal digits; nil for anything else.
  public init?(hex: String) {
    guard let bytes = Hex.decode(hex), bytes.count == 32 else { return nil }
    self.bytes = bytes
  }

  fileprivate init(trusted bytes: [UInt8]) { self.bytes = bytes }

  /// The 64 hexadecimal digits.
  public var hex: String { Hex.encode(bytes) }

  /// The 64 hexadecimal digits.
  public var description: String { hex }

  /// Orders by bytes.
  public static func < (left: Digest, right: Digest) -> Bool {
    left.bytes.lexicographicallyPrecedes(right.bytes)
  }

  /// The SHA-256 of a run of bytes.
  public static func sha256(_ run: UnsafeRawBufferPointer) -> Digest {
    var hasher = SHA256Hasher()
    hasher.update(run)
    return hasher.finish()
  }

  /// The SHA-256 of an array of bytes.
  public static func sha256(_ array: [UInt8]) -> Digest { array.withUnsafeBytes { sha256($0) } }

  /// The SHA-256 of a string's UTF-8.
  public static func sha256(_ string: String) -> Digest { sha256(Array(string.utf8)) }
}

/// Computes a SHA-256 over pieces.
public struct SHA256Hasher: ~Copyable {
  private let context: OpaquePointer

  /// Starts an empty hash.
  public init() {
    guard let context = EVP_MD_CTX_new() else { fatalError("out of memory for a hash context") }
    self.context = context
    EVP_DigestInit_ex(context, EVP_sha256(), nil)
  }

  deinit { EVP_MD_CTX_free(context) }

  /// Adds a run of bytes.
  public mutating func update(_ run: UnsafeRawBufferPointer) {
    guard let start = run.baseAddress else { return }
    EVP_DigestUpdate(context, start, run.count)
  }

  /// Adds an array of bytes.
  public mutating func update(_ array: [UInt8]) { array.withUnsafeBytes { update($0) } }

  /// The hash of everything added; the hasher starts anew.
  public mutating func finish() -> Digest {
    var bytes = [UInt8](repeating: 0, count: 32)
    EVP_DigestFinal_ex(context, &bytes, nil)
    EVP_DigestInit_ex(context, EVP_sha256(), nil)
    return Digest(trusted: bytes)
  }
}

/// Keyed hashes, for pseudonyms.
public enum KeyedHash {
  /// HMAC-SHA-256 of `message` under `key`: 32 bytes.
  public static func hmacSHA256(key: [UInt8], message: UnsafeRawBufferPointer) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 32)
    var length: UInt32 = 32
    HMAC(
      EVP_sha256(), key, Int32(key.count), message.bindMemory(to: UInt8.self).baseAddress, message.count,
      &bytes,
      &length)
    return bytes
  }

  /// `count` bytes from the operating system's random source, for keys.
  public static func randomBytes(_ count: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    guard RAND_bytes(&bytes, Int32(count)) == 1 else { fatalError("the system's random source failed") }
    return bytes
  }
}

/// XXH3-128: fast, not cryptographic; for content hashes that never leave the workspace.
public struct ContentHash: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// The upper 64 bits.
  public let high: UInt64
  /// The lower 64 bits.
  public let low: UInt64

  /// Puts the halves together.
  public init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// The hash of a run of bytes.
  /// - Parameters:
  ///   - run: the bytes.
  ///   - seed: separates uses of the hash; default 0.
  /// - Returns: the hash.
  public static func of(_ run: UnsafeRawBufferPointer, seed: UInt64 = 0) -> ContentHash {
    let value = cxxhash_128(run.baseAddress, run.count, seed)
    return ContentHash(high: value.high64, low: value.low64)
  }

  /// The hash of a string's UTF-8.
  public static func of(_ string: String, seed: UInt64 = 0) -> ContentHash {
    var copy = string
    return copy.withUTF8 { of(UnsafeRawBufferPointer($0), seed: seed) }
  }

  /// 16 bytes, most significant first.
  public var bytes: [UInt8] {
    withUnsafeBytes(of: (high.bigEndian, low.bigEndian)) { [UInt8]($0) }
  }

  /// Reads 16 bytes, most significant first; nil for any other length.
  @inlinable
  public init?(bytes: some Collection<UInt8>) {
    guard bytes.count == 16 else { return nil }
    var high: UInt64 = 0
    var low: UInt64 = 0
    // The sixteen bytes go through both words as through one of 128 bits.
    for byte in bytes {
      high = high << 8 | low >> 56
      low = low << 8 | UInt64(byte)
    }
    self.init(high: high, low: low)
  }

  /// 32 lower-case hexadecimal digits.
  public var description: String { Hex.encode(bytes) }

  /// Orders as 128-bit numbers.
  public static func < (left: ContentHash, right: ContentHash) -> Bool {
    (left.high, left.low) < (right.high, right.low)
  }
}

/// Hexadecimal text.
public enum Hex {
  /// Two lower-case digits a byte.
  public static func encode(_ bytes: some Collection<UInt8>) -> String {
    String(unsafeUninitializedCapacity: bytes.count * 2) { text in
      var place = 0
      for byte in bytes {
        text[place] = digit(byte >> 4)
        text[place + 1] = digit(byte & 15)
        place += 2
      }
      return place
    }
  }

  private static func digit(_ value: UInt8) -> UInt8 { value < 10 ? 48 + value : 87 + value }

  /// The bytes of an even number of digits of either case; nil for anything else.
  public static func decode(_ text: String) -> [UInt8]? {
    let digits = Array(text.utf8)
    guard digits.count.isMultiple(of: 2) else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(digits.count / 2)
    for index in stride(from: 0, to: digits.count, by: 2) {
      guard let high = value(of: digits[index]), let low = value(of: digits[index + 1]) else { return nil }
      bytes.append(high << 4 | low)
    }
    return bytes
  }

  private static func value(of digit: UInt8) -> UInt8? {
    switch digit {
    case 48...57: digit - 48
    case 97...102: digit - 87
    case 65...70: digit - 55
    default: nil
    }
  }
}
