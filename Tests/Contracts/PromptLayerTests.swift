import Catalog
import Records
import Testing

@testable import Pull

@Suite("PromptLayer") struct PromptLayerTests {
  private func vendor(pageSize: Int = 25) throws -> Vendor {
    let vendor = try Vendor(.promptlayer, "promptlayer")
    vendor.source.service?.pageSize = pageSize
    return vendor
  }

  @Test("their client reads the server", .enabled(if: Python.withClients != nil))
  func theirs() async throws { try await vendor().readWithTheirClient("promptlayer") }

  @Test("every request, and a day later the late requests and scores")
  func everything() async throws {
    let (first, _) = try await vendor().pullTwice()
    #expect(Set(first.unmappedSignals.keys) == ["length"])
  }

  @Test("late scores are looked for without reading content again")
  func lateScores() async throws {
    let vendor = try vendor()
    _ = try await vendor.pull()
    try await vendor.becomeLate()
    try await vendor.clearFaults()
    _ = try await vendor.pull(Vendor.secondPull)
    // The five new requests, and those of the day that interactions are looked back for.
    let contents = try await vendor.requests("/requests/1")
    #expect(contents >= 5 && contents < Vendor.early / 2)
  }

  @Test("a key that is refused", arguments: RefusedKey.all)
  func refused(_ key: RefusedKey) async throws {
    #expect(try await vendor().refusal(key: key.key) == key.status)
  }

  @Test("more searches than the server takes")
  func tooMany() async throws {
    let vendor = try vendor()
    try await vendor.fault(
      "status", "\"status\":429,\"retry_after\":1,\"path\":\"search\",\"after\":1,\"times\":1")
    #expect(try await vendor.pull().retries == 1)
    try vendor.expect()
  }

  @Test("ten searches a minute") func pace() async throws {
    #expect(SearchPace.limit == 10)
    let pace = SearchPace(limit: 2, span: .milliseconds(200))
    let start = ContinuousClock.now
    for _ in 0..<5 { try await pace.wait() }
    #expect(ContinuousClock.now - start >= .milliseconds(400))
  }

  @Test("a page without rows that says that there are more")
  func emptyPage() async throws {
    let vendor = try vendor()
    try await vendor.fault("empty", "\"path\":\"search\",\"after\":1,\"times\":1")
    #expect(try await vendor.sourceFault() == SourceFault(.badAnswer, source: "logs", detail: "items"))
    _ = try await vendor.pull()
    try vendor.expect()
  }

  @Test("a request whose content is gone is refused by name")
  func gone() async throws {
    let vendor = try vendor()
    try await vendor.fault("gone", "\"path\":\"requests/1\",\"times\":1")
    let account = try await vendor.pull()
    #expect(account.quarantined == ["no-input": 1])
    #expect(account.interactions.new == Vendor.early - 1)
  }

  @Test("rows of one time fill more than a page")
  func oneTime() async throws {
    let vendor = try vendor(pageSize: 1)
    // The last three: two of one time, and one. More searches would be paced.
    vendor.source.service?.since = .seconds(62_000)
    let account = try await vendor.pull()
    #expect(account.interactions.new == 3)
  }
}
