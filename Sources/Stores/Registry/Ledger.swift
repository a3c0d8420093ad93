import Bytes
import Text

/// What a conversation cluster was used for, for ever.
public enum LedgerRole: String, Sendable, CaseIterable, Codable {
  /// It is in an eval and never trains.
  case eval
  /// It trained and never becomes an eval item.
  case train

  /// The role that excludes this one.
  public var opposite: LedgerRole { self == .eval ? .train : .eval }
}

/// Which keys were claimed for which role, up to a number of the log.
public struct Ledger: Sendable {
  /// The log's number up to which it was read; 0 for none.
  public private(set) var number = 0
  /// Claimed for evals, sorted.
  public private(set) var eval: [ContentHash] = []
  /// Claimed for training, sorted.
  public private(set) var train: [ContentHash] = []

  /// The ledger before its first entry.
  public init() {}

  /// The role of a key, by binary search; nil if nobody claimed it, `eval` if both roles were claimed.
  public func role(of key: ContentHash) -> LedgerRole? {
    if contains(key, .eval) { return .eval }
    return contains(key, .train) ? .train : nil
  }

  /// Whether a key was claimed for a role.
  public func contains(_ key: ContentHash, _ role: LedgerRole) -> Bool {
    let keys = keys(role)
    var (low, high) = (0, keys.count)
    while low < high {
      let middle = (low + high) / 2
      if keys[middle] < key { low = middle + 1 } else { high = middle }
    }
    return low < keys.count && keys[low] == key
  }

  /// The keys of a role, sorted.
  public func keys(_ role: LedgerRole) -> [ContentHash] { role == .eval ? eval : train }

  fileprivate mutating func take(_ entries: [LedgerEntry]) {
    for role in LedgerRole.allCases {
      let added = entries.filter { $0.role == role }.flatMap(\.keys)
      if added.isEmpty { continue }
      let merged = Self.unique(keys(role) + added)
      if role == .eval { eval = merged } else { train = merged }
    }
    number += entries.count
  }

  fileprivate static func unique(_ keys: [ContentHash]) -> [ContentHash] {
    var result: [ContentHash] = []
    result.reserveCapacity(keys.count)
    for key in keys.sorted() where result.last != key { result.append(key) }
    return result
  }
}

/// An entry of the ledger.
///
/// As JSON, sealed: `{"dataset":…,"format":"flywheel-ledger/1","keys":[…],"nonce":…,"number":…,"role":…,"sha256":…}`.
struct LedgerEntry {
  let number: Int
  let dataset: String
  let role: LedgerRole
  let keys: [ContentHash]
  let nonce: String

  static let format = "flywheel-ledger/1"
  /// Keys of one entry, so that it stays under 8 MB.
  static let maximumKeys = 200_000

  func encoded() throws -> [UInt8] {
    let out = ByteBuffer()
    var writer = JSONWriter(out)
    writer.beginObject()
    writer.key("dataset")
    writer.string(dataset)
    writer.key("format")
    writer.string(Self.format)
    writer.key("keys")
    writer.beginArray()
    for key in keys { writer.string(key.description) }
    writer.endArray()
    writer.key("nonce")
    writer.string(nonce)
    writer.key("number")
    writer.integer(Int64(number))
    writer.key("role")
    writer.string(role.rawValue)
    writer.endObject()
    return try CanonicalJSON.sealed(out.bytes, object: ObjectName.ledger(number).path)
  }

  init(number: Int, dataset: String, role: LedgerRole, keys: [ContentHash], nonce: String) {
    self.number = number
    self.dataset = dataset
    self.role = role
    self.keys = keys
    self.nonce = nonce
  }

  init(_ bytes: [UInt8], number: Int) throws {
    let object = ObjectName.ledger(number).path
    self = try CanonicalJSON.parseSealed(bytes, object: object) { value in
      try value.requireFormat(Self.format, in: object)
      guard try value.count("number", in: object) == number else {
        throw RegistryError(.damaged, object, "belongs to another name")
      }
      guard let role = LedgerRole(rawValue: try value.text("role", in: object)) else {
        throw RegistryError(.damaged, object, "has an unknown role")
      }
      var keys: [ContentHash] = []
      for element in value["keys"]?.elements ?? [] {
        guard let key = element.string.flatMap({ Hex.decode($0) }).flatMap({ ContentHash(bytes: $0) }) else {
          throw RegistryError(.damaged, object, "has a malformed key", number: keys.count)
        }
        keys.append(key)
      }
      return LedgerEntry(
        number: number, dataset: try value.text("dataset", in: object), role: role, keys: keys,
        nonce: try value.text("nonce", in: object))
    }
  }
}

extension DatasetRegistry {
  /// The ledger with all its entries; a log that lacks a number is damaged, since a claim would be forgotten.
  public func ledger() throws -> Ledger {
    let last = try store.list("ledger/").compactMap { path -> Int? in
      guard case .ledger(let number) = ObjectName(path: path) else { return nil }
      return number
    }.last
    let ledger = try extended(Ledger())
    guard ledger.number >= last ?? 0 else {
      throw RegistryError(.damaged, "ledger", "the log lacks a number", number: ledger.number + 1)
    }
    return ledger
  }

  /// A ledger with the entries that were appended since.
  private func extended(_ ledger: Ledger) throws -> Ledger {
    var result = ledger
    var entries: [LedgerEntry] = []
    while true {
      let number = ledger.number + entries.count + 1
      guard let bytes = try store.read(ObjectName.ledger(number).path) else { break }
      entries.append(try LedgerEntry(bytes, number: number))
    }
    result.take(entries)
    return result
  }

  /// Claims keys for roles: appends those that nobody claimed for the role yet.
  ///
  /// A claim that was cut in its middle stands as far as it came; repeating it completes it.
  /// - Parameters:
  ///   - dataset: the dataset that needs them.
  ///   - keys: the keys of each role, in any order.
  ///   - ledger: what the caller looked at when it chose the keys.
  ///   - nonce: what tells this attempt from every other.
  /// - Returns: the ledger with the claims.
  /// - Throws: ``RegistryError`` with code `ledgerConflict` if a key has the opposite role in `ledger` or in `keys`,
  ///   `ledgerMoved` if another publisher claimed one for the opposite role since; or what the store throws.
  public func claim(
    dataset: String, role keys: [LedgerRole: [ContentHash]], over ledger: Ledger, nonce: String
  ) throws -> Ledger {
    try requireWritable(dataset)
    let wanted = LedgerRole.allCases.map { (role: $0, keys: Ledger.unique(keys[$0] ?? [])) }
    let opposed = { (ledger: Ledger) -> Int in
      wanted.reduce(0) { sum, part in sum + part.keys.count { ledger.contains($0, part.role.opposite) } }
    }
    let training = Set(keys[.train] ?? [])
    let opposite = opposed(ledger) + (keys[.eval] ?? []).count { training.contains($0) }
    guard opposite == 0 else {
      throw RegistryError(.ledgerConflict, dataset, "keys that have the opposite role", number: opposite)
    }
    var current = ledger
    for part in wanted {
      var fresh = part.keys.filter { !current.contains($0, part.role) }
      while !fresh.isEmpty {
        let entry = LedgerEntry(
          number: current.number + 1, dataset: dataset, role: part.role,
          keys: Array(fresh.prefix(LedgerEntry.maximumKeys)), nonce: nonce)
        if try append(entry) {
          current.take([entry])
        } else {
          current = try extended(current)
          let lost = opposed(current)
          guard lost == 0 else {
            throw RegistryError(.ledgerMoved, dataset, "keys that now have the opposite role", number: lost)
          }
        }
        fresh = part.keys.filter { !current.contains($0, part.role) }
      }
    }
    return current
  }

  /// Creates an entry; false if another publisher's has its number.
  private func append(_ entry: LedgerEntry) throws -> Bool {
    let path = ObjectName.ledger(entry.number).path
    let bytes = try entry.encoded()
    do {
      if try store.create(path, bytes) { return true }
    } catch {
      // A store may fail after it has done the work; only what is provably ours counts as success.
      guard let found = try? store.read(path), found == bytes else { throw error }
      return true
    }
    return try store.read(path) == bytes
  }
}
