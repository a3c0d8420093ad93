import Catalog
import Foundation
import FoundationNetworking
import TestSupport
import Testing
import Transport

@testable import Pull

/// What a server is told to do wrong, and what a pull must make of it.
struct FaultCase: Sendable, CustomTestStringConvertible {
  enum Outcome: Sendable {
    /// The pull ends well.
    case heals
    /// The answer's status is the error.
    case status(Int)
    /// The source is at fault.
    case fault(SourceFault.Code)
  }

  let testDescription: String
  /// What is posted to the server's control.
  let json: String
  let outcome: Outcome

  init(_ id: String, _ json: String, _ outcome: Outcome) {
    testDescription = id
    self.json = json
    self.outcome = outcome
  }

  /// Faults that any service may have; `path` is of the interactions, of which there are at least four pages.
  static func common(_ path: String) -> [FaultCase] {
    func fault(_ id: String, _ members: String, _ outcome: Outcome) -> FaultCase {
      FaultCase(id, #"{"path":"\#(path)",\#(members)}"#, outcome)
    }
    return [
      fault(
        "429 with Retry-After", #""fault":"status","status":429,"retry_after":"0","after":1,"times":2"#,
        .heals),
      fault("429 without Retry-After", #""fault":"status","status":429,"after":1,"times":1"#, .heals),
      fault(
        "429 for an hour", #""fault":"status","status":429,"retry_after":"3600","after":2"#, .status(429)),
      fault("503 once", #""fault":"status","status":503,"after":1,"times":1"#, .heals),
      fault(
        "503 for an hour", #""fault":"status","status":503,"retry_after":"3600","after":2"#, .status(503)),
      fault("cut in the middle of a page", #""fault":"cut","after":1,"times":1"#, .heals),
      fault("half a document", #""fault":"garbage","after":2"#, .fault(.notJSON)),
      fault("HTML from the start", #""fault":"html""#, .fault(.notJSON)),
      fault("HTML later", #""fault":"html","after":2"#, .fault(.notJSON)),
      fault("401 later", #""fault":"status","status":401,"after":2"#, .status(401)),
      fault("404 later", #""fault":"status","status":404,"after":2"#, .status(404)),
      fault("a page out of order", #""fault":"shuffle""#, .heals),
    ]
  }

  /// Faults of services that page by cursor.
  static func cursors(_ path: String) -> [FaultCase] {
    [
      FaultCase(
        "a cursor that loops", #"{"path":"\#(path)","fault":"loop_cursor","after":2}"#, .fault(.cursorLoop)),
      FaultCase(
        "a page that comes twice", #"{"path":"\#(path)","fault":"repeat_page","after":2,"times":1}"#, .heals),
    ]
  }

  /// Pulls with the fault and without, and expects in the end what the server wrote down: nothing lost,
  /// nothing doubled, and a third time nothing new.
  func check(
    _ server: ContractServer, _ source: SourceDefinition, environment: [String: String], expect file: String,
    in workshop: Workshop
  ) async throws {
    try await server.control(json)
    switch outcome {
    case .heals:
      let account = try await workshop.pull(source, environment: environment)
      #expect(account.quarantined.isEmpty)
      try workshop.expect(file, of: source.name)
    case .status(let status):
      let error = await #expect(throws: ServiceError.self) {
        _ = try await workshop.pull(source, environment: environment)
      }
      #expect(error?.error.status == status)
    case .fault(let code):
      let error = await #expect(throws: SourceFault.self) {
        _ = try await workshop.pull(source, environment: environment)
      }
      #expect(error?.code == code)
    }
    try await server.control(#"{"clear":true}"#)
    _ = try await workshop.pull(source, environment: environment)
    try workshop.expect(file, of: source.name)
    let third = try await workshop.pull(source, environment: environment)
    #expect(third.interactions.new + third.interactions.updated == 0)
    #expect(third.feedback.new + third.feedback.updated == 0)
  }
}

/// Keeps servers until a test has ended.
final class ServerKeeper {
  private var servers: [ContractServer] = []

  /// Starts a server; see ``ContractServer``.
  func start(_ name: String, _ arguments: [String]) throws -> ContractServer {
    let server = try ContractServer(name, arguments)
    servers.append(server)
    return server
  }
}

extension ContractServer {
  /// One request that the server got.
  struct Received: Decodable {
    let method: String
    let path: String
    let query: [String: [String]]
    /// The names of the headers, in lower case.
    let headers: [String]
    let body: Body?

    /// What is looked at of bodies.
    struct Body: Decodable {
      let min_start_time: String?
      let start_time: String?
    }
  }

  /// The requests since the last `clear`.
  func requests() async throws -> [Received] {
    let url = try #require(URL(string: "\(address)/__requests"))
    return try JSONDecoder().decode([Received].self, from: try await URLSession.shared.data(from: url).0)
  }
}
