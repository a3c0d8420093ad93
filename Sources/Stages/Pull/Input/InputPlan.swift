/// What to do with one file.
public struct InputDecision: Sendable, Hashable {
  /// The action.
  public enum Action: Sendable, Hashable {
    /// Nothing new since the last reading: skip it.
    case unchanged
    /// Read on from the matched cursor's offset, handing its mark to the reader.
    case resume(offset: Int)
    /// Read from the start.
    case start(Reason)
  }

  /// Why a file is read from the start.
  ///
  /// The raw value is stable once released.
  public enum Reason: String, Sendable, CaseIterable, Codable {
    /// No cursor knows it.
    case new
    /// A cursor has its path or number, but the content begins otherwise.
    case replaced
    /// It begins as before and is shorter than what was read of it.
    case truncated
  }

  /// The file.
  public let file: FileStatus
  /// What to do.
  public let action: Action
  /// The cursor that belongs to the file, which the next one takes the place of; nil for a new file.
  ///
  /// Its path may be another, where the file was renamed.
  public let cursor: FileCursor?
}

/// Decides what of each input file is new, from what the files are and what is remembered of them.
public enum InputPlan {
  /// Decides for each file.
  ///
  /// A cursor belongs to the file of the same device and inode if the content begins as the cursor says and
  /// is not shorter than what was read. What is left is matched by its beginning alone, which finds a log
  /// that was moved between file systems, copied before truncation, or compressed by rotation; of several
  /// such cursors the one whose path has most in common with the file's wins, then the one that has read
  /// most. Only then a shorter file is taken for a truncated one. No cursor serves two files. A match by a
  /// beginning that other files share is caught when reading on, by the mark
  /// (`InputError.Code.contentDiffers`: read from the start).
  /// - Parameters:
  ///   - files: the files there are.
  ///   - cursors: what is remembered.
  /// - Returns: one decision a file, sorted by the bytes of the path; the same whatever the order of the
  ///   input.
  public static func decide(files: [FileStatus], cursors: [FileCursor]) -> [InputDecision] {
    let files = files.sorted { precedes($0.path, $1.path) }
    let cursors = cursors.sorted { left, right in
      if left.path != right.path { return precedes(left.path, right.path) }
      return (left.device, left.inode, left.offset) < (right.device, right.inode, right.offset)
    }
    var unused = Set(cursors.indices)
    var matched = [Int?](repeating: nil, count: files.count)
    func match(_ fits: (FileStatus, FileCursor) -> Bool) {
      for (number, file) in files.enumerated() where matched[number] == nil {
        guard let cursor = best(file, among: cursors, unused: unused, fits: { fits(file, $0) }) else {
          continue
        }
        matched[number] = cursor
        unused.remove(cursor)
      }
    }
    match { isSame($0, $1) && !isTruncated($0, $1) && $1.head.begins($0.head) }
    match { !isTruncated($0, $1) && $1.headLength > 0 && $1.head.begins($0.head) }
    match { isSame($0, $1) && $1.head.begins($0.head) }
    return files.indices.map { number in
      let file = files[number]
      if let cursor = matched[number].map({ cursors[$0] }) {
        return InputDecision(file: file, action: action(file, cursor), cursor: cursor)
      }
      let isKnown =
        cursors.contains { isSame(file, $0) } || unused.contains { cursors[$0].path == file.path }
      return InputDecision(file: file, action: .start(isKnown ? .replaced : .new), cursor: nil)
    }
  }

  /// Whether the file system calls it the same file.
  private static func isSame(_ file: FileStatus, _ cursor: FileCursor) -> Bool {
    cursor.device == file.device && cursor.inode == file.inode
  }

  /// Whether it is shorter than what was read; of a compressed file the length on disk does not say.
  private static func isTruncated(_ file: FileStatus, _ cursor: FileCursor) -> Bool {
    !file.hasOwnOffsets && file.size < cursor.offset
  }

  private static func action(_ file: FileStatus, _ cursor: FileCursor) -> InputDecision.Action {
    if isTruncated(file, cursor) { return .start(.truncated) }
    let isSameState =
      isSame(file, cursor) && file.size == cursor.size && file.modified == cursor.modified
    return isSameState && cursor.complete ? .unchanged : .resume(offset: cursor.offset)
  }

  /// The cursor that `fits` with the longest common path, then the greatest offset, then the first.
  private static func best(
    _ file: FileStatus, among cursors: [FileCursor], unused: Set<Int>, fits: (FileCursor) -> Bool
  ) -> Int? {
    var found: Int?
    var foundRank = (-1, -1)
    for (number, cursor) in cursors.enumerated() where unused.contains(number) && fits(cursor) {
      let common = zip(cursor.path.utf8, file.path.utf8).prefix { $0 == $1 }.count
      if (common, cursor.offset) > foundRank {
        found = number
        foundRank = (common, cursor.offset)
      }
    }
    return found
  }

  private static func precedes(_ left: String, _ right: String) -> Bool {
    left.utf8.lexicographicallyPrecedes(right.utf8)
  }
}
