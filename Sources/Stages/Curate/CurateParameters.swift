import Catalog

/// What the `curate` step of a pipeline applies.
///
/// A rule that the definition does not name is on with its defaults. The parameters of most rules stand with the rule.
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

  /// Parameters of the rule `duplicates`: exact duplicates, and near ones.
  public struct Duplicates: Sendable, Hashable, Codable {
    /// Legal thresholds: below 0.5 the bands of a signature miss pairs, see `RecordSketch`.
    public static let thresholdRange = 0.5...1.0

    /// Whether near duplicates count; default true.
    public var near: Bool = true
    /// The least Jaccard similarity of word 5-shingles at which two records are near duplicates, of the last user
    /// message and of the output each; default 0.8, legal in ``thresholdRange``.
    ///
    /// Lee et al. 2022, "Deduplicating Training Data Makes Language Models Better", take 0.8 of edit similarity.
    public var threshold: Double = 0.8

    /// Takes the defaults.
    public init() {}
  }

  /// Parameters of the rule `influence`: caps on the records of one user, in numbers of records.
  ///
  /// The defaults are a choice, not a measurement: nobody who reads the answers asks 30 times in a minute, and 200 a
  /// day is a working day with a question every two minutes and a half.
  public struct Influence: Sendable, Hashable, Codable {
    /// Legal caps.
    public static let range = 1...1_000_000
    /// Legal lengths of a window in seconds.
    public static let secondsRange = 1...86_400

    /// The most records of a user that stay of one UTC day; default 200, legal in ``range``.
    public var perDay: Int = 200
    /// The most records of a user that stay of one window; default 30, legal in ``range``.
    public var burst: Int = 30
    /// The length of a window in seconds; default 60, legal in ``secondsRange``.
    public var burstSeconds: Int = 60

    /// Takes the defaults.
    public init() {}
  }

  /// Parameters of the rule `personal-data`.
  public struct PersonalData: Sendable, Hashable, Codable {
    /// A recogniser of names and addresses: a service with the interface of Presidio's analyzer.
    public struct Recogniser: Sendable, Hashable, Codable {
      /// Legal least scores.
      public static let thresholdRange = 0.0...1.0

      /// The service's address without `/analyze`, such as `http://127.0.0.1:5002`.
      public var address: String
      /// The language that it is told; default `en`.
      public var language: String = "en"
      /// What it is asked for, in its own words; default `PERSON` and `LOCATION`.
      public var entities: [String] = ["PERSON", "LOCATION"]
      /// The least score that counts; default 0.5, legal in ``thresholdRange``; see `RecogniserAnswer`.
      public var threshold: Double = 0.5

      /// Takes an address.
      public init(address: String) { self.address = address }
    }

    /// The recogniser; default none, so that names and street addresses are not looked for.
    public var recogniser: Recogniser?

    /// Takes the defaults.
    public init() {}
  }

  /// Errors and placeholders in place of answers; default on.
  public var errorOutput: Bool = true
  /// Prompt injection and jailbreaks; nil is off.
  public var injection: Injection? = Injection()
  /// Languages; nil is off.
  public var language: Language? = Language()
  /// Too short and too long; nil is off.
  public var length: Length? = Length()
  /// JSON that does not fit its schema; nil is off.
  public var outputFormat: OutputFormat? = OutputFormat()
  /// Symbols and structure that are not those of text; nil is off.
  public var quality: Quality? = Quality()
  /// Tests, health checks and bots; nil is off.
  public var testTraffic: TestTraffic? = TestTraffic()
  /// Insults, slurs, threats and obscenity; nil is off.
  public var toxicity: Toxicity? = Toxicity()
  /// Answers that decline; default on.
  public var refusal: Bool = true
  /// Answers that were cut off; default on.
  public var truncation: Bool = true
  /// Answers that loop; nil is off.
  public var repetition: Repetition? = Repetition()
  /// Exact and near duplicates of other records; nil is off.
  public var duplicates: Duplicates? = Duplicates()
  /// Caps on one user; nil is off.
  public var influence: Influence? = Influence()
  /// Personal data that redaction left; nil is off.
  public var personalData: PersonalData? = PersonalData()

  /// Takes the defaults: every rule on.
  public init() {}

  /// What is settled between records, in the catalog's words.
  var settling: SettlingParameters {
    SettlingParameters(
      exact: duplicates != nil, near: duplicates?.near ?? false,
      influence: influence.map {
        SettlingParameters.Influence(perDay: $0.perDay, burst: $0.burst, burstSeconds: $0.burstSeconds)
      })
  }

  /// The parameters on which what is made of one record depends: those of settling left at their defaults, so that
  /// another cap or threshold does not have every record examined anew.
  ///
  /// Whether near duplicates count stays, since records are signed only if they do.
  var ofRecords: CurateParameters {
    var copy = self
    copy.duplicates = Duplicates()
    copy.duplicates?.near = duplicates?.near ?? false
    copy.influence = Influence()
    return copy
  }
}
