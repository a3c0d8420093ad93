import Bytes

/// The names of objects.
///
/// None of them ever comes from the text of a record.
enum ObjectName: Hashable {
  case format
  case pack(Digest)
  case manifest(Digest)
  case version(Digest)
  case physical(version: Digest, number: Int)
  case reference(dataset: String, number: Int)
  case ledger(Int)

  /// The object's path in the store.
  var path: String {
    switch self {
    case .format: "format.json"
    case .pack(let digest): "packs/\(digest.hex.prefix(2))/\(digest.hex).fwp"
    case .manifest(let digest): "manifests/\(digest.hex.prefix(2))/\(digest.hex).json"
    case .version(let digest): "versions/\(digest.hex.prefix(2))/\(digest.hex).json"
    case .physical(let version, let number): "physical/\(version.hex)/\(number).json"
    case .reference(let dataset, let number): "refs/\(dataset)/\(Self.padded(number)).json"
    case .ledger(let number): "ledger/\(Self.padded(number)).json"
    }
  }

  /// Reads a path; nil for anything that ``path`` would not write.
  init?(path: String) {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    let found: ObjectName?
    switch (parts.first, parts.count) {
    case ("format.json", 1): found = .format
    case ("packs", 3): found = Self.digest(parts[2], ".fwp").map { .pack($0) }
    case ("manifests", 3): found = Self.digest(parts[2], ".json").map { .manifest($0) }
    case ("versions", 3): found = Self.digest(parts[2], ".json").map { .version($0) }
    case ("physical", 3):
      guard let version = Digest(hex: String(parts[1])), let number = Self.number(parts[2]) else {
        return nil
      }
      found = .physical(version: version, number: number)
    case ("refs", 3):
      guard Self.isDatasetName(String(parts[1])), let number = Self.number(parts[2]) else { return nil }
      found = .reference(dataset: String(parts[1]), number: number)
    case ("ledger", 2): found = Self.number(parts[1]).map { .ledger($0) }
    default: found = nil
    }
    guard let found, found.path == path else { return nil }
    self = found
  }

  /// The SHA-256 that the object's bytes must have; nil for objects named by number.
  var digest: Digest? {
    switch self {
    case .pack(let digest), .manifest(let digest), .version(let digest): digest
    case .format, .physical, .reference, .ledger: nil
    }
  }

  private static func digest(_ part: Substring, _ ending: String) -> Digest? {
    guard part.hasSuffix(ending) else { return nil }
    return Digest(hex: String(part.dropLast(ending.count)))
  }

  private static func number(_ part: Substring) -> Int? {
    guard part.hasSuffix(".json"), let number = Int(part.dropLast(5)), (1...9_999_999_999).contains(number)
    else { return nil }
    return number
  }

  /// Ten digits, so that names sort as numbers do.
  private static func padded(_ number: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, 10 - digits.count)) + digits
  }

  /// Whether a name of a dataset or a split is `[a-z0-9][a-z0-9._-]{0,99}`.
  static func isDatasetName(_ name: String) -> Bool {
    let bytes = name.utf8
    guard let first = bytes.first, bytes.count <= 100, isLowerAlphanumeric(first) else { return false }
    return bytes.allSatisfy { isLowerAlphanumeric($0) || $0 == 0x2E || $0 == 0x5F || $0 == 0x2D }
  }

  private static func isLowerAlphanumeric(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte)
  }

  /// Whether a path stays below the store's root and holds plain characters only.
  static func isSafe(_ path: String) -> Bool {
    path.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { part in
      guard let first = part.utf8.first, first != 0x2E else { return false }
      return part.utf8.allSatisfy {
        isLowerAlphanumeric($0) || (0x41...0x5A).contains($0) || $0 == 0x2E || $0 == 0x5F || $0 == 0x2D
      }
    }
  }
}
