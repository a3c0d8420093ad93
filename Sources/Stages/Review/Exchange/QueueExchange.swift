import Bytes
import Catalog
import Foundation
import Lake
import Records
import Text

/// A format that another labelling tool reads and writes.
public enum ExchangeFormat: String, Sendable, CaseIterable, Codable {
  /// Tasks of Label Studio, one JSON array.
  case labelStudio = "label-studio"
  /// Records of Argilla, JSON Lines.
  case argilla
}

/// What an export came to.
public struct ExchangeExportAccount: Sendable, Codable, Hashable {
  /// The queue.
  public let queue: String
  /// The format.
  public let format: ExchangeFormat
  /// Items written.
  public var items = 0
  /// Items with a suggestion.
  public var suggestions = 0
  /// Answers written.
  public var answers = 0
  /// Answers left out, since their item still wants some and nobody is to be led by them.
  public var withheld = 0
  /// Size in bytes.
  public var bytes = 0
  /// The file.
  public var path: String?
}

/// A queue's items and answers in the formats of other tools, and back.
///
/// What goes out is what a labeler of this workspace would see: the text of the lake, with marks in place of personal data.
/// Blind first holds there, too: suggestions go out only where they are asked for, and answers only on items that have all
/// they want. What comes in is idempotent: an answer's event id is made of the tool's own id and of what it says.
public struct QueueExchange {
  /// Longest correction in bytes.
  public static let longestCorrection = 1 << 20

  let queue: QueueDefinition
  let catalog: CatalogStore
  private let bodies: InteractionReader

  /// An exchange of a queue.
  public init(queue: QueueDefinition, catalog: CatalogStore, lake: LakeStore) {
    self.queue = queue
    self.catalog = catalog
    bodies = InteractionReader(catalog: catalog, lake: lake)
  }

  /// Writes the items of the queue.
  /// - Parameters:
  ///   - format: for which tool.
  ///   - suggestions: with the labels that votes add up to, and their probabilities.
  ///   - answers: also those on items that still want some.
  /// - Returns: the file's bytes and the account.
  /// - Throws: ``DeskError``, the stores' errors.
  public func export(
    _ format: ExchangeFormat, suggestions: Bool, answers: Bool
  ) throws -> (bytes: [UInt8], account: ExchangeExportAccount) {
    var account = ExchangeExportAccount(queue: queue.name, format: format)
    let out = ByteBuffer()
    let isArray = format == .labelStudio
    if isArray { out.append(0x5B) }
    for item in try catalog.exchangeItems(queue.name) {
      if isArray, account.items > 0 { out.append(string: ",\n") }
      let first = try bodies.read(item.interaction)
      var outputs = [first.output]
      if let other = item.other { outputs.append(try bodies.read(other).output) }
      let said = suggestions ? suggestion(item) : nil
      let shown = item.isFull || answers ? item.answers : []
      account.withheld += item.answers.count - shown.count
      account.answers += shown.count
      account.suggestions += said == nil ? 0 : 1
      account.items += 1
      let record = ExchangeRecord(
        item: item, input: first.input, outputs: outputs, suggestion: said,
        answers: shown.map { ($0, $0.answer.flatMap { try? ReviewAnswer(json: $0) }) })
      var writer = JSONWriter(out)
      switch format {
      case .labelStudio: LabelStudio.write(record, queue, &writer)
      case .argilla: Argilla.write(record, queue, &writer)
      }
      if !isArray { out.append(0x0A) }
    }
    if isArray { out.append(string: "]\n") }
    account.bytes = out.count
    return (out.bytes, account)
  }

  private func suggestion(_ item: ExchangeItem) -> ReviewSuggestion? {
    guard let label = item.label, let probability = item.probability, queue.task != .prefer else {
      return nil
    }
    return queue.suggestion(label, probability)
  }

  /// Takes answers from another tool's file.
  /// - Parameters:
  ///   - bytes: the file.
  ///   - format: which tool's.
  ///   - labeler: who answered what names nobody; nil refuses that.
  ///   - adding: whether an interaction of the catalog that the queue does not have is put into it.
  ///   - origin: where it comes from, such as the file's name.
  ///   - now: the time.
  /// - Returns: the account; records that do not fit are in it with their places, the others are taken.
  /// - Throws: the catalog's errors.
  public func take(
    _ bytes: [UInt8], _ format: ExchangeFormat, labeler: String?, adding: Bool, origin: String, now: Timestamp
  ) throws -> ReviewImportAccount {
    var account = ReviewImportAccount(queue: queue.name, format: format.rawValue)
    var byLabeler: [String: [ImportedReview]] = [:]
    let parser = JSONParser(maximumLength: 1 << 30)
    let cut = RecordCutter.records(bytes)
    if cut.isEmpty { account.faults.append(ExchangeFault(.empty, record: 0, line: 1, offset: 0)) }
    for record in cut {
      account.records += 1
      var read: [Result<ExchangeAnswer, ExchangeFault>] = []
      do {
        read = try parser.parse(array: Array(bytes[record.bytes])) { value in
          guard value.kind == .object else { throw record.fault(.notAnObject) }
          return switch format {
          case .labelStudio: try LabelStudio.answers(value, record, labeler: labeler)
          case .argilla: try Argilla.answers(value, record, labeler: labeler, now: now)
          }
        }
      } catch let fault as ExchangeFault {
        account.faults.append(fault)
        continue
      } catch is JSONFault {
        account.faults.append(record.fault(.notAnObject))
        continue
      }
      for result in read {
        do {
          let answer = try result.get()
          let event = try imported(answer, record, adding: adding, run: origin, now: now)
          byLabeler[answer.labeler, default: []].append(event)
        } catch let fault as ExchangeFault {
          account.faults.append(fault)
        }
      }
    }
    for (name, events) in byLabeler.sorted(by: { $0.key < $1.key }) {
      account.outcome.add(
        try catalog.importReviews(
          events.sorted { ($0.time, $0.id) < ($1.time, $1.id) }, queue.seat(of: name), expires: nil,
          origin: origin, at: now))
    }
    return account
  }

  /// An answer as an event of the queue.
  private func imported(
    _ answer: ExchangeAnswer, _ record: RecordCutter.Record, adding: Bool, run: String, now: Timestamp
  ) throws -> ImportedReview {
    guard LabelerName.isLegal(answer.labeler), queue.admits(answer.labeler) else {
      throw record.fault(.badLabeler, answer.labeler)
    }
    let item = try item(answer, record, adding: adding, run: run, now: now)
    var event = ImportedReview(
      id: answer.event ?? String(Digest.sha256("\(queue.name)\u{0}\(answer.identity)").hex.prefix(32)),
      kind: answer.isSkipped ? .skip : .answer, item: item, time: answer.time)
    event.wasExposed = answer.wasExposed
    let redactor = AnswerRedactor()
    if answer.isSkipped {
      event.text = answer.answer.note.map(redactor.redacted) ?? "skipped"
      return event
    }
    var given = answer.answer
    if queue.task == .correct {
      if let text = given.correction, text.isEmpty || text.utf8.count > Self.longestCorrection {
        throw record.fault(.badCorrection)
      }
      if given.labels.isEmpty { given.labels = [given.correction == nil ? "fine" : "corrected"] }
    }
    do throws(QueueDefinition.AnswerFault) {
      event.set(try queue.kept(redactor.redacted(given)), active: given.active)
    } catch {
      switch error {
      case .notOffered(let label): throw record.fault(.unknownLabel, label)
      case .wrongCount: throw record.fault(.wrongCount)
      }
    }
    return event
  }

  private func item(
    _ answer: ExchangeAnswer, _ record: RecordCutter.Record, adding: Bool, run: String, now: Timestamp
  ) throws -> Int64 {
    if let number = try catalog.exchangeItem(
      queue.name, number: answer.item, interaction: answer.interaction)
    {
      return number
    }
    guard let content = try catalog.content(ofInteraction: answer.interaction) else {
      throw record.fault(.unknownInteraction, answer.interaction)
    }
    guard adding, queue.task != .prefer else { throw record.fault(.notInQueue, answer.interaction) }
    let new = NewReviewItem(
      task: queue.task, content: content, interaction: answer.interaction, reason: .assigned, value: 0)
    try catalog.addReviewItems([new], to: queue.name, run: run, at: now)
    guard
      let number = try catalog.exchangeItem(queue.name, number: nil, interaction: answer.interaction)
    else { throw record.fault(.notInQueue, answer.interaction) }
    return number
  }
}

/// An item with all that goes out with it.
struct ExchangeRecord {
  let item: ExchangeItem
  let input: [ReviewMessage]
  let outputs: [ReviewMessage]
  let suggestion: ReviewSuggestion?
  let answers: [(event: ExchangeItem.Answer, answer: ReviewAnswer?)]
}

/// An answer that came from another tool.
struct ExchangeAnswer {
  /// What makes it one and the same however often it comes: the tool's id of it, and what it says.
  var identity: String
  var item: Int64?
  var interaction: String
  var labeler: String
  var time: Timestamp
  var isSkipped = false
  var wasExposed = false
  var answer = ReviewAnswer(labels: [])
  /// The id of the event that went out, if it came back as it was.
  var event: String?

  /// A digest of what an answer says, to tell whether it was changed elsewhere.
  static func said(_ answer: ReviewAnswer, by labeler: String, isSkipped: Bool) -> String {
    var copy = answer
    copy.active = 0
    return String(Digest.sha256(identity("said", "", labeler, copy, isSkipped)).hex.prefix(32))
  }

  /// The identity of what a tool calls by an id: another answer under the same id is another event.
  static func identity(
    _ tool: String, _ id: String, _ labeler: String, _ answer: ReviewAnswer, _ isSkipped: Bool
  )
    -> String
  {
    let parts = [
      tool, id, labeler, answer.labels.sorted().joined(separator: ","),
      answer.reasons.sorted().joined(separator: ","),
      answer.correction ?? "", answer.note ?? "", "\(answer.active)", "\(isSkipped)",
    ]
    return parts.map { "\($0.utf8.count):\($0)" }.joined()
  }
}
