/// Why a version leaves out what its dataset selects.
///
/// The raw value is what accounts and the catalog hold, so it never changes.
public enum LeftOut: String, Sendable, CaseIterable {
  /// The conversation's position belongs to a split that the dataset does not have.
  case otherSplit = "other-split"
  /// A conversation or the input was published, or is in this version, for the other of training and evaluation.
  case leak
  /// It, its conversation, its input or a near duplicate is in the golden set, which never trains.
  case golden
  /// It overlaps with what the other of training and evaluation holds, or with a protected file.
  case contaminated
  /// Its user has as many examples in the dataset as one may have.
  case influence
  /// A model wrote it, and its slice has no room for more of that.
  case syntheticCap = "synthetic-cap"
  /// A model wrote it, and people have not answered enough of its batch's sample.
  case acceptancePending = "acceptance-pending"
  /// A model wrote it, and people rejected its batch.
  case notAccepted = "not-accepted"
  /// The dataset has its maximum of examples.
  case maximum
  /// More characters than the dataset takes, or more than 16 MiB.
  case tooLong = "too-long"
  /// A record holds parts that are not text.
  case media
  /// An output, or a correction, of no characters and without tool calls.
  case emptyOutput = "empty-output"
  /// A record without messages.
  case noMessages = "no-messages"
  /// The two outputs of a pair are the same.
  case equalOutputs = "equal-outputs"
}
