import Bytes
import Records
import Text
import Transport

/// Open WebUI's feedback export, by its API or as the file that its interface downloads.
///
/// A row holds a snapshot of the chat. The rated answer and the answers beside it under the same question become
/// interactions, each with the branch of messages that leads to it; the rating becomes a thumb, the place from 1 to 10
/// a rating. Where several answers stood side by side, the rated one beats the others, or they beat it, and ranks say
/// so: of these preference pairs are made. A row without a snapshot is feedback only.
enum OpenWebUI: SourceSystem {
  static var traits: SourceTraits {
    var traits = SourceTraits("Open WebUI", [.service, .files])
    traits.framing = .documents
    traits.required = [.key]
    traits.keyVariable = "OPENWEBUI_API_KEY"
    traits.signals = [
      "rating": SignalRule(signal: .thumb),
      "details.rating": SignalRule(signal: .rating, from: SignalScale(low: 1, high: 10)),
    ]
    return traits
  }

  static func reader(_ source: SourceDefinition, _ records: RecordWriter) -> any RowReader {
    OpenWebUIReader(records)
  }

  static func connector(_ source: SourceDefinition) -> (any Connector)? { OpenWebUIConnector() }
}

/// The export has neither pages nor a filter of time: it is read whole, and what is known already is left out.
private final class OpenWebUIConnector: Connector {
  let streams = [SourceStream("feedback")]

  func authorization(_ credentials: ServiceCredentials) throws -> [HTTPHeader] {
    credentials.key.map { [HTTPHeader("authorization", "Bearer \($0)")] } ?? []
  }

  func page(_ request: PageRequest, _ service: SourceService) async throws -> SourcePage {
    let response = try await service.client.get("/api/v1/evaluations/feedbacks/all/export")
    let document = try service.document(response)
    // A server of an older version, or a wrong address, answers with its pages for people.
    try document.read { value in
      guard value.kind == .array else { throw service.fault(.badAnswer, "a list of feedback") }
    }
    return SourcePage(document, next: nil)
  }
}

private final class OpenWebUIReader: RowReader {
  private let records: RecordWriter
  private let out = ByteBuffer(capacity: 1 << 14)

  /// Messages of one branch at most; a longer chain is a loop of parents.
  private static let longestBranch = 10_000

  init(_ records: RecordWriter) { self.records = records }

  func read(_ row: JSONValue) throws -> Bool {
    guard row["data"] != nil, row["meta"] != nil || row["snapshot"] != nil,
      row["type"].map({ $0.string == "rating" }) ?? true
    else { return false }
    // A dump of the database has the three as text.
    return try opened(row["data"]) { data in
      try opened(row["meta"]) { meta in
        try opened(row["snapshot"]) { snapshot in try feedback(row, data, meta, snapshot) }
      }
    }
  }

  private func opened(_ value: JSONValue?, _ body: (JSONValue?) throws -> Bool) throws -> Bool {
    guard let text = value?.utf8 else { return try body(value.flatMap { $0.isNull ? nil : $0 }) }
    return try records.nested(text) { (inner: JSONValue) in try body(inner.isNull ? nil : inner) }
      ?? body(nil)
  }

  // MARK: Chats

  /// The rated answer in its chat.
  private struct Answer {
    let chat: String
    let messages: JSONValue
    let system: JSONValue?
    let rated: JSONValue
    /// The answers beside it that a user saw.
    var siblings: [JSONValue] = []

    init?(chat: String, snapshot: JSONValue?, message: String) {
      guard let content = snapshot?["chat"]?["chat"], let messages = content["history"]?["messages"],
        let rated = messages[message]
      else { return nil }
      self.chat = chat
      self.messages = messages
      self.rated = rated
      system = content["params"]?["system"] ?? content["system"]
      guard let parent = rated["parentId"]?.string else { return }
      messages.forEachMember { key, value in
        guard !key.elementsEqual(message.utf8), value["parentId"]?.string == parent,
          value["role"]?.string == "assistant", value["done"]?.bool != false,
          value["error"].map(\.isNull) ?? true,
          value["content"]?.utf8?.isEmpty == false
        else { return }
        siblings.append(value)
      }
      siblings.sort { ($0["id"]?.string ?? "") < ($1["id"]?.string ?? "") }
    }
  }

  private func feedback(_ row: JSONValue, _ data: JSONValue?, _ meta: JSONValue?, _ snapshot: JSONValue?)
    throws -> Bool
  {
    guard let id = row["id"]?.string, !id.isEmpty else { throw RowFault.noID }
    guard let chat = text(meta?["chat_id"]) ?? text(snapshot?["chat"]?["id"]),
      let message = text(meta?["message_id"])
    else { throw RowFault.noTarget }
    let target = "\(chat)-\(message)"
    let created = try time(row["created_at"])
    let answer = Answer(chat: chat, snapshot: snapshot, message: message)
    if let answer {
      for item in [answer.rated] + answer.siblings {
        let isRated = item["id"]?.string == message
        try interaction(item, answer, row, model: isRated ? text(data?["model_id"]) : nil, created: created)
      }
    }
    guard let rating = data?["rating"], !rating.isNull else { return answer != nil }
    var facts = FeedbackFacts(native: id, time: created, signal: .thumb)
    facts.target = target
    facts.conversation = chat
    facts.user = text(row["user_id"])
    facts.updated = try? time(row["updated_at"])
    try emit(facts, "rating", rating, comment: data)
    if let details = data?["details"]?["rating"], !details.isNull {
      facts.native = "\(id)#rating"
      try emit(facts, "details.rating", details, comment: nil)
    }
    guard let answer else { return true }
    try rank(answer, facts, id: id, target: target, data, rating)
    return true
  }

  private func emit(_ facts: FeedbackFacts, _ name: String, _ value: JSONValue, comment data: JSONValue?)
    throws
  {
    guard let rule = records.signal(named: name) else { return records.unmapped(signal: name) }
    let text = value.utf8
    // Older versions stored the thumb as text.
    let number = text.flatMap { Double(String(decoding: $0, as: UTF8.self)) }
    var copy = FeedbackFacts(native: facts.native, time: facts.time, signal: rule.signal)
    copy.target = facts.target
    copy.conversation = facts.conversation
    copy.user = facts.user
    copy.updated = facts.updated
    copy.value = try number.map { try scaled($0, rule) } ?? RecordWriter.value(rule, value)
    let said = ["reason", "comment"].compactMap { self.text(data?[$0]) }
    guard !said.isEmpty else { return try records.feedback(copy) }
    let json = ByteBuffer(capacity: 256)
    var writer = JSONWriter(json)
    writer.string(said.joined(separator: ": "))
    _ = try records.nested(json.view) { (comment: JSONValue) in
      copy.comment = comment
      try records.feedback(copy)
    }
  }

  private func scaled(_ number: Double, _ rule: SignalRule) throws -> Double? {
    if let value = rule.value { return value }
    if rule.signal == .thumb { return number > 0 ? 1 : -1 }
    guard let scale = rule.from else { return number }
    let value = (number - scale.low) / (scale.high - scale.low) * 2 - 1
    guard (-1...1).contains(value) else { throw RowFault.badValue }
    return value
  }

  /// Ranks the rated answer before the answers beside it, or behind them; one that was rated alike says nothing.
  private func rank(
    _ answer: Answer, _ thumb: FeedbackFacts, id: String, target: String, _ data: JSONValue?,
    _ rating: JSONValue
  ) throws {
    let isGood = (rating.double ?? text(rating).flatMap(Double.init) ?? 0) > 0
    let others = answer.siblings.filter { sibling in
      guard let own = sibling["annotation"]?["rating"], !own.isNull else { return true }
      return ((own.double ?? text(own).flatMap(Double.init) ?? 0) > 0) != isGood
    }
    guard !others.isEmpty else { return }
    func emit(_ native: String, _ target: String, _ place: Double) throws {
      var facts = FeedbackFacts(native: native, time: thumb.time, signal: .rank)
      facts.target = target
      facts.conversation = answer.chat
      facts.user = thumb.user
      facts.updated = thumb.updated
      facts.value = place
      try records.feedback(facts)
    }
    try emit("\(id)#rank", target, isGood ? 0 : 1)
    for other in others {
      guard let message = text(other["id"]) else { continue }
      try emit("\(id)#rank-\(message)", "\(answer.chat)-\(message)", isGood ? 1 : 0)
    }
  }

  private func interaction(
    _ message: JSONValue, _ answer: Answer, _ row: JSONValue, model: String?, created: Timestamp
  ) throws {
    guard let id = text(message["id"]) else { throw RowFault.noID }
    var facts = InteractionFacts(
      native: "\(answer.chat)-\(id)", time: (try? time(message["timestamp"])) ?? created)
    facts.conversation = answer.chat
    facts.user = text(row["user_id"])
    facts.model = text(message["model"]) ?? model
    let usage = message["usage"] ?? message["info"]
    facts.tokensIn = usage?.first(of: ["prompt_tokens", "input_tokens", "prompt_eval_count"])?.int64
    facts.tokensOut = usage?.first(of: ["completion_tokens", "output_tokens", "eval_count"])?.int64
    facts.latency = usage?["total_duration"]?.double.map { $0 / 1_000_000_000 }
    facts.updated = try? time(row["updated_at"])
    facts.metadata = records.metadataFields.compactMap { field in
      field.value(in: message).map { (field.name, $0) }
    }
    try write(branchTo: message, answer)
    let isRead: Void? = try records.nested(out.view) { (input: JSONValue) in
      try records.interaction(facts, input: input, output: message["content"])
    }
    if isRead == nil { throw RowFault.noInput }
  }

  /// Writes the messages that lead to an answer, the first one first.
  private func write(branchTo message: JSONValue, _ answer: Answer) throws {
    var branch: [JSONValue] = []
    var parent = text(message["parentId"])
    while let id = parent, let next = answer.messages[id] {
      guard branch.count < Self.longestBranch else { throw RowFault.noInput }
      branch.append(next)
      parent = text(next["parentId"])
    }
    guard !branch.isEmpty else { throw RowFault.noInput }
    out.removeAll()
    var writer = JSONWriter(out)
    writer.beginArray()
    if let system = answer.system?.utf8, !system.isEmpty {
      writer.beginObject()
      writer.key("content")
      writer.string(system)
      writer.key("role")
      writer.string("system")
      writer.endObject()
    }
    for message in branch.reversed() { write(message, to: &writer) }
    writer.endArray()
  }

  private func write(_ message: JSONValue, to writer: inout JSONWriter) {
    writer.beginObject()
    writer.key("content")
    let images =
      message["files"]?.elements.filter { $0["type"]?.string == "image" && $0["url"]?.utf8 != nil } ?? []
    if images.isEmpty {
      if let content = message["content"] { writer.canonical(content) } else { writer.string("") }
    } else {
      writer.beginArray()
      writer.beginObject()
      writer.key("text")
      if let content = message["content"] { writer.canonical(content) } else { writer.string("") }
      writer.key("type")
      writer.string("text")
      writer.endObject()
      for image in images {
        guard let url = image["url"]?.utf8 else { continue }
        writer.beginObject()
        writer.key("image_url")
        writer.beginObject()
        writer.key("url")
        writer.string(url)
        writer.endObject()
        writer.key("type")
        writer.string("image_url")
        writer.endObject()
      }
      writer.endArray()
    }
    writer.key("role")
    if let role = message["role"] { writer.canonical(role) } else { writer.null() }
    writer.endObject()
  }

  // MARK: Parts

  private func text(_ value: JSONValue?) -> String? { value?.scalarText.flatMap { $0.isEmpty ? nil : $0 } }

  private func time(_ value: JSONValue?) throws -> Timestamp {
    guard let value, !value.isNull else { throw RowFault.noTime }
    guard
      let time = value.double.flatMap({ Timestamp(number: $0) })
        ?? value.utf8.flatMap({ Timestamp(parsing: $0) })
    else { throw RowFault.badTime }
    return time
  }
}
