import Foundation
import Testing
import TestSupport

@Suite("Help") struct HelpTests {
  /// Every command, root and subcommands.
  static let commands: [[String]] = [
    [], ["init"], ["check"], ["sources"], ["sources", "list"], ["sources", "add"], ["sources", "test"],
    ["run"], ["curate"], ["findings"], ["label"], ["judge"], ["judge", "list"],
    ["judge", "calibrate"], ["judge", "run"], ["golden"], ["golden", "add"], ["golden", "list"],
    ["golden", "export"], ["golden", "remove"],
    ["queue"], ["queue", "list"], ["queue", "show"], ["queue", "fill"], ["queue", "assign"],
    ["queue", "close"],
    ["queue", "stats"], ["queue", "export"], ["queue", "import"], ["review"], ["coverage"], ["synthesize"],
    ["datasets"], ["datasets", "list"], ["datasets", "show"], ["pull"], ["why"], ["status"], ["spend"],
    ["verify"],
  ]

  @Test("the help of every command", arguments: commands)
  func help(_ command: [String]) throws {
    let ran = try Program.run(Program.path, command + ["--help"], in: "/")
    #expect(ran.code == 0)
    #expect(ran.errors.isEmpty)
    try Expected.expect(ran.output, "help/\(command.isEmpty ? "flywheel" : command.joined(separator: "-"))")
  }

  /// The names below `SUBCOMMANDS:`; a line of more than the name's indent goes on with the text before it.
  private func subcommands(_ help: String) -> [String] {
    let lines = help.split(separator: "\n", omittingEmptySubsequences: false)
    let below = lines.drop { $0 != "SUBCOMMANDS:" }.dropFirst().prefix { !$0.isEmpty }
    return below.filter { $0.hasPrefix("  ") && !$0.hasPrefix("   ") }.compactMap {
      $0.split(separator: " ").first.map(String.init)
    }
  }

  @Test("no command is left out above, and they stand in the order of the flow")
  func complete() throws {
    let root = try Program.run(Program.path, ["--help"], in: "/").output
    #expect(subcommands(root) == Self.commands.filter { $0.count == 1 }.map { $0[0] })
    let datasets = try Program.run(Program.path, ["datasets", "--help"], in: "/").output
    #expect(subcommands(datasets).map { $0 } == ["list", "show"] || datasets.contains("list (default)"))
    let golden = try Program.run(Program.path, ["golden", "--help"], in: "/").output
    #expect(subcommands(golden) == ["add", "list", "export", "remove"])
    let judge = try Program.run(Program.path, ["judge", "--help"], in: "/").output
    #expect(subcommands(judge) == ["list", "calibrate", "run"])
    let sources = try Program.run(Program.path, ["sources", "--help"], in: "/").output
    #expect(subcommands(sources) == ["list", "add", "test"])
  }

  @Test("the version") func version() throws {
    let ran = try Program.run(Program.path, ["--version"], in: "/")
    #expect(ran.code == 0)
    #expect(ran.output == "0.1.0\n")
  }

  struct Misuse: CustomTestStringConvertible, Sendable {
    let name: String
    let arguments: [String]
    let errors: String
    var testDescription: String { name }
  }

  static let misuses = [
    Misuse(
      name: "unknown command", arguments: ["publsh"],
      errors: """
        Error: Unexpected argument 'publsh'
        Usage: flywheel <subcommand>
          See 'flywheel --help' for more information.

        """),
    Misuse(
      name: "no project", arguments: ["check"],
      errors: """
        error: no Pipelines/ in / or above. Change to a flywheel project, name one with --project, or make one with \
        `flywheel init`.

        """),
    Misuse(
      name: "no project, as JSON", arguments: ["status", "--json"],
      errors: """
        {"exit_code":"2","message":"no Pipelines/ in / or above. Change to a flywheel project, name one with \
        --project, or make one with `flywheel init`.","type":"error"}

        """),
    Misuse(
      name: "a project that is none", arguments: ["check", "--project", "/dev"],
      errors: """
        error: no Pipelines/ in /dev or above. Change to a flywheel project, name one with --project, or make one \
        with `flywheel init`.

        """),
    Misuse(
      name: "no registry", arguments: ["pull", "support-sft", "--registry", "/dev/nothing"],
      errors: """
        error: there is no registry: not-a-registry: format.json: no such object. Publish a version \
        first, or name one with --registry.

        """),
  ]

  @Test("wrong use ends with exit code 2 and a sentence on standard error", arguments: misuses)
  func misuse(_ row: Misuse) throws {
    let ran = try Program.run(Program.path, row.arguments, in: "/")
    #expect(ran.code == 2)
    #expect(ran.output.isEmpty)
    #expect(ran.errors == row.errors)
  }
}
