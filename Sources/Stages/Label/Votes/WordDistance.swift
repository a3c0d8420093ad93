import Text

/// How far a correction is from the output it corrects: edits of words, as a share of the longer text's words.
///
/// Words are those of ``WordScanner``, so that case, punctuation and white space count nothing. Words at the start and
/// the end that both share are set aside. The distance of what is left is Levenshtein's, by the bit-parallel algorithm of
/// Myers (1999, "A fast bit-vector algorithm for approximate string matching based on dynamic programming") in blocks as
/// Hyyrö (2003) has it for long patterns: a 64th of the table's cells. Where either rest has more than ``limit`` words the
/// words that only one of them has are counted, whatever their order, which is a lower bound and takes linear time.
final class WordDistance {
  /// Words that are compared in their order: at most 8,192² / 64, a million steps.
  static let limit = 8192

  private let grams = WordGrams()

  /// The distance, 0 (the same words) to 1; of texts without words 0 if their bytes are equal, else 1.
  func distance(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Double {
    grams.scan(left)
    let first = Array(grams.words.hashes)
    grams.scan(right)
    let second = Array(grams.words.hashes)
    let longer = max(first.count, second.count)
    guard longer > 0 else { return left.elementsEqual(right) ? 0 : 1 }
    var start = 0
    let shorter = min(first.count, second.count)
    while start < shorter, first[start] == second[start] { start += 1 }
    var end = 0
    while end < shorter - start, first[first.count - 1 - end] == second[second.count - 1 - end] { end += 1 }
    let rests = (first[start..<(first.count - end)], second[start..<(second.count - end)])
    let edits =
      max(rests.0.count, rests.1.count) <= Self.limit
      ? Self.levenshtein(rests.0, rests.1) : Self.different(rests.0, rests.1)
    return Double(edits) / Double(longer)
  }

  /// Levenshtein's distance.
  static func levenshtein(_ left: ArraySlice<UInt64>, _ right: ArraySlice<UInt64>) -> Int {
    let (pattern, text) = left.count <= right.count ? (left, right) : (right, left)
    guard !pattern.isEmpty else { return text.count }
    let blocks = (pattern.count + 63) / 64
    // Where each word stands in the pattern: a row of bits for each, the first row for words that it lacks.
    var rows: [UInt64: Int] = [:]
    var places = [UInt64](repeating: 0, count: blocks)
    for (index, word) in pattern.enumerated() {
      let row = rows[word] ?? rows.count + 1
      if row * blocks == places.count {
        rows[word] = row
        places += [UInt64](repeating: 0, count: blocks)
      }
      places[row * blocks + index / 64] |= 1 << UInt64(index % 64)
    }
    let last = UInt64(1) << UInt64((pattern.count - 1) % 64)
    var up = [UInt64](repeating: .max, count: blocks)
    var down = [UInt64](repeating: 0, count: blocks)
    var distance = pattern.count
    for word in text {
      let row = (rows[word] ?? 0) * blocks
      // The first row of the table counts up: nothing of the pattern against so many words.
      var carry = 1
      for block in 0..<blocks {
        var equal = places[row + block]
        let (plus, minus) = (up[block], down[block])
        let vertical = equal | minus
        if carry < 0 { equal |= 1 }
        let horizontal = (((equal & plus) &+ plus) ^ plus) | equal
        var rise = minus | ~(horizontal | plus)
        var fall = plus & horizontal
        let high = block == blocks - 1 ? last : 1 << 63
        let next = (rise & high != 0 ? 1 : 0) - (fall & high != 0 ? 1 : 0)
        rise <<= 1
        fall <<= 1
        if carry < 0 { fall |= 1 } else if carry > 0 { rise |= 1 }
        up[block] = fall | ~(vertical | rise)
        down[block] = rise & vertical
        carry = next
      }
      distance += carry
    }
    return distance
  }

  /// Words of the longer text that the other lacks, each as often as it does.
  static func different(_ left: ArraySlice<UInt64>, _ right: ArraySlice<UInt64>) -> Int {
    var counts: [UInt64: Int] = [:]
    for word in left { counts[word, default: 0] += 1 }
    var shared = 0
    for word in right {
      guard let count = counts[word], count > 0 else { continue }
      counts[word] = count - 1
      shared += 1
    }
    return max(left.count, right.count) - shared
  }
}
