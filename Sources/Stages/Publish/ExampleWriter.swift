import Bytes
import Catalog
import Records
import Text

/// Writes the canonical JSON of examples.
final class ExampleWriter {
  /// What a body shows beside its bytes.
  struct Written: Sendable {
    /// Whether a scan still finds personal data in it.
    let personalData: Bool
    /// Unicode scalars of its messages.
    let characters: Int
    /// Whether it is unfit: an input without messages or an output without text, with the reason.
    let unfit: LeftOut?
  }

  /// The JSON of the last example written.
  let body = ByteBuffer(capacity: 1 << 15)

  private let bodies: LakeBodies
  private let kind: Kind
  private let scanner = PersonalDataScanner()
  private let input = ByteBuffer(capacity: 1 << 14)
  private let first = ByteBuffer(capacity: 1 << 14)
  private let second = ByteBuffer(capacity: 1 << 14)
  private var characters = 0
  private var personalData = false
  private var unfit: LeftOut?

  init(bodies: LakeBodies, kind: Kind) {
    self.bodies = bodies
    self.kind = kind
  }

  func write(_ draft: Draft) throws -> Written {
    characters = 0
    personalData = false
    unfit = nil
    switch draft.parts {
    case .single(let candidate, let corrected):
      // What a correction replaces is no part of the example, be it empty, long or personal.
      try read(candidate, input: input, output: corrected ? nil : first)
      if corrected { try readCorrection(candidate, into: first) }
    case .correction(let candidate):
      try read(candidate, input: input, output: second)
      try readCorrection(candidate, into: first)
    case .pair(let chosen, let rejected):
      try read(chosen, input: input, output: first)
      try read(rejected, input: nil, output: second)
    }
    if kind == .preference, RawBytes.equal(first.view, second.view) { unfit = unfit ?? .equalOutputs }
    writeBody(draft)
    return Written(personalData: personalData, characters: characters, unfit: unfit)
  }

  /// Reads what is asked for of an interaction.
  private func read(_ candidate: Candidate, input: ByteBuffer?, output: ByteBuffer?) throws {
    input?.removeAll()
    output?.removeAll()
    try bodies.read(.interactions, candidate.place) { record in
      guard let messages = record["input"], messages[0] != nil, let message = record["output"] else {
        unfit = .noMessages
        return
      }
      if record["media"]?.bool ?? false { unfit = .media }
      if let input {
        messages.forEachElement { look(at: $0) }
        var writer = JSONWriter(input)
        writer.canonical(messages)
      }
      if let output {
        look(at: message)
        if message["content"]?.utf8?.isEmpty ?? true, message["tool_calls"] == nil {
          unfit = unfit ?? .emptyOutput
        }
        var writer = JSONWriter(output)
        writer.canonical(message)
      }
    }
  }

  private func readCorrection(_ candidate: Candidate, into output: ByteBuffer) throws {
    guard let correction = candidate.correction else { return }
    output.removeAll()
    try bodies.read(.feedback, correction.place) { record in
      guard let text = record["correction"]?.utf8 else {
        unfit = .emptyOutput
        return
      }
      characters += UTF8Text.characterCount(text)
      scan(text)
      var writer = JSONWriter(output)
      writer.beginObject()
      writer.key("content")
      writer.string(text)
      writer.key("role")
      writer.string("assistant")
      writer.endObject()
    }
  }

  /// Counts a message's text, and scans all that it holds.
  private func look(at message: JSONValue) {
    if let text = message["content"]?.utf8 { characters += UTF8Text.characterCount(text) }
    scan(message)
  }

  private func scan(_ value: JSONValue) {
    if let text = value.utf8 { return scan(text) }
    value.forEachElement { scan($0) }
    value.forEachMember { key, member in
      scan(key)
      scan(member)
    }
  }

  private func scan(_ text: UnsafeRawBufferPointer) { scanner.scan(text) { _ in personalData = true } }

  /// Writes the members in canonical order: the kinds' own names fall between the common ones.
  private func writeBody(_ draft: Draft) {
    body.removeAll()
    var writer = JSONWriter(body)
    writer.beginObject()
    if kind == .preference {
      writer.key("chosen")
      writer.raw(first.view)
    }
    writer.key("conversation")
    writer.string(draft.main.conversation)
    if kind == .kto {
      writer.key("desirable")
      writer.bool(draft.main.label == .good)
    }
    writer.key("id")
    writer.string(draft.id)
    writer.key("input")
    writer.raw(input.view)
    writer.key("kind")
    writer.string(kind.rawValue)
    writeLabel(draft, &writer)
    writer.key("lineage")
    writer.beginObject()
    writer.key("feedback")
    writer.beginArray()
    if draft.corrected, let correction = draft.main.correction { writer.string(correction.id) }
    writer.endArray()
    writer.key("interactions")
    writer.beginArray()
    for source in draft.sources { writer.string(source.id) }
    writer.endArray()
    writer.endObject()
    writer.key("origin")
    writer.string((draft.corrected ? Origin.corrected : Origin.organic).rawValue)
    if kind == .sft || kind == .fewshot || kind == .kto {
      writer.key("output")
      writer.raw(first.view)
    }
    if kind == .eval {
      writer.key("reference")
      writer.raw(first.view)
    }
    if kind == .preference {
      writer.key("rejected")
      writer.raw(second.view)
    }
    writer.key("slice")
    writer.string(draft.slice)
    writer.key("time")
    writer.string(draft.main.time.description)
    writer.endObject()
  }

  /// The label of the interaction that the example is about; a corrected output is good by the person's word, and
  /// the votes are on the output that was corrected.
  private func writeLabel(_ draft: Draft, _ writer: inout JSONWriter) {
    let candidate = draft.main
    writer.key("label")
    writer.beginObject()
    if draft.corrected {
      writer.key("class")
      writer.string(LabelClass.good.rawValue)
    } else if let label = candidate.label {
      writer.key("class")
      writer.string(label.rawValue)
      if let probability = candidate.probability {
        writer.key("probability")
        writer.number(probability)
      }
    }
    writer.key("votes")
    writer.beginObject()
    writer.key("bad")
    writer.number(candidate.bad)
    writer.key("good")
    writer.number(candidate.good)
    writer.endObject()
    writer.endObject()
  }
}
