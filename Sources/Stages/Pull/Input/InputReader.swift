import Bytes
import Foundation

/// Reads the whole lines of a file, plain or compressed, in chunks.
///
/// Compression (gzip, zstd, lz4, xz, bzip2) is told by the content. Where a chunk ends depends on the content
/// and on where it begins, never on how the bytes arrive: behind the last newline before the next multiple of
/// `chunkBytes` of the decoded offset, or, if a line reaches over that multiple, before the first multiple
/// that has one; earlier only before an overlong line. A byte order mark at the file's start is skipped. It
/// is owned by one task, and holds one chunk and one line of up to `maximumLine` bytes at most.
public final class InputReader {
  private let path: String
  private let chunkBytes: Int
  private let maximumLine: Int
  private let source: any ByteSource
  /// What was read and not yet handed out; it begins with a line.
  private let buffer = ByteBuffer()
  /// The decoded offset of the buffer's first byte.
  private var start: Int
  private var mark: Fingerprint
  private var isAtEnd = false
  private var isFinished = false
  /// The fault that ends the reading, once the whole lines before it are handed out.
  private var fault: InputError?

  /// Opens a file.
  /// - Parameters:
  ///   - path: a regular file.
  ///   - offset: decoded bytes to leave out: 0, or the `end` of a chunk; default 0.
  ///   - mark: the fingerprint of the content before `offset`, which is checked; default none.
  ///   - chunkBytes: the size of a chunk, at least 1; default 8 MiB. A chunk is longer where a line is.
  ///   - maximumLine: the longest line in bytes without its newline, at least 1; default 16 MiB.
  ///   - framing: how the decoded bytes become lines, whose offsets and lengths all the others are; default they
  ///     are lines.
  /// - Throws: ``InputError`` with `unreadable`, `notRegular`, `corruptStream`, `offsetBeyondEnd` or
  ///   `contentDiffers`; after the last two the file is to be read from the start.
  public init(
    path: String, from offset: Int = 0, mark: Fingerprint = .nothing, chunkBytes: Int = 8 << 20,
    maximumLine: Int = 16 << 20, framing: FileFraming = .lines
  ) throws {
    precondition(offset >= 0 && chunkBytes >= 1 && maximumLine >= 1)
    let file = try InputDescriptor(path: path)
    self.path = path
    self.chunkBytes = chunkBytes
    self.maximumLine = maximumLine
    self.mark = mark
    source = try file.lines(framing)
    start = 0
    if offset > 0 {
      try resume(at: offset)
    } else {
      skipByteOrderMark()
    }
  }

  /// The next whole lines.
  ///
  /// Every file has exactly one chunk with `endsFile`, the last; it may be empty.
  /// - Returns: the chunk; nil behind the last.
  /// - Throws: ``InputError`` with `corruptStream` or `unreadable`, after what came before the fault was
  ///   handed out in whole lines; again at every further call. A decoder keeps the last block before a fault
  ///   to itself, and a damage may show only at the checksum behind it, so that lines shortly before the
  ///   fault may be altered.
  public func next() throws -> InputChunk? {
    if isFinished { return nil }
    var overlong: [OverlongLine] = []
    while true {
      switch findCut() {
      case .lines(let length, let endsFile):
        return chunk(length, overlong, endsFile: endsFile)
      case .overlong:
        let (line, isWhole) = skipLine()
        if isWhole {
          overlong.append(line)
          continue
        }
        // The rest of the line is missing: it counts as not read.
        start = line.offset
        if fault == nil {
          let tail = InputTail(offset: line.offset, length: line.length, bytes: [], digest: line.digest)
          return chunk(0, overlong, endsFile: true, tail: tail)
        }
      case .fault: break
      }
      // What the call found before the fault goes out first; the next call finds the fault again.
      if let fault, overlong.isEmpty { throw fault }
      return chunk(0, overlong, endsFile: false)
    }
  }

  private enum Cut {
    /// This many bytes are whole lines, none overlong.
    case lines(Int, endsFile: Bool)
    /// The buffer begins with an overlong line.
    case overlong
    /// No newline comes before the fault.
    case fault
  }

  /// Reads until it is clear where the next chunk ends.
  private func findCut() -> Cut {
    var boundary = (start / chunkBytes + 1) * chunkBytes
    var searched = 0
    while true {
      // One byte more than the window, so that a chunk knows whether it is the last.
      fill(boundary + 1 - start)
      let window = min(buffer.count, boundary - start)
      let isAllThere = isAtEnd && buffer.count == window
      if let newline = lastNewline(in: searched..<window) {
        if let long = firstOverlong(before: newline + 1) {
          return long == 0 ? .overlong : .lines(long, endsFile: false)
        }
        return .lines(newline + 1, endsFile: isAllThere && fault == nil)
      }
      if window > maximumLine { return .overlong }
      if isAllThere { return fault == nil ? .lines(0, endsFile: true) : .fault }
      searched = window
      boundary += chunkBytes
    }
  }

  /// Cuts lines off the buffer's front; what is left at the end of the file is the tail.
  private func chunk(
    _ length: Int, _ overlong: [OverlongLine], endsFile: Bool, tail: InputTail? = nil
  ) -> InputChunk {
    let lines = prefix(length)
    if length > 0 {
      mark = Fingerprint(UnsafeRawBufferPointer(rebasing: lines.suffix(Fingerprint.longest)))
    } else if !overlong.isEmpty {
      mark = .nothing
    }
    let bytes = Self.padded(lines)
    let offset = start
    drop(length)
    isFinished = endsFile
    var tail = tail
    if endsFile, buffer.count > 0 {
      tail = InputTail(
        offset: start, length: buffer.count,
        bytes: buffer.count > maximumLine ? [] : Self.padded(buffer.view),
        digest: .sha256(buffer.view))
    }
    return InputChunk(
      bytes: bytes, length: length, offset: offset, overlong: overlong, mark: mark, endsFile: endsFile,
      tail: tail)
  }

  /// Takes the line at the buffer's front without holding it.
  /// - Returns: the line, and whether its newline was found.
  private func skipLine() -> (OverlongLine, isWhole: Bool) {
    var hasher = SHA256Hasher()
    var length = 0
    let offset = start
    while true {
      let newline = memchr(buffer.base, 0x0A, buffer.count).map { $0 - buffer.base }
      let count = newline ?? buffer.count
      hasher.update(prefix(count))
      length += count
      drop(newline == nil ? count : count + 1)
      if newline == nil { fill(max(chunkBytes, 1 << 16)) }
      if newline != nil || buffer.count == 0 {
        return (OverlongLine(offset: offset, length: length, digest: hasher.finish()), newline != nil)
      }
    }
  }

  private func resume(at offset: Int) throws {
    let beyond = InputError(.offsetBeyondEnd, path: path, offset: offset)
    guard try source.skip(to: max(0, offset - mark.length)) else { throw beyond }
    fill(offset - source.position)
    if let fault { throw fault }
    guard source.position == offset else { throw beyond }
    guard Fingerprint(buffer.view) == mark else {
      throw InputError(.contentDiffers, path: path, offset: offset)
    }
    buffer.removeAll()
    start = offset
  }

  private func skipByteOrderMark() {
    mark = .nothing
    fill(3)
    if Array(buffer.view) == [0xEF, 0xBB, 0xBF] { drop(3) }
  }

  /// Reads until the buffer has `count` bytes or there are no more; a fault is kept for later.
  private func fill(_ count: Int) {
    guard buffer.count < count, !isAtEnd else { return }
    buffer.reserve(count - buffer.count)
    do throws(InputError) {
      while buffer.count < count {
        let got = try source.read(into: buffer.base + buffer.count, count: count - buffer.count)
        isAtEnd = got == 0
        if isAtEnd { return }
        buffer.advance(by: got)
      }
    } catch {
      fault = error
      isAtEnd = true
    }
  }

  private func prefix(_ count: Int) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: buffer.base, count: count)
  }

  private func drop(_ count: Int) {
    guard count > 0 else { return }
    memmove(buffer.base, buffer.base + count, buffer.count - count)
    buffer.truncate(to: buffer.count - count)
    start += count
  }

  private static func padded(_ run: UnsafeRawBufferPointer) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: run.count + InputChunk.padding) { target, count in
      let target = UnsafeMutableRawBufferPointer(target)
      target.copyMemory(from: run)
      UnsafeMutableRawBufferPointer(rebasing: target[run.count...]).initializeMemory(
        as: UInt8.self, repeating: 0)
      count = run.count + InputChunk.padding
    }
  }

  /// The last newline in a range of the buffer.
  ///
  /// `memchr` first, which leaves long lines quickly; then eight bytes a step from the end, no further than
  /// the last line is long (`memrchr` is not in Swift's view of the C library).
  private func lastNewline(in range: Range<Int>) -> Int? {
    guard !range.isEmpty, memchr(buffer.base + range.lowerBound, 0x0A, range.count) != nil else { return nil }
    var place = range.upperBound
    while place - 8 >= range.lowerBound {
      let word = (buffer.base + place - 8).loadUnaligned(as: UInt64.self) ^ 0x0A0A_0A0A_0A0A_0A0A
      if (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080 != 0 { break }
      place -= 8
    }
    while place > range.lowerBound {
      place -= 1
      if buffer.base.load(fromByteOffset: place, as: UInt8.self) == 0x0A { return place }
    }
    return nil
  }

  /// Where the first overlong line among the whole lines at the buffer's front begins.
  ///
  /// A window of `maximumLine` bytes and a newline has a newline in it, or an overlong line begins there; the
  /// last newline in it leads on to the next window.
  private func firstOverlong(before end: Int) -> Int? {
    var place = 0
    while end - place > maximumLine + 1 {
      guard let newline = lastNewline(in: place..<place + maximumLine + 1) else { return place }
      place = newline + 1
    }
    return nil
  }
}
