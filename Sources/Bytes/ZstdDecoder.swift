import CZstd

/// Decodes zstd frames piece by piece, in memory that does not depend on their size.
///
/// A frame may ask for a window of up to 128 MiB, zstd's own default limit. It is owned by one task.
public final class ZstdDecoder {
  /// What one call did.
  public struct Step: Sendable, Hashable {
    /// Bytes of input used.
    public let read: Int
    /// Bytes of text written.
    public let written: Int
    /// Whether a frame ended here, with all of its text written.
    public let endsFrame: Bool
  }

  private let context: OpaquePointer

  /// Makes a decoder that stands before a frame.
  /// - Throws: ``CompressionError`` when memory is out.
  public init() throws(CompressionError) {
    guard let context = ZSTD_createDCtx() else {
      throw CompressionError(codec: "zstd", reason: "out of memory")
    }
    self.context = context
  }

  deinit { ZSTD_freeDCtx(context) }

  /// Forgets what came before: the next input begins a frame.
  public func reset() { ZSTD_DCtx_reset(context, ZSTD_reset_session_only) }

  /// Decodes what is there as far as there is room.
  /// - Parameters:
  ///   - input: the next bytes; what is not used is to be given again.
  ///   - target: room for text.
  /// - Returns: how far it came.
  /// - Throws: ``CompressionError`` for a damaged frame.
  public func decode(
    _ input: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
  ) throws(CompressionError) -> Step {
    var source = ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
    var text = ZSTD_outBuffer(dst: target.baseAddress, size: target.count, pos: 0)
    let code = ZSTD_decompressStream(context, &text, &source)
    guard ZSTD_isError(code) == 0 else {
      throw CompressionError(
        codec: "zstd", reason: ZSTD_getErrorName(code).map { String(cString: $0) } ?? "unknown")
    }
    return Step(read: source.pos, written: text.pos, endsFrame: code == 0)
  }
}
