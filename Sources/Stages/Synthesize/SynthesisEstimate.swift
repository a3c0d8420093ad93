import Catalog
import LanguageModels

/// What a plan will ask for and cost, before anything is asked.
public struct SynthesisEstimate: Sendable, Hashable, Codable {
  /// A number that is not known yet, with an interval of 90 %.
  public struct Range: Sendable, Hashable, Codable {
    /// The middle.
    public var expected: Double
    /// The lower end.
    public var low: Double
    /// The upper end.
    public var high: Double

    /// States a number.
    public init(expected: Double, low: Double, high: Double) {
      self.expected = expected
      self.low = low
      self.high = high
    }

    static func + (left: Range, right: Range) -> Range {
      Range(expected: left.expected + right.expected, low: left.low + right.low, high: left.high + right.high)
    }

    func times(_ low: Double, _ expected: Double, _ high: Double) -> Range {
      Range(expected: self.expected * expected, low: self.low * low, high: self.high * high)
    }
  }

  /// Inputs that would be asked for.
  public var inputs = 0
  /// Requests.
  public var requests = Range(expected: 0, low: 0, high: 0)
  /// Tokens of questions.
  public var inputTokens = Range(expected: 0, low: 0, high: 0)
  /// Tokens of answers.
  public var outputTokens = Range(expected: 0, low: 0, high: 0)
  /// US dollars.
  public var dollars = Range(expected: 0, low: 0, high: 0)
  /// Candidates that would come of it.
  public var candidates = Range(expected: 0, low: 0, high: 0)

  /// Nothing.
  public init() {}
}

/// Estimates what a plan will cost: exact for what is in the requests, with an interval for what is in the answers.
///
/// Tokens of a question are a quarter of its bytes (a sixth to a half for the ends: English prose in BPE vocabularies has 4
/// to 5 bytes a token, code and other scripts down to 2). Tokens of an answer are those of the model's earlier answers, mean
/// and ±1.645 standard errors; of a model that never answered, between a tenth and all of the most that is asked for, 0.4
/// expected. Inputs that a check refuses are not answered: between half and all are expected to be.
struct SynthesisEstimator {
  let prompts: SynthesisPrompts
  /// Prices by model.
  let prices: [String: ModelPrices]
  /// Earlier answers by model.
  let sizes: [String: AnswerSizes]
  /// Judges' models, one entry for each judge.
  let judges: [String]
  /// The share of inputs that became candidates before; nil where nothing is known.
  let yield: Double?
  /// The factors on prices of models that are asked in a service's batch.
  let batchFactors: [String: Double]

  private static let bytesOfToken = SynthesisEstimate.Range(expected: 4, low: 6, high: 2)
  private static let answered = (low: 0.5, expected: 0.8, high: 1.0)
  /// Tokens of a judge's answer at most.
  private static let judgement = 256

  func estimate() throws -> SynthesisEstimate {
    let plan = prompts.plan
    var result = SynthesisEstimate()
    let teachers = plan.parameters.pilot > 0 ? plan.teachers : Array(plan.teachers.prefix(1))
    for task in plan.tasks {
      let operation = task.operator.operation
      let request = try operation.request(task, prompts, teacher: plan.teachers[0].name)
      result.inputs += task.count
      add(request, count: (1, 1, 1), to: &result)
      // What it asks for is not written yet: a seed's length stands for it.
      let body = task.seeds.map { plan.seeds[$0].input.utf8.count }.max() ?? 200
      var answer = ChatRequest(
        model: plan.teachers[0].name,
        messages: [
          ChatMessage(
            .user, String(repeating: "a", count: body + (plan.templates["answer"]?.utf8.count ?? 0)))
        ])
      answer.maximumTokens = plan.parameters.maximumTokens
      let inputs = Double(task.count)
      func share(_ times: Double) -> (Double, Double, Double) {
        (
          Self.answered.low * inputs * times, Self.answered.expected * inputs * times,
          Self.answered.high * inputs * times
        )
      }
      for teacher in teachers {
        answer.model = teacher.name
        add(answer, count: share(Double(plan.parameters.answers)), to: &result)
        if task.operator == .multiTurn {
          add(answer, count: share(Double(2 * (plan.parameters.turns - 1))), to: &result)
        }
      }
      if let student = plan.student {
        answer.model = student.name
        add(answer, count: share(1), to: &result)
      }
      for judge in judges {
        answer.model = judge
        answer.maximumTokens = Self.judgement
        let opinions = Double(plan.parameters.answers + (plan.student == nil ? 0 : 1))
        add(answer, count: share(opinions), to: &result, isBatched: false)
      }
    }
    let expected = yield ?? SynthesisPlanner.firstYield
    let inputs = Double(result.inputs)
    result.candidates = SynthesisEstimate.Range(
      expected: min(Double(plan.room), inputs * expected), low: inputs * expected / 4,
      high: min(Double(plan.room), inputs * min(1, expected * 1.6)))
    return result
  }

  private func add(
    _ request: ChatRequest, count: (Double, Double, Double), to result: inout SynthesisEstimate,
    isBatched: Bool = true
  ) {
    let bytes = Double(request.messages.reduce(0) { $0 + $1.content.utf8.count })
    let asked = SynthesisEstimate.Range(
      expected: bytes / Self.bytesOfToken.expected, low: bytes / Self.bytesOfToken.low,
      high: bytes / Self.bytesOfToken.high)
    let most = Double(request.maximumTokens)
    var said = SynthesisEstimate.Range(expected: most * 0.4, low: most * 0.1, high: most)
    if let known = sizes[request.model], known.count >= 10 {
      let error = 1.645 * known.deviation / Double(known.count).squareRoot()
      // The mean of other prompts' answers is not that of these: a fifth is left for that.
      said = SynthesisEstimate.Range(
        expected: min(most, known.mean), low: max(1, min(most, known.mean * 0.8 - error)),
        high: min(most, known.mean * 1.2 + error))
    }
    let price = prices[request.model] ?? ModelPrices()
    let factor = isBatched ? batchFactors[request.model] ?? 1 : 1
    let input = asked.times(count.0, count.1, count.2)
    let output = said.times(count.0, count.1, count.2)
    result.requests =
      result.requests + SynthesisEstimate.Range(expected: 1, low: 1, high: 1).times(count.0, count.1, count.2)
    result.inputTokens = result.inputTokens + input
    result.outputTokens = result.outputTokens + output
    let dollars = { (tokens: Double, price: Int64) in tokens * Double(price) / 1e12 * factor }
    result.dollars =
      result.dollars
      + SynthesisEstimate.Range(
        expected: dollars(input.expected, price.input) + dollars(output.expected, price.output),
        low: dollars(input.low, price.input) + dollars(output.low, price.output),
        high: dollars(input.high, price.input) + dollars(output.high, price.output))
  }
}
