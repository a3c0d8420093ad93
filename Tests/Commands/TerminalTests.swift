import Foundation
import Testing
import TestSupport

/// A terminal of 100 columns and 50 lines, through tmux.
final class Pane {
  private let folder: String
  private let environment: [String: String]

  init() throws {
    folder = try Scratch.folder("tmux")
    environment = ["LC_ALL": "C.UTF-8", "TMUX_TMPDIR": folder]
  }

  deinit {
    _ = try? tmux("kill-server")
    Scratch.remove(folder)
  }

  @discardableResult
  private func tmux(_ arguments: String...) throws -> Ran {
    try Program.run(
      "/usr/bin/env", ["tmux", "-u", "-f", "/dev/null", "-S", "\(folder)/s"] + arguments, in: "/",
      environment: environment)
  }

  /// What stands on the screen, with colours and other attributes as escape codes.
  func screen() throws -> String {
    let text = try tmux("capture-pane", "-p", "-e", "-t", "0").output
    return text.split(separator: "\n").map(String.init).joined(separator: "\n")
  }

  /// Runs a command of the shell and waits for its end.
  /// - Parameters:
  ///   - command: the command.
  ///   - answers: what to type after which question, in this order.
  /// - Returns: the last screen, and everything that was written to the terminal.
  /// - Throws: an error of tmux.
  func run(_ command: String, answers: [(question: String, answer: String)] = []) throws -> (
    last: String, stream: String
  ) {
    let script =
      "until [ -e '\(folder)/go' ]; do sleep 0.01; done; \(command); echo \"exit code $?\"; exec sleep 600"
    let started = try tmux("new-session", "-d", "-x", "100", "-y", "50", "sh", "-c", script)
    try #require(started.code == 0, "\(started.errors)")
    try tmux("pipe-pane", "-t", "0", "cat >'\(folder)/stream'")
    try Data().write(to: URL(filePath: "\(folder)/go"))
    // Counted, not timed: what never ends is cut off by the number of looks.
    var waiting = answers[...]
    for _ in 0..<6000 {
      let screen = try screen()
      if let next = waiting.first, (screen + " ").hasSuffix(next.question) {
        try tmux("send-keys", "-t", "0", "-l", next.answer)
        try tmux("send-keys", "-t", "0", "Enter")
        waiting.removeFirst()
      }
      if screen.contains("exit code ") {
        let stream = try Data(contentsOf: URL(filePath: "\(folder)/stream"))
        return (screen, String(decoding: stream, as: UTF8.self))
      }
      usleep(20_000)
    }
    Issue.record("the command did not end")
    return (try screen(), "")
  }
}

@Suite("A real terminal", .enabled(if: Program.has("tmux"), "tmux is not installed")) struct TerminalTests {
  private func command(_ bench: Workbench, _ words: String) -> String {
    "cd '\(bench.project)'; NO_COLOR=1 FLYWHEEL_PSEUDONYM_KEY_FILE='\(bench.folder)/key' '\(Program.path)' \(words)"
  }

  @Test("one line a step, then the account, and nothing else") func run() throws {
    let bench = try Workbench(sample: "terminal")
    // The report's path may be longer than the screen is wide.
    let (last, _) = try Pane().run(command(bench, "run nightly 2>&1 | grep -v report:"))
    #expect(!last.contains("\u{1B}"), "no colour, no movement")
    let (shown, _) = try Pane().run(command(bench, "run nightly >/dev/null"))
    #expect(
      shown == """
        pull: support-chat: 0 interactions, 0 feedback, 0 quarantined
        pull: support-feedback: 0 interactions, 0 feedback, 0 quarantined
        curate: 313 kept, 30 dropped
        label: 137 good, 100 bad, 3 tied
        review: support: 0 new, 295 open
        publish: support-eval unchanged
        publish: support-sft unchanged
        publish: support-preference unchanged
        publish: support-kto unchanged
        publish: support-fewshot unchanged
        exit code 0
        """)
  }

  @Test("work longer than a second shows a bar, which leaves nothing behind") func bar() throws {
    let bench = try Workbench(empty: "bar")
    try bench.succeed("init")
    try bench.edit("Datasets/app-sft/dataset.yaml", "minimum_examples: 1", "minimum_examples: 0")
    let filler = String(repeating: "The lamp has a button on its back, and a second one below. ", count: 60)
    let line = AppLog.interaction("ID", minute: 10, response: filler)
    var log = ""
    for number in 0..<3000 { log += line.replacing("\"ID\"", with: "\"i\(number)\"") }
    try bench.write("logs/day.jsonl", log)
    // Stopped for longer than a second at three places, so that the work takes long on any machine.
    let slowly = """
      \(command(bench, "run nightly >/dev/null")) & p=$!
      until [ -s '\(bench.home)/locks/source-app-log' ]; do :; done
      for i in 1 2 3; do
        kill -STOP $p 2>/dev/null; sleep 1.2; kill -CONT $p 2>/dev/null; sleep 0.03
      done
      wait $p
      """
    let (last, stream) = try Pane().run(slowly)
    #expect(
      stream.contains(#/\u{1B}\[K[a-z -]+ \[[#.]{10,40}\] [0-9]+ %, [0-9.]+ [a-zA-Z]+/#), "no bar was drawn")
    #expect(
      last == """
        pull: app-log: 3000 interactions, 0 feedback, 0 quarantined
        curate: 0 kept, 3000 dropped
        label: 0 good, 3000 bad, 0 tied
        publish: app-sft published
        exit code 0
        """)
  }
}
