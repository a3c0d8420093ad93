import Bytes
import Catalog
import Curate
import Foundation
import Lake
import Pull
import Registry

/// What a workspace refuses: facts only.
public struct WorkspaceError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The kinds of refusal.
  public enum Code: String, Sendable {
    /// No folder here or above has `Pipelines/`.
    case noProject
    /// Another process holds a lock.
    case locked
    /// The key file holds fewer than 16 bytes.
    case badKey
    /// Others may read the key file.
    case openKey
  }

  /// What happened.
  public let code: Code
  /// The file or folder it is about.
  public let path: String
  /// The process that holds the lock, where it is known.
  public let holder: String?

  /// States a refusal.
  public init(_ code: Code, _ path: String, holder: String? = nil) {
    self.code = code
    self.path = path
    self.holder = holder
  }

  /// The code and the path.
  public var description: String { "\(code.rawValue): \(path)" }
}

/// Where everything that runs leaves its files: catalog, lake, runs, locks, the pseudonyms' key and, by default, the
/// registry.
public struct Workspace: Sendable {
  /// Names the workspace's folder; default `.flywheel` beside the definitions.
  public static let environmentName = "FLYWHEEL_HOME"
  /// Names the registry's folder; default `registry` in the workspace.
  public static let registryEnvironmentName = "FLYWHEEL_REGISTRY"

  /// Names the folder of models that `Jobs/train-classifiers` fills; default `models` in the workspace.
  public static let modelsEnvironmentName = "FLYWHEEL_MODELS"

  /// The folder that holds `Pipelines/` and `Datasets/`.
  public let project: String
  /// The workspace's folder.
  public let home: String
  private let registryFolder: String
  private let keyFile: String
  private let modelsFolder: String

  /// Places a workspace beside definitions.
  /// - Parameters:
  ///   - project: the folder that holds `Pipelines/`.
  ///   - environment: looked up for the folders and the key file.
  public init(project: String, environment: [String: String]) {
    func folder(_ name: String, _ standard: String) -> String {
      guard let value = environment[name], !value.isEmpty else { return standard }
      return URL(
        fileURLWithPath: value, relativeTo: URL(fileURLWithPath: FileManager.default.currentDirectoryPath)
      )
      .standardizedFileURL.path
    }
    self.project = project
    home = folder(Self.environmentName, "\(project)/.flywheel")
    registryFolder = folder(Self.registryEnvironmentName, "\(home)/registry")
    modelsFolder = folder(Self.modelsEnvironmentName, "\(home)/models")
    keyFile = folder(Pseudonyms.environmentName, "\(home)/pseudonym.key")
  }

  /// The registry's folder.
  public var registryPath: String { registryFolder }

  /// The folder of the near-duplicate index.
  public var signaturesPath: String { "\(home)/signatures" }

  /// The folder of students that pipelines trained, by the first 16 digits of their SHA-256.
  public var studentsPath: String { "\(home)/models/students" }

  /// The files that rules need.
  public var curateResources: CurateResources { CurateResources(project: project, models: modelsFolder) }

  /// Whether anything was ever run here.
  public var exists: Bool { FileManager.default.fileExists(atPath: "\(home)/catalog.sqlite") }

  /// The folder of a run.
  public func runFolder(_ id: String) -> String { "\(home)/runs/\(id)" }

  /// Opens the catalog, making the workspace if there is none.
  public func catalog() throws -> CatalogStore {
    try DurableFile.makeFolder(home)
    return try CatalogStore(path: "\(home)/catalog.sqlite")
  }

  /// The lake.
  public func lake() throws -> LakeStore {
    try DurableFile.makeFolder("\(home)/lake")
    return LakeStore(folder: "\(home)/lake")
  }

  /// Removes the partial files that dead processes left in the workspace and in the registry.
  /// - Returns: how many there were.
  public func removeDeadTemporaries() -> Int {
    let runs = (try? FileManager.default.contentsOfDirectory(atPath: "\(home)/runs")) ?? []
    return (["\(registryFolder)/tmp", home] + runs.map { runFolder($0) })
      .reduce(0) { $0 + DurableFile.removeDeadTemporaries(in: $1) }
  }

  /// Opens the registry.
  /// - Parameter create: whether to make one, with an id of its own, where there is none.
  /// - Returns: the registry.
  /// - Throws: ``RegistryError``, or ``FileError``.
  public func registry(create: Bool) throws -> DatasetRegistry {
    do {
      return try DatasetRegistry.open(FolderStore(registryFolder))
    } catch let error as RegistryError where error.code == .notARegistry && create {
      try DurableFile.makeFolder(registryFolder)
      do {
        return try DatasetRegistry.open(
          FolderStore(registryFolder), create: true, registryID: Hex.encode(KeyedHash.randomBytes(16)))
      } catch let error as RegistryError where error.code == .wrongRegistry {
        // Another process made it meanwhile, under an id of its own.
        return try DatasetRegistry.open(FolderStore(registryFolder))
      }
    }
  }

  /// The pseudonyms of this workspace, whose key is made on first use.
  public func pseudonyms() throws -> Pseudonyms {
    try DurableFile.makeFolder(home)
    guard let pseudonyms = try Pseudonyms.load(keyFile) else { throw WorkspaceError(.badKey, keyFile) }
    let attributes = try FileManager.default.attributesOfItem(atPath: keyFile)
    let mode = (attributes[.posixPermissions] as? NSNumber)?.intValue ?? 0
    guard mode & 0o077 == 0 else { throw WorkspaceError(.openKey, keyFile) }
    return pseudonyms
  }

  /// Takes the lock of a pipeline or a source, which the system lets go when the process ends, however it ends.
  /// - Parameter name: such as `pipeline-nightly`.
  /// - Returns: the lock; it is held as long as it lives.
  /// - Throws: ``WorkspaceError`` with code `locked` if another process has it.
  public func lock(_ name: String) throws -> WorkspaceLock {
    try DurableFile.makeFolder("\(home)/locks")
    return try WorkspaceLock(path: "\(home)/locks/\(name)")
  }

  /// Notes that this process works in the workspace, so that nobody collects what it has sealed and not yet
  /// committed.
  /// - Parameter alone: called first if no other process works here.
  /// - Returns: the presence; it lasts as long as it lives.
  /// - Throws: ``FileError``, or what `alone` throws.
  public func enter(alone: () throws -> Void) throws -> WorkspacePresence {
    try DurableFile.makeFolder("\(home)/locks")
    return try WorkspacePresence(path: "\(home)/locks/presence", alone: alone)
  }
}

/// A shared lock that every run holds; whoever gets it for itself alone may collect garbage.
public final class WorkspacePresence: Sendable {
  private let descriptor: Int32

  init(path: String, alone: () throws -> Void) throws {
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw FileError("open", path) }
    if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { try alone() }
    while flock(descriptor, LOCK_SH) != 0 {
      guard errno == EINTR else { throw FileError("flock", path) }
    }
  }

  deinit { close(descriptor) }
}

/// An exclusive lock on a file (`flock`), held as long as it lives.
public final class WorkspaceLock: Sendable {
  private let descriptor: Int32

  init(path: String) throws {
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw FileError("open", path) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let code = errno
      let holder = (try? DurableFile.readAt(descriptor, offset: 0, count: 32, path: path)).map {
        String(decoding: $0, as: UTF8.self)
      }
      close(descriptor)
      guard code == EWOULDBLOCK else { throw FileError("flock", path, code: code) }
      throw WorkspaceError(.locked, path, holder: holder?.isEmpty ?? true ? nil : holder)
    }
    // Who holds it, for the sentence that another process prints.
    ftruncate(descriptor, 0)
    let text = Array("\(getpid())".utf8)
    _ = text.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }
}
