import Synthesize
import Testing
import Text

@Suite("Verifiers") struct VerifierTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let id: String
    let output: String
    let expected: Verification
    var testDescription: String { id }

    init(_ id: String, _ output: String, _ expected: Verification) {
      self.id = id
      self.output = output
      self.expected = expected
    }
  }

  // MARK: Schema

  private static let schema = """
    {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}, "age": {"minimum": 0}}}
    """

  @Test(
    "a schema",
    arguments: [
      Case("fits", #"{"name": "a", "age": 1}"#, .passed),
      Case("white space", " \n {\"name\": \"a\"}\n", .passed),
      Case("a fence", "```json\n{\"name\": \"a\"}\n```\n", .passed),
      Case("a fence without a language", "```\n{\"name\": \"a\"}\n```", .passed),
      Case("a fence of tildes, never closed", "~~~\n{\"name\": \"a\"}", .passed),
      Case("a key is missing", #"{"age": 1}"#, .failed("schema-required")),
      Case("a value is out of range", #"{"name": "a", "age": -1}"#, .failed("schema-minimum")),
      Case("another type", "[]", .failed("schema-type")),
      Case("words around", "Here it is: {\"name\": \"a\"}", .failed("json")),
      Case("words before a fence", "Sure!\n```json\n{\"name\": \"a\"}\n```", .failed("json")),
      Case("words behind a fence", "```json\n{\"name\": \"a\"}\n```\nDone.", .failed("json")),
      Case("two fences", "```\n{\"name\": \"a\"}\n```\n```\n{}\n```", .failed("json")),
      Case("cut short", #"{"name": "a""#, .failed("json")),
      Case("empty", "", .failed("json")),
      Case("too deep", String(repeating: "[", count: 5000), .failed("json")),
    ])
  func fitsSchema(_ item: Case) async throws {
    let verifier = try SchemaVerifier(schema: Array(Self.schema.utf8))
    #expect(try await verifier.verify(VerifiedOutput(input: "", output: item.output)) == item.expected)
  }

  @Test("a recursive schema ends")
  func endsRecursion() async throws {
    let schema = ##"{"anyOf": [{"items": {"$ref": "#"}, "minItems": 9}, {"items": {"$ref": "#"}}]}"##
    let verifier = try SchemaVerifier(schema: Array(schema.utf8))
    let output = String(repeating: "[", count: 600) + String(repeating: "]", count: 600)
    #expect(
      try await verifier.verify(VerifiedOutput(input: "", output: output)) == .failed("schema-cost"))
  }

  @Test("a bad schema is refused")
  func refusesSchema() {
    #expect(throws: JSONSchemaFault(code: .pattern, keyword: "pattern")) {
      _ = try SchemaVerifier(schema: Array(#"{"pattern": "(?=a)"}"#.utf8))
    }
  }

  // MARK: Pattern

  @Test(
    "patterns",
    arguments: [
      Case("both hold", "Order #123 is on its way.", .passed),
      Case("a required one is missing", "Your order is on its way.", .failed("pattern-missing")),
      Case("another case", "order #123", .failed("pattern-missing")),
      Case("a forbidden one", "Order #123, as an AI", .failed("pattern-forbidden")),
      Case(
        "many matches hide none", String(repeating: "Order #1 ", count: 500) + "as an AI",
        .failed("pattern-forbidden")),
      Case("empty", "", .failed("pattern-missing")),
    ])
  func matchesPatterns(_ item: Case) async throws {
    let verifier = try PatternVerifier(required: [#"Order #\d+"#], forbidden: ["(?i)AS AN ai|as a model"])
    #expect(try await verifier.verify(VerifiedOutput(input: "", output: item.output)) == item.expected)
  }

  @Test("bad patterns are refused")
  func refusesPatterns() {
    #expect(throws: VerifierFault(.noPattern)) { _ = try PatternVerifier() }
    #expect(throws: VerifierFault(.badPattern, place: "required.2", detail: "missing ): (?-i)(b")) {
      _ = try PatternVerifier(required: ["a", "(b"])
    }
    #expect(throws: VerifierFault(.badPattern, place: "forbidden.1", detail: "unexpected ): (?-i)b)")) {
      _ = try PatternVerifier(required: ["a"], forbidden: ["b)"])
    }
  }

  // MARK: Citation

  private static let documents = [
    "doc-1": "The lamp is reset by holding its button\nfor ten seconds. It doesn’t beep.",
    "doc-2": "Refunds are paid within fourteen days of the return – always.",
  ]

  @Test(
    "citations",
    arguments: [
      Case("quoted and cited", "Do this: “holding its button for ten seconds” [doc-1].", .passed),
      Case("case, lines and a full stop", "\"Holding its BUTTON for ten seconds.\" [doc-1]", .passed),
      Case(
        "apostrophes and dashes", "«the return - always» and “seconds. It doesn't beep” [doc-1; doc-2]",
        .passed),
      Case("an ellipsis", "“The lamp is reset … for ten seconds” [doc-1]", .passed),
      Case(
        "not in the cited one", "“holding its button for ten seconds” [doc-2]", .failed("citation-not-found")),
      Case("nowhere", "“pressing the knob for twenty seconds” [doc-1]", .failed("citation-not-found")),
      Case("a part is nowhere", "“The lamp is reset … by a hammer” [doc-1]", .failed("citation-not-found")),
      Case("short marks", "The “red knob” [doc-1]", .passed),
      Case("from the question", "You asked “how do I reset my old lamp” [doc-1]", .passed),
      Case("unknown", "It is so [doc-3].", .failed("citation-unknown")),
      Case("no citation", "“holding its button for ten seconds”", .failed("citation-missing")),
      Case("a link, a box, a mark", "[doc-1](http://a) [x] [EMAIL_1]", .failed("citation-missing")),
      Case("a mark that stays open", "5\" wide [doc-1]\n\nand 6\" deep and more than five words", .passed),
    ])
  func cites(_ item: Case) async throws {
    let verifier = CitationVerifier(isRequired: true)
    let output = VerifiedOutput(
      input: "How do I reset my old lamp?", output: item.output, documents: Self.documents)
    #expect(try await verifier.verify(output) == item.expected)
  }

  @Test(
    "citations that are not asked for",
    arguments: [
      Case("none", "Ten seconds.", .notApplicable),
      Case("found in any", "“holding its button for ten seconds”", .passed),
      Case("found in none", "“holding its knob for ten seconds”", .failed("citation-not-found")),
    ])
  func mayCite(_ item: Case) async throws {
    let output = VerifiedOutput(input: "", output: item.output, documents: Self.documents)
    #expect(try await CitationVerifier().verify(output) == item.expected)
  }

  @Test("without documents nothing can be cited")
  func needsDocuments() async throws {
    let output = VerifiedOutput(input: "", output: "“one two three four five six” [doc-1]")
    #expect(try await CitationVerifier(isRequired: true).verify(output) == .notApplicable)
  }

  // MARK: List

  private struct Fixed: OutputVerifier {
    let name: String
    let answer: Verification
    func verify(_ output: VerifiedOutput) async throws -> Verification { answer }
  }

  @Test("the cheapest is asked first, and the first failure is the answer")
  func asksInOrder() async throws {
    let list = VerifierList([
      Fixed(name: "execution", answer: .failed("x")), Fixed(name: "other", answer: .failed("y")),
      Fixed(name: "arithmetic", answer: .notApplicable), Fixed(name: "schema", answer: .passed),
      Fixed(name: "pattern", answer: .passed),
    ])
    #expect(list.names == ["pattern", "schema", "arithmetic", "other", "execution"])
    let outcome = try await list.verify(VerifiedOutput(input: "", output: ""))
    #expect(outcome.verification == .failed("y"))
    #expect(outcome.failed == "other")
    #expect(outcome.passed == ["pattern", "schema"])
  }

  @Test("nothing applicable is not passed")
  func isNotApplicable() async throws {
    let list = VerifierList([Fixed(name: "a", answer: .notApplicable)])
    #expect(try await list.verify(VerifiedOutput(input: "", output: "")).verification == .notApplicable)
  }
}
