import Testing
import Text

@Suite("A parsed document that is handed on") struct JSONDocumentTests {
  @Test("it outlives its text and the task that parsed it")
  func outlives() async throws {
    func parsed() throws -> JSONDocument {
      var text = Array(#"{"data":[{"id":"a b"},{"id":"\u00e9"}],"next":null}"#.utf8)
      let document = try JSONDocument(text)
      for index in text.indices { text[index] = 0 }
      return document
    }
    let document = try parsed()
    let ids = await Task.detached {
      document.read { $0["data"]?.elements.compactMap { $0["id"]?.string } ?? [] }
    }.value
    #expect(ids == ["a b", "é"])
    #expect(document.byteCount == 51)
  }

  @Test(
    "an array with room behind it is parsed where it is, one without by way of a copy", arguments: [0, 4096])
  func room(_ extra: Int) throws {
    var text = Array(#"{"a":[1,2,"x"]}"#.utf8)
    text.reserveCapacity(text.count + extra)
    #expect(try JSONDocument(text).read { $0["a"]?[2]?.string } == "x")
  }

  @Test("what is no JSON is refused", arguments: ["", "<html>", "{\"a\":", "{} {}"])
  func refused(_ text: String) { #expect(throws: JSONFault.self) { try JSONDocument(Array(text.utf8)) } }
}
