import Bytes
import LanguageModels
import Text

/// One rubric with one model: an instrument whose version says all that could change its answers.
///
/// The name of its votes is `judge:RUBRIC/MODEL@VERSION`. The models of a panel are judges of their own, so that a
/// label model can see which of them copy each other.
public struct Judge: Sendable, Hashable {
  /// The rubric.
  public let rubric: Rubric
  /// The model's name in the project.
  public let model: String
  /// The version: 64 hexadecimal digits of everything that shapes a question or how its answer is read.
  public let version: String
  let prompt: JudgePrompt

  /// Makes a judge.
  /// - Parameters:
  ///   - rubric: what is asked.
  ///   - model: who is asked.
  ///   - key: the workspace's secret, of which fences and code words are made.
  /// - Throws: ``RubricFault`` for a template that cannot be rendered.
  public init(rubric: Rubric, model: String, key: [UInt8]) throws(RubricFault) {
    let version = Self.version(of: rubric, model: model)
    self.rubric = rubric
    self.model = model
    self.version = version
    prompt = try JudgePrompt(rubric: rubric, model: model, version: version, key: key)
  }

  /// Its name without the version: `judge:RUBRIC/MODEL`.
  public var name: String { "judge:\(rubric.name)/\(model)" }

  /// The name of its votes: ``name``, `@` and the first 12 digits of the version.
  public var voter: String { "\(name)@\(version.prefix(12))" }

  /// Whether its votes count.
  /// - Parameter calibration: what was measured of it; nil where nothing was.
  /// - Returns: what keeps it from voting, in facts; empty where it votes.
  public func shortfalls(_ calibration: JudgeCalibration?) -> [String] {
    guard let gate = rubric.gate else { return [] }
    return calibration?.shortfalls(of: gate) ?? ["uncalibrated"]
  }

  /// The judges of a rubric's panel, in its order.
  /// - Throws: ``RubricFault``.
  public static func panel(of rubric: Rubric, key: [UInt8]) throws(RubricFault) -> [Judge] {
    var judges: [Judge] = []
    for model in rubric.panel { judges.append(try Judge(rubric: rubric, model: model, key: key)) }
    return judges
  }

  private static func version(of rubric: Rubric, model: String) -> String {
    let buffer = ByteBuffer()
    var json = JSONWriter(buffer)
    json.beginArray()
    for number in [JudgedText.version, JudgePrompt.version, JudgeReply.version] {
      json.integer(Int64(number))
    }
    for text in [model, rubric.name, rubric.form.rawValue, rubric.question, rubric.template] {
      json.string(text)
    }
    for number in [rubric.pass, Double(rubric.maximumCharacters), Double(rubric.maximumTokens)] {
      json.number(number)
    }
    json.beginArray()
    for criterion in rubric.criteria {
      json.string(criterion.id)
      json.string(criterion.ask)
      json.number(criterion.weight)
      json.bool(criterion.isRequired)
      json.string(criterion.good.rawValue)
    }
    json.endArray()
    json.beginArray()
    for example in rubric.examples {
      json.string(example.input)
      json.string(example.output)
      for verdict in example.verdicts {
        json.string(verdict.criterion)
        json.string(verdict.reason)
        json.string(verdict.answer.rawValue)
      }
    }
    json.endArray()
    json.endArray()
    return Digest.sha256(buffer.view).hex
  }
}

/// What a judge said of one output.
public struct JudgeOpinion: Sendable, Hashable, Codable {
  /// What came of it.
  public enum Outcome: String, Sendable, Hashable, CaseIterable, Codable {
    /// A vote for good.
    case good
    /// A vote for bad.
    case bad
    /// No vote: the judge could not tell.
    case abstain
    /// No vote: the judge took orders from the text it judged, or called an output good that holds such orders.
    case hijacked
    /// No vote: the answer is no answer to the question, or the service refused it.
    case unread
    /// No answer: the service was not there; asked again in another run.
    case failed

    /// Whether the vote is for good; nil where there is no vote.
    public var isGood: Bool? {
      switch self {
      case .good: true
      case .bad: false
      case .abstain, .hijacked, .unread, .failed: nil
      }
    }
  }

  /// What came of it.
  public var outcome: Outcome
  /// The share of weight that speaks for the output, 0 to 1; nil where nothing was read.
  public var score: Double?
  /// What the answer cost, in millionths of a US dollar; 0 for a kept one.
  public var cost: Int64
  /// Whether the answer was kept from before.
  public var isKept: Bool

  /// States an opinion.
  public init(outcome: Outcome, score: Double? = nil, cost: Int64 = 0, isKept: Bool = false) {
    self.outcome = outcome
    self.score = score
    self.cost = cost
    self.isKept = isKept
  }
}

extension Judge {
  /// Asks for an opinion on one output.
  /// - Parameters:
  ///   - item: the output.
  ///   - service: who answers.
  ///   - repetition: 0 for the first answer, 1 to ask the same once more.
  /// - Returns: the opinion; what went wrong with this one item is an outcome.
  /// - Throws: ``ModelError`` where no item can be judged: an unknown model, a spent budget, a cancelled task.
  public func opinion(
    on item: JudgeItem, from service: any ChatModel, repetition: Int = 0
  ) async throws -> JudgeOpinion {
    let asked = try await ask(prompt.question(item), service, repetition)
    var opinion = JudgeOpinion(outcome: .unread, cost: asked.cost, isKept: asked.isKept)
    switch asked.reply {
    case nil: opinion.outcome = .failed
    case .unread: break
    case .hijacked: opinion.outcome = .hijacked
    case .answers(let answers): (opinion.outcome, opinion.score) = add(answers)
    }
    // A judge cannot be trusted to have seen through orders that a scan finds.
    if opinion.outcome == .good, Self.holdsOrders(item.output) { opinion.outcome = .hijacked }
    return opinion
  }

  /// Whether an output speaks to who reads it, as an injection does, or is the answer that its judge should give.
  ///
  /// What an input is dropped for counts here too: it keeps a text about injections from a vote for good, and leaves it
  /// to a person.
  static func holdsOrders(_ output: [UInt8]) -> Bool {
    output.withUnsafeBytes { output in
      InjectionScan.run(output, InjectionScan.inputs).contains(where: \.isStrong)
        || !InjectionScan.run(output, InjectionScan.outputs).isEmpty || JudgeReply.isReply(output)
    }
  }

  /// What asking once came to.
  struct Asked {
    /// What was read; nil where the service was not there, so that it is worth asking again.
    var reply: JudgeReply?
    /// What it cost now, in millionths of a US dollar.
    var cost: Int64 = 0
    /// Whether the answer was kept from before.
    var isKept = false
  }

  /// Asks a question and reads the answer.
  func ask(
    _ question: JudgePrompt.Question, _ service: any ChatModel, _ repetition: Int
  ) async throws -> Asked {
    var request = question.request
    request.repetition = repetition
    do {
      let answer = try await service.answer(request)
      return Asked(
        reply: JudgeReply.read(answer.text, fence: question.fence, rubric: rubric),
        cost: answer.isKept ? 0 : answer.cost, isKept: answer.isKept)
    } catch let error as ModelError {
      switch error.code {
      case .unknownModel, .budgetSpent, .cancelled: throw error
      case .unreachable, .overloaded: return Asked()
      // Asking again helps nothing.
      case .refused, .malformed, .schemaNotMet: return Asked(reply: .unread)
      }
    }
  }

  /// Adds answers up: a required criterion that fails makes it bad, one that is unsure keeps the judge silent, and so
  /// do unsure answers with more than half of the weight.
  func add(_ answers: [String: String]) -> (JudgeOpinion.Outcome, Double?) {
    var good = 0.0
    var told = 0.0
    var all = 0.0
    var fails = false
    var isOpen = false
    for criterion in rubric.criteria {
      all += criterion.weight
      switch answers[criterion.id].flatMap(Rubric.Answer.init(rawValue:)) {
      case criterion.good?:
        good += criterion.weight
        told += criterion.weight
      case nil, .unsure?: isOpen = isOpen || criterion.isRequired
      default:
        told += criterion.weight
        fails = fails || criterion.isRequired
      }
    }
    guard told > 0 else { return (.abstain, nil) }
    let score = good / told
    if fails { return (.bad, min(score, 1 - score)) }
    if isOpen || told * 2 < all { return (.abstain, score) }
    return (score >= rubric.pass ? .good : .bad, score)
  }
}
