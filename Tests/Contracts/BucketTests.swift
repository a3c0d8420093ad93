import Catalog
import Foundation
import Records
import TestSupport
import Testing
import Transport

@testable import Pull

@Suite("Objects of a bucket") struct BucketTests {
  let workshop: Workshop
  let folder: String
  let server: LoopbackServer

  init() throws {
    workshop = try Workshop()
    folder = workshop.at("bucket")
    try FileManager.default.createDirectory(
      atPath: "\(folder)/calls/day 1", withIntermediateDirectories: true)
    server = try LoopbackServer("bucket", ["--folder", folder, "--page", "40"])
  }

  private var environment: [String: String] {
    [
      "AWS_ACCESS_KEY_ID": "KEY", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_ENDPOINT_URL": server.address,
    ]
  }

  private func source(_ path: String, _ kind: SourceKind = .litellm) -> SourceDefinition {
    var source = SourceDefinition(name: "gateway", path: path)
    source.kind = kind
    return source
  }

  /// A logging payload of LiteLLM, on one line or, as some callbacks write it, on several.
  private func payload(_ number: Int, answer: String = "yes", pretty: Bool = false) -> String {
    let line = """
      {"id": "call-\(number)", "call_type": "completion", "status": "success", "startTime": 1795341600.5,
       "endTime": 1795341601.5, "model": "m", "messages": [{"role": "user", "content": "question \(number)"}],
       "response": {"choices": [{"message": {"role": "assistant", "content": "\(answer)"}}]}}
      """
    return pretty ? line : line.replacingOccurrences(of: "\n", with: "")
  }

  private func put(_ key: String, _ text: String, modified: String = "2026-11-20T00:00:00Z") throws {
    try text.write(toFile: "\(folder)/\(key)", atomically: true, encoding: .utf8)
    let date = Date(timeIntervalSince1970: Double(try #require(Timestamp(modified)).microseconds) / 1e6)
    try FileManager.default.setAttributes([.modificationDate: date], ofItemAtPath: "\(folder)/\(key)")
  }

  private func requests() async throws -> [String] {
    let url = try #require(URL(string: "\(server.address)/__requests"))
    return try JSONDecoder().decode([String].self, from: try Data(contentsOf: url))
  }

  @Test("every object is read once, what is new or changed comes with the next reading")
  func nights() async throws {
    for number in 0..<90 { try put("calls/day 1/\(number)+é.json", payload(number, pretty: number % 2 == 0)) }
    try put("calls/many.jsonl", (100..<400).map { payload($0) }.joined(separator: "\n") + "\n")
    try put("other.json", payload(999))
    let first = try await workshop.pull(source("s3://logs/calls/"), environment: environment)
    #expect(first.interactions.new == 390)
    #expect(first.files == 91)
    #expect(first.quarantined == [:])

    let before = try await requests().count
    let again = try await workshop.pull(
      source("s3://logs/calls/"), environment: environment, now: "2026-11-24T00:00:00Z")
    #expect(again.interactions.total == 0)
    #expect(try await requests()[before...].allSatisfy { $0 == "list calls/" })

    try put("calls/day 1/90.json", payload(500), modified: "2026-11-24T10:00:00Z")
    try put("calls/day 1/7+é.json", payload(7, answer: "no"), modified: "2026-11-24T10:00:00Z")
    let third = try await workshop.pull(
      source("s3://logs/calls/"), environment: environment, now: "2026-11-25T00:00:00Z")
    #expect(third.interactions.new == 1)
    #expect(third.interactions.updated == 1)
    #expect(third.files == 2)
    let outputs = try workshop.records(.interactions, of: "gateway")["call-7"]?["output"]?.canonical
    #expect(outputs == #"{"content":"no","role":"assistant"}"#)
  }

  @Test(
    "a pattern chooses keys, and does not cross folders",
    arguments: [
      (path: "s3://logs/calls/day 1/*.json", expected: 2), (path: "s3://logs/calls/*", expected: 1),
      (path: "s3://logs/calls/day 1/1.json", expected: 1), (path: "s3://logs", expected: 4),
      (path: "s3://logs/nothing/", expected: 0),
    ])
  func patterns(path: String, expected: Int) async throws {
    for key in ["calls/day 1/1.json", "calls/day 1/2.json", "calls/3.json", "4.json"] {
      try put(key, payload(Int(key.filter(\.isNumber).suffix(1)) ?? 0))
    }
    let account = try await workshop.pull(source(path), environment: environment)
    #expect(account.interactions.new == expected)
  }

  @Test("a damaged object goes to quarantine under its key, and the others are read")
  func damaged() async throws {
    try put("calls/1.json", payload(1))
    try put("calls/2.json", String(payload(2).dropLast(30)))
    let account = try await workshop.pull(source("s3://logs/calls/"), environment: environment)
    #expect(account.interactions.new == 1)
    #expect(account.quarantined.values.reduce(0, +) == 1)
  }

  @Test("a large object comes in pieces, all of one state of it")
  func pieces() async throws {
    let lines = (0..<12_000).map { payload($0, answer: String(repeating: "word ", count: 300)) }
    try put("calls/large.jsonl", lines.joined(separator: "\n") + "\n")
    let account = try await workshop.pull(source("s3://logs/calls/"), environment: environment)
    #expect(account.interactions.new == 12_000)
    #expect(try await requests().filter { $0.contains("large") }.count == 2)
  }

  @Test("a refused key ends the pull, and names the store's own code")
  func refused() async throws {
    var environment = environment
    environment["AWS_ACCESS_KEY_ID"] = "OTHER"
    do {
      _ = try await workshop.pull(source("s3://logs/calls/"), environment: environment)
      Issue.record("nothing was thrown")
    } catch let error as ServiceError {
      #expect(error.error.status == 403)
      #expect(error.error.detail == "InvalidAccessKeyId")
    }
  }

  @Test("keys that are not set are named") func unset() throws {
    let error = SecretError(
      code: .noVariable, source: "gateway", key: "path", place: "AWS_ACCESS_KEY_ID")
    #expect(throws: error) {
      try source("s3://logs/calls/").access(environment: [:], definitionFolder: "/")
    }
  }
}
