import Catalog
import Lake
import Records
import Text

/// Reads the texts of feedback: what comments say, and how far corrections are from outputs.
final class FeedbackReader {
  /// Raised when the same texts would be read otherwise, so that all are read anew.
  static let version = 1

  private let bodies: LakeBodies
  private let sentiment = CommentSentiment()
  private let distance = WordDistance()

  init(lake: LakeStore) { bodies = LakeBodies(lake: lake) }

  /// Reads an event's text, and the output that a correction is of.
  func read(_ event: UnreadFeedback) throws -> FeedbackReading {
    var comment: LabelClass?
    var correction: [UInt8]?
    try bodies.read(.feedback, event.place) { record in
      if let text = record["comment"]?.utf8 { comment = sentiment.reading(of: text) }
      if event.hasCorrection, let text = record["correction"]?.utf8 { correction = Array(text) }
    }
    guard let correction else { return FeedbackReading(event: event, comment: comment, correction: nil) }
    let distance: Double? = try bodies.read(.interactions, event.interaction) { record in
      // Of an answer that called tools and said nothing there is no text to compare.
      guard let output = record["output"]?["content"]?.utf8, !output.isEmpty else { return nil }
      return correction.withUnsafeBytes { self.distance.distance(output, $0) }
    }
    return FeedbackReading(event: event, comment: comment, correction: distance)
  }
}
