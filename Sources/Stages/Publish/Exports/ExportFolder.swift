import Bytes
import Foundation
import Text

/// A temporary folder beside the target of an export, and the one step that puts it in the target's place.
///
/// It is locked as long as its process lives, so that a later export can tell what a killed one left and remove it.
final class ExportFolder {
  /// Name of the file that marks a folder as an export's.
  static let lockName = "flywheel.lock"

  /// The temporary folder.
  let path: String
  /// The target, with links resolved.
  let target: String
  private let isArchive: Bool
  private let descriptor: Int32
  private var isOpen = true

  /// Refuses a foreign target, removes what killed exports to it left, and makes the folder (0700).
  init(target: String, isArchive: Bool) throws {
    let target = Self.resolve(target)
    self.target = target
    self.isArchive = isArchive
    let (parent, prefix) = Self.place(target)
    try DurableFile.makeFolder(parent)
    try Self.refuseForeign(target, isArchive)
    Self.sweep(parent, prefix)
    (path, descriptor) = try Self.make(parent, prefix)
  }

  deinit { discard() }

  /// Puts the folder, or the archive of this name in it, in place of the target and removes what stood there.
  func publish(archive: String?) throws {
    try Self.refuseForeign(target, isArchive)
    if let archive {
      guard rename("\(path)/\(archive)", target) == 0 else { throw FileError("rename", target) }
      try DurableFile.syncFolder(Self.place(target).parent)
      discard()
      return
    }
    try DurableFile.syncFolder(path)
    try swap()
    try DurableFile.syncFolder(Self.place(target).parent)
  }

  /// Removes the temporary folder; nothing after ``publish(archive:)``.
  func discard() {
    guard isOpen else { return }
    isOpen = false
    try? FileManager.default.removeItem(atPath: path)
    close(descriptor)
  }

  private func swap() throws {
    // An absent or empty target is replaced by the rename itself.
    if rename(path, target) == 0 {
      isOpen = false
      close(descriptor)
      return
    }
    guard errno == ENOTEMPTY || errno == EEXIST else { throw FileError("rename", target) }
    if Self.exchange(path, target) {
      discard()
      return
    }
    guard errno == EINVAL || errno == ENOSYS else { throw FileError("renameat2", target) }
    // A file system that cannot exchange: two renames, the first undone if the second fails.
    let former = path + "-former"
    guard rename(target, former) == 0 else { throw FileError("rename", target) }
    guard rename(path, target) == 0 else {
      let error = FileError("rename", target)
      rename(former, target)
      throw error
    }
    isOpen = false
    close(descriptor)
    try? FileManager.default.removeItem(atPath: former)
  }

  /// Exchanges two names in one step; false with `errno` if the system refuses.
  private static func exchange(_ left: String, _ right: String) -> Bool {
    typealias Call =
      @convention(c) (
        Int32, UnsafePointer<CChar>, Int32, UnsafePointer<CChar>, UInt32
      ) -> Int32
    // Glibc has the function, its Swift overlay not the declaration; 2 is RENAME_EXCHANGE of <stdio.h>.
    guard let symbol = dlsym(nil, "renameat2") else {
      errno = ENOSYS
      return false
    }
    return unsafeBitCast(symbol, to: Call.self)(AT_FDCWD, left, AT_FDCWD, right, 2) == 0
  }

  // MARK: The target

  /// The path without links, made absolute; of a target that does not exist, its parent's and its name.
  private static func resolve(_ path: String) -> String {
    let url = URL(fileURLWithPath: path).standardizedFileURL
    if let real = realPath(url.path) { return real }
    let parent = url.deletingLastPathComponent().path
    return (realPath(parent) ?? parent) + "/" + url.lastPathComponent
  }

  private static func realPath(_ path: String) -> String? {
    guard let real = realpath(path, nil) else { return nil }
    defer { free(real) }
    return String(cString: real)
  }

  private static func place(_ target: String) -> (parent: String, prefix: String) {
    let path = target as NSString
    return (path.deletingLastPathComponent, ".\(path.lastPathComponent).pull-")
  }

  /// Throws unless the target is absent, an empty folder, or what an export wrote and nothing else.
  static func refuseForeign(_ target: String, _ isArchive: Bool) throws {
    var status = stat()
    guard stat(target, &status) == 0 else {
      guard errno == ENOENT else { throw FileError("stat", target) }
      return
    }
    let refusal = ExportError(.foreignTarget, place: target)
    let type = status.st_mode & S_IFMT
    if isArchive {
      guard type == S_IFREG, ArchiveListing.contains(lockName, in: target) else { throw refusal }
      return
    }
    guard type == S_IFDIR else { throw refusal }
    let names = try FileManager.default.contentsOfDirectory(atPath: target)
    guard !names.isEmpty else { return }
    guard names.contains(lockName), let written = lockedNames("\(target)/\(lockName)") else { throw refusal }
    // Replacing removes what is there, so a file that someone else put beside ours stops it.
    guard names.allSatisfy({ $0 == lockName || written.contains($0) }) else { throw refusal }
  }

  /// The names of the files that a lock lists; nil if it is no lock.
  private static func lockedNames(_ path: String) -> Set<String>? {
    guard let bytes = try? DurableFile.read(path) else { return nil }
    return try? bytes.withUnsafeBytes { text in
      try JSONParser().parse(text) { value -> Set<String>? in
        guard let files = value["files"], files.kind == .array else { return nil }
        return Set(files.elements.compactMap { $0["name"]?.string })
      }
    }
  }

  // MARK: The temporary folder

  private static func make(_ parent: String, _ prefix: String) throws -> (String, Int32) {
    // Another export's sweep may take the folder between its making and its locking; then the next name is tried.
    for _ in 0..<16 {
      let path = "\(parent)/\(prefix)\(Hex.encode(KeyedHash.randomBytes(6)))"
      guard mkdir(path, 0o700) == 0 else { throw FileError("mkdir", path) }
      let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
      guard descriptor >= 0 else {
        if errno == ENOENT { continue }
        throw FileError("open", path)
      }
      var status = stat()
      let isLocked = flock(descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK
      if isLocked, fstat(descriptor, &status) == 0, status.st_nlink > 0 { return (path, descriptor) }
      close(descriptor)
    }
    throw FileError("flock", parent, code: EAGAIN)
  }

  private static func sweep(_ parent: String, _ prefix: String) {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? []
    for name in names where name.hasPrefix(prefix) {
      let path = "\(parent)/\(name)"
      let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
      guard descriptor >= 0 else { continue }
      if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { try? FileManager.default.removeItem(atPath: path) }
      close(descriptor)
    }
  }
}
