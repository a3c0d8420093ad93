import Foundation
import Pipeline
import Records
import Review
import Testing

@Suite("Queues in YAML") struct QueueReadingTests {
  private static let plain: String = "guideline: Say so.\n"

  private func read(_ yaml: String) -> DefinitionReading<QueueDefinition> {
    QueueDefinition.read(Array(yaml.utf8), name: "q", file: "Q.yaml")
  }

  @Test("a queue that says little has the defaults") func defaults() throws {
    let queue = try #require(read(Self.plain).definition)
    #expect(queue.task == .label && queue.quota == 1 && queue.lease == 900 && queue.idle == 60)
    #expect(queue.labels.map(\.name) == ["good", "bad", "unclear"])
    #expect(queue.gold.share == 0.05 && queue.gold.window == 30 && queue.gold.floor == 0.7)
    #expect(queue.suggestions == .hidden && !queue.allowsAs && queue.labelers.isEmpty)
    #expect(queue.guideline == "Say so.")
  }

  @Test("everything that a queue can say") func everything() throws {
    let reading = read(
      """
      description: d
      task: label
      guideline: guide.md
      labels:
        - {name: fit, key: x, votes: good, description: Fits}
        - {name: unfit, key: u, votes: bad}
      multiple: true
      reasons: [{name: tone, key: m}]
      select: language = 'en'
      slices: {short: output_characters < 9, long: output_characters >= 9}
      fill: [uncertain, coverage: {target: 5, limit: 7}, audit: {share: 0.5}]
      quota: 3
      lease: 60
      idle: 10
      gold: {share: 0.1, window: 20, floor: 0.8}
      suggestions: before
      labelers: [ann, bob]
      allows_as: true
      keys: {skip: K, quit: Q}
      """)
    #expect(reading.faults == [])
    #expect(reading.files.map(\.pattern) == ["Pipelines/queues/guide.md"])
    let queue = try #require(reading.definition)
    #expect(queue.labels.map(\.key) == ["x", "u"] && queue.labels.map(\.votes) == [.good, .bad])
    #expect(queue.isMultiple && queue.reasons.map(\.name) == ["tone"] && queue.select == "language = 'en'")
    #expect(queue.slices.map(\.name) == ["short", "long"])
    #expect(queue.fill.map(\.reason) == [.uncertain, .coverage, .audit])
    #expect(
      queue.fill.map(\.limit) == [1000, 7, 1000] && queue.fill[1].target == 5 && queue.fill[2].share == 0.5)
    #expect(queue.quota == 3 && queue.lease == 60 && queue.idle == 10)
    #expect(queue.gold.share == 0.1 && queue.gold.window == 20 && queue.gold.floor == 0.8)
    #expect(queue.suggestions == .before && queue.labelers == ["ann", "bob"] && queue.allowsAs)
    #expect(queue.key(of: .skip) == "K" && queue.key(of: .quit) == "Q" && queue.key(of: .undo) == "z")
  }

  @Test("a queue of candidates asks about twenty of each batch, or as many as it says") func candidates()
    throws
  {
    let start = Self.plain + "task: accept\nfill: [synthetic"
    #expect(read(start + "]\n").definition?.fill.map(\.sample) == [20])
    let queue = try #require(read(start + ": {sample: 30, limit: 9}]\n").definition)
    #expect(queue.fill.map(\.sample) == [30] && queue.fill.map(\.limit) == [9])
    let copy = try JSONDecoder().decode(QueueDefinition.self, from: JSONEncoder().encode(queue))
    #expect(copy == queue)
    let text = String(decoding: try JSONEncoder().encode(QueueFill(.audit)), as: UTF8.self)
    #expect(!text.contains("sample"), "what states none is written as it always was")
  }

  static let rows: [FaultRow] = [
    FaultRow(
      "a sample of nothing, and of what is no batch", .queue,
      plain + "task: accept\nfill: [synthetic: {sample: 0, share: 1}]\n",
      "Q.yaml:3:28: 'sample' must be between 1 and 1000, not 0",
      "Q.yaml:3:31: unknown key 'share' in 'synthetic'. Legal keys: limit, sample"),
    FaultRow("no guideline", .queue, "quota: 2\n", "Q.yaml:1:1: the queue needs the key 'guideline'"),
    FaultRow("empty", .queue, "# nothing\n", "Q.yaml:1:1: the queue is empty"),
    FaultRow(
      "a key of a label and of an action", .queue,
      plain + "labels: [{name: a, key: s}, {name: b, key: b}]\n",
      "Q.yaml:2:25: 'key': 's' is the key of action 'skip', which 'keys' can move already"),
    FaultRow(
      "a key of two labels", .queue, plain + "labels: [{name: a, key: a}, {name: b, key: a}]\n",
      "Q.yaml:2:44: 'key': 'a' is the key of label 'a' already"),
    FaultRow(
      "a key of a reason and of a default label", .queue, plain + "reasons: [{name: r, key: g}]\n",
      "Q.yaml:2:26: 'key': 'g' is the key of label 'good' already"),
    FaultRow(
      "an action moved onto another", .queue, plain + "keys: {skip: z}\n",
      "Q.yaml:2:14: 'skip': 'z' is the key of action 'undo', which 'keys' can move already"),
    FaultRow(
      "an action moved onto a default label", .queue, plain + "keys: {skip: b}\n",
      "Q.yaml:2:14: 'skip': 'b' is the key of label 'bad' already"),
    FaultRow(
      "an action moved onto a reason of its own task", .queue,
      "guideline: g\ntask: accept\nkeys: {skip: a}\n",
      "Q.yaml:3:14: 'skip': 'a' is the key of label 'accept' already"),
    FaultRow(
      "an unknown action", .queue, plain + "keys: {skp: x}\n",
      "Q.yaml:2:8: unknown key 'skp' in 'keys'; did you mean 'skip'? Legal keys: skip, undo, redo, flag, note, guideline, help, search, list, reveal, pause, edit, editor, tools, quit"
    ),
    FaultRow(
      "digits and words are no keys", .queue, plain + "labels: [{name: a, key: 1}, {name: b, key: bb}]\n",
      "Q.yaml:2:25: 'key': '1' is not a key: one printable ASCII character, no space and no digit 1 to 9, which give the nth label",
      "Q.yaml:2:44: 'key': 'bb' is not a key: one printable ASCII character, no space and no digit 1 to 9, which give the nth label"
    ),
    FaultRow(
      "labels where the task has its own", .queue,
      "task: prefer\nlabels: [{name: a, key: a}, {name: b, key: b}]\n" + plain,
      "Q.yaml:2:9: 'labels' has no meaning for task 'prefer'"),
    FaultRow(
      "a reason that the task cannot have", .queue, "task: accept\nfill: [uncertain]\n" + plain,
      "Q.yaml:2:8: entry 1 of 'fill' cannot be 'uncertain'. Legal values: synthetic"),
    FaultRow(
      "a reason misspelt", .queue, plain + "fill: [uncertian]\n",
      "Q.yaml:2:8: entry 1 of 'fill' cannot be 'uncertian'; did you mean 'uncertain'? Legal values: uncertain, disagreeing, suspect, coverage, audit, adjudication"
    ),
    FaultRow(
      "a share where none belongs", .queue, plain + "fill: [uncertain: {share: 1}]\n",
      "Q.yaml:2:20: unknown key 'share' in 'uncertain'. Legal keys: limit"),
    FaultRow(
      "ranges", .queue, plain + "quota: 21\nlease: 9\nidle: 4\ngold: {share: 0.6, window: 4, floor: 1.1}\n",
      "Q.yaml:2:8: 'quota' must be between 1 and 20, not 21",
      "Q.yaml:3:8: 'lease' must be between 10 and 86400, not 9",
      "Q.yaml:4:7: 'idle' must be between 5 and 3600, not 4",
      "Q.yaml:5:15: 'share' must be between 0 and 0.5, not 0.6",
      "Q.yaml:5:28: 'window' must be between 5 and 1000, not 4",
      "Q.yaml:5:38: 'floor' must be between 0 and 1, not 1.1"),
    FaultRow(
      "no votes for a tie", .queue, plain + "labels: [{name: a, key: a, votes: tie}, {name: b, key: b}]\n",
      "Q.yaml:2:35: 'votes' cannot be 'tie'. Legal values: good, bad"),
  ]

  @Test("what is wrong is said with its place", arguments: rows) func faults(_ row: FaultRow) {
    #expect(read(row.yaml).faults.map(\.description) == row.expected)
  }
}
