import Bytes
import Text

extension DatasetRegistry {
  /// Checks the registry and reports every problem with the object's name.
  ///
  /// Always: all numbered and all JSON objects with their hashes and seals, logs without a gap, every reference down
  /// to its packs, the packs' indexes. In full also every byte of every pack, every record's digest and every
  /// version's content root; memory then holds the ids and digests of all records.
  /// - Parameters:
  ///   - full: whether to read the packs.
  ///   - progress: called after each object; default nothing.
  /// - Returns: counts and problems.
  /// - Throws: only what the store throws when it is asked for the list of names.
  public func verify(full: Bool, progress: (VerifyProgress) -> Void = { _ in }) throws -> VerifyReport {
    try Verifier(store, full: full).run(progress)
  }
}

/// One verification.
///
/// It goes from the references down, then over what is left.
final class Verifier {
  let store: any ObjectStore
  let full: Bool
  var report = VerifyReport()
  private var progress = VerifyProgress()
  private var names: Set<String> = []
  private var reached: Set<ObjectName> = [.format]
  private var references: [Reference] = []
  private var versions: [Digest: VersionRecord] = [:]
  private var physical: [Digest: PhysicalEntry] = [:]
  private var physicalNames: [Digest: [ObjectName]] = [:]
  private var manifests: [Digest: Manifest] = [:]
  var packs: [Digest: CheckedPack] = [:]

  init(_ store: any ObjectStore, full: Bool) {
    self.store = store
    self.full = full
    report.isFull = full
  }

  func run(_ notify: (VerifyProgress) -> Void) throws -> VerifyReport {
    let objects = try classify()
    progress.totalObjects = objects.count
    report.objects = objects.count
    for object in objects {
      check(object)
      progress.objects += 1
      progress.bytes = report.bytes
      notify(progress)
    }
    checkLogs(objects)
    for reference in references { follow(reference) }
    report.versions = reached.count {
      if case .version = $0 { return true }
      return false
    }
    report.unreferenced = objects.filter { !reached.contains($0) }.map(\.path)
    return report
  }

  func found(_ object: String, _ kind: VerifyProblem.Kind, _ detail: String) {
    report.problems.append(VerifyProblem(object: object, kind: kind, detail: detail))
  }

  /// Runs a check; what it throws becomes a problem of `object`.
  func attempt(_ object: ObjectName, _ body: () throws -> Void) {
    do {
      try body()
    } catch let error as RegistryError {
      let number = error.number.map { " (\($0))" } ?? ""
      let kind: VerifyProblem.Kind = error.code == .missing ? .missing : .damaged
      found(object.path, kind, error.reason + number)
    } catch {
      found(object.path, .unreadable, "the store refused: \(error)")
    }
  }

  private func classify() throws -> [ObjectName] {
    var objects: [ObjectName] = []
    for path in try store.list("") {
      if path.hasPrefix("tmp/") {
        report.temporary.append(path)
      } else if let name = ObjectName(path: path) {
        objects.append(name)
        names.insert(path)
      } else {
        report.unknown.append(path)
      }
    }
    if !names.contains(ObjectName.format.path) { found(ObjectName.format.path, .missing, "no such object") }
    return objects
  }

  private func read(_ object: ObjectName) throws -> [UInt8] {
    guard let bytes = try store.read(object.path) else {
      throw RegistryError(.missing, object.path, "no such object")
    }
    report.bytes += bytes.count
    if let digest = object.digest, Digest.sha256(bytes) != digest {
      throw RegistryError(.damaged, object.path, "the bytes do not match the name")
    }
    return bytes
  }

  /// Checks an object by itself and keeps what it says.
  private func check(_ object: ObjectName) {
    attempt(object) {
      switch object {
      case .format: _ = try DatasetRegistry(store, format: try read(object))
      case .pack(let digest): try checkPack(object, digest)
      case .manifest(let digest): manifests[digest] = try Manifest(try read(object), object: object.path)
      case .version(let digest): versions[digest] = try VersionRecord(try read(object), object: object.path)
      case .physical(let version, let number):
        physicalNames[version, default: []].append(object)
        let entry = try PhysicalEntry(try read(object), version: version, number: number)
        if physical[version].map({ $0.number < number }) ?? true { physical[version] = entry }
      case .reference(let dataset, let number):
        report.references += 1
        reached.insert(object)
        references.append(try Reference(try read(object), dataset: dataset, number: number))
      case .ledger(let number):
        report.ledgerEntries += 1
        reached.insert(object)
        _ = try LedgerEntry(try read(object), number: number)
      }
    }
  }

  /// Reports the numbers that a log lacks below its highest one.
  private func checkLogs(_ objects: [ObjectName]) {
    var numbers: [String: Set<Int>] = [:]
    var name: [String: (Int) -> ObjectName] = [:]
    for object in objects {
      switch object {
      case .reference(let dataset, let number):
        numbers["refs/\(dataset)", default: []].insert(number)
        name["refs/\(dataset)"] = { .reference(dataset: dataset, number: $0) }
      case .physical(let version, let number):
        numbers["physical/\(version.hex)", default: []].insert(number)
        name["physical/\(version.hex)"] = { .physical(version: version, number: $0) }
      case .ledger(let number):
        numbers["ledger", default: []].insert(number)
        name["ledger"] = { .ledger($0) }
      case .format, .pack, .manifest, .version: break
      }
    }
    for log in numbers.keys.sorted() {
      guard let present = numbers[log], let highest = present.max(), let name = name[log],
        present.count < highest
      else { continue }
      // A stray number may be huge: the first hundred that lack are enough to see it.
      for number in (1...highest).lazy.filter({ !present.contains($0) }).prefix(100) {
        found(name(number).path, .gap, "the log lacks this number")
      }
    }
  }

  /// Whether an object that something refers to exists; a missing one is a problem.
  private func reach(_ object: ObjectName, from: String) -> Bool {
    reached.insert(object)
    if names.contains(object.path) { return true }
    found(object.path, .missing, "is referred to by \(from)")
    return false
  }

  /// Goes from a reference down to the packs.
  private func follow(_ reference: Reference) {
    let name = ObjectName.version(reference.version)
    let seen = reached.contains(name)
    guard reach(name, from: reference.path), let version = versions[reference.version] else { return }
    if version.contentRoot != reference.contentRoot || version.dataset != reference.dataset {
      found(reference.path, .mismatch, "says other things than its version")
    }
    if seen { return }
    reached.formUnion(physicalNames[reference.version] ?? [])
    guard let entry = physical[reference.version] else {
      found(
        ObjectName.physical(version: reference.version, number: 1).path, .missing,
        "no usable manifest is named")
      return
    }
    guard reach(.manifest(entry.manifest), from: entry.path), let manifest = manifests[entry.manifest] else {
      return
    }
    attempt(.manifest(entry.manifest)) { try checkContent(version, name.path, manifest, entry.manifest) }
  }

  private func checkContent(
    _ version: VersionRecord, _ path: String, _ manifest: Manifest, _ digest: Digest
  ) throws {
    let object = ObjectName.manifest(digest).path
    var isWhole = true
    for pack in manifest.packs {
      let name = ObjectName.pack(pack.digest)
      guard reach(name, from: object), let checked = packs[pack.digest] else {
        isWhole = false
        continue
      }
      if checked.size != pack.bytes { found(object, .mismatch, "a pack has another length: \(name.path)") }
      if !checked.isWhole { isWhole = false }
    }
    guard version.splits.map(\.name) == manifest.splits.map(\.name) else {
      found(object, .mismatch, "has other splits than \(path)")
      return
    }
    // Without all packs there is nothing to compare; the packs are reported already.
    guard isWhole else { return }
    var table = RecordTable()
    for (number, (summary, split)) in zip(version.splits, manifest.splits).enumerated() {
      var count = 0
      var bytes = 0
      for entry in split.blocks {
        guard let pack = packs[manifest.packs[entry.pack].digest] else { continue }
        let block = try pack.index.block(of: entry, in: manifest)
        for record in 0..<block.records where entry.live.contains(record) {
          count += 1
          bytes += Int(pack.index.lengths[block.firstRecord + record]) + 1
          guard full else { continue }
          let isNew = pack.withID(block.firstRecord + record) {
            table.insert($0, digest: pack.index.digest(block.firstRecord + record), split: UInt16(number))
          }
          if !isNew { found(object, .mismatch, "a record is live twice") }
        }
      }
      if count != summary.records || count != split.records || bytes != summary.bytes {
        found(object, .mismatch, "has other counts than \(path)")
      } else if full, table.root(table.sorted(split: UInt16(number))) != summary.root {
        found(object, .mismatch, "its records do not give the content root of \(path)")
      }
    }
  }
}
