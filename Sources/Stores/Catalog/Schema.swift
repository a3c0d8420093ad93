import GRDB

/// The catalog's tables, by migration.
///
/// Migrations only ever add.
enum Schema {
  static var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("1-first-turn") { db in try db.execute(sql: first) }
    migrator.registerMigration("2-traces") { db in try db.execute(sql: traces) }
    migrator.registerMigration("3-curation") { db in try db.execute(sql: curation) }
    migrator.registerMigration("4-labels") { db in
      try db.execute(sql: models)
      try db.execute(sql: labels)
      try db.execute(sql: judges)
    }
    migrator.registerMigration("5-review") { db in try db.execute(sql: review) }
    migrator.registerMigration("6-synthesis") { db in
      try db.execute(sql: synthesis)
      try db.execute(sql: batches)
    }
    return migrator
  }

  /// Times are microseconds since the epoch, hashes 16 bytes of XXH3, places in the lake segment, frame, and
  /// offset and length in the frame's text.
  private static let first = """
    CREATE TABLE segments (
      number INTEGER PRIMARY KEY,
      lake_table TEXT NOT NULL, day TEXT NOT NULL, name TEXT NOT NULL UNIQUE,
      file_bytes INTEGER NOT NULL, text_bytes INTEGER NOT NULL, records INTEGER NOT NULL, run TEXT NOT NULL
    ) STRICT;

    CREATE TABLE cursors (
      source TEXT NOT NULL, name TEXT NOT NULL, state TEXT NOT NULL, PRIMARY KEY (source, name)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE interactions (
      number INTEGER PRIMARY KEY,
      id TEXT NOT NULL UNIQUE,
      source TEXT NOT NULL, time INTEGER NOT NULL, conversation TEXT NOT NULL, parent TEXT, user TEXT,
      app TEXT, model TEXT, prompt TEXT, finish TEXT, metadata TEXT,
      tokens_in INTEGER, tokens_out INTEGER, cost REAL, latency REAL,
      input_characters INTEGER NOT NULL, output_characters INTEGER NOT NULL, turns INTEGER NOT NULL,
      segment INTEGER NOT NULL REFERENCES segments, frame INTEGER NOT NULL, offset INTEGER NOT NULL,
      length INTEGER NOT NULL,
      stamp INTEGER NOT NULL, digest BLOB NOT NULL, input_hash BLOB NOT NULL, content_hash BLOB NOT NULL,
      rules INTEGER, decision TEXT, reason TEXT,
      label TEXT, probability REAL, good REAL, bad REAL
    ) STRICT;
    CREATE INDEX interactions_by_rules ON interactions (rules, segment);
    CREATE INDEX interactions_by_segment ON interactions (segment);
    CREATE INDEX interactions_by_content ON interactions (content_hash);
    CREATE INDEX interactions_by_input ON interactions (input_hash);
    CREATE INDEX interactions_by_conversation ON interactions (conversation);

    CREATE TABLE feedback (
      number INTEGER PRIMARY KEY,
      id TEXT NOT NULL UNIQUE,
      source TEXT NOT NULL, target TEXT, conversation TEXT, time INTEGER NOT NULL, user TEXT,
      signal TEXT NOT NULL, value REAL, count INTEGER NOT NULL, has_correction INTEGER NOT NULL,
      segment INTEGER NOT NULL REFERENCES segments, frame INTEGER NOT NULL, offset INTEGER NOT NULL,
      length INTEGER NOT NULL,
      stamp INTEGER NOT NULL, digest BLOB NOT NULL
    ) STRICT;
    CREATE INDEX feedback_by_target ON feedback (target);
    CREATE INDEX feedback_of_bodies ON feedback (target) WHERE has_correction = 1 OR signal = 'rank';
    CREATE INDEX feedback_by_segment ON feedback (segment);

    CREATE TABLE quarantine (
      number INTEGER PRIMARY KEY,
      source TEXT NOT NULL, file TEXT NOT NULL, byte_offset INTEGER NOT NULL, byte_length INTEGER NOT NULL,
      reason TEXT NOT NULL, digest BLOB NOT NULL, run TEXT NOT NULL,
      segment INTEGER REFERENCES segments, frame INTEGER, offset INTEGER, length INTEGER,
      UNIQUE (source, file, byte_offset, digest)
    ) STRICT;

    CREATE TABLE findings (
      interaction INTEGER NOT NULL REFERENCES interactions, rule TEXT NOT NULL, reason TEXT NOT NULL,
      effect TEXT NOT NULL, part TEXT NOT NULL, offset INTEGER NOT NULL, length INTEGER NOT NULL,
      PRIMARY KEY (interaction, rule, reason, part, offset)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE rule_versions (number INTEGER PRIMARY KEY, digest TEXT NOT NULL UNIQUE) STRICT;
    CREATE TABLE cluster_queue (content_hash BLOB PRIMARY KEY) STRICT, WITHOUT ROWID;

    CREATE TABLE votes (
      interaction INTEGER NOT NULL REFERENCES interactions, voter TEXT NOT NULL, class TEXT NOT NULL,
      weight REAL NOT NULL, feedback INTEGER REFERENCES feedback, PRIMARY KEY (interaction, voter)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE label_queue (content_hash BLOB PRIMARY KEY) STRICT, WITHOUT ROWID;

    CREATE TABLE publications (
      dataset TEXT NOT NULL, number INTEGER NOT NULL, version TEXT NOT NULL, content_root TEXT NOT NULL,
      run TEXT NOT NULL, PRIMARY KEY (dataset, number)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE memberships (
      dataset TEXT NOT NULL, example TEXT NOT NULL, interaction TEXT NOT NULL, outcome TEXT NOT NULL,
      first INTEGER NOT NULL, last INTEGER, PRIMARY KEY (dataset, example, interaction, first)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX memberships_by_interaction ON memberships (interaction);
    CREATE INDEX memberships_by_example ON memberships (example);

    CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE runs (
      id TEXT PRIMARY KEY, pipeline TEXT NOT NULL, started INTEGER NOT NULL, finished INTEGER,
      state TEXT NOT NULL, account TEXT
    ) STRICT;

    CREATE VIEW records AS \(records);
    """

  /// Feedback on a trace is on the last interaction of the trace; `response` is the model's own id of an answer,
  /// which feedback may give in the trace's place.
  private static let traces = """
    ALTER TABLE interactions ADD COLUMN trace TEXT;
    ALTER TABLE interactions ADD COLUMN response TEXT;
    ALTER TABLE feedback ADD COLUMN trace TEXT;
    CREATE INDEX interactions_by_trace ON interactions (trace) WHERE trace IS NOT NULL;
    CREATE INDEX interactions_by_response ON interactions (response) WHERE response IS NOT NULL;
    CREATE INDEX feedback_by_trace ON feedback (trace) WHERE trace IS NOT NULL;
    """

  /// Near duplicates by content: a cluster is named by its smallest content.
  ///
  /// `signature_runs` are the files of the
  /// near-duplicate index that count. `influence_queue` holds users' days (since the epoch) whose caps are to be settled.
  private static let curation = """
    ALTER TABLE interactions ADD COLUMN language TEXT;
    CREATE INDEX interactions_by_user ON interactions (user, time) WHERE user IS NOT NULL;
    ALTER TABLE findings ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
    CREATE TABLE near_clusters (
      content_hash BLOB PRIMARY KEY, cluster BLOB NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX near_clusters_by_cluster ON near_clusters (cluster);
    CREATE TABLE signature_runs (name TEXT PRIMARY KEY, documents INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE influence_queue (
      user TEXT NOT NULL, day INTEGER NOT NULL, PRIMARY KEY (user, day)
    ) STRICT, WITHOUT ROWID;
    DROP VIEW records;
    CREATE VIEW records AS \(records);
    """

  /// What the view `records` shows of an interaction: the columns that conditions in definitions see.
  static let records = """
    SELECT
      number, id, source, strftime('%Y-%m-%dT%H:%M:%fZ', time / 1000000.0, 'unixepoch') AS time,
      date(time / 1000000, 'unixepoch') AS day, conversation, user, app, model, prompt, finish, metadata, tokens_in,
      tokens_out, cost, latency, input_characters, output_characters, turns, language, decision, reason, label,
      probability, entropy,
      good AS good_votes, bad AS bad_votes,
      EXISTS (SELECT 1 FROM feedback WHERE target = interactions.id AND feedback.has_correction = 1) AS has_correction,
      EXISTS (
        SELECT 1 FROM golden_events e WHERE e.content_hash = interactions.content_hash AND e.class IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM golden_events later
          WHERE later.content_hash = e.content_hash AND later.number > e.number)
      ) AS is_golden,
      CASE source WHEN 'synthesis' THEN 'synthetic' ELSE 'organic' END AS origin,
      (SELECT batch FROM candidates WHERE candidates.interaction = interactions.id) AS batch,
      (SELECT operator FROM candidates WHERE candidates.interaction = interactions.id) AS operator
    FROM interactions
    """
}
