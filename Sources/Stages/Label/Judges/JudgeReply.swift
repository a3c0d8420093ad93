import Text

/// What was read of a judge's answer.
enum JudgeReply: Equatable {
  /// The verdicts by criterion, in lower case.
  case answers([String: String])
  /// The code word is not the one of the instructions, or a mark of the fence came back.
  case hijacked
  /// There is no answer to the question in it.
  case unread

  /// Counts up when answers are read in another way; they are not bought again for it.
  static let version = 1

  /// The verdicts that a form of rubric knows.
  static func words(_ form: Rubric.Form) -> [String] {
    form == .pointwise ? ["yes", "no", "unsure"] : ["first", "second", "equal"]
  }

  /// Reads an answer: JSON, alone or in other text, with criteria as an object or a list, and verdicts as words or
  /// Booleans.
  ///
  /// Of a criterion that is answered twice the last answer counts, as in ``JSONParser``.
  static func read(_ text: String, fence: JudgeFence, rubric: Rubric) -> JudgeReply {
    // Nothing that a judge may write of its own holds it: it was led to repeat what it was given.
    if text.contains(fence.mark) { return .hijacked }
    let parser = JSONParser()
    var reply: JudgeReply?
    for candidate in candidates(text) where reply == nil {
      reply = try? parser.parse(candidate) { read($0, fence: fence, rubric: rubric) }
    }
    return reply ?? .unread
  }

  /// Whether a judged text is itself a judge's answer, ready to be copied.
  static func isReply(_ text: UnsafeRawBufferPointer) -> Bool {
    guard text.contains(0x7B), let text = String(validating: text, as: UTF8.self) else { return false }
    let parser = JSONParser()
    return candidates(text).contains { candidate in
      (try? parser.parse(candidate) { $0.kind == .object && $0["criteria"] != nil && $0["code"] != nil })
        ?? false
    }
  }

  /// The whole text, and what stands from the first brace to the last.
  private static func candidates(_ text: String) -> [String] {
    guard let open = text.utf8.firstIndex(of: 0x7B), let close = text.utf8.lastIndex(of: 0x7D), open < close
    else {
      return []
    }
    return [text, String(decoding: text.utf8[open...close], as: UTF8.self)]
  }

  private static func read(_ root: JSONValue, fence: JudgeFence, rubric: Rubric) -> JudgeReply? {
    guard root.kind == .object, let criteria = root["criteria"] else { return nil }
    let code = root["code"]?.string ?? ""
    guard code.lowercased().filter({ $0.isLetter }) == fence.code else { return .hijacked }
    let words = words(rubric.form)
    var answers: [String: String] = [:]
    func take(_ id: String, _ value: JSONValue) {
      guard rubric.criteria.contains(where: { $0.id == id }) else { return }
      let verdict = value.kind == .object ? value["verdict"] : value
      guard let verdict else { return }
      let word = verdict.bool.map { $0 ? "yes" : "no" } ?? verdict.string?.lowercased() ?? ""
      answers[id] = words.contains(word) ? word : nil
    }
    switch criteria.kind {
    case .object: criteria.forEachMember { take(String(decoding: $0, as: UTF8.self), $1) }
    case .array:
      criteria.forEachElement { entry in
        if let id = entry["id"]?.string { take(id, entry) }
      }
    default: return nil
    }
    return .answers(answers)
  }
}
