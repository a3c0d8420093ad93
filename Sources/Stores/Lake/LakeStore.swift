import Bytes
import Foundation
import Records

/// The lake: a folder of immutable segments, `<table>/<yyyy-mm-dd>/<sha256>.jsonl.lz4`.
///
/// Which of them count is the catalog's word: a segment that no transaction names is garbage.
public struct LakeStore: Sendable {
  /// The folder.
  public let folder: String

  /// Takes a folder, which is made with the first session if it is missing.
  public init(folder: String) {
    self.folder = folder.count > 1 && folder.hasSuffix("/") ? String(folder.dropLast()) : folder
  }

  /// Makes a temporary folder that is this process's own.
  /// - Parameter id: its name: letters, digits, `.`, `_` and `-`, up to 128, not beginning with a dot.
  /// - Returns: the session, which ends with `finish()` or with its last reference.
  /// - Throws: ``LakeError`` with `badName` or `sessionHeld`, or `FileError`.
  public func beginSession(id: String) throws -> LakeSession { try LakeSession(lake: folder, id: id) }

  /// Opens a segment by its path below the lake folder.
  /// - Throws: ``LakeError`` with `badName`, `missing` or `damagedIndex`, or `FileError`.
  public func open(segment: String) throws -> SegmentReader {
    try SegmentReader(lake: folder, segment: segment)
  }

  /// Checks a segment to the last byte: its name against the SHA-256 of the file, and every frame against the
  /// index.
  ///
  /// A damaged index hides the frames, so that its fault is the only one reported then.
  /// - Parameter segment: the path below the lake folder.
  /// - Returns: what is wrong; empty if nothing is.
  /// - Throws: ``LakeError`` with `badName`, or `FileError`.
  public func verify(segment: String) throws -> [LakeError] {
    do {
      return try open(segment: segment).problems()
    } catch let error as LakeError where error.code != .badName {
      return [error]
    }
  }

  /// The segments in the folder that the catalog does not name, by path below the lake folder, sorted by
  /// bytes.
  ///
  /// A segment that was sealed and whose transaction is still to come is among them, so only the holder of
  /// the run's lock may remove what this lists. Files that are not named like segments are left out.
  /// - Parameter known: paths below the lake folder, as in `Segment.relativePath`.
  /// - Returns: the others.
  /// - Throws: an error of the file system.
  public func unreferenced(known: Set<String>) throws -> [String] {
    var found: [String] = []
    for table in LakeTable.allCases {
      for day in try Self.names("\(folder)/\(table.rawValue)") {
        for name in try Self.names("\(folder)/\(table.rawValue)/\(day)") {
          let path = "\(table.rawValue)/\(day)/\(name)"
          if SegmentPath(path) != nil, !known.contains(path) { found.append(path) }
        }
      }
    }
    return found.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// Removes a segment file.
  /// - Parameter segment: its path below the lake folder.
  /// - Throws: ``LakeError`` with `badName` or `missing`, or `FileError`.
  public func remove(segment: String) throws {
    guard SegmentPath(segment) != nil else { throw LakeError(.badName, segment: segment) }
    guard unlink("\(folder)/\(segment)") != 0 else { return }
    if errno == ENOENT { throw LakeError(.missing, segment: segment) }
    throw FileError("unlink", "\(folder)/\(segment)")
  }

  /// Removes the temporary folders of processes that are gone.
  /// - Returns: how many there were.
  /// - Throws: an error of the file system.
  public func removeDeadSessions() throws -> Int { try LakeSession.removeDead(lake: folder) }

  /// The entries of a folder; none if it does not exist or is no folder.
  private static func names(_ folder: String) throws -> [String] {
    var status = stat()
    guard stat(folder, &status) == 0 else {
      if errno == ENOENT { return [] }
      throw FileError("stat", folder)
    }
    guard status.st_mode & S_IFMT == S_IFDIR else { return [] }
    return try FileManager.default.contentsOfDirectory(atPath: folder)
  }
}
