#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Memory for a while, not initialized, for passes over one text.
///
/// From `malloc`, since `UnsafeMutablePointer.allocate` asks Linux for aligned memory, which takes 400 instructions a
/// block in place of 100 (counted by callgrind).
public struct Scratch<Element: BitwiseCopyable>: ~Copyable {
  /// The first element.
  public let base: UnsafeMutablePointer<Element>

  /// Takes memory; a program without memory stops.
  /// - Parameter capacity: elements, 0 or more.
  @inlinable
  public init(capacity: Int) {
    guard let memory = malloc(max(capacity, 1) * MemoryLayout<Element>.stride) else {
      fatalError("out of memory")
    }
    base = memory.bindMemory(to: Element.self, capacity: capacity)
  }

  deinit { free(base) }
}
