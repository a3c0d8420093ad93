import Bytes
import Testing

/// Bytes without a pattern, the same on every run (xorshift64*, Vigna 2016).
private func noise(_ count: Int) -> [UInt8] {
  var state: UInt64 = 0x9E37_79B9_7F4A_7C15
  return (0..<count).map { _ in
    state ^= state >> 12
    state ^= state << 25
    state ^= state >> 27
    return UInt8(truncatingIfNeeded: (state &* 0x2545_F491_4F6C_DD1D) >> 56)
  }
}

private enum Codec: String, CaseIterable, Sendable, CustomTestStringConvertible {
  case lz4, zstd

  var testDescription: String { rawValue }

  func compress(_ text: [UInt8]) throws -> [UInt8] {
    try text.withUnsafeBytes {
      switch self {
      case .lz4: try LZ4Frame.compress($0)
      case .zstd: try ZstdFrame.compress($0)
      }
    }
  }

  func decompress(_ frame: [UInt8], size: Int) throws -> [UInt8] {
    try frame.withUnsafeBytes {
      switch self {
      case .lz4: try LZ4Frame.decompress($0, size: size)
      case .zstd: try ZstdFrame.decompress($0, size: size)
      }
    }
  }
}

@Suite("Compression") struct CompressionTests {
  @Test(
    "what goes in comes out",
    arguments: Codec.allCases, [0, 1, 2, 100, 65_535, 65_536, 4 << 20, (4 << 20) + 1, 5_000_000])
  private func roundTrip(_ codec: Codec, _ size: Int) throws {
    for text in [noise(size), [UInt8](repeating: 0x61, count: size)] {
      let frame = try codec.compress(text)
      #expect(try codec.decompress(frame, size: size) == text)
      #expect(try codec.compress(text) == frame)
    }
    if size > 1000 { #expect(try codec.compress([UInt8](repeating: 0x61, count: size)).count < size / 100) }
  }

  @Test("another size than the index says is refused", arguments: Codec.allCases, [1, 2, 1000, 70_000])
  private func wrongSize(_ codec: Codec, _ size: Int) throws {
    let frame = try codec.compress(noise(size))
    for other in [0, size - 1, size + 1, size * 2] where other != size {
      #expect(throws: CompressionError.self) { try codec.decompress(frame, size: other) }
    }
  }

  @Test("a frame that is cut, or followed by something, is refused", arguments: Codec.allCases)
  private func cut(_ codec: Codec) throws {
    let text = noise(200)
    let frame = try codec.compress(text)
    for length in 0..<frame.count {
      #expect(throws: CompressionError.self, "cut to \(length)") {
        try codec.decompress(Array(frame[..<length]), size: text.count)
      }
    }
    #expect(throws: CompressionError.self) { try codec.decompress(frame + [1, 2, 3, 4], size: text.count) }
    #expect(throws: CompressionError.self) { try codec.decompress(frame + frame, size: text.count) }
  }

  @Test("a damaged frame never gives another text", arguments: Codec.allCases)
  private func damaged(_ codec: Codec) throws {
    let text = Array("A text that says itself again, says itself again, and then ends. ".utf8) + noise(64)
    let frame = try codec.compress(text)
    var refused = 0
    for index in frame.indices {
      for bit in 0..<8 {
        var other = frame
        other[index] ^= 1 << bit
        // A bit that the format leaves unused may pass; the text must be the same then.
        do {
          #expect(try codec.decompress(other, size: text.count) == text, "byte \(index), bit \(bit)")
        } catch is CompressionError {
          refused += 1
        }
      }
    }
    #expect(refused >= frame.count * 8 - 16)
  }

  @Test("the frame's own checksum is held against the text where that is asked for")
  func checksum() throws {
    let text = noise(500)
    var frame = try Codec.lz4.compress(text)
    frame[frame.count - 1] ^= 1
    #expect(throws: CompressionError.self) { try Codec.lz4.decompress(frame, size: text.count) }
    let read = try frame.withUnsafeBytes { try LZ4Frame.decompress($0, size: text.count, checks: false) }
    #expect(read == text)
  }

  @Test func errorsAreFacts() throws {
    let error = #expect(throws: CompressionError.self) {
      try Codec.lz4.decompress(Array("not a frame at all".utf8), size: 10)
    }
    #expect(error?.codec == "lz4")
    #expect(error?.description == "lz4: ERROR_frameType_unknown")
    let other = #expect(throws: CompressionError.self) {
      try Codec.zstd.decompress(Array("not a frame at all".utf8), size: 10)
    }
    #expect(other?.codec == "zstd")
  }
}
