import Bytes
import Foundation
import Records
import Text

/// The rules that a step applies, made once from its parameters.
struct RuleList: Sendable {
  /// The rules that are on, in the order of their names; duplicates and influence are settled in the catalog.
  let rules: [any Rule]
  /// Finds names and addresses; nil unless the parameters name a service.
  let recogniser: NameRecogniser?
  /// The digest of names, versions, parameters and whatever else decides what the rules find.
  let digest: String

  /// Names of rules that could do more with a model that is not there, sorted.
  let withoutModel: [String]

  /// Makes the rules.
  /// - Parameter parameters: the step's.
  /// - Throws: what a rule says of a file that it needs.
  init(_ parameters: CurateParameters) throws {
    var rules: [any Rule] = []
    if let length = parameters.length {
      rules.append(
        LengthRule(
          minOutputCharacters: length.minOutputCharacters, maxOutputCharacters: length.maxOutputCharacters,
          maxInputCharacters: length.maxInputCharacters))
    }
    if parameters.personalData != nil { rules.append(PersonalDataRule()) }
    if parameters.refusal { rules.append(RefusalRule()) }
    if let repetition = parameters.repetition { rules.append(RepetitionRule(minWords: repetition.minWords)) }
    if parameters.truncation { rules.append(TruncationRule()) }
    self.rules = rules
    withoutModel = []
    recogniser = parameters.personalData?.recogniser.map { NameRecogniser($0) }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    let names =
      rules.map { "\(type(of: $0).name)@\(type(of: $0).version)" }.joined(separator: " ")
      + " sketch@\(Sketcher.version)"
    digest = Digest.sha256(Array("\(names)\n".utf8) + Array(try encoder.encode(parameters.ofRecords))).hex
  }
}
