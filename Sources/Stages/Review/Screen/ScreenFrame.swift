import Records

/// How the screen is divided.
struct ScreenFrame: Sendable, Equatable {
  /// Columns of the conversation; 0 where the guideline takes its place.
  let conversation: Int
  /// Columns of the guideline; 0 where it is hidden.
  let guideline: Int
  /// Rows between the header and the keys.
  let body: Int
  /// Rows of the header, its rule among them.
  static let head = 3
  /// The smallest terminal.
  static let smallest = (width: 60, height: 20)
  /// Columns from which the guideline stands beside the conversation.
  static let wide = 100
}

extension ReviewScreen {
  var frame: ScreenFrame {
    let isWide = width >= ScreenFrame.wide
    let shows = showsGuideline ?? isWide && !queue.guideline.isEmpty
    let guideline = !shows ? 0 : isWide ? min(60, max(34, width * 34 / 100)) : width
    let conversation = guideline == 0 ? width : isWide ? width - guideline - 1 : 0
    let body = height - ScreenFrame.head - 1 - choiceLines.count - keyLines.count
    return ScreenFrame(conversation: conversation, guideline: guideline, body: max(1, body))
  }

  // MARK: Keys

  /// A key and what it does.
  private func chip(_ key: String, _ title: String, _ style: CellStyle, isChosen: Bool = false) -> CellLine {
    var line = CellLine(" \(key) ", isChosen ? .chosen : .key)
    line.append(" ")
    line.append(isChosen ? title + " ✓" : title, isChosen ? .strong : style)
    return line
  }

  /// Chips in rows, at most so many.
  private func flow(_ chips: [CellLine], first: CellLine = CellLine(), limit: Int) -> [CellLine] {
    var lines: [CellLine] = []
    var line = CellLine(" ")
    line.append(first)
    for chip in chips {
      if line.width > 1, line.width + 2 + chip.width > width {
        lines.append(line)
        line = CellLine(" ")
      } else if line.width > 1 {
        line.append("  ")
      }
      line.append(chip.cut(to: width - 2))
    }
    lines.append(line)
    return Array(lines.prefix(limit))
  }

  /// The rows in which an answer is given.
  var choiceLines: [CellLine] {
    switch mode {
    case .skip:
      let chips = ScreenText.skips.enumerated().map { chip("\($0 + 1)", $1, .label) }
      return flow(chips, first: CellLine("skip, since", .strong), limit: 3)
    case .prompt: return [CellLine()]
    case .work, .revealed: break
    default: return []
    }
    guard let held else { return [] }
    var lines = flow(
      held.choices.map { choice in
        chip(
          ScreenKey.name(choice.key), choice.title, choice.style, isChosen: held.picked.contains(choice.label)
        )
      }, limit: 3)
    if !queue.reasons.isEmpty {
      lines += flow(
        queue.reasons.map { reason in
          chip(
            ScreenKey.name(reason.key), reason.name, .plain, isChosen: held.reasons.contains(reason.name))
        }, first: CellLine("reasons", .dim), limit: 3)
    }
    return lines
  }

  /// The other keys.
  var keyLines: [CellLine] {
    func chips(_ keys: [(String, String)]) -> [CellLine] {
      keys.map {
        var line = CellLine($0.0, .strong)
        line.append(" \($0.1)", .dim)
        return line
      }
    }
    func name(_ action: ReviewAction) -> String { ScreenKey.name(queue.key(of: action)) }
    let keys: [(String, String)]
    switch mode {
    case .work:
      keys = ReviewAction.allCases.compactMap { action in
        switch action {
        case .edit: nil
        case .editor: queue.task == .correct ? (name(action), "$EDITOR") : nil
        case .reveal: queue.suggestions == .hidden ? nil : (name(action), action.title)
        case .guideline: queue.guideline.isEmpty ? nil : (name(action), action.title)
        default: (name(action), action.title)
        }
      }
    case .edit:
      keys = [
        ("Ctrl-S", "look at the change and save"), ("Esc", "back, text kept"), ("Ctrl-Z", "undo"),
        ("Ctrl-Y", "redo"),
      ]
    case .confirm:
      keys = [
        ("Enter", "save"), (name(.edit), "edit on"), (name(.editor), "$EDITOR"), ("Esc", "back, text kept"),
        ("Up Down", "scroll"),
      ]
    case .prompt: keys = [("Enter", "done"), ("Esc", "back")]
    case .skip: keys = [("Esc", "back")]
    case .list:
      keys = [
        ("Enter", "open"), ("Left Right", "filter"), (name(.search), "search"), ("Up Down", "move"),
        ("Esc", "back"),
      ]
    case .help: keys = [("Up Down", "scroll"), ("any other key", "back")]
    case .paused: keys = [("any key", "goes on"), (name(.quit), "quit")]
    case .goldPaused: keys = [(name(.quit), "quit")]
    case .revealed: keys = [("any key", "next item"), (name(.undo), "undo")]
    case .lost: keys = [("Enter", "next item"), (name(.editor), "$EDITOR"), (name(.quit), "quit")]
    case .empty:
      keys = [
        ("Enter", "look again"), (name(.undo), "undo"), (name(.redo), "redo"), (name(.list), "list"),
        (name(.quit), "quit"),
      ]
    }
    return flow(chips(keys), limit: 2)
  }
}
