import Bytes
import Records
import Text

/// What the rules make of one record.
struct Examination: Sendable {
  /// Kept or dropped.
  var decision: Decision { drop == nil ? .kept : .dropped }
  /// The reason of a drop: the first rule's that asked for it, as `rule/reason`.
  var reason: String? { drop.map { "\($0.rule)/\($0.reason)" } }
  /// All findings.
  var findings: [Finding] = []
  /// The output's language; nil where it was not told.
  var language: String?

  private var drop: Finding? { findings.first { $0.effect == .drop } }
}

/// Shows one record after another to the rules.
///
/// Owned by one task at a time.
final class RecordExaminer {
  // Behind a pointer, since a rule in an array is copied, with all that it refers to, at every use.
  private let rules: UnsafeMutableBufferPointer<any Rule>
  private let versions: [Int]
  /// The rule that is handed the languages, which are detected once.
  private let languageRule: Int?
  private let conversation = ByteBuffer(capacity: 1 << 14)

  init(rules: [any Rule]) {
    self.rules = .allocate(capacity: rules.count)
    _ = self.rules.initialize(from: rules)
    versions = rules.map { type(of: $0).version }
    languageRule = rules.firstIndex { $0 is LanguageRule }
  }

  deinit {
    rules.deinitialize()
    rules.deallocate()
  }

  /// The parts of a record, valid until the next call and as long as the record is.
  func view(_ record: JSONValue) -> RecordView {
    let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
    conversation.removeAll()
    var lastUser = nothing
    var members = Members()
    record.forEachMember { key, value in members.take(key, value) }
    members.input?.forEachElement { message in
      var content = nothing
      var isUser = false
      message.forEachMember { key, value in
        if key.spells("content") {
          content = value.utf8 ?? nothing
        } else if key.spells("role") {
          isUser = value.utf8?.spells("user") ?? false
        }
      }
      guard content.baseAddress != nil else { return }
      if conversation.count > 0 { conversation.append(0x0A) }
      conversation.append(content)
      if isUser { lastUser = content }
    }
    let output = members.output
    return RecordView(
      input: lastUser, conversation: conversation.view, output: output?["content"]?.utf8 ?? nothing,
      finish: members.finish?.utf8, hasMedia: members.media?.bool ?? false,
      hasToolCalls: output?["tool_calls"] != nil, app: members.app?.utf8, metadata: members.metadata)
  }

  /// Applies the rules in the order of their names.
  func examine(_ view: RecordView) -> Examination {
    var examination = Examination()
    for index in rules.indices {
      func note(_ finding: Finding) {
        var finding = finding
        finding.version = versions[index]
        examination.findings.append(finding)
      }
      if index == languageRule, let rule = rules[index] as? LanguageRule {
        let languages = RecordLanguages(of: view)
        if languages.output.isKnown { examination.language = languages.output.code }
        rule.examine(languages, note)
      } else {
        rules[index].examine(view, note)
      }
    }
    return examination
  }
}

/// The members of a record that rules look at, found in one walk.
private struct Members {
  var input: JSONValue?
  var output: JSONValue?
  var finish: JSONValue?
  var media: JSONValue?
  var app: JSONValue?
  var metadata: JSONValue?

  mutating func take(_ key: UnsafeRawBufferPointer, _ value: JSONValue) {
    switch key.count {
    case 3 where key.spells("app"): app = value
    case 5 where key.spells("input"): input = value
    case 5 where key.spells("media"): media = value
    case 6 where key.spells("output"): output = value
    case 6 where key.spells("finish"): finish = value
    case 8 where key.spells("metadata"): metadata = value
    default: break
    }
  }
}

extension UnsafeRawBufferPointer {
  /// Whether the bytes are those of `literal`.
  @inline(__always)
  func spells(_ literal: StaticString) -> Bool {
    RawBytes.equal(
      self, UnsafeRawBufferPointer(start: literal.utf8Start, count: literal.utf8CodeUnitCount))
  }
}
