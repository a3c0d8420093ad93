import Text

/// Texts that are a program's object, written where a text should be.
enum LoggedObject {
  /// First members of logged messages and completions.
  private static let members: [StaticString] = [
    "\"role\"", "\"messages\"", "\"choices\"", "\"content\"", "\"contents\"", "\"parts\"", "\"candidates\"",
    "\"generations\"", "\"lc\"",
  ]
  /// How Python begins to print an object that holds messages, in lower case.
  private static let dumps = LiteralSet([
    "role='", "role=\"", "role=<messagerole", "content='", "humanmessage(content=", "aimessage(content=",
    "systemmessage(content=", "toolmessage(content=", "chatmessage(role=", "message(role=",
    "chatcompletion(id=", "chatcompletionmessage(content=", "modelresponse(id=", "runmessages(messages=",
  ])
  private static let keys: [StaticString] = [
    "'role':", "'messages':", "'content':", "'choices':", "'parts':",
  ]

  /// Whether the text begins as logged messages in JSON do and ends before its brackets close.
  ///
  /// A text that goes on behind them, or that merely speaks of JSON, is none.
  static func isCutJSON(_ text: UnsafeRawBufferPointer) -> Bool {
    let body = ASCIIText.trimmed(text)
    guard let place = opened(body), members.contains(where: { ASCIIText.has($0, in: body, at: place) }) else {
      return false
    }
    var depth = 0
    var inString = false
    var escaped = false
    for byte in body {
      if inString {
        if escaped {
          escaped = false
        } else if byte == 0x5C {
          escaped = true
        } else {
          inString = byte != 0x22
        }
        continue
      }
      switch byte {
      case 0x22: inString = true
      case 0x7B, 0x5B: depth += 1
      case 0x7D, 0x5D:
        depth -= 1
        if depth == 0 { return false }
      default: break
      }
    }
    return true
  }

  /// Whether the text is what Python prints of an object that holds messages.
  static func isDump(_ text: UnsafeRawBufferPointer) -> Bool {
    let body = ASCIIText.trimmed(text)
    if let place = opened(body) {
      let last = body[body.count - 1]
      return (last == 0x7D || last == 0x5D) && keys.contains { ASCIIText.has($0, in: body, at: place) }
    }
    let start = body.first == 0x5B ? 1 : 0
    guard let dump = dumps.first(in: body, at: start) else { return false }
    // Pydantic prints every member, so another follows the first.
    guard dump.utf8Start[dump.utf8CodeUnitCount - 1] != 0x3D else { return true }
    return ASCIIText.find(" content=", rare: 8, in: body) != nil
      || ASCIIText.find(" role=", rare: 5, in: body) != nil
      || ASCIIText.find(" additional_kwargs=", rare: 18, in: body) != nil
  }

  /// Where the first key of an object stands that may be in lists; nil if no object begins the text.
  private static func opened(_ body: UnsafeRawBufferPointer) -> Int? {
    var place = 0
    while place < body.count, body[place] == 0x5B || ASCIIText.isSpace(body[place]) { place += 1 }
    guard place < body.count, body[place] == 0x7B else { return nil }
    place += 1
    while place < body.count, ASCIIText.isSpace(body[place]) { place += 1 }
    return place < body.count ? place : nil
  }
}
