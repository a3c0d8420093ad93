import Bytes
import Text

/// What an error about an example says: its id, made into a string only when something is wrong.
struct ExportSubject {
  let id: JSONValue?

  /// An error about a part of the example, such as `input[2]`.
  func error(_ code: ExportError.Code, _ part: String, _ index: Int? = nil) -> ExportError {
    ExportError(code, example: id?.string, place: index.map { "\(part)[\($0)]" } ?? part)
  }
}

/// A view of one message of an example.
struct ExportMessage {
  enum Role: CaseIterable {
    case system, user, assistant, tool

    var name: StaticString {
      switch self {
      case .system: "system"
      case .user: "user"
      case .assistant: "assistant"
      case .tool: "tool"
      }
    }

    init?(_ utf8: UnsafeRawBufferPointer) {
      for role in Self.allCases where RawBytes.equal(utf8, role.name.raw) {
        self = role
        return
      }
      return nil
    }
  }

  /// A call in OpenAI's shape.
  struct Call {
    let id: UnsafeRawBufferPointer?
    let name: UnsafeRawBufferPointer
    /// A JSON string, an object, or nil where there are none.
    let arguments: JSONValue?
  }

  let role: Role
  /// Nil only beside tool calls.
  let content: UnsafeRawBufferPointer?
  let name: UnsafeRawBufferPointer?
  let callID: UnsafeRawBufferPointer?
  let calls: [Call]

  /// Whether role and content are all there is.
  var isPlain: Bool { name == nil && callID == nil && calls.isEmpty }

  /// Reads and checks a message on its own.
  init(_ value: JSONValue, _ subject: ExportSubject, _ part: String, _ index: Int?) throws {
    guard let role = value["role"]?.utf8.flatMap({ Role($0) }) else {
      throw subject.error(.illegalRole, part, index)
    }
    self.role = role
    name = value["name"]?.utf8
    callID = role == .tool ? value["tool_call_id"]?.utf8 : nil
    calls = try Self.calls(value["tool_calls"], role, subject, part, index)
    let content = value["content"]
    self.content = content?.utf8
    let mayLack = !calls.isEmpty && (content?.isNull ?? true)
    guard self.content != nil || mayLack else { throw subject.error(.contentMissing, part, index) }
  }

  private static func calls(
    _ value: JSONValue?, _ role: Role, _ subject: ExportSubject, _ part: String, _ index: Int?
  ) throws -> [Call] {
    guard let value, !value.isNull else { return [] }
    guard value.kind == .array else { throw subject.error(.badToolCall, part, index) }
    let calls = try value.elements.map { element in
      guard let function = element["function"], let name = function["name"]?.utf8, !name.isEmpty else {
        throw subject.error(.badToolCall, part, index)
      }
      return Call(id: element["id"]?.utf8, name: name, arguments: function["arguments"])
    }
    guard calls.isEmpty || role == .assistant else { throw subject.error(.badToolCall, part, index) }
    return calls
  }
}

/// A view of one example: its messages, read and checked for its kind.
struct ExportExample {
  let subject: ExportSubject
  let input: [ExportMessage]
  /// The output or reference; of a preference the chosen one.
  let answer: ExportMessage
  /// Of a preference the rejected one.
  let rejected: ExportMessage?
  /// Of a `kto` example whether the output was good.
  let desirable: Bool?

  /// Whether no message has more than role and content.
  var isPlain: Bool { input.allSatisfy(\.isPlain) && answer.isPlain && rejected?.isPlain ?? true }

  /// The answer's text; empty where it has none.
  var text: UnsafeRawBufferPointer { answer.content ?? UnsafeRawBufferPointer(start: nil, count: 0) }

  init(_ value: JSONValue, _ kind: ExampleParts) throws {
    let subject = ExportSubject(id: value["id"])
    self.subject = subject
    guard let list = value["input"], list.kind == .array else {
      throw subject.error(.missingField, "input")
    }
    var input: [ExportMessage] = []
    // Ids by their 128-bit hashes, so that a long conversation with many calls stays linear.
    var made: Set<ContentHash> = []
    for (index, element) in list.elements.enumerated() {
      let message = try ExportMessage(element, subject, "input", index)
      for call in message.calls { if let id = call.id { made.insert(.of(id)) } }
      if message.role == .tool {
        guard let id = message.callID, made.contains(.of(id)) else {
          throw subject.error(.unknownToolCall, "input", index)
        }
      }
      input.append(message)
    }
    guard !input.isEmpty else { throw subject.error(.noMessages, "input") }
    self.input = input
    answer = try Self.trained(value, kind.answer, subject, needsText: kind.needsText)
    rejected = try kind.rejected.map { try Self.trained(value, $0, subject, needsText: false) }
    desirable = kind.hasDesirable ? value["desirable"]?.bool : nil
    guard !kind.hasDesirable || desirable != nil else { throw subject.error(.missingField, "desirable") }
  }

  /// The turn that is trained on or compared with: an assistant's, with text or, where text is not needed, calls.
  private static func trained(
    _ value: JSONValue, _ field: String, _ subject: ExportSubject, needsText: Bool
  ) throws -> ExportMessage {
    guard let element = value[field], element.kind == .object else {
      throw subject.error(.missingField, field)
    }
    let message = try ExportMessage(element, subject, field, nil)
    guard message.role == .assistant else { throw subject.error(.illegalRole, field) }
    let hasText = message.content.map { !$0.isEmpty } ?? false
    guard hasText || (!needsText && !message.calls.isEmpty) else { throw subject.error(.contentEmpty, field) }
    return message
  }
}

/// Which fields of an example hold what, by kind.
struct ExampleParts {
  let answer: String
  var rejected: String?
  var needsText = false
  var hasDesirable = false
}

extension StaticString {
  /// The bytes of the literal.
  var raw: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: utf8Start, count: utf8CodeUnitCount)
  }
}
