import Pipeline
import Testing

/// A definition and everything that is said about it.
struct FaultRow: Sendable, CustomTestStringConvertible {
  let id: String
  let document: DefinitionFault.Document
  let yaml: String
  let expected: [String]

  init(_ id: String, _ document: DefinitionFault.Document, _ yaml: String, _ expected: String...) {
    self.id = id
    self.document = document
    self.yaml = yaml
    self.expected = expected
  }

  var testDescription: String { id }

  /// The start of a source with a mapping of interactions that is complete, without its end.
  static let source = "kind: file\npath: x\ninteractions:\n  id: id\n  time: t\n  input: i\n  output: o\n"
  /// The start of a source with feedback that lacks only target and signal.
  static let feedback = "kind: file\npath: x\nfeedback:\n  about: log\n  id: id\n  time: t\n"
  /// The start of a source with a tree that lacks nothing.
  static let tree =
    "kind: file\npath: x\ntree:\n  root: r\n  replies: s\n  id: i\n  text: t\n  role: o\n  time: u\n"
  /// The start of a pipeline up to a step after `curate`.
  static let curated = "steps:\n- pull: {source: a}\n- curate\n"
}
