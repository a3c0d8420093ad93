import Records
import Text

/// Turns the rows of one system into records; one worker owns it.
protocol RowReader: AnyObject {
  /// Reads one row and hands what it holds to the writer that the reader was made with.
  ///
  /// Where it throws, nothing of the row is kept, and the row goes to quarantine with the fault's reason.
  /// - Parameter row: an object; valid during the call.
  /// - Returns: false if the row is nothing that the source is asked for.
  /// - Throws: ``RowFault``.
  func read(_ row: JSONValue) throws -> Bool
}

/// A fault in one part of a row that holds many: the row goes to quarantine, and what its other parts made is kept.
struct PartialFault: Error {
  let fault: RowFault
}

/// What a row says of one interaction, beside its messages; ids are the source's own, as logged.
struct InteractionFacts {
  /// The source's id; unique in the source.
  var native: String?
  let time: Timestamp
  var conversation: String?
  /// The trace that the call is part of: feedback on a trace is on its last interaction.
  var trace: String?
  /// The model's own id of the answer, by which feedback may know the interaction too: it gives it as its trace.
  var response: String?
  var parent: String?
  var user: String?
  var app: String?
  var model: String?
  var prompt: String?
  var finish: String?
  var tokensIn: Int64?
  var tokensOut: Int64?
  /// In US dollars.
  var cost: Double?
  /// In seconds.
  var latency: Double?
  /// The source's stamp of change; nil takes the time.
  var updated: Timestamp?
  var metadata: [(String, JSONValue)] = []

  init(native: String?, time: Timestamp) {
    self.native = native
    self.time = time
  }
}

/// What a row says of one feedback event; ids are the source's own, as logged.
struct FeedbackFacts {
  /// The source's id; unique in the source.
  var native: String?
  let time: Timestamp
  let signal: Signal
  /// The source whose ids the three targets hold; nil is the row's own.
  var about: String?
  /// The interaction.
  var target: String?
  /// The trace, whose last interaction it is on; it counts only where no target is given.
  var trace: String?
  /// The conversation.
  var conversation: String?
  /// On flywheel's scale; see ``RecordWriter/value(_:_:)``.
  var value: Double?
  var count = 1
  var user: String?
  var updated: Timestamp?
  var comment: JSONValue?
  /// A better output: a string, or a message.
  var correction: JSONValue?

  init(native: String?, time: Timestamp, signal: Signal) {
    self.native = native
    self.time = time
    self.signal = signal
  }
}
