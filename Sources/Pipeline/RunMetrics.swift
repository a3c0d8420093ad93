import Catalog
import Label
import Publish
import Review
import Synthesize

/// A run's account in the text format of Prometheus, for the node exporter's textfile collector.
enum RunMetrics {
  static func text(_ account: RunAccount) -> String {
    var lines: [String] = []
    func metric(_ name: String, _ help: String, _ samples: [(labels: [(String, String)], value: Double)]) {
      lines.append("# HELP flywheel_\(name) \(help)")
      lines.append("# TYPE flywheel_\(name) gauge")
      for sample in samples {
        let labels = ([("pipeline", account.pipeline)] + sample.labels).map { "\($0.0)=\"\(escaped($0.1))\"" }
        lines.append("flywheel_\(name){\(labels.joined(separator: ","))} \(sample.value)")
      }
    }
    metric(
      "run_success", "1 if the last run ended without failure or refusal.",
      [([], account.state == "done" ? 1 : 0)])
    metric(
      "step_seconds", "Wall-clock seconds of each step of the last run.",
      account.steps.enumerated().map { ([("step", $1.step), ("position", "\($0 + 1)")], $1.seconds) })
    metric("records_pulled", "Records that sources yielded.", [([], Double(account.balance.pulled))])
    metric(
      "records_kept", "Interactions that curation kept.", [([], Double(account.balance.keptInteractions))])
    metric(
      "records_dropped", "Records left out, by reason.",
      account.balance.dropped.sorted { $0.key < $1.key }.map { ([("reason", $0.key)], Double($0.value)) })
    metric(
      "records_quarantined", "Lines that could not be read, by reason.",
      account.balance.quarantined.sorted { $0.key < $1.key }.map { ([("reason", $0.key)], Double($0.value)) })
    if let label = account.steps.compactMap(\.label).last {
      metric(
        "labels", "Interactions by label.",
        [
          ([("class", "good")], Double(label.counts.good)), ([("class", "bad")], Double(label.counts.bad)),
          ([("class", "tie")], Double(label.counts.tie)),
          ([("class", "none")], Double(label.counts.unlabelled)),
        ])
      metric("labels_changed", "Contents whose label is another than before.", [([], Double(label.changed))])
      metric("label_entropy_bits", "Mean uncertainty of labels.", [([], label.entropy)])
      metric("golden_items", "Items of the golden set.", [([], Double(label.golden))])
      metric(
        "label_model", "1 for the model that added up the votes.", [([("model", label.model.rawValue)], 1)])
      metric(
        "voters_gated", "Judges and students that are left out.", [([], Double(label.gated.count))])
    }
    if !account.synthesis.isEmpty {
      func each(_ value: (SynthesisAccount) -> Double) -> [(labels: [(String, String)], value: Double)] {
        account.synthesis.map { ([("dataset", $0.dataset)], value($0)) }
      }
      metric("synthesis_inputs", "Inputs that models were asked for.", each { Double($0.inputs.requested) })
      metric("synthesis_accepted", "Inputs that became candidates.", each { Double($0.inputs.accepted) })
      metric("synthesis_cost_dollars", "What they cost.", each { Double($0.inputs.cost) / 1e6 })
      metric(
        "synthesis_room", "Examples that models might have written before.",
        each { Double($0.deficits.reduce(0) { $0 + $1.room }) })
    }
    if !account.queues.isEmpty {
      metric(
        "queue_open_items", "Items of each queue that still want an answer.",
        account.queues.map { ([("queue", $0.queue)], Double($0.open)) })
    }
    metric(
      "dataset_version", "The newest version of each dataset.",
      account.publications.map { ([("dataset", $0.dataset)], Double($0.number)) })
    metric(
      "dataset_examples", "Examples of each dataset by split.",
      account.publications.flatMap { publication in
        publication.splits.sorted { $0.key < $1.key }.map {
          ([("dataset", publication.dataset), ("split", $0.key)], Double($0.value))
        }
      })
    metric("peak_memory_bytes", "Peak resident memory of the run.", [([], Double(account.peakMemory))])
    return lines.joined(separator: "\n") + "\n"
  }

  private static func escaped(_ text: String) -> String {
    text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: " ")
  }
}
