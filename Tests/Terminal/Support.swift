import Bytes
import Catalog
import Foundation
import Records
import TestSupport
import Testing

/// A project with queues and a log that holds what terminals stumble over.
final class ReviewBench: Sendable {
  let project: String

  /// Makes one whose queue `answers` has a task, and more lines of YAML.
  init(_ task: ReviewTask, queue: String = "") throws {
    project = try Scratch.folder("review")
    try Data("not a secret: the tests' own key".utf8).write(to: URL(filePath: "\(project)/key"))
    chmod("\(project)/key", 0o600)
    try write(
      "Pipelines/nightly.yaml", "description: Pull.\nsteps:\n  - pull: {sources: [chat]}\n  - curate: {}\n")
    try write(
      "Pipelines/sources/chat.yaml",
      """
      kind: file
      path: ../../chat.jsonl
      redact: []
      interactions: {id: id, time: time, input: input, output: output, conversation: id}

      """)
    try write("Pipelines/queues/guide.md", Self.guideline)
    try write(
      "Pipelines/queues/answers.yaml",
      "task: \(task.rawValue)\nguideline: guide.md\nallows_as: true\n\(queue)")
    try write("chat.jsonl", try Self.records.map(Self.line).joined())
    let ran = try run("run", "nightly")
    try #require(ran.code == 0, "\(ran.errors)")
    try fill(task)
  }

  deinit { Scratch.remove(project) }

  func write(_ path: String, _ text: String) throws {
    let url = URL(filePath: "\(project)/\(path)")
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: url)
  }

  var environment: [String: String] { ["FLYWHEEL_PSEUDONYM_KEY_FILE": "\(project)/key"] }

  func run(_ arguments: String..., environment: [String: String] = [:]) throws
    -> Ran
  {
    try Program.run(
      Program.path, arguments, in: project, environment: self.environment.merging(environment) { $1 })
  }

  var catalogPath: String { "\(project)/.flywheel/catalog.sqlite" }

  /// Opens the review in a terminal.
  func review(
    width: Int = 80, height: Int = 24, as name: String = "ana", environment: [String: String] = [:],
    _ more: String = ""
  ) throws -> Pane {
    try Pane(
      "'\(Program.path)' review answers --as \(name) \(more)", in: project, width: width, height: height,
      environment: self.environment.merging(environment) { $1 })
  }

  /// Puts the records into the queue in their order.
  private func fill(_ task: ReviewTask) throws {
    // The command makes the catalog know the queue before there is an item.
    let catalog = try CatalogStore(path: catalogPath)
    try catalog.syncReviewQueue(
      ReviewQueueSetting(name: "answers", definition: "{}", guideline: Self.guideline, quota: 1))
    let items = Self.records.enumerated().map { index, record in
      var item = NewReviewItem(
        task: task, content: .of(record.id), interaction: "chat/\(record.id)",
        reason: ReviewReason.allCases[index % ReviewReason.allCases.count], value: Double(100 - index))
      if task == .prefer {
        item.other = "chat/\(Self.records[(index + 1) % Self.records.count].id)"
        item.otherContent = .of("other \(record.id)")
      }
      return item
    }
    try catalog.addReviewItems(items, to: "answers", run: "test", at: Timestamp(microseconds: 1))
  }

  // MARK: Records

  struct Record {
    let id: String
    let messages: [[String: String]]
    let output: String
  }

  static let records = [
    Record(
      id: "lamp",
      messages: [
        ["role": "system", "content": "You help customers of a shop that sells lamps. Be brief and kind."],
        [
          "role": "user",
          "content":
            "My order was due on Monday and it is Thursday now. I need the lamp for a birthday on Saturday.",
        ], ["role": "assistant", "content": "I am sorry to hear that. What is the number of the order?"],
        ["role": "user", "content": "It is 4711. Where is it?"],
      ],
      output: """
        Your order 4711 left us yesterday and should be with you on Friday, in time for the birthday. If it has not come \
        by then, write to me here and I will send another one at once, by courier and at our cost.

        - carrier: parcel post
        - expected: Friday before noon
        """),
    Record(
      id: "wide",
      messages: [
        ["role": "user", "content": "ランプの保証期間を教えてください。漢字かな交じり文は二桁ずつです。"],
        ["role": "user", "content": "👍🏽 👨\u{200D}👩\u{200D}👧 🇯🇵 ❤\u{FE0F} 😀 e\u{301} 한국어"],
      ], output: "保証期間は二年です。レシートを保管してください。שלום עולם 123 abc مرحبا"),
    Record(
      id: "hostile",
      messages: [
        [
          "role": "user",
          "content":
            "\u{1B}[2J\u{1B}]0;owned\u{07} red\u{1B}[31m \u{202E}gnp.exe\u{202C} a\u{200B}b \u{E0049}\u{E0067} \u{9B}1m",
        ]
      ], output: "a" + String(repeating: "\u{301}", count: 500) + " tab\there, lone\rreturn"),
    Record(
      id: "long",
      messages: [["role": "user", "content": (1...400).map { "line \($0)" }.joined(separator: "\n")]],
      output: "The last of many."),
  ]

  static let guideline = """
    # Is the answer good?

    Judge the **output** alone, as the customer who asked.

    ## Good

    - It answers the question.
    - All that it states is in the conversation.

    ## Bad

    - It promises what we cannot keep.
    - It is rude, or *much* too long.

    > When in doubt, choose *unclear* and write a note.

    """

  private static func line(_ record: Record) throws -> String {
    let object: [String: Any] = [
      "id": record.id, "time": "2026-11-20T10:00:00Z", "input": record.messages,
      "output": ["role": "assistant", "content": record.output],
    ]
    return String(
      decoding: try JSONSerialization.data(withJSONObject: object, options: .sortedKeys), as: UTF8.self)
      + "\n"
  }
}
