import Catalog
import Records
import Testing

@testable import Pull

@Suite("OpenAI stored completions") struct OpenAITests {
  private func vendor(pageSize: Int = 7) throws -> Vendor {
    let vendor = try Vendor(.openai, "openai", path: "/v1")
    vendor.source.service?.pageSize = pageSize
    return vendor
  }

  @Test("their client lists the server", .enabled(if: Python.withClients != nil))
  func theirs() async throws { try await vendor().readWithTheirClient("openai") }

  @Test("every completion, and a day later the late ones and late feedback", arguments: [2, 7, 100])
  func everything(_ pageSize: Int) async throws { _ = try await vendor(pageSize: pageSize).pullTwice() }

  @Test("messages are asked for once, but for those of the last day")
  func messagesOnce() async throws {
    let vendor = try vendor()
    _ = try await vendor.pull()
    try await vendor.becomeLate()
    try await vendor.clearFaults()
    _ = try await vendor.pull(Vendor.secondPull)
    #expect(try await vendor.requests("/messages") < Vendor.early / 2)
  }

  @Test("a key that is refused", arguments: RefusedKey.all)
  func refused(_ key: RefusedKey) async throws {
    #expect(try await vendor().refusal(key: key.key) == key.status)
  }

  @Test("a completion deleted behind the page goes over to the one before it", arguments: [1, 2])
  func vanished(_ times: Int) async throws {
    let vendor = try vendor()
    try await vendor.fault("vanish", "\"after\":2,\"times\":\(times)")
    _ = try await vendor.pull()
    try vendor.expect()
  }

  @Test("where all of a cursor is deleted, the next pull starts the window anew")
  func stale() async throws {
    let vendor = try vendor()
    try await vendor.fault("status", "\"status\":403,\"after\":20,\"times\":1")
    #expect(try await vendor.refusal() == 403)
    try await vendor.clearFaults()
    try await vendor.fault("vanish", "\"times\":3")
    _ = try await vendor.pull()
    try vendor.expect()
  }

  @Test("an empty page that says that there are more is no end")
  func emptyPage() async throws {
    let vendor = try vendor()
    try await vendor.fault("more", "\"after\":12,\"path\":\"/v1/chat/completions\",\"times\":1")
    #expect(try await vendor.sourceFault() == SourceFault(.badAnswer, source: "logs", detail: "last_id"))
    _ = try await vendor.pull()
    try vendor.expect()
  }

  @Test("a list that starts anew behind `after` ends the pull")
  func loop() async throws {
    let vendor = try vendor()
    try await vendor.fault("loop", "\"times\":1000")
    #expect(try await vendor.sourceFault().code == .cursorLoop)
    try await vendor.clearFaults()
    _ = try await vendor.pull()
    try vendor.expect()
  }

  @Test("a completion deleted before its messages were asked for is left out")
  func deleted() async throws {
    let vendor = try vendor()
    try await vendor.fault("status", "\"status\":404,\"path\":\"/messages\",\"times\":1")
    let account = try await vendor.pull()
    #expect(account.interactions.new == Vendor.early - 1)
    #expect(account.quarantined.isEmpty)
  }
}
