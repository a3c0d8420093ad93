/// Texts to be turned into vectors.
public struct EmbeddingRequest: Sendable, Hashable {
  /// The model's name in the project.
  public var model: String
  /// The texts, 1 or more, none of them empty.
  public var texts: [String]
  /// Numbers of a vector, for models that can shorten theirs; nil, the default, asks for all.
  public var dimensions: Int?

  /// Asks for vectors.
  public init(model: String, texts: [String], dimensions: Int? = nil) {
    self.model = model
    self.texts = texts
    self.dimensions = dimensions
  }
}

/// The vectors of texts.
public struct EmbeddingAnswer: Sendable, Hashable {
  /// One for each text, in their order, all of one length.
  public var vectors: [[Float]]
  /// Tokens of the texts, as the service counted them.
  public var inputTokens: Int
  /// What it cost, in millionths of a US dollar; for a kept answer what it cost when it was bought.
  public var cost: Int64
  /// Whether it was kept from before and cost nothing now.
  public var isKept: Bool

  /// States an answer.
  public init(vectors: [[Float]], inputTokens: Int, cost: Int64, isKept: Bool) {
    self.vectors = vectors
    self.inputTokens = inputTokens
    self.cost = cost
    self.isKept = isKept
  }
}

/// Something that turns texts into vectors.
public protocol EmbeddingModel: Sendable {
  /// Embeds texts.
  /// - Parameter request: the texts.
  /// - Returns: their vectors.
  /// - Throws: ``ModelError``.
  func embed(_ request: EmbeddingRequest) async throws -> EmbeddingAnswer
}
