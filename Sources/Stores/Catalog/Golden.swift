import Bytes
import Foundation
import GRDB
import Records

/// A person's word on one interaction, to be added to the golden set.
public struct GoldenWord: Sendable, Hashable {
  /// The interaction's id.
  public let interaction: String
  /// Good or bad; nil takes its content out of the golden set again.
  public let `class`: LabelClass?
  /// Who says so.
  public let labeler: String
  /// Why, in the labeler's words.
  public let note: String?
  /// Whether the labeler saw a suggestion first: then the item measures no judge.
  ///
  /// Default no.
  public let isExposed: Bool

  /// States a word.
  public init(
    interaction: String, class: LabelClass?, labeler: String, note: String? = nil, isExposed: Bool = false
  ) {
    self.interaction = interaction
    self.class = `class`
    self.labeler = labeler
    self.note = note
    self.isExposed = isExposed
  }
}

/// What adding words to the golden set came to.
public struct GoldenOutcome: Sendable, Hashable, Codable {
  /// Contents that were not golden before.
  public var added = 0
  /// Contents whose class is another now.
  public var changed = 0
  /// Words that say what the same labeler's last one said: nothing is stored.
  public var repeated = 0
  /// Contents that were taken out.
  public var removed = 0
  /// Interactions that are not in the catalog, as given.
  public var unknown: [String] = []
  /// Interactions that stand in the training split of a published version, as `dataset@number id`.
  public var trained: [String] = []

  /// Nothing.
  public init() {}
}

/// A golden item: a content whose class a person vouches for.
public struct GoldenItem: Sendable, Hashable {
  /// The content.
  public let content: ContentHash
  /// The interaction that was judged.
  public let interaction: String
  /// Good or bad.
  public let `class`: LabelClass
  /// Who said so last.
  public let labeler: String
  /// The labeler's note.
  public let note: String?
  /// When.
  public let time: Timestamp
  /// All labelers whose word stands, with the class each gave, by name; those who differ are part of it.
  public let words: [String: LabelClass]
  /// Whether any of these words was given after a suggestion was seen: then the item measures no judge and no student.
  public let isExposed: Bool
  /// Where the judged record stands; nil when it is not in the catalog.
  public let place: LakePlace?
  /// The class that other votes give, before it was clamped; nil where nobody else voted.
  public let good: Double
  /// Weight of other votes for bad.
  public let bad: Double
}

/// What must stay out of training because of the golden set: contents, inputs and conversations.
public struct GoldenKeys: Sendable, Hashable {
  /// Golden contents, those of their near-duplicate clusters among them.
  public var contents: Set<ContentHash> = []
  /// Inputs of golden interactions.
  public var inputs: Set<ContentHash> = []
  /// Conversations of golden interactions.
  public var conversations: Set<String> = []

  /// Nothing.
  public init() {}

  /// Whether there is no golden item.
  public var isEmpty: Bool { contents.isEmpty && conversations.isEmpty }
}

extension CatalogStore {
  /// The newest event of every content, in SQL: a content is golden if that event has a class.
  static let goldenEvents = """
    SELECT e.* FROM golden_events e WHERE e.class IS NOT NULL AND NOT EXISTS (
      SELECT 1 FROM golden_events later WHERE later.content_hash = e.content_hash AND later.number > e.number)
    """

  /// Adds people's words to the golden set, or takes items out of it, in one transaction.
  ///
  /// Events are only ever added; of several on one content the newest counts. A word of a class `tie` is refused as
  /// unknown by the caller and never reaches this.
  /// - Parameters:
  ///   - words: in the order in which they were given.
  ///   - time: when.
  /// - Returns: what it came to.
  /// - Throws: the database's errors.
  public func addGolden(_ words: [GoldenWord], at time: Timestamp) throws -> GoldenOutcome {
    try pool.write { db in
      var outcome = GoldenOutcome()
      for word in words {
        guard
          let content = try Data.fetchOne(
            db, sql: "SELECT content_hash FROM interactions WHERE id = ?", arguments: [word.interaction])
        else {
          outcome.unknown.append(word.interaction)
          continue
        }
        let before = try Self.goldenClass(of: content, db)
        if let label = word.class {
          // What was said after a suggestion and is said again without one counts anew.
          let last = try Self.lastWord(of: word.labeler, on: content, db)
          if before == label.rawValue, last?.class == label.rawValue, word.note == nil,
            word.isExposed || last?.isExposed == false
          {
            outcome.repeated += 1
            continue
          }
          if before == nil { outcome.added += 1 } else if before != label.rawValue { outcome.changed += 1 }
        } else {
          guard before != nil else {
            outcome.repeated += 1
            continue
          }
          outcome.removed += 1
        }
        try db.execute(
          sql: """
            INSERT INTO golden_events (content_hash, interaction, class, labeler, note, time, exposed)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            """,
          arguments: [
            content, word.interaction, word.class?.rawValue, word.labeler, word.note, time.microseconds,
            word.isExposed,
          ])
        try db.execute(sql: "INSERT OR IGNORE INTO label_queue VALUES (?)", arguments: [content])
        if word.class != nil {
          outcome.trained += try String.fetchAll(
            db,
            sql: """
              SELECT dataset || '@' || coalesce(last, first) || ' ' || interaction FROM memberships
              WHERE interaction = ? AND outcome = 'in:train' ORDER BY dataset, first
              """, arguments: [word.interaction])
        }
      }
      return outcome
    }
  }

  private static func goldenClass(of content: Data, _ db: Database) throws -> String? {
    try String.fetchOne(
      db, sql: "SELECT class FROM golden_events WHERE content_hash = ? ORDER BY number DESC LIMIT 1",
      arguments: [content])
  }

  private static func lastWord(
    of labeler: String, on content: Data, _ db: Database
  ) throws -> (class: String?, isExposed: Bool)? {
    try Row.fetchOne(
      db,
      sql: """
        SELECT class, exposed FROM golden_events WHERE content_hash = ? AND (labeler = ? OR class IS NULL)
        ORDER BY number DESC LIMIT 1
        """, arguments: [content, labeler]
    ).map { ($0[0], $0[1]) }
  }

  /// The golden set, in the order of interaction ids.
  public func goldenItems() throws -> [GoldenItem] {
    try pool.read { db in
      var words: [Data: [String: LabelClass]] = [:]
      var exposed: [Data: Set<String>] = [:]
      let events = try Row.fetchCursor(
        db, sql: "SELECT content_hash, class, labeler, exposed FROM golden_events ORDER BY number")
      while let event = try events.next() {
        let content: Data = event[0]
        if let label = (event[1] as String?).flatMap(LabelClass.init(rawValue:)) {
          words[content, default: [:]][event[2]] = label
          if event[3] {
            exposed[content, default: []].insert(event[2])
          } else {
            exposed[content]?.remove(event[2])
          }
        } else {
          words[content] = nil
          exposed[content] = nil
        }
      }
      return try Row.fetchAll(
        db,
        sql: """
          SELECT g.content_hash, g.interaction, g.class, g.labeler, g.note, g.time AS golden_time, s.name, s.day,
            i.frame, i.offset, i.length,
            (SELECT sum(v.weight) FROM votes v JOIN interactions t ON t.number = v.interaction
              WHERE t.content_hash = g.content_hash AND v.class = 'good' AND v.voter NOT LIKE 'human:%') AS good,
            (SELECT sum(v.weight) FROM votes v JOIN interactions t ON t.number = v.interaction
              WHERE t.content_hash = g.content_hash AND v.class = 'bad' AND v.voter NOT LIKE 'human:%') AS bad
          FROM (\(Self.goldenEvents)) g LEFT JOIN interactions i ON i.id = g.interaction
          LEFT JOIN segments s ON s.number = i.segment ORDER BY g.interaction, g.number
          """
      ).compactMap { row in
        guard let content = ContentHash(bytes: row["content_hash"] as Data),
          let label = LabelClass(rawValue: row["class"])
        else { return nil }
        return GoldenItem(
          content: content, interaction: row["interaction"], class: label, labeler: row["labeler"],
          note: row["note"], time: Timestamp(microseconds: row["golden_time"]),
          words: words[row["content_hash"] as Data] ?? [:],
          isExposed: exposed[row["content_hash"] as Data]?.isEmpty == false,
          place: (row["name"] as String?) == nil ? nil : Self.place(row), good: row["good"] ?? 0,
          bad: row["bad"] ?? 0)
      }
    }
  }

  /// What the golden set keeps out of training: its contents with their near duplicates, and the inputs and
  /// conversations of every interaction that has such a content or was named.
  public func goldenKeys() throws -> GoldenKeys {
    try pool.read { db in
      var keys = GoldenKeys()
      let contents = try Row.fetchCursor(
        db,
        sql: """
          WITH golden AS (\(Self.goldenEvents))
          SELECT content_hash FROM golden
          UNION SELECT member.content_hash FROM golden g
            JOIN near_clusters own ON own.content_hash = g.content_hash
            JOIN near_clusters member ON member.cluster = own.cluster
          """)
      while let row = try contents.next() {
        if let content = ContentHash(bytes: row[0] as Data) { keys.contents.insert(content) }
      }
      let interactions = try Row.fetchCursor(
        db,
        sql: """
          WITH golden AS (\(Self.goldenEvents))
          SELECT i.input_hash, i.conversation FROM golden g JOIN interactions i ON i.content_hash = g.content_hash
          UNION SELECT i.input_hash, i.conversation FROM golden g JOIN interactions i ON i.id = g.interaction
          """)
      while let row = try interactions.next() {
        if let input = ContentHash(bytes: row[0] as Data) { keys.inputs.insert(input) }
        keys.conversations.insert(row[1])
      }
      return keys
    }
  }
}
