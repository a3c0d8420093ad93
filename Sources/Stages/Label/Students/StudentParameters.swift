import Text

/// How a student is trained and when its votes count.
public struct StudentParameters: Sendable, Hashable, Codable {
  /// Legal values of ``folds``.
  public static let foldsRange = 2...20
  /// Legal values of ``leastLessons``.
  public static let lessonsRange = 20...10_000_000
  /// Legal values of ``sure`` and ``speaks``.
  public static let probabilityRange = 0.5...1.0
  /// Legal values of ``kappa``, ``error`` and the like.
  public static let shareRange = 0.0...1.0

  /// Its name, as in `student:NAME`; default `quality`.
  public var name = "quality"
  /// Folds of the predictions that it makes on items it has not learned from; default 5, legal in ``foldsRange``.
  public var folds = 5
  /// Labelled items below which none is trained; default 200, legal in ``lessonsRange``.
  public var leastLessons = 200
  /// Least probability of a label to learn from it; default 0.65, legal in ``probabilityRange``.
  ///
  /// One thumb is 0.67.
  public var sure = 0.65
  /// Least probability of its class to vote; default 0.6, legal in ``probabilityRange``.
  public var speaks = 0.6
  /// Least Cohen κ with the golden class; default 0.6.
  public var kappa = 0.6
  /// Greatest expected calibration error on golden items; default 0.1.
  public var error = 0.1
  /// Least number of golden items with a vote; default 30.
  public var items = 30
  /// Whether it must reach all that; default true.
  public var isGated = true
  /// How fastText learns.
  public var trainer = ClassifierTrainer()

  /// Takes the defaults.
  public init() {}
}
