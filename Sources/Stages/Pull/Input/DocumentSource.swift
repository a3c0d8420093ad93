import Foundation

/// Makes JSON Lines of JSON documents without moving a byte.
///
/// A file may hold one object over many lines, several behind each other, or arrays of objects. Each becomes one
/// line: outside documents the brackets of an array become white space and its commas newlines; inside a
/// document newlines become spaces. Every byte stays at its offset, so that a place in the output is a place in
/// the file. Of documents that touch (`}{`) no line can be made; they stay one.
///
/// A file whose first object ends on the line it began on, with the line, is JSON Lines and passes unchanged. In
/// other files a damaged document ends at the latest before a line that begins with `{` where no value may; the
/// newline of a damaged string becomes a tab, which keeps the string refused. Memory does not depend on the size.
final class DocumentSource: ByteSource {
  /// Where a place in the file stands.
  private struct State {
    var depth = 0
    var isInString = false
    var isEscaped = false
    var isInArray = false
    /// A document has ended and its line has not.
    var needsBreak = false
    /// What the last block ended with, white space left out.
    var lastSignificant: UInt8 = 0
  }

  private enum Form {
    /// Before the first document, or in it.
    case unknown
    case documents, lines
  }

  private let source: any ByteSource
  private var state = State()
  private var form = Form.unknown
  /// The byte behind the last one handed out, where that one's meaning hung on it.
  private var peeked: UInt8?

  /// Reads documents from decoded bytes at their front.
  init(_ source: any ByteSource) { self.source = source }

  var position: Int { source.position - (peeked == nil ? 0 : 1) }

  func read(into target: UnsafeMutableRawPointer, count: Int) throws(InputError) -> Int {
    guard count > 0 else { return 0 }
    var got = 0
    if let byte = peeked {
      target.storeBytes(of: byte, as: UInt8.self)
      peeked = nil
      got = 1
    }
    if got < count { got += try source.read(into: target + got, count: count - got) }
    guard got > 0, form != .lines else { return got }
    let bytes = target.assumingMemoryBound(to: UInt8.self)
    // Whether a newline ends a damaged document is told by the byte behind it.
    if bytes[got - 1] == 0x0A {
      var next: UInt8 = 0
      if try source.read(into: &next, count: 1) == 1 { peeked = next }
    }
    transform(UnsafeMutableBufferPointer(start: bytes, count: got))
    return got
  }

  func skip(to offset: Int) throws(InputError) -> Bool {
    let scratch = UnsafeMutableRawPointer.allocate(byteCount: 1 << 16, alignment: 16)
    defer { scratch.deallocate() }
    while position < offset {
      if form == .lines, peeked == nil { return try source.skip(to: offset) }
      if try read(into: scratch, count: min(1 << 16, offset - position)) == 0 { return false }
    }
    return true
  }

  private func transform(_ bytes: UnsafeMutableBufferPointer<UInt8>) {
    guard let base = bytes.baseAddress else { return }
    let count = bytes.count
    // A copy, since a class's own variables are checked for overlapping access at every use.
    var state = state
    defer { self.state = state }
    var place = 0
    while place < count {
      if state.isInString {
        place = Self.passString(base, from: place, count: count, &state)
        guard place < count, state.isInString else { continue }
        // A newline, which no string may hold.
        if follows(bytes, place) == 0x7B {
          state.isInString = false
          state.depth = 0
        } else {
          base[place] = 0x09
        }
        if form == .unknown { form = .documents }
        place += 1
      } else if state.depth > 0 {
        place = passDocument(bytes, from: place, &state)
      } else {
        if form == .unknown, decide(base[place], at: place, in: count, state) { return }
        passBetween(&base[place], &state)
        place += 1
      }
    }
    var last = count
    while last > 0, base[last - 1] <= 0x20 { last -= 1 }
    if last > 0 { state.lastSignificant = base[last - 1] }
  }

  /// Goes on to the end of the document, to the next string in it, or to the end of the block.
  private func passDocument(
    _ bytes: UnsafeMutableBufferPointer<UInt8>, from start: Int, _ state: inout State
  ) -> Int {
    guard let base = bytes.baseAddress else { return start }
    let count = bytes.count
    var depth = state.depth
    var place = start
    defer { state.depth = depth }
    while place < count {
      let byte = base[place]
      place += 1
      // The letter's bit aside, brackets and braces are the same two bytes.
      switch byte | 0x20 {
      case 0x7B: depth += 1
      case 0x7D:
        depth -= 1
        if depth == 0 {
          state.needsBreak = true
          return place
        }
      default:
        if byte == 0x22 {
          state.isInString = true
          return place
        }
        if byte == 0x0A {
          if form == .unknown { form = .documents }
          if follows(bytes, place - 1) == 0x7B,
            !Self.mayPrecedeValue(significant(bytes, before: place - 1, state))
          {
            depth = 0
            return place
          }
          base[place - 1] = 0x20
        }
      }
    }
    return place
  }

  /// One byte outside documents and strings.
  private func passBetween(_ byte: inout UInt8, _ state: inout State) {
    switch byte {
    case 0x7B: state.depth = 1
    case 0x5B where state.isInArray: state.depth = 1
    case 0x5B:
      state.isInArray = true
      byte = 0x20
    case 0x5D where state.isInArray:
      state.isInArray = false
      byte = 0x0A
    case 0x2C where state.isInArray: byte = 0x0A
    case 0x22: state.isInString = true
    case 0x09, 0x0D, 0x20: if state.needsBreak { byte = 0x0A }
    default: break
    }
    if byte > 0x20 || byte == 0x0A { state.needsBreak = false }
  }

  /// Whether the rest of the file is JSON Lines, at a byte outside documents before the form is known.
  private func decide(_ byte: UInt8, at place: Int, in count: Int, _ state: State) -> Bool {
    if state.needsBreak {
      form = byte == 0x0A || byte == 0x0D ? .lines : .documents
    } else if byte == 0x5B {
      form = .documents
    } else if byte != 0x7B, byte > 0x20, !Self.byteOrderMark.contains(byte) {
      form = .lines
    }
    return form == .lines
  }

  /// The byte behind a place; 0 at the end.
  private func follows(_ bytes: UnsafeMutableBufferPointer<UInt8>, _ place: Int) -> UInt8 {
    place + 1 < bytes.count ? bytes[place + 1] : peeked ?? 0
  }

  /// The last byte before a place that is not white space; 0 if there is none.
  private func significant(
    _ bytes: UnsafeMutableBufferPointer<UInt8>, before place: Int, _ state: State
  ) -> UInt8 {
    var place = place
    while place > 0 {
      place -= 1
      if bytes[place] > 0x20 { return bytes[place] }
    }
    return state.lastSignificant
  }

  /// A comma, a colon or an opening bracket.
  private static func mayPrecedeValue(_ byte: UInt8) -> Bool { byte == 0x2C || byte == 0x3A || byte == 0x5B }

  private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

  /// The high bit of each byte that is zero; above the lowest such byte others may be set too.
  @inline(__always)
  private static func zeros(_ word: UInt64) -> UInt64 {
    (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080
  }

  /// The place behind the string's quote, where the state says so, or the newline that stands in the string.
  private static func passString(
    _ base: UnsafeMutablePointer<UInt8>, from start: Int, count: Int, _ state: inout State
  ) -> Int {
    var place = start
    if state.isEscaped {
      state.isEscaped = false
      if base[place] != 0x0A { place += 1 }
    }
    let raw = UnsafeRawPointer(base)
    while place < count {
      // Eight bytes a step to the next quote, backslash or newline: the lowest bit that is set is exact.
      while place + 8 <= count {
        let word = raw.loadUnaligned(fromByteOffset: place, as: UInt64.self)
        let found =
          zeros(word ^ 0x2222_2222_2222_2222) | zeros(word ^ 0x5C5C_5C5C_5C5C_5C5C)
          | zeros(word ^ 0x0A0A_0A0A_0A0A_0A0A)
        if found != 0 {
          place += found.trailingZeroBitCount >> 3
          break
        }
        place += 8
      }
      guard place < count else { break }
      switch base[place] {
      case 0x22:
        state.isInString = false
        return place + 1
      case 0x5C:
        if place + 1 == count {
          state.isEscaped = true
          return count
        }
        place += base[place + 1] == 0x0A ? 1 : 2
      case 0x0A: return place
      default: place += 1
      }
    }
    return place
  }
}
