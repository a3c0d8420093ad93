import GRDB
import Records

/// What one run spent on one model on one UTC day; money is millionths of a US dollar.
public struct SpendRow: Sendable, Hashable, Codable {
  /// The day, such as `2026-11-20`.
  public let day: String
  /// The run.
  public let run: String
  /// The model's name in the project.
  public let model: String
  /// Requests answered and paid.
  public let bought: Int
  /// Tokens of their questions.
  public let inputTokens: Int
  /// Tokens of their answers.
  public let outputTokens: Int
  /// What they cost.
  public let cost: Int64
  /// Requests that are under way, or were when their program was killed.
  public let open: Int
  /// What is reserved for those.
  public let reserved: Int64
  /// Requests that may have been billed and whose answer was lost.
  public let lost: Int
  /// What those may have cost at most.
  public let unknown: Int64
  /// Requests sent again after such a loss to a service that does not know keys: each may have been billed twice.
  public let possiblyTwice: Int

  /// What counts against a limit: what is paid, what may be, and what is reserved.
  public var counted: Int64 { cost + unknown + reserved }
}

extension CatalogStore {
  /// Money spent, by day, run and model in this order.
  /// - Parameters:
  ///   - from: the first UTC day, as `2026-11-20`; nil for the first there is.
  ///   - run: one run only; nil for all.
  /// - Returns: the rows in which anything was asked.
  /// - Throws: GRDB's errors.
  public func spend(from: String? = nil, run: String? = nil) throws -> [SpendRow] {
    try pool.read { db in
      try Row.fetchAll(
        db,
        sql: """
          SELECT date(day * 86400, 'unixepoch') AS day, run, model, bought, tokens_in, tokens_out, cost, open,
            reserved, lost, unknown, twice
          FROM model_spend
          WHERE (?1 IS NULL OR date(day * 86400, 'unixepoch') >= ?1) AND (?2 IS NULL OR run = ?2)
            AND (bought <> 0 OR open <> 0 OR lost <> 0 OR twice <> 0)
          ORDER BY day, run, model
          """, arguments: [from, run]
      ).map {
        SpendRow(
          day: $0["day"], run: $0["run"], model: $0["model"], bought: $0["bought"],
          inputTokens: $0["tokens_in"],
          outputTokens: $0["tokens_out"], cost: $0["cost"], open: $0["open"], reserved: $0["reserved"],
          lost: $0["lost"], unknown: $0["unknown"], possiblyTwice: $0["twice"])
      }
    }
  }

  /// Answers of models that are kept.
  public func keptResponses() throws -> Int {
    try pool.read { db in try Int.fetchOne(db, sql: "SELECT count(*) FROM model_responses") ?? 0 }
  }
}
