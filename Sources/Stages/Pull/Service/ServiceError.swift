import Transport

/// What the transport to a source's service ended with, and which secret was in play.
public struct ServiceError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The source.
  public let source: String
  /// The system's name for people.
  public let title: String
  /// Where the secrets are, such as `the variable LANGFUSE_SECRET_KEY`; never what they are.
  public let secrets: [SecretReference]
  /// What the transport says.
  public let error: TransportError

  /// The source and the transport's own words.
  public var description: String { "\(source): \(error.description)" }

  /// Runs something and names the source in what the transport throws.
  static func naming<Result>(_ source: SourceDefinition, _ body: () async throws -> Result) async throws
    -> Result
  {
    do {
      return try await body()
    } catch let error as TransportError {
      guard source.service != nil else {
        throw ServiceError(
          source: source.name, title: "the object store",
          secrets: [.variable("AWS_ACCESS_KEY_ID"), .variable("AWS_SECRET_ACCESS_KEY")], error: error)
      }
      let traits = source.kind.traits
      let key = source.service?.key ?? traits.keyVariable.map { .variable($0) }
      let publicKey = source.service?.publicKey ?? traits.publicKeyVariable.map { .variable($0) }
      throw ServiceError(
        source: source.name, title: traits.title, secrets: [publicKey, key].compactMap(\.self), error: error)
    }
  }
}
