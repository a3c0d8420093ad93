import Bytes
import CArchive
import Foundation

/// A file that has no place on a disk, for what must not rest there before it is redacted.
final class MemoryFile {
  private let descriptor: Int32

  /// Where this process can open it.
  var path: String { "/proc/self/fd/\(descriptor)" }

  init() throws {
    descriptor = carchive_memory_file()
    guard descriptor >= 0 else { throw FileError("memfd_create", "memory") }
  }

  deinit { close(descriptor) }

  func append(_ bytes: [UInt8]) throws {
    try bytes.withUnsafeBytes { try DurableFile.writeAll(descriptor, $0, path: path) }
  }
}
