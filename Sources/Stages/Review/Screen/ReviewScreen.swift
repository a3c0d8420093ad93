import Records

/// The review terminal without the terminal: keys go in, a picture comes out.
///
/// Nothing here knows ncurses, so that every screen can be tested as text. All that must survive is at the
/// desk; what is kept here is what a labeler has not yet answered.
public final class ReviewScreen {
  /// What the terminal is asked to do.
  public enum Request: Sendable, Equatable {
    /// Let the labeler edit a text in an editor of theirs.
    case editor(String)
  }

  /// An item that is looked at.
  struct Held {
    let item: LeasedItem
    let content: ReviewContent
    let choices: [ReviewChoice]
    var time: ActiveTime
    var picked: [String] = []
    var reasons: [String] = []
    var draft: String?
    var isFlagged: Bool
    var notes: [String]
    var suggestion: ReviewSuggestion?
    var expires: Int64
  }

  enum Prompt: Sendable, Equatable { case note, skip, search, listSearch }

  enum Mode {
    case work
    case edit(TextEditor)
    /// The change of a correction, before it is saved.
    case confirm(String, top: Int)
    case prompt(Prompt, TextEditor)
    case skip
    case list
    case help(top: Int)
    case paused
    case goldPaused(right: Int, of: Int)
    /// What models say, after the answer.
    case revealed
    /// The lease ended; what was written is shown.
    case lost(String, top: Int)
    case empty
  }

  struct Listing {
    var items: [ItemSummary] = []
    var filter = ReviewFilter.all
    var search = ""
    var selected = 0
    var top = 0
    var isComplete = false
  }

  let desk: any ReviewDesk
  let clock: ReviewClock
  var queue: QueueDefinition { desk.queue }

  var mode = Mode.work
  var held: Held?
  var document: ReviewDocument?
  var top = ReviewDocument.Position()
  var isUnfolded = false
  var progress = ReviewProgress()
  var message = CellLine()
  var listing = Listing()
  var places: [(source: Int, byte: Int)] = []
  var found = 0
  var search = ""
  /// Whether the guideline is seen: beside the conversation where there is room, else in its place.
  var showsGuideline: Bool?
  /// Whether keys move the guideline.
  var isInGuideline = false
  var guidelineTop = 0
  var guidelineLines: [CellLine] = []
  var guidelineWidth = 0
  /// Corrections of this session by item, which an undo brings back.
  var drafts: [Int64: String] = [:]

  private(set) var width = 80
  private(set) var height = 24
  /// Whether the labeler has left.
  public private(set) var isFinished = false
  /// What the terminal is to do next, once.
  public var request: Request?

  /// Whether the last tick changed what is seen.
  private(set) var hasChanged = false
  private var needsProgress = true
  private var lastKey = 0
  private var lastSign = 0
  private var asksToLeave = false

  /// Shows a desk.
  public init(desk: any ReviewDesk, clock: ReviewClock) {
    self.desk = desk
    self.clock = clock
  }

  /// Takes the first item.
  /// - Throws: what the desk throws.
  public func start() throws {
    lastKey = clock.monotonic()
    progress = try desk.progress()
    needsProgress = false
    if let pause = try desk.pause() {
      mode = .goldPaused(right: pause.right, of: pause.of)
    } else {
      try advance()
    }
  }

  /// Takes the size of the terminal; nothing that is being written is lost.
  public func resize(width: Int, height: Int) {
    guard width != self.width || height != self.height else { return }
    if width < ScreenFrame.wide, self.width >= ScreenFrame.wide { showsGuideline = nil }
    self.width = width
    self.height = height
    layOut(keepsPlace: true)
  }

  // MARK: Items

  /// Takes the next item.
  func advance() throws { try show(desk.next()) }

  /// Shows an item, or that there is none.
  func show(_ item: LeasedItem?) throws {
    places = []
    guard let item else {
      held = nil
      document = nil
      mode = .empty
      return
    }
    let now = clock.monotonic()
    var time = ActiveTime(idle: queue.idle * 1000)
    let content: ReviewContent
    do {
      content = try desk.content(item)
    } catch DeskError.missing {
      // An erasure may take a record from under its item; nobody can answer that one.
      guard try desk.skip(item, reason: "its record is there no more") else { return try show(nil) }
      return try advance()
    }
    time.start(at: clock.monotonic())
    var new = Held(
      item: item, content: content, choices: ReviewChoice.all(queue, isTurned: item.isTurned), time: time,
      isFlagged: item.isFlagged, notes: item.notes, expires: item.expires.microseconds)
    new.picked = queue.isMultiple ? item.answer?.labels ?? [] : []
    new.reasons = item.answer?.reasons ?? []
    new.draft = item.answer == nil ? drafts[item.item] : item.answer?.correction
    if queue.suggestions == .before { new.suggestion = try desk.suggestion(item) }
    held = new
    lastSign = now
    mode = .work
    isUnfolded = false
    layOut(keepsPlace: false)
  }

  /// Lays the item out for the size.
  func layOut(keepsPlace: Bool) {
    guard let held else { return }
    let place = keepsPlace ? document?.byte(at: top) : nil
    let old = document?.matches ?? [:]
    let new = ReviewDocument(
      held.content, task: queue.task, width: frame.conversation, isUnfolded: isUnfolded, notes: held.notes,
      draft: held.draft)
    new.matches = old.isEmpty ? [:] : old
    document = new
    let rows = frame.body
    if let place, new.segments.indices.contains(place.segment) {
      let segment = new.segments[place.segment]
      var row = 0
      if let column = segment.columns.first {
        row = new.place(source: column.source, byte: place.byte).row
      }
      top = new.clamped(ReviewDocument.Position(segment: place.segment, row: row), height: rows)
    } else {
      top = new.start(height: rows)
    }
  }

  // MARK: Answers

  /// Gives an answer and goes to the next item.
  func answer(_ labels: [String], correction: String? = nil) throws {
    guard var held else { return }
    held.time.touch(at: clock.monotonic())
    let answer = ReviewAnswer(
      labels: labels, reasons: held.reasons, correction: correction, active: held.time.total)
    switch try desk.submit(answer, for: held.item) {
    case .refused:
      self.held = held
      try lose()
      return
    case .paused(let right, let of):
      self.held = nil
      document = nil
      mode = .goldPaused(right: right, of: of)
    case .stored:
      if let correction { drafts[held.item.item] = correction }
      let titles = labels.map { label in held.choices.first { $0.label == label }?.title ?? label }
      say("\(titles.joined(separator: ", ")) · stored · \(queue.key(of: .undo)) takes it back", .good)
      if queue.suggestions == .after, let said = try desk.suggestion(held.item) {
        let isSame = labels.contains(said.label)
        say(
          "you: \(titles.joined(separator: ", ")) · models: \(said.label) (\(ScreenText.hundredths(said.probability)))",
          isSame ? .good : .warning)
        self.held = held
        mode = .revealed
      } else {
        try advance()
      }
    }
    needsProgress = true
  }

  func skip(_ reason: String) throws {
    guard let held else { return }
    guard try desk.skip(held.item, reason: reason) else { return try lose() }
    say("skipped: \(reason) · \(queue.key(of: .undo)) takes it back", .warning)
    needsProgress = true
    try advance()
  }

  /// Tells that the item went to somebody else, and keeps what was written in view.
  func lose() throws {
    var text = held?.draft
    if case .edit(let editor) = mode { text = editor.text }
    if case .confirm(let written, _) = mode { text = written }
    if let item = held?.item.item, let text { drafts[item] = text }
    held = nil
    document = nil
    if let text {
      mode = .lost(text, top: 0)
    } else {
      try advance()
      say("nothing was stored: the last item was yours no longer", .bad)
    }
  }

  func undo() throws {
    let before = held
    keepDraft()
    guard let item = try desk.undo() else { return say("there is nothing to take back", .warning) }
    if let before, before.item.item != item.item { try desk.release(before.item) }
    needsProgress = true
    guard isHeld(item) else {
      say("taken back; a colleague has that item now", .warning)
      return try advance()
    }
    try show(item)
    say("taken back · \(queue.key(of: .redo)) brings it back", .warning)
  }

  func redo() throws {
    guard let item = try desk.redo() else { return say("there is nothing to bring back", .warning) }
    if isHeld(item) { try desk.release(item) }
    needsProgress = true
    if held == nil || held?.item.item == item.item { try advance() }
    say("your last word on item \(item.item) counts again", .good)
  }

  /// Whether an item that the desk hands out is leased: what went to others meanwhile is not.
  private func isHeld(_ item: LeasedItem) -> Bool {
    item.token != 0 && item.expires.microseconds > clock.wall()
  }

  func keepDraft() {
    guard let held, let draft = held.draft else { return }
    drafts[held.item.item] = draft
  }

  func say(_ text: String, _ style: CellStyle) { message = CellLine(text, style) }

  // MARK: Time

  /// What is to be done when a key came, before it is looked at.
  /// - Returns: false when the item is lost.
  func touch() throws -> Bool {
    let now = clock.monotonic()
    lastKey = now
    guard var held else { return true }
    held.time.touch(at: now)
    self.held = held
    return try renew(at: now, isForced: clock.wall() >= held.expires)
  }

  private func renew(at now: Int, isForced: Bool) throws -> Bool {
    // After the answer there is no lease any more.
    if case .revealed = mode { return true }
    guard let item = held?.item, isForced || now - lastSign >= queue.lease * 250 else { return true }
    lastSign = now
    guard try desk.extend(item) else { return false }
    held?.expires = clock.wall() + Int64(queue.lease) * 1_000_000
    return true
  }

  /// What is done while no key comes: the lease is prolonged where keys came since, figures are read anew,
  /// and long texts are laid out further.
  /// - Returns: whether there is more to do at once.
  /// - Throws: what the desk throws.
  public func tick() throws -> Bool {
    hasChanged = needsProgress
    if needsProgress {
      progress = try desk.progress()
      needsProgress = false
      return true
    }
    if lastKey > lastSign, !(try renew(at: clock.monotonic(), isForced: false)) { try lose() }
    return document?.extend(bytes: 65_536) ?? false
  }

  /// Keeps the lease while the labeler is in an editor of theirs.
  /// - Throws: what the desk throws.
  public func tickInEditor() throws { _ = try renew(at: clock.monotonic(), isForced: false) }

  /// Takes what the labeler's editor left; nil where it failed or left nothing.
  /// - Throws: what the desk throws.
  public func editorReturned(_ text: String?) throws {
    guard let text else { return say("the editor ended without a text; nothing has changed", .warning) }
    guard held != nil else {
      if case .lost = mode { mode = .lost(text, top: 0) }
      return
    }
    // Editors end a file with a line end, which the output did not have.
    let before = original
    let after = text.hasSuffix("\n") && !before.hasSuffix("\n") ? String(text.dropLast()) : text
    try propose(after)
  }

  /// The output as it was logged.
  var original: String {
    String(decoding: held?.content.outputs.first?.text ?? [], as: UTF8.self)
  }

  /// Shows what a correction changes, before it is saved.
  func propose(_ text: String) throws {
    held?.draft = text
    if text == original {
      held?.draft = nil
      mode = .work
      layOut(keepsPlace: true)
      return say("nothing has changed; \(ReviewChoice.all(queue)[0].key) says it is fine as it is", .warning)
    }
    mode = .confirm(text, top: 0)
  }

  // MARK: Leaving

  /// Leaves; an unsaved correction asks once more.
  func leave() throws {
    if held?.draft != nil, !asksToLeave {
      asksToLeave = true
      return say("your correction is not saved; \(queue.key(of: .quit)) again leaves it", .warning)
    }
    try close()
  }

  func stays() { asksToLeave = false }

  /// Gives the item back and ends; also where the terminal is gone.
  /// - Throws: what the desk throws.
  public func close() throws {
    isFinished = true
    if let item = held?.item { try desk.release(item) }
    held = nil
  }

  /// What the labeler has written and not saved.
  public var unsaved: ReviewDraft? {
    guard let held else { return nil }
    if case .edit(let editor) = mode, editor.text != original {
      return ReviewDraft(item: held.item.item, text: editor.text)
    }
    return held.draft.map { ReviewDraft(item: held.item.item, text: $0) }
  }

  /// Takes what was not saved in an earlier session; it is there when its item is.
  public func restore(_ draft: ReviewDraft) { drafts[draft.item] = draft.text }
}
