/// A growable run of bytes for building output on hot paths.
///
/// A class over raw memory, so that appending costs no uniqueness or exclusivity check. It is owned by
/// one task at a time and never shared; what crosses tasks is the `[UInt8]` of ``bytes``.
public final class ByteBuffer {
  @usableFromInline struct Storage {
    @usableFromInline var base: UnsafeMutableRawPointer
    @usableFromInline var count: Int
    @usableFromInline var capacity: Int

    @usableFromInline init(capacity: Int) {
      base = .allocate(byteCount: capacity, alignment: 16)
      count = 0
      self.capacity = capacity
    }
  }

  // Behind a pointer, since a class's own variables are checked for overlapping access at every use: 10 % of a pull.
  @usableFromInline let storage: UnsafeMutablePointer<Storage>

  /// Makes an empty buffer.
  /// - Parameter capacity: bytes reserved at first, at least 64; it grows by doubling.
  public init(capacity: Int = 4096) {
    storage = .allocate(capacity: 1)
    storage.initialize(to: Storage(capacity: max(capacity, 64)))
  }

  deinit {
    storage.pointee.base.deallocate()
    storage.deinitialize(count: 1)
    storage.deallocate()
  }

  /// The first byte; valid until the next append.
  @inlinable
  public var base: UnsafeMutableRawPointer { storage.pointee.base }

  /// Bytes written so far.
  @inlinable
  public var count: Int { storage.pointee.count }

  /// A view of what was written; valid until the next append.
  @inlinable
  public var view: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

  /// A copy of what was written.
  public var bytes: [UInt8] { [UInt8](view) }

  /// Makes room for `extra` more bytes without further growth.
  @inlinable
  @inline(__always)
  public func reserve(_ extra: Int) {
    if storage.pointee.count + extra > storage.pointee.capacity { grow(storage.pointee.count + extra) }
  }

  @usableFromInline
  @inline(never)
  func grow(_ needed: Int) {
    let larger = max(needed, storage.pointee.capacity * 2)
    let fresh = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 16)
    fresh.copyMemory(from: base, byteCount: count)
    base.deallocate()
    storage.pointee.base = fresh
    storage.pointee.capacity = larger
  }

  /// Forgets the bytes and keeps the memory.
  @inlinable
  public func removeAll() { storage.pointee.count = 0 }

  /// Cuts back to the first `length` bytes.
  public func truncate(to length: Int) { storage.pointee.count = min(count, max(0, length)) }

  /// Counts `extra` bytes, which the caller has written behind the end after reserving them.
  @inlinable
  @inline(__always)
  public func advance(by extra: Int) { storage.pointee.count += extra }

  /// Appends one byte.
  @inlinable
  @inline(__always)
  public func append(_ byte: UInt8) {
    reserve(1)
    let end = storage.pointee.count
    storage.pointee.base.storeBytes(of: byte, toByteOffset: end, as: UInt8.self)
    storage.pointee.count = end + 1
  }

  /// Appends a run of bytes.
  @inlinable
  @inline(__always)
  public func append(_ run: UnsafeRawBufferPointer) {
    guard let source = run.baseAddress, !run.isEmpty else { return }
    reserve(run.count)
    (storage.pointee.base + storage.pointee.count).copyMemory(from: source, byteCount: run.count)
    storage.pointee.count += run.count
  }

  /// Appends an array of bytes.
  public func append(_ array: [UInt8]) { array.withUnsafeBytes { append($0) } }

  /// Appends a literal.
  @inlinable
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
    let base = base
    var at = count + length
    repeat {
      at -= 1
      base.storeBytes(of: UInt8(truncatingIfNeeded: 48 + rest % 10), toByteOffset: at, as: UInt8.self)
      rest /= 10
    } while rest > 0
    advance(by: length)
  }
}
