import Bytes
import Catalog
import Lake
import LanguageModels
import Records
import Text

/// Writes a batch's candidates to the lake and the catalog, as a pull writes what it reads: marks stand in place of personal
/// data before the first byte reaches the disk, segments are sealed, and one transaction adds them, says what each
/// candidate is for, and ends the batch.
struct CandidateWriter {
  let catalog: CatalogStore
  let lake: LakeStore
  let batch: SynthesisBatch
  let prompts: SynthesisPrompts
  let run: String

  /// Writes what was accepted.
  /// - Parameters:
  ///   - slots: everything that was asked for.
  ///   - account: what it came to; what is written is counted in it.
  /// - Returns: false if the batch was written before.
  /// - Throws: the stores' errors.
  func write(_ slots: [SynthesisSlot], _ account: inout SynthesisAccount) throws -> Bool {
    var commit = PullCommit(source: CatalogStore.synthesisSource, run: run)
    var rows: [CandidateRow] = []
    let session = try lake.beginSession(id: "\(run)-\(batch.id)")
    defer { session.finish() }
    let segment = RecordSegment(try session.writer(table: .interactions, day: batch.time.day))
    let record = ByteBuffer()
    for (number, slot) in slots.enumerated() where slot.end == .accepted {
      let made = Maker(batch: batch, prompts: prompts, slot: slot, number: number)
      let role = prompts.plan.role(of: slot)
      if role == .train { account.training += 1 } else { account.evaluating += 1 }
      for candidate in try made.candidates(role) {
        if !candidate.row.facts.isChosen { account.rejectedOutputs += 1 }
        record.removeAll()
        candidate.record.write(to: record)
        let place = try segment.add(record.view, id: candidate.record.id)
        let hashes = candidate.record.hashes
        var row = InteractionRow(
          id: candidate.record.id, time: batch.time, conversation: candidate.record.conversation,
          stamp: batch.time, digest: ContentHash.of(record.view), inputHash: hashes.input,
          contentHash: hashes.content)
        row.app = candidate.record.app
        row.model = candidate.record.model
        row.metadata = candidate.record.metadata
        row.inputCharacters = candidate.record.input.reduce(0) { $0 + $1.content.unicodeScalars.count }
        row.outputCharacters = candidate.record.output.content.unicodeScalars.count
        row.turns = candidate.record.input.count { $0.role == "user" }
        row.place = RowPlace(frame: place.frame, offset: place.offset, length: record.count)
        commit.interactions.append(row)
        rows.append(candidate.row)
      }
    }
    if let sealed = try segment.seal() {
      commit.segments = [
        SegmentRow(
          table: .interactions, day: batch.time.day, name: sealed.name, fileBytes: sealed.fileBytes,
          textBytes: sealed.textBytes, records: sealed.records)
      ]
    }
    return try catalog.finishSynthesisBatch(batch.id, account: account.sortedJSON, commit, rows)
  }

  /// Makes the records of one input.
  private struct Maker {
    let batch: SynthesisBatch
    let prompts: SynthesisPrompts
    let slot: SynthesisSlot
    let number: Int

    private var plan: SynthesisPlan { prompts.plan }

    private struct Metadata: Encodable {
      let batch: String
      let `operator`: String
      let role: String
      let slice: String
    }

    /// What a candidate was made by, for `why`.
    private struct Lineage: Encodable {
      let `operator`: String
      let template: String
      let answerTemplate: String
      let teacher: String
      let student: String?
      let studentIsRight: Bool?
      let seeds: [String]
      let documents: [String]
      let verifiers: [String]
      let judges: [String: String]
      let answers: Int
      let rightAnswers: Int

      private enum CodingKeys: String, CodingKey {
        case `operator`
        case template
        case answerTemplate = "answer_template"
        case teacher
        case student
        case studentIsRight = "student_is_right"
        case seeds
        case documents
        case verifiers
        case judges
        case answers
        case rightAnswers = "right_answers"
      }
    }

    struct Made {
      let record: InteractionRecord
      let row: CandidateRow
    }

    /// The chosen output and, where there are any, worse ones for the same input.
    func candidates(_ role: SyntheticRole) throws -> [Made] {
      guard let input = slot.input, let taken = slot.taken else { return [] }
      var outputs: [(text: String, isChosen: Bool, model: SynthesisPlan.Writer, quality: Double)] = [
        (taken.text, true, slot.teacher, taken.quality)
      ]
      // The student's own mistake teaches it most; then the answer that is stale; then the teacher's worst.
      if role == .train {
        if let student = slot.student, student.isRight == false, let writer = plan.student,
          !student.text.isBlank
        {
          outputs.append((student.text, false, writer, student.quality))
        } else if let stale = input.rejected, !stale.isBlank {
          outputs.append((stale, false, slot.teacher, 0))
        } else if let worst = slot.worst {
          outputs.append((worst.text, false, slot.teacher, worst.quality))
        }
      }
      let conversation = "\(CatalogStore.synthesisSource)/\(batch.id)-\(number)"
      let redactor = Redactor()
      redactor.begin()
      var messages: [InteractionRecord.Message] = []
      for message in try prompt(input) { messages.append(Self.redacted(message, redactor)) }
      return try outputs.enumerated().map { place, output in
        let id = place == 0 ? conversation : "\(conversation)-\(place)"
        let message = Self.redacted(try answer(output.text, input), redactor)
        var record = InteractionRecord(
          id: id, source: CatalogStore.synthesisSource, time: batch.time, conversation: conversation,
          input: messages, output: message)
        record.app = plan.parameters.app
        record.model = output.model.name
        record.metadata =
          Metadata(
            batch: batch.id, operator: slot.task.operator.rawValue, role: role.rawValue,
            slice: slot.task.slice
          ).sortedJSON
        let facts = SyntheticFacts(
          batch: batch.id, dataset: plan.dataset, slice: slot.task.slice,
          operator: slot.task.operator.rawValue, role: role, isChosen: output.isChosen,
          model: output.model.name, family: output.model.family, score: output.quality)
        return Made(
          record: record,
          row: CandidateRow(
            interaction: id, facts: facts, cost: output.isChosen ? slot.cost : 0, lineage: lineage(taken)))
      }
    }

    /// What the example asks: the conversation, with the instructions before it where an answer needs them.
    private func prompt(_ input: WrittenInput) throws -> [InteractionRecord.Message] {
      guard !input.documents.isEmpty || input.tools != nil else { return input.messages }
      let system = try prompts.instructions(for: input, slot.task)
      return system.map { InteractionRecord.Message(role: "system", content: $0.content) } + input.messages
    }

    /// The output as a message; a call of a tool in the form of OpenAI's interface.
    private func answer(_ text: String, _ input: WrittenInput) throws -> InteractionRecord.Message {
      guard input.tools != nil, let call = ToolCheck.parts(of: text) else {
        return InteractionRecord.Message(role: "assistant", content: text)
      }
      let out = ByteBuffer()
      var writer = JSONWriter(out)
      writer.beginArray()
      writer.beginObject()
      writer.key("function")
      writer.beginObject()
      writer.key("arguments")
      writer.string(call.arguments)
      writer.key("name")
      writer.string(call.name)
      writer.endObject()
      writer.key("id")
      writer.string("call_\(number)")
      writer.key("type")
      writer.string("function")
      writer.endObject()
      writer.endArray()
      return InteractionRecord.Message(
        role: "assistant", content: "", toolCalls: String(decoding: out.view, as: UTF8.self))
    }

    private static func redacted(
      _ message: InteractionRecord.Message, _ redactor: Redactor
    ) -> InteractionRecord.Message {
      func clean(_ text: String) -> String {
        var text = text
        return text.withUTF8 {
          String(decoding: redactor.redacted(UnsafeRawBufferPointer($0)), as: UTF8.self)
        }
      }
      // Marks hold no character that JSON escapes, so that they may stand in the text of a call.
      return InteractionRecord.Message(
        role: message.role, content: clean(message.content), toolCalls: message.toolCalls.map(clean))
    }

    private func lineage(_ taken: SynthesisSlot.Answer) -> String {
      let name = slot.task.operator
      return Lineage(
        operator: name.rawValue, template: prompts.version(of: name.rawValue),
        answerTemplate: prompts.version(of: name.answerPrompt), teacher: slot.teacher.name,
        student: plan.student?.name,
        studentIsRight: slot.student?.isRight, seeds: slot.task.seeds.map { plan.seeds[$0].id },
        documents: (slot.input?.documents.keys).map { $0.sorted() } ?? [], verifiers: taken.passed,
        judges: taken.opinion?.judges ?? [:], answers: slot.answers.count,
        rightAnswers: slot.answers.count { $0.isRight == true }
      ).sortedJSON
    }
  }
}

extension SynthesisPlan {
  /// What an accepted input may be used for: what the student gets right tests it from now on, what it gets wrong, or what
  /// nobody asked it, trains; without a student the dataset says.
  func role(of slot: SynthesisSlot) -> SyntheticRole {
    guard student != nil else { return wanted }
    return slot.student?.isRight == true ? .eval : .train
  }

  /// What the dataset's own examples are used for.
  var wanted: SyntheticRole { kind.trains ? .train : .eval }
}
