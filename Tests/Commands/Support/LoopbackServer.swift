import Foundation
import FoundationNetworking
import Testing

/// A server of `Tests/Contracts/servers`, ended with the value.
final class LoopbackServer: Sendable {
  /// The secret that it lets in.
  static let secret = "sk-lf-71d3-the-secret-of-the-tests"
  private let port: Int
  private let process: Process

  var address: String { "http://127.0.0.1:\(port)" }
  /// What a definition needs that says `$CHAT_ADDRESS` and leaves the keys to the vendor's own variables.
  var environment: [String: String] {
    [
      "CHAT_ADDRESS": address, "LANGFUSE_SECRET_KEY": Self.secret, "LANGFUSE_PUBLIC_KEY": "pk-lf-test",
      "FLYWHEEL_RETRIES": "1",
    ]
  }

  /// Starts Langfuse's server on a free port, whose rows were written long before any test runs.
  init(rows: Int = 20) throws {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
    let python = path.split(separator: ":").map { "\($0)/python3" }.first {
      FileManager.default.isExecutableFile(atPath: $0)
    }
    process = Process()
    process.executableURL = URL(filePath: try #require(python, "there is no python3"))
    process.arguments = [
      Repository.root.appending(path: "Tests/Contracts/servers/langfuse.py").path, "--port", "0", "--rows",
      "\(rows)",
      "--key", Self.secret, "--now", "2026-06-20T12:00:00Z",
    ]
    let output = Pipe()
    process.standardOutput = output
    process.standardInput = FileHandle.nullDevice
    // An inherited one would keep the test runner waiting for a server that outlives its test.
    process.standardError = FileHandle.nullDevice
    try process.run()
    var line: [UInt8] = []
    while let byte = try output.fileHandleForReading.read(upToCount: 1)?.first, byte != 0x0A {
      line.append(byte)
    }
    port = try #require(try JSONDocument(Data(line))["port"]?.int, "the server did not start")
  }

  deinit { process.terminate() }

  /// Sets a fault, or clears all.
  func control(_ json: String) async throws {
    var request = URLRequest(url: try #require(URL(string: "\(address)/__control")))
    request.httpMethod = "POST"
    request.httpBody = Data(json.utf8)
    _ = try await URLSession.shared.data(for: request)
  }
}

extension Workbench {
  /// A project with one source of Langfuse's kind, which a pipeline pulls.
  convenience init(chat name: String) throws {
    try self.init(empty: name)
    try write("Pipelines/nightly.yaml", "steps:\n- pull: {source: chat}\n")
    try write("Pipelines/sources/chat.yaml", "kind: langfuse\naddress: $CHAT_ADDRESS\nsince: 2026-06-01\n")
  }
}
