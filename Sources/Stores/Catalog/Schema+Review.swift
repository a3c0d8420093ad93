extension Schema {
  /// The queue of what people look at, and what they did.
  ///
  /// An item is never twice in a queue: `subject` is the content's hash, for `prefer` both hashes, the smaller first. An item
  /// has `quota` slots; a lease is a slot with a labeler and a time at which it ends, taken by one conditional UPDATE
  /// that raises its `token`, and an answer is refused under another token. `value`, `queue` and `state` stand in
  /// the slot too, so that the next item is one look into an index. States of a slot: 0 free or leased, 1 answered,
  /// 2 closed. `review_events` only grows; `review_answers` holds, for each item and labeler, the event that counts, and
  /// can be made from the events. Times are microseconds since the epoch.
  ///
  /// Whatever changes an answer that counts queues its content for the label step, in the same transaction: triggers see
  /// to it, so that no writer can forget it. `label_suspects` holds what the last fit of the label model holds for wrong;
  /// `exposed` says that a suggestion was seen before a golden word was given.
  static let review = """
    CREATE TABLE review_queues (
      name TEXT PRIMARY KEY, definition TEXT NOT NULL, is_closed INTEGER NOT NULL DEFAULT 0,
      revision INTEGER NOT NULL DEFAULT 0
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE review_guidelines (version TEXT PRIMARY KEY, text TEXT NOT NULL) STRICT, WITHOUT ROWID;

    CREATE TABLE review_items (
      number INTEGER PRIMARY KEY,
      queue TEXT NOT NULL, task TEXT NOT NULL, subject BLOB NOT NULL, content_hash BLOB NOT NULL,
      interaction TEXT NOT NULL, other TEXT, reason TEXT NOT NULL, slice TEXT, value REAL NOT NULL,
      batch TEXT, gold TEXT, state INTEGER NOT NULL DEFAULT 0, time INTEGER NOT NULL, run TEXT NOT NULL,
      UNIQUE (queue, subject)
    ) STRICT;
    CREATE INDEX review_items_by_content ON review_items (content_hash);
    CREATE INDEX review_items_by_interaction ON review_items (interaction);
    CREATE INDEX review_items_by_other ON review_items (other) WHERE other IS NOT NULL;

    CREATE TABLE review_slots (
      item INTEGER NOT NULL REFERENCES review_items, slot INTEGER NOT NULL,
      queue TEXT NOT NULL, state INTEGER NOT NULL DEFAULT 0, value REAL NOT NULL, is_gold INTEGER NOT NULL DEFAULT 0,
      labeler TEXT, assigned TEXT, token INTEGER NOT NULL DEFAULT 0, expires INTEGER NOT NULL DEFAULT 0,
      PRIMARY KEY (item, slot)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX review_slots_open ON review_slots (queue, is_gold, value DESC, item) WHERE state = 0;
    CREATE INDEX review_slots_leased ON review_slots (labeler) WHERE state = 0 AND labeler IS NOT NULL;

    CREATE TABLE review_events (
      number INTEGER PRIMARY KEY,
      id TEXT NOT NULL UNIQUE,
      queue TEXT NOT NULL, item INTEGER REFERENCES review_items, labeler TEXT NOT NULL, time INTEGER NOT NULL,
      kind TEXT NOT NULL, refers_to INTEGER REFERENCES review_events, answer TEXT, text TEXT,
      guideline TEXT, is_turned INTEGER NOT NULL DEFAULT 0, was_exposed INTEGER NOT NULL DEFAULT 0,
      token INTEGER NOT NULL DEFAULT 0, active INTEGER NOT NULL DEFAULT 0, origin TEXT
    ) STRICT;
    CREATE INDEX review_events_by_item ON review_events (item);
    CREATE INDEX review_events_by_labeler ON review_events (queue, labeler, number);

    CREATE TABLE review_answers (
      item INTEGER NOT NULL REFERENCES review_items, labeler TEXT NOT NULL, event INTEGER NOT NULL,
      kind TEXT NOT NULL, label TEXT, class TEXT, content_hash BLOB NOT NULL, was_exposed INTEGER NOT NULL,
      PRIMARY KEY (item, labeler)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX review_answers_by_content ON review_answers (content_hash);
    CREATE INDEX review_answers_by_labeler ON review_answers (labeler, item);
    CREATE TRIGGER review_answers_added AFTER INSERT ON review_answers BEGIN
      INSERT INTO label_queue SELECT NEW.content_hash
        WHERE NOT EXISTS (SELECT 1 FROM label_queue q WHERE q.content_hash = NEW.content_hash);
    END;
    CREATE TRIGGER review_answers_changed AFTER UPDATE ON review_answers BEGIN
      INSERT INTO label_queue SELECT NEW.content_hash
        WHERE NOT EXISTS (SELECT 1 FROM label_queue q WHERE q.content_hash = NEW.content_hash);
    END;
    CREATE TRIGGER review_answers_removed AFTER DELETE ON review_answers BEGIN
      INSERT INTO label_queue SELECT OLD.content_hash
        WHERE NOT EXISTS (SELECT 1 FROM label_queue q WHERE q.content_hash = OLD.content_hash);
    END;

    CREATE TABLE label_suspects (
      content_hash BLOB PRIMARY KEY, score REAL NOT NULL
    ) STRICT, WITHOUT ROWID;
    ALTER TABLE golden_events ADD COLUMN exposed INTEGER NOT NULL DEFAULT 0;
    """
}
