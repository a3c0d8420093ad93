import Bytes
import Records
import Text

/// What LiteLLM logs: the payloads that its callbacks write, one file a call, arrays or lines of them, and rows of the
/// proxy's spend log.
///
/// A call's id is the provider's id of the answer; LiteLLM has no feedback. Rows of the spend log hold their content
/// only if the proxy is set to store it, and the prompt of a chat in `proxy_server_request`. Calls that failed, calls
/// for other things than text, and rows without content are left out.
enum LiteLLM: SourceSystem {
  static var traits: SourceTraits {
    var traits = SourceTraits("LiteLLM", [.files])
    traits.framing = .documents
    traits.userKeys += ["user_api_key_user_id", "user_api_key_end_user_id", "user_api_key_user_email"]
    return traits
  }

  static func reader(_ source: SourceDefinition, _ records: RecordWriter) -> any RowReader {
    LiteLLMReader(records)
  }
}

private final class LiteLLMReader: RowReader {
  private let records: RecordWriter

  init(_ records: RecordWriter) { self.records = records }

  func read(_ row: JSONValue) throws -> Bool {
    let hasContent = row["messages"] != nil || row["response"] != nil || row["proxy_server_request"] != nil
    guard hasContent, row["startTime"] != nil, row["status"]?.string != "failure",
      isText(row["call_type"]?.string)
    else { return false }
    return try opened(row["response"]) { response in
      guard let response else { return false }
      return try withInput(row) { input in
        guard let input else { return false }
        return try call(row, input, response)
      }
    }
  }

  /// Whether a call asks for text: `acompletion`, `atext_completion`, `aresponses`, `anthropic_messages`,
  /// `agenerate_content_stream` and their like.
  private func isText(_ type: String?) -> Bool {
    guard let type, !type.isEmpty else { return true }
    return ["completion", "responses", "anthropic_messages", "generate_content"].contains {
      type.contains($0)
    }
  }

  private func call(_ row: JSONValue, _ input: JSONValue, _ response: JSONValue) throws -> Bool {
    let start = try time(row["startTime"])
    var facts = InteractionFacts(native: text(row["id"]) ?? text(row["request_id"]), time: start)
    if let end = try? time(row["endTime"]), end >= start {
      facts.latency = Double(end.microseconds - start.microseconds) / 1_000_000
      facts.updated = end
    } else {
      facts.latency = number(row["response_time"]) ?? number(row["request_duration_ms"]).map { $0 / 1000 }
    }
    facts.conversation = text(row["session_id"]) ?? text(row["trace_id"])
    facts.trace = text(row["trace_id"])
    facts.response = text(row["litellm_call_id"])
    let metadata = row["metadata"]
    facts.user =
      text(row["end_user"]) ?? text(row["model_parameters"]?["user"])
      ?? text(metadata?["user_api_key_end_user_id"]) ?? text(row["user"])
    facts.model = text(row["model"]) ?? text(response["model"])
    facts.prompt = text(metadata?["prompt_management_metadata"]?["prompt_id"])
    facts.finish = text(response["choices"]?[0]?["finish_reason"]) ?? text(response["stop_reason"])
    facts.tokensIn = number(row["prompt_tokens"]).flatMap { Int64(exactly: $0) }
    facts.tokensOut = number(row["completion_tokens"]).flatMap { Int64(exactly: $0) }
    facts.cost = number(row["response_cost"]) ?? number(row["spend"])
    facts.metadata = records.metadataFields.compactMap { field in
      field.value(in: row).map { (field.name, $0) }
    }
    try records.interaction(facts, input: input, output: response)
    return true
  }

  // MARK: Content

  /// Opens what may stand there as JSON text; nil for nothing and for an empty object, list or text.
  private func opened<Result>(_ value: JSONValue?, _ body: (JSONValue?) throws -> Result) throws -> Result {
    guard let value, !value.isNull else { return try body(nil) }
    guard let text = value.utf8 else { return try body(value.isEmpty ? nil : value) }
    if text.isEmpty { return try body(nil) }
    if text.first == 0x7B || text.first == 0x5B {
      let found = try records.nested(text) { (inner: JSONValue) in try body(inner.isEmpty ? nil : inner) }
      if let found { return found }
    }
    return try body(value)
  }

  private func withInput<Result>(_ row: JSONValue, _ body: (JSONValue?) throws -> Result) throws -> Result {
    try opened(row["messages"]) { messages in
      if let messages { return try body(messages) }
      return try opened(row["proxy_server_request"]) { request in
        // Some versions keep the request's address and headers beside its body.
        let inner = request?["body"].flatMap { $0.kind == .object ? $0 : nil } ?? request
        let hasContent = ["messages", "input", "prompt", "contents"].contains { inner?[$0] != nil }
        return try body(hasContent ? inner : nil)
      }
    }
  }

  // MARK: Parts

  private func text(_ value: JSONValue?) -> String? { value?.scalarText.flatMap { $0.isEmpty ? nil : $0 } }

  private func number(_ value: JSONValue?) -> Double? {
    (value?.double ?? value?.string.flatMap(Double.init)).flatMap { $0.isFinite ? $0 : nil }
  }

  private func time(_ value: JSONValue?) throws -> Timestamp {
    guard let value, !value.isNull else { throw RowFault.noTime }
    guard
      let time = value.utf8.map({ Timestamp(parsing: $0) }) ?? value.double.flatMap({ Timestamp(number: $0) })
    else { throw RowFault.badTime }
    return time
  }
}

extension JSONValue {
  /// Whether it is an object without members or a list without elements.
  fileprivate var isEmpty: Bool {
    switch kind {
    case .object: members.isEmpty
    case .array: elements.isEmpty
    default: false
    }
  }
}
