/// A place where a definition names another.
public struct DefinitionReference: Sendable, Hashable {
  /// What is named: a source or a dataset.
  public let document: DefinitionFault.Document
  /// The name.
  public let name: String
  /// The line, from 1.
  public let line: Int
  /// The column in Unicode scalars, from 1.
  public let column: Int
}

/// A place where a definition names files.
public struct DefinitionFiles: Sendable, Hashable {
  /// The key that they stand under.
  public let field: DefinitionFault.Field
  /// A path or a pattern, relative to the project's root.
  public let pattern: String
  /// The line, from 1.
  public let line: Int
  /// The column in Unicode scalars, from 1.
  public let column: Int
}

/// What reading one definition gave.
public struct DefinitionReading<Definition: Sendable>: Sendable {
  /// The definition; nil if anything in the file is wrong.
  public let definition: Definition?
  /// Everything wrong or doubtful in the file, by place.
  public let faults: [DefinitionFault]
  /// The other definitions that it names, also where something else is wrong.
  public let references: [DefinitionReference]
  /// The files that it names, likewise.
  public let files: [DefinitionFiles]

  init(
    _ definition: Definition?, _ log: FaultLog, references: [DefinitionReference] = [],
    files: [DefinitionFiles] = []
  ) {
    self.definition = log.hasFaults ? nil : definition
    self.faults = log.sorted
    self.references = references
    self.files = files
  }
}
