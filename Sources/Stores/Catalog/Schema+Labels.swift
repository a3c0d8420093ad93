extension Schema {
  /// What votes are made of, and what is known for certain.
  ///
  /// `feedback_readings` keeps what a feedback event's text said, and `turn_signals` what the next turn of a
  /// conversation said about an answer, so that no body is read twice. `function_votes` are those of labeling
  /// functions and checks, `model_votes` those of judges and students, whose state is in `model_voters`. A golden
  /// event without a class takes the item out again; of several the newest counts.
  static let labels = """
    ALTER TABLE interactions ADD COLUMN entropy REAL;
    ALTER TABLE votes ADD COLUMN reason TEXT;
    CREATE INDEX interactions_by_parent ON interactions (parent) WHERE parent IS NOT NULL;

    CREATE TABLE model_voters (
      voter TEXT PRIMARY KEY, version TEXT NOT NULL, admitted INTEGER NOT NULL, reason TEXT NOT NULL,
      agreement REAL, run TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE model_votes (
      voter TEXT NOT NULL, version TEXT NOT NULL, content_hash BLOB NOT NULL, interaction TEXT NOT NULL,
      class TEXT, probability REAL, run TEXT NOT NULL, PRIMARY KEY (voter, version, content_hash)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX model_votes_by_content ON model_votes (content_hash);

    CREATE TABLE golden_events (
      number INTEGER PRIMARY KEY,
      content_hash BLOB NOT NULL, interaction TEXT NOT NULL, class TEXT, labeler TEXT NOT NULL, note TEXT,
      time INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX golden_events_by_content ON golden_events (content_hash);
    CREATE INDEX golden_events_by_interaction ON golden_events (interaction);

    CREATE TABLE function_votes (
      voter TEXT NOT NULL, content_hash BLOB NOT NULL, interaction INTEGER NOT NULL, class TEXT NOT NULL,
      weight REAL NOT NULL, PRIMARY KEY (voter, content_hash)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX function_votes_by_content ON function_votes (content_hash);

    CREATE TABLE feedback_readings (
      feedback INTEGER PRIMARY KEY REFERENCES feedback, digest BLOB NOT NULL, content_hash BLOB NOT NULL,
      reader INTEGER NOT NULL, comment TEXT, correction REAL
    ) STRICT;
    CREATE INDEX feedback_of_texts ON feedback (segment, frame, offset)
      WHERE has_correction = 1 OR signal = 'comment';

    CREATE TABLE turn_signals (
      interaction INTEGER NOT NULL, reason TEXT NOT NULL, event TEXT NOT NULL, user TEXT, time INTEGER NOT NULL,
      conversation TEXT NOT NULL, PRIMARY KEY (interaction, reason)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX turn_signals_by_conversation ON turn_signals (conversation);
    CREATE TABLE conversation_queue (conversation TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
    INSERT INTO conversation_queue
      SELECT conversation FROM interactions GROUP BY conversation HAVING count(*) > 1;

    DROP VIEW records;
    CREATE VIEW records AS \(records);
    """
}
