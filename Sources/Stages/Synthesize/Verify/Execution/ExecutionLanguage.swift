/// A programming language whose code can be run.
public struct ExecutionLanguage: Sendable, Hashable, Codable {
  /// What stands behind an opening fence, in lower case, such as `python`.
  public var names: [String]
  /// The program and its arguments; one that is the name of a file below becomes its path.
  public var command: [String]
  /// The file that takes the code and then its tests.
  public var file: String
  /// Other files by name; default none.
  ///
  /// `{done}` in one is a mark that must end the output, so that a program that ends early with exit code 0 has not
  /// passed.
  public var otherFiles: [String: String]

  /// Describes a language.
  public init(names: [String], command: [String], file: String, otherFiles: [String: String] = [:]) {
    self.names = names
    self.command = command
    self.file = file
    self.otherFiles = otherFiles
  }

  /// Python of the system, with `-I`, which keeps it from reading anything of a user's.
  ///
  /// Besides what the code runs itself, functions `test_…` without parameters and test cases of `unittest` are run.
  public static let python = ExecutionLanguage(
    names: ["python", "py", "python3"], command: ["/usr/bin/python3", "-I", "-B", "run.py"], file: "main.py",
    otherFiles: [
      "run.py": """
      import os, sys, runpy
      if __name__ == "__main__":
          folder = os.path.dirname(os.path.abspath(__file__))
          with open(os.path.join(folder, "main.py")) as file:
              uses = "unittest" in file.read()
          ran = []
          if uses:
              import unittest
              run = unittest.main
              def main(*words, **named):
                  named["exit"] = False
                  ran.append(run(*words, **named).result.wasSuccessful())
              unittest.main = main
          names = runpy.run_path(os.path.join(folder, "main.py"), run_name="__main__")
          for name, value in list(names.items()):
              code = getattr(value, "__code__", None)
              if name.startswith("test") and code is not None and code.co_argcount == 0:
                  value()
          if uses and not ran:
              cases = [value for value in names.values() if isinstance(value, type)
                       and issubclass(value, unittest.TestCase) and value is not unittest.TestCase]
              tests = unittest.TestSuite(map(unittest.defaultTestLoader.loadTestsFromTestCase, cases))
              ran.append(unittest.TextTestRunner().run(tests).wasSuccessful())
          if not all(ran):
              sys.exit(1)
          sys.stdout.flush()
          print("\\n{done}", flush=True)

      """
    ])
}

/// What a program may use.
///
/// All its processes together may use `memoryMebibytes` × `processes` of memory, and `fileMebibytes` for files.
public struct ExecutionLimits: Sendable, Hashable, Codable {
  /// Seconds of processor time of each process, 1 or more; default 5.
  public var processorSeconds: Int
  /// Seconds from start to end, 1 or more; default 10.
  public var seconds: Int
  /// MiB of address space of each process, 16 or more; default 512, of which Python takes about 20 for itself.
  public var memoryMebibytes: Int
  /// MiB of a file, and of all files together where it is isolated, 1 or more; default 16.
  public var fileMebibytes: Int
  /// Processes and threads at a time, 2 or more; default 8.
  public var processes: Int

  /// Sets limits; numbers below the least are taken as the least.
  public init(
    processorSeconds: Int = 5, seconds: Int = 10, memoryMebibytes: Int = 512, fileMebibytes: Int = 16,
    processes: Int = 8
  ) {
    self.processorSeconds = max(1, processorSeconds)
    self.seconds = max(1, seconds)
    self.memoryMebibytes = max(16, memoryMebibytes)
    self.fileMebibytes = max(1, fileMebibytes)
    self.processes = max(2, processes)
  }
}

/// What parts a program from the machine.
public enum ExecutionIsolation: String, Sendable, CaseIterable, Codable {
  /// Namespaces of Linux: no network, no process and no file but the system's, read only.
  case namespaces
  /// Limits only: it may open connections, read what its user may, and leave a process behind. Where flywheel runs
  /// as root it is the user 65534. For a machine of its own, such as a container.
  case limits
}
