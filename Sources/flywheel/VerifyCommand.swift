import ArgumentParser
import Catalog
import Lake
import Pipeline
import Registry
import Signatures

/// Checks everything that is stored.
struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Check every object of the registry, every segment of the lake and the catalog.",
    discussion: """
      With neither flag all three are checked. Every problem is listed with the object's name; the exit code is 1 if \
      there is one. Nothing is changed.
      """)

  @Flag(
    name: .customLong("registry-only"),
    help: "Check the registry alone: names, blocks, records, content roots.")
  var registryOnly = false

  @Flag(name: .customLong("lake-only"), help: "Check the lake and the catalog alone.")
  var lakeOnly = false

  @Flag(name: .long, help: "Check names, sizes and links only, without decoding any block.")
  var fast = false

  @OptionGroup var registry: RegistryOptions
  @OptionGroup var common: CommonOptions

  private struct Report: Encodable {
    var registryObjects = 0
    var registryRecords = 0
    var registryVersions = 0
    var garbageObjects = 0
    var segments = 0
    var segmentRecords = 0
    var garbageSegments = 0
    var signatureRuns = 0
    var problems: [String] = []
  }

  func validate() throws {
    if registryOnly, lakeOnly { throw ValidationError("Give --registry-only or --lake-only, not both.") }
  }

  func run() throws {
    var report = Report()
    let bar = ProgressBar(interactive: Terminal.isInteractive && !common.json)
    if !lakeOnly { try verifyRegistry(&report, bar) }
    if !registryOnly { try verifyLake(&report, bar) }
    if common.json {
      try Terminal.json(report)
    } else {
      for problem in report.problems { Terminal.line(Terminal.safe(problem)) }
      if !lakeOnly {
        Terminal.line(
          "registry: " + Terminal.counted(report.registryVersions, "version") + ", "
            + Terminal.counted(report.registryRecords, "record") + ", "
            + Terminal.counted(report.registryObjects, "object") + " (\(report.garbageObjects) of no version)"
        )
      }
      if !registryOnly {
        Terminal.line(
          "lake: " + Terminal.counted(report.segments, "segment") + ", "
            + Terminal.counted(report.segmentRecords, "record")
            + " (\(report.garbageSegments) of no transaction)")
      }
      Terminal.line(
        report.problems.isEmpty ? "all sound" : Terminal.counted(report.problems.count, "problem"))
    }
    if !report.problems.isEmpty { throw ExitCode(Failure.Code.failed.rawValue) }
  }

  private func verifyRegistry(_ report: inout Report, _ bar: ProgressBar) throws {
    let registry: DatasetRegistry
    do {
      registry = try self.registry.open(common)
    } catch let error as RegistryError
      where error.code == .notARegistry && !registryOnly && self.registry.registry == nil
    {
      // A workspace that has published nothing yet has no registry to be wrong.
      return
    }
    bar.began(step: "verify", detail: "registry")
    let result = try registry.verify(full: !fast) {
      bar.progressed(done: $0.objects, total: $0.totalObjects, unit: "objects")
    }
    bar.ended(step: "verify", detail: "registry, \(result.objects) objects")
    report.registryObjects = result.objects
    report.registryRecords = result.records
    report.registryVersions = result.references
    report.garbageObjects = result.unreferenced.count + result.temporary.count
    report.problems += result.problems.map(\.description)
    report.problems += result.unknown.map { "unknown object: \($0)" }
  }

  private func verifyLake(_ report: inout Report, _ bar: ProgressBar) throws {
    let workspace = try CommandContext(common).workspace
    guard workspace.exists else { return }
    let catalog = try workspace.catalog()
    let lake = try workspace.lake()
    let segments = try catalog.segments()
    bar.began(step: "verify", detail: "lake")
    for (index, segment) in segments.enumerated() {
      bar.progressed(done: index, total: segments.count, unit: "segments")
      report.segments += 1
      report.segmentRecords += segment.records
      if fast {
        if (try? lake.open(segment: segment.path)) == nil {
          report.problems.append("lake: cannot open \(segment.path)")
        }
      } else {
        report.problems += try lake.verify(segment: segment.path).map { "lake: \($0.description)" }
      }
    }
    bar.ended(step: "verify", detail: "lake, \(segments.count) segments")
    report.garbageSegments = try lake.unreferenced(known: Set(segments.map(\.path))).count
    for run in try catalog.signatureRuns() {
      report.signatureRuns += 1
      report.problems += try SignatureIndex.verify(folder: workspace.signaturesPath, run: run.name).map {
        "signatures: \($0.description)"
      }
    }
    report.problems += try catalog.integrityProblems().map { "catalog: \($0)" }
  }
}
