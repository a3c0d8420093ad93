import Records

/// A stretch of a shown text, in UTF-8 bytes.
public struct ReviewSpan: Sendable, Hashable {
  /// What found it, as rule and reason.
  public let title: String
  /// Where it stands.
  public let bytes: Range<Int>

  /// Marks a stretch.
  public init(title: String, bytes: Range<Int>) {
    self.title = title
    self.bytes = bytes
  }
}

/// One turn of a conversation.
///
/// Its text is hostile: nothing of it reaches a terminal as it is.
public struct ReviewMessage: Sendable, Hashable {
  /// The role as logged: `system`, `user`, `assistant`, `tool`.
  public let role: String
  /// The text, UTF-8.
  public let text: [UInt8]
  /// Tool calls of the turn, name and arguments, which are shown folded.
  public let toolCalls: [ToolCall]
  /// What curation found in the text.
  public let findings: [ReviewSpan]

  /// A tool call.
  public struct ToolCall: Sendable, Hashable {
    /// The tool's name.
    public let name: [UInt8]
    /// Its arguments, JSON.
    public let arguments: [UInt8]

    /// States a call.
    public init(name: [UInt8], arguments: [UInt8]) {
      self.name = name
      self.arguments = arguments
    }
  }

  /// States a turn.
  public init(role: String, text: [UInt8], toolCalls: [ToolCall] = [], findings: [ReviewSpan] = []) {
    self.role = role
    self.text = text
    self.toolCalls = toolCalls
    self.findings = findings
  }
}

/// What another person said, without a name.
public struct ReviewOpinion: Sendable, Hashable {
  /// `A`, `B`, ..., in an order drawn by a hash of the item.
  public let alias: String
  /// The labels given.
  public let labels: [String]
  /// The reasons given.
  public let reasons: [String]
  /// The note, if any.
  public let note: [UInt8]?

  /// States an opinion.
  public init(alias: String, labels: [String], reasons: [String], note: [UInt8]?) {
    self.alias = alias
    self.labels = labels
    self.reasons = reasons
    self.note = note
  }
}

/// All that the screen shows of an item.
public struct ReviewContent: Sendable, Hashable {
  /// The conversation up to the answer.
  public let input: [ReviewMessage]
  /// The answer, or for `prefer` two of them, in the order in which they are shown.
  public let outputs: [ReviewMessage]
  /// What people said; only for `adjudicate`.
  public let opinions: [ReviewOpinion]

  /// States a content.
  public init(input: [ReviewMessage], outputs: [ReviewMessage], opinions: [ReviewOpinion] = []) {
    self.input = input
    self.outputs = outputs
    self.opinions = opinions
  }
}
