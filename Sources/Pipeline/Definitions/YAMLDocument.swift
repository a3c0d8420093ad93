import Yams

/// A value of a YAML file with its place.
///
/// All of YAML that definitions do not use is refused on the way here.
struct YAMLItem {
  enum Content {
    case scalar(String, isPlain: Bool)
    case list([YAMLItem])
    case map([YAMLEntry])
    /// A fault has been stated already; readers pass over it.
    case refused
  }

  let line: Int
  let column: Int
  let content: Content
}

/// A key of a mapping, unique in it, and its value.
struct YAMLEntry {
  let key: String
  let line: Int
  let column: Int
  let value: YAMLItem
}

/// Collects the faults of one file.
final class FaultLog {
  let file: String
  private var entries: [DefinitionFault] = []

  init(file: String) { self.file = file }

  func add(_ facts: DefinitionFault.Facts, _ line: Int, _ column: Int) {
    entries.append(DefinitionFault(file: file, line: line, column: column, facts: facts))
  }

  func add(_ facts: DefinitionFault.Facts, at item: YAMLItem) { add(facts, item.line, item.column) }

  var hasFaults: Bool { entries.contains { !$0.isWarning } }

  /// All faults by place; those of one place in the order they were found.
  var sorted: [DefinitionFault] {
    entries.enumerated().sorted {
      ($0.element.line, $0.element.column, $0.offset) < ($1.element.line, $1.element.column, $1.offset)
    }
    .map(\.element)
  }
}

/// Reads the bytes of a definition.
///
/// Two things that the YAML library decides too early are put off by marks in the text, characters that no
/// definition may hold otherwise. `*` is masked, so that an alias is plain text to the library and can never be
/// followed: a small file of nested aliases would stand for more nodes than memory holds. And where the library
/// gives up at the first key given twice, the first of the two gets a name of its own for the time of reading, so
/// that the rest of the file is read as well.
struct YAMLDocument {
  /// The longest definition in bytes: 1 MiB.
  static let maximumBytes = 1_048_576
  /// Renamed keys in one file before reading stops: beyond that the first faults are enough.
  private static let maximumRenames = 50
  /// Bytes read in all for the sake of renamed keys, since each takes another reading of the file.
  private static let maximumReread = 4 * maximumBytes
  private static let mask: Unicode.Scalar = "\u{10FFFD}"
  private static let firstName: UInt32 = 0x10_0000

  private let log: FaultLog
  private var scalars: [Unicode.Scalar] = []
  private var lineStarts = [0]
  private var renamed: [String] = []

  /// The root of the only document; nil if there is none, with a fault in `log`.
  static func read(_ bytes: [UInt8], _ document: DefinitionFault.Document, _ log: FaultLog) -> YAMLItem? {
    guard bytes.count <= maximumBytes else {
      log.add(.tooLarge(bytes: bytes.count, limit: maximumBytes), 1, 1)
      return nil
    }
    var reader = YAMLDocument(log: log)
    guard reader.decode(bytes), let root = reader.compose() else {
      if !log.hasFaults { log.add(.emptyDocument(document), 1, 1) }
      return nil
    }
    if case .scalar("", isPlain: true) = root.content {
      log.add(.emptyDocument(document), at: root)
      return nil
    }
    return root
  }

  private init(log: FaultLog) { self.log = log }

  private mutating func decode(_ bytes: [UInt8]) -> Bool {
    let start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    scalars.reserveCapacity(bytes.count)
    var decoder = UTF8()
    var iterator = bytes[start...].makeIterator()
    var offset = start
    var legal = true
    while true {
      switch decoder.decode(&iterator) {
      case .emptyInput: return legal
      case .error:
        // Well-formed text before it has been consumed to the byte, so this offset is the wrong byte's.
        log.add(.notUTF8(byte: bytes[offset]), lineStarts.count, scalars.count - (lineStarts.last ?? 0) + 1)
        return false
      case .scalarValue(let scalar):
        let after = offset + UTF8.width(scalar)
        if !Self.isLegal(scalar) {
          log.add(
            .character(scalar: scalar.value), lineStarts.count, scalars.count - (lineStarts.last ?? 0) + 1)
          legal = false
        }
        scalars.append(scalar == "*" ? Self.mask : scalar)
        switch scalar {
        case "\n", "\u{85}", "\u{2028}", "\u{2029}": lineStarts.append(scalars.count)
        case "\r" where after >= bytes.count || bytes[after] != 0x0A: lineStarts.append(scalars.count)
        default: break
        }
        offset = after
      }
    }
  }

  /// YAML 1.2's printable characters (5.1), without the private plane 16, which holds the marks.
  private static func isLegal(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x09, 0x0A, 0x0D, 0x20...0x7E, 0x85, 0xA0...0xD7FF, 0xE000...0xFEFE, 0xFF00...0xFFFD,
      0x10000...0xFFFFF:
      true
    default: false
    }
  }

  private mutating func compose() -> YAMLItem? {
    while true {
      // The parser keeps a pointer into the text, which a string of fewer than 16 bytes would not have.
      let padding = [Unicode.Scalar](repeating: "\n", count: max(0, 16 - scalars.count))
      let text = String(String.UnicodeScalarView(scalars + padding))
      do {
        let parser = try Parser(yaml: text, resolver: .basic, encoding: .utf8)
        guard let root = try parser.singleRoot() else { return nil }
        // Nodes hold their anchors weakly; the parser owns them.
        return withExtendedLifetime(parser) { item(root) }
      } catch let error as YamlError {
        if case .duplicatedKeysInMapping(let keys, let context) = error, rename(keys.first, context.mark) {
          continue
        }
        report(error)
        return nil
      } catch {
        log.add(.syntax(problem: "\(error)", context: nil), 1, 1)
        return nil
      }
    }
  }

  /// Gives the key at a place a name of equal length that no other key has; false where that cannot be done.
  private mutating func rename(_ key: String?, _ mark: Mark) -> Bool {
    guard let key, !key.isEmpty, renamed.count < Self.maximumRenames,
      renamed.count * scalars.count < Self.maximumReread, mark.line <= lineStarts.count,
      let name = Unicode.Scalar(Self.firstName + UInt32(renamed.count))
    else { return false }
    let expected = Array(key.unicodeScalars)
    var first = lineStarts[mark.line - 1] + mark.column - 1
    if first < scalars.count, scalars[first] == "\"" || scalars[first] == "'" { first += 1 }
    let range = first..<first + expected.count
    guard range.upperBound <= scalars.count, scalars[range].elementsEqual(expected) else { return false }
    scalars.replaceSubrange(range, with: repeatElement(name, count: expected.count))
    renamed.append(restored(key))
    return true
  }

  /// A mark of the library, drawn back to the end of the file where it lies in the padding.
  private func place(_ mark: Mark?) -> (line: Int, column: Int) {
    guard let mark else { return (1, 1) }
    let last = lineStarts.count
    let end = scalars.count - lineStarts[last - 1] + 1
    return mark.line > last || (mark.line == last && mark.column > end)
      ? (last, end) : (mark.line, mark.column)
  }

  private func report(_ error: YamlError) {
    switch error {
    case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _):
      let origin = context.map { "\($0.text) that begins in line \(place($0.mark).line)" }
      log.add(.syntax(problem: problem, context: origin), place(mark).line, place(mark).column)
    case .composer(_, let problem, let mark, _):
      log.add(
        problem == "but found another document" ? .severalDocuments : .syntax(problem: problem, context: nil),
        place(mark).line, place(mark).column)
    case .duplicatedKeysInMapping(let keys, let context):
      log.add(
        .duplicateKey(restored(keys.first ?? ""), firstLine: nil), context.mark.line, context.mark.column)
    case .reader(let problem, _, _, _): log.add(.syntax(problem: problem, context: nil), 1, 1)
    default: log.add(.syntax(problem: "the parser gave up", context: nil), 1, 1)
    }
  }

  private func restored(_ text: String) -> String {
    guard text.unicodeScalars.contains(Self.mask) else { return text }
    return String(String.UnicodeScalarView(text.unicodeScalars.map { $0 == Self.mask ? "*" : $0 }))
  }

  private func item(_ node: Node) -> YAMLItem {
    let (line, column) = place(node.mark)
    func made(_ content: YAMLItem.Content) -> YAMLItem {
      YAMLItem(line: line, column: column, content: content)
    }
    func refused(_ facts: DefinitionFault.Facts) -> YAMLItem {
      log.add(facts, line, column)
      return made(.refused)
    }
    if node.anchor != nil { return refused(.anchor) }
    switch node {
    case .alias: return refused(.alias)
    case .scalar(let scalar):
      guard node.tag.description == "tag:yaml.org,2002:str" else { return refused(.tag) }
      let isPlain = scalar.style == .plain
      if isPlain, scalar.string.unicodeScalars.first == Self.mask { return refused(.alias) }
      return made(.scalar(restored(scalar.string), isPlain: isPlain))
    case .sequence(let sequence):
      guard node.tag.description == "tag:yaml.org,2002:seq" else { return refused(.tag) }
      return made(.list(sequence.map { item($0) }))
    case .mapping(let mapping):
      guard node.tag.description == "tag:yaml.org,2002:map" else { return refused(.tag) }
      return made(.map(entries(mapping)))
    }
  }

  private func entries(_ mapping: Node.Mapping) -> [YAMLEntry] {
    var entries: [YAMLEntry] = []
    var lines: [String: Int] = [:]
    for (key, value) in mapping {
      let keyItem = item(key)
      let valueItem = item(value)
      switch keyItem.content {
      case .refused: continue
      case .list, .map:
        log.add(.keyNotText, at: keyItem)
        continue
      case .scalar(let text, _):
        let name = original(of: text)
        if let first = lines[name] {
          log.add(.duplicateKey(name, firstLine: first), at: keyItem)
          continue
        }
        lines[name] = keyItem.line
        entries.append(YAMLEntry(key: name, line: keyItem.line, column: keyItem.column, value: valueItem))
      }
    }
    return entries
  }

  private func original(of key: String) -> String {
    guard let first = key.unicodeScalars.first?.value, first >= Self.firstName,
      Int(first - Self.firstName) < renamed.count
    else { return key }
    return renamed[Int(first - Self.firstName)]
  }
}
