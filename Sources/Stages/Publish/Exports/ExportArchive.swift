import Bytes
import Foundation

/// Writes one `.tar.lz4` or `.tar.zst` from files on the disk: the same names and contents give the same bytes.
///
/// Entries are regular files sorted by the bytes of their names, in `pax_restricted` format, with mode 0644, time 0
/// and owner 0. The archive is compressed as ``ExportFile`` does, and like it appears whole or not at all.
public final class ExportArchive {
  /// How the tar file is compressed.
  ///
  /// The raw value is the word after `--archive`.
  public enum Codec: String, CaseIterable, Sendable {
    /// `.tar.lz4`
    case lz4
    /// `.tar.zst`
    case zstd

    var compression: ExportCompression { self == .lz4 ? .lz4 : .zstd }

    /// The end of the archive's name: `.tar.lz4` or `.tar.zst`.
    public var suffix: String { ".tar" + compression.suffix }
  }

  private let path: String
  private let codec: Codec
  private var entries: [(name: String, source: String)] = []

  /// Plans an archive; nothing is written yet.
  /// - Parameters:
  ///   - path: the archive's name; its folder must exist, and what has the name is replaced on closing.
  ///   - codec: how the tar file is compressed.
  public init(_ path: String, codec: Codec) {
    self.path = path
    self.codec = codec
  }

  /// Plans an entry; the order of the calls does not matter.
  /// - Parameters:
  ///   - name: its name in the archive: relative, printable ASCII, parts separated by `/`, none of
  ///     them empty, `.` or `..`.
  ///   - source: the file with its content, which must not change until ``close()`` returns.
  /// - Throws: ``ExportError``.
  public func add(_ name: String, contentsOf source: String) throws {
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    // Printable ASCII only: libarchive converts other names by the locale, and crashes on them in the C locale.
    let isSafe =
      parts.allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." }
      && name.utf8.allSatisfy { (0x20..<0x7F).contains($0) }
    guard isSafe, !entries.contains(where: { $0.name == name }) else {
      throw ExportError(.badArchiveName, place: name)
    }
    entries.append((name, source))
  }

  /// Writes the archive.
  /// - Returns: size and hash of the archive.
  /// - Throws: `FileError`, `CompressionError` or ``ExportError``; then there is no archive.
  public func close() throws -> ExportFile.Summary {
    let file = try ExportFile(path, compression: codec.compression)
    do {
      let tar = try ArchiveStream.tar { try file.write($0) }
      for entry in entries.sorted(by: { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }) {
        try Self.copy(entry.source, as: entry.name, to: tar)
      }
      try tar.close()
      return try file.close()
    } catch {
      file.abandon()
      throw error
    }
  }

  private static func copy(_ source: String, as name: String, to tar: ArchiveStream) throws {
    let descriptor = open(source, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileError("open", source) }
    defer { Foundation.close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw FileError("stat", source) }
    let size = Int(status.st_size)
    try tar.beginEntry(name, size: size)
    var offset = 0
    while offset < size {
      let count = min(1 << 20, size - offset)
      let bytes = try DurableFile.readAt(descriptor, offset: offset, count: count, path: source)
      guard bytes.count == count else { throw FileError("read", source, code: EIO) }
      try bytes.withUnsafeBytes { try tar.write($0) }
      offset += count
    }
  }
}
