import Catalog
import Foundation
import Records
import TestSupport
import Testing
import Transport

@testable import Pull

@Suite("LangSmith") struct LangSmithTests {
  static let environment = ["LANGSMITH_API_KEY": "test-key"]

  let workshop: Workshop
  let servers = ServerKeeper()
  let expected: String

  init() throws {
    workshop = try Workshop()
    expected = workshop.at("expected.jsonl")
  }

  func server(_ arguments: String...) throws -> ContractServer {
    try servers.start("langsmith", ["--rows", "150", "--max-page", "40", "--expect", expected] + arguments)
  }

  static func source(_ server: ContractServer) -> SourceDefinition {
    var source = SourceDefinition(name: "ls", path: "")
    source.kind = .langsmith
    source.service = ServiceParameters()
    source.service?.address = server.address
    source.service?.project = "support"
    source.service?.requestsPerMinute = 60_000
    return source
  }

  func pull(_ source: SourceDefinition, _ environment: [String: String] = environment) async throws
    -> PullAccount
  {
    try await workshop.pull(source, environment: environment)
  }

  @Test("every run and feedback of the project, once; a pending run when it has ended")
  func current() async throws {
    let server = try server("--changing", "--gzip")
    let source = Self.source(server)
    let account = try await pull(source)
    try workshop.expect(expected, of: "ls")
    #expect(account.quarantined.isEmpty)
    #expect(Set(account.unmappedSignals.keys) == ["correctness", "topic", "user_feedback"])
    let requests = try await server.requests()
    // Left out, it would be one day ago.
    let queries = requests.filter { $0.path == "/api/v2/runs/query" }
    #expect(queries.count >= 4)
    #expect(queries.allSatisfy { $0.body?.min_start_time == "2026-10-24T00:00:00.000Z" })
    #expect(requests.filter { $0.path == "/api/v1/sessions" }.count == 1)
    let again = try await pull(source)
    #expect(again.interactions.new + again.interactions.updated + again.feedback.new == 0)
  }

  @Test("version 1 where version 2 is not there")
  func older() async throws {
    let server = try server("--generation", "legacy")
    let account = try await pull(Self.source(server))
    try workshop.expect(expected, of: "ls")
    #expect(account.quarantined.isEmpty)
    let queries = try await server.requests().filter { $0.path == "/api/v1/runs/query" }
    #expect(queries.count >= 4)
    #expect(queries.allSatisfy { $0.body?.start_time == "2026-10-24T00:00:00.000Z" })
  }

  @Test("a project by its id, an address with /api, and a workspace")
  func places() async throws {
    let server = try server()
    var source = Self.source(server)
    source.service?.address += "/api"
    source.service?.project = server.ready["project_id"]
    source.service?.workspace = "w-1"
    _ = try await pull(source)
    try workshop.expect(expected, of: "ls")
    let requests = try await server.requests()
    #expect(!requests.contains { $0.path == "/api/v1/sessions" })
    #expect(requests.allSatisfy { $0.headers.contains("x-tenant-id") })
  }

  @Test("a project that is not there")
  func noProject() async throws {
    var source = Self.source(try server())
    source.service?.project = "supprt"
    let error = await #expect(throws: SourceFault.self) { _ = try await pull(source) }
    #expect(error == SourceFault(.noProject, source: "ls", detail: "supprt"))
  }

  @Test("other types of runs on request")
  func types() async throws {
    let server = try server()
    var source = Self.source(server)
    source.service?.types = ["tool"]
    #expect(try await pull(source).interactions.new == 16)
  }

  @Test(
    "the vendor's client reads the same server", .enabled(if: Python.withClients != nil),
    arguments: ["new", "legacy"])
  func client(_ generation: String) throws {
    let server = try server("--generation", generation)
    let (code, output) = try Python.client(
      "langsmith", [server.address, expected, "--generation", generation])
    #expect(code == 0, "\(output)")
  }

  // MARK: Faults

  @Test("faults of version 2", arguments: FaultCase.common("v2/runs") + FaultCase.cursors("v2/runs"))
  func faults(_ fault: FaultCase) async throws {
    let server = try server()
    try await fault.check(
      server, Self.source(server), environment: Self.environment, expect: expected, in: workshop)
  }

  @Test("faults of version 1", arguments: FaultCase.cursors("v1/runs"))
  func olderFaults(_ fault: FaultCase) async throws {
    let server = try server("--generation", "legacy")
    try await fault.check(
      server, Self.source(server), environment: Self.environment, expect: expected, in: workshop)
  }

  @Test(
    "faults while feedback is read",
    arguments: [
      FaultCase("out of order", #"{"path":"feedback","fault":"shuffle"}"#, .heals),
      FaultCase("cut", #"{"path":"feedback","fault":"cut","after":1,"times":1}"#, .heals),
      FaultCase("HTML", #"{"path":"feedback","fault":"html","after":1}"#, .fault(.notJSON)),
      FaultCase(
        "no array", #"{"path":"feedback","fault":"status","status":200,"body":"{}"}"#, .fault(.badAnswer)),
    ])
  func feedbackFaults(_ fault: FaultCase) async throws {
    let server = try server()
    try await fault.check(
      server, Self.source(server), environment: Self.environment, expect: expected, in: workshop)
  }

  @Test("keys that are refused", arguments: [("wrong", 401), ("forbidden", 403)])
  func keys(_ key: String, _ status: Int) async throws {
    let source = Self.source(try server())
    let error = await #expect(throws: ServiceError.self) {
      _ = try await pull(source, ["LANGSMITH_API_KEY": key])
    }
    #expect(error?.error.status == status)
    #expect(error?.secrets == [.variable("LANGSMITH_API_KEY")])
  }
}
