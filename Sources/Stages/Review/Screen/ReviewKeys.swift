/// The keys of the screen: one table, from which the help, the bar of keys and `--help` are made.
public struct ReviewKeyRow: Sendable, Hashable, Codable {
  /// What it belongs to: `answer`, `item`, `move`, `editor`, `list`, `screen`.
  public let section: String
  /// An action's name in a queue's `keys`; nil for keys that stand fast.
  public let action: String?
  /// The keys, as they are written on a keyboard.
  public let keys: String
  /// What they do.
  public let text: String
}

/// All keys.
public enum ReviewKeyTable {
  /// The keys of a queue.
  ///
  /// - Parameter queue: whose labels and keys count; without one, the defaults.
  /// - Returns: a row for each key or pair of keys, by section.
  public static func rows(_ queue: QueueDefinition? = nil) -> [ReviewKeyRow] {
    let named = queue ?? QueueDefinition(name: "")
    func row(_ section: String, _ keys: String, _ text: String) -> ReviewKeyRow {
      ReviewKeyRow(section: section, action: nil, keys: keys, text: text)
    }
    func row(_ section: String, _ action: ReviewAction, _ text: String) -> ReviewKeyRow {
      ReviewKeyRow(
        section: section, action: action.rawValue, keys: ScreenKey.name(named.key(of: action)), text: text)
    }
    var rows: [ReviewKeyRow] = []
    if let queue {
      for choice in ReviewChoice.all(queue) {
        let text = [choice.title, choice.description].compactMap { $0 }.joined(separator: ": ")
        rows.append(row("answer", ScreenKey.name(choice.key), text))
      }
      for reason in queue.reasons {
        let text = [reason.name, reason.description].compactMap { $0 }.joined(separator: ": ")
        rows.append(row("answer", ScreenKey.name(reason.key), "reason " + text))
      }
    } else {
      rows.append(row("answer", "label's key", "answer, and go to the next item; a reason's key adds it"))
    }
    rows += [
      row("answer", "1-9", "give the nth label"),
      row("answer", "Enter", "answer with the labels that are marked, or with the correction"),
      row("item", .skip, "skip, with a reason"), row("item", .undo, "take back the last answer or skip"),
      row("item", .redo, "bring back what was taken back"),
      row("item", .flag, "flag the item, or take the flag away"), row("item", .note, "write a note"),
      row("item", .edit, "correct the output here"),
      row("item", .editor, "correct the output in $VISUAL or $EDITOR"),
      row("item", .reveal, "show or hide the suggestion, where the queue allows it"),
      row("item", .tools, "unfold or fold tool calls and results"),
      row("move", "Up Down", "scroll a row"), row("move", "PgUp PgDn", "scroll a page; Space is PgDn"),
      row("move", "Home End", "go to the beginning or the end"),
      row("move", "Tab", "move between conversation and guideline"),
      row("move", .search, "search in what Tab has chosen"),
      row("move", "> <", "go to the next or last match"),
      row("screen", .guideline, "show or hide the guideline"), row("screen", .list, "list the items"),
      row("screen", .pause, "pause: the text is hidden, time stops, the item goes back"),
      row("screen", .help, "show or hide the keys"), row("screen", .quit, "leave; the item goes back"),
      row("screen", "Esc", "close what is open"), row("screen", "Ctrl-L", "paint the screen anew"),
      row("list", "Up Down Enter", "choose an item, and open it"),
      row("list", "Left Right", "list all, open, answered, skipped or flagged items"),
      row("editor", "Ctrl-S", "show what has changed; Enter then saves it"),
      row("editor", "Esc", "leave the editor; the text is kept"),
      row("editor", "Ctrl-Z Ctrl-Y", "undo, redo"),
      row("editor", "Ctrl-Left Ctrl-Right", "move by words; Ctrl-Home, Ctrl-End: to the beginning, the end"),
      row("editor", "Ctrl-W Ctrl-U Ctrl-K", "delete a word, to the line's beginning, to its end"),
    ]
    return rows
  }

  /// The sections in their order, with their titles.
  public static let sections: [(name: String, title: String)] = [
    ("answer", "Answers"), ("item", "This item"), ("move", "Reading"), ("screen", "Screen"),
    ("list", "In the list"), ("editor", "In the editor"),
  ]
}

extension ScreenKey {
  /// A character as it is written on a keyboard.
  static func name(_ character: Character) -> String { character == " " ? "Space" : String(character) }
}
