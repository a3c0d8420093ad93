/// How far an uncertain item goes.
public struct EscalationParameters: Sendable, Hashable, Codable {
  /// Legal values of ``certain``.
  public static let certainRange = 0.5...0.9999
  /// Legal values of ``leastGain``.
  public static let gainRange = 0.0...1.0
  /// Legal dollars.
  public static let dollarsRange = 0.0...1_000_000.0
  /// Legal values of ``humanAccuracy``.
  public static let accuracyRange = 0.5...0.999

  /// Probability of its class at which an item is decided; default 0.95.
  public var certain = 0.95
  /// Bits that an answer must be expected to tell for it to be bought; default 0.02.
  public var leastGain = 0.02
  /// US dollars that may be spent in a run; nil, the default, leaves it to the run's budget.
  public var dollars: Double?
  /// US dollars that a person's answer costs; default 0.5, some 40 seconds at 45 dollars an hour.
  public var humanDollars = 0.5
  /// How often a person is right; default 0.95.
  public var humanAccuracy = 0.95

  /// Takes the defaults.
  public init() {}
}
