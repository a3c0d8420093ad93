import Catalog
import Records
import Testing

@testable import Pull

@Suite("Portkey") struct PortkeyTests {
  private func vendor(pageSize: Int = 2000, _ arguments: [String] = ["--polls", "1"]) throws -> Vendor {
    let vendor = try Vendor(.portkey, "portkey", path: "/v1", arguments)
    vendor.source.service?.pageSize = pageSize
    return vendor
  }

  @Test("their client exports from the server", .enabled(if: Python.withClients != nil))
  func theirs() async throws { try await vendor().readWithTheirClient("portkey") }

  @Test("every log, and a day later the late logs and feedback", arguments: [20, 2000])
  func everything(_ pageSize: Int) async throws { _ = try await vendor(pageSize: pageSize).pullTwice() }

  @Test("a file that is compressed")
  func gzip() async throws {
    let vendor = try vendor(["--gzip-file", "--polls", "0"])
    _ = try await vendor.pull()
    try vendor.expect()
  }

  @Test("a key that is refused", arguments: RefusedKey.all)
  func refused(_ key: RefusedKey) async throws {
    #expect(try await vendor().refusal(key: key.key) == key.status)
  }

  @Test("a plan without exports")
  func plan() async throws {
    let vendor = try vendor()
    try await vendor.fault("plan")
    #expect(try await vendor.refusal() == 403)
  }

  @Test("a job that fails, and the next pull")
  func failed() async throws {
    let vendor = try vendor()
    try await vendor.fault("failed", "\"path\":\"/start\",\"times\":1")
    #expect(try await vendor.sourceFault() == SourceFault(.jobFailed, source: "logs", detail: "failed"))
    _ = try await vendor.pull()
    try vendor.expect()
  }

  @Test("a job that never ends")
  func stuck() async throws {
    let vendor = try vendor()
    try await vendor.fault("stuck", "\"path\":\"/start\",\"times\":1")
    try await Portkey.$patience.withValue(.milliseconds(500)) {
      let fault = try await vendor.sourceFault()
      #expect(fault == SourceFault(.jobFailed, source: "logs", detail: "in_progress"))
    }
  }

  @Test("an address that has expired is asked for once more")
  func expiredOnce() async throws {
    let vendor = try vendor()
    try await vendor.fault("expired", "\"path\":\"/signed\",\"times\":1")
    _ = try await vendor.pull()
    try vendor.expect()
    #expect(try await vendor.requests("/signed") == 4)
  }

  @Test("an address that expires each time is not the key's fault")
  func expired() async throws {
    let vendor = try vendor()
    try await vendor.fault("expired", "\"path\":\"/signed\"")
    #expect(try await vendor.sourceFault() == SourceFault(.jobFailed, source: "logs", detail: "expired"))
  }

  @Test("a line of a file that is no JSON is kept aside, and the others are read")
  func damaged() async throws {
    let vendor = try vendor()
    try await vendor.fault("garbage", "\"path\":\"/signed\",\"times\":1")
    let account = try await vendor.pull()
    #expect(account.quarantined.values.reduce(0, +) == 1)
    #expect(account.interactions.new > 10)
    _ = try await vendor.pull()
    try vendor.expect()
  }
}
