import Catalog
import Foundation
import Lake
import Records
import TestSupport
import Testing
import Text
import Transport

@testable import Pull

/// The readers and connectors of Phoenix and MLflow on answers that the real servers gave.
@Suite("Recorded answers of Phoenix and MLflow") struct RecordedTests {
  private static func source(_ kind: SourceKind, _ address: String, project: String) -> SourceDefinition {
    var source = SourceDefinition(name: "recorded", path: "")
    source.kind = kind
    source.signals = ["rating": SignalRule(signal: .rating, from: SignalScale(low: 1, high: 5))]
    var service = ServiceParameters()
    service.address = address
    service.project = project
    service.pageSize = 2
    source.service = service
    let paths = ["attributes.metadata\\.prompt_version", "attributes.tag\\.tags", "tags.env"]
    source.metadata = paths.compactMap { FieldPath($0) }
    return source
  }

  private static func fixture(_ name: String) -> String { "\(Python.folder)/Fixtures/\(name)" }

  // MARK: Phoenix

  @Test("Phoenix: every span and annotation of five, page by page; then nothing new")
  func phoenix() async throws {
    let server = try ContractServer("recorded", [])
    let workshop = try Workshop()
    let source = Self.source(.phoenix, server.address, project: "recorded")
    let account = try await workshop.pull(source)
    try workshop.expect(Self.fixture("phoenix-expect.jsonl"), of: "recorded")
    #expect(account.unmappedSignals == ["quality": 1])
    #expect(account.quarantined.isEmpty)
    let again = try await workshop.pull(source)
    #expect(
      again.interactions.new + again.interactions.updated + again.feedback.new + again.feedback.updated == 0)
  }

  @Test("Phoenix: servers without annotations of traces and sessions give the rest")
  func oldPhoenix() async throws {
    let server = try ContractServer("recorded", [])
    try await server.control(#"{"fault":"old"}"#)
    let workshop = try Workshop()
    let account = try await workshop.pull(Self.source(.phoenix, server.address, project: "recorded"))
    #expect(account.interactions.new == 3)
    #expect(account.feedback.new == 6)
  }

  @Test("Phoenix: what is stamped with the running second waits for the next pull")
  func runningSecond() async throws {
    let server = try ContractServer("recorded", [])
    try await server.control(#"{"fault":"second"}"#)
    let workshop = try Workshop()
    let source = Self.source(.phoenix, server.address, project: "recorded")
    #expect(try await workshop.pull(source).feedback.new == 5)
    try await server.control(#"{"fault":"none"}"#)
    #expect(try await workshop.pull(source).feedback.new == 3)
    try workshop.expect(Self.fixture("phoenix-expect.jsonl"), of: "recorded")
  }

  struct Fault: Sendable, CustomTestStringConvertible {
    let kind: SourceKind
    let fault: String
    let project: String
    let code: SourceFault.Code
    var testDescription: String { "\(kind.rawValue) \(fault) \(project): \(code.rawValue)" }
  }

  @Test(
    "what cannot be read is said",
    arguments: [
      Fault(kind: .phoenix, fault: "loop", project: "recorded", code: .cursorLoop),
      Fault(kind: .phoenix, fault: "html", project: "recorded", code: .notJSON),
      Fault(kind: .phoenix, fault: "none", project: "other", code: .noProject),
      Fault(kind: .mlflow, fault: "old", project: "try", code: .tooOld),
      Fault(kind: .mlflow, fault: "html", project: "try", code: .notJSON),
      Fault(kind: .mlflow, fault: "none", project: "other", code: .noProject),
    ])
  func faults(_ fault: Fault) async throws {
    let server = try ContractServer("recorded", [])
    try await server.control(#"{"fault":"\#(fault.fault)"}"#)
    let workshop = try Workshop()
    let source = Self.source(fault.kind, server.address, project: fault.project)
    let found = await #expect(throws: (any Error).self) { _ = try await workshop.pull(source) }
    #expect(
      String(describing: found).contains(fault.code.rawValue) || (found as? SourceFault)?.code == fault.code)
  }

  // MARK: MLflow

  @Test("MLflow: every trace and assessment, long bodies in full", arguments: ["none", "no-batch"])
  func mlflow(_ fault: String) async throws {
    let server = try ContractServer("recorded", [])
    try await server.control(#"{"fault":"\#(fault)"}"#)
    let workshop = try Workshop()
    let account = try await workshop.pull(Self.source(.mlflow, server.address, project: "try"))
    try workshop.expect(Self.fixture("mlflow-expect.jsonl"), of: "recorded")
    #expect(account.quarantined.isEmpty)
    #expect(account.unmappedSignals == ["judge": 1, "expected_facts": 1, "err": 1])
    let long = try workshop.records(.interactions, of: "recorded")["tr-d928353ccf890ddceb9b2c6173acbb2d"]
    let question = String(repeating: "long ", count: 2000)
    #expect(long?["input"]?.canonical == #"[{"content":"\#(question)","role":"user"}]"#)
    let answer = String(repeating: "an answer ", count: 500)
    #expect(long?["output"]?.canonical == #"{"content":"\#(answer)","role":"assistant"}"#)
  }

  // MARK: Parts

  @Test(
    "seconds of HTTP's Date",
    arguments: [
      ("Mon, 23 Nov 2026 15:46:31 GMT", 1_795_448_791), ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
      ("Monday, 23-Nov-26 15:46:31 GMT", nil), ("Mon, 23 Foo 2026 15:46:31 GMT", nil), ("", nil),
    ] as [(String, Int64?)])
  func date(_ text: String, _ seconds: Int64?) { #expect(HTTPDate.seconds(text) == seconds) }

  @Test(
    "keys of flattened lists",
    arguments: [
      ("llm.input_messages.0.message.role", 0, "message.role"),
      ("llm.input_messages.12.message.role", 12, "message.role"),
      ("llm.input_messages.x.message.role", nil, ""), ("llm.input_messages..message", nil, ""),
      ("llm.input_messages.3", nil, ""), ("llm.input_messages.1234567.a", nil, ""),
      ("llm.output_messages.0.a", nil, ""),
    ] as [(String, Int?, String)])
  func path(_ key: String, _ place: Int?, _ rest: String) {
    var key = key
    key.withUTF8 { bytes in
      let found = OpenInferenceSpan.path(UnsafeRawBufferPointer(bytes), after: "llm.input_messages.")
      #expect(found?.place == place)
      #expect(found.map { String(decoding: $0.rest, as: UTF8.self) } ?? "" == rest)
    }
  }
}
