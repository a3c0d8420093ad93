import Testing

@testable import LanguageModels

@Suite("Prompt templates") struct PromptTemplateTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let id: String
    let template: String
    var values: [String: PromptTemplate.Value] = [:]
    let expected: String
    var testDescription: String { id }
  }

  private static let people: PromptTemplate.Value = .list([
    .map(["name": .text("Ada"), "old": .bool(true)]), .map(["name": .text("Bo"), "old": .bool(false)]),
  ])

  /// Most are cases of the Mustache specification 1.4 (comments, delimiters, interpolation, inverted, sections).
  static let cases = [
    Case(id: "plain", template: "Hello from {Mustache}!\n", expected: "Hello from {Mustache}!\n"),
    Case(id: "empty", template: "", expected: ""),
    Case(
      id: "value", template: "{{a}} {{ a }} {{{a}}} {{&a}} {{& a }}", values: ["a": .text("<&\">")],
      expected: "<&\"> <&\"> <&\"> <&\"> <&\">"),
    Case(
      id: "values are no templates", template: "{{a}}", values: ["a": .text("{{b}}{{#c}}"), "b": .text("x")],
      expected: "{{b}}{{#c}}"),
    Case(
      id: "dots", template: "{{a.b.c}}", values: ["a": .map(["b": .map(["c": .text("x")])])], expected: "x"),
    Case(id: "truth", template: "{{a}}", values: ["a": .bool(true)], expected: "true"),
    Case(
      id: "section of truth", template: "\"{{#a}}x{{/a}}\"", values: ["a": .bool(true)], expected: "\"x\""),
    Case(
      id: "section of untruth", template: "\"{{#a}}x{{/a}}\"", values: ["a": .bool(false)], expected: "\"\""),
    Case(id: "section of nothing", template: "[{{#a}}x{{/a}}]", expected: "[]"),
    Case(id: "section of empty text", template: "[{{#a}}x{{/a}}]", values: ["a": .text("")], expected: "[]"),
    Case(
      id: "section of text", template: "[{{#a}}{{.}}!{{/a}}]", values: ["a": .text("hi")], expected: "[hi!]"),
    Case(
      id: "section of a mapping", template: "{{#a}}{{b}}{{c}}{{/a}}",
      values: ["a": .map(["b": .text("x")]), "c": .text("y")], expected: "xy"),
    Case(
      id: "inner before outer", template: "{{#a}}{{b}}{{/a}}",
      values: ["a": .map(["b": .text("x")]), "b": .text("y")], expected: "x"),
    Case(
      id: "list", template: "{{#p}}{{name}}{{#old}}+{{/old}},{{/p}}", values: ["p": people],
      expected: "Ada+,Bo,"),
    Case(
      id: "list of texts", template: "{{#p}}({{.}}){{/p}}", values: ["p": .list([.text("a"), .text("b")])],
      expected: "(a)(b)"),
    Case(id: "empty list", template: "[{{#p}}x{{/p}}]", values: ["p": .list([])], expected: "[]"),
    Case(
      id: "lists in lists", template: "{{#p}}({{#.}}{{.}}{{/.}}){{/p}}",
      values: ["p": .list([.list([.text("1"), .text("2")]), .list([.text("3")])])], expected: "(12)(3)"),
    Case(
      id: "inverted", template: "{{^a}}no{{/a}}{{^b}}no{{/b}}{{^c}}no{{/c}}",
      values: ["a": .bool(false), "b": .list([.text("x")])], expected: "nono"),
    Case(
      id: "standalone", template: "| This Is\n{{#a}}\n|\n{{/a}}\n| A Line\n", values: ["a": .bool(true)],
      expected: "| This Is\n|\n| A Line\n"),
    Case(
      id: "standalone indented", template: "| This Is\n  {{#a}}\n|\n  {{/a}}\n| A Line\n",
      values: ["a": .bool(true)], expected: "| This Is\n|\n| A Line\n"),
    Case(
      id: "standalone with CRLF", template: "|\r\n{{#a}}\r\n{{/a}}\r\n|", values: ["a": .bool(true)],
      expected: "|\r\n|"),
    Case(
      id: "standalone without line before", template: "  {{#a}}\n#{{/a}}\n/", values: ["a": .bool(true)],
      expected: "#\n/"),
    Case(
      id: "standalone without line after", template: "#{{#a}}\n/\n  {{/a}}", values: ["a": .bool(true)],
      expected: "#\n/\n"),
    Case(
      id: "a value's line stays", template: "a\n  {{a}}\nb", values: ["a": .text("x")], expected: "a\n  x\nb"),
    Case(
      id: "two in a line stay", template: "{{#a}} {{/a}}\nb", values: ["a": .bool(true)], expected: " \nb"),
    Case(id: "comment", template: "12345{{! Comment \n {{ Block! }}67890", expected: "1234567890"),
    Case(id: "comment alone", template: "Begin.\n{{! Comment }}\nEnd.\n", expected: "Begin.\nEnd.\n"),
    Case(
      id: "other marks", template: "{{=<% %>=}}(<%a%>){{a}}", values: ["a": .text("x")], expected: "(x){{a}}"),
    Case(
      id: "other marks and back", template: "{{= | | =}}|a||={{ }}=|{{a}}", values: ["a": .text("x")],
      expected: "xx"),
    Case(id: "beyond ASCII", template: "é{{ü}}😀", values: ["ü": .text("ß")], expected: "éß😀"),
  ]

  @Test(arguments: cases)
  func fills(_ item: Case) throws {
    #expect(try PromptTemplate(item.template).fill(item.values) == item.expected)
  }

  @Test(
    "what is no template, or cannot be filled, is said with its line",
    arguments: [
      ("a\n{{b", PromptTemplate.Fault(.badTag, line: 2, name: "")),
      ("{{", PromptTemplate.Fault(.badTag, line: 1, name: "")),
      ("{{}}", PromptTemplate.Fault(.badTag, line: 1, name: "")),
      ("{{a b}}", PromptTemplate.Fault(.badTag, line: 1, name: "a b")),
      ("{{=a=}}", PromptTemplate.Fault(.badTag, line: 1, name: "a")),
      ("\n\n{{#a}}", PromptTemplate.Fault(.badSection, line: 3, name: "a")),
      ("{{/a}}", PromptTemplate.Fault(.badSection, line: 1, name: "a")),
      ("{{#a}}\n{{/b}}", PromptTemplate.Fault(.badSection, line: 2, name: "b")),
      ("{{> a}}", PromptTemplate.Fault(.partial, line: 1, name: "a")),
      ("x\n{{a}}", PromptTemplate.Fault(.unknownName, line: 2, name: "a")),
      ("{{l}}", PromptTemplate.Fault(.notText, line: 1, name: "l")),
      ("{{m.n}}", PromptTemplate.Fault(.unknownName, line: 1, name: "m.n")),
    ])
  func faults(_ text: String, _ expected: PromptTemplate.Fault) {
    #expect(throws: expected) {
      try PromptTemplate(text).fill(["l": .list([]), "m": .map([:])])
    }
  }

  @Test("hostile templates take little")
  func hostile() {
    let deep = String(repeating: "{{#a}}", count: 100_000)
    #expect(throws: PromptTemplate.Fault(.tooDeep, line: 1, name: "a")) { try PromptTemplate(deep) }
    let open = String(repeating: "{", count: 1 << 20)
    #expect(throws: PromptTemplate.Fault.self) { try PromptTemplate(open) }
    #expect(throws: Never.self) { try PromptTemplate(String(repeating: "{x", count: 1 << 20)) }
  }

  @Test("a version is of the text, and names are those to be filled")
  func version() throws {
    let template = try PromptTemplate("{{a}} {{#b}}{{c}}{{/b}} {{a.d}}")
    #expect(template.version == (try PromptTemplate("{{a}} {{#b}}{{c}}{{/b}} {{a.d}}")).version)
    #expect(template.version != (try PromptTemplate("{{a}} {{#b}}{{c}}{{/b}} {{a.d}}\n")).version)
    #expect(template.version.utf8.count == 12)
    #expect(template.names == ["a", "b"])
  }
}
