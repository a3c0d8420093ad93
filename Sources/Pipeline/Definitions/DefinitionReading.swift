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

/// What reading one definition gave.
public struct DefinitionReading<Definition: Sendable>: Sendable {
  /// The definition; nil if anything in the file is wrong.
  public let definition: Definition?
  /// Everything wrong or doubtful in the file, by place.
  public let faults: [DefinitionFault]
  /// The other definitions that it names, also where something else is wrong.
  public let references: [DefinitionReference]

  init(_ definition: Definition?, _ log: FaultLog, references: [DefinitionReference] = []) {
    self.definition = log.hasFaults ? nil : definition
    self.faults = log.sorted
    self.references = references
  }
}
