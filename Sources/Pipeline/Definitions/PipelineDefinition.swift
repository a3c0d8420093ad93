import Bytes
import Curate
import Foundation
import Label
import Publish
import Pull
import Review
import Synthesize

/// The parameters of a step, by stage.
public enum StepParameters: Sendable, Hashable, Codable {
  /// Reads sources into the lake.
  case pull(PullParameters)
  /// Drops and flags what is not fit for use.
  case curate(CurateParameters)
  /// Adds up votes.
  case label(LabelParameters)
  /// Has models write what datasets lack.
  case synthesize(SynthesizeParameters)
  /// Fills the queues of what people look at.
  case review(ReviewParameters)
  /// Makes versions of datasets.
  case publish(PublishParameters)

  /// The names of the steps in the order of the flow.
  public static let names = ["pull", "curate", "label", "synthesize", "review", "publish"]

  /// The step's name in definitions.
  public var name: String {
    switch self {
    case .pull: "pull"
    case .curate: "curate"
    case .label: "label"
    case .synthesize: "synthesize"
    case .review: "review"
    case .publish: "publish"
    }
  }

  /// The steps of which one must come before one of this name, because their output is its input; none for a step that
  /// can begin.
  public static func needs(of name: String) -> [String] {
    switch name {
    // What models write is curated like what was logged.
    case "curate": ["pull", "synthesize"]
    case "label": ["curate"]
    case "review", "publish": ["label"]
    default: []
    }
  }
}

/// A step of a pipeline.
public struct Step: Sendable, Hashable, Codable {
  /// The line of the definition, from 1, or 0 for a decoded step; not part of the step's content.
  public var line: Int = 0
  /// What it does.
  public var parameters: StepParameters

  /// Puts a step together.
  public init(line: Int, parameters: StepParameters) {
    self.line = line
    self.parameters = parameters
  }

  private enum CodingKeys: String, CodingKey { case parameters }
}

/// A pipeline: `Pipelines/NAME.yaml`.
public struct PipelineDefinition: Sendable, Hashable, Codable {
  /// The legal numbers of workers.
  public static let workersRange = 1...256

  /// The file's name without its ending.
  public var name: String
  /// The file, relative to the project's root; not part of the content.
  ///
  /// Empty for a pipeline that was decoded.
  public var file: String = ""
  /// What it does, for people; default empty.
  public var description: String = ""
  /// How many workers run tasks; legal in ``workersRange``, nil is one for each processor.
  public var workers: Int?
  /// What is done, in this order; at least one step, each after one that makes its input.
  public var steps: [Step]

  /// Puts a pipeline together.
  /// - Parameters:
  ///   - name: the file's name without its ending.
  ///   - file: the file, relative to the project's root.
  ///   - description: what it does, for people; default empty.
  ///   - workers: how many workers run tasks; default one for each processor.
  ///   - steps: what is done.
  public init(name: String, file: String, description: String = "", workers: Int? = nil, steps: [Step]) {
    self.name = name
    self.file = file
    self.description = description
    self.workers = workers
    self.steps = steps
  }

  private enum CodingKeys: String, CodingKey { case name, description, workers, steps }

  /// The SHA-256 of the content as 64 hexadecimal digits.
  ///
  /// Neither comments and layout of the file change it nor the number of workers, which changes no result.
  public var definitionDigest: String {
    var content = self
    content.workers = nil
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    guard let data = try? encoder.encode(content) else { fatalError("a definition of plain values encodes") }
    return Digest.sha256(Array(data)).hex
  }

  /// The parameters of its curate step; nil if it has none.
  public var curation: CurateParameters? {
    for case .curate(let parameters) in steps.map(\.parameters) { return parameters }
    return nil
  }

  /// The pipeline with nothing but its curate step.
  public var onlyCurating: PipelineDefinition {
    with { if case .curate = $0 { true } else { false } }
  }

  /// The parameters of its label step; nil if it has none.
  public var labelling: LabelParameters? {
    for case .label(let parameters) in steps.map(\.parameters) { return parameters }
    return nil
  }

  /// The parameters of its synthesize steps.
  public var synthesis: [SynthesizeParameters] {
    steps.compactMap { if case .synthesize(let parameters) = $0.parameters { parameters } else { nil } }
  }

  /// The pipeline with nothing but its synthesize steps.
  public var onlySynthesizing: PipelineDefinition {
    with { if case .synthesize = $0 { true } else { false } }
  }

  /// The pipeline with nothing but its label step.
  /// - Parameter model: what adds up votes, in place of what the step says; default what it says.
  /// - Returns: a copy.
  public func onlyLabelling(model: LabelModel? = nil) -> PipelineDefinition {
    var copy = self
    copy.steps = steps.compactMap { step in
      guard case .label(var parameters) = step.parameters else { return nil }
      if let model { parameters.model = model }
      return Step(line: step.line, parameters: .label(parameters))
    }
    return copy
  }

  private func with(_ isWanted: (StepParameters) -> Bool) -> PipelineDefinition {
    var copy = self
    copy.steps = steps.filter { isWanted($0.parameters) }
    return copy
  }

  /// The sources that it pulls, in order, none twice.
  public var sources: [String] {
    var seen: Set<String> = []
    var names: [String] = []
    for case .pull(let parameters) in steps.map(\.parameters) {
      names += parameters.sources.filter { seen.insert($0).inserted }
    }
    return names
  }

  /// The datasets that it publishes, in order, none twice.
  public var datasets: [String] {
    var seen: Set<String> = []
    var names: [String] = []
    for case .publish(let parameters) in steps.map(\.parameters) {
      names += parameters.datasets.filter { seen.insert($0).inserted }
    }
    return names
  }
}
