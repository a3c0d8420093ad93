import Catalog
import Foundation
import Records
import Text

/// Tasks of Label Studio: predictions, annotations, and the labeling configuration that fits them.
///
/// | part of an answer | control | type of its result |
/// | --- | --- | --- |
/// | labels | `label` | `choices`; of a preference `pairwise`, `left` being the first output, and `choices` for a tie |
/// | reasons | `reasons` | `choices` |
/// | correction | `correction` | `textarea` |
/// | note | `note` | `textarea` |
///
/// `lead_time` is the seconds of work. What a task is of stands under `data.flywheel`. Label Studio knows its own users only, so
/// that a labeler's name goes along in each result's `meta`, with the event's id and time, which count as long as nobody changes the
/// answer there; what Label Studio's users annotate is theirs by their
/// e-mail address, or their number.
enum LabelStudio {
  // MARK: Configuration

  /// The labeling configuration of a queue, XML.
  static func configuration(_ queue: QueueDefinition) -> String {
    let isPair = queue.task == .prefer
    let target = isPair ? "first" : "output"
    var lines = ["<View>"]
    lines.append(
      #"  <Paragraphs name="conversation" value="$conversation" layout="dialogue" nameKey="role" textKey="text"/>"#
    )
    if isPair {
      lines += [
        #"  <Header value="First"/>"#, #"  <Text name="first" value="$first"/>"#,
        #"  <Header value="Second"/>"#, #"  <Text name="second" value="$second"/>"#,
        #"  <Pairwise name="label" toName="first,second"/>"#,
        #"  <Choices name="tie" toName="first" choice="multiple">"#, #"    <Choice value="tie"/>"#,
        "  </Choices>",
      ]
    } else {
      lines += [#"  <Header value="Output"/>"#, #"  <Text name="output" value="$output"/>"#]
      lines += choices("label", queue.answers, multiple: queue.isMultiple, target: target, isRequired: true)
    }
    if !queue.reasons.isEmpty {
      lines += choices("reasons", queue.reasons, multiple: true, target: target, isRequired: false)
    }
    if queue.task == .correct {
      lines.append(
        #"  <TextArea name="correction" toName="\#(target)" rows="8" editable="true" maxSubmissions="1"/>"#)
    }
    lines.append(
      #"  <TextArea name="note" toName="\#(target)" rows="2" editable="true" maxSubmissions="1"/>"#)
    lines.append("</View>")
    return lines.joined(separator: "\n") + "\n"
  }

  private static func choices(
    _ name: String, _ labels: [QueueLabel], multiple: Bool, target: String, isRequired: Bool
  ) -> [String] {
    [
      "  <Choices name=\"\(name)\" toName=\"\(target)\" choice=\"\(multiple ? "multiple" : "single")\""
        + "\(isRequired ? " required=\"true\"" : "")>"
    ]
      + labels.map { label in
        let hint = label.description.map { " hint=\"\(escaped($0))\"" } ?? ""
        return
          "    <Choice value=\"\(escaped(label.name))\" hotkey=\"\(escaped(String(label.key)))\"\(hint)/>"
      } + ["  </Choices>"]
  }

  private static func escaped(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
      .replacing("\"", with: "&quot;")
  }

  // MARK: Tasks

  /// What goes along with each result of an answer, since Label Studio gives annotations ids and times of its own.
  private struct Mark {
    let event, labeler, time: String
    /// Tells whether the answer was changed there.
    let said: String
  }

  static func write(_ record: ExchangeRecord, _ queue: QueueDefinition, _ out: inout JSONWriter) {
    let isPair = queue.task == .prefer
    out.beginObject()
    if !record.answers.isEmpty {
      out.key("annotations")
      out.beginArray()
      for (event, answer) in record.answers { write(event, answer, isPair: isPair, &out) }
      out.endArray()
    }
    out.key("data")
    out.beginObject()
    out.key("conversation")
    out.beginArray()
    for message in record.input {
      out.beginObject()
      out.key("role")
      out.string(message.role)
      out.key("text")
      out.string(text(message))
      out.endObject()
    }
    out.endArray()
    if isPair { out.key("first") } else { out.key("flywheel") }
    if isPair {
      out.string(record.outputs.first.map(text) ?? "")
      out.key("flywheel")
    }
    write(record.item, queue, &out)
    if isPair { out.key("second") } else { out.key("output") }
    out.string((isPair ? record.outputs.dropFirst().first : record.outputs.first).map(text) ?? "")
    out.endObject()
    if let suggestion = record.suggestion {
      out.key("predictions")
      out.beginArray()
      out.beginObject()
      out.key("model_version")
      out.string("flywheel")
      out.key("result")
      out.beginArray()
      writeChoices("label", [suggestion.label], nil, target: "output", &out)
      out.endArray()
      out.key("score")
      out.number(suggestion.probability)
      out.endObject()
      out.endArray()
    }
    out.endObject()
  }

  /// A message as one text: what it says, then its tool calls.
  static func text(_ message: ReviewMessage) -> String {
    let calls = message.toolCalls.map {
      "[\(String(decoding: $0.name, as: UTF8.self))] \(String(decoding: $0.arguments, as: UTF8.self))"
    }
    let own = String(decoding: message.text, as: UTF8.self)
    return ((own.isEmpty && !calls.isEmpty ? [] : [own]) + calls).joined(separator: "\n")
  }

  private static func write(_ item: ExchangeItem, _ queue: QueueDefinition, _ out: inout JSONWriter) {
    out.beginObject()
    out.key("interaction")
    out.string(item.interaction)
    out.key("item")
    out.integer(item.item)
    if let other = item.other {
      out.key("other")
      out.string(other)
    }
    out.key("queue")
    out.string(queue.name)
    out.key("reason")
    out.string(item.reason)
    if let slice = item.slice {
      out.key("slice")
      out.string(slice)
    }
    out.endObject()
  }

  private static func write(
    _ event: ExchangeItem.Answer, _ answer: ReviewAnswer?, isPair: Bool, _ out: inout JSONWriter
  ) {
    let target = isPair ? "first" : "output"
    let said = answer ?? ReviewAnswer(labels: [], note: event.text ?? "skipped")
    let mark = Mark(
      event: event.event, labeler: event.labeler, time: event.time.description,
      said: ExchangeAnswer.said(said, by: event.labeler, isSkipped: answer == nil))
    out.beginObject()
    out.key("created_at")
    out.string(event.time.description)
    out.key("ground_truth")
    out.bool(false)
    out.key("lead_time")
    out.number(Double(event.active) / 1000)
    out.key("result")
    out.beginArray()
    if let answer {
      if isPair, let label = answer.labels.first, label != "tie" {
        writeResult("label", to: "first,second", type: "pairwise", mark, &out) {
          $0.key("selected")
          $0.string(label == "first" ? "left" : "right")
        }
      } else {
        writeChoices(isPair ? "tie" : "label", answer.labels, mark, target: target, &out)
      }
      if !answer.reasons.isEmpty {
        writeChoices("reasons", answer.reasons, mark, target: target, &out)
      }
      for (name, text) in [("correction", answer.correction), ("note", answer.note)] {
        guard let text else { continue }
        writeResult(name, to: target, type: "textarea", mark, &out) {
          $0.key("text")
          $0.beginArray()
          $0.string(text)
          $0.endArray()
        }
      }
    } else {
      writeResult("note", to: target, type: "textarea", mark, &out) {
        $0.key("text")
        $0.beginArray()
        $0.string(event.text ?? "skipped")
        $0.endArray()
      }
    }
    out.endArray()
    out.key("unique_id")
    out.string(uuid(event.event))
    out.key("was_cancelled")
    out.bool(answer == nil)
    out.endObject()
  }

  /// An event's id in the form of a UUID, which Label Studio wants.
  private static func uuid(_ id: String) -> String {
    let digits = Array((id + String(repeating: "0", count: 32)).prefix(32))
    return [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(digits[$0]) }.joined(separator: "-")
  }

  private static func writeChoices(
    _ name: String, _ labels: [String], _ mark: Mark?, target: String, _ out: inout JSONWriter
  ) {
    writeResult(name, to: target, type: "choices", mark, &out) { out in
      out.key("choices")
      out.beginArray()
      for label in labels { out.string(label) }
      out.endArray()
    }
  }

  private static func writeResult(
    _ name: String, to target: String, type: String, _ mark: Mark?, _ out: inout JSONWriter,
    _ value: (inout JSONWriter) -> Void
  ) {
    out.beginObject()
    out.key("from_name")
    out.string(name)
    out.key("id")
    out.string(name)
    if let mark {
      out.key("meta")
      out.beginObject()
      for (key, text) in [
        ("event", mark.event), ("labeler", mark.labeler), ("said", mark.said), ("time", mark.time),
      ] {
        out.key(string: key)
        out.string(text)
      }
      out.endObject()
    }
    out.key("to_name")
    out.string(target)
    out.key("type")
    out.string(type)
    out.key("value")
    out.beginObject()
    value(&out)
    out.endObject()
    out.endObject()
  }

  // MARK: Back

  /// The annotations of an exported task.
  static func answers(
    _ task: JSONValue, _ record: RecordCutter.Record, labeler: String?
  ) throws -> [Result<ExchangeAnswer, ExchangeFault>] {
    let source = task["data"]?["flywheel"]
    let named =
      source?["interaction"]?.string ?? task["data"]?["interaction"]?.string ?? task["data"]?["id"]?.string
    guard let named, !named.isEmpty else { throw record.fault(.noInteraction) }
    let wasSuggested = task["predictions"]?[0] != nil
    return (task["annotations"]?.elements ?? []).map { annotation in
      do {
        return .success(
          try answer(
            annotation, task, record, interaction: named, item: source?["item"]?.int64, labeler: labeler,
            wasSuggested: wasSuggested))
      } catch let fault as ExchangeFault {
        return .failure(fault)
      } catch {
        return .failure(record.fault(.notAnObject))
      }
    }
  }

  private static func answer(
    _ annotation: JSONValue, _ task: JSONValue, _ record: RecordCutter.Record, interaction: String,
    item: Int64?, labeler: String?, wasSuggested: Bool
  ) throws -> ExchangeAnswer {
    var answer = ReviewAnswer(labels: [])
    var mark: JSONValue?
    for result in annotation["result"]?.elements ?? [] {
      mark = mark ?? result["meta"]
      let value = result["value"]
      switch (result["from_name"]?.string, result["type"]?.string) {
      case ("reasons", "choices"): answer.reasons += value?["choices"]?.elements.compactMap(\.string) ?? []
      case (_, "choices"): answer.labels += value?["choices"]?.elements.compactMap(\.string) ?? []
      case (_, "pairwise"):
        switch value?["selected"]?.string {
        case "left": answer.labels.append("first")
        case "right": answer.labels.append("second")
        default: throw record.fault(.wrongCount)
        }
      case ("correction", "textarea"): answer.correction = text(value)
      case (_, "textarea"): answer.note = text(value)
      default: continue
      }
    }
    if let seconds = annotation["lead_time"]?.double, seconds.isFinite, (0..<1e7).contains(seconds) {
      answer.active = Int((seconds * 1000).rounded())
    }
    let user = annotation["completed_by"]
    let who = mark?["labeler"]?.string ?? user?["email"]?.string ?? user?.string ?? labeler
    let number = user?.int64 ?? user?["id"]?.int64
    guard let who = who ?? number.map({ "user-\($0)" }) else { throw record.fault(.noLabeler) }
    let stamp = annotation["updated_at"]?.string ?? annotation["created_at"]?.string
    guard let time = stamp.flatMap({ Timestamp(parsing: $0.utf8) }) else { throw record.fault(.noTime) }
    let id =
      annotation["unique_id"]?.string
      ?? "\(task["id"]?.int64 ?? 0)/\(annotation["id"]?.int64 ?? 0)"
    let isSkipped = annotation["was_cancelled"]?.bool ?? false
    var read = ExchangeAnswer(
      identity: ExchangeAnswer.identity("label-studio", id, who, answer, isSkipped), item: item,
      interaction: interaction, labeler: who, time: time, isSkipped: isSkipped, wasExposed: wasSuggested,
      answer: answer)
    let said = ExchangeAnswer.said(answer, by: who, isSkipped: isSkipped)
    if mark?["said"]?.string == said, let event = mark?["event"]?.string,
      let time = mark?["time"]?.string.flatMap({ Timestamp(parsing: $0.utf8) })
    {
      read.event = event
      read.time = time
    }
    return read
  }

  private static func text(_ value: JSONValue?) -> String? {
    let texts = value?["text"]
    let parts = texts?.string.map { [$0] } ?? texts?.elements.compactMap(\.string) ?? []
    return parts.isEmpty ? nil : parts.joined(separator: "\n")
  }
}

extension QueueExchange {
  /// The labeling configuration with which Label Studio shows the queue's tasks as they are exported, XML.
  public var labelStudioConfiguration: String { LabelStudio.configuration(queue) }
}
