import Catalog
import Records
import Testing

@testable import Pull

@Suite("Helicone") struct HeliconeTests {
  private func vendor(pageSize: Int = 20, _ arguments: [String] = []) throws -> Vendor {
    let vendor = try Vendor(.helicone, "helicone", arguments)
    vendor.source.service?.pageSize = pageSize
    return vendor
  }

  @Test("every request, and a day later the late requests and scores", arguments: [1, 20, 1000])
  func everything(_ pageSize: Int) async throws {
    let (first, _) = try await vendor(pageSize: pageSize).pullTwice()
    #expect(Set(first.unmappedSignals.keys) == ["relevance", "safe"])
  }

  @Test("a server that caps its pages")
  func capped() async throws {
    let vendor = try vendor(pageSize: 1000, ["--max-page", "9"])
    _ = try await vendor.pull()
    try vendor.expect()
  }

  @Test("files of the export tool")
  func files() async throws {
    let folder = try Workshop()
    let vendor = try vendor(["--export", folder.at("output.jsonl")])
    vendor.source.service = nil
    vendor.source.path = folder.at("output.jsonl")
    let account = try await vendor.pull()
    #expect(account.interactions.new == Vendor.early)
    #expect(account.quarantined.isEmpty)
    try vendor.expect()
  }

  @Test("a key that is refused", arguments: RefusedKey.all)
  func refused(_ key: RefusedKey) async throws {
    #expect(try await vendor().refusal(key: key.key) == key.status)
  }

  @Test("the envelope of an error, with status 500 once")
  func envelope() async throws {
    let vendor = try vendor()
    try await vendor.fault("envelope", "\"path\":\"query\",\"after\":1,\"times\":1")
    #expect(try await vendor.pull().retries == 1)
    try vendor.expect()
  }

  @Test("the envelope of an error, with status 200")
  func quietEnvelope() async throws {
    let vendor = try vendor()
    try await vendor.fault(
      "status", #""status":200,"body":{"data":null,"error":"no"},"path":"query","after":1,"times":1"#)
    #expect(try await vendor.sourceFault() == SourceFault(.badAnswer, source: "logs", detail: "error"))
    _ = try await vendor.pull()
    try vendor.expect()
  }

  @Test("bodies behind addresses that have expired stay placeholders until the next reading")
  func expired() async throws {
    let vendor = try vendor(pageSize: 1000)
    // The addresses of the newest rows, which the next pull looks back for.
    try await vendor.fault("expired", "\"path\":\"/signed\",\"after\":32,\"times\":2")
    let first = try await vendor.pull()
    #expect(first.interactions.new == Vendor.early)
    let placeholders = try vendor.workshop.records(.interactions, of: "logs").values.count {
      $0["input"]?.canonical.contains("helicone_message") ?? false
    }
    // Two that have expired beside those that have no address at all.
    #expect(placeholders == 4)
    let second = try await vendor.pull("2026-11-22T23:45:00Z")
    #expect(second.interactions.updated == 2)
    try vendor.expect()
  }
}
