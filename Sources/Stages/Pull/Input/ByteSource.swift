import CArchive
import Foundation

/// Decoded bytes of a file, from front to back.
protocol ByteSource: AnyObject {
  /// The decoded offset of the next byte.
  var position: Int { get }
  /// Reads up to `count` bytes, at least one before the end; 0 at the end.
  func read(into target: UnsafeMutableRawPointer, count: Int) throws(InputError) -> Int
  /// Moves on to a decoded offset at or behind ``position``.
  /// - Returns: false if the content ends before it.
  func skip(to offset: Int) throws(InputError) -> Bool
}

/// How a file is compressed, told by its first bytes and never by its name.
enum InputCompression: Equatable {
  case none, gzip, zstd, lz4, xz, bzip2

  /// The kind, and where in the file its stream begins.
  ///
  /// Skippable frames, which both zstd and lz4 have, are stepped over here, since libarchive does not know a
  /// file that begins with one. A file of nothing but skippable frames is an empty lz4 file.
  static func detect(_ descriptor: Int32, size: Int) -> (kind: InputCompression, offset: Int) {
    var place = 0
    while true {
      var head = [UInt8](repeating: 0, count: 10)
      let count = pread(descriptor, &head, 10, off_t(place))
      if place > 0, place == size { return (.lz4, place) }
      guard count >= 2 else { return (.none, 0) }
      let word = head[..<4].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
      if count >= 8, word & 0xFFFF_FFF0 == 0x184D_2A50 {
        let length = head[4..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
        place += 8 + length
        if place > size { return (.none, 0) }
        continue
      }
      if head.starts(with: [0x1F, 0x8B]) { return (.gzip, place) }
      if word == 0xFD2F_B528 { return (.zstd, place) }
      // The second is the format of lz4 before version 1.4.
      if word == 0x184D_2204 || word == 0x184C_2102 { return (.lz4, place) }
      if head.starts(with: [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00]) { return (.xz, place) }
      if head.starts(with: Array("BZh".utf8)), (0x31...0x39).contains(head[3]),
        [[0x31, 0x41, 0x59, 0x26, 0x53, 0x59], [0x17, 0x72, 0x45, 0x38, 0x50, 0x90]].contains(
          Array(head[4...]))
      {
        return (.bzip2, place)
      }
      return (.none, 0)
    }
  }
}

/// What stands at a path, told in one file: which module owns the members of `stat` depends on the imports.
enum FileKind {
  case regular, folder, other, missing

  /// Follows links.
  static func of(_ path: String) -> FileKind {
    var status = stat()
    guard stat(path, &status) == 0 else { return .missing }
    return switch status.st_mode & S_IFMT {
    case S_IFREG: .regular
    case S_IFDIR: .folder
    default: .other
    }
  }
}

/// The permission bits of a file, told here for the same reason.
enum FileMode {
  /// Follows links; nil where nothing can be looked at.
  static func of(_ path: String) -> UInt32? {
    var status = stat()
    return stat(path, &status) == 0 ? UInt32(status.st_mode & 0o777) : nil
  }
}

/// An open regular file.
final class InputDescriptor {
  let number: Int32
  let path: String
  let size: Int
  let device: UInt64
  let inode: UInt64
  /// Last modification, in nanoseconds since 1970.
  let modified: Int64

  /// Opens a regular file; anything else is refused before it is opened, since opening a device may act on
  /// it.
  init(path: String) throws(InputError) {
    var status = stat()
    guard stat(path, &status) == 0 else { throw Self.refusal(path) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw InputError(.notRegular, path: path) }
    let number = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    guard number >= 0 else { throw Self.refusal(path) }
    guard fstat(number, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      close(number)
      throw InputError(.notRegular, path: path)
    }
    self.number = number
    self.path = path
    size = Int(status.st_size)
    device = UInt64(status.st_dev)
    inode = UInt64(status.st_ino)
    modified = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
  }

  deinit { close(number) }

  var compression: (kind: InputCompression, offset: Int) { InputCompression.detect(number, size: size) }

  /// The decoded bytes of the file; `checked` if all of it will be read, so that a checksum at its end
  /// counts.
  func source(checked: Bool) throws(InputError) -> any ByteSource {
    let (kind, offset) = compression
    if kind == .none { return PlainSource(self) }
    return try ArchiveSource(
      self, kind: kind, offset: offset,
      checksum: checked && kind == .gzip ? GzipChecksum(self, from: offset) : nil)
  }

  /// The lines that a framing makes of the decoded bytes.
  func lines(_ framing: FileFraming) throws(InputError) -> any ByteSource {
    switch framing {
    case .lines: return try source(checked: true)
    case .documents: return DocumentSource(try source(checked: true))
    case .frames:
      let isFramed = FrameSource.isFramed(try Self.head(of: source(checked: false), 8))
      let source = try source(checked: true)
      return isFramed ? FrameSource(source, path: path) : source
    }
  }

  /// The first decoded bytes, fewer where there are no more.
  static func head(of source: any ByteSource, _ length: Int) throws(InputError) -> [UInt8] {
    let head = UnsafeMutableRawBufferPointer.allocate(byteCount: length, alignment: 16)
    defer { head.deallocate() }
    guard let base = head.baseAddress else { return [] }
    var count = 0
    while count < length {
      let got = try source.read(into: base + count, count: length - count)
      if got == 0 { break }
      count += got
    }
    return Array(head[..<count])
  }

  static func refusal(_ path: String, offset: Int = 0) -> InputError {
    InputError(.unreadable, path: path, offset: offset, message: String(cString: strerror(errno)))
  }
}

/// A plain file, up to the size that it had when it was opened.
///
/// So one reading sees one state of a growing log.
final class PlainSource: ByteSource {
  private let file: InputDescriptor
  private(set) var position = 0

  init(_ file: InputDescriptor) { self.file = file }

  func read(into target: UnsafeMutableRawPointer, count: Int) throws(InputError) -> Int {
    while true {
      let wanted = min(count, file.size - position)
      if wanted <= 0 { return 0 }
      let got = pread(file.number, target, wanted, off_t(position))
      if got >= 0 {
        position += got
        return got
      }
      if errno != EINTR { throw InputDescriptor.refusal(file.path, offset: position) }
    }
  }

  func skip(to offset: Int) throws(InputError) -> Bool {
    guard offset <= file.size else { return false }
    position = offset
    return true
  }
}

/// A compressed file, decoded by libarchive's raw format with the one filter that its first bytes ask for.
///
/// Not all filters are on: some of them run programs of the system (lrzip, grzip) or take text for an
/// encoding (uu).
final class ArchiveSource: ByteSource {
  private let file: InputDescriptor
  private let archive: OpaquePointer
  private var block: UnsafeRawPointer?
  private var blockCount = 0
  private var isAtEnd = false
  private var checksum: GzipChecksum?
  private(set) var position = 0

  init(
    _ file: InputDescriptor, kind: InputCompression, offset: Int, checksum: GzipChecksum?
  ) throws(InputError) {
    guard let archive = archive_read_new() else { fatalError("out of memory for a decoder") }
    self.file = file
    self.archive = archive
    self.checksum = checksum
    archive_read_support_format_raw(archive)
    archive_read_support_format_empty(archive)
    switch kind {
    case .none: break
    case .gzip: archive_read_support_filter_gzip(archive)
    case .zstd: archive_read_support_filter_zstd(archive)
    case .lz4: archive_read_support_filter_lz4(archive)
    case .xz: archive_read_support_filter_xz(archive)
    case .bzip2: archive_read_support_filter_bzip2(archive)
    }
    guard lseek(file.number, off_t(offset), SEEK_SET) >= 0 else { throw InputDescriptor.refusal(file.path) }
    guard archive_read_open_fd(archive, file.number, 1 << 18) == ARCHIVE_OK else { throw fault() }
    var entry: OpaquePointer?
    let code = archive_read_next_header(archive, &entry)
    // Without the filter libarchive would hand out the compressed bytes themselves.
    guard code >= ARCHIVE_OK, offset == file.size || archive_filter_code(archive, 0) != ARCHIVE_FILTER_NONE
    else { throw fault() }
    // The reader of empty files takes a stream that failed before its first byte for an empty one.
    if code == ARCHIVE_EOF, archive_errno(archive) != 0 { throw fault() }
    isAtEnd = code == ARCHIVE_EOF
  }

  deinit { archive_read_free(archive) }

  func read(into target: UnsafeMutableRawPointer, count: Int) throws(InputError) -> Int {
    let got = min(count, try available())
    guard got > 0, let start = block else { return 0 }
    target.copyMemory(from: start, byteCount: got)
    consume(got)
    return got
  }

  func skip(to offset: Int) throws(InputError) -> Bool {
    while position < offset {
      let got = min(offset - position, try available())
      if got == 0 { return false }
      consume(got)
    }
    return true
  }

  private func consume(_ count: Int) {
    block = block.map { $0 + count }
    blockCount -= count
    position += count
  }

  /// Bytes at ``block``, which stay until the next call that finds none; 0 at the end.
  private func available() throws(InputError) -> Int {
    while blockCount == 0 && !isAtEnd {
      var offset: la_int64_t = 0
      let code = archive_read_data_block(archive, &block, &blockCount, &offset)
      if code == ARCHIVE_EOF {
        blockCount = 0
        if let checksum, !checksum.isRight { throw fault("checksum differs") }
        isAtEnd = true
      } else if code < ARCHIVE_WARN {
        blockCount = 0
        throw fault()
      } else {
        checksum?.update(UnsafeRawBufferPointer(start: block, count: blockCount))
      }
    }
    return blockCount
  }

  /// The stream's fault in libarchive's words, which it does not have for all.
  private func fault(_ message: String = "damaged or cut short") -> InputError {
    InputError(
      .corruptStream, path: file.path, offset: position,
      message: archive_error_string(archive).map { String(cString: $0) } ?? message)
  }
}
