import Catalog
import Records
import Testing

@testable import Pull

@Suite("Braintrust") struct BraintrustTests {
  private static let project = "5a3f0c1e-0000-4000-8000-000000000001"

  private func vendor(pageSize: Int = 10, project: String = project) throws -> Vendor {
    let vendor = try Vendor(.braintrust, "braintrust")
    vendor.source.service?.project = project
    vendor.source.service?.pageSize = pageSize
    return vendor
  }

  @Test("their client reads the server", .enabled(if: Python.withClients != nil))
  func theirs() async throws { try await vendor().readWithTheirClient("braintrust") }

  @Test("every row, and a day later the late rows and scores", arguments: [3, 10, 1000])
  func everything(_ pageSize: Int) async throws {
    let (first, _) = try await vendor(pageSize: pageSize).pullTwice()
    #expect(first.unmappedSignals == ["factuality": first.unmappedSignals["factuality"] ?? 0])
    #expect(first.unmappedSignals["factuality"] ?? 0 > 0)
  }

  @Test("older versions of rows, over pages, are replaced by none")
  func olderVersions() async throws {
    let vendor = try vendor(pageSize: 3)
    let account = try await vendor.pull()
    #expect(account.interactions.new == Vendor.early)
    #expect(account.interactions.repeated + account.interactions.superseded > 0)
    #expect(account.feedback.superseded > 0)
    try vendor.expect()
  }

  @Test("a pull stops behind its look-back")
  func stops() async throws {
    let vendor = try vendor(pageSize: 5)
    let first = try await vendor.pull()
    vendor.source.service?.lookBack = 86_400
    try await vendor.becomeLate()
    let second = try await vendor.pull(Vendor.secondPull)
    #expect(second.requests < first.requests / 2)
    try vendor.expect()
  }

  @Test("a project by its name")
  func projectName() async throws {
    let vendor = try vendor(project: "support")
    _ = try await vendor.pull()
    try vendor.expect()
    #expect(try await vendor.requests("/v1/project") > 0)
  }

  @Test("a project that is not there", arguments: ["nowhere", "5a3f0c1e-0000-4000-8000-00000000dead"])
  func noProject(_ name: String) async throws {
    let fault = try await vendor(project: name).sourceFault()
    #expect(fault == SourceFault(.noProject, source: "logs", detail: name))
  }

  @Test("a key that is refused", arguments: RefusedKey.all)
  func refused(_ key: RefusedKey) async throws {
    #expect(try await vendor().refusal(key: key.key) == key.status)
  }

  @Test("more queries than the server takes")
  func tooMany() async throws {
    let vendor = try vendor()
    try await vendor.fault("status", "\"status\":429,\"retry_after\":1,\"after\":2,\"times\":1")
    let account = try await vendor.pull()
    #expect(account.retries == 1)
    try vendor.expect()
  }

  @Test("queries a minute, as documented") func rate() {
    #expect(Braintrust.traits.requestsPerMinute == 20)
  }

  @Test("a page once more, and a row that changes between pages", arguments: ["repeat", "change"])
  func odd(_ name: String) async throws {
    let vendor = try vendor()
    try await vendor.fault(name, "\"after\":1,\"times\":1")
    let account = try await vendor.pull()
    #expect(account.interactions.new == Vendor.early || name == "repeat")
    _ = try await vendor.pull(Vendor.secondPull)
    try vendor.expect()
  }

  @Test("a cursor that loops ends the pull, and the next one goes on")
  func loop() async throws {
    let vendor = try vendor()
    try await vendor.fault("loop", "\"after\":2,\"times\":1")
    let fault = try await vendor.sourceFault()
    #expect(fault == SourceFault(.cursorLoop, source: "logs", detail: "logs"))
    try await vendor.clearFaults()
    _ = try await vendor.pull()
    try vendor.expect()
  }

  @Test("a pull that ends midway goes on from its cursor")
  func resumes() async throws {
    let vendor = try vendor(pageSize: 5)
    try await vendor.fault("status", "\"status\":403,\"after\":4,\"times\":1")
    #expect(try await vendor.refusal() == 403)
    let before = try await vendor.requests("/fetch")
    let whole = try self.vendor(pageSize: 5)
    let all = try await whole.pull().requests
    let rest = try await vendor.pull()
    // Pages that had come but were not in the catalog yet are read again.
    #expect(before < all && rest.requests < all)
    try vendor.expect()
  }

  @Test("HTML instead of JSON, and JSON that ends early", arguments: ["html", "garbage"])
  func notJSON(_ name: String) async throws {
    let vendor = try vendor()
    try await vendor.fault(name)
    #expect(try await vendor.sourceFault().code == .notJSON)
    _ = try await vendor.pull()
    try vendor.expect()
  }

  @Test("a connection that is cut inside a page")
  func cut() async throws {
    let vendor = try vendor()
    try await vendor.fault("cut", "\"after\":1,\"times\":1")
    #expect(try await vendor.pull().retries == 1)
    try vendor.expect()
  }
}
