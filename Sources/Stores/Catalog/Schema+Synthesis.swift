extension Schema {
  /// What models wrote because real data is missing.
  ///
  /// A batch is planned once: `plan` holds its tasks, so that a run that was killed goes on with the same ones, and asks
  /// nothing twice. Its candidates are interactions of the source `synthesis`, which come into the catalog in the
  /// transaction that sets its state from `open` to `written`. `candidates` says of each what it is for; `lineage` is JSON,
  /// and so is the batch's `account`. Money is millionths of a US dollar.
  static let synthesis = """
    CREATE TABLE synthesis_batches (
      id TEXT PRIMARY KEY,
      pipeline TEXT NOT NULL, dataset TEXT NOT NULL, run TEXT NOT NULL, time INTEGER NOT NULL,
      definition TEXT NOT NULL, plan TEXT NOT NULL, state TEXT NOT NULL, account TEXT
    ) STRICT;
    CREATE INDEX synthesis_batches_open ON synthesis_batches (pipeline, dataset) WHERE state = 'open';

    CREATE TABLE candidates (
      interaction TEXT PRIMARY KEY,
      batch TEXT NOT NULL REFERENCES synthesis_batches, dataset TEXT NOT NULL, slice TEXT NOT NULL,
      operator TEXT NOT NULL, role TEXT NOT NULL, is_chosen INTEGER NOT NULL, model TEXT NOT NULL,
      family TEXT NOT NULL, score REAL NOT NULL, cost INTEGER NOT NULL, lineage TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX candidates_by_batch ON candidates (batch);
    CREATE INDEX candidates_by_dataset ON candidates (dataset);

    DROP VIEW records;
    CREATE VIEW records AS \(records);
    """
}
