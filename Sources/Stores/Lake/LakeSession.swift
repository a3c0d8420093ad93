import Bytes
import Foundation
import Records
import Synchronization

/// A folder for temporary files, held by this process.
///
/// The folder has a lock file that stays locked (`flock`) as long as the process lives, so that whoever can
/// take the lock knows that nobody writes there any more.
public final class LakeSession: Sendable {
  /// The session's name.
  public let id: String
  private let lake: String
  private let folder: String
  private let lock: Int32
  private let state = Mutex((writers: 0, finished: false))

  init(lake: String, id: String) throws {
    guard Self.isName(id) else { throw LakeError(.badName, segment: id) }
    let temporary = Self.temporaryFolder(lake)
    try DurableFile.makeFolder(temporary)
    let folder = "\(temporary)/\(id)"
    lock = try Self.guarded(lake) {
      try DurableFile.makeFolder(folder)
      guard let lock = try Self.take(folder, create: true) else {
        throw LakeError(.sessionHeld, segment: id)
      }
      do {
        // What stands there under this name is left over from a process that died.
        for name in try FileManager.default.contentsOfDirectory(atPath: folder) where name != Self.lockName {
          try FileManager.default.removeItem(atPath: "\(folder)/\(name)")
        }
      } catch {
        close(lock)
        throw error
      }
      return lock
    }
    self.lake = lake
    self.id = id
    self.folder = folder
  }

  deinit { finish() }

  /// Starts a segment.
  ///
  /// May be called from several tasks; each writer is owned by one.
  /// - Parameters:
  ///   - table: the table.
  ///   - day: the UTC day of the records, `yyyy-mm-dd`.
  /// - Returns: a writer without frames.
  /// - Throws: ``LakeError`` with `badName` or `closed`, or `FileError`.
  public func writer(table: LakeTable, day: String) throws -> SegmentWriter {
    let number = state.withLock { state in
      state.writers += 1
      return state.finished ? nil : state.writers
    }
    guard let number else { throw LakeError(.closed, segment: id) }
    return try SegmentWriter(
      lake: lake, table: table, day: day, temporary: "\(folder)/\(number).jsonl.lz4", session: self)
  }

  /// Removes the folder with everything unsealed in it and lets go of the lock; a second call does nothing.
  public func finish() {
    let isFirst = state.withLock { state in
      defer { state.finished = true }
      return !state.finished
    }
    guard isFirst else { return }
    // A folder that cannot be removed now is removed as a dead session later.
    try? FileManager.default.removeItem(atPath: folder)
    close(lock)
  }

  /// Removes the folders of sessions whose process is gone.
  static func removeDead(lake: String) throws -> Int {
    let temporary = temporaryFolder(lake)
    guard access(temporary, F_OK) == 0 else { return 0 }
    return try guarded(lake) {
      var removed = 0
      for name in try FileManager.default.contentsOfDirectory(atPath: temporary).sorted()
      where isName(name) {
        let folder = "\(temporary)/\(name)"
        // Whoever makes a folder holds the guard until the lock is taken: without a lock file it is dead.
        let lock = try take(folder, create: false)
        guard lock != nil || access("\(folder)/\(lockName)", F_OK) != 0 else { continue }
        defer { if let lock { close(lock) } }
        try FileManager.default.removeItem(atPath: folder)
        removed += 1
      }
      return removed
    }
  }

  private static let lockName = "lock"

  private static func temporaryFolder(_ lake: String) -> String { "\(lake)/tmp" }

  /// Runs `body` while no other process makes or removes session folders.
  private static func guarded<Result>(_ lake: String, _ body: () throws -> Result) throws -> Result {
    let path = "\(temporaryFolder(lake))/.guard"
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw FileError("open", path) }
    defer { close(descriptor) }
    while flock(descriptor, LOCK_EX) != 0 {
      guard errno == EINTR else { throw FileError("flock", path) }
    }
    return try body()
  }

  /// Takes a folder's lock.
  /// - Returns: the locked descriptor; nil if another holds it, or if there is no lock file and none is made.
  private static func take(_ folder: String, create: Bool) throws -> Int32? {
    let path = "\(folder)/\(lockName)"
    let descriptor = open(path, O_RDWR | O_CLOEXEC | (create ? O_CREAT : 0), 0o600)
    guard descriptor >= 0 else {
      if !create, errno == ENOENT || errno == ENOTDIR { return nil }
      throw FileError("open", path)
    }
    if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return descriptor }
    let code = errno
    close(descriptor)
    guard code == EWOULDBLOCK else { throw FileError("flock", path, code: code) }
    return nil
  }

  /// Whether it is a plain file name: letters, digits, `.`, `_` and `-`, not beginning with a dot.
  private static func isName(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    return !bytes.isEmpty && bytes.count <= 128 && bytes[0] != 0x2E
      && bytes.allSatisfy { byte in
        switch byte {
        case 48...57, 65...90, 97...122, 0x2D, 0x2E, 0x5F: true
        default: false
        }
      }
  }
}
