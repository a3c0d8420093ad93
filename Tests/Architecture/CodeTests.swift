import Testing

private let terminalWords: Set<String> = [
  "print", "debugPrint", "dump", "fputs", "puts", "printf", "vprintf", "fprintf", "putchar", "perror",
]
private let terminalNames: Set<String> = [
  "STDOUT_FILENO", "STDERR_FILENO", "standardOutput", "standardError", "stdout", "stderr",
]

/// Places outside the command that write to the terminal.
func printFaults(_ files: [SourceFile]) -> [String] {
  files.filter { $0.path.hasPrefix("Sources/") && $0.module != "flywheel" }.flatMap { file -> [String] in
    let code = file.code
    return code.indices.compactMap { index in
      let token = code[index]
      guard token.kind == .word else { return nil }
      let next = index + 1 < code.count ? code[index + 1].text : ""
      let before = index > 0 ? code[index - 1].text : ""
      // `.print(` is a method of something else, and `func print(` makes one. A process's `standardOutput` that
      // is set, not written to, is a pipe to a child.
      let calls = terminalWords.contains(token.text) && next == "(" && before != "." && before != "func"
      let names =
        terminalNames.contains(token.text) && next != "=" && next != ":"
        && (before != "." || index > 1 && code[index - 2].text == "FileHandle")
      guard calls || names else { return nil }
      return "\(file.path):\(token.line) uses \(token.text): only the command writes to the terminal"
    }
  }
}

/// Operators that stop the process on bad data, and waivers without a reason.
func trapFaults(_ files: [SourceFile]) -> [String] {
  files.flatMap { file -> [String] in
    let tokens = SwiftTokens.scan(file.text)
    let withReason = Set(tokens.filter { $0.kind == .comment }.map(\.line))
    let code = tokens.filter { $0.kind != .comment }
    return code.indices.compactMap { index in
      let token = code[index]
      guard token.kind == .word else { return nil }
      let next = index + 1 < code.count ? code[index + 1].text : ""
      let isForced = next == "!" && code[index + 1].isAttached
      if token.text == "try" || token.text == "as", isForced {
        return "\(file.path):\(token.line) has \(token.text)!: an error is a value here, throw it"
      }
      let waives = token.text == "@unchecked" || token.text == "nonisolated" && next == "("
      guard waives, !withReason.contains(token.line) else { return nil }
      return "\(file.path):\(token.line) has \(token.text) without its reason on the line"
    }
  }
}

/// Files that are too long to read at once.
func lengthFaults(_ files: [SourceFile], limit: Int = 550) -> [String] {
  files.filter { $0.lineCount > limit }.map {
    "\($0.path) has \($0.lineCount) lines, more than \(limit): split it"
  }
}

/// Types that hide their own module, so that no name in it can be spelled out.
func nameFaults(_ files: [SourceFile]) -> [String] {
  let makers: Set<String> = ["struct", "class", "enum", "actor", "protocol", "typealias"]
  return files.flatMap { file -> [String] in
    guard let module = file.module else { return [] }
    let code = file.code
    return zip(code, code.dropFirst()).compactMap { maker, name in
      guard maker.kind == .word, makers.contains(maker.text), name.text == module else { return nil }
      return
        "\(file.path):\(name.line) names a type like its module, \(module): nothing in it can be qualified then"
    }
  }
}

@Suite("Code") struct CodeTests {
  private func sources() throws -> [SourceFile] {
    let sources = try SourceTree.swift(under: "Sources")
    try #require(sources.count > 10, "the source tree was not found")
    return sources
  }

  private func all() throws -> [SourceFile] { try sources() + SourceTree.swift(under: "Tests") }

  @Test("only the command prints") func printing() throws { expectNone(printFaults(try sources())) }
  @Test("nothing traps on data") func traps() throws { expectNone(trapFaults(try all())) }
  @Test("files are short") func length() throws { expectNone(lengthFaults(try all())) }
  @Test("no type hides its module") func names() throws { expectNone(nameFaults(try sources())) }

  @Test(arguments: [
    ("print(1)", 1), ("fputs(\"x\", stderr)", 2), ("FileHandle.standardError.write(data)", 1),
    ("write(STDOUT_FILENO, p, 1)", 1), ("// print(1)", 0), ("let s = \"\\(print(\"a\"))\"", 0),
    ("fingerprint(1)", 0), ("writer.print(1)", 0), ("process.standardOutput = pipe", 0), ("debugPrint(x)", 1),
  ])
  func judgesPrinting(_ text: String, _ expected: Int) {
    #expect(printFaults([SourceFile("Sources/Stores/Lake/X.swift", text)]).count == expected)
    #expect(printFaults([SourceFile("Sources/flywheel/X.swift", text)]).isEmpty)
  }

  @Test(arguments: [
    ("let x = try! f()", 1), ("let y = x as! Int", 1), ("x as? Int", 0), ("try f()", 0), ("if try !f()", 0),
    ("\"try! me\"", 0),
    ("struct A: @unchecked Sendable {}", 1),
    ("struct A: @unchecked Sendable {}  // one task owns it", 0), ("nonisolated(unsafe) var a = 1", 1),
    ("#\"as! \"\"# as! Int", 1), ("nonisolated func f() {}", 0),
  ])
  func judgesTraps(_ text: String, _ expected: Int) {
    #expect(trapFaults([SourceFile("Sources/Text/X.swift", text)]).count == expected)
  }

  @Test func judgesLength() {
    let file = SourceFile("Sources/Text/X.swift", "a\nb\nc\n")
    #expect(lengthFaults([file], limit: 3) == [])
    #expect(lengthFaults([file], limit: 2) == ["Sources/Text/X.swift has 3 lines, more than 2: split it"])
  }

  @Test(arguments: [
    ("public struct Lake {}", 1), ("actor Lake {}", 1), ("struct LakeReader {}", 0), ("let x: Lake", 0),
    ("// struct Lake", 0),
  ])
  func judgesNames(_ text: String, _ expected: Int) {
    #expect(nameFaults([SourceFile("Sources/Stores/Lake/X.swift", text)]).count == expected)
  }

  struct Scan: Sendable, CustomTestStringConvertible {
    let text: String
    let expected: [String]
    var testDescription: String { text }
  }

  @Test(arguments: [
    Scan(text: "a /* b /* c */ d */ e", expected: ["a", "e"]),
    Scan(text: ##"#"x"y"# z"##, expected: [#"x"y"#, "z"]),
    Scan(text: "\"\"\"\n a \"b\" \n\"\"\" c", expected: ["\n a \"b\" \n", "c"]),
    Scan(text: #""\(f("a)"))" b"#, expected: [#"\(f("a)"))"#, "b"]),
    Scan(text: #""\\" b"#, expected: [#"\\"#, "b"]),
    Scan(text: "@Test #filePath x", expected: ["@Test", "#filePath", "x"]),
    Scan(text: "", expected: []),
  ])
  func scansTokens(_ item: Scan) {
    #expect(SwiftTokens.scan(item.text).filter { $0.kind != .comment }.map(\.text) == item.expected)
  }
}
