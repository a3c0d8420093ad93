/// Why an answer cannot be read, without anything of it.
struct XMLFault: Error, Hashable {
  let reason: String
}

/// Reads XML as object stores write it: elements, text, character references and CDATA.
///
/// Attributes, comments and processing instructions are passed over. A document type is refused, and with it
/// every entity but the five that XML has by itself, so no answer can grow while it is read.
struct XMLLeaves {
  private static let depthLimit = 16

  private let bytes: [UInt8]
  private var at = 0

  /// Reads a document and hands out each element as it ends.
  /// - Parameters:
  ///   - bytes: the document, in UTF-8.
  ///   - ended: takes the names from the root down to the element, and the text directly inside it.
  /// - Throws: ``XMLFault`` for what is not well formed.
  static func visit(_ bytes: [UInt8], _ ended: (_ path: [String], _ text: String) -> Void) throws(XMLFault) {
    var reader = XMLLeaves(bytes: bytes)
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { reader.at = 3 }
    try reader.read(ended)
  }

  private init(bytes: [UInt8]) { self.bytes = bytes }

  private mutating func read(_ ended: ([String], String) -> Void) throws(XMLFault) {
    var path: [String] = []
    var texts: [[UInt8]] = []
    func end() {
      ended(path, String(decoding: texts.removeLast(), as: UTF8.self))
      path.removeLast()
    }
    var hasRoot = false
    while at < bytes.count {
      let run = try text()
      if texts.isEmpty {
        guard run.allSatisfy({ [0x20, 0x09, 0x0A, 0x0D].contains($0) }) else { throw fault("text outside") }
      } else {
        texts[texts.count - 1] += run
      }
      guard at < bytes.count else { break }
      if skip("<!--") {
        try pass("-->")
      } else if skip("<?") {
        try pass("?>")
      } else if skip("<![CDATA[") {
        let start = at
        try pass("]]>")
        guard !texts.isEmpty else { throw fault("text outside") }
        texts[texts.count - 1] += bytes[start..<(at - 3)]
      } else if skip("</") {
        let name = try name()
        space()
        guard skip(">"), name == path.last else { throw fault("an end that does not fit") }
        end()
      } else if skip("<") {
        guard !hasRoot || !path.isEmpty else { throw fault("a second root") }
        hasRoot = true
        path.append(try name())
        texts.append([])
        guard path.count <= Self.depthLimit else { throw fault("elements too deep") }
        if try attributes() { end() }
      }
    }
    guard hasRoot, path.isEmpty else { throw fault("no end") }
  }

  private func fault(_ what: String) -> XMLFault { XMLFault(reason: "\(what) at byte \(at)") }

  /// Text up to the next `<` or the end, its references resolved.
  private mutating func text() throws(XMLFault) -> [UInt8] {
    var result: [UInt8] = []
    while at < bytes.count, bytes[at] != UInt8(ascii: "<") {
      if bytes[at] == UInt8(ascii: "&") {
        result += try reference()
      } else {
        result.append(bytes[at])
        at += 1
      }
    }
    return result
  }

  private mutating func reference() throws(XMLFault) -> [UInt8] {
    guard let end = bytes[at...].prefix(12).firstIndex(of: UInt8(ascii: ";")) else { throw fault("a bare &") }
    let name = String(decoding: bytes[(at + 1)..<end], as: UTF8.self)
    let scalar: Unicode.Scalar?
    switch name {
    case "amp": scalar = "&"
    case "lt": scalar = "<"
    case "gt": scalar = ">"
    case "quot": scalar = "\""
    case "apos": scalar = "'"
    default:
      let digits = name.hasPrefix("#x") ? name.dropFirst(2) : name.dropFirst()
      let isNumber = name.hasPrefix("#") && digits.first?.isHexDigit == true
      scalar =
        isNumber ? UInt32(digits, radix: name.hasPrefix("#x") ? 16 : 10).flatMap(Unicode.Scalar.init) : nil
    }
    guard let scalar else { throw fault("an unknown reference") }
    at = end + 1
    return Array(String(scalar).utf8)
  }

  private mutating func name() throws(XMLFault) -> String {
    let start = at
    while at < bytes.count, Address.isLetterOrDigit(bytes[at]) || "-._:".utf8.contains(bytes[at]) { at += 1 }
    guard at > start else { throw fault("no name") }
    return String(decoding: bytes[start..<at], as: UTF8.self)
  }

  /// Passes over attributes to the end of a tag; true if the element ends with it.
  private mutating func attributes() throws(XMLFault) -> Bool {
    while true {
      space()
      if skip("/>") { return true }
      if skip(">") { return false }
      _ = try name()
      space()
      guard skip("=") else { throw fault("an attribute without a value") }
      space()
      if skip("\"") { try pass("\"") } else if skip("'") { try pass("'") } else { throw fault("no quote") }
    }
  }

  private mutating func space() {
    while at < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[at]) { at += 1 }
  }

  private func stands(_ text: StaticString, at place: Int) -> Bool {
    text.withUTF8Buffer { bytes[place...].starts(with: $0) }
  }

  private mutating func skip(_ text: StaticString) -> Bool {
    guard stands(text, at: at) else { return false }
    at += text.utf8CodeUnitCount
    return true
  }

  private mutating func pass(_ end: StaticString) throws(XMLFault) {
    let start = at
    while at < bytes.count {
      if skip(end) { return }
      at += 1
    }
    at = start
    throw fault("no end")
  }
}
