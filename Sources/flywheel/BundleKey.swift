import Bytes
import Foundation
import Pipeline
import Pull

/// The key that bundles for other hosts are sealed with.
enum BundleKey {
  /// Names a variable with the key itself.
  static let variable = "FLYWHEEL_BUNDLE_KEY"
  /// Names a variable with the path of a file that holds the key.
  static let fileVariable = "FLYWHEEL_BUNDLE_KEY_FILE"
  /// Least length in bytes, as of the workspace's own key.
  private static let least = 16

  /// The key that the environment names, without the white space around it; nil where it names none.
  /// - Throws: ``UseError/shortKey(_:)`` for one of fewer than 16 bytes, ``UseError/openKey(_:)`` for a file that others may
  ///   read, ``FileError``.
  static func named(in environment: [String: String]) throws -> [UInt8]? {
    if let text = environment[variable], !text.isEmpty { return try checked(Array(text.utf8), variable) }
    guard let path = environment[fileVariable], !path.isEmpty else { return nil }
    var status = stat()
    if stat(path, &status) == 0, status.st_mode & 0o077 != 0 { throw UseError.openKey(path) }
    return try checked(try DurableFile.read(path), path)
  }

  /// The key that the environment names, else the workspace's own.
  static func of(_ context: CommandContext) throws -> [UInt8] {
    try named(in: context.environment) ?? context.workspace.pseudonyms().derivedKey(for: "bundles")
  }

  private static func checked(_ bytes: [UInt8], _ name: String) throws -> [UInt8] {
    let isSpace: (UInt8) -> Bool = { [0x20, 0x09, 0x0A, 0x0D].contains($0) }
    let key = Array(bytes.drop(while: isSpace).reversed().drop(while: isSpace).reversed())
    guard key.count >= least else { throw UseError.shortKey(name) }
    return key
  }
}
