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

  init(_ label: String, _ title: String, _ key: Character, votes: LabelClass? = nil, description: String? = nil) {
    self.label = label
    self.title = title
    self.key = key
    self.votes = votes
    self.description = description
  }

  /// The answers to an item, in the order in which they are shown.
  ///
  /// For `prefer` a key belongs to a place on the screen, and the label says which output stood there.
  static func all(_ queue: QueueDefinition, isTurned: Bool = false) -> [ReviewChoice] {
    func key(_ name: String, _ fallback: Character) -> Character {
      queue.labels.first { $0.name == name }?.key ?? fallback
    }
    switch queue.task {
    case .label, .adjudicate:
      guard queue.labels.isEmpty else { return queue.labels.map(Self.init) }
      return [
        ReviewChoice("good", "good", "g", votes: .good), ReviewChoice("bad", "bad", "b", votes: .bad),
        ReviewChoice("unclear", "unclear", "u"),
      ]
    case .correct: return [ReviewChoice("fine", "fine as it is", key("fine", "o"), votes: .good)]
    case .prefer:
      return [
        ReviewChoice(isTurned ? "second" : "first", "A is better", key("first", "a")),
        ReviewChoice(isTurned ? "first" : "second", "B is better", key("second", "b")),
        ReviewChoice("tie", "no difference", key("tie", "=")),
      ]
    case .accept:
      return [
        ReviewChoice("accept", "accept", key("accept", "a"), votes: .good),
        ReviewChoice("reject", "reject", key("reject", "r"), votes: .bad),
      ]
    }
  }

  private init(_ label: QueueLabel) {
    self.init(label.name, label.name, label.key, votes: label.votes, description: label.description)
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
