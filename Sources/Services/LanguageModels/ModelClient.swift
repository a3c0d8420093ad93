import Bytes
import Records
import Synchronization
import Text
import Transport

/// Asks the project's models, each answer once: kept ones cost nothing, and nothing is sent that the budget cannot pay.
///
/// Any number of tasks may share one. A request goes this way: equal ones under way are joined; a kept answer is
/// taken; then it waits for room and for the service's limits, is reserved in the ledger, sent, and its answer is kept
/// with what it cost. See ``ModelLedger`` for what holds if the program is killed on the way.
public final class ModelClient: ChatModel, EmbeddingModel {
  /// One model with all that is needed to ask it.
  struct Route: Sendable {
    let model: LanguageModel
    let service: ModelService
    let http: HTTPClient
    let gate: Gate
    let pacer: RatePacer
  }

  private let routes: [String: Route]
  let ledger: any ModelLedger
  let run: String
  let environment: ServiceClient.Environment
  let flights = Flights()
  let purse = Purse()
  let parsers = Parsers()
  private let schemas = Schemas()
  let counted = Mutex(ModelCounters())

  /// Prepares the models; nothing is sent yet.
  /// - Parameters:
  ///   - models: the models; of equal names the last counts, and one whose service is not there is unknown.
  ///   - services: the services.
  ///   - ledger: where answers are kept and money is counted.
  ///   - run: the run that pays.
  ///   - environment: clocks, sleep and chance.
  public init(
    models: [LanguageModel], services: [ModelService], ledger: any ModelLedger, run: String,
    environment: ServiceClient.Environment = .system
  ) {
    self.ledger = ledger
    self.run = run
    self.environment = environment
    let now = environment.now()
    var shared: [String: (ModelService, HTTPClient, Gate)] = [:]
    for service in services {
      var configuration = HTTPClient.Configuration()
      configuration.timeout = service.timeout
      // An answer that is not streamed shows no byte until it is whole.
      configuration.stallTime = service.timeout
      configuration.maximumConnectionsPerHost = service.maximumInFlight
      configuration.receiveBuffer = 16 << 10
      shared[service.name] = (service, HTTPClient(configuration), Gate(service.maximumInFlight))
    }
    var routes: [String: Route] = [:]
    for model in models {
      guard let (service, http, gate) = shared[model.service] else { continue }
      routes[model.name] = Route(
        model: model, service: service, http: http, gate: gate,
        pacer: RatePacer(
          requestsPerMinute: service.requestsPerMinute, tokensPerMinute: service.tokensPerMinute, now: now))
    }
    self.routes = routes
  }

  /// What was asked, kept and bought so far.
  public var counters: ModelCounters { counted.withLock { $0 } }

  // MARK: Chats

  /// Answers a request; what a schema asks for is judged here, with one try to repair it.
  /// - Parameter request: the question.
  /// - Returns: the answer.
  /// - Throws: ``ModelError``, or what the ledger throws.
  public func answer(_ request: ChatRequest) async throws -> ChatAnswer {
    guard let route = routes[request.model] else { throw ModelError(.unknownModel, model: request.model) }
    guard let text = request.schema else { return try await ask(request, route) }
    let schema: JSONSchema
    do {
      schema = try schemas.compiled(text)
    } catch {
      throw ModelError(.refused, model: request.model, detail: "schema")
    }
    var answer = try await ask(request, route)
    answer.text = AnswerText.json(answer.text)
    guard let fault = judge(answer.text, schema) else { return answer }
    counted.withLock { $0.repairs += 1 }
    var second = request
    if !answer.text.isEmpty { second.messages.append(ChatMessage(.assistant, answer.text)) }
    second.messages.append(
      ChatMessage(
        .user,
        "That does not meet the JSON Schema of the answer (\(fault)). Answer again, with JSON that meets it and "
          + "with nothing else. \(RequestBody.instructions(for: text))"))
    var repaired = try await ask(second, route)
    repaired.text = AnswerText.json(repaired.text)
    if let fault = judge(repaired.text, schema) {
      throw ModelError(.schemaNotMet, model: request.model, detail: fault)
    }
    repaired.inputTokens += answer.inputTokens
    repaired.outputTokens += answer.outputTokens
    repaired.cost += answer.cost
    repaired.isKept = repaired.isKept && answer.isKept
    return repaired
  }

  /// What keeps a text from meeting a schema: a keyword, or `json` where it is no JSON; nil if it meets it.
  private func judge(_ text: String, _ schema: JSONSchema) -> String? {
    let bytes = Array(text.utf8)
    let verdict = try? parsers.parse(bytes) { schema.validate($0, byteCount: bytes.count) }
    return switch verdict {
    case nil: "json"
    case .valid: nil
    case .invalid(let keyword): keyword
    case .tooCostly: "too costly"
    }
  }

  private func ask(_ request: ChatRequest, _ route: Route) async throws -> ChatAnswer {
    let body = RequestBody(request, route.model, route.service, ByteBuffer())
    let kind = route.service.kind
    let (kept, isKept) = try await fetch(body, route, output: request.maximumTokens) { value in
      ResponseBody.chat(value, kind).map { ($0.inputTokens, $0.outputTokens) }
    }
    guard let read = try? parsers.parse(kept.body, { ResponseBody.chat($0, kind) }) else {
      throw ModelError(.malformed, model: route.model.name)
    }
    if read.isRefusal, read.text.isEmpty {
      throw ModelError(.refused, model: route.model.name, status: 200, detail: "refusal")
    }
    var answer = ChatAnswer(
      text: read.text, finish: read.finish, inputTokens: kept.inputTokens, outputTokens: kept.outputTokens,
      cost: kept.cost, isKept: isKept)
    answer.tokens = read.tokens
    return answer
  }

  // MARK: Embeddings

  /// Embeds texts.
  /// - Parameter request: the texts.
  /// - Returns: their vectors.
  /// - Throws: ``ModelError``, or what the ledger throws.
  public func embed(_ request: EmbeddingRequest) async throws -> EmbeddingAnswer {
    guard let route = routes[request.model], route.service.kind != .anthropic else {
      throw ModelError(.unknownModel, model: request.model)
    }
    let body = RequestBody(request, route.model, route.service, ByteBuffer())
    let count = request.texts.count
    let (kept, isKept) = try await fetch(body, route, output: 0) { value in
      ResponseBody.vectors(value, count: count).map { _ in (ResponseBody.embeddingTokens(value), 0) }
    }
    guard let vectors = try? parsers.parse(kept.body, { ResponseBody.vectors($0, count: count) })
    else { throw ModelError(.malformed, model: route.model.name) }
    return EmbeddingAnswer(
      vectors: vectors, inputTokens: kept.inputTokens, cost: kept.cost, isKept: isKept)
  }

  // MARK: The way of a request

  /// Tokens of a question and its answer where the service counted them.
  typealias Usage = (input: Int?, output: Int?)

  private func fetch(
    _ body: RequestBody, _ route: Route, output: Int, usage: (JSONValue) -> Usage?
  ) async throws -> (KeptResponse, isKept: Bool) {
    counted.withLock { $0.asked += 1 }
    if let joined = await flights.join(body.digest) {
      counted.withLock { $0.joined += 1 }
      return (try joined.get(), true)
    }
    do {
      if let kept = try await ledger.response(body.digest) {
        counted.withLock { $0.kept += 1 }
        flights.land(body.digest, .success(kept))
        return (kept, true)
      }
      guard await route.gate.enter() else { throw ModelError(.cancelled, model: route.model.name) }
      defer { route.gate.leave() }
      let (response, isKept) = try await buy(body, route, output: output, usage: usage)
      flights.land(body.digest, .success(response))
      return (response, isKept)
    } catch {
      flights.land(body.digest, .failure(error))
      throw error
    }
  }
}
