import Bytes
import Foundation

/// Writes one file of an export, compressed, as a stream: the same bytes in give the same bytes out, however they
/// are cut into calls.
///
/// The file stands under a temporary name beside its own until ``close()``, which flushes it to the disk and renames
/// it; without that the temporary file is removed. Memory is one piece of 4 MiB and its compressed copy.
public final class ExportFile {
  /// What was written.
  public struct Summary: Sendable, Hashable {
    /// Size of the file in bytes.
    public let bytes: Int
    /// SHA-256 of the file.
    public let digest: Digest
    /// Bytes that went in, before compression.
    public let textBytes: Int
  }

  /// Text in one frame or one call of the compressor, 4 MiB as in the lake; a constant, since output depends on it.
  static let piece = 4 << 20

  private let path: String
  private let compression: ExportCompression
  private let sink: ExportSink
  private let gzip: ArchiveStream?
  private let buffer = ByteBuffer()
  private var textBytes = 0
  private var hasFrames = false
  private var isOpen = true

  /// Opens the temporary file (0600).
  /// - Parameters:
  ///   - path: the file's final name; its folder must exist, and what has the name is replaced on closing.
  ///   - compression: how it is compressed.
  /// - Throws: `FileError` or ``ExportError``.
  public init(_ path: String, compression: ExportCompression) throws {
    self.path = path
    self.compression = compression
    let sink = try ExportSink(path)
    self.sink = sink
    do {
      gzip = compression == .gzip ? try ArchiveStream.gzip { try sink.write($0) } : nil
    } catch {
      sink.discard()
      throw error
    }
  }

  deinit { abandon() }

  /// Adds bytes.
  /// - Throws: `FileError`, `CompressionError` or ``ExportError``; the file is then abandoned.
  public func write(_ run: UnsafeRawBufferPointer) throws {
    guard isOpen else { throw ExportError(.closed, place: path) }
    var rest = run
    do {
      while !rest.isEmpty {
        let part = min(rest.count, Self.piece - buffer.count)
        buffer.append(UnsafeRawBufferPointer(rebasing: rest[..<part]))
        rest = UnsafeRawBufferPointer(rebasing: rest[part...])
        if buffer.count == Self.piece { try flush() }
      }
    } catch {
      abandon()
      throw error
    }
    textBytes += run.count
  }

  /// Adds an array of bytes.
  public func write(_ bytes: [UInt8]) throws { try bytes.withUnsafeBytes { try write($0) } }

  /// Ends the file, flushes it to the disk and gives it its name; the folder's entry is the caller's to flush.
  /// - Returns: size and hash.
  /// - Throws: `FileError`, `CompressionError` or ``ExportError``; the file is then abandoned.
  public func close() throws -> Summary {
    guard isOpen else { throw ExportError(.closed, place: path) }
    do {
      // An empty file has one empty frame, since not every reader takes a file without any.
      if buffer.count > 0 || !hasFrames { try flush() }
      try gzip?.close()
      let (bytes, digest) = try sink.finish(as: path)
      isOpen = false
      return Summary(bytes: bytes, digest: digest, textBytes: textBytes)
    } catch {
      abandon()
      throw error
    }
  }

  /// Removes the temporary file; nothing after ``close()``.
  public func abandon() {
    guard isOpen else { return }
    isOpen = false
    gzip?.abandon()
    sink.discard()
  }

  private func flush() throws {
    switch compression {
    case .none: try sink.write(buffer.view)
    case .lz4: try sink.write(try LZ4Frame.compress(buffer.view))
    case .zstd: try sink.write(try ZstdFrame.compress(buffer.view, level: 3))
    case .gzip: try gzip?.write(buffer.view)
    }
    hasFrames = true
    buffer.removeAll()
  }
}

/// A temporary file that counts and hashes what goes into it.
final class ExportSink {
  private let temporary: String
  private let descriptor: Int32
  private var hasher = SHA256Hasher()
  private var bytes = 0
  private var isOpen = true

  init(_ path: String) throws(FileError) {
    temporary = "\(path).tmp-\(getpid())-\(Hex.encode(KeyedHash.randomBytes(6)))"
    descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw FileError("open", temporary) }
  }

  func write(_ run: UnsafeRawBufferPointer) throws(FileError) {
    try DurableFile.writeAll(descriptor, run, path: temporary)
    hasher.update(run)
    bytes += run.count
  }

  func write(_ array: [UInt8]) throws { try array.withUnsafeBytes { try write($0) } }

  func finish(as path: String) throws(FileError) -> (Int, Digest) {
    guard fsync(descriptor) == 0 else { throw FileError("fsync", temporary) }
    guard rename(temporary, path) == 0 else { throw FileError("rename", path) }
    isOpen = false
    Foundation.close(descriptor)
    return (bytes, hasher.finish())
  }

  func discard() {
    guard isOpen else { return }
    isOpen = false
    Foundation.close(descriptor)
    unlink(temporary)
  }
}
