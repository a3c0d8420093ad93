import Records

/// What the `synthesize` step of a pipeline writes: examples for slices of datasets that real data leaves short.
public struct SynthesizeParameters: Sendable, Hashable, Codable {
  /// Legal numbers of answers to one input.
  public static let answersRange = 1...16
  /// Legal temperatures.
  public static let temperatureRange = 0.0...2.0
  /// Legal longest answers in tokens.
  public static let tokensRange = 16...32_768
  /// Legal numbers of inputs in one run.
  public static let mostRange = 1...100_000
  /// Legal shares.
  public static let shareRange = 0.0...1.0
  /// Legal dollars that a batch may cost.
  public static let dollarsRange = 0.0...1_000_000.0
  /// Legal hours until the result is wanted.
  public static let hoursRange = 0...168
  /// Legal minutes to wait for a service's batch.
  public static let waitRange = 0...1440
  /// Legal numbers of prompts in a pilot.
  public static let pilotRange = 0...10_000
  /// Legal numbers of a user's turns in a simulated conversation.
  public static let turnsRange = 2...8

  /// An operator and how much of the work it does.
  public struct Share: Sendable, Hashable, Codable {
    /// The operator.
    public var `operator`: SynthesisOperatorName
    /// Its weight beside the others', above 0; 1 where none is given.
    public var weight: Double

    /// States a share.
    public init(_ operator: SynthesisOperatorName, weight: Double = 1) {
      self.operator = `operator`
      self.weight = weight
    }
  }

  /// Names of datasets in the order they are filled; at least one, each with a section `synthesis`.
  public var datasets: [String]
  /// The application that candidates are logged under; default none.
  public var app: String?
  /// Models that write, by their names in the project; one or more.
  ///
  /// Of several a pilot chooses one.
  public var teachers: [String]
  /// The small model that answers the same inputs; default none, and then every candidate trains.
  public var student: String?
  /// Rubrics that judge answers; default none.
  public var judges: [String] = []
  /// Whether judges that were not measured against people, or are below their gate, may choose all the same; default no.
  ///
  /// A cold start has nothing to measure them on: what they choose is then no better than the sample that people accept.
  public var mayBeUncalibrated = false
  /// Which operators write; default ``SynthesisOperatorName/selfInstruct`` and ``SynthesisOperatorName/evolve``.
  public var operators: [Share] = [Share(.selfInstruct, weight: 2), Share(.evolve)]
  /// Files of seed tasks, JSON Lines: paths and patterns relative to the project; default none.
  public var seedFiles: [String] = []
  /// An SQL condition over the view `records` for real interactions that are seeds; default the dataset's own selection.
  public var seedCondition: String?
  /// Files of documents that questions are written from; text or Markdown; default none.
  public var documents: [String] = []
  /// Files of tool definitions, each a JSON array in the form of OpenAI's interface; default none.
  public var tools: [String] = []
  /// Who asks, one line each, for ``SynthesisOperatorName/persona``; default none.
  public var personas: [String] = []
  /// In which situation, for the same; default none.
  public var scenarios: [String] = []
  /// What each slice is about, by its name, for whoever writes; default its name alone.
  public var sliceNotes: [String: String] = [:]
  /// Answers to each input, of which the best is taken, in ``answersRange``; default 4 (best of 4 to 8 is where the gain
  /// flattens: algorithms of arXiv 2408.16737 and 2406.07515).
  public var answers = 4
  /// Randomness of what is written, in ``temperatureRange``; default 0.8.
  public var temperature = 0.8
  /// Tokens of one answer at most, in ``tokensRange``; default 512.
  public var maximumTokens = 512
  /// A user's turns in a simulated conversation, in ``turnsRange``; default 2.
  public var turns = 2
  /// Inputs that one run has written at most, in ``mostRange``; default 500.
  public var most = 500
  /// What the batch may cost in US dollars, in ``dollarsRange``; nil, the default, is what the project's budget leaves.
  public var dollars: Double?
  /// What checks answers before any judge.
  public var verify = VerifyParameters()
  /// ROUGE-L to the nearest known input from which one is not new, in ``shareRange``; default 0.7 (Self-Instruct, arXiv
  /// 2212.10560, section 2.2).
  public var novelty = 0.7
  /// Cosine to what is kept from which a candidate adds nothing, in ``shareRange``; default 0.9 (Deita, arXiv 2312.15685).
  public var similarity = 0.9
  /// Whether prompts are kept only if even their worst answer is good and long, and not far behind the best (RIP, arXiv
  /// 2501.18578); default no, since it keeps an eighth.
  public var filtersPrompts = false
  /// A model for embeddings, by its name in the project; default none: words are compared.
  public var embeddings: String?
  /// Hours until the result is wanted, in ``hoursRange``; from 24 on a service's batch interface is used at half the price.
  ///
  /// Default 0: answers are asked for at once.
  public var deadlineHours = 0
  /// Minutes that a run waits for a service's batch before it leaves it for the next run, in ``waitRange``; default 0.
  public var waitMinutes = 0
  /// Inputs that every teacher answers before one is chosen, in ``pilotRange``; default 0, which takes the first.
  public var pilot = 0
  /// Decides what is drawn; default `flywheel`.
  public var seed = "flywheel"

  /// Takes what is required.
  public init(datasets: [String], teachers: [String]) {
    self.datasets = datasets
    self.teachers = teachers
  }

  /// All models that it asks, judges' panels apart.
  public var models: Set<String> {
    Set(teachers + [student, embeddings].compactMap(\.self))
  }

  /// The names of the prompts that its operators need, each once, in order.
  public var prompts: [String] {
    var names: [String] = []
    for name in operators.flatMap({ $0.operator.prompts }) where !names.contains(name) { names.append(name) }
    return names
  }
}

/// What checks an answer without a model.
public struct VerifyParameters: Sendable, Hashable, Codable {
  /// A file with the JSON Schema that answers must meet, relative to the project; default none.
  public var schema: String?
  /// Regular expressions of which each must be found in an answer; default none.
  public var patterns: [String] = []
  /// Regular expressions of which none may be found; default none.
  public var forbidden: [String] = []
  /// Whether calculations and units that an answer states are checked; default yes.
  public var arithmetic = true
  /// Whether code in an answer is run with its own tests, without network and within limits; default no.
  public var execution = false

  /// Takes the defaults.
  public init() {}
}

/// The operators that write inputs.
///
/// The raw value is what definitions, accounts and lineages hold.
public enum SynthesisOperatorName: String, Sendable, CaseIterable, Codable {
  /// New inputs like some that are shown.
  case selfInstruct = "self-instruct"
  /// One input made deeper or broader.
  case evolve
  /// What a stated person asks in a stated situation.
  case persona
  /// Questions that a document answers, whose answers cite it.
  case document
  /// A real input that was answered badly, in other words.
  case rewriteFailure = "rewrite-failure"
  /// A real input with one detail changed, so that its answer is wrong now: a preference pair.
  case counterfactual
  /// Requests that a call of a tool answers.
  case toolCall = "tool-call"
  /// A conversation, with the user's turns simulated.
  case multiTurn = "multi-turn"

  /// The prompt of its answers.
  var answerPrompt: String { prompts.last ?? "answer" }

  /// The prompts that it needs: what writes inputs, then what answers them.
  public var prompts: [String] {
    switch self {
    case .selfInstruct, .evolve, .persona, .rewriteFailure, .counterfactual: [rawValue, "answer"]
    case .document: [rawValue, "answer-document"]
    case .toolCall: [rawValue, "answer-tool"]
    case .multiTurn: [rawValue, "user-turn", "answer"]
    }
  }
}
