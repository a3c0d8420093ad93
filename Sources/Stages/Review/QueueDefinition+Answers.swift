import Bytes
import Catalog
import Records

extension QueueDefinition {
  /// The answers that people may give: the queue's labels, or those that its task has by itself.
  ///
  /// `prefer`, `accept` and `correct` have their own; an adjudication has the queue's labels, like `label`.
  public var answers: [QueueLabel] {
    switch task {
    case .label, .adjudicate:
      labels.isEmpty ? Self.defaultLabels : labels
    case .prefer:
      [
        QueueLabel(name: "first", key: "1", description: "The first output is better"),
        QueueLabel(name: "second", key: "2", description: "The second output is better"),
        QueueLabel(name: "tie", key: "=", description: "Neither is better"),
      ]
    case .accept:
      [
        QueueLabel(name: "accept", key: "a", votes: .good, description: "Fit to be published"),
        QueueLabel(name: "reject", key: "r", votes: .bad, description: "Not fit to be published"),
      ]
    case .correct:
      [
        QueueLabel(name: "fine", key: "g", votes: .good, description: "Nothing is to be changed"),
        QueueLabel(name: "corrected", key: "c", description: "The output that should have been"),
      ]
    }
  }

  /// The labels where a queue names none.
  public static let defaultLabels = [
    QueueLabel(name: "good", key: "g", votes: .good, description: "What the user needed"),
    QueueLabel(name: "bad", key: "b", votes: .bad, description: "Wrong, useless or harmful"),
    QueueLabel(name: "unclear", key: "u", description: "Cannot be told"),
  ]

  /// What labels say together on the question whether the output is good: the class of those that say one, if they agree.
  public func voteClass(of labels: [String]) -> LabelClass? {
    let classes = Set(answers.filter { labels.contains($0.name) }.compactMap(\.votes))
    return classes.count == 1 ? classes.first : nil
  }

  /// Why an answer is none to this queue.
  enum AnswerFault: Error, Sendable, Hashable {
    /// A label or a reason that the queue does not offer.
    case notOffered(String)
    /// No label, or several where the queue wants one.
    case wrongCount([String])
  }

  /// An answer as the catalog keeps it.
  struct KeptAnswer: Sendable, Hashable {
    /// All of it as JSON.
    let json: String
    /// Its labels in the order of their names, with commas between.
    let label: String
    /// What they say on the question whether the output is good.
    let `class`: LabelClass?
  }

  /// Checks an answer and puts it into the form in which it is kept.
  func kept(_ answer: ReviewAnswer) throws(AnswerFault) -> KeptAnswer {
    let offered = Set(answers.map(\.name))
    for label in answer.labels where !offered.contains(label) { throw .notOffered(label) }
    let known = Set(reasons.map(\.name))
    for reason in answer.reasons where !known.contains(reason) { throw .notOffered(reason) }
    let labels = Set(answer.labels).sorted()
    guard !labels.isEmpty, isMultiple || labels.count == 1 else { throw .wrongCount(labels) }
    return KeptAnswer(
      json: answer.sortedJSON, label: labels.joined(separator: ","), class: voteClass(of: labels))
  }

  /// An answer that is given at a desk.
  /// - Throws: ``DeskError/notOffered(queue:label:)`` for one that is none to this queue.
  func given(_ answer: ReviewAnswer) throws -> KeptAnswer {
    do throws(AnswerFault) {
      return try kept(answer)
    } catch {
      switch error {
      case .notOffered(let label): throw DeskError.notOffered(queue: name, label: label)
      case .wrongCount(let labels):
        throw DeskError.notOffered(queue: name, label: labels.joined(separator: ","))
      }
    }
  }

  /// What models say, by the queue's name for it; nil where no label votes so.
  func suggestion(_ class: LabelClass, _ probability: Double) -> ReviewSuggestion? {
    answers.first { $0.votes == `class` }.map { ReviewSuggestion(label: $0.name, probability: probability) }
  }

  /// Whether a labeler may answer: all may, unless the queue names some.
  public func admits(_ labeler: String) -> Bool { labelers.isEmpty || labelers.contains(labeler) }

  /// A labeler's place as the catalog wants it.
  public func seat(of labeler: String) -> ReviewSeat {
    var seat = ReviewSeat(queue: name, labeler: labeler)
    seat.lease = lease
    seat.goldShare = gold.share
    seat.goldWindow = gold.window
    seat.goldFloor = gold.floor
    return seat
  }

  /// What the catalog keeps of the definition.
  public func setting() -> ReviewQueueSetting {
    ReviewQueueSetting(name: name, definition: sortedJSON, guideline: guideline, quota: quota)
  }
}

extension ImportedReview {
  /// Takes in an answer that was given elsewhere.
  mutating func set(_ kept: QueueDefinition.KeptAnswer, active: Int) {
    answer = kept.json
    label = kept.label
    `class` = kept.class
    self.active = active
  }
}
