/// Measures of UTF-8 text.
public enum UTF8Text {
  /// The number of Unicode scalars: bytes that are no continuation bytes, whether the text is valid or not.
  public static func characterCount(_ text: UnsafeRawBufferPointer) -> Int {
    guard let start = text.baseAddress else { return 0 }
    let bytes = start.assumingMemoryBound(to: Int8.self)
    var total = 0
    // Continuation bytes are -128 to -65 as signed numbers; a plain loop without exits becomes vector code.
    for index in 0..<text.count { total &+= bytes[index] > -65 ? 1 : 0 }
    return total
  }
}
