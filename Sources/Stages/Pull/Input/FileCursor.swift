import Bytes
import Foundation

/// A short run of content, remembered by length and hash.
public struct Fingerprint: Sendable, Codable, Hashable {
  /// The longest run that is remembered: 4,096 bytes.
  public static let longest = 4096

  /// Bytes, 0 to ``longest``.
  public let length: Int
  /// Their `ContentHash`: 32 hexadecimal digits.
  public let hash: String

  /// The fingerprint of a run; of a longer one than ``longest`` only its first bytes count.
  public init(_ run: UnsafeRawBufferPointer) {
    length = min(run.count, Self.longest)
    hash = ContentHash.of(UnsafeRawBufferPointer(rebasing: run.prefix(Self.longest))).description
  }

  /// The fingerprint of an array.
  public init(_ bytes: [UInt8]) { self = bytes.withUnsafeBytes { Fingerprint($0) } }

  /// The fingerprint of no bytes, which every content has.
  public static let nothing = Fingerprint([])

  /// Whether `content` begins with the run.
  public func begins(_ content: [UInt8]) -> Bool {
    content.count >= length
      && content.withUnsafeBytes { Fingerprint(UnsafeRawBufferPointer(rebasing: $0.prefix(length))) } == self
  }
}

/// What an input file is now: who it is to the file system, and how its content begins.
public struct FileStatus: Sendable, Hashable {
  /// The path.
  public let path: String
  /// The file system's number.
  public let device: UInt64
  /// The file's number in it.
  public let inode: UInt64
  /// Bytes on disk.
  public let size: Int
  /// Last modification, in nanoseconds since 1970.
  public let modified: Int64
  /// Whether the content is compressed.
  public var isCompressed: Bool
  /// The first decoded bytes, up to `Fingerprint.longest`; fewer from a damaged stream.
  public let head: [UInt8]
  /// Whether the content is messages with their lengths.
  public let isFramed: Bool

  /// Puts the parts together.
  public init(
    path: String, device: UInt64, inode: UInt64, size: Int, modified: Int64, isCompressed: Bool,
    head: [UInt8],
    isFramed: Bool = false
  ) {
    self.path = path
    self.device = device
    self.inode = inode
    self.size = size
    self.modified = modified
    self.isCompressed = isCompressed
    self.head = head
    self.isFramed = isFramed
  }

  /// Whether an offset in the text that is read is another in the file, so that their lengths say nothing of each
  /// other.
  public var hasOwnOffsets: Bool { isCompressed || isFramed }

  /// Looks at a file of lines; nothing is kept open.
  /// - Throws: ``InputError`` with `unreadable` or `notRegular`.
  public static func of(_ path: String) throws -> FileStatus { try of(path, framing: .lines) }

  /// Looks at a file; nothing is kept open.
  /// - Parameters:
  ///   - path: the file.
  ///   - framing: how its decoded bytes become lines.
  /// - Returns: what it is now.
  /// - Throws: ``InputError`` with `unreadable` or `notRegular`.
  public static func of(_ path: String, framing: FileFraming) throws -> FileStatus {
    let file = try InputDescriptor(path: path)
    var head: [UInt8] = []
    do throws(InputError) {
      head = try InputDescriptor.head(of: try file.source(checked: false), Fingerprint.longest)
    } catch {
      // Reading the file reports it; a head that is too short just matches nothing.
      if error.code != .corruptStream { throw error }
    }
    return FileStatus(
      path: path, device: file.device, inode: file.inode, size: file.size, modified: file.modified,
      isCompressed: file.compression.kind != .none, head: head,
      isFramed: framing == .frames && FrameSource.isFramed(head))
  }
}

/// How far a file has been read: what the catalog remembers of it.
public struct FileCursor: Sendable, Codable, Hashable {
  /// The path when it was last read.
  public let path: String
  /// The file system's number.
  public let device: UInt64
  /// The file's number in it.
  public let inode: UInt64
  /// Bytes on disk when it was last looked at, before reading.
  public let size: Int
  /// Last modification at that time, in nanoseconds since 1970.
  public let modified: Int64
  /// How many first decoded bytes ``headHash`` covers, 0 to 4,096.
  public let headLength: Int
  /// The `ContentHash` of the first decoded bytes: 32 hexadecimal digits.
  public let headHash: String
  /// Decoded bytes consumed: where to read on.
  public let offset: Int
  /// How many decoded bytes before ``offset`` ``markHash`` covers, 0 to 4,096.
  public let markLength: Int
  /// The `ContentHash` of the decoded bytes before ``offset``, by which reading on makes sure of the content.
  public let markHash: String
  /// Whether everything was read that was there, but for an unfinished last line.
  public let complete: Bool

  /// States how far a file has been read.
  /// - Parameters:
  ///   - status: the file, looked at before it was read.
  ///   - offset: decoded bytes consumed: `InputChunk.end` of the last chunk that was dealt with.
  ///   - mark: `InputChunk.mark` of that chunk.
  ///   - complete: `InputChunk.endsFile` of that chunk.
  public init(_ status: FileStatus, offset: Int, mark: Fingerprint, complete: Bool) {
    let head = Fingerprint(status.head)
    path = status.path
    device = status.device
    inode = status.inode
    size = status.size
    modified = status.modified
    headLength = head.length
    headHash = head.hash
    self.offset = offset
    markLength = mark.length
    markHash = mark.hash
    self.complete = complete
  }

  /// The first decoded bytes.
  public var head: Fingerprint { Fingerprint(length: headLength, hash: headHash) }
  /// The decoded bytes before ``offset``.
  public var mark: Fingerprint { Fingerprint(length: markLength, hash: markHash) }

  /// The cursor as one line of JSON with sorted keys.
  /// - Throws: an `EncodingError`, which no cursor causes.
  public func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(self), as: UTF8.self)
  }

  /// Reads what ``json()`` writes.
  /// - Parameter json: the text.
  /// - Throws: a `DecodingError`.
  public init(json: String) throws {
    self = try JSONDecoder().decode(FileCursor.self, from: Data(json.utf8))
  }
}

extension Fingerprint {
  /// Puts a remembered fingerprint together again.
  init(length: Int, hash: String) {
    self.length = length
    self.hash = hash
  }
}
