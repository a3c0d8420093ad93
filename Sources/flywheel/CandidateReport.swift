import Bytes
import Catalog
import Publish
import Records
import Statistics
import Text

/// What `flywheel why` shows of a record that a model wrote to be published.
struct CandidateReport: Encodable {
  /// What people said of its batch.
  struct Acceptance: Encodable {
    let candidates, sampled, accepted, rejected: Int
    let share, low, high: Double?
  }

  let dataset, slice, batch, `operator`, role, model, family: String
  let isChosen: Bool
  let score: Double
  /// Millionths of a US dollar.
  let cost: Int64
  /// Template, seeds, verifiers' and judges' results as they were kept, as JSON.
  let lineage: String
  let acceptance: Acceptance?

  init(_ facts: SyntheticFacts, lineage: String, cost: Int64, _ acceptance: BatchAcceptance?) {
    dataset = facts.dataset
    slice = facts.slice
    batch = facts.batch
    self.operator = facts.operator
    role = facts.role.rawValue
    model = facts.model
    family = facts.family
    isChosen = facts.isChosen
    score = facts.score
    self.cost = cost
    self.lineage = lineage
    self.acceptance = acceptance.map {
      Acceptance(
        candidates: $0.candidates, sampled: $0.sampled, accepted: $0.accepted, rejected: $0.rejected,
        share: $0.share?.value, low: $0.share?.low, high: $0.share?.high)
    }
  }

  /// Lines with their titles; a title that is empty goes on with the one above.
  var lines: [(title: String, text: String)] {
    func short(_ number: Double) -> String { "\((number * 100).rounded() / 100)" }
    let fitness = isChosen ? "chosen" : "not chosen: only the worse side of a pair"
    var lines = [
      (
        "written",
        "by \(`operator`) for \(dataset), slice \(slice), to \(role == "eval" ? "evaluate" : "train")"
      ),
      ("", "by \(model) (family \(family)), score \(short(score)), \(fitness)"),
      ("", "\(SpendCommand.dollars(cost)) US dollars, batch \(batch)"),
    ]
    for (place, member) in members.enumerated() { lines.append((place == 0 ? "lineage" : "", member)) }
    guard let acceptance else { return lines }
    var text =
      "\(acceptance.sampled) of \(Terminal.counted(acceptance.candidates, "candidate")) sampled, "
      + "\(acceptance.accepted) accepted, \(acceptance.rejected) rejected"
    if let share = acceptance.share, let low = acceptance.low, let high = acceptance.high {
      text += ", share \(short(share)) [\(short(low)), \(short(high))]"
    }
    lines.append(("batch", text))
    return lines
  }

  /// The members of the lineage as `name: JSON`, in canonical order; the whole where it is no object.
  private var members: [String] {
    let parsed = try? JSONParser().parse(lineage) { value -> [String] in
      guard case .object = value.kind else { return [lineage] }
      return CanonicalOrder.members(of: value).map { member in
        let out = ByteBuffer()
        var writer = JSONWriter(out)
        writer.canonical(member.value)
        return "\(String(decoding: member.key, as: UTF8.self)): \(String(decoding: out.view, as: UTF8.self))"
      }
    }
    return parsed ?? [lineage]
  }

  /// Why a dataset's next version would not consider it.
  static func absence(
    _ facts: SyntheticFacts, _ dataset: DatasetDefinition, _ acceptance: BatchAcceptance?
  ) -> String {
    guard let allowance = dataset.synthesis else { return "it takes nothing that models wrote" }
    let sources = allowance.sources(of: dataset.name)
    guard sources.contains(facts.dataset) else {
      return "of what models wrote it takes only that for \(sources.joined(separator: ", "))"
    }
    switch facts.role {
    case .eval where dataset.kind != .eval: return "written to evaluate, which never trains"
    case .train where dataset.kind == .eval: return "written to train, which is never an eval item"
    default: break
    }
    switch dataset.kind {
    case .sft, .eval, .fewshot: if !facts.isChosen { return "not chosen, so that nothing should imitate it" }
    case .kto: break
    case .preference: return "no better or worse output was written for its input"
    }
    return switch acceptance?.verdict(allowance.acceptance) {
    case .accepted: "chosen for the next version"
    case .rejected: "people rejected its batch"
    case .waiting, nil: "its batch waits for people's answers"
    }
  }
}
