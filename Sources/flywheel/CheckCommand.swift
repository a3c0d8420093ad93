import ArgumentParser
import Catalog
import Label
import LanguageModels
import Pipeline
import Publish
import Pull
import Review

/// Checks every definition without running anything.
struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Check every definition: pipelines, sources, datasets and queues with their SQL, models.",
    discussion: "Faults are printed with file, line, column and the nearest legal name; the exit code is 2.")

  @OptionGroup var common: CommonOptions

  private struct Report: Encodable {
    let pipelines, sources, datasets, queues, models, faults, warnings: [String]
  }

  func run() throws {
    let context = try CommandContext(common)
    let loaded = try Project.load(root: context.root)
    var faults = loaded.faults.map(\.description)
    for dataset in loaded.project.datasets {
      let conditions =
        [("select", dataset.select)] + dataset.slices.map { ("slice '\($0.name)'", $0.condition) }
      for (key, condition) in conditions {
        guard let fault = try CatalogStore.fault(inCondition: condition) else { continue }
        faults.append(
          "Datasets/\(dataset.name)/dataset.yaml: \(key) is not SQL over the view `records`: \(fault)")
      }
    }
    for queue in loaded.project.queues {
      let conditions =
        (queue.select.map { [("select", $0)] } ?? [])
        + queue.slices.map { ("slice '\($0.name)'", $0.condition) }
      for (key, condition) in conditions {
        guard let fault = try CatalogStore.fault(inCondition: condition) else { continue }
        faults.append(
          "\(QueueDefinition.folder)/\(queue.name).yaml: \(key) is not SQL over the view `records`: \(fault)")
      }
    }
    for pipeline in loaded.project.pipelines {
      for function in pipeline.labelling?.functions ?? [] {
        guard let fault = try CatalogStore.fault(inCondition: function.condition, isRule: true) else {
          continue
        }
        faults.append(
          "\(pipeline.file):\(function.line):\(function.column): the function '\(function.name)' is not SQL over the "
            + "view `records` without its labels: \(fault)")
      }
    }
    let report = Report(
      pipelines: loaded.project.pipelines.map(\.name), sources: loaded.project.sources.map(\.name),
      datasets: loaded.project.datasets.map(\.name), queues: loaded.project.queues.map(\.name),
      models: loaded.project.models.models.map(\.name),
      faults: faults,
      warnings: loaded.warnings.map(\.description))
    if common.json {
      try Terminal.json(report)
    } else {
      for fault in faults { Terminal.line(fault) }
      for warning in report.warnings { Terminal.line("warning: \(warning)") }
      if faults.isEmpty {
        Terminal.line(
          Terminal.counted(report.pipelines.count, "pipeline") + ", "
            + Terminal.counted(report.sources.count, "source") + ", "
            + Terminal.counted(report.datasets.count, "dataset")
            + (report.queues.isEmpty ? "" : ", " + Terminal.counted(report.queues.count, "queue"))
            + (report.models.isEmpty ? "" : ", " + Terminal.counted(report.models.count, "model"))
            + ": all sound")
      }
    }
    if !faults.isEmpty { throw ExitCode(Failure.Code.wrongUse.rawValue) }
  }
}
