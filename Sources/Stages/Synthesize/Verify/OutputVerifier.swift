/// An output that is to be verified, with what it answers.
public struct VerifiedOutput: Sendable, Hashable {
  /// The last user message.
  public var input: String
  /// The output.
  public var output: String
  /// The texts that the output may cite, by their ids; empty where it cites none.
  public var documents: [String: String] = [:]
  /// Unit tests for the code in the output, in its language; nil where the output brings its own.
  public var tests: String?

  /// States an output.
  public init(input: String, output: String, documents: [String: String] = [:], tests: String? = nil) {
    self.input = input
    self.output = output
    self.documents = documents
    self.tests = tests
  }
}

/// What a verifier says.
public enum Verification: Sendable, Hashable {
  /// It holds.
  case passed
  /// It does not, with a reason code such as `schema-required`; never text of the output.
  case failed(String)
  /// There is nothing in the output that this verifier could judge.
  case notApplicable
}

/// Tells without a model whether an output is right; asked before any judge, since it costs nothing.
public protocol OutputVerifier: Sendable {
  /// Its name in accounts and lineages, such as `schema`.
  var name: String { get }

  /// Verifies an output.
  /// - Throws: what keeps it from verifying anything, such as a sandbox that cannot be started.
  func verify(_ output: VerifiedOutput) async throws -> Verification
}
