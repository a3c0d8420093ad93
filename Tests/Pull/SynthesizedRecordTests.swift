import Bytes
import Catalog
import Lake
import Records
import Testing

@testable import Pull

@Suite("Records that are not pulled") struct SynthesizedRecordTests {
  @Test("have the hashes that a pull gives to the same messages")
  func hashes() throws {
    let mapped = try Mapped(
      #"{"id":"1","time":"2026-11-01T00:00:00Z","input":[{"role":"system","content":"Be  brief."},"#
        + #"{"role":"user","content":"Straße, ２ × 3?"}],"output":{"role":"assistant","content":"Six."}}"#
        + "\n")
    let row = try #require(mapped.result.interactions.first)
    typealias Message = InteractionRecord.Message
    let record = InteractionRecord(
      id: "synthesis/1", source: "synthesis", time: row.time, conversation: "c",
      input: [
        Message(role: "system", content: "Be  brief."), Message(role: "user", content: "Straße, ２ × 3?"),
      ], output: Message(role: "assistant", content: "Six."))
    #expect(record.hashes.input == row.inputHash)
    #expect(record.hashes.content == row.contentHash)
  }
}
