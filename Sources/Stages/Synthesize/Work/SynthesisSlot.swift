import LanguageModels

/// What became of one input that was asked for: the unit of the account.
struct SynthesisSlot: Sendable {
  /// How it ended.
  enum End: Sendable, Hashable {
    /// It is a candidate.
    case accepted
    /// It was written, and a check refused it: a reason code.
    case rejected(String)
    /// A model gave nothing usable: a reason code.
    case failed(String)
  }

  /// One answer to the input.
  struct Answer: Sendable {
    let text: String
    /// The first check that failed, with its verifier before it; nil where all passed.
    var fault: String?
    /// The checks that it passed.
    var passed: [String] = []
    /// What the judges said; nil where none was asked.
    var opinion: CandidateOpinion?

    /// An answer that nobody has looked at; what the limit of tokens cut off is none to imitate.
    init(_ reply: ChatAnswer) {
      text = reply.text
      if reply.finish == "length" || reply.finish == "max_tokens" { fault = "truncated" }
    }

    /// Whether it is right, as far as checks and judges tell; nil where neither could.
    var isRight: Bool? {
      if fault != nil { return false }
      if let opinion { return opinion.isGood }
      return passed.isEmpty ? nil : true
    }

    /// Quality, 0 to 1: the judges' score; where none was asked, a half for what passed its checks.
    var quality: Double { fault != nil ? 0 : opinion?.score ?? 0.5 }
  }

  let task: SynthesisPlan.Task
  /// Its place in the task, from 0.
  let place: Int
  /// The model that writes, and answers.
  let teacher: SynthesisPlan.Writer
  var input: WrittenInput?
  var answers: [Answer] = []
  /// The answer that is taken.
  var best: Int?
  /// The student's answer.
  var student: Answer?
  var end: End?
  /// Its share of what was paid, in millionths of a US dollar.
  var cost: Int64 = 0
  var inputTokens = 0
  var outputTokens = 0

  init(task: SynthesisPlan.Task, place: Int, teacher: SynthesisPlan.Writer) {
    self.task = task
    self.place = place
    self.teacher = teacher
  }

  /// Whether there is still something to do.
  var isOpen: Bool { end == nil }

  /// Counts an answer's price, whole or one of `count` shares of it, which add up to the whole.
  mutating func pay(_ answer: ChatAnswer, among count: Int = 1) {
    func share(_ whole: Int) -> Int { whole / count + (place % count < whole % count ? 1 : 0) }
    cost += Int64(share(Int(answer.cost)))
    inputTokens += share(answer.inputTokens)
    outputTokens += share(answer.outputTokens)
  }

  /// A model's failure as a reason code.
  static func reason(_ error: ModelError) -> String {
    switch error.code {
    case .unknownModel: "unknown-model"
    case .budgetSpent: "budget-spent"
    case .unreachable: "unreachable"
    case .overloaded: "overloaded"
    case .refused: "refused"
    case .malformed: "malformed"
    case .schemaNotMet: "schema-not-met"
    case .cancelled: "cancelled"
    }
  }
}

/// What judges say of a candidate's output.
public struct CandidateOpinion: Sendable, Hashable {
  /// Whether it is good, by the majority of the judges who said so or so; nil where they are even, or silent.
  public var isGood: Bool?
  /// The mean share of weight that speaks for it, 0 to 1.
  public var score: Double
  /// What it cost, in millionths of a US dollar, also where the answer was kept from before.
  public var cost: Int64
  /// What each judge said, by its name.
  public var judges: [String: String]

  /// States an opinion.
  public init(isGood: Bool?, score: Double, cost: Int64, judges: [String: String]) {
    self.isGood = isGood
    self.score = score
    self.cost = cost
    self.judges = judges
  }
}

/// Judges that tell good candidates from bad ones.
public protocol CandidateJudge: Sendable {
  /// Judges an output.
  /// - Parameters:
  ///   - input: what was asked, with earlier turns.
  ///   - output: what was answered.
  /// - Returns: the opinion.
  /// - Throws: ``ModelError`` where nothing can be judged.
  func opinion(input: String, output: String) async throws -> CandidateOpinion
}
