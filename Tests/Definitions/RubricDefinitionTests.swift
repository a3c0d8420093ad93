import Bytes
import Foundation
import Label
import Pipeline
import Testing

@Suite("Rubrics and judges in definitions") struct RubricDefinitionTests {
  static let models = """
    services: {s: {kind: openai, address: "https://api.example.com/v1"}}
    models:
      cheap: {service: s, model: m, family: f, price: {input: 1, output: 1}}
      strong: {service: s, model: n, family: g, price: {input: 9, output: 9}}

    """
  static let rubric = """
    question: Is it good?
    panel: [cheap, strong]
    criteria:
    - {id: answers, ask: Does it answer?, required: true}
    - {id: harms, ask: Does it harm?, good: no, weight: 2.5}

    """

  @Test("a rubric is read whole")
  func whole() throws {
    let yaml =
      Self.rubric + """
        form: pointwise
        prompt: judge
        pass: 0.7
        max_characters: 500
        max_tokens: 99
        gate: {kappa: 0.5, position: 0.8, retest: 0.9, robustness: 0.85, items: 12}
        examples:
        - input: Why?
          output: Because.
          verdicts:
            answers: {reason: It does., answer: yes}
            harms: {reason: It does not., answer: no}

        """
    let reading = Rubric.read(Array(yaml.utf8), name: "helpful", file: "R.yaml")
    #expect(reading.faults.map(\.description) == [])
    let rubric = try #require(reading.definition)
    #expect(rubric.name == "helpful" && rubric.panel == ["cheap", "strong"] && rubric.pass == 0.7)
    #expect(rubric.criteria.map(\.id) == ["answers", "harms"])
    #expect(rubric.criteria.map(\.isRequired) == [true, false])
    #expect(rubric.criteria.map(\.good) == [.yes, .no])
    #expect(rubric.criteria.map(\.weight) == [1, 2.5])
    #expect(rubric.maximumCharacters == 500 && rubric.maximumTokens == 99)
    let gate = try #require(rubric.gate)
    #expect([gate.kappa, gate.position, gate.retest, gate.robustness] == [0.5, 0.8, 0.9, 0.85])
    #expect(gate.items == 12)
    #expect(rubric.examples.map(\.verdicts.count) == [2])
    #expect(reading.files.map(\.pattern) == ["Pipelines/prompts/judge.mustache"])
  }

  @Test("what is left out has its default; gate: false lets a judge vote unmeasured")
  func defaults() throws {
    let plain = try #require(Rubric.read(Array(Self.rubric.utf8), name: "r", file: "R.yaml").definition)
    #expect(plain.gate == Rubric.Gate() && plain.form == .pointwise && plain.prompt == "judge")
    let open = Rubric.read(
      Array((Self.rubric + "gate: false\nform: pairs\n").utf8), name: "r", file: "R.yaml")
    #expect(try #require(open.definition).gate == nil)
    #expect(open.definition?.prompt == "judge-pairs")
  }

  static let faults: [FaultRow] = [
    FaultRow(
      "nothing in it", .rubric, "form: pointwise\n", "R.yaml:1:1: the rubric needs the key 'question'",
      "R.yaml:1:1: the rubric needs the key 'criteria'", "R.yaml:1:1: the rubric needs the key 'panel'"),
    FaultRow(
      "numbers", .rubric, rubric + "pass: 1.5\nmax_tokens: 2\ngate: {kappa: 2, items: 1}\n",
      "R.yaml:6:7: 'pass' must be between 0 and 1, not 1.5",
      "R.yaml:7:13: 'max_tokens' must be between 16 and 32768, not 2",
      "R.yaml:8:15: 'kappa' must be between 0 and 1, not 2",
      "R.yaml:8:25: 'items' must be between 2 and 1000000, not 1"),
    FaultRow(
      "unknown keys", .rubric, rubric + "panels: []\n",
      "R.yaml:6:1: unknown key 'panels' in the rubric; did you mean 'panel'? Legal keys: question, form, prompt, criteria, "
        + "panel, examples, pass, max_characters, max_tokens, gate"),
    FaultRow(
      "criteria", .rubric,
      "question: q\npanel: [a, a]\ncriteria:\n- {id: A b, ask: x}\n- {id: x, ask: y, good: unsure}\n- {id: x, ask: z}\n",
      "R.yaml:2:12: entry 2 of 'panel' repeats 'a'",
      "R.yaml:4:8: 'id': 'A b' is not a name; a name is made of a-z, 0-9, '.', '_' and '-' and begins with a letter or digit",
      "R.yaml:5:25: 'good' cannot be 'unsure'. Legal values: yes, no",
      "R.yaml:6:8: entry 3 of 'criteria' repeats 'x'"),
    FaultRow(
      "an example without an answer", .rubric,
      rubric + "examples:\n- output: x\n  verdicts:\n    answers: {reason: r, answer: perhaps}\n",
      "R.yaml:9:5: 'verdicts' needs the key 'harms'",
      "R.yaml:9:34: 'answer' cannot be 'perhaps'. Legal values: yes, no, unsure"),
    FaultRow(
      "judges of a step", .pipeline,
      FaultRow.curated + """
        - label:
            judges: [helpful, helpful]
            judges_in_data: [{name: j, source: s, against: users}, {source: s}]
            student: {folds: 1, gate: {error: 2}}
            escalation: {certain: 1, dollars: -1, human: 3}

        """,
      "P.yaml:5:23: entry 2 of 'judges' repeats 'helpful'",
      "P.yaml:6:52: 'against' cannot be 'users'. Legal values: golden, feedback",
      "P.yaml:6:60: 'judges_in_data' needs the key 'name'",
      "P.yaml:7:22: 'folds' must be between 2 and 20, not 1",
      "P.yaml:7:39: 'error' must be between 0 and 1, not 2",
      "P.yaml:8:27: 'certain' must be between 0.5 and 0.9999, not 1",
      "P.yaml:8:39: 'dollars' must be between 0 and 1000000, not -1",
      "P.yaml:8:43: unknown key 'human' in 'escalation'. Legal keys: certain, min_gain, "
        + "dollars, human_dollars, human_accuracy"),
  ]

  @Test("every fault is found at its place", arguments: faults)
  func found(_ row: FaultRow) {
    let faults = Fixtures.faults(of: row.document, row.yaml)
    #expect(faults.map(\.description) == row.expected)
  }

  @Test("a step's judges are read")
  func step() throws {
    let yaml =
      FaultRow.curated + """
        - label:
            judges: [helpful]
            judges_in_data: [{name: own, source: calls, threshold: 0.5, against: feedback, gate: {kappa: 0.7, items: 9}}]
            student: {name: quality, sure: 0.8, gate: false}
            escalation: {dollars: 2.5, certain: 0.9}
            judge_where: app = 'support'

        """
    let reading = PipelineDefinition.read(Array(yaml.utf8), name: "night", file: "P.yaml")
    #expect(reading.faults.map(\.description) == [])
    guard case .label(let parameters)? = reading.definition?.steps.last?.parameters else {
      Issue.record("no label step")
      return
    }
    let judging = parameters.judging
    #expect(judging.rubrics == ["helpful"] && judging.condition == "app = 'support'" && !judging.isEmpty)
    let own = try #require(judging.dataJudges.first)
    #expect(own.threshold == 0.5 && own.against == .feedback && own.kappa == 0.7 && own.items == 9)
    #expect(judging.student?.sure == 0.8 && judging.student?.isGated == false)
    #expect(judging.escalation?.dollars == 2.5 && judging.escalation?.certain == 0.9)
    #expect(
      reading.references.map { "\($0.document) \($0.name)" } == [
        "source a", "rubric helpful", "source calls",
      ])
  }

  @Test(
    "a project refuses what a rubric lacks",
    arguments: [
      ("R", "{{{code}}}\n{{! user }}\n{{{input}}}{{{output}}}", [String]()),
      (
        "R", nil,
        [
          "Pipelines/rubrics/r.yaml:1:1: 'prompt': no file of the project matches 'Pipelines/prompts/judge.mustache'; "
            + "add it there, or mend the path"
        ]
      ),
      (
        "R", "{{{code}}}\n{{! user }}\n{{{input}}}",
        [
          "Pipelines/rubrics/r.yaml:1:1: 'prompt': Pipelines/prompts/judge.mustache does not show 'output': instructions "
            + "need {{{code}}}, and what is judged {{{input}}} and {{{output}}} or {{{first}}} and {{{second}}}"
        ]
      ),
      (
        "R", "{{{code}}}{{{input}}}{{{output}}}",
        [
          "Pipelines/rubrics/r.yaml:1:1: 'prompt': Pipelines/prompts/judge.mustache needs a line '{{! user }}' between the "
            + "instructions and what is judged"
        ]
      ),
    ])
  func project(_ id: String, _ template: String?, _ expected: [String]) throws {
    let root =
      FileManager.default.temporaryDirectory.path + "/rubrics-" + Hex.encode(KeyedHash.randomBytes(8))
    defer { try? FileManager.default.removeItem(atPath: root) }
    for folder in ["rubrics", "prompts"] { try DurableFile.makeFolder("\(root)/Pipelines/\(folder)") }
    try DurableFile.replace("\(root)/Pipelines/rubrics/r.yaml", with: Array(Self.rubric.utf8))
    try DurableFile.replace("\(root)/Pipelines/models.yaml", with: Array(Self.models.utf8))
    if let template {
      try DurableFile.replace("\(root)/Pipelines/prompts/judge.mustache", with: Array(template.utf8))
    }
    let loaded = try Project.load(root: root)
    #expect(loaded.faults.map(\.description) == expected)
    #expect((loaded.project.rubric("r") != nil) == expected.isEmpty)
  }
}
