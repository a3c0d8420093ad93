import Publish
import Records

extension DatasetDefinition {
  /// Reads the section `synthesis`; the slices must have been read.
  static func synthesis(
    _ field: FieldReader, of dataset: DatasetDefinition, _ references: inout [DefinitionReference]
  ) -> SynthesisAllowance? {
    guard let reader = field.section() else { return nil }
    var allowance = SynthesisAllowance()
    let (target, targets) = (reader.optional("target"), reader.optional("targets"))
    if target == nil, targets == nil {
      field.fault(.missingOneOf(["target", "targets"], section: reader.section))
    }
    allowance.target = target?.whole(in: SynthesisAllowance.targetRange)
    if let targets { allowance.targets = self.targets(targets, dataset.sliceNames) }
    if let value = reader.optional("share")?.whole(in: SynthesisAllowance.shareRange) {
      allowance.share = value
    }
    if let field = reader.optional("from") { allowance.from = datasets(field, &references) }
    if let field = reader.optional("acceptance") {
      if case .bool(false) = field.scalar {
        allowance.acceptance = nil
      } else if let value = field.number(in: SynthesisAllowance.acceptanceRange) {
        allowance.acceptance = value
      }
    }
    reader.finish()
    return allowance
  }

  private static func targets(_ field: FieldReader, _ slices: [String]) -> [String: Int] {
    guard let reader = field.section() else { return [:] }
    if reader.all.isEmpty { field.fault(.emptyValue(field.field)) }
    var targets: [String: Int] = [:]
    for slice in slices {
      guard let value = reader.optional(slice)?.whole(in: SynthesisAllowance.sliceTargetRange) else {
        continue
      }
      targets[slice] = value
    }
    reader.finish()
    return targets
  }

  private static func datasets(_ field: FieldReader, _ references: inout [DefinitionReference]) -> [String] {
    guard let entries = field.list() else { return [] }
    if entries.isEmpty { field.fault(.emptyValue(field.field)) }
    var names: [String] = []
    for entry in entries {
      guard let name = entry.name() else { continue }
      if names.contains(name) { entry.fault(.repeated(entry.field, value: name)) }
      names.append(name)
      references.append(
        DefinitionReference(
          document: .dataset, name: name, line: entry.item.line, column: entry.item.column))
    }
    return names
  }
}
