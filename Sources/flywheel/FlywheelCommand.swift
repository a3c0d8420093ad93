import ArgumentParser
import CMalloc
import Foundation

/// The command: its subcommands stand in the order of the flow.
struct FlywheelCommand: AsyncParsableCommand {
  static let version = "0.1.0"

  static let configuration = CommandConfiguration(
    commandName: "flywheel",
    abstract: "Turns what an LLM application's users do into data that makes it better.",
    discussion: """
      Every night `flywheel run nightly` pulls logged interactions and the feedback on them, curates and labels \
      them, and publishes numbered dataset versions; `flywheel pull NAME@N` fetches one.

      Exit codes: 0 done, 1 failed, 2 wrong use or definition, 3 another run holds the lock, 4 done with records \
      in quarantine (only with --strict), 5 a gate refused, 6 the budget is spent, 75 try again.
      """,
    version: version,
    subcommands: [
      InitCommand.self, CheckCommand.self, SourcesCommand.self, RunCommand.self,
      CurateCommand.self, FindingsCommand.self, LabelCommand.self, JudgeCommand.self, GoldenCommand.self,
      QueueCommand.self,
      ReviewCommand.self, CoverageCommand.self, SynthesizeCommand.self,
      DatasetsCommand.self,
      PullCommand.self,
      WhyCommand.self,
      StatusCommand.self, SpendCommand.self, VerifyCommand.self,
    ])
}

/// Where the process begins: parses, runs, and turns whatever went wrong into a sentence and an exit code.
@main
enum Entry {
  static func main() async {
    // A reader that goes away (`flywheel status | head`) ends a write with an error, not the process.
    signal(SIGPIPE, SIG_IGN)
    // Buffers of some megabytes come and go with every chunk of a log. Kept in the heap, they cost no page faults,
    // which were 8 % of the processor time of a pull (`Jobs/bench sources`).
    cmalloc_keep_blocks(256 << 20)
    do {
      var command = try FlywheelCommand.parseAsRoot()
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
    } catch {
      exit(Failure.report(error))
    }
  }
}

/// Options that every command has.
struct CommonOptions: ParsableArguments {
  @Option(
    name: .long, help: "The folder that holds Pipelines/ and Datasets/. (default: here or the nearest above)")
  var project: String?

  @Flag(name: .long, help: "Print one JSON document instead of text.")
  var json = false
}
