import Catalog
import Foundation
import Records
import TestSupport
import Testing
import Transport

@testable import Pull

@Suite("Langfuse") struct LangfuseTests {
  static let environment = ["LANGFUSE_PUBLIC_KEY": "pk-lf-test", "LANGFUSE_SECRET_KEY": "test-key"]
  static let openAPI = ProcessInfo.processInfo.environment["FLYWHEEL_TEST_DATA"].map {
    "\($0)/langfuse/openapi.yml"
  }

  let workshop: Workshop
  let servers = ServerKeeper()
  let expected: String

  init() throws {
    workshop = try Workshop()
    expected = workshop.at("expected.jsonl")
  }

  func server(_ arguments: String...) throws -> ContractServer {
    try servers.start("langfuse", ["--rows", "150", "--max-page", "40", "--expect", expected] + arguments)
  }

  static func source(_ server: ContractServer) -> SourceDefinition {
    var source = SourceDefinition(name: "lf", path: "")
    source.kind = .langfuse
    source.service = ServiceParameters()
    source.service?.address = server.address
    return source
  }

  func pull(_ source: SourceDefinition, _ environment: [String: String] = environment) async throws
    -> PullAccount
  {
    try await workshop.pull(source, environment: environment)
  }

  private func client(_ server: ContractServer, _ generation: String, _ interpreter: String?) throws {
    var arguments = [server.address, expected, "--generation", generation]
    if let openAPI = Self.openAPI, FileManager.default.fileExists(atPath: openAPI) {
      arguments += ["--openapi", openAPI]
    }
    let (code, output) = try Python.client("langfuse", arguments, interpreter: interpreter)
    #expect(code == 0, "\(output)")
  }

  // MARK: API

  @Test("version 4: every row and score, the newest state of each, and once")
  func current() async throws {
    let server = try server("--changing", "--gzip")
    let source = Self.source(server)
    let account = try await pull(source)
    try workshop.expect(expected, of: "lf")
    #expect(account.quarantined.isEmpty)
    // Evaluators' scores are counted by name, even under a thumb's.
    #expect(Set(account.unmappedSignals.keys) == ["toxicity", "topic", "user-feedback"])
    let again = try await pull(source)
    #expect(again.interactions.new + again.interactions.updated + again.feedback.new == 0)
  }

  @Test("before version 4: whose an observation is comes from its trace")
  func older() async throws {
    let server = try server("--generation", "legacy")
    let source = Self.source(server)
    let account = try await pull(source)
    try workshop.expect(expected, of: "lf")
    #expect(account.quarantined.isEmpty)
    let requests = try await server.requests()
    #expect(requests.contains { $0.path == "/api/public/v2/observations" })
    // Listed with their pages, not asked for one by one.
    #expect(!requests.contains { $0.path.hasPrefix("/api/public/traces/") })
    #expect(try await pull(source).interactions.new == 0)
  }

  @Test("before version 4: the answer 501 of older servers counts as absence")
  func notImplemented() async throws {
    let server = try server("--generation", "legacy")
    try await server.control(#"{"path":"v2/observations","fault":"status","status":501}"#)
    let account = try await pull(Self.source(server))
    try workshop.expect(expected, of: "lf")
    #expect(account.retries == 0)
  }

  @Test("before version 4: traces that listing does not show are asked for")
  func olderTraces() async throws {
    let server = try server("--generation", "legacy", "--early-traces")
    _ = try await pull(Self.source(server))
    try workshop.expect(expected, of: "lf")
    let single = try await server.requests().filter { $0.path.hasPrefix("/api/public/traces/") }
    #expect(single.count == 75)
  }

  @Test("metadata that the definition asks for comes whole")
  func metadata() async throws {
    let server = try server()
    var source = Self.source(server)
    source.metadata = [try #require(FieldPath("metadata.note")), try #require(FieldPath("tags"))]
    _ = try await pull(source)
    let records = try workshop.records(.interactions, of: "lf")
    #expect(records.count == 150)
    // The server's text is 12 times 26 characters, and cut at 200 unless its key is named.
    let note = String(repeating: "The customer wrote twice. ", count: 12)
    #expect(records.values.allSatisfy { $0["metadata"]?.canonical.contains("\"note\":\"\(note)\"") == true })
    #expect(
      records.values.contains { $0["metadata"]?.canonical.contains(#""tags":["support","beta"]"#) == true })
  }

  @Test("other types of observations on request, and none besides")
  func types() async throws {
    let server = try server()
    var source = Self.source(server)
    source.service?.types = ["TOOL", "EVENT"]
    let account = try await pull(source)
    // Of nine shapes one calls a tool.
    #expect(account.interactions.new == 16)
  }

  @Test("the vendor's client reads the same server", .enabled(if: Python.withClients != nil))
  func currentClient() throws { try client(server("--changing"), "new", nil) }

  @Test("the vendor's older client reads the older server", .enabled(if: Python.withOlderLangfuse != nil))
  func olderClientReads() throws {
    try client(server("--generation", "legacy"), "legacy", Python.withOlderLangfuse)
  }

  // MARK: Faults

  @Test(
    "faults of version 4",
    arguments: FaultCase.common("v2/observations") + FaultCase.cursors("v2/observations"))
  func faults(_ fault: FaultCase) async throws {
    let server = try server()
    try await fault.check(
      server, Self.source(server), environment: Self.environment, expect: expected, in: workshop)
  }

  @Test(
    "faults while scores are read",
    arguments: FaultCase.cursors("v3/scores") + [
      FaultCase("cut", #"{"path":"v3/scores","fault":"cut","after":1,"times":1}"#, .heals),
      FaultCase("HTML", #"{"path":"v3/scores","fault":"html","after":1}"#, .fault(.notJSON)),
    ])
  func scoreFaults(_ fault: FaultCase) async throws {
    let server = try server()
    try await fault.check(
      server, Self.source(server), environment: Self.environment, expect: expected, in: workshop)
  }

  @Test("faults before version 4", arguments: FaultCase.common("public/observations"))
  func olderFaults(_ fault: FaultCase) async throws {
    let server = try server("--generation", "legacy")
    try await fault.check(
      server, Self.source(server), environment: Self.environment, expect: expected, in: workshop)
  }

  @Test("keys that are refused", arguments: [("wrong", 401), ("forbidden", 403)])
  func keys(_ key: String, _ status: Int) async throws {
    let source = Self.source(try server())
    var environment = Self.environment
    environment["LANGFUSE_SECRET_KEY"] = key
    let error = await #expect(throws: ServiceError.self) { _ = try await pull(source, environment) }
    #expect(error?.error.status == status)
    #expect(error?.secrets.contains(.variable("LANGFUSE_SECRET_KEY")) == true)
  }

  @Test("an address of something else: both interfaces are tried, and the 404 is the error")
  func elsewhere() async throws {
    let server = try server()
    var source = Self.source(server)
    source.service?.address = server.address + "/elsewhere"
    let error = await #expect(throws: ServiceError.self) { _ = try await pull(source) }
    #expect(error?.error.status == 404)
    #expect(try await server.requests().count == 2)
  }

  @Test("a redirect to another host: the key is not sent along")
  func redirect() async throws {
    let server = try server()
    let other = try servers.start("langfuse", ["--rows", "3"])
    try await server.control(
      #"{"fault":"redirect","to":"http://localhost:\#(other.port)/api/public/v2/observations"}"#)
    await #expect(throws: (any Error).self) { _ = try await pull(Self.source(server)) }
    #expect(try await other.requests().allSatisfy { !$0.headers.contains("authorization") })
  }

  // MARK: Blob exports

  private func export(_ arguments: String...) throws -> String {
    let folder = workshop.at("export")
    let (code, output) = try Python.run(
      try #require(ChildProcess.find("python3")),
      ["\(Python.folder)/servers/langfuse.py", "--rows", "150", "--blob", folder, "--expect", expected]
        + arguments)
    #expect(code == 0, "\(output)")
    return folder
  }

  private func files(_ path: String) -> SourceDefinition {
    var source = SourceDefinition(name: "lf", path: path)
    source.kind = .langfuse
    return source
  }

  @Test(
    "a blob export: observations and scores of all finished windows, by folder or pattern",
    arguments: [("", []), ("/project-1", ["--gzip"])])
  func blob(_ below: String, _ arguments: [String]) async throws {
    let folder = try arguments.isEmpty ? export() : export("--gzip")
    let source = files(folder + below)
    let account = try await pull(source)
    try workshop.expect(expected, of: "lf")
    #expect(account.quarantined.isEmpty)
    // Two tables of two windows; the third window has no manifest yet.
    #expect(account.files == 4)
    #expect(try await pull(source).filesRead == 0)
  }

  @Test("a blob export that is being copied: a file waits for its manifest and for its last byte")
  func blobUnderWay() async throws {
    let folder = try export() + "/project-1"
    let source = files(folder)
    let scores = "\(folder)/scores/2026-11-20T00-00-00.jsonl"
    let whole = try Data(contentsOf: URL(fileURLWithPath: scores))
    try whole.prefix(whole.count / 2).write(to: URL(fileURLWithPath: scores))
    #expect(try await pull(source).files == 3)
    try whole.write(to: URL(fileURLWithPath: scores))
    #expect(try await pull(source).filesRead == 1)
    try workshop.expect(expected, of: "lf")
    // The manifest of the third window comes last, and lets its file in.
    try Data(#"{"files":[]}"#.utf8).write(
      to: URL(fileURLWithPath: "\(folder)/manifests/2026-11-20T12-00-00.json"))
    #expect(try await pull(source).interactions.new == 1)
  }

  @Test("a blob export without manifests is read as it is, and files older than the first manifest are")
  func blobWithoutManifests() async throws {
    let folder = try export() + "/project-1"
    try FileManager.default.removeItem(atPath: "\(folder)/manifests/2026-11-18T00-00-00.json")
    #expect(try await pull(files(folder)).files == 4)
    try FileManager.default.removeItem(atPath: "\(folder)/manifests")
    #expect(try await pull(files(folder)).files == 5)
  }
}
