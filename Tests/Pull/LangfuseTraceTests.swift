import Curate
import Foundation
import Records
import Testing
import Text

@testable import Pull

/// Ten real Langfuse traces of ten libraries, and what Langfuse's own page makes of each payload.
///
/// **As expected** means, for each side that Langfuse could read (`success: true`):
/// - an input has the same messages in the same order, an output is the last message of the list as the assistant's,
///   since a record's output is one message;
/// - roles are equal after our names for them (`model` is `assistant`);
/// - the content is equal as text: a string as it is, text parts joined by line feeds, anything else by the value of
///   the JSON that our text is; a message whose text Langfuse left under `json.text` has that;
/// - tool calls are equal by id, name and arguments, and `tool_call_id` is equal; where the log has no id (Langfuse
///   writes an empty one) ours is `call-1` and so on;
/// - entries without a role are a payload that is no message (a tool's span): our text is that JSON.
///
/// Langfuse's leftovers (`json`, `tools`, `type`) are not reproduced. What differs on purpose is in `exceptions`.
@Suite("Langfuse's traces") struct LangfuseTraceTests {
  static let folder: URL = {
    let folder =
      ProcessInfo.processInfo.environment["FLYWHEEL_TEST_DATA"]
      ?? URL(filePath: #filePath).appending(path: "../../../../shared/data").standardized.path
    return URL(filePath: folder).appending(path: "langfuse/traces")
  }()
  static let isThere = FileManager.default.fileExists(atPath: folder.path)

  /// Where we differ from Langfuse's page, and why.
  enum Exception: String {
    /// The log holds what Python prints of its messages; Langfuse shows no message, only tools. We keep the text, and
    /// curation drops it.
    case printedObjects = "object-dump"
    /// Langfuse leaves Gemini's function response to the user; it is a tool's message.
    case functionResponse = "tool"
    /// Langfuse does not open the message of a choice; we do.
    case choice = "choice"
  }

  static let exceptions: [String: Exception] = [
    "agno/b38a82ea/input": .printedObjects, "agno/ca136de4/input": .printedObjects,
    "google-adk/bded6778/input": .functionResponse, "pydantic-ai/5cb389a3/output": .choice,
  ]

  /// What becomes of the sides that Langfuse could not read: text as it was, the message that was opened, or the
  /// finding that keeps it from training.
  static let others: [String: String] = [
    "agno/1cffdfa6/input": "text",
    "agno/1cffdfa6/output": "opened: assistant",
    "agno/1f883bb9/input": "text",
    "agno/1f883bb9/output": "placeholder",
    "agno/6581e147/input": "opened: user",
    "agno/fc7f61b5/input": "text",
    "agno/fc7f61b5/output": "text",
    "autogen/83517f90/input": "text",
    "autogen/83517f90/output": "text",
    "beeai/bd2f100a/output": "text",
    "beeai/cb488624/input": "text",
    "beeai/cb488624/output": "object-dump",
    "crewai/231c4396/output": "text",
    "crewai/a8bf7747/input": "text",
    "crewai/a8bf7747/output": "text",
    "google-adk/04290e4d/input": "placeholder",
    "langgraph-python/21441266/input": "text",
    "langgraph-python/c7fbfdc6/output": "text",
    "langgraph-python/e6380644/output": "text",
    "llamaindex/7ca8b22f/input": "opened: user",
    "llamaindex/7ca8b22f/output": "text",
    "openai-agents/5b99c3e3/input": "text",
    "openai-agents/5b99c3e3/output": "text",
    "vercel-aisdk/1dc67681/input": "opened: user",
    "vercel-aisdk/e9bb8c19/input": "text",
  ]

  struct Side {
    let key: String
    let side: Normalised.Side
    let data: [[String: Any]]?
    let raw: String
    let made: Normalised
  }

  static func sides() throws -> [Side] {
    var sides: [Side] = []
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    for file in files where file.hasSuffix(".chatml.json") {
      let name = String(file.prefix { !$0.isNumber }.dropLast())
      let page = try object(file)
      let trace = try object(file.replacing(".chatml.", with: ".trace."))
      let observations = try #require(trace["observations"] as? [[String: Any]])
      for (id, value) in page.sorted(by: { $0.key < $1.key }) {
        let observation = try #require(observations.first { $0["id"] as? String == id })
        let members = try #require(value as? [String: Any])
        for side in [Normalised.Side.input, .output] {
          guard let shown = members[side.rawValue] as? [String: Any] else { continue }
          let raw = try #require(observation[side.rawValue] as? String)
          sides.append(
            Side(
              key: "\(name)/\(id.prefix(8))/\(side.rawValue)", side: side,
              data: shown["success"] as? Bool == true ? shown["data"] as? [[String: Any]] : nil, raw: raw,
              made: try Normalised(quoted(raw), side)))
        }
      }
    }
    return sides
  }

  private static func object(_ file: String) throws -> [String: Any] {
    let data = try Data(contentsOf: folder.appending(path: file))
    return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
  }

  private static func json(_ text: String) -> NSObject? {
    try? JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed) as? NSObject
  }

  private static func messages(_ made: Normalised, _ side: Normalised.Side) throws -> [[String: Any]] {
    let value = json(try #require(made.text))
    return try #require(side == .input ? value as? [[String: Any]] : (value as? [String: Any]).map { [$0] })
  }

  // MARK: What is expected

  private static let roles = [
    "model": "assistant", "human": "user", "ai": "assistant", "developer": "system",
  ]

  /// How a message differs from an entry of Langfuse's list; nil if it does not.
  private static func difference(_ message: [String: Any], _ entry: [String: Any], role: String?) -> String? {
    let shown = entry["role"] as? String ?? ""
    let expected = role ?? roles[shown] ?? shown
    if message["role"] as? String != expected { return "role" }
    let content = message["content"] as? String ?? ""
    let left = entry["json"] as? [String: Any]
    switch entry["content"] ?? left?["text"] {
    case nil: if !content.isEmpty { return "content" }
    case let text as String: if text != content { return "content" }
    case let value?:
      let parts = (value as? [[String: Any]])?.compactMap {
        $0["type"] as? String == "text" ? $0["text"] : nil
      }
      if let parts = parts as? [String], !parts.isEmpty {
        if parts.joined(separator: "\n") != content { return "parts" }
      } else if json(content) != value as? NSObject {
        return "content as JSON"
      }
    }
    if message["tool_call_id"] as? String != entry["tool_call_id"] as? String, role != "tool" {
      return "tool_call_id"
    }
    let calls = message["tool_calls"] as? [[String: Any]] ?? []
    let others = entry["tool_calls"] as? [[String: Any]] ?? []
    guard calls.count == others.count else { return "tool calls" }
    for (call, other) in zip(calls, others) {
      let function = call["function"] as? [String: Any]
      if function?["name"] as? String != other["name"] as? String { return "name of a call" }
      if function?["arguments"] as? String != other["arguments"] as? String { return "arguments of a call" }
      let id = call["id"] as? String ?? ""
      if id != other["id"] as? String, other["id"] as? String != "" || !id.hasPrefix("call-") {
        return "id of a call"
      }
    }
    return nil
  }

  private static func difference(_ side: Side, _ data: [[String: Any]]) throws -> String? {
    let made = try messages(side.made, side.side)
    switch exceptions[side.key] {
    case .printedObjects:
      // Every entry is what Langfuse left of the tools.
      guard data.allSatisfy({ $0.keys.elementsEqual(["tools"]) }), made.count == data.count else {
        return "entries"
      }
      return findings(side).contains("object-dump") ? nil : "no finding"
    case .choice:
      let message = (data.first?["json"] as? [String: Any])?["message"] as? [String: Any] ?? [:]
      return difference(made[0], message, role: nil)
    case .functionResponse, nil: break
    }
    if data.allSatisfy({ $0["role"] == nil }) {
      let values = data.map { ($0["json"] ?? $0) as? NSObject }
      guard made.count == 1, let text = json(made[0]["content"] as? String ?? "") else { return "no JSON" }
      return text == values[0] || text == values as NSArray ? nil : "JSON"
    }
    if side.side == .output { return difference(made[0], data[data.count - 1], role: "assistant") }
    guard made.count == data.count else { return "\(made.count) messages, not \(data.count)" }
    for (message, entry) in zip(made, data) {
      let isResponse = exceptions[side.key] == .functionResponse && message["role"] as? String == "tool"
      if let difference = difference(message, entry, role: isResponse ? "tool" : nil) { return difference }
    }
    return nil
  }

  /// What curation's rule against records that are not whole finds in a side.
  private static func findings(_ side: Side) -> [String] {
    let list = (try? messages(side.made, side.side)) ?? []
    func bytes(_ message: [String: Any]?) -> [UInt8] { Array((message?["content"] as? String ?? "").utf8) }
    let plain = Array("Hello".utf8)
    let isInput = side.side == .input
    let input = isInput ? bytes(list.last { $0["role"] as? String == "user" }) : plain
    let whole = isInput ? Array(list.map(bytes).joined(separator: [0x0A])) : plain
    let output = isInput ? plain : bytes(list.first)
    var reasons: [String] = []
    input.withUnsafeBytes { input in
      whole.withUnsafeBytes { whole in
        output.withUnsafeBytes { output in
          TruncationRule().examine(RecordView(input: input, conversation: whole, output: output)) {
            reasons.append($0.reason)
          }
        }
      }
    }
    return reasons
  }

  @Test(
    "every side that Langfuse could read becomes the same messages",
    .enabled(if: isThere, "shared data is absent"))
  func successes() throws {
    let sides = try Self.sides().filter { $0.data != nil }
    var same = 0
    for side in sides {
      let difference = try Self.difference(side, side.data ?? [])
      #expect(difference == nil, "\(side.key)")
      if difference == nil { same += 1 }
    }
    print(
      "Langfuse: \(same) of \(sides.count) sides as expected, \(Self.exceptions.count) of them by a named exception"
    )
    #expect(same == sides.count)
    #expect(sides.count == 54)
    #expect(Set(Self.exceptions.keys).isSubset(of: Set(sides.map(\.key))))
  }

  @Test(
    "the sides that Langfuse could not read crash nothing", .enabled(if: isThere, "shared data is absent"))
  func failures() throws {
    let sides = try Self.sides().filter { $0.data == nil }
    var outcomes: [String: String] = [:]
    for side in sides { outcomes[side.key] = try Self.outcome(side) }
    #expect(outcomes == Self.others)
    #expect(sides.count == 25)
  }

  private static func outcome(_ side: Side) throws -> String {
    if let fault = side.made.fault { return fault.rawValue }
    let found = findings(side).filter { $0 != "open-code-fence" }
    if !found.isEmpty { return found.joined(separator: " ") }
    let list = try messages(side.made, side.side)
    guard list.count == 1, list[0]["content"] as? String == side.raw else {
      return "opened: " + list.map { $0["role"] as? String ?? "" }.joined(separator: " ")
    }
    return "text"
  }
}
