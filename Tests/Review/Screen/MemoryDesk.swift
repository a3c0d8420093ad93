import Records

@testable import Review

/// A desk in memory, with hands to take things away.
final class MemoryDesk: ReviewDesk {
  var queue: QueueDefinition
  let labeler = "ana"
  var contents: [ReviewContent]
  var answers: [Int64: ReviewAnswer] = [:]
  /// What was answered or skipped, in order, and what was taken back.
  var done: [Int64] = []
  var undone: [(item: Int64, answer: ReviewAnswer?)] = []
  var leased: Int64?
  var isLost = false
  var pauseAfter: Int?
  var said: ReviewSuggestion?
  var exposed: [Int64] = []
  var skips: [String] = []
  var notes: [String] = []
  var flags: Set<Int64> = []
  var released: [Int64] = []
  var extended = 0
  var isTurned = false
  var now: () -> Int64 = { 0 }

  init(_ queue: QueueDefinition, _ contents: [ReviewContent]) {
    self.queue = queue
    self.contents = contents
  }

  private func lease(_ item: Int64) -> LeasedItem {
    leased = item
    return LeasedItem(
      item: item, interaction: "int-\(item)", reason: .uncertain, token: item,
      expires: Timestamp(microseconds: now() + Int64(queue.lease) * 1_000_000), isTurned: isTurned,
      isFlagged: flags.contains(item), answer: answers[item])
  }

  func next() throws -> LeasedItem? {
    contents.indices.map { Int64($0 + 1) }.first { !done.contains($0) }.map(lease)
  }
  func open(_ item: Int64) throws -> LeasedItem? { isLost ? nil : lease(item) }
  func content(_ item: LeasedItem) throws -> ReviewContent { contents[Int(item.item) - 1] }
  func extend(_ item: LeasedItem) throws -> Bool {
    extended += 1
    return !isLost
  }
  func release(_ item: LeasedItem) throws {
    released.append(item.item)
    if leased == item.item { leased = nil }
  }
  func submit(_ answer: ReviewAnswer, for item: LeasedItem) throws -> SubmitOutcome {
    guard !isLost else { return .refused }
    answers[item.item] = answer
    done.append(item.item)
    undone = []
    if let pauseAfter, done.count >= pauseAfter { return .paused(right: 3, of: 10) }
    return .stored
  }
  func skip(_ item: LeasedItem, reason: String) throws -> Bool {
    guard !isLost else { return false }
    skips.append(reason)
    done.append(item.item)
    undone = []
    return true
  }
  func undo() throws -> LeasedItem? {
    guard let last = done.popLast() else { return nil }
    undone.append((last, answers[last]))
    answers[last] = nil
    return lease(last)
  }
  func redo() throws -> LeasedItem? {
    guard let last = undone.popLast() else { return nil }
    answers[last.item] = last.answer
    done.append(last.item)
    return lease(last.item)
  }
  func flag(_ item: LeasedItem, _ isFlagged: Bool) throws {
    if isFlagged { flags.insert(item.item) } else { flags.remove(item.item) }
  }
  func note(_ item: LeasedItem, _ text: String) throws { notes.append(text) }
  func suggestion(_ item: LeasedItem) throws -> ReviewSuggestion? {
    exposed.append(item.item)
    return said
  }
  func items(_ filter: ReviewFilter, search: String, after: Int64?, limit: Int) throws -> [ItemSummary] {
    let all = contents.indices.map { Int64($0 + 1) }.filter { filter == .all || answers[$0] != nil }
    return all.filter { $0 > (after ?? 0) }.prefix(limit).map {
      ItemSummary(
        item: $0, interaction: "int-\($0)", reason: .uncertain, labels: answers[$0]?.labels ?? [],
        isFlagged: flags.contains($0), isSkipped: false)
    }
  }
  func progress() throws -> ReviewProgress {
    var progress = ReviewProgress()
    progress.own = answers.count
    progress.answers = answers.count
    progress.wanted = contents.count
    return progress
  }
  func pause() throws -> (right: Int, of: Int)? { nil }
}

/// A screen at a desk in memory, with a clock that tests turn.
final class Bench {
  let desk: MemoryDesk
  let screen: ReviewScreen
  private let time: Time

  final class Time { var milliseconds = 0 }

  var milliseconds: Int {
    get { time.milliseconds }
    set { time.milliseconds = newValue }
  }

  init(
    _ task: ReviewTask = .label, _ contents: [ReviewContent]? = nil, width: Int = 80, height: Int = 24,
    _ change: (inout QueueDefinition) -> Void = { _ in }
  ) throws {
    var queue = QueueDefinition(name: "answers")
    queue.task = task
    queue.reasons = [QueueLabel(name: "tone", key: "o"), QueueLabel(name: "wrong", key: "w")]
    change(&queue)
    let outputs = task == .prefer ? ["first output", "second output"] : ["the output"]
    let some = (1...9).map { number in
      ReviewContent(
        input: [ReviewMessage(role: "user", text: Array("question \(number)".utf8))],
        outputs: outputs.map { ReviewMessage(role: "assistant", text: Array($0.utf8)) })
    }
    let time = Time()
    desk = MemoryDesk(queue, contents ?? some)
    desk.now = { Int64(time.milliseconds) * 1000 }
    screen = ReviewScreen(
      desk: desk,
      clock: ReviewClock(monotonic: { time.milliseconds }, wall: { Int64(time.milliseconds) * 1000 }))
    self.time = time
    screen.resize(width: width, height: height)
    try screen.start()
  }

  func press(_ keys: ScreenKey...) throws { for key in keys { try screen.press(key) } }
  /// Types letters, each a key.
  func type(_ text: String) throws { for character in text { try screen.press(.character(character)) } }

  var text: String { screen.draw().text.joined(separator: "\n") }
}
