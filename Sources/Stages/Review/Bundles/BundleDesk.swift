import Bytes
import Foundation
import Records

/// A labeler's place at a bundle, on a host that has neither catalog nor lake.
///
/// What is answered stands in a file beside the bundle, `NAME.answers`, which only grows: a line for each event, sealed with
/// the line before it and flushed to the disk before a call returns. A line that a crash cut short is cut off when the
/// file is opened again. One process at a time answers a bundle. Owned by one task at a time.
public final class BundleDesk: ReviewDesk {
  /// The queue.
  public let queue: QueueDefinition
  /// The labeler.
  public let labeler: String
  /// The file of answers.
  public let answersPath: String

  private let bundle: ReviewBundle
  private let places: [Int64: Int]
  private let clock: () -> Timestamp
  private let key: [UInt8]
  private let descriptor: Int32
  private var seal: [UInt8]
  private var events: [BundleEvent] = []
  private var standings: [Int64: Standing] = [:]
  private let redactor = AnswerRedactor()

  /// How an item stands.
  private struct Standing {
    /// Answers and skips that count, the last being the one in force.
    var counting: [Int] = []
    var isFlagged = false
    var isExposed = false
    var notes: [String] = []
  }

  /// Opens a bundle and what was answered of it before.
  /// - Parameters:
  ///   - path: the bundle's file.
  ///   - key: the exporter's key, to check the bundle's seal; nil where only the exporter has it.
  ///   - clock: the time.
  /// - Throws: ``BundleError`` for a bundle or answers that are not as they were written, with `held` where another process
  ///   answers it; ``FileError``.
  public init(path: String, key: [UInt8]? = nil, clock: @escaping () -> Timestamp) throws {
    let bundle = try ReviewBundle(path: path, key: key)
    let header = bundle.header
    guard let secret = Hex.decode(header.answerKey), secret.count == 32 else {
      throw BundleError(.altered, path: path, line: 1)
    }
    self.bundle = bundle
    self.key = secret
    self.clock = clock
    var queue = header.queue
    queue.keys = header.keys.compactMapValues { $0.count == 1 ? $0.first : nil }
    self.queue = queue
    labeler = header.labeler
    places = Dictionary(bundle.items.enumerated().map { ($1.item, $0) }) { first, _ in first }
    answersPath = "\(path).answers"
    descriptor = Foundation.open(answersPath, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw FileError("open", answersPath) }
    seal = []
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { throw BundleError(.held, path: answersPath) }
    let bytes = try DurableFile.read(answersPath)
    if bytes.contains(0x0A) {
      let file = try AnswersFile(bytes, path: answersPath) { answers in
        guard answers.bundle == header.id else { throw BundleError(.otherBundle, path: answersPath) }
        return secret
      }
      if file.isTorn, ftruncate(descriptor, off_t(file.length)) != 0 {
        throw FileError("truncate", answersPath)
      }
      seal = file.seal
      for event in file.events { apply(event) }
    } else {
      guard ftruncate(descriptor, 0) == 0 else { throw FileError("truncate", answersPath) }
      try write(
        AnswersHeader(bundle: header.id, queue: queue.name, labeler: header.labeler).sortedJSON)
      try DurableFile.syncFolder(
        (answersPath as NSString).deletingLastPathComponent.isEmpty
          ? "." : (answersPath as NSString).deletingLastPathComponent)
    }
  }

  deinit { close(descriptor) }

  // MARK: The file

  /// Appends an entry; when it returns, the entry is on the disk.
  private func write(_ entry: String) throws {
    let (line, seal) = SealedLine.line(Array(entry.utf8), after: seal, key: key)
    try line.withUnsafeBytes { try DurableFile.writeAll(descriptor, $0, path: answersPath) }
    guard fsync(descriptor) == 0 else { throw FileError("fsync", answersPath) }
    self.seal = seal
  }

  private func append(
    _ kind: ReviewEventKind, _ item: Int64, _ change: (inout BundleEvent) -> Void = { _ in }
  ) throws {
    guard let place = places[item] else { throw DeskError.missing(interaction: "\(item)") }
    let time = clock().microseconds
    let id = Digest.sha256(
      "\(bundle.header.id) \(events.count) \(item) \(kind.rawValue) \(time) \(Hex.encode(seal))")
    var event = BundleEvent(
      id: String(id.hex.prefix(32)), item: item, kind: kind, time: time, token: bundle.items[place].token)
    change(&event)
    try write(event.sortedJSON)
    apply(event)
  }

  private func apply(_ event: BundleEvent) {
    let number = events.count
    events.append(event)
    var standing = standings[event.item] ?? Standing()
    switch event.kind {
    case .answer, .skip: standing.counting.append(number)
    case .undo: standing.counting.removeAll { events[$0].id == event.refersTo }
    case .redo:
      if let target = events.firstIndex(where: { $0.id == event.refersTo }) {
        standing.counting.append(target)
      }
    case .flag: standing.isFlagged = true
    case .unflag: standing.isFlagged = false
    case .note: standing.notes.append(event.text ?? "")
    case .exposed: standing.isExposed = true
    case .paused, .resumed: break
    }
    standings[event.item] = standing
  }

  // MARK: Items

  private var isOver: Bool { clock().microseconds >= bundle.header.expires }

  private func standing(_ item: Int64) -> Standing { standings[item] ?? Standing() }

  private func last(_ item: Int64) -> BundleEvent? { standing(item).counting.last.map { events[$0] } }

  private func leased(_ item: BundleItem) -> LeasedItem {
    let standing = standing(item.item)
    return LeasedItem(
      item: item.item, interaction: item.interaction, other: item.other,
      reason: ReviewReason(rawValue: item.reason) ?? .assigned, token: item.token,
      expires: Timestamp(microseconds: bundle.header.expires), isTurned: item.isTurned,
      isFlagged: standing.isFlagged
        || item.isFlagged && !events.contains { $0.item == item.item && $0.kind == .unflag },
      notes: item.notes + standing.notes, answer: last(item.item)?.answer)
  }

  /// The first item that is neither answered nor skipped, in the order of the bundle; nil when all are, or its time is over.
  public func next() throws -> LeasedItem? {
    guard !isOver else { return nil }
    return bundle.items.first { standing($0.item).counting.isEmpty }.map(leased)
  }

  /// Any item of the bundle, also one that was answered; nil for another, or when the bundle's time is over.
  public func open(_ item: Int64) throws -> LeasedItem? {
    isOver ? nil : places[item].map { leased(bundle.items[$0]) }
  }

  /// What the screen shows of an item.
  public func content(_ item: LeasedItem) throws -> ReviewContent {
    guard let place = places[item.item] else { throw DeskError.missing(interaction: item.interaction) }
    return bundle.items[place].content
  }

  /// Whether the bundle's time is not over: its leases are not prolonged.
  public func extend(_ item: LeasedItem) throws -> Bool { !isOver }

  /// Nothing: an item of a bundle stays with its labeler.
  public func release(_ item: LeasedItem) throws {}

  // MARK: Answers

  /// Stores an answer; refused when the bundle's time is over.
  ///
  /// Hidden gold is looked at when the answers are imported.
  /// - Throws: ``DeskError`` for a label or reason that the queue does not offer, ``FileError``.
  public func submit(_ answer: ReviewAnswer, for item: LeasedItem) throws -> SubmitOutcome {
    _ = try queue.given(answer)
    guard !isOver else { return .refused }
    let masked = redactor.redacted(answer)
    let isExposed = queue.task == .adjudicate || standing(item.item).isExposed
    try append(.answer, item.item) {
      $0.answer = masked
      $0.isTurned = item.isTurned
      $0.wasExposed = isExposed
    }
    return .stored
  }

  /// Passes an item over; false when the bundle's time is over.
  ///
  /// An answer from before stands.
  public func skip(_ item: LeasedItem, reason: String) throws -> Bool {
    guard !isOver else { return false }
    if last(item.item)?.kind == .answer { return true }
    let text = redactor.redacted(reason)
    try append(.skip, item.item) { $0.text = text }
    return true
  }

  /// Answers, skips, undos and redos, newest first.
  private var stack: [BundleEvent] {
    events.reversed().filter { [.answer, .skip, .undo, .redo].contains($0.kind) }
  }

  /// Takes back the last answer or skip that counts, also one of an earlier session; nil when there is none.
  public func undo() throws -> LeasedItem? {
    var decided: Set<String> = []
    var undone: Set<String> = []
    for event in stack {
      if let target = event.refersTo {
        if decided.insert(target).inserted, event.kind == .undo { undone.insert(target) }
      } else if !undone.contains(event.id) {
        try append(.undo, event.item) { $0.refersTo = event.id }
        return try open(event.item)
      }
    }
    return nil
  }

  /// Makes what was last taken back count again; nil when there is nothing, or when something was answered since.
  public func redo() throws -> LeasedItem? {
    var redone = 0
    for event in stack {
      switch event.kind {
      case .redo: redone += 1
      case .undo where redone > 0: redone -= 1
      case .undo:
        try append(.redo, event.item) { $0.refersTo = event.refersTo }
        return try open(event.item)
      default: return nil
      }
    }
    return nil
  }

  /// Flags an item, or takes the flag away.
  public func flag(_ item: LeasedItem, _ isFlagged: Bool) throws {
    guard try open(item.item)?.isFlagged != isFlagged else { return }
    try append(isFlagged ? .flag : .unflag, item.item)
  }

  /// Adds a note to an item.
  public func note(_ item: LeasedItem, _ text: String) throws {
    let text = redactor.redacted(text)
    try append(.note, item.item) { $0.text = text }
  }

  /// What models say about an item, if the queue shows it: before an answer it is logged as exposure.
  public func suggestion(_ item: LeasedItem) throws -> ReviewSuggestion? {
    guard let place = places[item.item], let said = bundle.items[place].suggestion else { return nil }
    switch queue.suggestions {
    case .hidden: return nil
    case .after: guard last(item.item)?.kind == .answer else { return nil }
    case .before: break
    }
    if !standing(item.item).isExposed { try append(.exposed, item.item) }
    return ReviewSuggestion(label: said.label, probability: said.probability)
  }

  // MARK: Lists and figures

  /// Lists items, at most `limit` after item `after`, in the order of the bundle.
  public func items(
    _ filter: ReviewFilter, search: String, after: Int64?, limit: Int
  ) throws -> [ItemSummary] {
    let start = after.flatMap { places[$0] }.map { $0 + 1 } ?? 0
    var found: [ItemSummary] = []
    for item in bundle.items[start...] where found.count < limit {
      let held = leased(item)
      let event = last(item.item)
      let isWanted =
        switch filter {
        case .open: event == nil
        case .answered: event?.kind == .answer
        case .skipped: event?.kind == .skip
        case .flagged: held.isFlagged
        default: true
        }
      let isFound =
        search.isEmpty || item.interaction.localizedCaseInsensitiveContains(search)
        || held.notes.contains { $0.localizedCaseInsensitiveContains(search) }
      guard isWanted, isFound else { continue }
      found.append(
        ItemSummary(
          item: item.item, interaction: item.interaction, reason: held.reason,
          labels: event?.answer?.labels.sorted() ?? [], isFlagged: held.isFlagged,
          isSkipped: event?.kind == .skip))
    }
    return found
  }

  /// How the bundle stands: nobody else answers it, so that agreement is not known.
  public func progress() throws -> ReviewProgress {
    var progress = ReviewProgress()
    let answers = bundle.items.compactMap { last($0.item) }.filter { $0.kind == .answer }
    progress.own = answers.count
    progress.answers = answers.count
    progress.wanted = bundle.items.count
    progress.open = bundle.items.count { standing($0.item).counting.isEmpty }
    let active = answers.reduce(0) { $0 + ($1.answer?.active ?? 0) }
    progress.pace = ReviewProgress.pace(answers: answers.count, active: active)
    return progress
  }

  /// Nil: whether gold was answered rightly is known where the bundle came from.
  public func pause() throws -> (right: Int, of: Int)? { nil }
}
