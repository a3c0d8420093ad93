import Pipeline
import Statistics
import Synthesize

/// What models wrote for a dataset, for people.
enum SynthesisSummary {
  static func lines(_ account: SynthesisAccount) -> [String] {
    var lines = ["\(Terminal.safe(account.dataset)): \(state(account))"]
    let lacking = account.deficits.filter { $0.deficit > 0 }
    if !lacking.isEmpty {
      lines += Terminal.table(
        ["slice", "target", "lacks", "may be written"],
        lacking.map { [Terminal.safe($0.slice), "\($0.target)", "\($0.deficit)", "\($0.room)"] })
    }
    if let estimate = account.estimate, account.inputs.requested == 0, account.state != .complete {
      lines += self.lines(estimate)
    }
    if account.state == .noModel {
      lines.append(
        "to have it written, declare a model in Pipelines/models.yaml and name it under teachers; a local one costs nothing"
      )
    }
    if account.state == .noJudge {
      lines.append(
        "measure the judges with 'flywheel judge calibrate RUBRIC', or set uncalibrated: true in the step")
    }
    guard account.inputs.requested > 0 else { return lines }
    let inputs = account.inputs
    lines.append(
      "inputs      \(inputs.requested) requested = \(inputs.accepted) accepted + "
        + "\(sum(inputs.rejected)) rejected + \(sum(inputs.failed)) failed")
    if !inputs.rejected.isEmpty { lines.append("rejected    \(reasons(inputs.rejected))") }
    if !inputs.failed.isEmpty { lines.append("failed      \(reasons(inputs.failed))") }
    lines.append(
      "candidates  \(account.training) to train, \(account.evaluating) to evaluate, \(account.rejectedOutputs) worse outputs "
        + "beside them")
    lines.append(
      "paid        \(JudgeFigures.dollars(inputs.cost)) for \(inputs.inputTokens) tokens asked and \(inputs.outputTokens) "
        + "written"
        + (inputs.costPerAccepted.map { "; \(JudgeFigures.dollars($0)) an accepted example" } ?? ""))
    lines +=
      table("operator", account.operators) + table("model", account.models) + table("slice", account.slices)
    if let pilot = account.pilot {
      lines.append(
        "pilot       \(Terminal.safe(pilot.chosen)) writes"
          + (pilot.isCertain ? "" : ": none is better for certain, so the cheapest")
          + " ("
          + pilot.gains.sorted { $0.key < $1.key }.map { "\(Terminal.safe($0.key)) \(signed($0.value))" }
          .joined(separator: ", ") + " on \(Terminal.counted(pilot.prompts, "prompt")))")
    }
    if let student = account.student { lines += self.lines(student) }
    if account.isUncalibrated {
      lines.append("note        judges chose that were not measured against people")
    }
    if let stopped = account.stopped { lines.append("stopped     \(Terminal.safe(stopped))") }
    return lines
  }

  private static func state(_ account: SynthesisAccount) -> String {
    switch account.state {
    case .written: "batch \(account.batch) written"
    case .complete: "nothing is to be written"
    case .waiting:
      "batch \(account.batch) waits for a service that works on \(Terminal.counted(account.underWay, "request")); the next run "
        + "collects it"
    case .budgetSpent: "the budget ended batch \(account.batch); the next run goes on with it"
    case .noModel: "no model is configured, so nothing was written"
    case .noJudge: "no judge may choose, so nothing was written"
    case .dryRun: "dry run, nothing asked"
    }
  }

  private static func lines(_ estimate: SynthesisEstimate) -> [String] {
    func range(_ range: SynthesisEstimate.Range, _ text: (Double) -> String) -> String {
      "\(text(range.expected)) (\(text(range.low)) to \(text(range.high)))"
    }
    func whole(_ value: Double) -> String { "\(Int(value.rounded()))" }
    func dollars(_ value: Double) -> String { JudgeFigures.dollars(Int64((value * 1e6).rounded())) }
    return [
      "it takes    \(Terminal.counted(estimate.inputs, "input")), \(range(estimate.requests, whole)) requests",
      "            \(range(estimate.inputTokens, whole)) tokens asked, \(range(estimate.outputTokens, whole)) written",
      "            \(range(estimate.dollars, dollars)), for \(range(estimate.candidates, whole)) candidates",
    ]
  }

  private static func lines(_ student: StudentComparison) -> [String] {
    let points = { (value: Double) in signed(value * 100) }
    return [
      "student     right where the teacher is \(student.both), alone \(student.studentOnly); wrong where the teacher is right "
        + "\(student.teacherOnly), both wrong \(student.neither)",
      "            "
        + (student.difference.map { difference in
          "\(points(difference.value)) points (95 %: \(points(difference.low)) to \(points(difference.high))), "
        } ?? "") + "p \(JudgeFigures.two(student.probability)) by McNemar's test",
    ]
      + (student.corrected.map { corrected in
        [
          "            by people's word on \(student.people) and the judges' on the rest: \(points(corrected.value)) (95 %: "
            + "\(points(corrected.low)) to \(points(corrected.high)))"
        ]
      } ?? [])
  }

  private static func table(_ name: String, _ tallies: [String: SynthesisAccount.Tally]) -> [String] {
    Terminal.table(
      [name, "requested", "accepted", "rejected", "failed", "cost", "an example"],
      tallies.sorted { $0.key < $1.key }.map { key, tally in
        [
          Terminal.safe(key), "\(tally.requested)", "\(tally.accepted)", "\(sum(tally.rejected))",
          "\(sum(tally.failed))", JudgeFigures.dollars(tally.cost),
          tally.costPerAccepted.map { JudgeFigures.dollars($0) } ?? "-",
        ]
      })
  }

  private static func sum(_ counts: [String: Int]) -> Int { counts.values.reduce(0, +) }

  private static func reasons(_ counts: [String: Int]) -> String {
    counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\(Terminal.safe($0.key)) \($0.value)" }
      .joined(separator: ", ")
  }

  private static func signed(_ value: Double) -> String { (value < 0 ? "" : "+") + JudgeFigures.two(value) }
}
