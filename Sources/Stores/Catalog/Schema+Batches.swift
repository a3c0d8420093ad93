extension Schema {
  /// Requests that were handed to a service as a batch, which it answers within a day for half of the price.
  ///
  /// `outcome` of a request is 0 while nothing has become of it, 1 answered, 2 to be asked again, 3 failed; `code`,
  /// `status` and `detail` say why of the last two. What is reserved for a request names the batch that it is in, since
  /// a batch goes on at its service when the run that handed it in has ended.
  static let batches = """
    CREATE TABLE model_batches (
      number INTEGER PRIMARY KEY,
      key TEXT NOT NULL UNIQUE,
      model TEXT NOT NULL, run TEXT NOT NULL, time INTEGER NOT NULL, state TEXT NOT NULL,
      input BLOB, upload TEXT, tried INTEGER, identifier TEXT, end TEXT, results BLOB NOT NULL
    ) STRICT;
    CREATE INDEX model_batches_open ON model_batches (number) WHERE state <> 'merged';

    CREATE TABLE model_batch_rows (
      batch INTEGER NOT NULL REFERENCES model_batches, digest BLOB NOT NULL,
      reserved INTEGER NOT NULL, attempt INTEGER NOT NULL,
      outcome INTEGER NOT NULL, code TEXT, status INTEGER, detail TEXT,
      PRIMARY KEY (batch, digest)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX model_batch_rows_by_digest ON model_batch_rows (digest);

    ALTER TABLE model_intents ADD COLUMN batch TEXT;
    """
}
