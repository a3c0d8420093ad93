/// Why an export stopped: facts only, never text of a record.
public struct ExportError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What is wrong.
  ///
  /// The raw value is shown and logged, so it never changes.
  public enum Code: String, Sendable, CaseIterable {
    /// The format does not take this kind.
    case illegalFormat = "illegal-format"
    /// A split's name is not made of the letters, digits and underscores of ASCII.
    case badSplitName = "bad-split-name"
    /// Examples of a split did not come in ascending order of their ids, or one came twice.
    case unsorted
    /// The example's own id is not the one it was handed in under.
    case idDiffers = "id-differs"
    /// The example is of another kind than the dataset.
    case kindDiffers = "kind-differs"
    /// The example is not a JSON document that flywheel takes.
    case malformed
    /// A field that the kind needs is absent or of another type.
    case missingField = "missing-field"
    /// There is no message where at least one is needed.
    case noMessages = "no-messages"
    /// A role is none of system, user, assistant and tool, or not the one that belongs here.
    case illegalRole = "illegal-role"
    /// The input ends with a role after which the format allows no answer.
    case illegalLastRole = "illegal-last-role"
    /// A content is neither a string nor, beside tool calls, absent.
    case contentMissing = "content-missing"
    /// The content that would be trained on or compared with is empty.
    case contentEmpty = "content-empty"
    /// A tool call is not of OpenAI's shape, or lacks an id that the format needs.
    case badToolCall = "bad-tool-call"
    /// A tool call's arguments are no JSON object, which the format needs.
    case badToolArguments = "bad-tool-arguments"
    /// A tool message answers a call that no earlier message made.
    case unknownToolCall = "unknown-tool-call"
    /// The target exists and was not written by an export, or holds files that no export wrote.
    case foreignTarget = "foreign-target"
    /// A name in an archive is absolute, empty, not plain ASCII or leads out of it, or comes twice.
    case badArchiveName = "bad-archive-name"
    /// libarchive refused to write; the system's error number is in `number`.
    case archiveFailed = "archive-failed"
    /// The file or job has ended, by success or by an earlier error.
    case closed
  }

  /// What is wrong.
  public let code: Code
  /// The id of the example, if the error is about one.
  public let example: String?
  /// The field, such as `input[2]`; or the split, format or file that the error is about.
  public let place: String?
  /// The system's error number; 0 where there is none.
  public let number: Int32

  /// States an error.
  /// - Parameters:
  ///   - code: what is wrong.
  ///   - example: the example's id; default none.
  ///   - place: the field, split, format or file; default none.
  ///   - number: the system's error number; default 0.
  public init(_ code: Code, example: String? = nil, place: String? = nil, number: Int32 = 0) {
    self.code = code
    self.example = example
    self.place = place
    self.number = number
  }

  /// `unknown-tool-call: input[3], example support-chat/abc`, with every byte of an id that is not plain ASCII
  /// escaped, since ids come from the sources.
  public var description: String {
    var facts: [String] = []
    if let place { facts.append(Self.plain(place)) }
    if let example { facts.append("example " + Self.plain(example)) }
    if number != 0 { facts.append("errno \(number)") }
    return facts.isEmpty ? code.rawValue : code.rawValue + ": " + facts.joined(separator: ", ")
  }

  /// At most 200 characters, those outside printable ASCII as `\u{…}`.
  private static func plain(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars.prefix(200) {
      result += (0x20..<0x7F).contains(scalar.value) ? String(scalar) : scalar.escaped(asASCII: true)
    }
    return result
  }
}
