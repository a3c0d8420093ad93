import Bytes
import Catalog
import Lake
import Records
import Text

/// Writes the canonical JSON of examples, with marks in place of personal data.
final class ExampleWriter {
  /// What a body shows beside its bytes.
  struct Written: Sendable {
    /// Whether a scan still finds personal data in it.
    let personalData: Bool
    /// The marks that were put in place of personal data, by word.
    let masked: [String: Int]
    /// Unicode scalars of its messages.
    let characters: Int
    /// Whether it is unfit: an input without messages or an output without text, with the reason.
    let unfit: LeftOut?
  }

  /// The JSON of the last example written.
  let body = ByteBuffer(capacity: 1 << 15)

  private let bodies: LakeBodies
  private let kind: Kind
  private let spans: ExampleSpans?
  private let masker = ExampleMasker()
  private let input = ByteBuffer(capacity: 1 << 14)
  private let first = ByteBuffer(capacity: 1 << 14)
  private let second = ByteBuffer(capacity: 1 << 14)
  private var characters = 0
  private var unfit: LeftOut?

  init(bodies: LakeBodies, kind: Kind, spans: ExampleSpans? = nil) {
    self.bodies = bodies
    self.kind = kind
    self.spans = spans
  }

  func write(_ draft: Draft) throws -> Written {
    characters = 0
    unfit = nil
    masker.begin()
    try forEachSource(of: draft) { try note($0, input: $1 != nil, output: $2 != nil) }
    if draft.corrected { try noteCorrection(of: draft.main) }
    masker.start()
    try forEachSource(of: draft) { try read($0, input: $1, output: $2) }
    if draft.corrected { try readCorrection(draft.main, into: first) }
    if kind == .preference, RawBytes.equal(first.view, second.view) { unfit = unfit ?? .equalOutputs }
    writeBody(draft)
    return Written(
      personalData: masker.leaves, masked: masker.counts, characters: characters, unfit: unfit)
  }

  /// Calls `body` with each interaction of a draft, and where its input and its output go.
  private func forEachSource(
    of draft: Draft, _ body: (Candidate, _ input: ByteBuffer?, _ output: ByteBuffer?) throws -> Void
  ) throws {
    switch draft.parts {
    // What a correction replaces is no part of the example, be it empty, long or personal.
    case .single(let candidate, let corrected): try body(candidate, input, corrected ? nil : first)
    case .correction(let candidate): try body(candidate, input, second)
    case .pair(let chosen, let rejected):
      try body(chosen, input, first)
      try body(rejected, nil, second)
    }
  }

  /// Notes the marks that stand in what is asked for of an interaction.
  private func note(_ candidate: Candidate, input: Bool, output: Bool) throws {
    try bodies.read(.interactions, candidate.place) { record in
      if input, let messages = record["input"] { masker.note(messages) }
      if output, let message = record["output"] { masker.note(message) }
    }
  }

  private func noteCorrection(of candidate: Candidate) throws {
    guard let correction = candidate.correction else { return }
    try bodies.read(.feedback, correction.place) { record in
      if let text = record["correction"]?.utf8 { masker.note(text) }
    }
  }

  /// Reads what is asked for of an interaction.
  private func read(_ candidate: Candidate, input: ByteBuffer?, output: ByteBuffer?) throws {
    input?.removeAll()
    output?.removeAll()
    let spans = try spans?(candidate) ?? []
    try bodies.read(.interactions, candidate.place) { record in
      guard let messages = record["input"], messages[0] != nil, let message = record["output"] else {
        unfit = .noMessages
        return
      }
      if record["media"]?.bool ?? false { unfit = .media }
      if let input { write(messages, spans, to: input) }
      if let output {
        if message["content"]?.utf8?.isEmpty ?? true, message["tool_calls"] == nil {
          unfit = unfit ?? .emptyOutput
        }
        var writer = JSONWriter(output)
        write(message, at: spans.filter { $0.part == "output" }, &writer)
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
      let masked = masker.masked(text)
      characters += UTF8Text.characterCount(masked)
      var writer = JSONWriter(output)
      writer.beginObject()
      writer.key("content")
      writer.string(masked)
      writer.key("role")
      writer.string("assistant")
      writer.endObject()
    }
  }

  /// Writes input messages, each with the spans that lie in it.
  private func write(_ messages: JSONValue, _ spans: [ExampleSpan], to out: ByteBuffer) {
    var lastUser = -1
    if !spans.isEmpty {
      for (index, message) in messages.elements.enumerated()
      where message["role"]?.string == "user" && message["content"]?.utf8 != nil { lastUser = index }
    }
    var writer = JSONWriter(out)
    writer.beginArray()
    var index = 0
    // The text of all messages is joined by line feeds, but for empty ones at its start.
    var offset = 0
    messages.forEachElement { message in
      var own: [ExampleSpan] = []
      if !spans.isEmpty, let content = message["content"]?.utf8 {
        if offset > 0 { offset += 1 }
        own = spans.compactMap {
          $0.inMessage(offset: offset, count: content.count, isLastUser: index == lastUser)
        }
        offset += content.count
      }
      write(message, at: own, &writer)
      index += 1
    }
    writer.endArray()
  }

  /// Writes a message in canonical form, with marks; `spans` are places in its content.
  private func write(_ message: JSONValue, at spans: [ExampleSpan], _ writer: inout JSONWriter) {
    guard case .object = message.kind else { return writeMasked(message, &writer) }
    writeObject(message, &writer) { key, value, writer in
      guard key.elementsEqual("content".utf8), let text = value.utf8 else {
        return writeMasked(value, &writer)
      }
      let masked = masker.masked(text, at: spans)
      characters += UTF8Text.characterCount(masked)
      writer.string(masked)
    }
  }

  /// Writes a value in canonical form, with marks in all of its texts.
  private func writeMasked(_ value: JSONValue, _ writer: inout JSONWriter) {
    switch value.kind {
    case .string: if let text = value.utf8 { writer.string(masker.masked(text)) }
    case .array:
      writer.beginArray()
      value.forEachElement { writeMasked($0, &writer) }
      writer.endArray()
    case .object: writeObject(value, &writer) { writeMasked($1, &$2) }
    default: writer.canonical(value)
    }
  }

  /// Writes an object whose keys are masked as well, sorted by what comes out.
  private func writeObject(
    _ value: JSONValue, _ writer: inout JSONWriter,
    _ body: (UnsafeRawBufferPointer, JSONValue, inout JSONWriter) -> Void
  ) {
    writer.beginObject()
    let members = CanonicalOrder.members(of: value)
    var changed: [(key: String, member: JSONValue, original: UnsafeRawBufferPointer)] = []
    for member in members {
      let masked = masker.masked(member.key)
      if masked.baseAddress != member.key.baseAddress {
        changed.append((String(decoding: masked, as: UTF8.self), member.value, member.key))
      }
    }
    if changed.isEmpty {
      for member in members {
        writer.key(member.key)
        body(member.key, member.value, &writer)
      }
    } else {
      let marked = Set(changed.map(\.original.baseAddress))
      var all = changed
      for member in members where !marked.contains(member.key.baseAddress) {
        all.append((String(decoding: member.key, as: UTF8.self), member.value, member.key))
      }
      all.sort { CanonicalOrder.precedes($0.key, $1.key) }
      // Equal values have equal marks, and two spellings of one may become one key.
      for (index, member) in all.enumerated() where index == 0 || all[index - 1].key != member.key {
        writer.key(string: member.key)
        body(member.original, member.member, &writer)
      }
    }
    writer.endObject()
  }

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
      writer.bool(draft.main.synthetic?.isChosen ?? (draft.main.label == .good))
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
    if draft.origin == .synthetic { writeAuthors(draft, &writer) }
    writer.endObject()
    writer.key("origin")
    writer.string(draft.origin.rawValue)
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

  /// Who wrote each of the interactions, in their order, and how.
  private func writeAuthors(_ draft: Draft, _ writer: inout JSONWriter) {
    writer.key("synthesis")
    writer.beginArray()
    for facts in draft.sources.compactMap(\.synthetic) {
      writer.beginObject()
      writer.key("batch")
      writer.string(facts.batch)
      writer.key("family")
      writer.string(facts.family)
      writer.key("model")
      writer.string(facts.model)
      writer.key("operator")
      writer.string(facts.operator)
      writer.endObject()
    }
    writer.endArray()
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
