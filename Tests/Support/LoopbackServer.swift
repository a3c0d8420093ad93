import Foundation
import FoundationNetworking

/// A server of `Tests/Contracts/servers` on a free port, ended with the value.
public final class LoopbackServer: Sendable {
  /// Its port.
  public let port: Int
  /// What else it printed when it was ready: texts by name.
  public let ready: [String: String]
  private let process: ChildProcess

  /// The folder of the servers.
  public static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("Contracts/servers").path

  /// Starts `NAME.py` with the Python of the search path, which needs no more than its standard library.
  /// - Parameters:
  ///   - name: the server.
  ///   - arguments: its arguments, beside the port.
  /// - Throws: ``ChildProcess/Failure`` if it does not start.
  public init(_ name: String, _ arguments: [String]) throws {
    guard let python = ChildProcess.find("python3") else {
      throw ChildProcess.Failure(description: "there is no python3")
    }
    process = try ChildProcess(python, ["-B", "\(Self.folder)/\(name).py", "--port", "0"] + arguments)
    guard let ready = try? JSONSerialization.jsonObject(with: Data(process.line())) as? [String: Any],
      let port = ready["port"] as? Int
    else { throw ChildProcess.Failure(description: "\(name).py did not start") }
    self.port = port
    self.ready = ready.compactMapValues { $0 as? String }
  }

  deinit {
    if let certificate = ready["certificate"] {
      try? FileManager.default.removeItem(atPath: (certificate as NSString).deletingLastPathComponent)
    }
  }

  /// Where it is.
  public var address: String { "\(ready["certificate"] == nil ? "http" : "https")://127.0.0.1:\(port)" }

  /// Sets a fault, or clears all: what stands in `json` is the server's own affair.
  public func control(_ json: String) async throws {
    guard let url = URL(string: "\(address)/__control") else { return }
    var request = URLRequest(url: url)
    request.httpMethod = "POST"
    request.httpBody = Data(json.utf8)
    _ = try await URLSession.shared.data(for: request)
  }
}
