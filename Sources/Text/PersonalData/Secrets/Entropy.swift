import Foundation

/// How evenly the bytes of a place are spread.
enum Entropy {
  /// Shannon's entropy of the bytes from `start` to `end`, in bits a byte, 0 to 8.
  ///
  /// After C. E. Shannon, "A Mathematical Theory of Communication", 1948, section 6. Only the first 256 bytes
  /// are looked at.
  static func bits(_ text: ScanText, _ start: Int, _ end: Int) -> Double {
    let stop = min(end, start + 256, text.count)
    let total = stop - start
    guard total > 0 else { return 0 }
    return withUnsafeTemporaryAllocation(of: UInt16.self, capacity: 256) { counts in
      counts.initialize(repeating: 0)
      for place in start..<stop { counts[Int(text.base[place])] += 1 }
      var sum = 0.0
      for count in counts where count > 0 {
        let share = Double(count) / Double(total)
        sum -= share * log2(share)
      }
      return sum
    }
  }
}
