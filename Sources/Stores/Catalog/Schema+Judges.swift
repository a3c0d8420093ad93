extension Schema {
  /// What judges and students were measured to be, and what people must look at because of them.
  ///
  /// A calibration is of one version of a judge on one golden set; the newest counts. `judge_flags` holds contents on
  /// which a judge cast no vote for a reason that a person should see. `judge_pairs` holds which of two outputs is better.
  /// `students` holds what was trained; the files lie in the workspace by their digests. `human_items` is what the last
  /// escalation left for people.
  static let judges = """
    CREATE TABLE judge_calibrations (
      number INTEGER PRIMARY KEY,
      voter TEXT NOT NULL, version TEXT NOT NULL, golden TEXT NOT NULL, time INTEGER NOT NULL, account TEXT NOT NULL,
      UNIQUE (voter, version, golden)
    ) STRICT;

    CREATE TABLE judge_flags (
      content_hash BLOB NOT NULL, voter TEXT NOT NULL, version TEXT NOT NULL, reason TEXT NOT NULL,
      interaction TEXT NOT NULL, run TEXT NOT NULL, PRIMARY KEY (content_hash, voter, version)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX judge_flags_by_interaction ON judge_flags (interaction);

    CREATE TABLE judge_pairs (
      voter TEXT NOT NULL, version TEXT NOT NULL, first BLOB NOT NULL, second BLOB NOT NULL, outcome TEXT NOT NULL,
      run TEXT NOT NULL, PRIMARY KEY (voter, version, first, second)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE human_items (
      content_hash BLOB PRIMARY KEY, interaction TEXT NOT NULL, priority REAL NOT NULL, good REAL NOT NULL,
      reason TEXT NOT NULL, run TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE students (
      number INTEGER PRIMARY KEY,
      name TEXT NOT NULL, version TEXT NOT NULL UNIQUE, model TEXT NOT NULL, training TEXT NOT NULL,
      slope REAL NOT NULL, intercept REAL NOT NULL, account TEXT NOT NULL, time INTEGER NOT NULL, run TEXT NOT NULL
    ) STRICT;
    """
}
