import Bytes
import Foundation

/// Files of batches that are under way, each named by the SHA-256 of its bytes and private to the user (0600).
struct BatchFolder: Sendable {
  let path: String

  /// Holds the folder for one process and one call at a time; let go when the value is, or the process ends.
  final class Hold: Sendable {
    private let descriptor: Int32

    fileprivate init(_ descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }
  }

  /// Takes hold of the folder, making it if needed.
  /// - Returns: nil if another has it.
  func hold() throws -> Hold? {
    try DurableFile.makeFolder(path)
    let name = "\(path)/lock"
    let descriptor = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw FileError("open", name) }
    if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return Hold(descriptor) }
    let code = errno
    close(descriptor)
    guard code == EWOULDBLOCK else { throw FileError("flock", name, code: code) }
    return nil
  }

  private func file(_ digest: Digest) -> String { "\(path)/\(digest.hex)\(Self.ending)" }

  private static let ending = ".jsonl"

  /// Writes a file, unless it is there; it is on the disk then.
  func keep(_ bytes: [UInt8]) throws -> Digest {
    let digest = Digest.sha256(bytes)
    // One that is there may be damaged, and is written anew.
    if read(digest) == nil { try DurableFile.replace(file(digest), with: bytes) }
    return digest
  }

  /// Reads a file; nil where it is not there, or is not what it was.
  func read(_ digest: Digest?) -> [UInt8]? {
    guard let digest, let bytes = try? DurableFile.read(file(digest)), Digest.sha256(bytes) == digest else {
      return nil
    }
    return bytes
  }

  /// Removes the files that no batch names: those of batches that are merged, and what a killed program left.
  func sweep(keeping: Set<Digest>) {
    _ = DurableFile.removeDeadTemporaries(in: path)
    for name in (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] {
      guard name.hasSuffix(Self.ending), let digest = Digest(hex: String(name.dropLast(Self.ending.count))),
        !keeping.contains(digest)
      else { continue }
      unlink("\(path)/\(name)")
    }
  }
}
