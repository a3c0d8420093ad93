import Bytes
import Catalog
import Lake
import Records
import Text

/// What is wrong with a file of golden labels: facts only.
public struct GoldenFileError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The kinds.
  public enum Code: String, Sendable {
    /// A line is no JSON object.
    case notJSON
    /// A line has no text under `id`.
    case noID
    /// A line's `label` is neither good nor bad.
    case badLabel
    /// A line has no text under `labeler`, and the command names none.
    case noLabeler
    /// The file has no line.
    case empty
  }

  /// What is wrong.
  public let code: Code
  /// The line, from 1; 0 for the whole file.
  public let line: Int

  /// States a fault.
  public init(code: Code, line: Int) {
    self.code = code
    self.line = line
  }

  /// Nobody is named who says so.
  public static let withoutLabeler = GoldenFileError(code: .noLabeler, line: 0)

  /// The code and the line.
  public var description: String { "\(code.rawValue) in line \(line)" }
}

/// Golden labels as JSON Lines: `{"id": …, "label": "good", "labeler": …, "note": …}`, and `"exposed": true` where a suggestion was
/// seen first.
public enum GoldenFile {
  /// Reads labels.
  /// - Parameters:
  ///   - bytes: the file's content; blank lines are skipped.
  ///   - labeler: who labelled what names nobody; nil if everything must.
  /// - Returns: the words, in the order of the lines, whose ids are as they are written there.
  /// - Throws: ``GoldenFileError`` for the first line that is wrong.
  public static func read(_ bytes: [UInt8], labeler: String?) throws -> [GoldenWord] {
    var words: [GoldenWord] = []
    let parser = JSONParser()
    for (index, line) in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
      if line.allSatisfy({ $0 == 0x20 || $0 == 0x0D || $0 == 0x09 }) { continue }
      func fault(_ code: GoldenFileError.Code) -> GoldenFileError {
        GoldenFileError(code: code, line: index + 1)
      }
      do {
        let word = try parser.parse(array: Array(line)) { value throws -> GoldenWord in
          guard case .object = value.kind else { throw fault(.notJSON) }
          guard let id = value["id"]?.string, !id.isEmpty else { throw fault(.noID) }
          guard let label = value["label"]?.string.flatMap(LabelClass.init(rawValue:)), label != .tie else {
            throw fault(.badLabel)
          }
          guard let name = value["labeler"]?.string ?? labeler, !name.isEmpty else { throw fault(.noLabeler) }
          return GoldenWord(
            interaction: id, class: label, labeler: name, note: value["note"]?.string,
            isExposed: value["exposed"]?.bool ?? false)
        }
        words.append(word)
      } catch is JSONFault {
        throw fault(.notJSON)
      }
    }
    guard !words.isEmpty else { throw GoldenFileError(code: .empty, line: 0) }
    return words
  }

  /// Writes the words that stand for each item, the one that counts last, so that reading them again gives the same set.
  /// - Parameters:
  ///   - items: the golden set.
  ///   - lake: where the bodies are; nil leaves them out.
  /// - Returns: JSON Lines.
  /// - Throws: ``LakeError`` for a body that is missing or damaged.
  public static func write(_ items: [GoldenItem], bodies lake: LakeStore?) throws -> [UInt8] {
    let out = ByteBuffer()
    let bodies = lake.map { LakeBodies(lake: $0) }
    for item in items {
      let others = item.words.filter { $0.key != item.labeler }.sorted { $0.key < $1.key }
      for (labeler, label) in others { append(item, labeler, label, nil, to: out) }
      if let bodies, let place = item.place {
        try bodies.read(.interactions, place) { append(item, item.labeler, item.class, $0, to: out) }
      } else {
        append(item, item.labeler, item.class, nil, to: out)
      }
    }
    return out.bytes
  }

  /// Appends a labeler's word as a line: with note, time and the record's body if it is the one that counts.
  private static func append(
    _ item: GoldenItem, _ labeler: String, _ label: LabelClass, _ record: JSONValue?, to out: ByteBuffer
  ) {
    let counts = labeler == item.labeler
    var writer = JSONWriter(out)
    writer.beginObject()
    if item.isExposed {
      writer.key("exposed")
      writer.bool(true)
    }
    writer.key("id")
    writer.string(item.interaction)
    if let input = record?["input"] {
      writer.key("input")
      writer.canonical(input)
    }
    writer.key("label")
    writer.string(label.rawValue)
    writer.key("labeler")
    writer.string(labeler)
    if counts, let note = item.note {
      writer.key("note")
      writer.string(note)
    }
    if let output = record?["output"] {
      writer.key("output")
      writer.canonical(output)
    }
    if counts {
      writer.key("time")
      writer.string(item.time.description)
    }
    writer.endObject()
    out.append(0x0A)
  }
}
