/// What the `curate` step of a pipeline applies.
///
/// A rule that the definition does not name is on with its defaults.
public struct CurateParameters: Sendable, Hashable, Codable {
  /// Bounds of the rule `length`, in characters (Unicode scalars).
  public struct Length: Sendable, Hashable, Codable {
    /// Legal shortest outputs.
    public static let minimumRange = 1...1_000_000
    /// Legal longest outputs and inputs.
    public static let maximumRange = 1...100_000_000

    /// The shortest output that stays; default 1, legal in ``minimumRange``, at most ``maxOutputCharacters``.
    public var minOutputCharacters: Int = 1
    /// The longest output that stays; default 200,000, legal in ``maximumRange``.
    public var maxOutputCharacters: Int = 200_000
    /// The longest input that stays, all messages together; default 400,000, legal in ``maximumRange``.
    public var maxInputCharacters: Int = 400_000

    /// Takes the defaults.
    public init() {}
  }

  /// Parameters of the rule `repetition`.
  public struct Repetition: Sendable, Hashable, Codable {
    /// Legal smallest sizes.
    public static let minWordsRange = 1...100_000

    /// Outputs of fewer words skip the tests of repeated word groups, which misfire on short chat answers;
    /// default 50, legal in ``minWordsRange``.
    public var minWords: Int = 50

    /// Takes the defaults.
    public init() {}
  }

  /// Too short and too long; nil is off.
  public var length: Length? = Length()
  /// Answers that decline; default on.
  public var refusal: Bool = true
  /// Answers that were cut off; default on.
  public var truncation: Bool = true
  /// Answers that loop; nil is off.
  public var repetition: Repetition? = Repetition()
  /// Exact duplicates of another record; default on.
  public var duplicates: Bool = true
  /// Personal data that redaction left; default on.
  public var personalData: Bool = true

  /// Takes the defaults: every rule on.
  public init() {}
}
