/// Which of sixteen bytes something may hang on.
///
/// Comparisons instead of a table: vectors of sixteen bytes are in every processor that Swift runs on,
/// look-ups in tables are not. A bit may be set for nothing, never unset for something that
/// ``PersonalDataScanner`` takes up.
enum TriggerMask {
  private typealias Bytes = SIMD16<UInt8>

  /// The mask of the bytes from `place` on, the lowest bit for the first; one byte before and one behind the
  /// sixteen are read.
  @inline(__always)
  static func of(_ place: UnsafeRawPointer) -> UInt64 {
    let bytes = place.loadUnaligned(as: Bytes.self)
    let next = (place + 1).loadUnaligned(as: Bytes.self)
    let before = (place - 1).loadUnaligned(as: Bytes.self)
    // The first digit of a run.
    let digit = (bytes &- Bytes(repeating: 0x30)) .< Bytes(repeating: 10)
    let follows = (before &- Bytes(repeating: 0x30)) .< Bytes(repeating: 10)
    var mask = digit .& .!follows
    // Full stop and hyphen with something behind them.
    let stop = (bytes &- Bytes(repeating: 0x2D)) .< Bytes(repeating: 2)
    mask .|= stop .& (next .> Bytes(repeating: 0x20))
    // @, B, and A with a capital behind it.
    mask .|= bytes .== Bytes(repeating: 0x40)
    mask .|= (bytes .== Bytes(repeating: 0x42)) .& (next .== Bytes(repeating: 0x65))
    mask .|= (bytes .== Bytes(repeating: 0x41)) .& ((next &- Bytes(repeating: 0x41)) .< Bytes(repeating: 26))
    // J behind y, and G.
    mask .|= (bytes .== Bytes(repeating: 0x4A)) .& (before .== Bytes(repeating: 0x79))
    mask .|= bytes .== Bytes(repeating: 0x47)
    // : = _ ~
    mask .|= bytes .== Bytes(repeating: 0x3A)
    mask .|= bytes .== Bytes(repeating: 0x3D)
    mask .|= bytes .== Bytes(repeating: 0x5F)
    mask .|= (bytes .== Bytes(repeating: 0x7E)) .& (before .== Bytes(repeating: 0x51))
    return bits(mask)
  }

  /// The mask of the bytes from `place` on that may begin a character which ``TextFolding`` folds; one byte
  /// behind the sixteen is read.
  @inline(__always)
  static func foldable(_ place: UnsafeRawPointer) -> UInt64 {
    let bytes = place.loadUnaligned(as: Bytes.self)
    let next = (place + 1).loadUnaligned(as: Bytes.self)
    var mask =
      (bytes .== Bytes(repeating: 0xC2))
      .& ((next .== Bytes(repeating: 0xA0)) .| (next .== Bytes(repeating: 0xAD)))
    mask .|= bytes .== Bytes(repeating: 0xD9)
    mask .|= bytes .== Bytes(repeating: 0xDB)
    mask .|= bytes .== Bytes(repeating: 0xE0)
    mask .|= (bytes .== Bytes(repeating: 0xE2)) .& (next .< Bytes(repeating: 0x89))
    mask .|= (bytes .== Bytes(repeating: 0xE3)) .& (next .== Bytes(repeating: 0x80))
    mask .|= (bytes .== Bytes(repeating: 0xEF)) .& (next .> Bytes(repeating: 0xB8))
    return bits(mask)
  }

  @inline(__always)
  private static func bits(_ mask: SIMDMask<SIMD16<Int8>>) -> UInt64 {
    let lanes = unsafeBitCast(mask, to: SIMD2<UInt64>.self)
    return bits(lanes[0]) | bits(lanes[1]) << 8
  }

  /// The lowest bits of eight bytes, side by side.
  @inline(__always)
  private static func bits(_ word: UInt64) -> UInt64 {
    ((word & 0x0101_0101_0101_0101) &* 0x0102_0408_1020_4080) >> 56
  }
}
