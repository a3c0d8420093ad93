import Testing

@testable import Text

@Suite struct EightBytesTests {
  /// Calls with texts of 0 to 24 bytes of the kinds that borders lie between, and each place in them.
  private static func forEach(_ body: (EightBytes, [UInt8], _ left: Int) -> Void) {
    let kinds: [UInt8] = [
      0x00, 0x08, 0x09, 0x0A, 0x0D, 0x0E, 0x1F, 0x20, 0x21, 0x2F, 0x30, 0x39, 0x3A, 0x3F, 0x40, 0x41, 0x5A,
      0x5B,
      0x60, 0x61, 0x7A, 0x7B, 0x7F, 0x80, 0xA0, 0xC1, 0xDA, 0xE1, 0xFA, 0xFF,
    ]
    var numbers = FixedNumbers(state: 11)
    for round in 0..<400 {
      let text = (0..<numbers.below(25)).map { _ in kinds[numbers.below(round < 200 ? kinds.count : 23)] }
      text.withUnsafeBytes { view in
        guard let base = view.baseAddress else { return }
        for place in 0...text.count {
          let eight = EightBytes(base, at: place, end: text.count)
          let rest = Array(text[place...].prefix(8))
          body(eight, rest + [UInt8](repeating: 0, count: 8 - rest.count), text.count - place)
        }
      }
    }
  }

  private static func marks(_ bytes: [UInt8], _ isMarked: (UInt8) -> Bool) -> UInt64 {
    bytes.indices.reduce(0) { $0 | (isMarked(bytes[$1]) ? 0x80 << UInt64(8 * $1) : 0) }
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
  }

  @Test("marks are what a look at each byte says") func marks() {
    Self.forEach { eight, bytes, left in
      #expect(eight.letters == Self.marks(bytes, Self.isLetter), "\(bytes)")
      #expect(eight.spaces == Self.marks(bytes) { $0 == 0x20 || (0x09...0x0D).contains($0) }, "\(bytes)")
      for byte in [0x00, 0x20, 0x5B, 0x80, 0xFF] as [UInt8] {
        #expect(eight.equal(to: byte) == Self.marks(bytes) { $0 == byte }, "\(bytes) \(byte)")
      }
      #expect(eight.letterCount == bytes.prefix(while: Self.isLetter).count, "\(bytes)")
      #expect(eight.areLettersOrSpaces == bytes.allSatisfy { $0 >= 0x40 || $0 == 0x20 }, "\(bytes)")
      #expect(EightBytes.first(of: eight.spaces | EightBytes.behind(left)) <= max(left, 0))
    }
  }

  @Test("nothing behind the end is read") func end() {
    Self.forEach { eight, bytes, left in
      #expect(eight.value == bytes.indices.reduce(0) { $0 | UInt64(bytes[$1]) << UInt64(8 * $1) })
      #expect(EightBytes.first(of: EightBytes.behind(left)) == min(8, max(0, left)))
      for count in 1...8 {
        #expect(eight.leading(count) == (0..<count).reduce(0) { $0 | UInt64(bytes[$1]) << UInt64(8 * $1) })
      }
    }
  }
}
