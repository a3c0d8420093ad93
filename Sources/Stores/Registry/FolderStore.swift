import Bytes
import Foundation

/// Objects as files below one folder: partial files stand in `tmp/` and are linked into place, folders are
/// private (0700) and so are files (0600).
public struct FolderStore: ObjectStore {
  /// The folder's path.
  public let root: String

  /// Takes a folder, which is made with the first object.
  public init(_ root: String) { self.root = root }

  private func path(_ name: String) throws -> String {
    guard ObjectName.isSafe(name) else { throw RegistryError(.badName, name, "not a legal object name") }
    return "\(root)/\(name)"
  }

  /// Makes a folder below the root with all above it.
  ///
  /// Each parent is flushed even where the folder exists: whoever made it may have been killed before that.
  fileprivate func makeFolder(_ relative: Substring) throws {
    try DurableFile.makeFolder(root)
    let parent = (root as NSString).deletingLastPathComponent
    do {
      if !parent.isEmpty { try DurableFile.syncFolder(parent) }
    } catch {
      // A folder that others own and that we may only pass through is not ours to flush.
      guard error.code == EACCES else { throw error }
    }
    var path = root
    for component in relative.split(separator: "/") {
      let above = path
      path += "/\(component)"
      try DurableFile.makeFolder(path)
      try DurableFile.syncFolder(above)
    }
  }

  fileprivate func folder(of name: String) -> Substring {
    name.lastIndex(of: "/").map { name[..<$0] } ?? ""
  }

  /// Creates a file if its name is free.
  public func create(_ name: String, _ bytes: [UInt8]) throws -> Bool {
    let target = try path(name)
    try makeFolder("tmp")
    try makeFolder(folder(of: name))
    if try DurableFile.create(target, bytes, temporaryFolder: "\(root)/tmp") { return true }
    // The one who made it may not have come to flushing its entry.
    try DurableFile.syncFolder((target as NSString).deletingLastPathComponent)
    return false
  }

  /// Opens a partial file in `tmp/`.
  public func createStream() throws -> any ObjectStream {
    try makeFolder("tmp")
    return try FolderStream(self)
  }

  /// The whole file; nil if there is none.
  public func read(_ name: String) throws -> [UInt8]? {
    do {
      return try DurableFile.read(try path(name))
    } catch let error as FileError where error.code == ENOENT || error.code == ENOTDIR {
      return nil
    }
  }

  /// A part of a file.
  public func read(_ name: String, range: Range<Int>) throws -> [UInt8] {
    let path = try path(name)
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      if errno == ENOENT { throw RegistryError(.missing, name, "no such object") }
      throw FileError("open", path)
    }
    defer { close(descriptor) }
    return try DurableFile.readAt(descriptor, offset: range.lowerBound, count: range.count, path: path)
  }

  /// The file's length; nil if there is none.
  public func size(of name: String) throws -> Int? {
    let path = try path(name)
    var status = stat()
    guard stat(path, &status) == 0 else {
      if errno == ENOENT || errno == ENOTDIR { return nil }
      throw FileError("stat", path)
    }
    return Int(status.st_size)
  }

  /// The files whose names begin with `prefix`, sorted.
  public func list(_ prefix: String) throws -> [String] {
    var names: [String] = []
    try walk(String(folder(of: prefix)), prefix, &names)
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  private func walk(_ relative: String, _ prefix: String, _ names: inout [String]) throws {
    let folder = relative.isEmpty ? root : "\(root)/\(relative)"
    var status = stat()
    guard lstat(folder, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { return }
    for entry in try FileManager.default.contentsOfDirectory(atPath: folder) {
      let name = relative.isEmpty ? entry : "\(relative)/\(entry)"
      guard lstat("\(root)/\(name)", &status) == 0 else { continue }
      if status.st_mode & S_IFMT == S_IFDIR {
        if name.hasPrefix(prefix) || prefix.hasPrefix(name) { try walk(name, prefix, &names) }
      } else if name.hasPrefix(prefix) {
        names.append(name)
      }
    }
  }
}

/// A partial file in `tmp/`.
private final class FolderStream: ObjectStream {
  private let store: FolderStore
  private let temporary: String
  private var descriptor: Int32

  init(_ store: FolderStore) throws {
    self.store = store
    (descriptor, temporary) = try DurableFile.openTemporary("\(store.root)/tmp/stream")
  }

  deinit {
    guard descriptor >= 0 else { return }
    close(descriptor)
    unlink(temporary)
  }

  func append(_ run: UnsafeRawBufferPointer) throws {
    guard descriptor >= 0 else { throw RegistryError(.finished, "stream", "was committed before") }
    try DurableFile.writeAll(descriptor, run, path: temporary)
  }

  func commit(as name: String) throws -> Bool {
    guard descriptor >= 0 else { throw RegistryError(.finished, "stream", "was committed before") }
    guard ObjectName.isSafe(name) else { throw RegistryError(.badName, name, "not a legal object name") }
    guard fsync(descriptor) == 0 else { throw FileError("fsync", temporary) }
    let folder = store.folder(of: name)
    try store.makeFolder(folder)
    let target = "\(store.root)/\(name)"
    let linked = link(temporary, target)
    if linked != 0 && errno != EEXIST { throw FileError("link", target) }
    close(descriptor)
    descriptor = -1
    unlink(temporary)
    try DurableFile.syncFolder("\(store.root)/\(folder)")
    return linked == 0
  }
}
