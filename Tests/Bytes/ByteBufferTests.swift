import Bytes
import Testing

@Suite("Byte buffer") struct ByteBufferTests {
  struct Number: Sendable, CustomTestStringConvertible {
    let value: Int64
    let text: String
    var testDescription: String { text }
  }

  @Test(arguments: [
    Number(value: 0, text: "0"), Number(value: 9, text: "9"), Number(value: 10, text: "10"),
    Number(value: -1, text: "-1"), Number(value: 1_234_567, text: "1234567"),
    Number(value: .max, text: "9223372036854775807"), Number(value: .min, text: "-9223372036854775808"),
  ])
  func writesDecimals(_ number: Number) {
    let buffer = ByteBuffer(capacity: 0)
    buffer.append(decimal: number.value)
    #expect(String(decoding: buffer.view, as: UTF8.self) == number.text)
  }

  @Test func writesTheLargestUnsignedNumber() {
    let buffer = ByteBuffer()
    buffer.append(decimal: UInt64.max)
    #expect(buffer.bytes == Array("18446744073709551615".utf8))
  }

  @Test("every way of appending gives the same bytes as an array")
  func appends() {
    let buffer = ByteBuffer(capacity: 1)
    var expected: [UInt8] = []
    for round in 0..<300 {
      let text = String(repeating: "ä", count: round)
      buffer.append(UInt8(truncatingIfNeeded: round))
      buffer.append("literal")
      buffer.append(string: text)
      buffer.append(Array(text.utf8))
      buffer.append(UnsafeRawBufferPointer(start: nil, count: 0))
      expected += [UInt8(truncatingIfNeeded: round)] + Array("literal\(text)\(text)".utf8)
    }
    #expect(buffer.count == expected.count)
    #expect(buffer.bytes == expected)
  }

  @Test func forgetsAndCuts() {
    let buffer = ByteBuffer()
    buffer.append("abcdef")
    buffer.truncate(to: 9)
    #expect(buffer.bytes == Array("abcdef".utf8))
    buffer.truncate(to: 2)
    #expect(buffer.bytes == Array("ab".utf8))
    buffer.truncate(to: -1)
    #expect(buffer.bytes == [])
    buffer.append("x")
    buffer.removeAll()
    buffer.append("y")
    #expect(buffer.bytes == Array("y".utf8))
  }

  @Test func countsWhatTheCallerWrote() {
    let buffer = ByteBuffer(capacity: 64)
    buffer.append("a")
    buffer.reserve(1000)
    buffer.base.storeBytes(of: 0x62, toByteOffset: 1, as: UInt8.self)
    buffer.advance(by: 1)
    #expect(buffer.bytes == Array("ab".utf8))
  }
}
