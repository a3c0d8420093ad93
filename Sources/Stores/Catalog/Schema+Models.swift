extension Schema {
  /// Answers of models by the digest of their request, reservations that nobody has ended, and money by day, run and
  /// model.
  ///
  /// Money is millionths of a US dollar, days are days since the epoch. `reserved` and `open` are the sums of
  /// `model_intents` whose state is 0; what an intent of state 1 may have cost stands in `unknown`.
  static let models = """
    CREATE TABLE model_responses (
      number INTEGER PRIMARY KEY,
      digest BLOB NOT NULL UNIQUE,
      model TEXT NOT NULL, run TEXT NOT NULL, time INTEGER NOT NULL,
      tokens_in INTEGER NOT NULL, tokens_out INTEGER NOT NULL, cost INTEGER NOT NULL, body BLOB NOT NULL
    ) STRICT;

    CREATE TABLE model_intents (
      digest BLOB PRIMARY KEY,
      model TEXT NOT NULL, run TEXT NOT NULL, day INTEGER NOT NULL, reserved INTEGER NOT NULL,
      state INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE model_spend (
      day INTEGER NOT NULL, run TEXT NOT NULL, model TEXT NOT NULL,
      bought INTEGER NOT NULL, tokens_in INTEGER NOT NULL, tokens_out INTEGER NOT NULL, cost INTEGER NOT NULL,
      open INTEGER NOT NULL, reserved INTEGER NOT NULL,
      lost INTEGER NOT NULL, unknown INTEGER NOT NULL, twice INTEGER NOT NULL,
      PRIMARY KEY (day, run, model)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX model_spend_by_run ON model_spend (run);
    """
}
