/// What a labeler can do at the screen besides giving a label, each with one key.
///
/// The raw value is the action's name in a queue's `keys`. Arrows, PgUp, PgDn, Enter, Esc and the digits 1 to 9, which
/// give the nth label, stand fast and are no actions.
public enum ReviewAction: String, Sendable, CaseIterable, Codable {
  /// Pass the item over, with a reason.
  case skip
  /// Take back the last answer or skip.
  case undo
  /// Make what was taken back count again.
  case redo
  /// Flag the item, or take the flag away.
  case flag
  /// Write a note.
  case note
  /// Show or hide the guideline.
  case guideline
  /// Show or hide the keys.
  case help
  /// Search in the conversation and in the list.
  case search
  /// List the items.
  case list
  /// Show the suggestion, where the queue allows it.
  case reveal
  /// Pause: the time does not count, and the item goes back.
  case pause
  /// Edit the output inline.
  case edit
  /// Edit the output in `$EDITOR`.
  case editor
  /// Fold or unfold tool calls.
  case tools
  /// Leave; the item goes back.
  case quit

  /// The key where the queue names none.
  public var defaultKey: Character {
    switch self {
    case .skip: "s"
    case .undo: "z"
    case .redo: "y"
    case .flag: "f"
    case .note: "n"
    case .guideline: "?"
    case .help: "h"
    case .search: "/"
    case .list: "l"
    case .reveal: "v"
    case .pause: "p"
    case .edit: "e"
    case .editor: "E"
    case .tools: "t"
    case .quit: "q"
    }
  }

  /// What the bar of keys and the help call it.
  public var title: String {
    switch self {
    case .skip: "skip"
    case .undo: "undo"
    case .redo: "redo"
    case .flag: "flag"
    case .note: "note"
    case .guideline: "guideline"
    case .help: "help"
    case .search: "search"
    case .list: "list"
    case .reveal: "reveal"
    case .pause: "pause"
    case .edit: "edit"
    case .editor: "open in $EDITOR"
    case .tools: "tool calls"
    case .quit: "quit"
    }
  }
}

extension QueueDefinition {
  /// The key of an action in this queue.
  public func key(of action: ReviewAction) -> Character { keys[action.rawValue] ?? action.defaultKey }
}
