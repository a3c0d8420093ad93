/// A growable run of bytes for building output on hot paths.
///
/// A class over raw memory, so that appending costs no uniqueness or exclusivity check. It is owned by
/// one task at a time and never shared; what crosses tasks is the `[UInt8]` of ``bytes``.
public final class ByteBuffer {
  /// The first byte; valid until the next append.
  public private(set) var base: UnsafeMutableRawPointer
  /// Bytes written so far.
  public private(set) var count = 0
  private var capacity: Int

  /// Makes an empty buffer.
  /// - Parameter capacity: bytes reserved at first, at least 64; it grows by doubling.
  public init(capacity: Int = 4096) {
    self.capacity = max(capacity, 64)
    base = .allocate(byteCount: self.capacity, alignment: 16)
  }

  deinit { base.deallocate() }

  /// A view of what was written; valid until the next append.
  public var view: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

  /// A copy of what was written.
  public var bytes: [UInt8] { [UInt8](view) }

  /// Makes room for `extra` more bytes without further growth.
  @inline(__always)
  public func reserve(_ extra: Int) {
    if count + extra > capacity { grow(count + extra) }
  }

  @inline(never)
  private func grow(_ needed: Int) {
    let larger = max(needed, capacity * 2)
    let fresh = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 16)
    fresh.copyMemory(from: base, byteCount: count)
    base.deallocate()
    base = fresh
    capacity = larger
  }

  /// Forgets the bytes and keeps the memory.
  public func removeAll() { count = 0 }

  /// Cuts back to the first `length` bytes.
  public func truncate(to length: Int) { count = min(count, max(0, length)) }

  /// Counts `extra` bytes, which the caller has written behind the end after reserving them.
  @inline(__always)
  public func advance(by extra: Int) { count += extra }

  /// Appends one byte.
  @inline(__always)
  public func append(_ byte: UInt8) {
    reserve(1)
    base.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
    count += 1
  }

  /// Appends a run of bytes.
  @inline(__always)
  public func append(_ run: UnsafeRawBufferPointer) {
    guard let source = run.baseAddress, !run.isEmpty else { return }
    reserve(run.count)
    (base + count).copyMemory(from: source, byteCount: run.count)
    count += run.count
  }

  /// Appends an array of bytes.
  public func append(_ array: [UInt8]) { array.withUnsafeBytes { append($0) } }

  /// Appends a literal.
  @inline(__always)
  public func append(_ literal: StaticString) {
    append(UnsafeRawBufferPointer(start: literal.utf8Start, count: literal.utf8CodeUnitCount))
  }

  /// Appends the UTF-8 of a string.
  public func append(string: String) {
    var copy = string
    copy.withUTF8 { append(UnsafeRawBufferPointer($0)) }
  }

  /// Appends an integer in decimal.
  public func append(decimal value: Int64) {
    if value < 0 { append(0x2D) }
    append(decimal: value.magnitude)
  }

  /// Appends an unsigned integer in decimal.
  public func append(decimal value: UInt64) {
    reserve(20)
    var rest = value
    var length = 1
    while rest >= 10 {
      rest /= 10
      length += 1
    }
    rest = value
    var at = count + length
    repeat {
      at -= 1
      base.storeBytes(of: UInt8(truncatingIfNeeded: 48 + rest % 10), toByteOffset: at, as: UInt8.self)
      rest /= 10
    } while rest > 0
    count += length
  }
}
