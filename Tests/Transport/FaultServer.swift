import Foundation
import TestSupport
import Testing
import Transport

/// The server of `Server/faults.py`, started once for all tests; it ends with them.
struct FaultServer: Sendable {
  /// Whether there is what it needs.
  static let isAvailable = ["python3", "openssl"].allSatisfy { ChildProcess.find($0) != nil }

  private static let started = Result { try FaultServer() }

  static func running() throws -> FaultServer { try started.get() }

  private struct Places: Decodable {
    let first: Int
    let second: Int
    let tls: Int
    let hangup: Int
    let certificate: String
  }

  private let places: Places
  private let process: ChildProcess

  private init() throws {
    let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Server/faults.py")
    let python = try #require(ChildProcess.find("python3"))
    process = try ChildProcess(python, ["-B", script.path])
    places = try JSONDecoder().decode(Places.self, from: Data(process.line()))
  }

  var plain: String { "http://127.0.0.1:\(places.first)" }
  /// The same server on another port, which makes it another origin.
  var other: String { "http://127.0.0.1:\(places.second)" }
  var secure: String { "https://127.0.0.1:\(places.tls)" }
  /// Closes every connection as soon as it stands.
  var hangup: String { "https://127.0.0.1:\(places.hangup)" }
  var certificate: String { places.certificate }
}

/// What the server's `/echo` saw of a request.
struct Echo: Decodable {
  let method: String
  let path: String
  let headers: [[String]]
  let body: String
  let connection: Int

  init(_ response: HTTPResponse) throws {
    self = try JSONDecoder().decode(Echo.self, from: Data(response.body))
  }

  func header(_ name: String) -> String? { headers.first { $0.first == name }?.last }
}

extension TransportError {
  /// The error of a body that must throw one.
  static func thrown(
    _ location: SourceLocation = #_sourceLocation, by body: () async throws -> Any
  ) async throws -> TransportError {
    var caught: TransportError?
    do { _ = try await body() } catch let error as TransportError { caught = error }
    return try #require(caught, "nothing was thrown", sourceLocation: location)
  }
}
