/// How far the requests of one call of ``BatchClient/advance(_:)`` are.
public struct BatchProgress: Sendable, Hashable {
  /// Requests that were asked for.
  public var requests = 0
  /// Those whose answers are in the ledger of models.
  public var answered = 0
  /// Those that are in a batch which goes on.
  public var underWay = 0
  /// Those that the budget has no room for until what is under way is paid.
  public var waiting = 0
  /// Those that get no answer, by their place in what was asked for.
  public var failed: [Int: ModelError] = [:]
  /// What kept batches from going on this time; the next call tries again.
  public var troubles: [ModelError] = []
  /// What was done and found.
  public var counters = BatchCounters()

  /// Has no requests.
  public init() {}

  /// Whether each request is answered or failed.
  public var isDone: Bool { answered + failed.count == requests }
}

/// What a client of batches did and found so far.
public struct BatchCounters: Sendable, Hashable, Codable {
  /// Batches planned.
  public var planned = 0
  /// Batches that a service was asked to make, those asked for again among them.
  public var created = 0
  /// Batches found at the service after the answer to their making was lost.
  public var found = 0
  /// Batches merged.
  public var merged = 0
  /// Answers merged.
  public var bought = 0
  /// Requests whose answer may have been billed and did not come.
  public var lost = 0
  /// Lines of results that are no results: no JSON, another form, or longer than 16 MiB.
  public var badLines = 0
  /// Lines for a request that had one before; the first that can be read counts.
  public var repeatedLines = 0
  /// Lines for a request that the batch does not have.
  public var unknownLines = 0
  /// What was paid, in millionths of a US dollar.
  public var cost: Int64 = 0

  /// Nothing.
  public init() {}
}
