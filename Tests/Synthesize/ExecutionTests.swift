import Foundation
import Synthesize
import Testing

/// Whether this machine lets a program be parted from the network; a container may not.
private let hasNamespaces: Bool = {
  let probe = "/usr/bin/unshare"
  guard FileManager.default.isExecutableFile(atPath: probe) else { return false }
  var child = pid_t()
  let words = [probe, "--user", "--net", "--mount", "--pid", "--fork", "/bin/true"]
  let arguments = words.map { strdup($0) }
  defer { for text in arguments { free(text) } }
  guard posix_spawn(&child, probe, nil, nil, arguments + [nil], [nil]) == 0 else { return false }
  var status: Int32 = 0
  waitpid(child, &status, 0)
  return status == 0
}()

private let hasPython = FileManager.default.isExecutableFile(atPath: "/usr/bin/python3")

@Suite("Execution", .serialized, .enabled(if: hasPython)) struct ExecutionTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let id: String
    let code: String
    let tests: String?
    let expected: Verification
    var testDescription: String { id }

    init(_ id: String, _ code: String, tests: String? = nil, _ expected: Verification) {
      self.id = id
      self.code = code
      self.tests = tests
      self.expected = expected
    }
  }

  private static let limits = ExecutionLimits(
    processorSeconds: 1, seconds: 2, memoryMebibytes: 256, fileMebibytes: 8, processes: 8)

  private static func run(
    _ output: String, tests: String? = nil, isolation: ExecutionIsolation = .namespaces,
    needsTests: Bool = true
  ) async throws -> Verification {
    let verifier = ExecutionVerifier(limits: limits, isolation: isolation, needsTests: needsTests)
    return try await verifier.verify(VerifiedOutput(input: "", output: output, tests: tests))
  }

  private static let unittest = """
    import unittest
    class T(unittest.TestCase):
        def test_a(self):
            self.assertEqual(f(2), 4)
    """

  private static let double = "def f(x):\n    return 2 * x\n"

  @Test(
    "code and its tests", .enabled(if: hasNamespaces),
    arguments: [
      Case("tests that come with it", double, tests: "assert f(2) == 4", .passed),
      Case("tests that fail", double, tests: "assert f(2) == 5", .failed("execution-failed")),
      Case("its own asserts", double + "assert f(2) == 4", .passed),
      Case("its own asserts fail", double + "assert f(2) == 5", .failed("execution-failed")),
      Case("no test", double, .failed("no-tests")),
      Case("test functions", double, tests: "def test_a():\n    assert f(2) == 4\n", .passed),
      Case(
        "test functions fail", double, tests: "def test_a():\n    assert f(2) == 5\n",
        .failed("execution-failed")),
      Case("test cases", double, tests: unittest, .passed),
      Case("test cases fail", "def f(x): return x\n", tests: unittest, .failed("execution-failed")),
      Case("unittest.main", double, tests: unittest + "\nunittest.main()\n", .passed),
      Case(
        "unittest.main fails", "def f(x): return x\n", tests: unittest + "\nunittest.main()\n",
        .failed("execution-failed")),
      Case(
        "from the future", "from __future__ import annotations\n" + double, tests: "assert f(2) == 4", .passed
      ),
      Case("a syntax error", "def f(x:", tests: "assert f(2) == 4", .failed("execution-failed")),
      Case(
        "ends before its tests", "import os\nos._exit(0)\n", tests: "assert 0",
        .failed("execution-incomplete")),
      Case(
        "leaves before its tests", "raise SystemExit\n", tests: "assert 0", .failed("execution-incomplete")),
      Case(
        "kills itself", "import os\nos.kill(os.getpid(), 9)\n", tests: "assert 1", .failed("execution-failed")
      ),
      Case("long output", "print('x' * 1000000)\n", tests: "assert 1", .passed),
      Case("letters of all kinds", "s = 'Grüße 日本 👩‍💻'\nprint(s)\n", tests: "assert len(s) > 5", .passed),
    ])
  func runs(_ item: Case) async throws {
    #expect(try await Self.run("Here:\n\n```python\n\(item.code)\n```\n", tests: item.tests) == item.expected)
  }

  @Test(
    "blocks", .enabled(if: hasNamespaces),
    arguments: [
      Case("none", "def f(x): return 2", .failed("no-code")),
      Case("another language", "```swift\nlet x = 1\n```", .failed("no-code")),
      Case("a second block is its test", "```py\nx = 1\n```\nand\n```py\nassert x == 1\n```", .passed),
      Case(
        "a second block fails", "```py\nx = 1\n```\nand\n```py\nassert x == 2\n```",
        .failed("execution-failed")),
      Case("a shell block is not", "```py\nx = 1\nassert x\n```\n```bash\nassert\n```", .passed),
      Case("no language", "```\nx = 1\nassert x\n```", .passed),
      Case("in a list", "1. Do\n   ```python\n   x = 1\n   assert x\n   ```\n", .passed),
      Case("never closed", "```python\nx = 1\nassert x", .passed),
    ])
  func finds(_ item: Case) async throws { #expect(try await Self.run(item.code) == item.expected) }

  private static let hostile = [
    Case("an endless loop", "while True: pass", .failed("execution-timeout")),
    Case("an endless sleep", "import time\ntime.sleep(99)", .failed("execution-timeout")),
    Case(
      "a fork bomb", "import os\nwhile True:\n  try: os.fork()\n  except OSError: pass",
      .failed("execution-timeout")),
    Case("a memory bomb", "x = []\nwhile True: x.append(bytearray(1 << 24))", .failed("execution-memory")),
    Case(
      "endless output", "import sys\nwhile True: sys.stdout.write('x' * 65536)", .failed("execution-timeout")),
    Case(
      "zombies",
      "import os\nfor n in range(99):\n  try:\n    if os.fork() == 0: os._exit(0)\n  except OSError: break",
      .passed),
    Case("a file beyond the limit", "open('x', 'wb').write(b'0' * (9 << 20))", .failed("execution-failed")),
    Case("reads its input", "import sys\nassert sys.stdin.read() == ''", .passed),
    Case("has no environment", "import os\nassert set(os.environ) <= {'LC_CTYPE'}", .passed),
  ]

  @Test("what is hostile is bounded", .enabled(if: hasNamespaces), arguments: hostile)
  func isBounded(_ item: Case) async throws {
    #expect(try await Self.run("```python\n\(item.code)\n```", needsTests: false) == item.expected)
  }

  @Test("limits hold without namespaces too", arguments: hostile)
  func isLimited(_ item: Case) async throws {
    let verification = try await Self.run(
      "```python\n\(item.code)\n```", isolation: .limits, needsTests: false)
    #expect(verification == item.expected)
  }

  @Test(
    "nothing outside is reached", .enabled(if: hasNamespaces),
    arguments: [
      Case("writes to the system", "open('/usr/flywheel', 'w')", .failed("execution-failed")),
      Case("writes to its program", "open('/program/x', 'w')", .failed("execution-failed")),
      Case("writes to the root", "open('/x', 'w')", .failed("execution-failed")),
      Case("reads accounts", "open('/etc/passwd')", .failed("execution-failed")),
      Case("sees processes", "import os\nos.listdir('/proc')", .failed("execution-failed")),
      Case(
        "sees homes", "import os\nassert not os.path.exists('/home') and not os.path.exists('/root')", .passed
      ),
      Case(
        "connects to this machine", "import socket\nsocket.create_connection(('127.0.0.1', 22), 1)",
        .failed("execution-failed")),
      Case(
        "connects elsewhere", "import socket\nsocket.create_connection(('192.0.2.1', 80), 1)",
        .failed("execution-failed")),
      Case(
        "makes namespaces of its own",
        "import ctypes\nc = ctypes.CDLL(None)\nassert c.unshare(0x10000000) != 0 and c.mount(b'none', b'/work', b'tmpfs', 0, None) != 0",
        .passed),
      Case(
        "fills the disk", "for n in range(9): open(str(n), 'wb').write(b'0' * (1 << 20))",
        .failed("execution-failed")),
      Case(
        "writes where it may", "open('/tmp/x', 'w').write('a')\nassert open('x').read() == 'a'", .passed
      ),
    ])
  func isApart(_ item: Case) async throws {
    #expect(try await Self.run("```python\n\(item.code)\n```", needsTests: false) == item.expected)
  }

  @Test("what it started ends with it", .enabled(if: hasNamespaces))
  func leavesNothing() async throws {
    let seconds = 90_000 + Int(getpid())
    let code = "import subprocess\nsubprocess.Popen(['/bin/sleep', '\(seconds)'], start_new_session=True)"
    #expect(try await Self.run("```python\n\(code)\n```", needsTests: false) == .passed)
    let lines = try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap {
      Int($0) == nil ? nil : try? String(contentsOfFile: "/proc/\($0)/cmdline", encoding: .utf8)
    }
    #expect(!lines.contains { $0.contains("sleep\0\(seconds)") })
  }

  @Test("a command that is not there is a fault")
  func needsCommand() async throws {
    let language = ExecutionLanguage(names: ["x"], command: ["/usr/bin/no-such-program"], file: "main.x")
    let verifier = ExecutionVerifier(languages: [language], isolation: .limits, needsTests: false)
    await #expect(throws: VerifierFault(.noCommand, place: "/usr/bin/no-such-program", detail: "2")) {
      _ = try await verifier.verify(VerifiedOutput(input: "", output: "```x\n1\n```"))
    }
  }

  @Test("another language", .enabled(if: hasNamespaces))
  func runsShell() async throws {
    let language = ExecutionLanguage(
      names: ["sh", "bash"], command: ["/bin/sh", "main.sh"], file: "main.sh")
    let verifier = ExecutionVerifier(languages: [language], limits: Self.limits, needsTests: false)
    func run(_ code: String) async throws -> Verification {
      try await verifier.verify(VerifiedOutput(input: "", output: "```bash\n\(code)\n```"))
    }
    #expect(try await run("test 3 = $((1 + 2))") == .passed)
    #expect(try await run("test 4 = $((1 + 2))") == .failed("execution-failed"))
  }
}
