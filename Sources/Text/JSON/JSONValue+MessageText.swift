extension JSONValue {
  /// The text of a message's content, UTF-8: the string that it is, or the texts of its parts with a line feed behind each.
  public var messageText: [UInt8] {
    if let text = utf8 { return Array(text) }
    var out: [UInt8] = []
    forEachElement { part in
      if let text = part["text"]?.utf8 { out += Array(text) + [0x0A] }
    }
    return out
  }
}
