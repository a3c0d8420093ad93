import Records

extension ReviewScreen {
  /// Takes a key.
  /// - Throws: what the desk throws.
  func press(_ key: ScreenKey) throws {
    guard key != .resize, key != .unknown else { return }
    if case .paused = mode { return try resume(key) }
    guard try touch() else { return try lose() }
    message = CellLine()
    if case .paste(let text) = key { return paste(text) }
    if key != .character(queue.key(of: .quit)) { stays() }
    switch mode {
    case .work: try pressInWork(key)
    case .edit(let editor): try press(key, in: editor)
    case .confirm(let text, let top): try confirm(key, text, top)
    case .prompt(let prompt, let editor): try press(key, in: editor, for: prompt)
    case .skip: try pressInSkip(key)
    case .list: try pressInList(key)
    case .help(let top): pressInHelp(key, top)
    case .goldPaused: if isQuit(key) { try close() }
    case .revealed:
      if key == .character(queue.key(of: .undo)) { try undo() } else { try advance() }
    case .lost(let text, let top): try pressInLost(key, text, top)
    case .empty: try pressInEmpty(key)
    case .paused: break
    }
  }

  private func isQuit(_ key: ScreenKey) -> Bool {
    key == .character(queue.key(of: .quit)) || key == .control("c")
  }

  private func action(_ key: ScreenKey) -> ReviewAction? {
    guard case .character(let character) = key else { return nil }
    return ReviewAction.allCases.first { queue.key(of: $0) == character }
  }

  // MARK: An item

  private func pressInWork(_ key: ScreenKey) throws {
    guard let held else { return }
    if key == .control("c") { return try leave() }
    if case .character(let character) = key {
      if let choice = held.choices.first(where: { $0.key == character }) { return try choose(choice) }
      if let reason = queue.reasons.first(where: { $0.key == character }) {
        return toggle(\.reasons, reason.name)
      }
      if let action = action(key) { return try act(action) }
      if let digit = character.wholeNumberValue, digit > 0, held.choices.indices.contains(digit - 1) {
        return try choose(held.choices[digit - 1])
      }
      if character == ">" || character == "<" { return jump(character == ">" ? 1 : -1) }
    }
    switch key {
    case .enter: try enter()
    case .escape:
      places = []
      document?.matches = [:]
      message = CellLine()
      isInGuideline = false
    case .tab, .backTab: isInGuideline = frame.guideline > 0 && !isInGuideline
    default:
      if !scroll(key), case .character(let character) = key, character.isLetter || character.isNumber {
        say(
          "\(ScreenKey.name(character)) is no key here; \(queue.key(of: .help)) shows the keys", .warning)
      }
    }
  }

  private func toggle(_ list: WritableKeyPath<Held, [String]>, _ name: String) {
    guard let index = held?[keyPath: list].firstIndex(of: name) else {
      held?[keyPath: list].append(name)
      return
    }
    held?[keyPath: list].remove(at: index)
  }

  private func choose(_ choice: ReviewChoice) throws {
    if queue.isMultiple, queue.task == .label || queue.task == .adjudicate {
      return toggle(\.picked, choice.label)
    }
    if queue.task == .correct, choice.label == "corrected" { return try act(.edit) }
    if queue.task == .correct, held?.draft != nil {
      return say("there is a correction: Enter shows it, \(queue.key(of: .edit)) edits it", .warning)
    }
    try answer([choice.label])
  }

  private func enter() throws {
    guard let held else { return }
    if queue.task == .correct, let draft = held.draft { return try propose(draft) }
    if !held.picked.isEmpty {
      return try answer(held.choices.map(\.label).filter { held.picked.contains($0) })
    }
    // An answer that is looked at again may get other reasons.
    if let before = held.item.answer, before.reasons != held.reasons {
      return try answer(before.labels, correction: before.correction)
    }
    say("choose an answer first", .warning)
  }

  private func act(_ action: ReviewAction) throws {
    guard var held else { return }
    switch action {
    case .skip: mode = .skip
    case .undo: try undo()
    case .redo: try redo()
    case .flag:
      held.isFlagged.toggle()
      try desk.flag(held.item, held.isFlagged)
      self.held = held
      say(held.isFlagged ? "flagged for a colleague to look at" : "the flag is taken away", .warning)
    case .note: mode = .prompt(.note, TextEditor("", isSingle: true))
    case .guideline: toggleGuideline()
    case .help: mode = .help(top: 0)
    case .search: mode = .prompt(.search, TextEditor("", isSingle: true))
    case .list: try openList()
    case .reveal: try reveal()
    case .pause:
      held.time.pause(at: clock.monotonic())
      self.held = held
      try desk.release(held.item)
      mode = .paused
    case .edit:
      guard queue.task == .correct else { return say("this queue asks for no correction", .warning) }
      mode = .edit(TextEditor(held.draft ?? original))
    case .editor:
      guard queue.task == .correct else { return say("this queue asks for no correction", .warning) }
      request = .editor(held.draft ?? original)
    case .tools:
      isUnfolded.toggle()
      layOut(keepsPlace: false)
    case .quit: try leave()
    }
  }

  private func reveal() throws {
    guard let held else { return }
    if held.suggestion != nil {
      self.held?.suggestion = nil
    } else if queue.suggestions == .before || queue.suggestions == .after && held.item.answer != nil {
      self.held?.suggestion = try desk.suggestion(held.item)
      if self.held?.suggestion == nil { say("models say nothing on this item", .warning) }
    } else {
      say(
        queue.suggestions == .hidden
          ? "this queue hides suggestions, so that they do not lead you"
          : "the suggestion is shown after your answer", .warning)
    }
  }

  private func toggleGuideline() {
    guard !queue.guideline.isEmpty else { return say("this queue has no guideline", .warning) }
    showsGuideline = frame.guideline == 0
    isInGuideline = frame.guideline > 0 && frame.conversation == 0
    layOut(keepsPlace: true)
  }

  /// - Returns: whether the key moves anything.
  private func scroll(_ key: ScreenKey) -> Bool {
    let page = max(1, frame.body - 2)
    if isInGuideline {
      switch key {
      case .up: guidelineTop -= 1
      case .down: guidelineTop += 1
      case .pageUp: guidelineTop -= page
      case .pageDown, .character(" "): guidelineTop += page
      case .home: guidelineTop = 0
      case .end: guidelineTop = Int.max / 2
      default: return false
      }
      return true
    }
    guard let document else { return false }
    switch key {
    case .up: top = document.move(top, by: -1)
    case .down: top = document.clamped(document.move(top, by: 1), height: frame.body)
    case .pageUp: top = document.move(top, by: -page)
    case .pageDown, .character(" "): top = document.clamped(document.move(top, by: page), height: frame.body)
    case .home, .textStart: top = ReviewDocument.Position()
    case .end, .textEnd: top = document.last(height: frame.body)
    default: return false
    }
    return true
  }

  private func jump(_ step: Int) {
    if isInGuideline, !search.isEmpty { return jumpInGuideline(step) }
    guard let document, !places.isEmpty else { return say("nothing was searched for", .warning) }
    found = (found + step + places.count) % places.count
    let place = document.place(source: places[found].source, byte: places[found].byte)
    top = document.clamped(document.move(place, by: -frame.body / 3), height: frame.body)
    say("match \(ScreenText.count(found + 1)) of \(ScreenText.count(places.count))", .match)
  }

  private func jumpInGuideline(_ step: Int) {
    let wanted = search.lowercased()
    let hits = guidelineLines.indices.filter { guidelineLines[$0].text.lowercased().contains(wanted) }
    guard !hits.isEmpty else { return say("the guideline has no such words", .warning) }
    found = ((hits.firstIndex { $0 >= guidelineTop } ?? 0) + (step < 0 ? -1 : step > 0 ? 1 : 0) + hits.count)
    guidelineTop = hits[found % hits.count]
  }

  // MARK: Editor

  private func paste(_ text: String) {
    switch mode {
    case .edit(var editor):
      editor.insert(text)
      mode = .edit(editor)
    case .prompt(let prompt, var editor):
      editor.insert(text)
      mode = .prompt(prompt, editor)
    default: say("what was pasted is left out: it would be read as keys", .warning)
    }
  }

  /// - Returns: whether the key was one of an editor.
  private func type(_ key: ScreenKey, _ editor: inout TextEditor) -> Bool {
    switch key {
    case .enter where !editor.isSingle: editor.insert("\n")
    case .tab where !editor.isSingle: editor.insert("\t")
    case .backspace: editor.backspace()
    case .delete, .control("d"): editor.delete()
    case .control("w"): editor.deleteWord()
    case .control("u"): editor.deleteToStart()
    case .control("k"): editor.deleteToEnd()
    case .control("z"), .control("_"): _ = editor.undo()
    case .control("y"): _ = editor.redo()
    case .control("a"): editor.move(.home, page: 1)
    case .control("e"): editor.move(.end, page: 1)
    case .character(let character):
      guard character.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F }) else {
        return false
      }
      editor.insert(String(character))
    case .escape, .enter, .paste, .resize, .unknown, .tab, .backTab: return false
    default: editor.move(key, page: frame.body)
    }
    return true
  }

  private func press(_ key: ScreenKey, in editor: TextEditor) throws {
    var editor = editor
    if key == .control("s") { return try propose(editor.text) }
    if key == .escape || key == .control("c") {
      let text = editor.text
      let isSame = text == original
      held?.draft = isSame ? nil : text
      keepDraft()
      mode = .work
      layOut(keepsPlace: false)
      if held?.draft != nil { say("your correction is kept here; Enter shows and saves it", .warning) }
      return
    }
    _ = type(key, &editor)
    mode = .edit(editor)
  }

  private func confirm(_ key: ScreenKey, _ text: String, _ top: Int) throws {
    let page = max(1, frame.body - 2)
    switch key {
    case .enter: try answer(["corrected"], correction: text)
    case .up: mode = .confirm(text, top: max(0, top - 1))
    case .down: mode = .confirm(text, top: top + 1)
    case .pageUp: mode = .confirm(text, top: max(0, top - page))
    case .pageDown, .character(" "): mode = .confirm(text, top: top + page)
    case .escape:
      mode = .work
      layOut(keepsPlace: false)
    case .character(queue.key(of: .edit)): mode = .edit(TextEditor(text))
    case .character(queue.key(of: .editor)): request = .editor(text)
    default: break
    }
  }

  private func press(_ key: ScreenKey, in editor: TextEditor, for prompt: Prompt) throws {
    var editor = editor
    switch key {
    case .escape, .control("c"): mode = prompt == .listSearch ? .list : .work
    case .enter: try finish(prompt, editor.text)
    default:
      _ = type(key, &editor)
      mode = .prompt(prompt, editor)
    }
  }

  private func finish(_ prompt: Prompt, _ text: String) throws {
    mode = prompt == .listSearch ? .list : .work
    switch prompt {
    case .note:
      guard !text.isEmpty, let held else { return }
      try desk.note(held.item, text)
      self.held?.notes.append(text)
      layOut(keepsPlace: true)
      say("noted", .good)
    case .skip: try skip(text.isEmpty ? ScreenText.skips[ScreenText.skips.count - 1] : text)
    case .search:
      // Enter alone goes on with what was searched for.
      guard !text.isEmpty else { return search.isEmpty ? () : jump(1) }
      search = text
      if isInGuideline { return jumpInGuideline(0) }
      places = document?.search(text) ?? []
      guard !places.isEmpty else { return say("nothing holds '\(text)'", .warning) }
      found = -1
      jump(1)
    case .listSearch:
      listing.search = text
      try fillList(anew: true)
    }
  }

  // MARK: Other screens

  private func pressInSkip(_ key: ScreenKey) throws {
    if key == .escape || key == .control("c") {
      mode = .work
    } else if case .character(let character) = key, let digit = character.wholeNumberValue,
      (1...ScreenText.skips.count).contains(digit)
    {
      if digit == ScreenText.skips.count {
        mode = .prompt(.skip, TextEditor("", isSingle: true))
      } else {
        try skip(ScreenText.skips[digit - 1])
      }
    }
  }

  private func pressInHelp(_ key: ScreenKey, _ top: Int) {
    let page = max(1, height - 4)
    switch key {
    case .up: mode = .help(top: max(0, top - 1))
    case .down: mode = .help(top: top + 1)
    case .pageUp: mode = .help(top: max(0, top - page))
    case .pageDown, .character(" "): mode = .help(top: top + page)
    default: mode = held == nil ? .empty : .work
    }
  }

  private func pressInLost(_ key: ScreenKey, _ text: String, _ top: Int) throws {
    switch key {
    case .enter: try advance()
    case .up: mode = .lost(text, top: max(0, top - 1))
    case .down: mode = .lost(text, top: top + 1)
    case .pageUp: mode = .lost(text, top: max(0, top - frame.body))
    case .pageDown: mode = .lost(text, top: top + frame.body)
    case .character(queue.key(of: .editor)): request = .editor(text)
    default: if isQuit(key) { try close() }
    }
  }

  private func pressInEmpty(_ key: ScreenKey) throws {
    if isQuit(key) { return try close() }
    switch action(key) {
    case .undo: try undo()
    case .redo: try redo()
    case .list: try openList()
    case .help: mode = .help(top: 0)
    default: if key == .enter { try advance() }
    }
  }

  private func resume(_ key: ScreenKey) throws {
    if isQuit(key) { return try close() }
    guard let before = held else { return try advance() }
    keepDraft()
    held = nil
    if let item = try desk.open(before.item.item) {
      var time = before.time
      let (picked, reasons) = (before.picked, before.reasons)
      try show(item)
      time.start(at: clock.monotonic())
      held?.time = time
      held?.picked = picked
      held?.reasons = reasons
      held?.draft = before.draft
      layOut(keepsPlace: false)
      message = CellLine()
    } else if let draft = before.draft {
      document = nil
      mode = .lost(draft, top: 0)
    } else {
      try advance()
      say("a colleague has taken the item meanwhile; here is the next", .warning)
    }
  }

  // MARK: List

  private func openList() throws {
    listing = Listing(filter: listing.filter)
    mode = .list
    try fillList(anew: true)
  }

  private func fillList(anew: Bool) throws {
    if anew { (listing.items, listing.selected, listing.top, listing.isComplete) = ([], 0, 0, false) }
    guard !listing.isComplete else { return }
    let page = 200
    let more = try desk.items(
      listing.filter, search: listing.search, after: listing.items.last?.item, limit: page)
    listing.items += more
    listing.isComplete = more.count < page
  }

  private func pressInList(_ key: ScreenKey) throws {
    let page = max(1, frame.body - 3)
    switch key {
    case .escape: mode = held == nil ? .empty : .work
    case .up: listing.selected -= 1
    case .down: listing.selected += 1
    case .pageUp: listing.selected -= page
    case .pageDown, .character(" "): listing.selected += page
    case .home: listing.selected = 0
    case .end: listing.selected = listing.items.count - 1
    case .left, .right:
      let all = ReviewFilter.allCases
      let index = all.firstIndex(of: listing.filter) ?? 0
      listing.filter = all[(index + (key == .right ? 1 : all.count - 1)) % all.count]
      try fillList(anew: true)
    case .enter: try openSelected()
    default:
      if key == .character(queue.key(of: .search)) {
        mode = .prompt(.listSearch, TextEditor(listing.search, isSingle: true))
      } else if key == .character(queue.key(of: .list)) || isQuit(key) {
        mode = held == nil ? .empty : .work
      }
    }
    listing.selected = max(0, min(listing.selected, listing.items.count - 1))
    if listing.selected + page >= listing.items.count { try fillList(anew: false) }
  }

  private func openSelected() throws {
    guard listing.items.indices.contains(listing.selected) else { return }
    let wanted = listing.items[listing.selected].item
    if wanted == held?.item.item {
      mode = .work
      return
    }
    keepDraft()
    guard let item = try desk.open(wanted) else {
      return say("that item is with a colleague, or has all its answers", .warning)
    }
    if let before = held?.item { try desk.release(before) }
    try show(item)
    message = CellLine()
  }
}
