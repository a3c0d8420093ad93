import Bytes
import Records
import Text

/// An interaction whose messages are plain text, in the form in which the lake holds every interaction.
///
/// It is JSON with its keys in their order. Its texts are written as they are; who makes one redacts them.
public struct InteractionRecord: Sendable {
  /// One message.
  public struct Message: Sendable, Hashable, Codable {
    /// `system`, `user` or `assistant`.
    public var role: String
    /// The text.
    public var content: String
    /// Calls of tools, as the JSON of an array in the form of OpenAI's interface; nil for none.
    public var toolCalls: String?

    /// States a message.
    public init(role: String, content: String, toolCalls: String? = nil) {
      self.role = role
      self.content = content
      self.toolCalls = toolCalls
    }
  }

  /// Its id, with its source before it.
  public let id: String
  /// Its source.
  public let source: String
  /// When it was made.
  public let time: Timestamp
  /// Its conversation.
  public let conversation: String
  /// What was asked, 1 or more messages.
  public let input: [Message]
  /// What was answered.
  public let output: Message
  /// The application.
  public var app: String?
  /// The model.
  public var model: String?
  /// Facts beside it as the JSON of an object, with its keys in their order; nil for none.
  public var metadata: String?

  /// States an interaction without what only some have.
  public init(
    id: String, source: String, time: Timestamp, conversation: String, input: [Message], output: Message
  ) {
    self.id = id
    self.source = source
    self.time = time
    self.conversation = conversation
    self.input = input
    self.output = output
  }

  /// Appends the record, without a line end.
  public func write(to buffer: ByteBuffer) {
    var writer = JSONWriter(buffer)
    writer.beginObject()
    writer.member("app", app)
    writer.member("conversation", conversation)
    writer.member("id", id)
    writer.key("input")
    writer.beginArray()
    for message in input { Self.write(message, &writer) }
    writer.endArray()
    if let metadata {
      writer.key("metadata")
      writer.raw(Array(metadata.utf8))
    }
    writer.member("model", model)
    writer.key("output")
    Self.write(output, &writer)
    writer.member("source", source)
    writer.member("time", time.description)
    writer.endObject()
  }

  private static func write(_ message: Message, _ writer: inout JSONWriter) {
    writer.beginObject()
    writer.key("content")
    writer.string(message.content)
    writer.key("role")
    writer.string(message.role)
    if let calls = message.toolCalls {
      writer.key("tool_calls")
      writer.raw(Array(calls.utf8))
    }
    writer.endObject()
  }

  /// The hashes of the normalised input, and of input and output, by which equal contents are known, whatever their source.
  public var hashes: (input: ContentHash, content: ContentHash) {
    let normal = ByteBuffer()
    for message in input { Self.append(message, to: normal) }
    let first = ContentHash.of(normal.view)
    normal.append(0x1D)
    Self.append(output, to: normal)
    return (first, ContentHash.of(normal.view))
  }

  private static func append(_ message: Message, to normal: ByteBuffer) {
    normal.append(0x1E)
    normal.append(string: message.role)
    normal.append(0x1F)
    var content = message.content
    content.withUTF8 { TextNormaliser.append(UnsafeRawBufferPointer($0), to: normal) }
    if let calls = message.toolCalls { normal.append(string: calls) }
  }
}
