import Catalog
import Lake
import Records
import Text

/// Shows findings in their surroundings: some text of the record, without personal data.
///
/// Owned by one task at a time.
public final class FindingExcerpts {
  /// Bytes of text shown on either side of a finding, and of a finding itself, at most.
  public static let context = 60
  /// How far outside what is shown is scanned, so that no cut leaves half of an address or a key.
  private static let margin = 4096

  private let lake: LakeStore
  private let parser = JSONParser(maximumLength: 1 << 30)
  private let scanner = PersonalDataScanner()
  private let examiner = RecordExaminer(rules: [])

  /// Reads from a lake.
  public init(lake: LakeStore) { self.lake = lake }

  /// The surroundings of a finding: what was found between `⟦` and `⟧`, the whole part's beginning where the finding is
  /// about the whole part, and marks such as `[EMAIL]` in place of personal data.
  ///
  /// It is text from a log: escape it before it reaches a terminal.
  /// - Parameter sample: the finding and where its record is.
  /// - Returns: the text; empty for a finding about the record as a whole.
  /// - Throws: the lake's errors.
  public func excerpt(of sample: FindingSample) throws -> String {
    let place = sample.place
    let frame = try lake.open(segment: place.path(in: .interactions)).frame(place.frame)
    return try frame.withUnsafeBytes { bytes in
      let line = UnsafeRawBufferPointer(rebasing: bytes[place.offset..<place.offset + place.length])
      return try parser.parse(padded: line) { value in
        let view = examiner.view(value)
        switch sample.finding.part {
        case "input": return excerpt(view.input, sample.finding)
        case "conversation": return excerpt(view.conversation, sample.finding)
        case "output": return excerpt(view.output, sample.finding)
        default: return ""
        }
      }
    }
  }

  /// The surroundings of a finding in the text of its part.
  func excerpt(_ text: UnsafeRawBufferPointer, _ finding: Finding) -> String {
    // The record may have been replaced by a shorter one since.
    var start = min(max(0, finding.offset), text.count)
    var end = min(start + max(0, finding.length), text.count)
    let seen = max(0, start - Self.margin)..<min(text.count, max(end, start + Self.context) + Self.margin)
    var hidden: [(place: Range<Int>, kind: PersonalDataKind)] = []
    scanner.scan(UnsafeRawBufferPointer(rebasing: text[seen])) { match in
      let first = seen.lowerBound + match.offset
      hidden.append((first..<first + match.length, match.kind))
    }
    let hasPlace = end > start
    for item in hidden {
      if item.place.lowerBound < start, start < item.place.upperBound { start = item.place.lowerBound }
      if item.place.lowerBound < end, end < item.place.upperBound { end = item.place.upperBound }
    }
    let from = edge(max(0, start - Self.context), text, hidden)
    let to = edge(min(text.count, min(end, start + Self.context) + Self.context), text, hidden)
    var shown: [UInt8] = []
    var place = from
    var next = hidden.drop { $0.place.upperBound <= from }
    if from > 0 { shown += Array("…".utf8) }
    while place <= to {
      if hasPlace, place == start { shown += Array("⟦".utf8) }
      if hasPlace, place == end { shown += Array("⟧".utf8) }
      guard place < to else { break }
      if let item = next.first, item.place.lowerBound == place {
        shown += Array("[\(item.kind.rawValue)]".utf8)
        next = next.dropFirst()
        place = item.place.upperBound
      } else {
        shown.append(text[place])
        place += 1
      }
    }
    if hasPlace, end > to { shown += Array("…⟧".utf8) }
    if to < text.count { shown += Array("…".utf8) }
    return String(decoding: shown, as: UTF8.self)
  }

  /// The place at or before `place` that splits neither a character nor what is hidden.
  private func edge(
    _ place: Int, _ text: UnsafeRawBufferPointer, _ hidden: [(place: Range<Int>, kind: PersonalDataKind)]
  ) -> Int {
    var place = place
    while place > 0, place < text.count, text[place] & 0xC0 == 0x80 { place -= 1 }
    return hidden.first { $0.place.contains(place) }?.place.lowerBound ?? place
  }
}
