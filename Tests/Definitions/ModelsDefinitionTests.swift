import Foundation
import LanguageModels
import Pipeline
import Testing
import Transport

@Suite("Models' definition") struct ModelsDefinitionTests {
  private static let whole = """
    budget: {run: 0.5, day: 2}
    services:
      gate:
        kind: portkey
        address: https://api.portkey.ai/v1
        key: {env: PORTKEY}
        provider_key: {env: PROVIDER}
        headers: {x-portkey-config: pc-1}
        honours_keys: true
        in_flight: 8
        requests_per_minute: 100
        tokens_per_minute: 1000
        timeout: 60
        batches: true
        batch_price: 0.75
      here: {kind: llama.cpp, address: "http://127.0.0.1:8080/v1"}
    models:
      b: {service: here, model: m, family: f, price: {input: 0, output: 0}, temperature: false, seed: false}
      a: {service: gate, model: gpt, family: gpt, price: {input: 0.15, output: 0.6}, structured: json_object}
    """

  private static func read(_ text: String) -> DefinitionReading<ModelsDefinition> {
    ModelsDefinition.read(Array(text.utf8), name: "models", file: "M.yaml")
  }

  @Test("everything that may stand there is read")
  func reads() throws {
    let reading = Self.read(Self.whole)
    #expect(reading.faults.map(\.description) == [])
    let definition = try #require(reading.definition)
    #expect(definition.budget == BudgetLimits(run: 500_000, day: 2_000_000))
    #expect(definition.models.map(\.name) == ["a", "b"])
    #expect(definition.model("a")?.prices == ModelPrices(dollarsPerMillionInput: 0.15, output: 0.6))
    #expect(definition.model("a")?.structured == .jsonObject)
    #expect(definition.model("b")?.takesTemperature == false && definition.model("b")?.takesSeed == false)
    let services = try definition.services(environment: ["PORTKEY": "p", "PROVIDER": "q"], folder: "/")
    let gate = try #require(services.first)
    #expect(gate.credentials.map(\.name) == ["x-portkey-api-key", "Authorization"])
    #expect(gate.credentials.map(\.value) == ["p", "Bearer q"])
    #expect(gate.headers.map(\.name) == ["x-portkey-config"])
    #expect(gate.honoursKeys && gate.maximumInFlight == 8 && gate.timeout == 60)
    #expect(gate.batches && gate.batchShare == 0.75)
    #expect(gate.requestsPerMinute == 100 && gate.tokensPerMinute == 1000)
    // A key that is not there matters only where it is needed.
    #expect(try definition.services(for: ["b"], environment: [:], folder: "/").map(\.name) == ["here"])
    #expect(throws: ModelSecretError.self) { try definition.services(environment: [:], folder: "/") }
  }

  @Test(
    "batches are taken at half the price, by those whose kind has them",
    arguments: zip(
      ModelServiceKind.allCases, ModelServiceKind.allCases.map { [.openai, .anthropic].contains($0) }))
  func batches(_ kind: ModelServiceKind, _ takesBatches: Bool) throws {
    let reading = Self.read(
      """
      services: {s: {kind: \(kind.rawValue), address: "https://a"}, never: {kind: \(kind.rawValue), address: "https://b", batches: false}}
      models:
        a: {service: s, model: m, family: f, price: {input: 1, output: 1}}
        b: {service: never, model: m, family: f, price: {input: 1, output: 1}}
      """)
    #expect(reading.faults.map(\.description) == [])
    let services = try #require(reading.definition).services(environment: [:], folder: "/")
    #expect(services.map(\.name) == ["never", "s"])
    #expect(services.map(\.batches) == [false, takesBatches])
    #expect(services.map(\.batchShare) == [0.5, 0.5])
  }

  @Test("the defaults are those of the sample")
  func sample() throws {
    let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent(ModelsDefinition.file)
    let reading = Self.read(String(decoding: try Data(contentsOf: path), as: UTF8.self))
    #expect(reading.faults.map(\.description) == [])
    #expect(reading.definition?.budget == ModelsDefinition().budget)
  }

  @Test(
    "what is wrong is said with its place",
    arguments: [
      ("kind: portkey", "kind: portkeys", "4:11: 'kind' cannot be 'portkeys'; did you mean 'portkey'?"),
      ("in_flight: 8", "in_fligth: 8", "unknown key 'in_fligth' in 'gate'; did you mean 'in_flight'?"),
      ("in_flight: 8", "in_flight: 0", "'in_flight' must be between 1 and 1024, not 0"),
      ("batches: true", "batches: maybe", "'batches' must be true or false"),
      ("batch_price: 0.75", "batch_price: 50", "'batch_price' must be between 0 and 1, not 50"),
      ("key: {env: PORTKEY}", "key: sk-secret", "'key' must say where the secret is"),
      ("{x-portkey-config: pc-1}", "{Authorization: secret}", "'Authorization' must say where the secret is"),
      ("https://api", "ftp://api", "is not an address that begins with https:// or http://"),
      ("https://api", "https://me:pw@api", "'address' must say where the secret is"),
      ("service: here", "service: her", "'service' cannot be 'her'; did you mean 'here'?"),
      ("price: {input: 0, output: 0}", "price: {input: 0}", "'price' needs the key 'output'"),
      (", price: {input: 0, output: 0}", "", "'b' needs the key 'price'"),
      ("structured: json_object", "structured: tool", "'structured: tool' has no meaning for kind 'portkey'"),
      ("run: 0.5", "run: -1", "'run' must be between 0 and 1000000, not -1"),
      ("models:", "modles:", "unknown key 'modles' in the list of models; did you mean 'models'?"),
      ("  b: {", "  B b: {", "'models': 'B b' is not a name"),
    ])
  func faults(_ part: String, _ other: String, _ expected: String) {
    let reading = Self.read(Self.whole.replacingOccurrences(of: part, with: other))
    #expect(reading.definition == nil)
    let text = reading.faults.map(\.description).joined(separator: "\n")
    #expect(text.contains(expected), "\(text)")
    #expect(!text.contains("sk-secret") && !text.contains("pw@"))
  }
}
