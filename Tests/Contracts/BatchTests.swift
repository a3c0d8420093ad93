import Catalog
import Foundation
import FoundationNetworking
import LanguageModels
import TestSupport
import Testing
import Transport

/// The server of models' batches, as the vendors' own clients see it, and ours beside them.
@Suite("Batches of language models") struct BatchTests {
  /// What is the same of an exchange whoever makes it.
  private struct Exchange: Hashable, CustomStringConvertible {
    let method: String
    let path: String
    let query: [String]
    /// Keys of a body of JSON, but for the requests themselves.
    let keys: [String]
    var description: String { "\(method) \(path) \(query) \(keys)" }
  }

  private static func server() async throws -> LoopbackServer {
    let server = try LoopbackServer("models", [])
    // The first of three is refused.
    try await server.control(#"{"batch":{"refuse":{"status":400,"every":3}}}"#)
    return server
  }

  private static func json(_ server: LoopbackServer, _ path: String) async throws -> Any {
    let address = try #require(URL(string: server.address + path))
    return try JSONSerialization.jsonObject(with: try await URLSession.shared.data(from: address).0)
  }

  private static func exchanges(_ server: LoopbackServer) async throws -> Set<Exchange> {
    let log = try #require(try await json(server, "/__requests") as? [[String: Any]])
    let numbers = try Regex("_?-?[0-9]+(?=/|$)")
    return Set(
      log.compactMap { entry in
        guard let method = entry["method"] as? String, let path = entry["path"] as? String,
          !path.hasPrefix("/__")
        else { return nil }
        return Exchange(
          method: method, path: path.replacing(numbers, with: "-N"),
          query: (entry["query"] as? [String: Any] ?? [:]).keys.sorted(),
          keys: (entry["body"] as? [String: Any] ?? [:]).keys.sorted())
      })
  }

  private static func ours(_ kind: ModelServiceKind, _ server: LoopbackServer) async throws -> BatchProgress {
    let workshop = try Workshop()
    var service = ModelService(name: "s", kind: kind, address: "\(server.address)/v1")
    service.credentials = ModelService.credentials(kind, key: "test-key")
    let client = BatchClient(
      models: [LanguageModel(name: "judge", service: "s", identifier: "judge-90")], services: [service],
      ledger: try SpendLedger(workshop.catalog, limits: BudgetLimits()),
      batches: BatchJournal(workshop.catalog),
      run: "run", folder: workshop.at("batches"))
    let requests = (0..<3).map {
      ChatRequest(model: "judge", messages: [ChatMessage(.user, "Record \($0): truth=yes")])
    }
    _ = try await client.advance(requests)
    return try await client.advance(requests)
  }

  @Test(
    "their client reads the server, and ours asks for the same", .enabled(if: Python.withClients != nil),
    arguments: [ModelServiceKind.openai, .anthropic])
  func theirs(_ kind: ModelServiceKind) async throws {
    let (theirs, ours) = (try await Self.server(), try await Self.server())
    let ended = try Python.client("batches", [theirs.address, kind.rawValue])
    #expect(ended.code == 0, "\(ended.output)")
    let progress = try await Self.ours(kind, ours)
    #expect(progress.answered == 2 && progress.failed.count == 1)
    // Theirs lists batches and reads a file's facts besides, which ours does where an answer was lost.
    let surplus = try await Self.exchanges(ours).subtracting(try await Self.exchanges(theirs))
    #expect(surplus.isEmpty)
    let forms = [try await Self.json(theirs, "/__uploads"), try await Self.json(ours, "/__uploads")]
    #expect("\(forms[0])" == "\(forms[1])")
  }

  @Test("ours reads answers and refusals", arguments: [ModelServiceKind.openai, .anthropic])
  func ours(_ kind: ModelServiceKind) async throws {
    let server = try await Self.server()
    let progress = try await Self.ours(kind, server)
    #expect(progress.isDone && progress.answered == 2)
    #expect(progress.failed.values.map(\.code) == [.refused])
    if kind == .openai {
      // Purpose first, then a file with a name; no more than that.
      let forms = try await Self.json(server, "/__uploads") as? [[[Any]]]
      #expect(forms?.map { $0.map { "\($0)" } } == [[#"["purpose", 0, 1]"#, #"["file", 1, 1]"#]])
    }
  }
}
