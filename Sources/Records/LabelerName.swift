/// What a labeler may be called.
public enum LabelerName {
  /// Bytes of the longest name.
  public static let longest = 64

  /// Whether a text is a name: letters, digits, `.`, `_`, `-`, `@` and spaces, at most 64 bytes.
  public static func isLegal(_ name: String) -> Bool {
    !name.isEmpty && name.utf8.count <= longest
      && name.unicodeScalars.allSatisfy {
        $0.properties.isAlphabetic || "0123456789._-@ ".unicodeScalars.contains($0)
      }
  }
}
