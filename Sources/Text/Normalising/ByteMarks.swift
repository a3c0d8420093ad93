import CTextVectors

/// The places of a text's bytes that a kernel takes up, found with the processor's widest vectors.
///
/// A place may be found for nothing, none is left out.
public struct ByteMarks: ~Copyable {
  /// Which bytes are found.
  public enum Kind: Int32, Sendable {
    /// What ``PersonalDataScanner`` hangs on.
    case trigger = 0
    /// First bytes of what ``TextFolding`` folds.
    case folded = 1
    /// First bytes of what ``TextFolder`` folds.
    case disguised = 2
    /// Backquotes, and what may open a place of a template: `{`, `[` and `<` before what a name begins with.
    case opening = 3
  }

  /// Blocks of 64 bytes that are looked at in one call.
  private static let blocks = 16

  private let kind: Kind
  private let base: UnsafeRawPointer?
  private let end: Int
  /// The place of the lowest bit of ``mask``.
  private var block = 0
  private var mask: UInt64 = 0
  /// Where the next block begins.
  private var next: Int
  /// Blocks of ``masks`` that were read.
  private var read = blocks
  private var masks = InlineArray<16, UInt64>(repeating: 0)

  /// Stands before the first place.
  /// - Parameters:
  ///   - kind: which bytes are found.
  ///   - text: any bytes, which must stay while places are read.
  ///   - start: a place before which nothing is found; default 0.
  public init(_ kind: Kind, in text: UnsafeRawBufferPointer, from start: Int = 0) {
    self.kind = kind
    base = text.baseAddress
    end = text.count
    next = start & ~63
    advance()
    mask &= UInt64.max &<< UInt64(truncatingIfNeeded: start & 63)
  }

  /// The next place; nil behind the last.
  @inline(__always)
  public mutating func place() -> Int? {
    while mask == 0 {
      guard next < end else { return nil }
      advance()
    }
    let place = block &+ mask.trailingZeroBitCount
    mask &= mask &- 1
    return place
  }

  @inline(__always)
  private mutating func advance() {
    if read == Self.blocks { fill() }
    mask = masks[read]
    read &+= 1
    block = next
    next &+= 64
  }

  @inline(never)
  private mutating func fill() {
    read = 0
    guard let base, next < end else { return masks = .init(repeating: 0) }
    let count = min(Self.blocks, (end - next + 63) / 64)
    let (kind, next, end) = (kind.rawValue, next, end)
    var span = masks.mutableSpan
    span.withUnsafeMutableBufferPointer { masks in
      guard let start = masks.baseAddress else { return }
      ctext_marks(kind, base, next, end, count, start)
    }
  }
}
