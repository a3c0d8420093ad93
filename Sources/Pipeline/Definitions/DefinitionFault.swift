import Label

/// What is wrong, or doubtful, at one place of a definition.
public struct DefinitionFault: Error, Sendable, Hashable {
  /// The file, relative to the project's root.
  public let file: String
  /// The line, from 1.
  public let line: Int
  /// The column in Unicode scalars, from 1.
  public let column: Int
  /// What is wrong.
  public let facts: Facts

  /// States a fault.
  /// - Parameters:
  ///   - file: the file, relative to the project's root.
  ///   - line: the line, from 1; default 1.
  ///   - column: the column in Unicode scalars, from 1; default 1.
  ///   - facts: what is wrong.
  public init(file: String, line: Int = 1, column: Int = 1, facts: Facts) {
    self.file = file
    self.line = line
    self.column = column
    self.facts = facts
  }

  /// The kind of fault as a word, such as `unknown-key`; stable once released.
  public var code: String { facts.code }

  /// Whether the project can run in spite of it.
  public var isWarning: Bool {
    switch facts {
    case .unusedSource, .unusedDataset, .nothingRedacted: true
    default: false
    }
  }

  /// The kinds of definition.
  public enum Document: String, Sendable, CaseIterable {
    /// `Pipelines/NAME.yaml`.
    case pipeline
    /// `Pipelines/sources/NAME.yaml`.
    case source
    /// `Datasets/NAME/dataset.yaml`.
    case dataset
    /// `Pipelines/rubrics/NAME.yaml`.
    case rubric
    /// `Pipelines/models.yaml`.
    case models
    /// `Pipelines/queues/NAME.yaml`.
    case queue
  }

  /// What a key of a queue does.
  public enum KeyOwner: Sendable, Hashable {
    /// It gives a label.
    case label(String)
    /// It gives a reason.
    case reason(String)
    /// It does something else.
    case action(String)
  }

  /// The mapping that keys stand in.
  public enum Section: Sendable, Hashable {
    /// The outermost mapping.
    case whole(Document)
    /// The mapping under this key.
    case key(String)
  }

  /// A value that a fault is about.
  public struct Field: Sendable, Hashable {
    /// The key.
    public let key: String
    /// The position in the list under the key, from 1; nil for the value itself.
    public let entry: Int?

    /// Names a value.
    public init(_ key: String, entry: Int? = nil) {
      self.key = key
      self.entry = entry
    }
  }

  /// What should stand in a place.
  public enum Expected: String, Sendable, CaseIterable {
    /// Text.
    case text
    /// An integer.
    case whole
    /// Any number.
    case number
    /// A Boolean.
    case bool
    /// A sequence.
    case list
    /// A mapping.
    case mapping
    /// A scalar of any type.
    case scalar
    /// Text or a sequence of texts.
    case texts
    /// A sequence of two numbers.
    case twoNumbers
    /// A Boolean or a mapping.
    case ruleSwitch
    /// A place in a row, a sequence of them, or a mapping.
    case fieldRule
    /// The name of a signal or a mapping.
    case signalRule
    /// A mapping with one key, the step's name.
    case step
    /// The name of a source of items, or a mapping with it as its only key.
    case fill
  }

  /// What stands there.
  public enum Found: Sendable, Hashable {
    /// Text.
    case text(String)
    /// A number, as written.
    case number(String)
    /// A Boolean.
    case bool(Bool)
    /// Null.
    case nothing
    /// A sequence, with the number of entries.
    case list(Int)
    /// A mapping, with the number of keys.
    case mapping(Int)
  }

  /// What is wrong, with all that a sentence about it needs.
  public enum Facts: Sendable, Hashable {
    /// The system refuses to read the file or folder, with its error number.
    case unreadable(errno: Int32)
    /// A folder, pipe or device stands where a file should.
    case notAFile
    /// The file has more bytes than the limit.
    case tooLarge(bytes: Int, limit: Int)
    /// A byte that is no UTF-8.
    case notUTF8(byte: UInt8)
    /// A character that no definition may hold.
    case character(scalar: UInt32)
    /// No YAML, in the parser's words.
    case syntax(problem: String, context: String?)
    /// More than one document in the file.
    case severalDocuments
    /// Nothing in the file.
    case emptyDocument(Document)
    /// `*name`.
    case alias
    /// `&name`.
    case anchor
    /// `!name`.
    case tag
    /// A key that was given before, with the line of the first.
    case duplicateKey(String, firstLine: Int?)
    /// A key that is not text.
    case keyNotText
    /// A key that means nothing here.
    case unknownKey(String, section: Section, nearest: String?, legal: [String])
    /// A key that must be there.
    case missingKey(String, section: Section)
    /// At least one of the keys must be there.
    case missingOneOf([String], section: Section)
    /// Two keys that exclude each other.
    case together(String, String, section: Section)
    /// A value of another type.
    case wrongType(Field, expected: Expected, found: Found)
    /// A number outside its range; bounds and value as written.
    case outOfRange(Field, low: String, high: String, found: String)
    /// A word that is none of the legal ones.
    case unknownValue(Field, value: String, nearest: String?, legal: [String])
    /// An empty text, list or mapping.
    case emptyValue(Field)
    /// An entry that its list holds already.
    case repeated(Field, value: String)
    /// No legal name.
    case badName(Field, value: String)
    /// No legal name of a split.
    case badSplitName(Field, value: String)
    /// No language tag.
    case badLanguage(Field, value: String)
    /// No path into a row.
    case badPath(Field, value: String)
    /// `${` without a name or an end.
    case badVariable(Field)
    /// No time.
    case badTime(Field, value: String)
    /// No length of time.
    case badDuration(Field, value: String)
    /// No address of a service.
    case badAddress(Field, value: String)
    /// Something else than the place of a secret.
    case literalSecret(Field)
    /// A lower bound over its upper bound.
    case crossedBounds(String, Int, String, Int)
    /// A scale whose ends are equal.
    case flatScale(Field)
    /// A factor of 0.
    case zeroScale(Field)
    /// Splits that hold more than everything.
    case sharesOver(sum: Int)
    /// A name that the program gives itself.
    case reservedName(Field, value: String)
    /// A key that this kind of dataset does not have.
    case notForKind(String, kind: String)
    /// A key that queues of this task do not have.
    case notForTask(String, task: String)
    /// No key of a keyboard that a queue may use.
    case badKey(Field, value: String)
    /// A key that does something else already.
    case keyTaken(Field, key: Character, by: KeyOwner)
    /// A step that needs the work of another.
    case stepNeeds(step: String, needs: [String])
    /// A name without a definition.
    case undeclared(Document, name: String, file: String, nearest: String?)
    /// A panel names a model that `Pipelines/models.yaml` does not declare.
    case noModel(String, nearest: String?)
    /// A path or pattern that no file matches.
    case noFile(Field, value: String)
    /// A judge's prompt that cannot be used, with the file.
    case badTemplate(Field, file: String, RubricFault)
    /// Feedback about a source that yields no interactions.
    case noInteractions(source: String)
    /// A file or folder whose name is no legal name.
    case badFileName(String)
    /// A file that ends in `.yml`.
    case wrongSuffix(expected: String)
    /// A folder without `Pipelines`.
    case noProject
    /// A warning: no pipeline pulls the source.
    case unusedSource(String)
    /// A warning: no pipeline publishes the dataset.
    case unusedDataset(String)
    /// A warning: the source redacts nothing.
    case nothingRedacted
  }
}

extension DefinitionFault.Facts {
  /// The kind of fault as a word, stable once released.
  public var code: String {
    switch self {
    case .unreadable: "unreadable"
    case .notAFile: "not-a-file"
    case .tooLarge: "too-large"
    case .notUTF8: "not-utf8"
    case .character: "character"
    case .syntax: "syntax"
    case .severalDocuments: "several-documents"
    case .emptyDocument: "empty-document"
    case .alias: "alias"
    case .anchor: "anchor"
    case .tag: "tag"
    case .duplicateKey: "duplicate-key"
    case .keyNotText: "key-not-text"
    case .unknownKey: "unknown-key"
    case .missingKey: "missing-key"
    case .missingOneOf: "missing-one-of"
    case .together: "together"
    case .wrongType: "wrong-type"
    case .outOfRange: "out-of-range"
    case .unknownValue: "unknown-value"
    case .emptyValue: "empty-value"
    case .repeated: "repeated"
    case .badName: "bad-name"
    case .badSplitName: "bad-split-name"
    case .badLanguage: "bad-language"
    case .badPath: "bad-path"
    case .badVariable: "bad-variable"
    case .badTime: "bad-time"
    case .badDuration: "bad-duration"
    case .badAddress: "bad-address"
    case .literalSecret: "literal-secret"
    case .crossedBounds: "crossed-bounds"
    case .flatScale: "flat-scale"
    case .zeroScale: "zero-scale"
    case .sharesOver: "shares-over"
    case .reservedName: "reserved-name"
    case .notForKind: "not-for-kind"
    case .notForTask: "not-for-task"
    case .badKey: "bad-key"
    case .keyTaken: "key-taken"
    case .stepNeeds: "step-needs"
    case .undeclared: "undeclared"
    case .noModel: "no-model"
    case .noFile: "no-file"
    case .badTemplate: "bad-template"
    case .noInteractions: "no-interactions"
    case .badFileName: "bad-file-name"
    case .wrongSuffix: "wrong-suffix"
    case .noProject: "no-project"
    case .unusedSource: "unused-source"
    case .unusedDataset: "unused-dataset"
    case .nothingRedacted: "nothing-redacted"
    }
  }
}
