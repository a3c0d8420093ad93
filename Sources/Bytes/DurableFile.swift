import Foundation

/// A file operation that the system refused: operation, path and errno.
public struct FileError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The system call, such as `open`.
  public let operation: String
  /// The file or folder.
  public let path: String
  /// The system's error number.
  public let code: Int32

  /// States a refused operation.
  /// - Parameters:
  ///   - operation: the system call.
  ///   - path: the file or folder.
  ///   - code: the error number; default the thread's current `errno`.
  public init(_ operation: String, _ path: String, code: Int32 = errno) {
    self.operation = operation
    self.path = path
    self.code = code
  }

  /// `open /a/b: No such file or directory`.
  public var description: String { "\(operation) \(path): \(String(cString: strerror(code)))" }
}

/// File operations that survive a power cut, each in the order write, fsync, rename, fsync folder.
public enum DurableFile {
  /// Makes a folder and its parents, private to the user (0700).
  public static func makeFolder(_ path: String) throws(FileError) {
    if mkdir(path, 0o700) == 0 { return }
    if errno == EEXIST {
      var status = stat()
      guard stat(path, &status) == 0 else { throw FileError("stat", path) }
      guard status.st_mode & S_IFMT == S_IFDIR else { throw FileError("mkdir", path, code: ENOTDIR) }
      return
    }
    guard errno == ENOENT else { throw FileError("mkdir", path) }
    let parent = folder(of: path)
    guard parent != path else { throw FileError("mkdir", path, code: ENOENT) }
    try makeFolder(parent)
    guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw FileError("mkdir", path) }
  }

  /// Flushes a folder's entries to the disk.
  public static func syncFolder(_ path: String) throws(FileError) {
    let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileError("open", path) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw FileError("fsync", path) }
  }

  /// The folder that a file stands in; a name alone stands in the current one.
  private static func folder(of path: String) -> String {
    guard let slash = path.utf8.lastIndex(of: 0x2F) else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// Writes all of `bytes` to a descriptor.
  public static func writeAll(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer, path: String)
    throws(FileError)
  {
    var rest = bytes
    while let start = rest.baseAddress, !rest.isEmpty {
      let written = write(descriptor, start, rest.count)
      if written < 0 {
        if errno == EINTR { continue }
        throw FileError("write", path)
      }
      rest = UnsafeRawBufferPointer(rebasing: rest[written...])
    }
  }

  /// Writes a new file (0600) beside `path`, flushes it and puts it in place of `path`.
  public static func replace(_ path: String, with bytes: [UInt8]) throws(FileError) {
    let (descriptor, temporary) = try writeTemporary(beside: path, bytes)
    defer { close(descriptor) }
    guard rename(temporary, path) == 0 else {
      let code = errno
      unlink(temporary)
      throw FileError("rename", path, code: code)
    }
    try syncFolder(folder(of: path))
  }

  /// Creates `path` with `bytes` if nothing has that name, in one step that no crash can halve.
  /// - Parameters:
  ///   - path: the file to create; its folder must exist.
  ///   - bytes: the content.
  ///   - temporaryFolder: where the partial file stands, on the same file system; default the same folder.
  /// - Returns: false if the name was taken; what stands there is untouched.
  /// - Throws: ``FileError``.
  public static func create(
    _ path: String, _ bytes: [UInt8], temporaryFolder: String? = nil
  ) throws(FileError) -> Bool {
    let name = (path as NSString).lastPathComponent
    let (descriptor, temporary) = try writeTemporary(
      beside: temporaryFolder.map { "\($0)/\(name)" } ?? path, bytes)
    defer {
      unlink(temporary)
      close(descriptor)
    }
    if link(temporary, path) != 0 {
      if errno == EEXIST { return false }
      throw FileError("link", path)
    }
    try syncFolder(folder(of: path))
    return true
  }

  /// Opens a new file (0600) for a partial content, locked (`flock`) until its descriptor is closed, so that
  /// ``removeDeadTemporaries(in:)`` knows that its writer lives.
  /// - Parameter stem: the path up to a suffix of its own.
  /// - Returns: the descriptor, for writing, and the path.
  /// - Throws: ``FileError``.
  public static func openTemporary(_ stem: String) throws(FileError) -> (descriptor: Int32, path: String) {
    while true {
      let path = "\(stem)\(temporaryMark)\(getpid())-\(Hex.encode(KeyedHash.randomBytes(6)))"
      let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
      guard descriptor >= 0 else { throw FileError("open", path) }
      // Between the two calls the file looks dead. A file system without locks keeps what is left over.
      var status = stat()
      let isTaken = flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK
      if !isTaken, fstat(descriptor, &status) != 0 || status.st_nlink > 0 { return (descriptor, path) }
      close(descriptor)
    }
  }

  /// What stands between a partial file's name and its writer's number.
  private static let temporaryMark = ".tmp-"

  /// Removes the partial files in a folder whose writer is gone.
  /// - Parameter folder: it is not looked into any deeper; it need not exist.
  /// - Returns: how many there were.
  public static func removeDeadTemporaries(in folder: String) -> Int {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.count { name in
      guard name.contains(temporaryMark) else { return false }
      let descriptor = open("\(folder)/\(name)", O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
      guard descriptor >= 0 else { return false }
      defer { close(descriptor) }
      return flock(descriptor, LOCK_EX | LOCK_NB) == 0 && unlink("\(folder)/\(name)") == 0
    }
  }

  private static func writeTemporary(
    beside path: String, _ bytes: [UInt8]
  ) throws(FileError) -> (descriptor: Int32, path: String) {
    let (descriptor, temporary) = try openTemporary(path)
    do throws(FileError) {
      try bytes.withUnsafeBufferPointer { (view) throws(FileError) in
        try writeAll(descriptor, UnsafeRawBufferPointer(view), path: temporary)
      }
      guard fsync(descriptor) == 0 else { throw FileError("fsync", temporary) }
    } catch {
      unlink(temporary)
      close(descriptor)
      throw error
    }
    return (descriptor, temporary)
  }

  /// The whole content of a file.
  public static func read(_ path: String) throws(FileError) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileError("open", path) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw FileError("stat", path) }
    return try readAt(descriptor, offset: 0, count: Int(status.st_size), path: path)
  }

  /// `count` bytes from `offset`, or fewer at the end of the file.
  public static func readAt(
    _ descriptor: Int32, offset: Int, count: Int, path: String
  ) throws(FileError) -> [UInt8] {
    var failure: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: max(count, 1)) { target, filled in
      while filled < count {
        let got = pread(
          descriptor, target.baseAddress.map { $0 + filled }, count - filled, off_t(offset + filled))
        if got < 0 {
          if errno == EINTR { continue }
          failure = errno
          return
        }
        if got == 0 { return }
        filled += got
      }
    }
    if failure != 0 { throw FileError("read", path, code: failure) }
    return bytes
  }
}
