import Transport

/// The kinds of service, which differ in small things of their interface.
public enum ModelServiceKind: String, Sendable, Hashable, CaseIterable, Codable {
  /// OpenAI's own interface.
  case openai
  /// Anthropic's Messages.
  case anthropic
  /// vLLM's server.
  case vllm
  /// Ollama's OpenAI-compatible interface.
  case ollama
  /// NVIDIA TensorRT-LLM's `trtllm-serve`.
  case tensorrtLLM = "tensorrt-llm"
  /// A LiteLLM proxy.
  case litellm
  /// A Portkey gateway.
  case portkey
  /// llama.cpp's server.
  case llamaCpp = "llama.cpp"
  /// Any other server with OpenAI's interface.
  case compatible = "openai-compatible"

  /// Where it answers chats, relative to its address.
  var chatPath: String { self == .anthropic ? "/messages" : "/chat/completions" }

  /// Whether it takes batches: requests that it answers within a day, for less.
  ///
  /// Both have documented interfaces: OpenAI's guide "Batch API", Anthropic's "Message Batches API". Servers with
  /// OpenAI's interface seldom have that part of it.
  public var takesBatches: Bool { self == .openai || self == .anthropic }

  /// The key of the answer's longest length.
  ///
  /// OpenAI's newer models refuse `max_tokens` (API reference, chat completions); the servers that follow its older
  /// interface know only that.
  var maximumTokensKey: StaticString {
    self == .openai ? "max_completion_tokens" : "max_tokens"
  }

  /// How it is told a schema unless the model's definition says otherwise.
  public var structured: StructuredOutput {
    switch self {
    case .anthropic: .tool
    case .compatible: .none
    default: .jsonSchema
    }
  }
}

/// How a service is told which JSON an answer must be.
///
/// Whatever it is told, the answer is judged here, too.
public enum StructuredOutput: String, Sendable, Hashable, CaseIterable, Codable {
  /// `response_format` with a strict JSON Schema: OpenAI, newer vLLM, Ollama, llama.cpp, LiteLLM, Portkey.
  case jsonSchema = "json_schema"
  /// vLLM's `guided_json`, up to 0.11.
  case guidedJSON = "guided_json"
  /// vLLM's `structured_outputs`, from 0.11 on.
  case structuredOutputs = "structured_outputs"
  /// `response_format` of type `json_object`: any JSON; the schema stands in the instructions.
  case jsonObject = "json_object"
  /// Anthropic: a tool with the schema as its input, which the model must call.
  case tool
  /// Anthropic: `output_config` with a format of type `json_schema`.
  case outputFormat = "output_format"
  /// Nothing but the instructions, which get the schema.
  case none

  /// Whether the schema is written into the instructions, since the service is not told it.
  var isInInstructions: Bool { self == .none || self == .jsonObject }
}

/// A service that answers: where it is, who we are to it, and how often it may be asked.
public struct ModelService: Sendable {
  /// Its name in the project; it is part of every request's digest, so that two services' answers stay apart.
  public var name: String
  /// What kind it is.
  public var kind: ModelServiceKind
  /// The address that paths are relative to, such as `https://api.openai.com/v1`.
  public var address: String
  /// Header fields for the origin of ``address`` only, with the key.
  public var credentials: [HTTPHeader] = []
  /// Header fields without secrets, such as Portkey's `x-portkey-config`.
  public var headers: [HTTPHeader] = []
  /// Whether it honours `Idempotency-Key`: the same key is billed once, however often it is sent; default false.
  ///
  /// The header is sent either way. Where it is not honoured, a request whose answer was lost counts as billed when
  /// it is sent again.
  public var honoursKeys = false
  /// Requests under way at most, 1 or more; default 16.
  public var maximumInFlight = 16
  /// Requests that a minute may have; nil, the default, has no limit until the service states one.
  public var requestsPerMinute: Int?
  /// Tokens, of questions and answers, that a minute may have; nil, the default, as for requests.
  public var tokensPerMinute: Int?
  /// Seconds for one exchange; default 300.
  public var timeout = 300.0
  /// How often and how late a request is sent again.
  public var retry = RetryPolicy()
  /// Whether it takes batches; default as its kind has it, see ``ModelServiceKind/takesBatches``.
  public var batches: Bool
  /// What a request in a batch costs, as a share of its price alone, 0 to 1; default 0.5.
  ///
  /// Half of the price of tokens in and out: OpenAI's guide "Batch API", Anthropic's "Message Batches API".
  public var batchShare = 0.5

  /// Names a service.
  public init(name: String, kind: ModelServiceKind, address: String) {
    self.name = name
    self.kind = kind
    self.address = address
    batches = kind.takesBatches
  }

  /// A request to the service: its address, who we are to it, and the version of Anthropic's interface.
  func request(_ method: HTTPRequest.Method, _ path: String, _ body: [UInt8]? = nil) -> HTTPRequest {
    let base = address.hasSuffix("/") ? String(address.dropLast()) : address
    var request = HTTPRequest(method, base + path, headers: headers, body: body)
    if kind == .anthropic { request.headers.append(HTTPHeader("anthropic-version", "2023-06-01")) }
    request.credentials = credentials
    return request
  }

  /// The header fields that carry a key to this kind of service.
  /// - Parameters:
  ///   - kind: the kind of service.
  ///   - key: the secret.
  /// - Returns: `x-api-key` for Anthropic, `x-portkey-api-key` for Portkey, else `Authorization`.
  public static func credentials(_ kind: ModelServiceKind, key: String) -> [HTTPHeader] {
    switch kind {
    case .anthropic: [HTTPHeader("x-api-key", key)]
    case .portkey: [HTTPHeader("x-portkey-api-key", key)]
    default: [HTTPHeader("Authorization", "Bearer \(key)")]
    }
  }
}

/// A model of the project.
public struct LanguageModel: Sendable, Hashable {
  /// Its name in the project.
  public var name: String
  /// The name of its ``ModelService``.
  public var service: String
  /// What the service calls it.
  public var identifier: String
  /// Which models it is related to, such as `gpt` or `claude`; a panel of judges wants different ones.
  public var family: String
  /// What it costs.
  public var prices = ModelPrices()
  /// How it is told a schema; nil, the default, as the kind of service has it.
  public var structured: StructuredOutput?
  /// Whether it takes a temperature; default true.
  ///
  /// Models that reason refuse one.
  public var takesTemperature = true
  /// Whether it takes a seed; default true, but never for Anthropic, which has none.
  public var takesSeed = true

  /// Names a model.
  public init(name: String, service: String, identifier: String, family: String = "") {
    self.name = name
    self.service = service
    self.identifier = identifier
    self.family = family
  }
}

/// What tokens cost.
public struct ModelPrices: Sendable, Hashable, Codable {
  /// Of a million tokens of the question, in millionths of a US dollar; default 0.
  public var input: Int64 = 0
  /// The same of the answer.
  public var output: Int64 = 0

  /// Costs nothing.
  public init() {}

  /// Takes prices in US dollars for a million tokens, as services state them.
  ///
  /// Kept to a millionth of a dollar for a million tokens.
  /// - Parameters:
  ///   - input: of the question, 0 to 1,000,000.
  ///   - output: of the answer, 0 to 1,000,000.
  public init(dollarsPerMillionInput input: Double, output: Double) {
    self.input = Self.scaled(input)
    self.output = Self.scaled(output)
  }

  private static func scaled(_ dollars: Double) -> Int64 {
    Int64((max(0, min(dollars, 1e6)) * 1e6).rounded(.up))
  }

  /// A share of these prices, rounded up.
  /// - Parameter share: 0 to 1; what is outside is taken as the nearer end.
  /// - Returns: the prices.
  public func scaled(by share: Double) -> ModelPrices {
    let share = share.isFinite ? max(0, min(share, 1)) : 1
    var prices = ModelPrices()
    prices.input = Int64((Double(input) * share).rounded(.up))
    prices.output = Int64((Double(output) * share).rounded(.up))
    return prices
  }

  /// Whether nothing is billed.
  public var isFree: Bool { input == 0 && output == 0 }

  /// What tokens cost in millionths of a dollar, rounded up, so that no sum of requests is below the bill.
  ///
  /// Counts that no real answer has are cut off at 10⁹ tokens.
  public func cost(input tokensIn: Int, output tokensOut: Int) -> Int64 {
    let most = 1_000_000_000
    let (asked, said) = (Int64(max(0, min(tokensIn, most))), Int64(max(0, min(tokensOut, most))))
    // 10⁹ tokens at 10¹² need more than 64 bits.
    let question = input.multipliedFullWidth(by: asked)
    let answer = output.multipliedFullWidth(by: said)
    let (low, carry) = question.low.addingReportingOverflow(answer.low)
    let high = question.high + answer.high + (carry ? 1 : 0)
    let million: Int64 = 1_000_000
    guard high < million / 2 else { return Int64.max / 4 }
    let (quotient, remainder) = million.dividingFullWidth((high, low))
    return quotient + (remainder > 0 ? 1 : 0)
  }
}
