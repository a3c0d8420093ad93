import CLZ4
import CZstd

/// What can go wrong in a codec: facts only, never content.
public struct CompressionError: Error, Sendable, Hashable, CustomStringConvertible {
  /// `lz4` or `zstd`.
  public let codec: String
  /// What the library said, such as `ERROR_frameType_unknown`.
  public let reason: String

  /// `lz4: ERROR_frameType_unknown`.
  public var description: String { "\(codec): \(reason)" }
}

/// LZ4 frames, as the `lz4` command reads and writes them.
public enum LZ4Frame {
  /// One whole frame with content size and checksum, blocks of up to 4 MiB, at the fast level.
  public static func compress(_ run: UnsafeRawBufferPointer) throws(CompressionError) -> [UInt8] {
    var preferences = LZ4F_preferences_t()
    preferences.frameInfo.blockSizeID = LZ4F_max4MB
    preferences.frameInfo.contentSize = UInt64(run.count)
    preferences.frameInfo.contentChecksumFlag = LZ4F_contentChecksumEnabled
    let bound = LZ4F_compressFrameBound(run.count, &preferences)
    var failure: CompressionError?
    let frame = [UInt8](unsafeUninitializedCapacity: bound) { target, count in
      let written = LZ4F_compressFrame(target.baseAddress, bound, run.baseAddress, run.count, &preferences)
      if LZ4F_isError(written) != 0 {
        failure = Self.error(written)
      } else {
        count = written
      }
    }
    if let failure { throw failure }
    return frame
  }

  /// Decodes one whole frame.
  /// - Parameters:
  ///   - frame: exactly one frame.
  ///   - size: bytes of text that the caller's index promises; more or fewer is an error.
  ///   - spare: bytes that can be appended to the text without moving it; default 0.
  ///   - checks: whether the frame's own checksum is held against the text; default yes. No is for who has another
  ///     hash of the text to hold against it.
  /// - Returns: the text.
  /// - Throws: ``CompressionError`` for a frame that is damaged, cut or of another size.
  public static func decompress(
    _ frame: UnsafeRawBufferPointer, size: Int, spare: Int = 0, checks: Bool = true
  ) throws(CompressionError) -> [UInt8] {
    var options = LZ4F_decompressOptions_t()
    options.skipChecksums = checks ? 0 : 1
    // The text stays where it is written, so that the library keeps no copy of it.
    options.stableDst = 1
    var context: OpaquePointer?
    let created = LZ4F_createDecompressionContext(&context, UInt32(LZ4F_VERSION))
    guard LZ4F_isError(created) == 0, let context else { throw error(created) }
    defer { LZ4F_freeDecompressionContext(context) }
    var failure: CompressionError?
    // One byte more than promised, so that a longer frame shows.
    let text = [UInt8](unsafeUninitializedCapacity: size + 1 + spare) { target, count in
      var consumed = 0
      while true {
        var written = size + 1 - count
        var read = frame.count - consumed
        let hint = LZ4F_decompress(
          context, target.baseAddress.map { $0 + count }, &written, frame.baseAddress.map { $0 + consumed },
          &read, &options)
        if LZ4F_isError(hint) != 0 {
          failure = Self.error(hint)
          return
        }
        count += written
        consumed += read
        if hint == 0 { break }
        if read == 0 && written == 0 {
          failure = CompressionError(
            codec: "lz4", reason: count > size ? "longer than its index says" : "cut short")
          return
        }
      }
      if consumed != frame.count || count != size {
        failure = CompressionError(codec: "lz4", reason: "size differs from its index")
      }
    }
    if let failure { throw failure }
    return text
  }

  private static func error(_ code: Int) -> CompressionError {
    CompressionError(codec: "lz4", reason: LZ4F_getErrorName(code).map { String(cString: $0) } ?? "unknown")
  }
}

/// Single zstd frames with content size and checksum.
public enum ZstdFrame {
  /// Compresses a run of bytes.
  /// - Parameters:
  ///   - run: the bytes.
  ///   - level: 1 to 19; default 3, which on blocks of 256 KiB of chat records gives 2.9x at 79 MB/s.
  /// - Returns: one frame.
  /// - Throws: ``CompressionError`` when memory is out or the level is not legal.
  public static func compress(_ run: UnsafeRawBufferPointer, level: Int32 = 3) throws(CompressionError)
    -> [UInt8]
  {
    guard let context = ZSTD_createCCtx() else {
      throw CompressionError(codec: "zstd", reason: "out of memory")
    }
    defer { ZSTD_freeCCtx(context) }
    ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level)
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)
    let bound = ZSTD_compressBound(run.count)
    var failure: CompressionError?
    let frame = [UInt8](unsafeUninitializedCapacity: bound) { target, count in
      let written = ZSTD_compress2(context, target.baseAddress, bound, run.baseAddress, run.count)
      if ZSTD_isError(written) != 0 { failure = Self.error(written) } else { count = written }
    }
    if let failure { throw failure }
    return frame
  }

  /// Decodes one frame whose text has exactly `size` bytes.
  public static func decompress(_ frame: UnsafeRawBufferPointer, size: Int) throws(CompressionError)
    -> [UInt8]
  {
    var failure: CompressionError?
    let text = [UInt8](unsafeUninitializedCapacity: max(size, 1)) { target, count in
      let written = ZSTD_decompress(target.baseAddress, size, frame.baseAddress, frame.count)
      if ZSTD_isError(written) != 0 {
        failure = Self.error(written)
      } else if written != size {
        failure = CompressionError(codec: "zstd", reason: "size differs from its index")
      } else {
        count = written
      }
    }
    if let failure { throw failure }
    return text
  }

  private static func error(_ code: Int) -> CompressionError {
    CompressionError(codec: "zstd", reason: ZSTD_getErrorName(code).map { String(cString: $0) } ?? "unknown")
  }
}
