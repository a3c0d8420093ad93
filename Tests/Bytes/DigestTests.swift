import Bytes
import Testing

@Suite("Hashes") struct DigestTests {
  struct Vector: Sendable, CustomTestStringConvertible {
    let id: String
    var key: [UInt8] = []
    let message: [UInt8]
    let hex: String
    var testDescription: String { id }

    init(_ id: String, key: [UInt8] = [], _ message: String, _ hex: String) {
      self.init(id, key: key, Array(message.utf8), hex)
    }

    init(_ id: String, key: [UInt8] = [], _ message: [UInt8], _ hex: String) {
      self.id = id
      self.key = key
      self.message = message
      self.hex = hex
    }
  }

  @Test(
    "SHA-256 of FIPS 180-4's examples, whole and in pieces",
    arguments: [
      Vector("empty", "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
      Vector("abc", "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
      Vector(
        "two blocks", "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"),
      Vector(
        "a million", [UInt8](repeating: 0x61, count: 1_000_000),
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"),
    ])
  func sha256(_ vector: Vector) {
    #expect(Digest.sha256(vector.message).hex == vector.hex)
    var hasher = SHA256Hasher()
    // The hasher starts anew after each value.
    for size in [7, 64, 1000] {
      for start in stride(from: 0, to: vector.message.count, by: size) {
        hasher.update(Array(vector.message[start..<min(start + size, vector.message.count)]))
      }
      #expect(hasher.finish().hex == vector.hex)
    }
  }

  @Test(
    "HMAC-SHA-256 of RFC 4231",
    arguments: [
      Vector(
        "case 1", key: [UInt8](repeating: 0x0B, count: 20), "Hi There",
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
      Vector(
        "case 2", key: Array("Jefe".utf8), "what do ya want for nothing?",
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
      Vector(
        "case 3", key: [UInt8](repeating: 0xAA, count: 20), [UInt8](repeating: 0xDD, count: 50),
        "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
      Vector(
        "case 6", key: [UInt8](repeating: 0xAA, count: 131),
        "Test Using Larger Than Block-Size Key - Hash Key First",
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"),
    ])
  func hmac(_ vector: Vector) {
    let hash = vector.message.withUnsafeBytes { KeyedHash.hmacSHA256(key: vector.key, message: $0) }
    #expect(Hex.encode(hash) == vector.hex)
  }

  @Test("XXH3-128 as another implementation computes it")
  func contentHash() {
    #expect(ContentHash.of("").description == "99aa06d3014798d86001c324468d497f")
    #expect(ContentHash.of("abc").description == "06b05ab6733a618578af5f94892f3950")
    #expect(ContentHash.of("abc", seed: 42).description == "4bc24859f045e0b4d8438def21bbdcc3")
  }

  @Test func contentHashReadsWhatItWrites() {
    for text in ["", "a", "abc", String(repeating: "x", count: 1000)] {
      let hash = ContentHash.of(text)
      #expect(ContentHash(bytes: hash.bytes) == hash)
      #expect(Hex.decode(hash.description) == hash.bytes)
    }
    #expect(ContentHash(bytes: [UInt8](repeating: 0, count: 15)) == nil)
    #expect(ContentHash(bytes: [UInt8](repeating: 0, count: 17)) == nil)
    #expect(ContentHash(high: 1, low: 0) > ContentHash(high: 0, low: .max))
    #expect(ContentHash(high: 1, low: 2).bytes == [0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2])
  }

  @Test func digestReadsWhatItWrites() {
    let digest = Digest.sha256("abc")
    #expect(Digest(hex: digest.hex) == digest)
    #expect(Digest(hex: digest.hex.uppercased()) == digest)
    #expect(Digest(bytes: digest.bytes) == digest)
    #expect(Digest(hex: String(digest.hex.dropLast())) == nil)
    #expect(Digest(hex: "g" + digest.hex.dropFirst()) == nil)
    #expect(Digest(bytes: Array(digest.bytes.dropLast())) == nil)
  }

  @Test func digestsAreOrderedByBytes() throws {
    let low = try #require(Digest(hex: "00" + String(repeating: "ff", count: 31)))
    let high = try #require(Digest(hex: "01" + String(repeating: "00", count: 31)))
    #expect(low < high)
    #expect(!(high < low))
  }

  struct HexText: Sendable, CustomTestStringConvertible {
    let text: String
    let bytes: [UInt8]?
    var testDescription: String { text.isEmpty ? "empty" : text }
  }

  @Test(arguments: [
    HexText(text: "", bytes: []), HexText(text: "00", bytes: [0]), HexText(text: "fF", bytes: [255]),
    HexText(text: "0aB9", bytes: [10, 185]), HexText(text: "0", bytes: nil), HexText(text: "0g", bytes: nil),
    HexText(text: "+1", bytes: nil), HexText(text: "0x", bytes: nil), HexText(text: "é", bytes: nil),
  ])
  func hex(_ item: HexText) {
    #expect(Hex.decode(item.text) == item.bytes)
    if let bytes = item.bytes { #expect(Hex.encode(bytes) == item.text.lowercased()) }
  }

  @Test func randomBytesDiffer() {
    #expect(KeyedHash.randomBytes(32).count == 32)
    #expect(KeyedHash.randomBytes(32) != KeyedHash.randomBytes(32))
  }
}
