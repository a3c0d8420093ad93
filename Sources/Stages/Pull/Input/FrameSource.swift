import Bytes
import Foundation

/// Makes JSON Lines of messages that stand behind each other with their lengths.
///
/// So the OpenTelemetry Collector's file exporter writes with `compression`, or with an `encoding` of its own: a
/// length in four bytes, the highest first, and that many bytes, JSON or zstd of JSON, which the first four of
/// them tell. Each message becomes one line; newlines in it become spaces. The last message of a file that is
/// being written comes without a newline, as far as it is there, or as one space. Memory does not depend on the
/// size.
final class FrameSource: ByteSource {
  /// The longest message that counts as one, in bytes in the file: 64 MiB.
  ///
  /// The collector takes 20 MiB over HTTP and 4 MiB over gRPC by default. A length with this limit never begins
  /// with a byte that text begins with.
  static let longest = 64 << 20

  private enum Place {
    /// Before a length.
    case length
    /// In a message of which this many bytes are still to be read.
    case plain(rest: Int)
    case zstd(rest: Int)
    /// Behind a message, whose newline is due.
    case newline
    case end
  }

  private let source: any ByteSource
  private let path: String
  private let block: UnsafeMutableRawBufferPointer
  /// What of ``block`` was read and not yet used.
  private var unread = 0..<0
  private var decoder: ZstdDecoder?
  private var place = Place.length
  /// Whether the message at hand has put out anything.
  private var isBegun = false
  /// Whether a zstd frame of the message at hand is open.
  private var isFrameOpen = false
  private(set) var position = 0

  /// Reads messages from decoded bytes at their front.
  /// - Parameters:
  ///   - source: the bytes.
  ///   - path: the file, for faults.
  init(_ source: any ByteSource, path: String) {
    self.source = source
    self.path = path
    block = .allocate(byteCount: 1 << 16, alignment: 16)
  }

  deinit { block.deallocate() }

  /// Whether content that begins with these bytes, eight or more, is messages with lengths.
  static func isFramed(_ head: [UInt8]) -> Bool {
    guard head.count >= 8 else { return false }
    let length = head[..<4].reduce(0) { $0 << 8 | Int($1) }
    return length >= 1 && length <= longest
  }

  func read(into target: UnsafeMutableRawPointer, count: Int) throws(InputError) -> Int {
    guard count > 0 else { return 0 }
    while true {
      let room = UnsafeMutableRawBufferPointer(start: target, count: count)
      let got: Int
      switch place {
      case .end: return 0
      case .length:
        try beginMessage()
        continue
      case .newline:
        room[0] = 0x0A
        place = .length
        got = 1
      case .plain(let rest): got = try plain(rest, into: room)
      case .zstd(let rest): got = try decoded(rest, into: room)
      }
      position += got
      if got > 0 { return got }
    }
  }

  func skip(to offset: Int) throws(InputError) -> Bool {
    let scratch = UnsafeMutableRawPointer.allocate(byteCount: 1 << 16, alignment: 16)
    defer { scratch.deallocate() }
    while position < offset {
      if try read(into: scratch, count: min(1 << 16, offset - position)) == 0 { return false }
    }
    return true
  }

  private func beginMessage() throws(InputError) {
    isBegun = false
    isFrameOpen = false
    guard try fill(4) else {
      // A length that is not all there is a message of which nothing is there.
      place = unread.isEmpty ? .end : .plain(rest: 1)
      unread = 0..<0
      return
    }
    let length = block[unread].prefix(4).reduce(0) { $0 << 8 | Int($1) }
    guard length <= Self.longest else { throw fault("a message of \(length) bytes") }
    unread.removeFirst(4)
    guard try fill(min(length, 4)) else {
      place = .plain(rest: length)
      unread = 0..<0
      return
    }
    if length == 0 {
      place = .newline
    } else if length >= 4, block[unread].starts(with: [0x28, 0xB5, 0x2F, 0xFD]) {
      place = .zstd(rest: length)
      if let decoder {
        decoder.reset()
      } else {
        decoder = try make()
      }
    } else if [0x7B, 0x5B, 0x20].contains(block[unread.lowerBound]) {
      place = .plain(rest: length)
    } else {
      throw fault("a message is not JSON: the exporter's format must be json")
    }
  }

  private func plain(_ rest: Int, into room: UnsafeMutableRawBufferPointer) throws(InputError) -> Int {
    guard try fill(1) else { return unfinished(room) }
    let got = min(rest, unread.count, room.count)
    room.copyMemory(from: UnsafeRawBufferPointer(rebasing: block[unread].prefix(got)))
    unread.removeFirst(got)
    place = rest == got ? .newline : .plain(rest: rest - got)
    blankNewlines(UnsafeMutableRawBufferPointer(rebasing: room[..<got]))
    return got
  }

  private func decoded(_ rest: Int, into room: UnsafeMutableRawBufferPointer) throws(InputError) -> Int {
    guard let decoder else { return 0 }
    // With nothing left to read the decoder may still have text to put out.
    let isThere = rest == 0 ? true : try fill(1)
    let input = UnsafeRawBufferPointer(rebasing: block[unread].prefix(rest))
    let step: ZstdDecoder.Step
    do throws(CompressionError) {
      step = try decoder.decode(input, into: room)
    } catch {
      throw fault(error.reason)
    }
    unread.removeFirst(step.read)
    isFrameOpen = !step.endsFrame
    let left = rest - step.read
    if left == 0, !isFrameOpen {
      place = .newline
    } else if step.read == 0, step.written == 0 {
      if !isThere { return unfinished(room) }
      throw fault("a message ends within its zstd frame")
    } else {
      place = .zstd(rest: left)
    }
    blankNewlines(UnsafeMutableRawBufferPointer(rebasing: room[..<step.written]))
    return step.written
  }

  /// The end of a file within a message: something must be left over of it, so that the line shows as unfinished.
  private func unfinished(_ room: UnsafeMutableRawBufferPointer) -> Int {
    place = .end
    if isBegun { return 0 }
    room[0] = 0x20
    return 1
  }

  private func blankNewlines(_ text: UnsafeMutableRawBufferPointer) {
    guard let base = text.baseAddress, !text.isEmpty else { return }
    isBegun = true
    var start = 0
    while let found = memchr(base + start, 0x0A, text.count - start) {
      found.storeBytes(of: 0x20, as: UInt8.self)
      start = found - base + 1
    }
  }

  /// Has at least `count` bytes unread, up to the size of the block; false if the content ends before.
  private func fill(_ count: Int) throws(InputError) -> Bool {
    guard unread.count < count, let base = block.baseAddress else { return true }
    memmove(base, base + unread.lowerBound, unread.count)
    unread = 0..<unread.count
    while unread.count < count {
      let got = try source.read(into: base + unread.count, count: block.count - unread.count)
      if got == 0 { return false }
      unread = 0..<unread.count + got
    }
    return true
  }

  private func make() throws(InputError) -> ZstdDecoder {
    do throws(CompressionError) {
      return try ZstdDecoder()
    } catch {
      throw fault(error.reason)
    }
  }

  private func fault(_ message: String) -> InputError {
    InputError(.corruptStream, path: path, offset: position, message: message)
  }
}
