import Bytes
import Catalog
import Records
import TestSupport
import Testing

@testable import Curate

/// Names and addresses by a service with the interface of Presidio's analyzer.
@Suite("Recogniser of names") struct NameRecogniserTests {
  private func parameters(_ address: String) -> CurateParameters {
    var parameters = CurateParameters()
    parameters.personalData?.recogniser = .init(address: address)
    return parameters
  }

  @Test("findings name the place in bytes, of what the rules keep alone")
  func findings() async throws {
    let server = try LoopbackServer("recogniser", [])
    let shop = try Workshop()
    try shop.add([
      (
        "chat/1", "é: I am Zoë Smith, who are you in 2026?",
        output("I live at 12 Hill Street, ask Bob Miller.")
      ),
      ("chat/2", "Who is Ann Taylor?", output("")),
    ])
    _ = try await shop.run(parameters(server.address))
    #expect(
      try shop.outcome("chat/1")
        == "kept; personal-data/recognised-address flag output 10+14; personal-data/recognised-person flag "
        + "conversation 9+10; personal-data/recognised-person flag output 30+10")
    #expect(!(try shop.outcome("chat/2").contains("recognised")))
    let places = try shop.catalog.findingPlaces(
      rule: "personal-data", reasons: PersonalDataRule.recognisedWords.keys.sorted())
    #expect(places.count == 1 && places.values.first?.map(\.offset) == [9, 10, 30])
    // Off by default, and then everything is examined again.
    _ = try await shop.run()
    #expect(try shop.outcome("chat/1") == "kept")
  }

  @Test("a service that fails, or is none, ends the step with its address", arguments: ["status", "html"])
  func faults(_ fault: String) async throws {
    let server = try LoopbackServer("recogniser", [])
    try await server.control(#"{"fault":"\#(fault)","status":404}"#)
    let shop = try Workshop()
    try shop.add([("chat/1", "I am Ann Smith", output("Hello Ann Smith, what can I do for you?"))])
    let error = await #expect(throws: RecogniserError.self) { try await shop.run(parameters(server.address)) }
    #expect(error?.address == server.address)
    #expect(error?.code == (fault == "html" ? .badAnswer : .unreachable))
    #expect(error?.detail.contains("Ann") == false)
    #expect(try shop.outcome("chat/1") == "pending")
  }
}
