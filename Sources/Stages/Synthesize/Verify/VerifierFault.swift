/// What keeps a verifier from verifying anything, whatever the output.
public struct VerifierFault: Error, Sendable, Hashable {
  /// What is wrong.
  public enum Code: String, Sendable, CaseIterable {
    /// A pattern that RE2 does not take; ``VerifierFault/place`` is its key and position, such as `forbidden.2`.
    case badPattern = "bad-pattern"
    /// Neither a pattern that must match nor one that must not.
    case noPattern = "no-pattern"
    /// The system gives no namespaces, so that a program could not be kept from the network;
    /// ``VerifierFault/place`` is what was tried.
    case noIsolation = "no-isolation"
    /// A program could not be started for another reason; ``VerifierFault/place`` is what was tried.
    case noSandbox = "no-sandbox"
    /// A language's command is not there, or may not be executed; ``VerifierFault/place`` is its name.
    case noCommand = "no-command"
  }

  /// What is wrong.
  public let code: Code
  /// Where, as its code says; never text of a record.
  public let place: String
  /// What RE2 says of a pattern, or the system's error number; empty where there is nothing to say.
  public let detail: String

  /// States a fault.
  public init(_ code: Code, place: String = "", detail: String = "") {
    self.code = code
    self.place = place
    self.detail = detail
  }
}
