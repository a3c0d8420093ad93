import LanguageModels
import Pull
import Transport

/// The language models of a project, and what may be spent on them: `Pipelines/models.yaml`.
public struct ModelsDefinition: Sendable, Hashable {
  /// Where it stands, relative to the project.
  public static let file = "Pipelines/models.yaml"

  /// A service as it is declared; secrets are named, not held.
  public struct Service: Sendable, Hashable {
    /// Its name.
    public var name: String
    /// What kind it is.
    public var kind: ModelServiceKind
    /// The address that paths are relative to.
    public var address: String
    /// Where the key is; nil sends none.
    public var key: SecretReference?
    /// Portkey only: where the provider's own key is, which goes into `Authorization`; nil sends none.
    public var providerKey: SecretReference?
    /// Header fields without secrets, by name.
    public var headers: [String: String] = [:]
    /// Whether it bills one `Idempotency-Key` once; default false.
    public var honoursKeys = false
    /// Requests under way at most, in ``inFlightRange``; default 16.
    public var inFlight = 16
    /// Requests a minute, in ``perMinuteRange``; nil has no limit.
    public var requestsPerMinute: Int?
    /// Tokens a minute, in ``perMinuteRange``; nil has no limit.
    public var tokensPerMinute: Int?
    /// Seconds for one exchange, in ``timeoutRange``; default 300.
    public var timeout = 300
    /// Whether it takes batches; nil, the default, as its kind has it.
    public var batches: Bool?
    /// What a request in a batch costs, as a share of its price, in ``batchPriceRange``; default 0.5.
    public var batchPrice = 0.5

    /// Names a service.
    public init(name: String, kind: ModelServiceKind, address: String) {
      self.name = name
      self.kind = kind
      self.address = address
    }
  }

  /// Legal numbers of requests under way.
  public static let inFlightRange = 1...1024
  /// Legal numbers of requests or tokens a minute.
  public static let perMinuteRange = 1...1_000_000_000
  /// Legal seconds of an exchange.
  public static let timeoutRange = 1...3600
  /// Legal shares of a price.
  public static let batchPriceRange = 0.0...1.0
  /// Legal prices in US dollars for a million tokens.
  public static let priceRange = 0.0...10_000.0
  /// Legal limits in US dollars.
  public static let budgetRange = 0.0...1_000_000.0

  /// The services by name.
  public var services: [Service] = []
  /// The models by name.
  public var models: [LanguageModel] = []
  /// What may be spent, in millionths of a US dollar; default 1 dollar a run and 5 dollars a UTC day.
  public var budget = BudgetLimits(run: 1_000_000, day: 5_000_000)

  /// Has no models.
  public init() {}

  /// The model of a name.
  public func model(_ name: String) -> LanguageModel? { models.first { $0.name == name } }

  /// The services that some of the models need, with their secrets looked up.
  /// - Parameters:
  ///   - names: the models' names; nil for all.
  ///   - environment: the variables.
  ///   - folder: where relative paths of secrets start, which is the project's `Pipelines`.
  /// - Returns: the services.
  /// - Throws: ``ModelSecretError`` for a secret that is named and cannot be had.
  public func services(
    for names: Set<String>? = nil, environment: [String: String], folder: String
  ) throws -> [ModelService] {
    let needed = Set(models.filter { names?.contains($0.name) ?? true }.map(\.service))
    var result: [ModelService] = []
    for service in services where needed.contains(service.name) {
      var known = ModelService(name: service.name, kind: service.kind, address: service.address)
      if let key = service.key {
        let secret = try Self.secret(key, service.name, "key", environment, folder)
        known.credentials = ModelService.credentials(service.kind, key: secret)
      }
      if let key = service.providerKey {
        let secret = try Self.secret(key, service.name, "provider_key", environment, folder)
        known.credentials.append(HTTPHeader("Authorization", "Bearer \(secret)"))
      }
      known.headers = service.headers.sorted { $0.key < $1.key }.map { HTTPHeader($0.key, $0.value) }
      known.honoursKeys = service.honoursKeys
      known.maximumInFlight = service.inFlight
      known.requestsPerMinute = service.requestsPerMinute
      known.tokensPerMinute = service.tokensPerMinute
      known.timeout = Double(service.timeout)
      if let batches = service.batches { known.batches = batches }
      known.batchShare = service.batchPrice
      result.append(known)
    }
    return result
  }

  private static func secret(
    _ reference: SecretReference, _ service: String, _ key: String, _ environment: [String: String],
    _ folder: String
  ) throws -> String {
    do {
      return try reference.secret(of: service, key: key, environment: environment, folder: folder)
    } catch {
      throw ModelSecretError(error: error)
    }
  }
}

/// A secret of a service of language models that cannot be had.
public struct ModelSecretError: Error, Sendable, Hashable {
  /// What is wrong with it; its source is the service's name.
  public let error: SecretError
}
