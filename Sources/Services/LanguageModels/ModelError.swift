/// Why a model gave no answer.
public struct ModelError: Error, Sendable, Hashable {
  /// The kinds.
  public enum Code: String, Sendable, Hashable, CaseIterable {
    /// The project knows no model of this name.
    case unknownModel
    /// The budget has not enough left for the request.
    case budgetSpent
    /// The service could not be reached, or not in time; nothing is known to be billed.
    case unreachable
    /// The service refused for now: too many requests, or out of order.
    case overloaded
    /// The service refused the request: wrong key, wrong parameter, or its filter.
    case refused
    /// The answer is no answer of this interface, or was cut off.
    case malformed
    /// The text does not meet the request's schema, after one try to repair it.
    case schemaNotMet
    /// The task was cancelled.
    case cancelled
  }

  /// What happened.
  public let code: Code
  /// The model's name in the project.
  public let model: String
  /// The HTTP status, 0 where there was none.
  public let status: Int
  /// A code of the service or a detail without record text.
  public let detail: String

  /// States an error.
  public init(_ code: Code, model: String, status: Int = 0, detail: String = "") {
    self.code = code
    self.model = model
    self.status = status
    self.detail = detail
  }
}
