import Catalog
import Foundation
import GRDB
import Records
import TestSupport
import Testing

@testable import Pull

@Suite("OpenTelemetry files") struct OpenTelemetryTests {
  let workshop: Workshop
  let source: SourceDefinition

  init() throws {
    workshop = try Workshop()
    var source = SourceDefinition(name: "otel", path: workshop.at("files/*.json"))
    source.kind = .otlp
    self.source = source
  }

  /// Has the files written; with the packages of OpenTelemetry, where they are there.
  private func write(_ variant: String, rows: Int = 126, seed: Int = 1) async throws {
    let python = try Python.withClients ?? #require(ChildProcess.find("python3"))
    try await Python.run(
      python, "servers/otlp_files.py",
      [
        "--folder", workshop.at("files"), "--variant", variant, "--rows", "\(rows)", "--seed", "\(seed)",
        "--expect", workshop.at("expect.jsonl"),
      ])
  }

  /// Feedback whose interaction is not there.
  private func dangling() throws -> Int {
    try DatabaseQueue(path: workshop.at("catalog.sqlite")).read { db in
      try Int.fetchOne(
        db,
        sql:
          "SELECT count(*) FROM feedback WHERE target IS NULL OR target NOT IN (SELECT id FROM interactions)")
    } ?? -1
  }

  @Test(
    "all calls and opinions are read from each variant",
    arguments: ["plain", "frames", "native", "native-frames"])
  func variants(_ variant: String) async throws {
    try await write(variant)
    let account = try await workshop.pull(source)
    #expect(account.quarantined == [:])
    #expect(account.unfinished == 0)
    #expect(account.interactions.new == 126)
    try workshop.expect(workshop.at("expect.jsonl"), of: "otel")
    #expect(try dangling() == 0)
    let again = try await workshop.pull(source)
    #expect(again.filesRead == 0)
  }

  @Test("a live file is read to its last whole message, and on from there", arguments: ["plain", "frames"])
  func live(_ variant: String) async throws {
    try await write(variant)
    for name in ["traces", "logs"] {
      let path = workshop.at("files/\(name).json")
      let whole = try Data(contentsOf: URL(fileURLWithPath: path))
      try whole.prefix(whole.count * 2 / 3 + 1).write(to: URL(fileURLWithPath: path))
      try whole.write(to: URL(fileURLWithPath: workshop.at(name)))
    }
    let first = try await workshop.pull(source)
    #expect(first.quarantined == [:])
    #expect(first.unfinished == 2)
    #expect(first.interactions.new > 60 && first.interactions.new < 126)
    for name in ["traces", "logs"] {
      let whole = try Data(contentsOf: URL(fileURLWithPath: workshop.at(name)))
      let handle = try #require(FileHandle(forWritingAtPath: workshop.at("files/\(name).json")))
      try handle.write(contentsOf: whole)
      try handle.close()
    }
    let second = try await workshop.pull(source)
    #expect(second.quarantined == [:])
    #expect(second.interactions.new == 126 - first.interactions.new)
    #expect(second.bytes < first.bytes)
    try workshop.expect(workshop.at("expect.jsonl"), of: "otel")
  }

  @Test("feedback may be read before what it is about")
  func feedbackFirst() async throws {
    try await write("plain")
    try FileManager.default.moveItem(atPath: workshop.at("files/traces.json"), toPath: workshop.at("traces"))
    _ = try await workshop.pull(source)
    #expect(try dangling() > 10)
    try FileManager.default.moveItem(atPath: workshop.at("traces"), toPath: workshop.at("files/traces.json"))
    _ = try await workshop.pull(source)
    #expect(try dangling() == 0)
    try workshop.expect(workshop.at("expect.jsonl"), of: "otel")
  }

  @Test("a bad span sends its line to quarantine and leaves the others")
  func badSpan() async throws {
    let text = { (span: String, time: String, role: String) in
      """
      {"traceId":"t1","spanId":"\(span)","startTimeUnixNano":\(time),"attributes":[\
      {"key":"gen_ai.input.messages","value":{"stringValue":"[{\\"role\\":\\"\(role)\\",\\"content\\":\\"a\\"}]"}},\
      {"key":"gen_ai.output.messages","value":{"stringValue":"b"}}]}
      """
    }
    let spans = [
      text("s1", "\"1795341600000000000\"", "user"), text("s2", "\"soon\"", "user"),
      text("s3", "1795341600000000000", "user"), text("", "1795341600000000000", "user"),
    ]
    let line = "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[\(spans.joined(separator: ","))]}]}]}\n"
    try FileManager.default.createDirectory(atPath: workshop.at("files"), withIntermediateDirectories: true)
    try Data((line + "{\"resourceMetrics\":[]}\n").utf8).write(
      to: URL(fileURLWithPath: workshop.at("files/a.json")))
    let account = try await workshop.pull(source)
    #expect(account.quarantined == ["bad-time": 1])
    #expect(account.unmatched == 1)
    #expect(try Set(workshop.records(.interactions, of: "otel").keys) == ["t1-s1", "t1-s3"])
  }

  @Test("damage in a frame is one line in quarantine, and the rest waits for a whole file")
  func damage() async throws {
    try await write("frames", rows: 63)
    let path = workshop.at("files/traces.json")
    var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    bytes[bytes.count - 40] ^= 0xFF
    try bytes.write(to: URL(fileURLWithPath: path))
    let account = try await workshop.pull(source)
    #expect(account.quarantined == ["corrupt-stream": 1])
    #expect(account.interactions.new > 30)
  }
}
