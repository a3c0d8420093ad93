import Foundation
import TestSupport
import Testing
import Transport

@testable import Pull

/// What a pull does after one that did not come to its end.
@Suite("Going on") struct ResumeTests {
  private let workshop: Workshop
  private let server: ContractServer
  private let source: SourceDefinition

  init() async throws {
    workshop = try Workshop()
    server = try ContractServer(
      "langfuse", ["--rows", "40", "--max-page", "10", "--expect", workshop.at("expected.jsonl")])
    source = LangfuseTests.source(server)
    try await server.control(
      #"{"fault":"status","status":401,"path":"observations","after":2,"times":1}"#)
    do {
      _ = try await workshop.pull(source, environment: LangfuseTests.environment)
      Issue.record("the server's refusal was not noticed")
    } catch let error as ServiceError {
      #expect(error.error.status == 401)
    }
    try await server.control(#"{"clear":true}"#)
  }

  /// The starts of the windows that a pull at a time asks for, of interactions.
  private func windows(at now: String) async throws -> [String] {
    _ = try await workshop.pull(source, environment: LangfuseTests.environment, now: now)
    try workshop.expect(workshop.at("expected.jsonl"), of: "lf")
    return try await server.requests().filter { $0.path.contains("observations") }
      .map { ($0.query["fromStartTime"]?.first ?? "") + ($0.query["cursor"] == nil ? "" : " on") }
  }

  /// Forty rows in pages of ten, each of which repeats the last row of the one before: five, of which two were read.
  private static let rest = Array(repeating: "2026-10-24T00:00:00.000Z on", count: 3)

  @Test("soon after, it goes on with the next page, and that is all") func soon() async throws {
    let windows = try await windows(at: "2026-11-23T00:59:00Z")
    #expect(windows == Self.rest)
  }

  @Test("a day after, it then reads what came since, from the old window's end less the look-back")
  func later() async throws {
    let windows = try await windows(at: "2026-11-24T00:00:00Z")
    #expect(Array(windows.prefix(3)) == Self.rest)
    #expect(windows.dropFirst(3).first == "2026-11-16T00:00:00.000Z")
  }
}
