/// What a judge is asked: atomic criteria that are answered by yes or no, and what the answers add up to.
///
/// A criterion asks for one thing that can be seen in the text. Single answers of that kind agree with humans better
/// than a mark from 1 to 10 does, and each has its reason before its verdict (Autorubric, arXiv 2603.00077).
public struct Rubric: Sendable, Hashable, Codable {
  /// What is laid before the judge.
  public enum Form: String, Sendable, Hashable, CaseIterable, Codable {
    /// One output: good or bad.
    case pointwise
    /// Two outputs for one input, in both orders: which is better.
    case pairs
  }

  /// An answer to a criterion.
  public enum Answer: String, Sendable, Hashable, CaseIterable, Codable {
    /// It holds.
    case yes
    /// It does not.
    case no
    /// The judge cannot tell.
    case unsure
  }

  /// One question of the rubric.
  public struct Criterion: Sendable, Hashable, Codable {
    /// Legal weights.
    public static let weightRange = 0.001...1000.0

    /// Its name: a-z, 0-9, `.`, `_` and `-`, unique in the rubric.
    public var id: String
    /// The question, which yes or no answers.
    public var ask: String
    /// Its share in the score; default 1, legal in ``weightRange``.
    public var weight: Double = 1
    /// Whether an output that fails it is bad whatever else it does; default false.
    public var isRequired: Bool = false
    /// The answer that speaks for the output, yes or no; default yes.
    public var good: Answer = .yes

    /// States a criterion.
    public init(
      id: String, ask: String, weight: Double = 1, isRequired: Bool = false, good: Answer = .yes
    ) {
      self.id = id
      self.ask = ask
      self.weight = weight
      self.isRequired = isRequired
      self.good = good
    }
  }

  /// An output that was judged rightly, shown to the judge.
  public struct Example: Sendable, Hashable, Codable {
    /// The answer to one criterion.
    public struct Verdict: Sendable, Hashable, Codable {
      /// The criterion's name.
      public var criterion: String
      /// Why.
      public var reason: String
      /// The answer.
      public var answer: Answer

      /// States a verdict.
      public init(criterion: String, reason: String, answer: Answer) {
        self.criterion = criterion
        self.reason = reason
        self.answer = answer
      }
    }

    /// What was asked of the model; default empty.
    public var input: String = ""
    /// The output.
    public var output: String
    /// The right answers, one for each criterion.
    public var verdicts: [Verdict]

    /// States an example.
    public init(input: String = "", output: String, verdicts: [Verdict]) {
      self.input = input
      self.output = output
      self.verdicts = verdicts
    }
  }

  /// What a judge must reach against human gold before its votes count.
  public struct Gate: Sendable, Hashable, Codable {
    /// Legal values of the shares and of κ.
    public static let range = 0.0...1.0
    /// Legal values of ``items``.
    public static let itemsRange = 2...1_000_000

    /// Least Cohen κ with the golden class; default 0.6, where agreement is called substantial.
    public var kappa = 0.6
    /// Least share of pairs whose winner stays when the order is turned; default 0.9.
    ///
    /// Pairs only.
    public var position = 0.9
    /// Least share of equal outcomes when the same is asked again; default 0.95.
    public var retest = 0.95
    /// Least share of attacks on bad outputs that do not make them good; default 0.95.
    public var robustness = 0.95
    /// Least number of golden items, below which nothing is known; default 30.
    public var items = 30

    /// Takes the defaults.
    public init() {}
  }

  /// Legal values of ``pass``.
  public static let passRange = 0.0...1.0
  /// Legal values of ``maximumCharacters``.
  public static let charactersRange = 100...400_000
  /// Legal values of ``maximumTokens``.
  public static let tokensRange = 16...32_768
  /// The most criteria of a rubric; every one costs tokens with every item.
  public static let mostCriteria = 20

  /// The file's name without its ending.
  public var name: String
  /// What is judged, in a sentence or two.
  public var question: String
  /// What is laid before the judge; default pointwise.
  public var form: Form = .pointwise
  /// The criteria, 1 to ``mostCriteria``.
  public var criteria: [Criterion]
  /// Outputs with right answers, shown to the judge; default none.
  public var examples: [Example] = []
  /// The name of the prompt: `Pipelines/prompts/NAME.mustache`.
  public var prompt: String
  /// The text of that template.
  public var template: String
  /// The models, each a judge of its own; one or more.
  public var panel: [String]
  /// Least share of weight that speaks for the output for it to be good; default 0.5, legal in ``passRange``.
  public var pass = 0.5
  /// The longest input or output shown, in characters; what is longer is cut in its middle; default 12,000.
  public var maximumCharacters = 12_000
  /// Tokens of the answer at most; default 1,024.
  public var maximumTokens = 1024
  /// What a judge must reach; nil lets it vote uncalibrated, which a definition must say.
  public var gate: Gate? = Gate()

  /// States a rubric with the defaults.
  public init(
    name: String, question: String, criteria: [Criterion], prompt: String, template: String, panel: [String]
  ) {
    self.name = name
    self.question = question
    self.criteria = criteria
    self.prompt = prompt
    self.template = template
    self.panel = panel
  }
}
