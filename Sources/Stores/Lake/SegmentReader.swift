import Bytes
import Foundation
import Records

/// Reads a segment's frames, each alone.
///
/// Reading is by `pread` on one descriptor, so that several tasks may call ``frame(_:)`` at the same time.
public final class SegmentReader: Sendable {
  /// Zero bytes behind the text of every frame, which simdjson may read.
  public static let padding = 64

  /// The segment's path below the lake folder.
  public let segment: String
  /// What the segment's index says.
  public let index: SegmentIndex
  /// Bytes of the file.
  public let fileBytes: Int
  private let descriptor: Int32
  private let path: String

  /// Opens a segment and reads its index.
  init(lake: String, segment: String) throws {
    guard let parts = SegmentPath(segment) else { throw LakeError(.badName, segment: segment) }
    let path = "\(lake)/\(segment)"
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard descriptor >= 0 else {
      if errno == ENOENT { throw LakeError(.missing, segment: segment) }
      throw FileError("open", path)
    }
    do {
      var status = stat()
      guard fstat(descriptor, &status) == 0 else { throw FileError("stat", path) }
      let size = Int(status.st_size)
      let index = try Self.readIndex(descriptor, size: size, path: path, segment: segment)
      guard index.table == parts.table, index.day == parts.day else {
        throw LakeError(.damagedIndex, segment: segment, offset: index.framesEnd)
      }
      self.segment = segment
      self.index = index
      fileBytes = size
      self.descriptor = descriptor
      self.path = path
    } catch {
      close(descriptor)
      throw error
    }
  }

  deinit { close(descriptor) }

  /// The text of a frame, and behind it ``padding`` zero bytes that are part of the array but not of the
  /// text.
  ///
  /// The text is the first `index.frames[number].text` bytes; it ends with a newline.
  /// - Parameter number: the frame, 0-based; must be one that the index has.
  /// - Returns: text and padding, checked against the hash in the index.
  /// - Throws: ``LakeError`` with `damagedFrame`, or `FileError`.
  public func frame(_ number: Int) throws -> [UInt8] {
    let info = index.frames[number]
    let bytes = try DurableFile.readAt(
      descriptor, offset: info.offset, count: info.compressed, path: path)
    let damaged = LakeError(.damagedFrame, segment: segment, frame: number, offset: info.offset)
    guard bytes.count == info.compressed else { throw damaged }
    var text: [UInt8]
    do {
      text = try bytes.withUnsafeBytes {
        try LZ4Frame.decompress($0, size: info.text, spare: Self.padding, checks: false)
      }
    } catch {
      throw damaged
    }
    guard text.withUnsafeBytes({ ContentHash.of($0) }) == info.hash else { throw damaged }
    for _ in 0..<Self.padding { text.append(0) }
    return text
  }

  /// Calls `body` with each line of a frame as ``frame(_:)`` returns it.
  ///
  /// `body` gets the line's place in the frame and its bytes without the newline; they are valid inside
  /// `body` only, and ``padding`` bytes behind them are readable.
  public static func scan(
    _ frame: [UInt8], _ body: (Int, UnsafeRawBufferPointer) throws -> Void
  ) rethrows {
    try frame.withUnsafeBytes { view in
      try Lines.forEach(in: UnsafeRawBufferPointer(rebasing: view.dropLast(padding)), body)
    }
  }

  /// Calls `body` with each line of the segment: the frame's number, the line's place in it, and its bytes.
  /// - Throws: ``LakeError`` with `damagedFrame`, `FileError`, or what `body` throws.
  public func scan(_ body: (Int, Int, UnsafeRawBufferPointer) throws -> Void) throws {
    for number in index.frames.indices {
      try Self.scan(try frame(number)) { place, line in try body(number, place, line) }
    }
  }

  /// Everything wrong with the file; empty if nothing is.
  func problems() throws -> [LakeError] {
    var found: [LakeError] = []
    if try digest() != SegmentPath(segment)?.name { found.append(LakeError(.nameDiffers, segment: segment)) }
    for (number, info) in index.frames.enumerated() {
      do {
        let lines = try frame(number).withUnsafeBytes { Lines.count(in: $0) }
        guard lines == info.records else {
          throw LakeError(.damagedFrame, segment: segment, frame: number, offset: info.offset)
        }
      } catch let error as LakeError {
        found.append(error)
      }
    }
    return found
  }

  /// The SHA-256 of the whole file.
  private func digest() throws -> String {
    var hasher = SHA256Hasher()
    var offset = 0
    while offset < fileBytes {
      let piece = try DurableFile.readAt(
        descriptor, offset: offset, count: min(1 << 20, fileBytes - offset), path: path)
      if piece.isEmpty { break }
      hasher.update(piece)
      offset += piece.count
    }
    return hasher.finish().hex
  }

  private static func readIndex(
    _ descriptor: Int32, size: Int, path: String, segment: String
  ) throws -> SegmentIndex {
    let damaged = LakeError(.damagedIndex, segment: segment, offset: max(0, size - IndexFrame.footerBytes))
    guard size >= IndexFrame.headerBytes + IndexFrame.footerBytes else { throw damaged }
    let footer = try DurableFile.readAt(
      descriptor, offset: size - IndexFrame.footerBytes, count: IndexFrame.footerBytes, path: path)
    guard footer.count == IndexFrame.footerBytes, Array(footer[..<4]) == IndexFrame.footerMagic else {
      throw damaged
    }
    let length = Int(IndexFrame.little(footer[4...]))
    let start = size - IndexFrame.footerBytes - length - IndexFrame.headerBytes
    guard length > 0, start > 0 else { throw damaged }
    let bytes = try DurableFile.readAt(
      descriptor, offset: start, count: IndexFrame.headerBytes + length, path: path)
    guard bytes.count == IndexFrame.headerBytes + length,
      IndexFrame.little(bytes[..<4]) == IndexFrame.magic,
      Int(IndexFrame.little(bytes[4..<8])) == length + IndexFrame.footerBytes,
      let index = bytes.withUnsafeBytes({
        IndexFrame.decode(UnsafeRawBufferPointer(rebasing: $0[IndexFrame.headerBytes...]))
      }), index.framesEnd == start
    else { throw LakeError(.damagedIndex, segment: segment, offset: start) }
    return index
  }
}
