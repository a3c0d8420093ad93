import Catalog
import Foundation
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

  /// The labels of an answer in the order of their names.
  /// - Throws: ``DeskError/notOffered(queue:label:)`` for a label or a reason that the queue does not offer, and for no label
  ///   or several where it wants one.
  func checked(_ answer: ReviewAnswer) throws -> [String] {
    let offered = Set(answers.map(\.name))
    for label in answer.labels where !offered.contains(label) {
      throw DeskError.notOffered(queue: name, label: label)
    }
    let known = Set(reasons.map(\.name))
    for reason in answer.reasons where !known.contains(reason) {
      throw DeskError.notOffered(queue: name, label: reason)
    }
    let labels = Set(answer.labels).sorted()
    guard !labels.isEmpty, isMultiple || labels.count == 1 else {
      throw DeskError.notOffered(queue: name, label: labels.joined(separator: ","))
    }
    return labels
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
  /// - Throws: when the definition is no JSON, which it always is.
  public func setting() throws -> ReviewQueueSetting {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return ReviewQueueSetting(
      name: name, definition: String(decoding: try encoder.encode(self), as: UTF8.self),
      guideline: guideline, quota: quota)
  }
}
