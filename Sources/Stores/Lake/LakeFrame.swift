import Bytes
import Foundation

/// Some records as one whole LZ4 frame, which workers make and a ``SegmentWriter`` puts behind each other.
public struct LakeFrame: Sendable {
  /// The most text in a frame of more than one record: 4 MiB, the largest LZ4 block.
  ///
  /// A single longer record has a frame of its own.
  public static let maximumText = 4 << 20

  /// The compressed frame.
  public let bytes: [UInt8]
  /// Bytes of text.
  public let textBytes: Int
  /// Lines of text.
  public let records: Int
  /// The hash of the text.
  public let textHash: ContentHash
  /// The id of the first record.
  public let firstID: String
  /// The id of the last record.
  public let lastID: String

  /// Compresses whole lines of JSON.
  /// - Parameters:
  ///   - jsonLines: the text; every line ends with a newline.
  ///   - records: how many lines it has, at least 1.
  ///   - firstID: the id of the first record.
  ///   - lastID: the id of the last record.
  /// - Returns: the frame; the same text gives the same bytes.
  /// - Throws: ``LakeError`` with `empty`, `tooLong` or `notLines`, or `CompressionError`.
  public static func compress(
    _ jsonLines: UnsafeRawBufferPointer, records: Int, firstID: String, lastID: String
  ) throws -> LakeFrame {
    guard records > 0, let last = jsonLines.last else { throw LakeError(.empty) }
    guard records == 1 || jsonLines.count <= maximumText else { throw LakeError(.tooLong) }
    guard last == 0x0A, Lines.count(in: jsonLines) == records else { throw LakeError(.notLines) }
    return LakeFrame(
      bytes: try LZ4Frame.compress(jsonLines), textBytes: jsonLines.count, records: records,
      textHash: .of(jsonLines), firstID: firstID, lastID: lastID)
  }
}

/// Lines in a run of bytes, found by `memchr`.
enum Lines {
  /// Calls `body` with the place and the bytes of each line that ends with a newline, without the newline.
  static func forEach(
    in text: UnsafeRawBufferPointer, _ body: (Int, UnsafeRawBufferPointer) throws -> Void
  ) rethrows {
    guard let base = text.baseAddress else { return }
    var place = 0
    while place < text.count, let newline = memchr(base + place, 0x0A, text.count - place) {
      let end = UnsafeRawPointer(newline) - base
      try body(place, UnsafeRawBufferPointer(start: base + place, count: end - place))
      place = end + 1
    }
  }

  /// How many newlines there are.
  static func count(in text: UnsafeRawBufferPointer) -> Int {
    var count = 0
    forEach(in: text) { _, _ in count += 1 }
    return count
  }
}
