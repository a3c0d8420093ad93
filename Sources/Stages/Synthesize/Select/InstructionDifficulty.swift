import Foundation

/// Keeps examples that the student finds hard, but whose question helps.
///
/// Instruction-following difficulty (IFD, M. Li et al., arXiv 2308.12032): how much less surprising an answer is with
/// its question than alone, ppl(answer | question) / ppl(answer). Near 1 the question helps little, which is what is to
/// be learned; at 1 and above question and answer do not belong together. With the hardest 10 % of Alpaca a model
/// beats the one that learned all. Items without a difficulty are not judged, and stay.
public struct InstructionDifficulty: Sendable, Hashable, Codable {
  /// The share of items with a difficulty below 1 that is kept, above 0 up to 1; default 0.1, as in the paper.
  public var share: Double

  /// Sets the share.
  public init(share: Double = 0.1) { self.share = share }

  /// The difficulty from mean log-probabilities of the answer's tokens, in nats.
  /// - Parameters:
  ///   - conditional: with the question before the answer.
  ///   - alone: of the answer alone.
  /// - Returns: above 0; below 1 where the question helps.
  public static func ratio(conditional: Double, alone: Double) -> Double { exp(alone - conditional) }

  /// Why items are left out, by their place; of items equally hard those of higher quality, then of lower id stay.
  public func leftOut(_ items: [SelectionItem]) -> [Int: SelectionReason] {
    var reasons: [Int: SelectionReason] = [:]
    var places: [(place: Int, difficulty: Double)] = []
    for (place, item) in items.enumerated() {
      guard let difficulty = item.difficulty else { continue }
      // What is no number is no proof that they belong together.
      if difficulty < 1 { places.append((place, difficulty)) } else { reasons[place] = .notFollowed }
    }
    places.sort {
      $0.difficulty == $1.difficulty
        ? SelectionItem.isBefore(items[$0.place], items[$1.place]) : $0.difficulty > $1.difficulty
    }
    let kept = Int((Double(places.count) * min(max(share, 0), 1)).rounded(.up))
    for (place, _) in places.dropFirst(kept) { reasons[place] = .tooEasy }
    return reasons
  }
}
