import Bytes
import Records
import Text

/// A feedback event in the form in which the lake holds it, whatever it comes from: JSON with its keys in their order.
public struct FeedbackRecord: Sendable {
  /// Its id, with its source before it.
  public let id: String
  /// Its source.
  public let source: String
  /// What was done.
  public let signal: Signal
  /// When.
  public let time: Timestamp
  /// How many gave it; 0 says that nobody does any more.
  public let count: Int
  /// Its value.
  public var value: Double?
  /// The interaction it is on.
  public var target: String?
  /// The trace it is on.
  public var trace: String?
  /// The conversation it is on.
  public var conversation: String?
  /// Who gave it, by a stand-in.
  public var user: String?
  /// What was written, redacted, UTF-8.
  public var comment: [UInt8]?
  /// The better output, redacted, UTF-8.
  public var correction: [UInt8]?
  /// How often each kind of personal data was replaced in its texts, by kind.
  public var marks: [(kind: String, count: Int)] = []

  /// States an event without what only some have.
  public init(id: String, source: String, signal: Signal, time: Timestamp, count: Int) {
    self.id = id
    self.source = source
    self.signal = signal
    self.time = time
    self.count = count
  }

  /// Appends the record, without a line end.
  public func write(to buffer: ByteBuffer) {
    var writer = JSONWriter(buffer)
    writer.beginObject()
    Self.write("comment", comment, &writer)
    writer.member("conversation", conversation)
    Self.write("correction", correction, &writer)
    writer.key("count")
    writer.integer(Int64(count))
    writer.member("id", id)
    writer.marks(marks)
    writer.member("signal", signal.rawValue)
    writer.member("source", source)
    writer.member("target", target)
    writer.member("time", time.description)
    writer.member("trace", trace)
    writer.member("user", user)
    writer.member("value", value)
    writer.endObject()
  }

  private static func write(_ name: StaticString, _ text: [UInt8]?, _ writer: inout JSONWriter) {
    guard let text else { return }
    writer.key(name)
    text.withUnsafeBytes { writer.string($0) }
  }
}

extension JSONWriter {
  /// Writes the member `marks` of a record; nothing where there are none.
  /// - Parameter marks: counts by kind, in the order of the kinds.
  public mutating func marks(_ marks: [(kind: String, count: Int)]) {
    guard !marks.isEmpty else { return }
    key("marks")
    beginObject()
    for mark in marks {
      key(string: mark.kind)
      integer(Int64(mark.count))
    }
    endObject()
  }
}
