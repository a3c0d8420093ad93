import Bytes
import Catalog
import Foundation
import Records
import Text

/// Records in the form of Argilla's `Record.to_dict`, one JSON object a line: fields, metadata, suggestions and responses by
/// question.
///
/// Questions are `label` (a text, or a list where the queue takes several), `reasons` (a list), `correction` and `note`. A response
/// has a value, a user's id and a status: `submitted` is an answer, `discarded` a skip, and a `draft` is none yet. Argilla knows its
/// users by UUID and keeps no time of an answer: `metadata.flywheel_answers` holds user, event, a digest of
/// what was said, time, milliseconds of work and labeler of each answer that went out; event and time count while nobody
/// changes the answer there.
enum Argilla {
  // MARK: Out

  static func write(_ record: ExchangeRecord, _ queue: QueueDefinition, _ out: inout JSONWriter) {
    out.beginObject()
    out.key("fields")
    out.beginObject()
    out.key("conversation")
    out.beginArray()
    for message in record.input {
      out.beginObject()
      out.key("content")
      out.string(LabelStudio.text(message))
      out.key("role")
      out.string(message.role)
      out.endObject()
    }
    out.endArray()
    if queue.task == .prefer {
      for (name, output) in zip(["first", "second"], record.outputs) {
        out.key(string: name)
        out.string(LabelStudio.text(output))
      }
    } else {
      out.key("output")
      out.string(record.outputs.first.map(LabelStudio.text) ?? "")
    }
    out.endObject()
    out.key("id")
    out.string(record.item.interaction)
    writeMetadata(record, queue, &out)
    out.key("responses")
    writeResponses(record, queue, &out)
    out.key("suggestions")
    out.beginObject()
    if let suggestion = record.suggestion {
      out.key("label")
      out.beginObject()
      out.key("agent")
      out.string("flywheel")
      out.key("score")
      out.number(suggestion.probability)
      out.key("value")
      writeLabels([suggestion.label], queue, &out)
      out.endObject()
    }
    out.endObject()
    out.key("vectors")
    out.beginObject()
    out.endObject()
    out.endObject()
  }

  private static func writeMetadata(
    _ record: ExchangeRecord, _ queue: QueueDefinition, _ out: inout JSONWriter
  ) {
    out.key("metadata")
    out.beginObject()
    if !record.answers.isEmpty {
      out.key("flywheel_answers")
      out.beginArray()
      for (event, answer) in record.answers {
        let said = ExchangeAnswer.said(
          answer ?? ReviewAnswer(labels: [], note: event.text ?? "skipped"), by: event.labeler,
          isSkipped: answer == nil)
        out.string(
          "\(user(event.labeler)) \(event.event) \(said) \(event.time) \(event.active) \(event.labeler)")
      }
      out.endArray()
    }
    out.key("flywheel_interaction")
    out.string(record.item.interaction)
    out.key("flywheel_item")
    out.integer(record.item.item)
    out.key("flywheel_queue")
    out.string(queue.name)
    out.key("flywheel_reason")
    out.string(record.item.reason)
    out.endObject()
  }

  private static func writeResponses(
    _ record: ExchangeRecord, _ queue: QueueDefinition, _ out: inout JSONWriter
  ) {
    out.beginObject()
    func question(_ name: String, _ value: (ReviewAnswer?) -> ((inout JSONWriter) -> Void)?) {
      let values = record.answers.compactMap { event, answer in
        // A skip has no value but its reason.
        (answer == nil && name == "note" ? { $0.string(event.text ?? "skipped") } : value(answer)).map {
          (event: event, isSkip: answer == nil, write: $0)
        }
      }
      guard !values.isEmpty else { return }
      out.key(string: name)
      out.beginArray()
      for entry in values {
        out.beginObject()
        out.key("status")
        out.string(entry.isSkip ? "discarded" : "submitted")
        out.key("user_id")
        out.string(user(entry.event.labeler))
        out.key("value")
        entry.write(&out)
        out.endObject()
      }
      out.endArray()
    }
    question("correction") { answer in answer?.correction.map { text in { $0.string(text) } } }
    question("label") { answer in answer.map { answer in { writeLabels(answer.labels, queue, &$0) } } }
    question("note") { answer in answer?.note.map { text in { $0.string(text) } } }
    question("reasons") { answer in
      answer.flatMap { answer in
        answer.reasons.isEmpty
          ? nil
          : {
            $0.beginArray()
            for reason in answer.reasons { $0.string(reason) }
            $0.endArray()
          }
      }
    }
    out.endObject()
  }

  private static func writeLabels(_ labels: [String], _ queue: QueueDefinition, _ out: inout JSONWriter) {
    guard queue.isMultiple else { return out.string(labels.first ?? "") }
    out.beginArray()
    for label in labels { out.string(label) }
    out.endArray()
  }

  /// A labeler's name as the UUID by which Argilla knows a user.
  private static func user(_ labeler: String) -> String {
    let digits = Array(Digest.sha256("labeler\u{0}\(labeler)").hex.prefix(32))
    return [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(digits[$0]) }.joined(separator: "-")
  }

  // MARK: Back

  /// What users answered on a record.
  static func answers(
    _ value: JSONValue, _ record: RecordCutter.Record, labeler: String?, now: Timestamp
  ) throws -> [Result<ExchangeAnswer, ExchangeFault>] {
    let metadata = value["metadata"]
    let named =
      metadata?["flywheel_interaction"]?.string ?? value["id"]?.string ?? value["external_id"]?.string
    guard let named, !named.isEmpty else { throw record.fault(.noInteraction) }
    var known: [String: (event: String, said: String, time: Timestamp, active: Int, labeler: String)] = [:]
    for text in metadata?["flywheel_answers"]?.elements.compactMap(\.string) ?? [] {
      let parts = text.split(separator: " ", maxSplits: 5, omittingEmptySubsequences: false).map(String.init)
      guard parts.count == 6, let time = Timestamp(parsing: parts[3].utf8), let active = Int(parts[4]) else {
        continue
      }
      known[parts[0]] = (parts[1], parts[2], time, active, parts[5])
    }
    let stamp = value["updated_at"]?.string ?? value["inserted_at"]?.string
    let time = stamp.flatMap { Timestamp(parsing: $0.utf8) } ?? now
    let isSuggested = !(value["suggestions"]?.members.isEmpty ?? true)
    var order: [String] = []
    var byUser: [String: (answer: ReviewAnswer, status: String)] = [:]
    for (key, responses) in value["responses"]?.members ?? [] {
      let question = String(decoding: key, as: UTF8.self)
      for response in responses.elements {
        guard let user = response["user_id"]?.string else { throw record.fault(.noLabeler) }
        if byUser[user] == nil { order.append(user) }
        var entry = byUser[user] ?? (ReviewAnswer(labels: []), "submitted")
        entry.status = response["status"]?.string ?? entry.status
        let texts =
          response["value"]?.string.map { [$0] } ?? response["value"]?.elements.compactMap(\.string) ?? []
        switch question {
        case "reasons": entry.answer.reasons = texts
        case "correction": entry.answer.correction = texts.first
        case "note": entry.answer.note = texts.first
        default: entry.answer.labels += texts
        }
        byUser[user] = entry
      }
    }
    return order.compactMap { user in
      guard var entry = byUser[user], entry.status != "draft" else { return nil }
      let before = known[user]
      entry.answer.active = before?.active ?? 0
      let who = before?.labeler ?? labeler ?? "user-\(user.prefix(8))"
      let isSkipped = entry.status == "discarded"
      var answer = ExchangeAnswer(
        identity: ExchangeAnswer.identity("argilla", "\(named)/\(user)", who, entry.answer, isSkipped),
        item: metadata?["flywheel_item"]?.int64, interaction: named, labeler: who,
        time: time, isSkipped: isSkipped, wasExposed: isSuggested, answer: entry.answer)
      if let before, before.said == ExchangeAnswer.said(entry.answer, by: who, isSkipped: isSkipped) {
        answer.event = before.event
        answer.time = before.time
      }
      return .success(answer)
    }
  }
}
