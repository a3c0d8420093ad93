import Bytes
import Catalog
import Foundation
import FoundationNetworking
import LanguageModels
import Records
import Synchronization
import TestSupport
import Transport

/// A clock that only sleeping moves.
final class StillClock: Sendable {
  private let state: Mutex<(now: Double, date: Timestamp, sleeps: [Double])>

  init(_ date: String = "2026-11-20T10:00:00Z") {
    state = Mutex((1000, Timestamp(date) ?? Timestamp(microseconds: 0), []))
  }

  var sleeps: [Double] { state.withLock { $0.sleeps } }

  func set(_ date: String) {
    state.withLock { $0.date = Timestamp(date) ?? $0.date }
  }

  var environment: ServiceClient.Environment {
    ServiceClient.Environment(
      now: { self.state.withLock { $0.now } }, date: { self.state.withLock { $0.date } },
      sleep: { seconds in
        try Task.checkCancellation()
        self.state.withLock {
          $0.now += seconds
          $0.sleeps.append(seconds)
        }
        await Task.yield()
      }, random: { 0.5 })
  }
}

/// What the server billed.
struct Bill: Codable, Hashable {
  var billed = 0
  var unique = 0
  var cost: Int64 = 0
  var most = 0
  var replayed = 0
  var input = 0
  var output = 0
}

/// A catalog and a fault server.
final class Workshop: Sendable {
  static let isAvailable = ChildProcess.find("python3") != nil

  let folder: String
  let catalog: CatalogStore
  let server: LoopbackServer

  init(_ arguments: [String] = []) throws {
    folder = FileManager.default.temporaryDirectory.path + "/models-" + Hex.encode(KeyedHash.randomBytes(8))
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    catalog = try CatalogStore(path: "\(folder)/catalog.sqlite")
    server = try LoopbackServer("models", arguments)
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  /// A service of the server; it knows keys as the server was told.
  func service(_ kind: ModelServiceKind = .openai, honoursKeys: Bool = true) -> ModelService {
    var service = ModelService(name: "s", kind: kind, address: "\(server.address)/v1/")
    service.credentials = ModelService.credentials(kind, key: "test-key")
    service.honoursKeys = honoursKeys
    service.timeout = 30
    return service
  }

  /// A model whose prices are those of the server.
  func model(_ identifier: String = "judge-90", isFree: Bool = false) -> LanguageModel {
    var model = LanguageModel(name: "judge", service: "s", identifier: identifier)
    if !isFree { model.prices = ModelPrices(dollarsPerMillionInput: 0.15, output: 0.6) }
    return model
  }

  func client(
    _ service: ModelService, _ model: LanguageModel, limits: BudgetLimits = BudgetLimits(),
    run: String = "run-1",
    clock: StillClock = StillClock()
  ) throws -> ModelClient {
    ModelClient(
      models: [model], services: [service], ledger: try SpendLedger(catalog, limits: limits), run: run,
      environment: clock.environment)
  }

  func bill() async throws -> Bill {
    guard let url = URL(string: "\(server.address)/__bill") else { return Bill() }
    return try JSONDecoder().decode(Bill.self, from: try await URLSession.shared.data(from: url).0)
  }

  /// What the catalog says of all days and runs together.
  func spent() throws -> (
    bought: Int, cost: Int64, open: Int, reserved: Int64, lost: Int, unknown: Int64, twice: Int
  ) {
    try catalog.spend().reduce((0, 0, 0, 0, 0, 0, 0)) {
      (
        $0.0 + $1.bought, $0.1 + $1.cost, $0.2 + $1.open, $0.3 + $1.reserved, $0.4 + $1.lost,
        $0.5 + $1.unknown,
        $0.6 + $1.possiblyTwice
      )
    }
  }

  static func question(_ number: Int, truth: String = "yes") -> ChatRequest {
    var request = ChatRequest(
      model: "judge", messages: [ChatMessage(.user, "Record \(number): truth=\(truth)")])
    request.maximumTokens = 64
    return request
  }

  static let schema = Array(
    #"{"type":"object","properties":{"reason":{"type":"string"},"verdict":{"enum":["yes","no"]}},"required":["reason","verdict"]}"#
      .utf8)
}
