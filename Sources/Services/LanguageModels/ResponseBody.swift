import Bytes
import Text

/// What an answer's body says, by either interface.
struct ResponseBody: Sendable, Hashable {
  var text = ""
  var finish = ""
  /// Nil where the service did not count.
  var inputTokens: Int?
  var outputTokens: Int?
  var tokens: [TokenChoice] = []
  /// Whether the model declined to answer.
  var isRefusal = false

  /// Reads a chat's answer; nil for anything that is none.
  static func chat(_ body: JSONValue, _ kind: ModelServiceKind) -> ResponseBody? {
    kind == .anthropic ? anthropic(body) : openAI(body)
  }

  private static func openAI(_ body: JSONValue) -> ResponseBody? {
    guard let choice = body["choices"]?[0], let message = choice["message"], message.kind == .object else {
      return nil
    }
    var answer = ResponseBody()
    if let content = message["content"] {
      switch content.kind {
      case .string: answer.text = content.string ?? ""
      case .array:
        // Some gateways pass parts on.
        for part in content.elements { answer.text += part["text"]?.string ?? "" }
      case .null: break
      default: return nil
      }
    }
    answer.finish = choice["finish_reason"]?.string ?? ""
    answer.isRefusal = message["refusal"]?.string.map { !$0.isEmpty } ?? false
    if let usage = body["usage"], usage.kind == .object {
      answer.inputTokens = count(usage["prompt_tokens"])
      answer.outputTokens = count(usage["completion_tokens"])
    }
    if let list = choice["logprobs"]?["content"], list.kind == .array {
      answer.tokens = list.elements.map { token in
        TokenChoice(
          text: token["token"]?.string ?? "",
          alternatives: (token["top_logprobs"]?.elements ?? []).compactMap { other in
            guard let text = other["token"]?.string, let value = other["logprob"]?.double else { return nil }
            return TokenChoice.Alternative(text: text, logProbability: value)
          })
      }
    }
    return answer
  }

  private static func anthropic(_ body: JSONValue) -> ResponseBody? {
    guard let content = body["content"], content.kind == .array else { return nil }
    var answer = ResponseBody()
    var input: JSONValue?
    for block in content.elements {
      switch block["type"]?.string {
      case "text": answer.text += block["text"]?.string ?? ""
      case "tool_use": input = block["input"]
      default: break
      }
    }
    if let input {
      let out = ByteBuffer()
      var writer = JSONWriter(out)
      writer.canonical(input)
      answer.text = String(decoding: out.view, as: UTF8.self)
    }
    answer.finish = body["stop_reason"]?.string ?? ""
    answer.isRefusal = answer.finish == "refusal"
    if let usage = body["usage"], usage.kind == .object, let fresh = count(usage["input_tokens"]) {
      // What was read from or written to the service's own cache is counted apart, and costs something, too.
      answer.inputTokens =
        fresh + (count(usage["cache_creation_input_tokens"]) ?? 0)
        + (count(usage["cache_read_input_tokens"]) ?? 0)
      answer.outputTokens = count(usage["output_tokens"])
    }
    return answer
  }

  /// A count, unless it is one that no real answer has.
  private static func count(_ value: JSONValue?) -> Int? {
    guard let number = value?.int64, (0...1_000_000_000).contains(number) else { return nil }
    return Int(number)
  }

  /// The vectors of an answer in the order of the texts; nil unless there is one for each, all of one length.
  static func vectors(_ body: JSONValue, count expected: Int) -> [[Float]]? {
    guard let data = body["data"], data.kind == .array else { return nil }
    var vectors = [[Float]](repeating: [], count: expected)
    var found = 0
    for (place, item) in data.elements.enumerated() {
      let index = item["index"]?.int64.map(Int.init) ?? place
      guard vectors.indices.contains(index), vectors[index].isEmpty, let numbers = item["embedding"] else {
        return nil
      }
      var vector: [Float] = []
      var isWhole = true
      numbers.forEachElement { number in
        if let value = number.double { vector.append(Float(value)) } else { isWhole = false }
      }
      guard isWhole, !vector.isEmpty else { return nil }
      vectors[index] = vector
      found += 1
    }
    guard found == expected, Set(vectors.map(\.count)).count == 1 else { return nil }
    return vectors
  }

  /// Tokens of an answer with vectors.
  static func embeddingTokens(_ body: JSONValue) -> Int? {
    count(body["usage"]?["prompt_tokens"]) ?? count(body["usage"]?["total_tokens"])
  }

  /// A service's own code for a refusal, such as `context_length_exceeded`: letters, digits and `._-` only, since the
  /// words beside it may quote the question.
  static func code(_ body: JSONValue) -> String {
    let error = body["error"]
    return plain(error?["code"]?.string ?? error?["type"]?.string ?? body["type"]?.string)
  }

  /// The code or type that a value names itself, under the same rule.
  static func plainCode(_ value: JSONValue) -> String {
    plain(value["code"]?.string ?? value["type"]?.string)
  }

  private static func plain(_ code: String?) -> String {
    let code = code ?? ""
    let isCode =
      code.utf8.count <= 64
      && code.utf8.allSatisfy { byte in
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || byte == 95
          || byte == 45
          || byte == 46
      }
    return isCode ? code : ""
  }
}

/// Finds the JSON in a text that a model wrote.
enum AnswerText {
  /// The text without white space around it and without a Markdown fence.
  ///
  /// A fence is taken off only where it is the whole text.
  static func json(_ text: String) -> String {
    var bytes = Array(text.utf8)[...]
    func trim() {
      while let first = bytes.first, isSpace(first) { bytes.removeFirst() }
      while let last = bytes.last, isSpace(last) { bytes.removeLast() }
    }
    trim()
    let fence: [UInt8] = [0x60, 0x60, 0x60]
    if bytes.starts(with: fence), bytes.count > 6, bytes.suffix(3).elementsEqual(fence),
      let end = bytes.firstIndex(of: 0x0A)
    {
      bytes = bytes[(end + 1)...].dropLast(3)
      trim()
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
  }
}
