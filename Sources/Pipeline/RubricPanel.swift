import Bytes
import Catalog
import Label
import LanguageModels
import Synthesize

/// The judges of some rubrics as one: what most of them say of a candidate.
struct RubricPanel: CandidateJudge {
  /// The judges that may choose.
  let judges: [Judge]
  /// What keeps each of the others from choosing, by their names.
  let shortfalls: [String: [String]]
  private let service: any ChatModel

  /// Makes a panel.
  /// - Parameters:
  ///   - rubrics: the rubrics, pointwise.
  ///   - mayBeUncalibrated: whether judges may choose that were not measured, or are below their gate.
  ///   - key: the workspace's secret, of which fences and code words are made.
  ///   - service: who answers.
  ///   - catalog: where calibrations are kept.
  /// - Throws: the catalog's errors, ``RubricFault``.
  init(
    _ rubrics: [Rubric], mayBeUncalibrated: Bool, key: [UInt8], service: any ChatModel, catalog: CatalogStore
  ) throws {
    var judges: [Judge] = []
    var shortfalls: [String: [String]] = [:]
    for judge in try rubrics.flatMap({ try Judge.panel(of: $0, key: key) }) {
      let calibration = try JudgeRun.calibration(of: judge, in: catalog)
      let missing = judge.shortfalls(calibration)
      if !missing.isEmpty { shortfalls[judge.voter] = missing }
      if missing.isEmpty || mayBeUncalibrated { judges.append(judge) }
    }
    self.judges = judges
    self.shortfalls = shortfalls
    self.service = FullPrice(model: service)
  }

  /// Asks every judge; the majority of votes counts, and a tie is none.
  func opinion(input: String, output: String) async throws -> CandidateOpinion {
    let item = JudgeItem(
      content: ContentHash.of("\(input)\u{0}\(output)"), interaction: "", input: Array(input.utf8),
      output: Array(output.utf8))
    var opinion = CandidateOpinion(isGood: nil, score: 0, cost: 0, judges: [:])
    var good = 0
    var bad = 0
    var scores: [Double] = []
    for judge in judges {
      let said = try await judge.opinion(on: item, from: service)
      opinion.cost += said.cost
      opinion.judges[judge.voter] = said.outcome.rawValue
      if let score = said.score { scores.append(score) }
      switch said.outcome.isGood {
      case true?: good += 1
      case false?: bad += 1
      case nil: break
      }
    }
    if good != bad { opinion.isGood = good > bad }
    opinion.score = scores.isEmpty ? 0.5 : scores.reduce(0, +) / Double(scores.count)
    return opinion
  }
}

/// Says of every answer that it was bought now, so that what a batch cost does not depend on when it was bought.
private struct FullPrice: ChatModel {
  let model: any ChatModel

  func answer(_ request: ChatRequest) async throws -> ChatAnswer {
    var answer = try await model.answer(request)
    answer.isKept = false
    return answer
  }
}
