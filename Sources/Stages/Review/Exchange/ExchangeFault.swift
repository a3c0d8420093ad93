/// What is wrong with a record of another tool: facts only.
public struct ExchangeFault: Error, Sendable, Hashable, Codable {
  /// The kinds.
  public enum Code: String, Sendable, Hashable, CaseIterable, Codable {
    /// The file has no record.
    case empty
    /// The record is no JSON object.
    case notAnObject
    /// Nothing names the interaction.
    case noInteraction
    /// The interaction is not in the catalog.
    case unknownInteraction
    /// The queue has no item of this interaction.
    case notInQueue
    /// Nobody is named who answered.
    case noLabeler
    /// The labeler's name has characters that a name may not have, or the queue does not let them answer.
    case badLabeler
    /// There is no time.
    case noTime
    /// A label or a reason that the queue does not offer.
    case unknownLabel
    /// There is no label, or there are several where the queue wants one.
    case wrongCount
    /// The correction is empty, or longer than 1 MiB.
    case badCorrection
  }

  /// What is wrong.
  public let code: Code
  /// The record, from 1.
  public let record: Int
  /// The line on which the record begins, from 1.
  public let line: Int
  /// The byte at which the record begins, 0-based.
  public let offset: Int
  /// The name that it is about, such as a label; never the text of a record.
  public let name: String

  /// States a fault.
  public init(_ code: Code, record: Int, line: Int, offset: Int, name: String = "") {
    self.code = code
    self.record = record
    self.line = line
    self.offset = offset
    self.name = name
  }
}

/// Cuts a file into its records, so that one that is wrong is named by its place and does not keep the others out.
struct RecordCutter {
  /// A record and where it begins.
  struct Record {
    let number: Int
    let line: Int
    let bytes: Range<Int>

    func fault(_ code: ExchangeFault.Code, _ name: String = "") -> ExchangeFault {
      ExchangeFault(code, record: number, line: line, offset: bytes.lowerBound, name: String(name.prefix(64)))
    }
  }

  /// The values of a file that is one JSON array or object, or JSON Lines.
  static func records(_ bytes: [UInt8]) -> [Record] {
    // Of an array the elements are records; else each value at the top.
    let first = bytes.firstIndex { $0 != 0x20 && $0 != 0x09 && $0 != 0x0A && $0 != 0x0D } ?? 0
    let level = first < bytes.count && bytes[first] == 0x5B ? 1 : 0
    var records: [Record] = []
    var (depth, start, line, startLine) = (0, -1, 1, 1)
    var (isText, isEscaped) = (false, false)
    func add(_ end: Int) {
      records.append(Record(number: records.count + 1, line: startLine, bytes: start..<end))
      start = -1
    }
    for (index, byte) in bytes.enumerated() {
      if byte == 0x0A { line += 1 }
      if isText {
        // A line feed ends a text that nobody closed, so that it does not swallow the records after it.
        if byte == 0x0A {
          isText = false
        } else if isEscaped {
          isEscaped = false
        } else if byte == 0x5C {
          isEscaped = true
        } else if byte == 0x22 {
          isText = false
        }
        continue
      }
      switch byte {
      case 0x22: isText = true
      case 0x7B, 0x5B:
        if depth == level { (start, startLine) = (index, line) }
        depth += 1
      case 0x7D, 0x5D:
        depth -= 1
        if depth == level, start >= 0 { add(index + 1) }
      default: break
      }
    }
    // What never ends is a record, too, and no JSON.
    if start >= 0 { add(bytes.count) }
    return records
  }
}
