import Catalog
import Foundation
import FoundationNetworking
import Records
import TestSupport
import Testing
import Transport

@testable import Pull

/// A server of a vendor, and a source that reads it into a catalog of its own.
final class Vendor {
  /// The runs' times: the first pull, and one a day later.
  static let firstPull = "2026-11-22T23:30:00Z"
  static let secondPull = "2026-11-23T22:00:00Z"
  /// The server's newest rows are half an hour older than the first pull.
  private static let serverTime = "2026-11-22T23:00:00Z"
  /// Rows at first, and once the late ones are there.
  static let (early, all) = (55, 60)

  let workshop: Workshop
  let server: ContractServer
  let expectation: String
  var source: SourceDefinition

  init(_ kind: SourceKind, _ name: String, path: String = "", _ arguments: [String] = []) throws {
    workshop = try Workshop()
    expectation = workshop.at("expect.jsonl")
    server = try ContractServer(
      name,
      ["--rows", "\(Self.all)", "--now", Self.serverTime, "--expect", expectation] + arguments)
    source = SourceDefinition(name: "logs", path: "")
    source.kind = kind
    var service = ServiceParameters()
    service.address = server.address + path
    service.key = .variable("KEY")
    service.requestsPerMinute = 60_000
    source.service = service
  }

  func pull(_ now: String = firstPull, key: String = "test-key") async throws -> PullAccount {
    try await workshop.pull(source, environment: ["KEY": key], now: now)
  }

  /// Compares the catalog and the lake with the server's expectation.
  func expect() throws { try workshop.expect(expectation, of: source.name) }

  func fault(_ name: String, _ more: String = "\"times\":1") async throws {
    try await server.control("{\"fault\":\"\(name)\",\(more)}")
  }

  func clearFaults() async throws { try await server.control("{\"clear\":true}") }

  /// Lets the late rows and the late feedback appear.
  func becomeLate() async throws { try await server.control("{\"phase\":1}") }

  /// Pulls, lets what is late appear, pulls a day later, and compares both times.
  func pullTwice() async throws -> (first: PullAccount, second: PullAccount) {
    let first = try await pull()
    try expect()
    #expect(first.interactions.new == Self.early)
    #expect(first.quarantined.isEmpty)
    try await becomeLate()
    let second = try await pull(Self.secondPull)
    try expect()
    #expect(second.interactions.new == Self.all - Self.early)
    #expect(second.interactions.updated == 0)
    #expect(second.feedback.new > 0)
    let third = try await pull(Self.secondPull)
    #expect(
      third.interactions.new + third.interactions.updated + third.feedback.new + third.feedback.updated == 0)
    return (first, second)
  }

  /// The vendor's own client reads the same server.
  func readWithTheirClient(_ name: String) async throws {
    let early = try Python.client(name, [server.address, expectation])
    #expect(early.code == 0, "\(early.output)")
    try await becomeLate()
    let late = try Python.client(name, [server.address, expectation])
    #expect(late.code == 0, "\(late.output)")
  }

  /// What was asked so far whose path holds a text.
  func requests(_ part: String) async throws -> Int {
    let address = try #require(URL(string: "\(server.address)/__requests"))
    let (data, _) = try await URLSession.shared.data(from: address)
    let log = try #require(try JSONSerialization.jsonObject(with: data) as? [[String: Any]])
    return log.count { ($0["path"] as? String)?.contains(part) ?? false }
  }

  /// The fault that a pull ends with.
  func sourceFault() async throws -> SourceFault {
    let error = try await #require(throws: (any Error).self) { try await self.pull() }
    return try #require(error as? SourceFault, "\(error)")
  }

  /// The status that a pull ends with.
  func refusal(key: String = "test-key") async throws -> Int? {
    let error = try await #require(throws: (any Error).self) { try await self.pull(key: key) }
    return try #require(error as? ServiceError, "\(error)").error.status
  }
}

/// A key that the vendors refuse, and the status that they refuse it with.
struct RefusedKey: CustomTestStringConvertible {
  let key: String
  let status: Int
  var testDescription: String { "\(status)" }

  static let all = [RefusedKey(key: "wrong", status: 401), RefusedKey(key: "forbidden", status: 403)]
}
