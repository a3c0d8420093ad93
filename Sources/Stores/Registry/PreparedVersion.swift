import Bytes

/// A version whose records are stored and which nobody sees yet; dropping it leaves garbage only.
public struct PreparedVersion: Sendable {
  /// The root over all records.
  public let contentRoot: Digest
  /// The splits, by name.
  public let splits: [SplitSummary]
  /// Records that the latest version lacks.
  public let newRecords: Int
  /// Records that the latest version has.
  public let reusedRecords: Int
  /// Of the reused records those that were written anew, because little of their block is still in use.
  public let copiedRecords: Int
  /// Bytes of the new records as JSON Lines.
  public let newBytes: Int
  /// Bytes of the packs written.
  public let writtenBytes: Int
  /// Whether the content is that of the latest version, so that there is nothing to publish.
  public let isUnchanged: Bool

  let registry: DatasetRegistry
  let dataset: String
  let base: Reference?
  let manifest: Digest

  /// Publishes the version under the number after the one it was prepared over.
  ///
  /// A second call with the same nonce returns the reference of the first; so does a call whose success was not
  /// reported by the store.
  /// - Parameters:
  ///   - description: what the version says about itself; same in, same version.
  ///   - created: the time, for the reference.
  ///   - run: the run's id, for the reference.
  ///   - nonce: what tells this attempt from every other.
  /// - Returns: the reference.
  /// - Throws: ``RegistryError`` with code `conflict` if another publisher took the number, `notCanonical` for a part
  ///   of the description; or what the store throws.
  public func commit(version description: VersionDescription, created: String, run: String, nonce: String)
    throws
    -> Reference
  {
    let record = try VersionRecord(dataset: dataset, splits: splits, description: description)
    let bytes = record.encoded()
    let version = Digest.sha256(bytes)
    let reference = Reference(
      dataset: dataset, number: (base?.number ?? 0) + 1, version: version, contentRoot: contentRoot,
      created: created, run: run, nonce: nonce)
    if let own = try readBack(reference) { return own }
    try registry.put(.version(version), bytes)
    try putPhysical(version)
    var failure: (any Error)?
    do {
      if try registry.store.create(reference.path, try reference.encoded()) { return reference }
    } catch {
      failure = error
    }
    // A store may fail after it has done the work; only what is provably ours counts as success.
    if let failure {
      if let own = try? readBack(reference) { return own }
      throw failure
    }
    if let own = try readBack(reference) { return own }
    throw conflict(reference)
  }

  private func conflict(_ reference: Reference) -> RegistryError {
    RegistryError(.conflict, dataset, "another publisher took the number", number: reference.number)
  }

  /// The reference that stands under the number if it is this attempt's own; nil if the number is free.
  private func readBack(_ reference: Reference) throws -> Reference? {
    guard let found = try registry.reference(of: dataset, number: reference.number) else { return nil }
    guard found.nonce == reference.nonce, found.version == reference.version else {
      throw conflict(reference)
    }
    return found
  }

  /// Says where the version's records are.
  ///
  /// An entry that is there already, from an earlier attempt or an earlier publication of the same version,
  /// names records of the same content root, and stays.
  private func putPhysical(_ version: Digest) throws {
    if try registry.physical(of: version) != nil { return }
    let entry = PhysicalEntry(version: version, number: 1, manifest: manifest)
    if try registry.store.create(entry.path, try entry.encoded()) { return }
    guard try registry.physical(of: version) != nil else {
      throw RegistryError(.missing, entry.path, "is taken and cannot be read")
    }
  }
}
