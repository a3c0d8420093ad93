import Bytes
import Foundation
import GRDB
import Records

/// What a later turn of a conversation says about an answer.
public struct TurnSignal: Sendable, Hashable {
  /// What it says.
  ///
  /// The raw value is what the catalog holds and `flywheel why` shows.
  public enum Reason: String, Sendable, CaseIterable {
    /// The next question is nearly the same.
    case repeats
    /// The next message complains.
    case complains
    /// Another answer was asked for, and the conversation did not go on from this one.
    case replaced
    /// Of several answers to one question it is the one that was kept.
    case kept
  }

  /// The interaction whose answer it is about, by catalog number.
  public let interaction: Int64
  /// What it says.
  public let reason: Reason
  /// The interaction that says it, by id.
  public let event: String
  /// The user's pseudonym.
  public let user: String?
  /// When that interaction was.
  public let time: Timestamp

  /// States a signal.
  public init(interaction: Int64, reason: Reason, event: String, user: String?, time: Timestamp) {
    self.interaction = interaction
    self.reason = reason
    self.event = event
    self.user = user
    self.time = time
  }

  init?(_ row: Row) {
    guard let reason = Reason(rawValue: row["reason"]) else { return nil }
    self.init(
      interaction: row["interaction"], reason: reason, event: row["event"], user: row["user"],
      time: Timestamp(microseconds: row["time"]))
  }
}

/// An interaction among those of its conversation.
public struct ConversationTurn: Sendable {
  /// The catalog's number.
  public let number: Int64
  /// Its id.
  public let id: String
  /// When the call was made.
  public let time: Timestamp
  /// The user's pseudonym.
  public let user: String?
  /// The interaction that it answers anew, by id.
  public let parent: String?
  /// User messages in its input.
  public let turns: Int
  /// Hash of its normalised input.
  public let input: ContentHash
  /// Where its record stands.
  public let place: LakePlace
  /// Whether another output was asked for.
  public let wasRegenerated: Bool
  /// Whether its output was copied or accepted.
  public let wasTaken: Bool
}

/// A conversation of more than one interaction, which changed.
public struct ChangedConversation: Sendable {
  /// Its id.
  public let id: String
  /// Its interactions by time, then id; empty where there are too few or too many to read.
  public let turns: [ConversationTurn]
}

extension CatalogStore {
  /// The most interactions of a conversation that is read: a source without conversations may name one for all, and
  /// reading it every night again would take longer each night.
  static let longestConversation = 1000

  /// Queues every conversation of several interactions if the reader's version differs from the last one's.
  public func useTurnReader(version: Int) throws {
    try pool.write { db in
      let before = try String.fetchOne(db, sql: "SELECT value FROM settings WHERE name = 'turn-reader'")
      guard before != "\(version)" else { return }
      try db.execute(
        sql: """
          INSERT OR IGNORE INTO conversation_queue
          SELECT conversation FROM interactions i WHERE \(Self.isLogged("i")) GROUP BY conversation HAVING count(*) > 1
          """)
      try db.execute(
        sql: "INSERT OR REPLACE INTO settings VALUES ('turn-reader', ?)", arguments: ["\(version)"])
    }
  }

  /// Conversations that changed since they were read.
  public func queuedConversationCount() throws -> Int {
    try pool.read { db in try Int.fetchOne(db, sql: "SELECT count(*) FROM conversation_queue") ?? 0 }
  }

  /// Up to `limit` conversations that changed, in the order of their ids.
  public func queuedConversations(limit: Int) throws -> [ChangedConversation] {
    try pool.read { db in
      let ids = try String.fetchAll(
        db, sql: "SELECT conversation FROM conversation_queue ORDER BY conversation LIMIT ?",
        arguments: [limit])
      let size = try db.cachedStatement(
        sql: "SELECT count(*) FROM (SELECT 1 FROM interactions WHERE conversation = ? LIMIT ?)")
      let turns = try db.cachedStatement(
        sql: """
          SELECT i.number, i.id, i.time, i.user, i.parent, i.turns, i.input_hash, s.name, s.day, i.frame, i.offset,
            i.length,
            EXISTS (SELECT 1 FROM feedback f WHERE f.target = i.id AND f.signal = 'regenerate') AS regenerated,
            EXISTS (SELECT 1 FROM feedback f WHERE f.target = i.id AND f.signal IN ('copy', 'accept')) AS taken
          FROM interactions i JOIN segments s ON s.number = i.segment WHERE i.conversation = ?
          ORDER BY i.time, i.id
          """)
      return try ids.map { id in
        let count =
          try Int.fetchOne(size, arguments: [id, Self.longestConversation + 1]) ?? 0
        guard count > 1, count <= Self.longestConversation else {
          return ChangedConversation(id: id, turns: [])
        }
        return ChangedConversation(
          id: id,
          turns: try Row.fetchAll(turns, arguments: [id]).compactMap { row in
            guard let input = ContentHash(bytes: row["input_hash"] as Data) else { return nil }
            return ConversationTurn(
              number: row["number"], id: row["id"], time: Timestamp(microseconds: row["time"]),
              user: row["user"], parent: row["parent"], turns: row["turns"], input: input,
              place: Self.place(row), wasRegenerated: row["regenerated"], wasTaken: row["taken"])
          })
      }
    }
  }

  /// Writes what conversations say, in the place of what they said before, takes them off the queue, and queues the
  /// contents about which they say something else now; in one transaction.
  public func commitTurnSignals(_ conversations: [(id: String, signals: [TurnSignal])]) throws {
    try pool.write { db in
      let standing = try db.cachedStatement(
        sql: "SELECT * FROM turn_signals WHERE conversation = ? ORDER BY interaction, reason")
      var remove = try BulkStatement(db, "DELETE FROM turn_signals WHERE interaction = ? AND reason = ?")
      var insert = try BulkStatement(
        db,
        """
        INSERT OR REPLACE INTO turn_signals (interaction, reason, event, user, time, conversation)
        VALUES (?, ?, ?, ?, ?, ?)
        """)
      var queue = try BulkStatement(
        db, "INSERT OR IGNORE INTO label_queue SELECT content_hash FROM interactions WHERE number = ?")
      var done = try BulkStatement(db, "DELETE FROM conversation_queue WHERE conversation = ?")
      for conversation in conversations {
        let before = Set(try Row.fetchAll(standing, arguments: [conversation.id]).compactMap(TurnSignal.init))
        let now = Set(conversation.signals)
        for signal in before.subtracting(now) {
          remove.bind(signal.interaction)
          remove.bind(signal.reason.rawValue)
          try remove.run()
          queue.bind(signal.interaction)
          try queue.run()
        }
        for signal in now.subtracting(before) {
          insert.bind(signal.interaction)
          insert.bind(signal.reason.rawValue)
          insert.bind(signal.event)
          insert.bind(signal.user)
          insert.bind(signal.time.microseconds)
          insert.bind(conversation.id)
          try insert.run()
          queue.bind(signal.interaction)
          try queue.run()
        }
        done.bind(conversation.id)
        try done.run()
      }
    }
  }
}
