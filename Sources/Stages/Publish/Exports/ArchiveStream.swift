import CArchive
import Foundation

/// libarchive's writer, whose output goes to a closure.
final class ArchiveStream {
  /// What the C callback reaches: the closure and the error that it met.
  private final class Output {
    let body: (UnsafeRawBufferPointer) throws -> Void
    var failure: (any Error)?
    var isOpen = true

    init(_ body: @escaping (UnsafeRawBufferPointer) throws -> Void) { self.body = body }

    func take(_ run: UnsafeRawBufferPointer) -> Int {
      guard isOpen, failure == nil else { return -1 }
      do {
        try body(run)
        return run.count
      } catch {
        failure = error
        return -1
      }
    }
  }

  private let archive: OpaquePointer
  private let output: Output
  private var isOpen = true

  /// Starts a writer that `prepare` has given format, filter and options.
  private init(
    _ body: @escaping (UnsafeRawBufferPointer) throws -> Void, prepare: (OpaquePointer) -> Bool
  ) throws {
    guard let archive = archive_write_new() else { throw ExportError(.archiveFailed, number: ENOMEM) }
    self.archive = archive
    let output = Output(body)
    self.output = output
    // No filling up of the last block, and blocks large enough that a system call is worth it.
    let isReady =
      prepare(archive) && archive_write_set_bytes_per_block(archive, 1 << 16) == ARCHIVE_OK
      && archive_write_set_bytes_in_last_block(archive, 1) == ARCHIVE_OK
      && archive_write_open(
        archive, Unmanaged.passUnretained(output).toOpaque(), nil,
        { _, state, start, count in
          guard let state else { return -1 }
          return Unmanaged<Output>.fromOpaque(state).takeUnretainedValue()
            .take(UnsafeRawBufferPointer(start: start, count: count))
        }, nil) == ARCHIVE_OK
    guard isReady else {
      let error = failure
      abandon()
      throw error
    }
  }

  deinit { abandon() }

  /// One gzip member at level 6 (zlib's default), without time stamp and name.
  static func gzip(_ body: @escaping (UnsafeRawBufferPointer) throws -> Void) throws -> ArchiveStream {
    let stream = try ArchiveStream(body) { archive in
      archive_write_set_format_raw(archive) == ARCHIVE_OK
        && archive_write_add_filter_gzip(archive) == ARCHIVE_OK
        && archive_write_set_filter_option(archive, "gzip", "timestamp", nil) == ARCHIVE_OK
        && archive_write_set_filter_option(archive, "gzip", "compression-level", "6") == ARCHIVE_OK
    }
    try stream.beginEntry("data", size: nil)
    return stream
  }

  /// A tar file, in pax format where a name needs it and in ustar where none does.
  static func tar(_ body: @escaping (UnsafeRawBufferPointer) throws -> Void) throws -> ArchiveStream {
    try ArchiveStream(body) { archive_write_set_format_pax_restricted($0) == ARCHIVE_OK }
  }

  /// `AE_IFREG`, a cast in C that Swift does not import.
  private static let regularFile: UInt32 = 0o100000

  /// Begins a regular file with mode 0644, time 0 and owner 0.
  func beginEntry(_ name: String, size: Int?) throws {
    guard let entry = archive_entry_new() else { throw ExportError(.archiveFailed, number: ENOMEM) }
    defer { archive_entry_free(entry) }
    archive_entry_set_pathname_utf8(entry, name)
    archive_entry_set_filetype(entry, Self.regularFile)
    archive_entry_set_perm(entry, 0o644)
    archive_entry_set_uid(entry, 0)
    archive_entry_set_gid(entry, 0)
    archive_entry_set_mtime(entry, 0, 0)
    if let size { archive_entry_set_size(entry, Int64(size)) }
    guard archive_write_header(archive, entry) == ARCHIVE_OK else { throw failure }
  }

  /// Adds bytes to the file begun last.
  func write(_ run: UnsafeRawBufferPointer) throws {
    guard !run.isEmpty else { return }
    guard archive_write_data(archive, run.baseAddress, run.count) == run.count else { throw failure }
  }

  /// Writes what is left.
  func close() throws {
    guard archive_write_close(archive) == ARCHIVE_OK else { throw failure }
    abandon()
  }

  /// Frees the writer; what it still holds goes nowhere.
  func abandon() {
    guard isOpen else { return }
    isOpen = false
    output.isOpen = false
    archive_write_free(archive)
  }

  /// What the closure met, or what libarchive says.
  private var failure: any Error {
    output.failure ?? ExportError(.archiveFailed, number: archive_errno(archive))
  }
}

/// Looks into an archive that exists.
enum ArchiveListing {
  /// Entries looked at; an export has one for each split, one more for its sidecar, and two.
  private static let limit = 1000

  /// Whether a tar file, compressed or not, has an entry of this name in its top folder.
  static func contains(_ name: String, in path: String) -> Bool {
    guard let archive = archive_read_new() else { return false }
    defer { archive_read_free(archive) }
    archive_read_support_filter_all(archive)
    archive_read_support_format_tar(archive)
    guard archive_read_open_filename(archive, path, 1 << 16) == ARCHIVE_OK else { return false }
    var entry: OpaquePointer?
    for _ in 0..<limit {
      guard archive_read_next_header(archive, &entry) == ARCHIVE_OK else { return false }
      guard let found = archive_entry_pathname_utf8(entry) else { continue }
      let parts = String(cString: found).split(separator: "/", omittingEmptySubsequences: false)
      if parts.count == 2 && parts[1] == name { return true }
    }
    return false
  }
}
