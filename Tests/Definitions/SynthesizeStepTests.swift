import Pipeline
import Synthesize
import Testing

@Suite("The synthesize step in YAML") struct SynthesizeStepTests {
  private func read(_ step: String) -> DefinitionReading<PipelineDefinition> {
    let indented = step.split(separator: "\n").map { "      \($0)" }.joined(separator: "\n")
    return PipelineDefinition.read(
      Array("steps:\n  - synthesize:\n\(indented)\n".utf8), name: "p", file: "P.yaml")
  }

  @Test("a step that says little has the defaults") func defaults() throws {
    let parameters = try #require(
      read("datasets: [a]\nteachers: [t]").definition?.synthesis.first)
    #expect(parameters == SynthesizeParameters(datasets: ["a"], teachers: ["t"]))
    #expect(parameters.answers == 4 && parameters.most == 500 && parameters.deadlineHours == 0)
    #expect(parameters.verify.arithmetic && !parameters.verify.execution && !parameters.mayBeUncalibrated)
  }

  @Test("everything that a step can say") func everything() throws {
    let reading = read(
      """
      datasets: [a, b]
      app: chat
      teachers: [t, u]
      student: s
      judges: [j]
      uncalibrated: true
      operators: {evolve: 1, document: 2.5}
      seeds: {files: [seeds.jsonl], where: app = 'x'}
      documents: [docs/*.md]
      tools: [tools.json]
      personas: [p]
      scenarios: [q]
      slices: {one: about one}
      answers: 8
      temperature: 1
      max_tokens: 64
      turns: 3
      most: 9
      dollars: 0.5
      verify: {schema: s.json, patterns: [a], forbidden: [b], arithmetic: false, execution: true}
      novelty: 0.6
      similarity: 0.8
      filter_prompts: true
      embeddings: e
      deadline_hours: 24
      wait_minutes: 30
      pilot: 50
      seed: other
      """)
    #expect(reading.faults == [])
    let parameters = try #require(reading.definition?.synthesis.first)
    #expect(parameters.datasets == ["a", "b"] && parameters.teachers == ["t", "u"])
    #expect(parameters.models == ["t", "u", "s", "e"] && parameters.judges == ["j"])
    #expect(
      parameters.operators == [
        SynthesizeParameters.Share(.document, weight: 2.5), SynthesizeParameters.Share(.evolve, weight: 1),
      ])
    #expect(parameters.prompts == ["document", "answer-document", "evolve", "answer"])
    #expect(parameters.seedFiles == ["seeds.jsonl"] && parameters.seedCondition == "app = 'x'")
    #expect(
      parameters.verify.schema == "s.json" && parameters.verify.execution && !parameters.verify.arithmetic)
    #expect(parameters.deadlineHours == 24 && parameters.waitMinutes == 30 && parameters.pilot == 50)
    #expect(parameters.sliceNotes == ["one": "about one"] && parameters.dollars == 0.5)
    #expect(
      reading.files.map(\.pattern) == [
        "Pipelines/prompts/document.mustache", "Pipelines/prompts/answer-document.mustache",
        "Pipelines/prompts/evolve.mustache", "Pipelines/prompts/answer.mustache", "seeds.jsonl", "docs/*.md",
        "tools.json", "s.json",
      ])
  }

  @Test(
    "what is not legal is refused with its place",
    arguments: [
      ("datasets: [a]", "P.yaml:3:7: 'synthesize' needs the key 'teachers'"),
      ("datasets: [a]\nteachers: [t]\nanswers: 0", "P.yaml:5:16: 'answers' must be between 1 and 16, not 0"),
      (
        "datasets: [a]\nteachers: [t]\noperators: [evolv]",
        "P.yaml:5:19: entry 1 of 'operators' cannot be 'evolv'; did you mean 'evolve'?"
      ),
      (
        "datasets: [a]\nteachers: [t]\noperators: {evolve: 0}",
        "P.yaml:5:27: 'evolve' must be between 0.001 and 1000, not 0"
      ),
      ("datasets: [a]\nteachers: [t]\ndeadline: 24", "P.yaml:5:7: unknown key 'deadline'"),
    ])
  func refused(_ step: String, _ expected: String) {
    let faults = read(step).faults.map(\.description)
    #expect(faults.contains { $0.hasPrefix(expected) }, "\(faults)")
  }

  @Test("curation may follow what models write, and nothing else begins with it") func order() {
    func faults(_ steps: String) -> [String] {
      PipelineDefinition.read(Array("steps:\n\(steps)\n".utf8), name: "p", file: "P.yaml").faults.map(
        \.description)
    }
    #expect(
      faults(
        "  - synthesize: {datasets: [a], teachers: [t]}\n  - curate\n  - label\n  - publish: {datasets: [a]}")
        == [])
    #expect(
      faults("  - curate").contains { $0.contains("step 'curate' needs 'pull' or 'synthesize' before it") })
    #expect(
      faults("  - synthesize: {datasets: [a], teachers: [t]}\n  - label").contains { $0.contains("'curate'") }
    )
  }
}
