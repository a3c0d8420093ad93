import Bytes
import Catalog
import Records
import Text

/// A place in a record that holds personal data by another's finding than the scanner's: a name, an address.
public struct ExampleSpan: Sendable, Hashable {
  /// `input` (the last user message), `conversation` (all input messages, joined by line feeds) or `output`, as in
  /// findings.
  public let part: String
  /// UTF-8 offset of the place in the part, 0-based.
  public let offset: Int
  /// Length of the place in bytes.
  public let length: Int
  /// The word of its mark, capital letters and `_`, such as `PERSON`.
  public let word: String

  /// States a place.
  public init(part: String, offset: Int, length: Int, word: String) {
    self.part = part
    self.offset = offset
    self.length = length
    self.word = word
  }
}

extension ExampleSpan {
  /// The span as a place in the content of a message that begins at `offset` of the conversation; nil if it does not
  /// lie in it.
  func inMessage(offset start: Int, count: Int, isLastUser: Bool) -> ExampleSpan? {
    switch part {
    case "input" where isLastUser: self
    case "conversation" where offset >= start && offset + length <= start + count:
      ExampleSpan(part: part, offset: offset - start, length: length, word: word)
    default: nil
    }
  }
}

/// Gives the further places of an interaction that are masked when it is published; called from several tasks.
public typealias ExampleSpans = @Sendable (Candidate) throws -> [ExampleSpan]

/// Puts marks in place of personal data in the messages of one example, so that what an older scanner let pass is
/// never published.
///
/// Numbers go on behind those of the marks that the pull wrote, and are those of one example: equal values have equal
/// marks in its input and its outputs.
///
/// Owned by one task.
final class ExampleMasker {
  private let scanner = PersonalDataScanner()
  private let redactor = Redactor()
  private let text = ByteBuffer(capacity: 1 << 12)
  /// The highest number of each word's marks in the example.
  private var highest: [String: Int] = [:]
  /// The numbers given to values of words that the scanner does not know.
  private var numbers: [ContentHash: Int] = [:]
  private var written: [String: Int] = [:]

  /// Whether a scan still finds personal data in what was masked since ``begin()``.
  private(set) var leaves = false

  /// Begins an example: call ``note(_:)`` with all its texts, then ``start()``.
  func begin() {
    highest.removeAll(keepingCapacity: true)
    numbers.removeAll(keepingCapacity: true)
    written.removeAll(keepingCapacity: true)
    leaves = false
  }

  /// Begins to mask.
  func start() {
    var known: [PersonalDataKind: Int] = [:]
    for (word, number) in highest {
      if let kind = PersonalDataKind(rawValue: word) { known[kind] = number }
    }
    redactor.begin(after: known)
  }

  /// The marks that were written since ``start()``, by word.
  var counts: [String: Int] {
    var counts = written
    for (kind, count) in redactor.counts { counts[kind.rawValue, default: 0] += count }
    return counts
  }

  /// Notes the marks of a text, and of all texts in a value.
  func note(_ value: JSONValue) {
    if let text = value.utf8 { return note(text) }
    value.forEachElement { note($0) }
    value.forEachMember { key, member in
      note(key)
      note(member)
    }
  }

  /// Notes the marks of a text.
  func note(_ text: UnsafeRawBufferPointer) {
    RedactionMark.forEach(in: text) { word, number in highest[word] = max(highest[word] ?? 0, number) }
  }

  /// The text with marks; valid until the next call.
  func masked(_ text: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    let result = redactor.redacted(text)
    // The redactor stops where its scanner finds nothing more, but for texts that it gives up on.
    if result.baseAddress != text.baseAddress || result.count != text.count {
      scanner.scan(result) { _ in leaves = true }
    }
    return result
  }

  /// The text with marks at `spans` as well, which are places in it; valid until the next call.
  func masked(_ text: UnsafeRawBufferPointer, at spans: [ExampleSpan]) -> UnsafeRawBufferPointer {
    guard !spans.isEmpty else { return masked(text) }
    self.text.removeAll()
    var clean = 0
    for span in spans.sorted(by: { ($0.offset, $1.length) < ($1.offset, $0.length) }) {
      // Of spans that overlap the first and longest counts; one that does not fit its text masks nothing.
      guard span.offset >= clean, span.length > 0, span.offset + span.length <= text.count else { continue }
      self.text.append(UnsafeRawBufferPointer(rebasing: text[clean..<span.offset]))
      clean = span.offset + span.length
      mark(span.word, UnsafeRawBufferPointer(rebasing: text[span.offset..<clean]))
    }
    self.text.append(UnsafeRawBufferPointer(rebasing: text[clean...]))
    return masked(self.text.view)
  }

  private func mark(_ word: String, _ value: UnsafeRawBufferPointer) {
    let key = ContentHash.of("\(word)\u{0}\(String(decoding: value, as: UTF8.self).lowercased())")
    let number: Int
    if let known = numbers[key] {
      number = known
    } else {
      number = (highest[word] ?? 0) + 1
      highest[word] = number
      numbers[key] = number
    }
    written[word, default: 0] += 1
    text.append(string: "[\(word)_\(number)]")
  }
}
