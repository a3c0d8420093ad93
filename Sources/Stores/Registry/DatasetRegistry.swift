import Bytes
import Text

/// The repository of published versions over an object store: the record is the unit of deduplication, the block the
/// unit of compression, the pack the unit of transfer.
///
/// Every object is created once and never changed. Packs, manifests and versions are named by the SHA-256 of their
/// bytes, so that `sha256sum` verifies them; references, physical logs and the ledger are numbered and sealed (a
/// member `sha256` over the rest). Write order is packs, manifest, version, physical, reference; readers go the other
/// way, so that a publisher killed anywhere leaves garbage only.
public struct DatasetRegistry: Sendable {
  /// Where the objects are.
  public let store: any ObjectStore
  /// The registry's id, given at its creation.
  public let id: String
  /// Whether this program knows all features that a writer must respect.
  let isWritable: Bool

  static let format = "flywheel-registry"
  static let formatVersion = 1

  /// Opens a registry, or makes one.
  /// - Parameters:
  ///   - store: where the objects are.
  ///   - create: whether to make the registry where there is none.
  ///   - registryID: the id of a new registry, needed to make one; of an existing registry the id it must have, nil
  ///     for any.
  /// - Returns: the registry.
  /// - Throws: ``RegistryError`` where there is none, where its format or a feature is not known, or where it has
  ///   another id; or what the store throws.
  public static func open(
    _ store: any ObjectStore, create: Bool = false, registryID: String? = nil
  ) throws -> DatasetRegistry {
    let name = ObjectName.format.path
    var bytes = try store.read(name)
    if bytes == nil && create {
      guard let registryID, !registryID.isEmpty else {
        throw RegistryError(.notARegistry, name, "a new registry needs an id")
      }
      let fresh = try encodeFormat(registryID)
      bytes = try store.create(name, fresh) ? fresh : store.read(name)
    }
    guard let bytes else { throw RegistryError(.notARegistry, name, "no such object") }
    let registry = try DatasetRegistry(store, format: bytes)
    guard registryID == nil || registryID == registry.id else {
      throw RegistryError(.wrongRegistry, name, "has another registry id")
    }
    return registry
  }

  private static func encodeFormat(_ id: String) throws -> [UInt8] {
    let out = ByteBuffer()
    var writer = JSONWriter(out)
    writer.beginObject()
    writer.key("features")
    writer.beginObject()
    for kind in ["read", "write"] {
      writer.key(string: kind)
      writer.beginArray()
      writer.endArray()
    }
    writer.endObject()
    writer.key("format")
    writer.string(format)
    writer.key("registry_id")
    writer.string(id)
    writer.key("version")
    writer.integer(Int64(formatVersion))
    writer.endObject()
    return try CanonicalJSON.sealed(out.bytes, object: ObjectName.format.path)
  }

  init(_ store: any ObjectStore, format bytes: [UInt8]) throws {
    let name = ObjectName.format.path
    // What a later program wrote is told apart from damage first: its seal may be of another kind.
    isWritable = try CanonicalJSON.parse(bytes, object: name) { value in
      guard value["format"]?.string == Self.format else {
        throw RegistryError(.notARegistry, name, "is not \(Self.format)")
      }
      let version = try value.count("version", in: name)
      guard version <= Self.formatVersion else {
        throw RegistryError(.formatTooNew, name, "needs a later program", number: version)
      }
      if let feature = value["features"]?["read"]?.elements.first {
        throw RegistryError(.unknownFeature, name, "needs a later program to read", id: feature.string)
      }
      return value["features"]?["write"]?.elements.isEmpty ?? true
    }
    id = try CanonicalJSON.parseSealed(bytes, object: name) { try $0.text("registry_id", in: name) }
    self.store = store
  }

  func requireWritable(_ dataset: String) throws {
    guard ObjectName.isDatasetName(dataset) else {
      throw RegistryError(.badName, dataset, "a dataset's name is [a-z0-9][a-z0-9._-]{0,99}")
    }
    guard isWritable else {
      throw RegistryError(.unknownFeature, ObjectName.format.path, "needs a later program to write")
    }
  }

  // MARK: Reading

  /// The names of all datasets that have a version, sorted.
  public func datasets() throws -> [String] {
    var names: [String] = []
    for path in try store.list("refs/") {
      guard case .reference(let dataset, _) = ObjectName(path: path), names.last != dataset else { continue }
      names.append(dataset)
    }
    return names
  }

  private func numbers(of dataset: String) throws -> [Int] {
    guard ObjectName.isDatasetName(dataset) else {
      throw RegistryError(.badName, dataset, "a dataset's name is [a-z0-9][a-z0-9._-]{0,99}")
    }
    return try store.list("refs/\(dataset)/").compactMap {
      guard case .reference(dataset, let number) = ObjectName(path: $0) else { return nil }
      return number
    }
  }

  /// All references of a dataset in the order of their numbers; none for a dataset that has no version.
  public func references(of dataset: String) throws -> [Reference] {
    try numbers(of: dataset).enumerated().map { index, number in
      guard number == index + 1, let reference = try reference(of: dataset, number: number) else {
        throw RegistryError(.damaged, "refs/\(dataset)", "the log lacks a number", number: index + 1)
      }
      return reference
    }
  }

  /// The reference of a number; nil if there is none.
  public func reference(of dataset: String, number: Int) throws -> Reference? {
    guard ObjectName.isDatasetName(dataset), number > 0 else { return nil }
    let path = ObjectName.reference(dataset: dataset, number: number).path
    return try store.read(path).map { try Reference($0, dataset: dataset, number: number) }
  }

  /// The reference with the highest number; nil if there is none.
  public func latest(of dataset: String) throws -> Reference? {
    try numbers(of: dataset).last.flatMap { try reference(of: dataset, number: $0) }
  }

  /// A version object, checked against its name.
  public func version(_ digest: Digest) throws -> VersionRecord {
    let name = ObjectName.version(digest)
    return try VersionRecord(try content(name), object: name.path)
  }

  /// Where a version's records are, by the highest number of its physical log, checked against its name.
  public func manifest(of version: Digest) throws -> Manifest {
    let digest = try physical(of: version)?.manifest
    guard let digest else { throw RegistryError(.missing, "physical/\(version.hex)", "names no manifest") }
    return try manifest(digest)
  }

  func manifest(_ digest: Digest) throws -> Manifest {
    let name = ObjectName.manifest(digest)
    return try Manifest(try content(name), object: name.path)
  }

  /// The entry of a version's physical log with the highest number; nil if there is none.
  func physical(of version: Digest) throws -> PhysicalEntry? {
    var highest = 0
    for path in try store.list("physical/\(version.hex)/") {
      if case .physical(version, let number) = ObjectName(path: path) { highest = max(highest, number) }
    }
    guard highest > 0 else { return nil }
    let path = ObjectName.physical(version: version, number: highest).path
    return try store.read(path).map { try PhysicalEntry($0, version: version, number: highest) }
  }

  /// The bytes of an object that is named by its hash.
  func content(_ name: ObjectName) throws -> [UInt8] {
    guard let bytes = try store.read(name.path) else {
      throw RegistryError(.missing, name.path, "no such object")
    }
    guard Digest.sha256(bytes) == name.digest else {
      throw RegistryError(.damaged, name.path, "the bytes do not match the name")
    }
    return bytes
  }

  // MARK: Writing

  /// Creates an object that is named by its hash; one that is there already must be what its name says.
  func put(_ name: ObjectName, _ bytes: [UInt8]) throws {
    if try store.create(name.path, bytes) { return }
    guard try content(name) == bytes else { throw RegistryError(.damaged, name.path, "has other bytes") }
  }

  /// Starts a version of a dataset, deduplicated against the latest one.
  /// - Parameters:
  ///   - dataset: the name, `[a-z0-9][a-z0-9._-]{0,99}`.
  ///   - options: how records are packed.
  /// - Returns: a session, for one task.
  /// - Throws: ``RegistryError`` for a bad name or a damaged latest version, or what the store throws.
  public func beginPublish(dataset: String, options: PublishOptions = PublishOptions()) throws
    -> PublishSession
  {
    try requireWritable(dataset)
    return try PublishSession(self, dataset: dataset, options: options)
  }
}
