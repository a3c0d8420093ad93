import Foundation

/// Finds input files by pattern.
public enum InputGlob {
  /// The regular files that a pattern matches, sorted by the bytes of their paths.
  ///
  /// The pattern is one of `glob(3)`: `*`, `?` and `[…]` within a name, never across `/`. A folder means
  /// everything in it that matches `*.jsonl*`. A path that exists means itself, whatever characters it has.
  /// - Parameter pattern: a path, a folder or a pattern.
  /// - Returns: the paths; empty if nothing matches. Links are followed; folders, pipes and devices are left
  ///   out.
  /// - Throws: ``InputError`` with `badPattern` for `**`, `unreadable` for a folder that may not be listed.
  public static func expand(_ pattern: String) throws -> [String] {
    var pattern = pattern
    switch FileKind.of(pattern) {
    case .regular: return [pattern]
    case .other: return []
    case .folder:
      while pattern.count > 1, pattern.hasSuffix("/") { pattern.removeLast() }
      pattern = escaped(pattern) + "/*.jsonl*"
    case .missing:
      if pattern.contains("**") { throw InputError(.badPattern, path: pattern) }
    }
    return try matches(pattern).filter { FileKind.of($0) == .regular }
  }

  private static func matches(_ pattern: String) throws -> [String] {
    var found = glob_t()
    defer { globfree(&found) }
    // A folder that is not there matches nothing; one that may not be listed would hide files silently.
    let code = glob(pattern, GLOB_NOSORT, { _, code in code == ENOENT ? 0 : 1 }, &found)
    if code == GLOB_NOMATCH { return [] }
    guard code == 0 else {
      throw InputError(.unreadable, path: pattern, message: String(cString: strerror(errno)))
    }
    return (0..<Int(found.gl_pathc)).compactMap { found.gl_pathv[$0].map { String(cString: $0) } }
      .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  private static func escaped(_ path: String) -> String {
    String(path.flatMap { "*?[\\".contains($0) ? ["\\", $0] : [$0] })
  }
}
