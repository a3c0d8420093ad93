import Bytes

extension JSONValue {
  /// The value in canonical form, as JSON.
  public var canonicalJSON: [UInt8] {
    let out = ByteBuffer()
    var writer = JSONWriter(out)
    writer.canonical(self)
    return out.bytes
  }
}
