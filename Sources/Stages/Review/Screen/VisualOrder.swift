/// Puts right-to-left text into the order in which it is seen.
///
/// xterm, tmux, screen, kitty, foot, Alacritty and the Windows terminal draw cells from left to right and
/// know no bidirectional text: Hebrew sent as it is logged reads backwards there. So each run of
/// right-to-left characters in a line is turned here, numbers in it are kept, and brackets are mirrored.
/// Terminals that would turn it again (VTE, Konsole, mlterm, Terminal.app) are told not to by `CSI 8 l`,
/// which VTE and mlterm honour; in any case each row that holds such text has letters that look like bars
/// where its frame is (U+01C0, a letter of strong left-to-right direction), which the algorithm of no
/// terminal moves text across.
enum VisualOrder {
  private static let mirrors: [String: String] = [
    "(": ")", ")": "(", "[": "]", "]": "[", "{": "}", "}": "{", "<": ">", ">": "<", "«": "»", "»": "«",
  ]

  static func ordered(_ clusters: [SafeCluster]) -> [SafeCluster] {
    guard clusters.contains(where: \.isRightToLeft) else { return clusters }
    var result = clusters
    var index = 0
    while index < clusters.count {
      guard clusters[index].isRightToLeft else {
        index += 1
        continue
      }
      var last = index
      var next = index + 1
      while next < clusters.count, clusters[next].isRightToLeft || isNeutral(clusters[next]) {
        if clusters[next].isRightToLeft { last = next }
        next += 1
      }
      result.replaceSubrange(index...last, with: turned(clusters[index...last]))
      index = last + 1
    }
    return result
  }

  private static func turned(_ run: ArraySlice<SafeCluster>) -> [SafeCluster] {
    var result: [SafeCluster] = run.reversed().map {
      var copy = $0
      if let mirrored = mirrors[copy.text] { copy.text = mirrored }
      return copy
    }
    var index = 0
    while index < result.count {
      guard isDigit(result[index]) else {
        index += 1
        continue
      }
      var end = index
      while end + 1 < result.count,
        isDigit(result[end + 1])
          || [".", ",", ":"].contains(result[end + 1].text) && end + 2 < result.count
            && isDigit(result[end + 2])
      { end += 1 }
      result.replaceSubrange(index...end, with: result[index...end].reversed())
      index = end + 1
    }
    return result
  }

  /// Spaces, digits and punctuation; a letter or a mark ends a run.
  private static func isNeutral(_ cluster: SafeCluster) -> Bool {
    guard cluster.kind == .text || cluster.kind == .space, cluster.width == 1 else { return false }
    return cluster.text.unicodeScalars.first.map { !$0.properties.isAlphabetic } ?? false
  }

  private static func isDigit(_ cluster: SafeCluster) -> Bool {
    cluster.text.unicodeScalars.first?.properties.numericType == .decimal
  }

  /// What stands for a bar of the frame in a row with right-to-left text.
  static let fence = "ǀ"
  private static let bars: Set<String> = ["│", "▎", "┃"]

  /// Makes the frame of each row that holds right-to-left text of letters.
  static func fence(_ rows: inout [[Cell]]) {
    for row in rows.indices {
      guard
        rows[row].contains(where: {
          $0.text.utf8.count > 1 && $0.text.unicodeScalars.contains { CharacterClass.isRightToLeft($0.value) }
        })
      else { continue }
      for column in rows[row].indices where bars.contains(rows[row][column].text) {
        rows[row][column].text = fence
      }
    }
  }
}
