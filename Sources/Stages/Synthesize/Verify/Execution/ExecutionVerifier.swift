import Bytes
import Foundation

/// Whether the code in an output runs and passes its tests.
///
/// The code is the first fenced block in one of the languages; where no block names one of them, the first that
/// names none, in the first language. Its tests are those of ``VerifiedOutput/tests``; else all later blocks of the
/// same language that assert something; else what the code itself asserts. It runs in a folder of its own, without
/// network, environment or input, within ``ExecutionLimits``, and everything it starts ends with it.
///
/// | code | of |
/// | --- | --- |
/// | `no-code` | an output without such a block |
/// | `no-tests` | code that nothing tests |
/// | `execution-failed` | a program that ended with an error, or by a signal |
/// | `execution-incomplete` | a program that ended before the tests' end without an error |
/// | `execution-timeout` | a program that ran longer than it may |
/// | `execution-memory` | a program that wanted more memory than it may have |
public struct ExecutionVerifier: OutputVerifier {
  /// `execution`.
  public let name = "execution"
  private let languages: [ExecutionLanguage]
  private let sandbox: Sandbox
  private let needsTests: Bool

  /// Verifies by running.
  /// - Parameters:
  ///   - languages: what can be run; default Python.
  ///   - limits: what a program may use.
  ///   - isolation: what parts it from the machine; default namespaces, without which nothing is run.
  ///   - needsTests: whether code without a test fails; default true. Else it passes where it runs.
  public init(
    languages: [ExecutionLanguage] = [.python], limits: ExecutionLimits = ExecutionLimits(),
    isolation: ExecutionIsolation = .namespaces, needsTests: Bool = true
  ) {
    self.languages = languages
    self.needsTests = needsTests
    sandbox = Sandbox(limits: limits, isolation: isolation)
  }

  /// Runs the code of an output.
  /// - Throws: ``VerifierFault`` where nothing can be run here.
  public func verify(_ output: VerifiedOutput) async throws -> Verification {
    guard let (language, code, tests) = program(of: output) else { return .failed("no-code") }
    guard tests != nil || !needsTests || Self.asserts(code) else { return .failed("no-tests") }
    let text = code + "\n\n" + (tests ?? "") + "\n"
    let done = "flywheel-\(Digest.sha256(Array(text.utf8)).hex)"
    var files = language.otherFiles.mapValues { $0.replacing("{done}", with: done) }
    let hasMark = files != language.otherFiles
    files[language.file] = text
    let outcome = try await sandbox.run(language.command, files: files)
    if outcome.isTimedOut { return .failed("execution-timeout") }
    let end = String(decoding: outcome.tail, as: UTF8.self)
    guard outcome.code == 0 else {
      let marks = ["MemoryError", "bad_alloc", "out of memory"]
      return .failed(marks.contains { end.contains($0) } ? "execution-memory" : "execution-failed")
    }
    return !hasMark || end.contains(done) ? .passed : .failed("execution-incomplete")
  }

  private func program(
    of output: VerifiedOutput
  ) -> (language: ExecutionLanguage, code: String, tests: String?)? {
    let blocks = FencedBlock.all(in: output.output)
    func language(of block: FencedBlock) -> ExecutionLanguage? {
      languages.first { $0.names.contains(block.language) }
    }
    let known = blocks.filter { language(of: $0) != nil }
    let usable = known.isEmpty ? blocks.filter(\.language.isEmpty) : known
    guard let first = usable.first, let language = language(of: first) ?? languages.first else { return nil }
    if let tests = output.tests { return (language, first.text, tests) }
    let later = usable.dropFirst().filter {
      Self.asserts($0.text) && ($0.language.isEmpty || language.names.contains($0.language))
    }
    return (language, first.text, later.isEmpty ? nil : later.map(\.text).joined(separator: "\n\n"))
  }

  /// Whether a text may hold a test: the word is the same in the test libraries of most languages.
  private static func asserts(_ code: String) -> Bool { code.contains("assert") || code.contains("unittest") }
}
