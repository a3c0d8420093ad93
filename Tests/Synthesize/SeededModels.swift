import Bytes
import LanguageModels
import Synchronization
import Synthesize

/// A model that writes sums and answers them, right with a stated probability, by hashes of a seed: its quality is known.
///
/// An answer says what is true of it: `truth=yes` or `truth=no`.
struct SeededWriter: ChatModel {
  let seed: Int
  /// The probability of a right answer, by model.
  let quality: [String: Double]
  /// What an answer costs, in millionths of a US dollar, by model.
  var price: [String: Int64] = [:]
  /// Requests that fail, as a share.
  var failing = 0.0

  private func draw(_ parts: String...) -> Double {
    Double(ContentHash.of("\(seed)\u{0}" + parts.joined(separator: "\u{0}")).high >> 11) * 0x1p-53
  }

  func answer(_ request: ChatRequest) async throws -> ChatAnswer {
    let question = request.messages.map(\.content).joined(separator: "\n")
    let own = "\(request.seed ?? 0) \(request.repetition)"
    if draw("fail", request.model, question, own) < failing {
      throw ModelError(.overloaded, model: request.model, status: 500)
    }
    let text: String
    if request.schema != nil {
      let count = question.split(separator: " ").compactMap { Int($0) }.first ?? 1
      let inputs = (0..<count).map { place in
        let left = Int(draw("a\(place)", question, own) * 9000)
        return
          #"{"input":"Number \#(Int(draw("b\(place)", question, own) * 1e9)): what is \#(left) + \#(place)?"}"#
      }
      text = #"{"items":[\#(inputs.joined(separator: ","))]}"#
    } else {
      let isRight = draw("right", request.model, question, own) < quality[request.model] ?? 0
      text = "The sum, \(Int(draw("c", question, own) * 1e9)). truth=\(isRight ? "yes" : "no")"
    }
    return ChatAnswer(
      text: text, finish: "stop", inputTokens: 10, outputTokens: 20, cost: price[request.model] ?? 0,
      isKept: false)
  }
}

/// A judge that finds good outputs good with one probability and bad ones bad with another.
struct SeededJudge: CandidateJudge {
  let seed: Int
  let sensitivity: Double
  let specificity: Double

  func opinion(input: String, output: String) async throws -> CandidateOpinion {
    let truth = output.contains("truth=yes")
    let draw = Double(ContentHash.of("\(seed)\u{0}judge\u{0}\(input)\u{0}\(output)").high >> 11) * 0x1p-53
    let isGood = truth ? draw < sensitivity : draw >= specificity
    return CandidateOpinion(
      isGood: isGood, score: isGood ? 0.9 : 0.2, cost: 1, judges: ["seeded": "\(isGood)"])
  }
}
