import Records

/// An answer that the screen offers for an item.
struct ReviewChoice: Sendable, Hashable {
  /// As it is stored.
  let label: String
  /// As it is called on the screen.
  let title: String
  let key: Character
  let votes: LabelClass?
  let description: String?

  /// The answers to an item, in the order in which they are shown.
  ///
  /// For `prefer` a key belongs to a place on the screen, and the label says which output stood there.
  static func all(_ queue: QueueDefinition, isTurned: Bool = false) -> [ReviewChoice] {
    queue.answers.enumerated().map { index, answer in
      switch (queue.task, index) {
      case (.prefer, 0): ReviewChoice(answer, stored: isTurned ? "second" : "first", "A is better")
      case (.prefer, 1): ReviewChoice(answer, stored: isTurned ? "first" : "second", "B is better")
      case (.prefer, _): ReviewChoice(answer, stored: "tie", "no difference")
      case (.correct, 0): ReviewChoice(answer, stored: answer.name, "fine as it is")
      case (.correct, _): ReviewChoice(answer, stored: answer.name, "correct it")
      default: ReviewChoice(answer, stored: answer.name, answer.name)
      }
    }
  }

  private init(_ answer: QueueLabel, stored label: String, _ title: String) {
    self.label = label
    self.title = title
    key = answer.key
    votes = answer.votes
    // What a turned pair's keys do is said by their places.
    description = title == answer.name ? answer.description : nil
  }

  /// The style of its name.
  var style: CellStyle {
    switch votes {
    case .good: .good
    case .bad: .bad
    case nil: .label
    default: .label
    }
  }
}
