import Testing

/// A function of a test file, and whether a test runner finds it.
private struct Declared {
  let name: String
  let line: Int
  let isTest: Bool
}

private func functions(_ code: [Token]) -> [Declared] {
  code.indices.compactMap { index in
    guard code[index].kind == .word, code[index].text == "func", index + 1 < code.count,
      code[index + 1].kind == .word
    else { return nil }
    // Attributes stand between the end of what is before and `func`; `@Test(…)` may hold braces itself.
    var back = index - 1
    var depth = 0
    var isTest = false
    while back >= 0 {
      let text = code[back].kind == .string ? "" : code[back].text
      if text == ")" || text == "]" { depth += 1 }
      if text == "(" || text == "[" { depth -= 1 }
      if depth < 0 || depth == 0 && (text == "{" || text == "}" || text == "func") { break }
      if depth == 0, text == "@Test" {
        isTest = true
        break
      }
      back -= 1
    }
    return Declared(name: code[index + 1].text, line: code[index].line, isTest: isTest)
  }
}

/// What Swift or a protocol of its library calls, so that no line of ours names it again.
private let calledByOthers: Set<String> = ["encode", "hash", "write", "next", "makeIterator", "provideScope"]

/// Functions in files with tests that nobody marked and nobody calls: they look like tests and never run.
func unmarkedFaults(_ files: [SourceFile]) -> [String] {
  let scanned = files.filter { $0.path.hasPrefix("Tests/") }.map { (file: $0, code: $0.code) }
  var uses: [String: Int] = [:]
  for token in scanned.flatMap(\.code) where token.kind == .word { uses[token.text, default: 0] += 1 }
  return scanned.flatMap { file, code -> [String] in
    var faults: [String] = []
    if code.contains(where: { $0.kind == .word && $0.text == "XCTest" }) {
      faults.append("\(file.path) uses XCTest: tests are written with Swift Testing")
    }
    let declared = functions(code)
    let marks = code.contains { $0.kind == .word && $0.text == "@Test" }
    if file.name.hasSuffix("Tests.swift"), !marks { faults.append("\(file.path) has no @Test in it") }
    guard marks || code.contains(where: { $0.text == "@Suite" }) else { return faults }
    for function in declared where !function.isTest && !calledByOthers.contains(function.name) {
      let others = (uses[function.name] ?? 0) - declared.count { $0.name == function.name && !$0.isTest }
      if others <= 0 {
        faults.append(
          "\(file.path):\(function.line) \(function.name) is not marked @Test, and nothing calls it")
      }
    }
    return faults
  }
}

@Suite("Tests are tests") struct MarkedTests {
  @Test("every test function is marked")
  func everyTestIsMarked() throws {
    let files = try SourceTree.swift(under: "Tests")
    #expect(files.contains { $0.name == "MarkedTests.swift" }, "the source tree was not found")
    expectNone(unmarkedFaults(files))
  }

  struct Case: Sendable, CustomTestStringConvertible {
    let id: String
    let text: String
    let expected: [String]
    var testDescription: String { id }
  }

  @Test(arguments: [
    Case(
      id: "forgotten mark", text: "@Suite struct S {\n  @Test func a() {}\n  func testB() {}\n}",
      expected: ["Tests/X/STests.swift:3 testB is not marked @Test, and nothing calls it"]),
    Case(
      id: "called function", text: "@Suite struct S {\n  @Test func a() { made() }\n  func made() {}\n}",
      expected: []),
    Case(
      id: "mark with arguments", text: "@Test(arguments: [{ 1 }(), 2]) func a(_ n: Int) { f { n } }\n",
      expected: []),
    Case(id: "mark with a name", text: "@Test(\"a } name\")\n@MainActor\nfunc a() async {}\n", expected: []),
    Case(
      id: "mark of the one before", text: "struct S {\n  @Test func a() {}\n\n  func b() {}\n}",
      expected: ["Tests/X/STests.swift:4 b is not marked @Test, and nothing calls it"]),
    Case(id: "no test at all", text: "struct S {}\n", expected: ["Tests/X/STests.swift has no @Test in it"]),
    Case(
      id: "XCTest", text: "import XCTest\n@Test func a() {}",
      expected: ["Tests/X/STests.swift uses XCTest: tests are written with Swift Testing"]),
  ])
  func judgesMarks(_ item: Case) {
    #expect(unmarkedFaults([SourceFile("Tests/X/STests.swift", item.text)]) == item.expected)
  }
}
