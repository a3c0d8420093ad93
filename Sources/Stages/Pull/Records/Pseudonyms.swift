import Bytes
import Foundation
import Synchronization

/// Turns user ids into keyed pseudonyms: `u-` and 20 hexadecimal digits of HMAC-SHA-256 under the workspace's key.
///
/// 80 bits keep two of a billion users apart (birthday bound 4e-7), and without the key nobody can test a guess.
public struct Pseudonyms: Sendable {
  /// Names the key file; read by whoever opens a workspace.
  public static let environmentName = "FLYWHEEL_PSEUDONYM_KEY_FILE"

  private let key: [UInt8]
  private let users = PseudonymTable()

  /// Takes a key of at least 16 bytes; nil for a shorter one.
  public init?(key: [UInt8]) {
    guard key.count >= 16 else { return nil }
    self.key = key
  }

  /// Reads the key from a file, which is made with 32 random bytes (0600) where there is none.
  /// - Parameter path: the key file.
  /// - Returns: nil for a file of fewer than 16 bytes.
  /// - Throws: ``FileError`` when the file can be neither read nor made.
  public static func load(_ path: String) throws -> Pseudonyms? {
    if !FileManager.default.fileExists(atPath: path) {
      // Of two processes that try at once, one makes the key and both read it.
      _ = try DurableFile.create(path, KeyedHash.randomBytes(32))
    }
    return Pseudonyms(key: try DurableFile.read(path))
  }

  /// A key for another purpose, 32 bytes, which tells nothing of the workspace's own.
  /// - Parameter purpose: such as `judges`; another purpose has another key.
  /// - Returns: the key.
  public func derivedKey(for purpose: String) -> [UInt8] {
    Array("key\u{0}\(purpose)".utf8).withUnsafeBytes { KeyedHash.hmacSHA256(key: key, message: $0) }
  }

  /// The pseudonym of a user id.
  public func user(_ id: String) -> String {
    if let known = users[id] { return known }
    let name = "u-" + digits("user\u{0}" + id)
    users[id] = name
    return name
  }

  /// The stand-in of an id that may itself be personal data.
  public func identifier(_ id: String) -> String { "x-" + digits("id\u{0}" + id) }

  private func digits(_ message: String) -> String {
    let hash = Array(message.utf8).withUnsafeBytes { KeyedHash.hmacSHA256(key: key, message: $0) }
    return Hex.encode(hash.prefix(10))
  }
}

/// Pseudonyms made so far, which saves most of the hashing; it forgets all at 100,000, some 10 MB.
private final class PseudonymTable: Sendable {
  private let names = Mutex<[String: String]>([:])

  subscript(id: String) -> String? {
    get { names.withLock { $0[id] } }
    set {
      names.withLock { names in
        if names.count >= 100_000 { names.removeAll(keepingCapacity: true) }
        names[id] = newValue
      }
    }
  }
}
