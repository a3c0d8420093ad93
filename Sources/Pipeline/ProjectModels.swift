import LanguageModels

/// Who answers for the models of a project: at once, and in services' batches.
public struct ProjectModels: ChatModel, EmbeddingModel {
  /// Asks at once.
  public let client: ModelClient
  /// Asks in batches.
  public let batches: BatchClient
  /// Models whose services take batches, by their names, with the share of the price that they then cost.
  public let batchShares: [String: Double]

  /// Puts both together; they share one ledger.
  public init(client: ModelClient, batches: BatchClient, batchShares: [String: Double]) {
    self.client = client
    self.batches = batches
    self.batchShares = batchShares
  }

  /// Answers a request at once.
  public func answer(_ request: ChatRequest) async throws -> ChatAnswer { try await client.answer(request) }

  /// Embeds texts at once.
  public func embed(_ request: EmbeddingRequest) async throws -> EmbeddingAnswer {
    try await client.embed(request)
  }
}
