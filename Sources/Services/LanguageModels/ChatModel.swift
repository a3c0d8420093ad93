/// One message to a model.
public struct ChatMessage: Sendable, Hashable, Codable {
  /// Who says it.
  public enum Role: String, Sendable, Hashable, CaseIterable, Codable {
    /// Instructions.
    case system
    /// The one who asks.
    case user
    /// The model.
    case assistant
  }

  /// Who says it.
  public var role: Role
  /// The text.
  public var content: String

  /// States a message.
  public init(_ role: Role, _ content: String) {
    self.role = role
    self.content = content
  }
}

/// One question to a model, with everything that shapes the answer.
///
/// Equal requests have equal answers: they are asked, and paid, once.
public struct ChatRequest: Sendable, Hashable {
  /// The model's name in the project, which names its service, its price and its limits.
  public var model: String
  /// The conversation, instructions first.
  public var messages: [ChatMessage]
  /// Randomness, 0 to 2; default 0.
  public var temperature = 0.0
  /// Tokens of the answer at most, 1 or more; default 512.
  public var maximumTokens = 512
  /// The seed, for services that take one; nil, the default, sends none.
  public var seed: Int?
  /// A JSON Schema which the answer must meet, as bytes of JSON; nil, the default, takes any text.
  public var schema: [UInt8]?
  /// How many alternatives of each token of the answer come with their log probability, 0 to 20; default 0.
  ///
  /// Only OpenAI's interface has them.
  public var alternatives = 0
  /// How many times the same question is asked on purpose: 0, the default, is the first answer, 1 a second one.
  ///
  /// It is part of the request's digest and is never sent.
  public var repetition = 0

  /// Asks a model, with the defaults.
  public init(model: String, messages: [ChatMessage]) {
    self.model = model
    self.messages = messages
  }
}

/// A model's answer.
public struct ChatAnswer: Sendable, Hashable {
  /// The text; where the request has a schema, JSON that meets it.
  public var text: String
  /// Why it ended: `stop`, `length`, `content_filter`, …, as the service says it.
  public var finish: String
  /// Tokens of the question, as the service counted them.
  public var inputTokens: Int
  /// Tokens of the answer.
  public var outputTokens: Int
  /// What it cost, in millionths of a US dollar; for a kept answer what it cost when it was bought.
  public var cost: Int64
  /// Whether it was kept from before and cost nothing now.
  public var isKept: Bool
  /// The tokens of the answer with their alternatives, where the request asked for them and the service sent them.
  public var tokens: [TokenChoice] = []

  /// States an answer.
  public init(
    text: String, finish: String, inputTokens: Int, outputTokens: Int, cost: Int64, isKept: Bool
  ) {
    self.text = text
    self.finish = finish
    self.inputTokens = inputTokens
    self.outputTokens = outputTokens
    self.cost = cost
    self.isKept = isKept
  }
}

/// One token of an answer, and what might have stood there.
public struct TokenChoice: Sendable, Hashable {
  /// One possibility.
  public struct Alternative: Sendable, Hashable {
    /// The token's text.
    public let text: String
    /// The natural logarithm of its probability.
    public let logProbability: Double

    /// States a possibility.
    public init(text: String, logProbability: Double) {
      self.text = text
      self.logProbability = logProbability
    }
  }

  /// The token's text.
  public let text: String
  /// The most probable tokens of this place, most probable first.
  public let alternatives: [Alternative]

  /// States a token.
  public init(text: String, alternatives: [Alternative]) {
    self.text = text
    self.alternatives = alternatives
  }
}

/// Something that answers: a service with its cache and budget, or a model of known quality in a test.
public protocol ChatModel: Sendable {
  /// Answers a request.
  /// - Parameter request: the question.
  /// - Returns: the answer, which meets the request's schema if it has one.
  /// - Throws: ``ModelError``.
  func answer(_ request: ChatRequest) async throws -> ChatAnswer
}
