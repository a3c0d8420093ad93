extension Schema {
  /// The queue of what people look at, and what they did.
  ///
  /// An item is never twice in a queue: `subject` is the content's hash, for `prefer` both hashes, the smaller first. An
  /// item has `quota` slots, a gold one (whose `gold` is the class that is known) one for each labeler who was given it; a
  /// lease is a slot with a labeler and a time at which it ends, taken by one conditional UPDATE that raises its `token`,
  /// and an answer is refused under another token. `queue` and `rank` (the item's value with its sign turned, so that the
  /// order of the index is one of row values) stand in the slot too, so that the next item is one look into an index.
  /// States of a slot: 0 free or leased, 1 answered, 2 more than the quota. States of an item: 0 open, 1 with all answers
  /// that it wants; a gold one stays open.
  ///
  /// `review_labelers` says how far a labeler's answers reach in the order of the slots: what stands before the cursor is
  /// none of theirs to answer, but for slots with `is_returned`, whose answer was taken back. Its sums, those of
  /// `review_queues` and `review_answers`, which holds the answer or skip of each item and labeler that counts (its labels in
  /// the order of their names with commas between), can all be made from the events, which only grow. Times are
  /// microseconds since the epoch.
  ///
  /// Whatever changes an answer that counts queues its content for the label step, in the same transaction: triggers see
  /// to it, so that no writer can forget it. `review_bundles` are leases that left the host. `label_suspects` holds what the last fit of the label model holds for wrong;
  /// `exposed` says that a suggestion was seen before a golden word was given.
  static let review = """
    CREATE TABLE review_queues (
      name TEXT PRIMARY KEY, definition TEXT NOT NULL, guideline TEXT NOT NULL, is_closed INTEGER NOT NULL DEFAULT 0,
      quota INTEGER NOT NULL DEFAULT 1,
      items INTEGER NOT NULL DEFAULT 0, gold INTEGER NOT NULL DEFAULT 0, wanted INTEGER NOT NULL DEFAULT 0, open INTEGER NOT NULL DEFAULT 0
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE review_guidelines (version TEXT PRIMARY KEY, text TEXT NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE review_labelers (
      queue TEXT NOT NULL, labeler TEXT NOT NULL, served INTEGER NOT NULL DEFAULT 0,
      answers INTEGER NOT NULL DEFAULT 0, gold INTEGER NOT NULL DEFAULT 0, timed INTEGER NOT NULL DEFAULT 0, active INTEGER NOT NULL DEFAULT 0,
      is_paused INTEGER NOT NULL DEFAULT 0, cursor_rank REAL, cursor_item INTEGER,
      PRIMARY KEY (queue, labeler)
    ) STRICT, WITHOUT ROWID;

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
    CREATE INDEX review_items_by_state ON review_items (queue, state);
    CREATE INDEX review_items_of_gold ON review_items (queue) WHERE gold IS NOT NULL;

    CREATE TABLE review_slots (
      item INTEGER NOT NULL REFERENCES review_items, slot INTEGER NOT NULL,
      queue TEXT NOT NULL, state INTEGER NOT NULL DEFAULT 0, rank REAL NOT NULL, is_gold INTEGER NOT NULL DEFAULT 0,
      labeler TEXT, assigned TEXT, is_returned INTEGER NOT NULL DEFAULT 0,
      token INTEGER NOT NULL DEFAULT 0, expires INTEGER NOT NULL DEFAULT 0,
      PRIMARY KEY (item, slot)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX review_slots_open ON review_slots (queue, rank, item, slot)
      WHERE state = 0 AND is_gold = 0 AND assigned IS NULL;
    CREATE INDEX review_slots_returned ON review_slots (queue, rank, item, slot)
      WHERE state = 0 AND is_gold = 0 AND assigned IS NULL AND is_returned = 1;
    CREATE INDEX review_slots_assigned ON review_slots (queue, assigned, rank, item, slot)
      WHERE state = 0 AND assigned IS NOT NULL;
    CREATE INDEX review_slots_leased ON review_slots (queue, labeler) WHERE state = 0 AND labeler IS NOT NULL;

    CREATE TABLE review_events (
      number INTEGER PRIMARY KEY,
      id TEXT NOT NULL UNIQUE,
      queue TEXT NOT NULL, item INTEGER REFERENCES review_items, labeler TEXT NOT NULL, time INTEGER NOT NULL,
      kind TEXT NOT NULL, refers_to INTEGER REFERENCES review_events, answer TEXT, label TEXT, class TEXT, text TEXT,
      guideline TEXT, is_turned INTEGER NOT NULL DEFAULT 0, was_exposed INTEGER NOT NULL DEFAULT 0,
      token INTEGER NOT NULL DEFAULT 0, active INTEGER NOT NULL DEFAULT 0, origin TEXT
    ) STRICT;
    CREATE INDEX review_events_by_item ON review_events (item);
    CREATE INDEX review_events_by_labeler ON review_events (queue, labeler, number);
    CREATE INDEX review_events_of_marks ON review_events (queue, labeler, item)
      WHERE kind IN ('flag', 'unflag', 'note');

    CREATE TABLE review_answers (
      item INTEGER NOT NULL REFERENCES review_items, labeler TEXT NOT NULL, event INTEGER NOT NULL,
      kind TEXT NOT NULL, label TEXT, class TEXT, content_hash BLOB NOT NULL, was_exposed INTEGER NOT NULL,
      PRIMARY KEY (item, labeler)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX review_answers_by_content ON review_answers (content_hash);
    CREATE INDEX review_answers_by_labeler ON review_answers (labeler, item);
    CREATE INDEX review_answers_of_skips ON review_answers (labeler, item) WHERE kind = 'skip';
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

    CREATE TABLE review_bundles (
      id TEXT PRIMARY KEY, queue TEXT NOT NULL, labeler TEXT NOT NULL, definition TEXT NOT NULL, guideline TEXT NOT NULL,
      items INTEGER NOT NULL, time INTEGER NOT NULL, expires INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE label_suspects (
      content_hash BLOB PRIMARY KEY, score REAL NOT NULL
    ) STRICT, WITHOUT ROWID;
    ALTER TABLE golden_events ADD COLUMN exposed INTEGER NOT NULL DEFAULT 0;
    """
}
