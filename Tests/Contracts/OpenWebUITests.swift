import Catalog
import Foundation
import Records
import TestSupport
import Testing

@testable import Pull

@Suite("Open WebUI") struct OpenWebUITests {
  let workshop: Workshop

  init() throws { workshop = try Workshop() }

  private func service(_ server: ContractServer) -> SourceDefinition {
    var source = SourceDefinition(name: "webui", path: "")
    source.kind = .openWebUI
    source.service = ServiceParameters()
    source.service?.address = server.address
    return source
  }

  private func file() -> SourceDefinition {
    var source = SourceDefinition(name: "webui", path: workshop.at("export.json"))
    source.kind = .openWebUI
    return source
  }

  @Test("the export by API is read with its rated answers and those beside them")
  func api() async throws {
    let server = try ContractServer("openwebui", ["--rows", "48", "--expect", workshop.at("expect.jsonl")])
    let environment = ["OPENWEBUI_API_KEY": "test-key"]
    let account = try await workshop.pull(service(server), environment: environment)
    #expect(account.quarantined == [:])
    try workshop.expect(workshop.at("expect.jsonl"), of: "webui")
    let again = try await workshop.pull(service(server), environment: environment)
    #expect(again.interactions.new == 0)
    #expect(again.segments == 0)
  }

  @Test("the file that the interface downloads gives the same")
  func download() async throws {
    let python = try #require(ChildProcess.find("python3"))
    try await Python.run(
      python, "servers/openwebui.py",
      ["--rows", "48", "--file", workshop.at("export.json"), "--expect", workshop.at("expect.jsonl")])
    let account = try await workshop.pull(file())
    #expect(account.quarantined == [:])
    #expect(account.lines == 24)
    try workshop.expect(workshop.at("expect.jsonl"), of: "webui")
  }

  @Test("a wrong key is refused, and so is what is no export")
  func refused() async throws {
    let server = try ContractServer("openwebui", ["--rows", "4"])
    await #expect(throws: (any Error).self) {
      try await workshop.pull(service(server), environment: ["OPENWEBUI_API_KEY": "other"])
    }
    try await server.control(#"{"fault":"html"}"#)
    await #expect(throws: (any Error).self) {
      try await workshop.pull(service(server), environment: ["OPENWEBUI_API_KEY": "test-key"])
    }
    #expect(try workshop.records(.interactions, of: "webui").isEmpty)
  }

  static let row = """
    {"id":"f1","user_id":"u1","type":"rating","data":{"rating":1,"model_id":"a"},"meta":{"message_id":"m2","chat_id":"c1"},
     "snapshot":{"chat":{"id":"c1","chat":{"history":{"messages":{
       "m1":{"id":"m1","parentId":null,"role":"user","content":"Q","timestamp":1795341600},
       "m2":{"id":"m2","parentId":"m1","role":"assistant","content":"A","timestamp":1795341601},
       "m3":{"id":"m3","parentId":"m1","role":"assistant","content":"B","done":true,"timestamp":1795341602}}}}}},
     "created_at":1795341700,"updated_at":1795341710}
    """

  struct Case: CustomTestStringConvertible {
    let name: String
    var find = ""
    var put = ""
    var interactions: [String] = ["c1-m2", "c1-m3"]
    var feedback: [String] = ["f1", "f1#rank", "f1#rank-m3"]
    var reason: String?
    var testDescription: String { name }
  }

  @Test(
    "each form of a row",
    arguments: [
      Case(name: "as-it-is"),
      Case(
        name: "other-type", find: "\"type\":\"rating\"", put: "\"type\":\"arena\"", interactions: [],
        feedback: []),
      Case(name: "tags-only", find: "\"rating\":1", put: "\"rating\":null", feedback: []),
      Case(name: "text-rating", find: "\"rating\":1", put: "\"rating\":\"-1\""),
      Case(
        name: "unfinished-sibling", find: "\"done\":true", put: "\"done\":false", interactions: ["c1-m2"],
        feedback: ["f1"]),
      Case(
        name: "failed-sibling", find: "\"done\":true", put: "\"error\":{\"content\":\"x\"}",
        interactions: ["c1-m2"], feedback: ["f1"]),
      Case(
        name: "sibling-rated-alike", find: "\"done\":true", put: "\"annotation\":{\"rating\":1}",
        feedback: ["f1"]),
      Case(name: "sibling-rated-otherwise", find: "\"done\":true", put: "\"annotation\":{\"rating\":-1}"),
      Case(name: "no-snapshot", find: "\"snapshot\":{", put: "\"old\":{", interactions: [], feedback: ["f1"]),
      Case(
        name: "message-gone", find: "\"message_id\":\"m2\"", put: "\"message_id\":\"m9\"", interactions: [],
        feedback: ["f1"]),
      Case(
        name: "no-message", find: "\"message_id\":\"m2\",", put: "", interactions: [], feedback: [],
        reason: "no-target"),
      Case(
        name: "loop", find: "\"parentId\":null", put: "\"parentId\":\"m1\"", interactions: [], feedback: [],
        reason: "no-input"),
      Case(
        name: "bad-rating", find: "\"rating\":1", put: "\"rating\":\"great\"", interactions: [], feedback: [],
        reason: "bad-value"),
      Case(
        name: "database-row", find: "\"data\":{\"rating\":1,\"model_id\":\"a\"}",
        put: #""data":"{\"rating\":1,\"model_id\":\"a\"}""#),
    ])
  func forms(_ item: Case) async throws {
    let text = item.find.isEmpty ? Self.row : Self.row.replacingOccurrences(of: item.find, with: item.put)
    try #require(item.find.isEmpty || text != Self.row)
    try Data("[\(text)]".utf8).write(to: URL(fileURLWithPath: workshop.at("export.json")))
    let account = try await workshop.pull(file())
    #expect(account.quarantined == (item.reason.map { [$0: 1] } ?? [:]))
    #expect(try workshop.records(.interactions, of: "webui").keys.sorted() == item.interactions)
    #expect(try workshop.records(.feedback, of: "webui").keys.sorted() == item.feedback)
  }
}
