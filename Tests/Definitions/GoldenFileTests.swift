import Catalog
import Pipeline
import Records
import Testing

@Suite("Files of golden labels") struct GoldenFileTests {
  @Test("labels, with the labeler of each or of all")
  func reads() throws {
    let text = """
      {"id": "chat/1", "label": "good", "labeler": "ann", "note": "says why"}

      {"label":"bad","id":"2","more":[1]}\r
      """
    let words = try GoldenFile.read(Array(text.utf8), labeler: "bob")
    #expect(
      words == [
        GoldenWord(interaction: "chat/1", class: .good, labeler: "ann", note: "says why"),
        GoldenWord(interaction: "2", class: .bad, labeler: "bob"),
      ])
  }

  struct Case: Sendable, CustomTestStringConvertible {
    let text: String
    let fault: String
    var testDescription: String { text }
  }

  @Test(
    "the first line that is wrong is named",
    arguments: [
      Case(text: "", fault: "empty in line 0"), Case(text: "\n \n", fault: "empty in line 0"),
      Case(text: "[]", fault: "notJSON in line 1"), Case(text: "{", fault: "notJSON in line 1"),
      Case(text: "\nnope", fault: "notJSON in line 2"),
      Case(text: #"{"label":"good","labeler":"a"}"#, fault: "noID in line 1"),
      Case(text: #"{"id":7,"label":"good","labeler":"a"}"#, fault: "noID in line 1"),
      Case(text: #"{"id":"","label":"good","labeler":"a"}"#, fault: "noID in line 1"),
      Case(text: #"{"id":"x","label":"tie","labeler":"a"}"#, fault: "badLabel in line 1"),
      Case(text: #"{"id":"x","label":"Good","labeler":"a"}"#, fault: "badLabel in line 1"),
      Case(text: #"{"id":"x","labeler":"a"}"#, fault: "badLabel in line 1"),
      Case(text: #"{"id":"x","label":"good"}"#, fault: "noLabeler in line 1"),
      Case(text: #"{"id":"x","label":"good","labeler":""}"#, fault: "noLabeler in line 1"),
    ])
  func faults(_ item: Case) {
    let error = #expect(throws: GoldenFileError.self) {
      try GoldenFile.read(Array(item.text.utf8), labeler: nil)
    }
    #expect(error?.description == item.fault)
  }
}
