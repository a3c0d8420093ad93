import Bytes
import CTextVectors

/// The runs of bytes of one kind in a text, found with the processor's widest vectors, a stretch of the text at a time.
///
/// Used as `while let run = runs.next()` and not through a closure, so that what the loop counts stays in registers.
public struct ByteRuns: ~Copyable {
  /// What the bytes of a run are.
  public enum Kind: Int32, Sendable {
    /// ASCII letters and digits, and bytes beyond ASCII.
    case word = 0
    /// All but ASCII white space.
    case visible = 1
  }

  /// Places of borders that are found in one call: of some 500 bytes of prose, and so few that taking memory for them is
  /// cheap.
  private static let room = 256

  private let kind: Kind
  private let base: UnsafeRawPointer?
  private let end: Int
  /// Where the next call goes on.
  private var start = 0
  /// Whether a run goes on there, and where that run begins.
  private var inside: Int32 = 0
  private var open: UInt32 = 0
  @usableFromInline let borders = Scratch<UInt32>(capacity: room)
  @usableFromInline var place = 0
  @usableFromInline var found = 0

  /// Stands before the first run.
  /// - Parameters:
  ///   - kind: what the bytes of a run are.
  ///   - text: any bytes, which must stay while runs are read; of more than 4 GiB only the first 4 GiB are read.
  public init(_ kind: Kind, in text: UnsafeRawBufferPointer) {
    self.kind = kind
    base = text.baseAddress
    end = min(text.count, Int(UInt32.max) - 1)
  }

  /// The next run, which is as long as it can be; nil behind the last.
  @inlinable
  @inline(__always)
  public mutating func next() -> (start: Int, stop: Int)? {
    guard place < found || fill() else { return nil }
    let run = (Int(borders.base[place]), Int(borders.base[place &+ 1]))
    place &+= 2
    return run
  }

  /// Looks for more runs; returns whether there are any.
  @usableFromInline
  @inline(never)
  mutating func fill() -> Bool {
    guard let base else { return false }
    place = 0
    found = 0
    while found == 0, start < end {
      // The beginning of a run that goes on from one call to the next stands first.
      let waiting = Int(inside)
      borders.base[0] = open
      let count = ctext_borders(
        kind.rawValue, base, end, &start, &inside, borders.base + waiting, Self.room - waiting)
      found = waiting + count - Int(inside)
      if inside == 1 { open = borders.base[found] }
    }
    return found > 0
  }
}
