import Bytes
import Foundation
import Records
import Text

/// Where the files are that rules need beside a pipeline's definition.
public struct CurateResources: Sendable, Hashable {
  /// The folder that paths in a definition are relative to.
  public var project: String
  /// The folder of models that `Jobs/train-classifiers` fills; it need not exist.
  public var models: String

  /// Names the folders.
  public init(project: String, models: String) {
    self.project = project
    self.models = models
  }
}

/// A file that a rule needs and cannot use: facts only.
public struct RuleFileError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The kinds.
  public enum Code: String, Sendable {
    /// It cannot be read.
    case unreadable
    /// It is no JSON Schema that this program takes.
    case badSchema
    /// A model, or the list of models, is damaged or of another version.
    case badModel
  }

  /// What happened.
  public let code: Code
  /// The file or folder.
  public let path: String
  /// What is wrong, as the reader of the file says it; may be empty.
  public let detail: String

  /// The code, the path and the detail.
  public var description: String { "\(code.rawValue): \(path)" + (detail.isEmpty ? "" : " (\(detail))") }
}

/// The rules that a step applies, made once from its parameters.
struct RuleList: Sendable {
  /// The rules that are on, in the order of their names; duplicates and influence are settled in the catalog.
  let rules: [any Rule]
  /// Names of rules that could do more with a model that is not there, sorted.
  let withoutModel: [String]
  /// Finds names and addresses; nil unless the parameters name a service.
  let recogniser: NameRecogniser?
  /// The digest of names, versions, parameters and whatever else decides what the rules find.
  let digest: String

  /// Makes the rules.
  /// - Parameters:
  ///   - parameters: the step's.
  ///   - resources: where files are.
  /// - Throws: ``RuleFileError``.
  init(_ parameters: CurateParameters, _ resources: CurateResources) throws {
    var rules: [any Rule] = []
    var withoutModel: [String] = []
    var files: [String] = []
    let models = try RuleModels(resources.models)
    if parameters.errorOutput { rules.append(ErrorOutputRule()) }
    if let injection = parameters.injection {
      rules.append(InjectionRule(injection, classifier: try models?.injection()))
      if models == nil { withoutModel.append(InjectionRule.name) }
    }
    if let language = parameters.language { rules.append(LanguageRule(allowed: language.allowed)) }
    if let length = parameters.length {
      rules.append(
        LengthRule(
          minOutputCharacters: length.minOutputCharacters, maxOutputCharacters: length.maxOutputCharacters,
          maxInputCharacters: length.maxInputCharacters))
    }
    if let format = parameters.outputFormat, !format.schemas.isEmpty {
      var schemas: [String: JSONSchema] = [:]
      for (app, file) in format.schemas.sorted(by: { $0.key < $1.key }) {
        let (schema, digest) = try Self.schema(file, resources)
        schemas[app] = schema
        files.append("\(app)=\(digest)")
      }
      rules.append(OutputFormatRule(schemas: schemas, stripFence: format.stripFence))
    }
    if parameters.personalData != nil { rules.append(PersonalDataRule()) }
    if let quality = parameters.quality { rules.append(QualityRule(minWords: quality.minWords)) }
    if parameters.refusal { rules.append(RefusalRule()) }
    if let repetition = parameters.repetition { rules.append(RepetitionRule(minWords: repetition.minWords)) }
    if let traffic = parameters.testTraffic {
      rules.append(TestTrafficRule(environments: traffic.environments))
    }
    if let toxicity = parameters.toxicity {
      rules.append(
        ToxicityRule(toxicity, classifier: try models?.toxicity(), lexicon: try models?.lexicon()))
      if models == nil { withoutModel.append(ToxicityRule.name) }
    }
    if parameters.truncation { rules.append(TruncationRule()) }
    self.rules = rules
    self.withoutModel = withoutModel
    recogniser = parameters.personalData?.recogniser.map { NameRecogniser($0) }
    if let models { files.append("models=\(models.digest)") }
    let names =
      rules.map { "\(type(of: $0).name)@\(type(of: $0).version)" }.joined(separator: " ")
      + " sketch@\(Sketcher.version) " + files.joined(separator: " ")
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    digest = Digest.sha256(Array("\(names)\n".utf8) + Array(try encoder.encode(parameters.ofRecords))).hex
  }

  /// Reads the schema of an app.
  private static func schema(_ file: String, _ resources: CurateResources) throws -> (JSONSchema, String) {
    let path = file.hasPrefix("/") ? file : "\(resources.project)/\(file)"
    let bytes: [UInt8]
    do {
      bytes = try DurableFile.read(path)
    } catch {
      throw RuleFileError(code: .unreadable, path: path, detail: "")
    }
    guard CurateParameters.OutputFormat.schemaBytesRange.contains(bytes.count) else {
      throw RuleFileError(code: .badSchema, path: path, detail: "\(bytes.count) bytes")
    }
    do {
      return (try JSONSchema(bytes), Digest.sha256(bytes).hex)
    } catch {
      throw RuleFileError(code: .badSchema, path: path, detail: "\(error)")
    }
  }
}

/// The models of a folder, if there is one.
private struct RuleModels {
  let digest: String
  private let path: String
  private let folder: ModelFolder

  /// Opens the folder; nil if there is none.
  init?(_ path: String) throws {
    self.path = path
    do {
      folder = try ModelFolder(path: path)
    } catch ModelFolderFault.absent {
      return nil
    } catch {
      throw RuleFileError(code: .badModel, path: path, detail: "\(error)")
    }
    digest = Digest.sha256(try DurableFile.read("\(path)/models.json")).hex
  }

  func injection() throws -> TextClassifier {
    try reading { try folder.classifier(InjectionRule.name, label: "attack") }
  }

  func toxicity() throws -> TextClassifier {
    try reading { try folder.classifier(ToxicityRule.name, label: "toxic") }
  }

  func lexicon() throws -> WordLexicon { try reading { WordLexicon(try folder.lexicon()) } }

  private func reading<Value>(_ body: () throws -> Value) throws -> Value {
    do {
      return try body()
    } catch {
      throw RuleFileError(code: .badModel, path: path, detail: "\(error)")
    }
  }
}
