import Bytes
import Text

/// An output that is judged, as it stands in the log.
public struct JudgeItem: Sendable, Hashable {
  /// The content that the vote is on.
  public let content: ContentHash
  /// The id of the interaction whose body is shown.
  public let interaction: String
  /// What was asked of the model: its last user message or the whole conversation; any bytes.
  public let input: [UInt8]
  /// What it answered; any bytes.
  public let output: [UInt8]

  /// States an item.
  public init(content: ContentHash, interaction: String, input: [UInt8], output: [UInt8]) {
    self.content = content
    self.interaction = interaction
    self.input = input
    self.output = output
  }
}

/// Two outputs for one input.
public struct JudgePair: Sendable, Hashable {
  /// One of them.
  public let first: JudgeItem
  /// The other; its input is that of the first.
  public let second: JudgeItem

  /// States a pair.
  public init(_ first: JudgeItem, _ second: JudgeItem) {
    self.first = first
    self.second = second
  }
}
