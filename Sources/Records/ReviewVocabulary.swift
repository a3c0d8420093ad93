/// What a queue asks a person to do.
///
/// The raw value is what definitions and the catalog hold.
public enum ReviewTask: String, Sendable, CaseIterable, Codable {
  /// Give one label, or several where the queue allows it, with reasons.
  case label
  /// Write the output that should have been.
  case correct
  /// Say which of two outputs is better.
  case prefer
  /// Accept or reject a candidate that a model wrote.
  case accept
  /// Decide where people disagreed, with their answers side by side and their names hidden.
  case adjudicate
}

/// Why an item stands in a queue.
///
/// The raw value is what definitions and the catalog hold.
public enum ReviewReason: String, Sendable, CaseIterable, Codable {
  /// Its label is uncertain.
  case uncertain
  /// Its voters disagree, or a judge preferred another output when the order was turned.
  case disagreeing
  /// Its label looks wrong by confident learning, or a judge was led astray by it.
  case suspect
  /// Its slice has fewer labelled items than the queue wants.
  case coverage
  /// It was drawn at random, to know how good the labels are.
  case audit
  /// It is of a batch that a model wrote, which is published only if people accept it.
  case synthetic
  /// People disagreed on it.
  case adjudication
  /// It was asked for by name.
  case assigned
}

/// What happened to an item, in the log that only grows.
public enum ReviewEventKind: String, Sendable, CaseIterable, Codable {
  /// An answer; it counts until it is undone or a later one of the same labeler replaces it.
  case answer
  /// Passed over with a reason.
  case skip
  /// The labeler's answer or skip `refersTo` is taken back.
  case undo
  /// What was taken back by `refersTo` counts again.
  case redo
  /// Marked for a colleague to look at.
  case flag
  /// The mark is taken away.
  case unflag
  /// A note.
  case note
  /// The suggestion, or other people's answers, were shown before an answer.
  case exposed
  /// The labeler's work was paused, since too many hidden gold items were answered wrongly.
  case paused
  /// The pause was lifted.
  case resumed
}

/// Which items a labeler's list holds.
public enum ReviewFilter: String, Sendable, CaseIterable {
  /// All that this labeler may see.
  case all
  /// Those that this labeler can still answer.
  case open
  /// Those that this labeler answered.
  case answered
  /// Those that this labeler skipped.
  case skipped
  /// Those that this labeler flagged.
  case flagged
}
