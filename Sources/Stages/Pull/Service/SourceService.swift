import Foundation
import Records
import Transport

extension SourceService {
  /// Opens a service or a database for one pull.
  /// - Throws: ``SourceFault`` for a definition that names neither.
  static func open(
    _ source: SourceDefinition, _ access: SourceAccess, now: Timestamp
  ) throws -> (SourceService, any Connector) {
    guard let connector = source.kind.system.connector(source), var parameters = source.service else {
      throw SourceFault(.badDefinition, source: source.name, detail: "address")
    }
    let (address, credentials) =
      switch access.place {
      case .service(let address, let credentials): (address, credentials)
      case .database(let database, let credentials): (database, credentials)
      case .files, .bucket: ("", ServiceCredentials())
      }
    if case .database(let database, _) = access.place { parameters.database = database }
    var configuration = HTTPClient.Configuration()
    configuration.caFile = access.caFile
    let client = ServiceClient(
      client: HTTPClient(configuration), base: address,
      credentials: try connector.authorization(credentials), headers: connector.headers,
      requestsPerMinute: parameters.requestsPerMinute ?? source.kind.traits.requestsPerMinute,
      retry: access.retry)
    let service = SourceService(
      client: client, source: source, parameters: parameters, definitionFolder: access.definitionFolder,
      now: now)
    return (service, connector)
  }
}

extension RetryPolicy {
  /// The variable that says how often a request that may pass later is repeated.
  static let retriesVariable = "FLYWHEEL_RETRIES"
  /// The legal values of ``retriesVariable``; default 4.
  static let retriesRange = 0...20

  /// The policy with what the environment says.
  /// - Throws: ``SourceFault`` `badSetting` for a value that is no number of the range.
  static func of(_ environment: [String: String], source: String) throws(SourceFault) -> RetryPolicy {
    var policy = RetryPolicy()
    guard let text = environment[retriesVariable], !text.isEmpty else { return policy }
    guard let retries = Int(text), retriesRange.contains(retries) else {
      throw SourceFault(.badSetting, source: source, detail: retriesVariable)
    }
    policy.attempts = retries + 1
    return policy
  }
}
