import Bytes
import Catalog
import Foundation
import Records
import Synchronization
import Testing

/// The repository that this file is in.
enum Repository {
  static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
}

/// Programs that end by themselves.
enum Tool {
  /// The built program: `FLYWHEEL_BINARY`, else beside the test bundle, else in the package's `.build`.
  static let flywheel: String = {
    if let named = ProcessInfo.processInfo.environment["FLYWHEEL_BINARY"], !named.isEmpty { return named }
    let folders = [
      URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent(), Bundle.main.bundleURL,
      Repository.root.appending(path: ".build/debug"), Repository.root.appending(path: ".build/release"),
    ]
    let candidates = folders.map { $0.appending(path: "flywheel").path }
    return candidates.first { FileManager.default.isExecutableFile(atPath: $0) } ?? candidates[2]
  }()

  /// Runs a program to its end, with nothing on standard input.
  static func run(
    _ executable: String, _ arguments: [String], in folder: String, environment: [String: String] = [:]
  ) throws -> (code: Int32, output: String, errors: String) {
    let scratch = try Scratch.folder()
    defer { try? FileManager.default.removeItem(atPath: scratch) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    let files = ["\(scratch)/out", "\(scratch)/err"]
    for (descriptor, file) in zip([STDOUT_FILENO, STDERR_FILENO], files) {
      posix_spawn_file_actions_addopen(&actions, descriptor, file, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    }
    // Threads of the test runner block signals, and a child would inherit that.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    var variables = environment
    for name in ["PATH", "LD_LIBRARY_PATH", "TMPDIR"] where variables[name] == nil {
      variables[name] = ProcessInfo.processInfo.environment[name]
    }
    let words = (["env", "-C", folder, executable] + arguments).map { (word: String) in strdup(word) }
    let pairs = variables.map { strdup("\($0.key)=\($0.value)") }
    defer { for text in words + pairs { free(text) } }
    var child = pid_t()
    let code = posix_spawn(&child, "/usr/bin/env", &actions, &attributes, words + [nil], pairs + [nil])
    try #require(code == 0, "\(executable): \(String(cString: strerror(code)))")
    var status: Int32 = 0
    while waitpid(child, &status, 0) < 0 { try #require(errno == EINTR) }
    let texts = try files.map { String(decoding: try Data(contentsOf: URL(filePath: $0)), as: UTF8.self) }
    let signal = status & 0x7F
    return (signal == 0 ? (status >> 8) & 0xFF : 128 + signal, texts[0], texts[1])
  }
}

/// Temporary folders.
enum Scratch {
  static func folder() throws -> String {
    let url = FileManager.default.temporaryDirectory.appending(path: "flywheel-terminal-\(UUID().uuidString)")
    try FileManager.default.createDirectory(
      at: url, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    return url.resolvingSymlinksInPath().path
  }
}

/// A project with queues and a log that holds what terminals stumble over.
final class ReviewBench: Sendable {
  let project: String

  /// Makes one whose queue `answers` has a task, and more lines of YAML.
  init(_ task: ReviewTask, queue: String = "") throws {
    project = try Scratch.folder()
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

  deinit { try? FileManager.default.removeItem(atPath: project) }

  func write(_ path: String, _ text: String) throws {
    let url = URL(filePath: "\(project)/\(path)")
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: url)
  }

  var environment: [String: String] { ["FLYWHEEL_PSEUDONYM_KEY_FILE": "\(project)/key"] }

  func run(_ arguments: String..., environment: [String: String] = [:]) throws
    -> (code: Int32, output: String, errors: String)
  {
    try Tool.run(
      Tool.flywheel, arguments, in: project, environment: self.environment.merging(environment) { $1 })
  }

  var catalogPath: String { "\(project)/.flywheel/catalog.sqlite" }

  /// Opens the review in a terminal.
  func review(
    width: Int = 80, height: Int = 24, as name: String = "ana", environment: [String: String] = [:],
    _ more: String = ""
  ) throws -> Pane {
    try Pane(
      "'\(Tool.flywheel)' review answers --as \(name) \(more)", in: project, width: width, height: height,
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
