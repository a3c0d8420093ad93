import Testing

/// What may stand at the root; a new entry belongs into the design's list first.
private let rooms: Set<String> = [
  ".ci", ".gitignore", ".swift-format", "Datasets", "Documentation", "Jobs", "LICENSE", "Package.swift",
  "Pipelines",
  "README.md",
  "Sources", "Tests", "changelog",
]

/// Entries at the root that the house has no place for.
func roomFaults(_ entries: [String]) -> [String] {
  entries.filter { !rooms.contains($0) }.map { "\($0) has no place at the root" }
}

/// Words that do not belong into a file that others read, in two parts, so that this file may name them.
private let unwanted: [(word: String, reason: String)] = [
  ("/wo" + "rk/", "a path of one machine"), ("/ho" + "me/", "a path of one machine"),
  ("/ro" + "ot/", "a path of one machine"), ("/Us" + "ers/", "a path of one machine"),
  ("TO" + "DO", "do it, or leave it"), ("FIX" + "ME", "mend it, or leave it"),
  ("sub" + "agent", "how it was made is nobody's business"),
  ("sub-" + "agent", "how it was made is nobody's business"),
]

/// Unwanted words, with their lines.
func wordFaults(_ files: [SourceFile]) -> [String] {
  files.filter { $0.path != "LICENSE" }.flatMap { file -> [String] in
    let found = unwanted.filter { file.text.contains($0.word) }
    return found.flatMap { item in
      file.lines.indices.filter { file.lines[$0].contains(item.word) }.map {
        "\(file.path):\($0 + 1) holds '\(item.word)': \(item.reason)"
      }
    }
  }
}

/// Targets of the manifest without a comment line above them that says what they are.
func targetFaults(_ manifest: SourceFile) -> [String] {
  let lines = manifest.lines.map { $0.drop { $0 == " " } }
  guard let start = lines.firstIndex(where: { $0.hasPrefix("targets: [") }) else {
    return ["\(manifest.path) has no list of targets"]
  }
  let makers = [".target(", ".executableTarget(", ".systemLibrary(", "floor(", "system("]
  return lines.indices.filter { $0 > start }.compactMap { index in
    guard makers.contains(where: { lines[index].hasPrefix($0) }) else { return nil }
    let above = lines[index - 1]
    if above.hasPrefix("// "), !above.hasPrefix("// MARK") { return nil }
    return "\(manifest.path):\(index + 1) has no comment line above its target"
  }
}

/// The content of the parentheses that open at `index`.
private func arguments(_ code: [Token], at index: Int) -> ArraySlice<Token> {
  guard index < code.count, code[index].kind == .sign, code[index].text == "(" else { return [] }
  var depth = 0
  for end in index..<code.count where code[end].kind == .sign {
    if code[end].text == "(" { depth += 1 }
    if code[end].text == ")" { depth -= 1 }
    if depth == 0 { return code[(index + 1)..<end] }
  }
  return code[(index + 1)...]
}

/// Whether arguments have the label, with something that is no empty string.
private func states(_ label: String, in arguments: ArraySlice<Token>) -> Bool {
  arguments.indices.contains { index in
    arguments[index].kind == .word && arguments[index].text == label && index + 2 < arguments.endIndex
      && arguments[index + 1].text == ":"
      && (arguments[index + 2].kind != .string || !arguments[index + 2].text.isEmpty)
  }
}

/// Commands without an abstract, and arguments of theirs without help.
func commandFaults(_ files: [SourceFile]) -> [String] {
  files.filter { $0.module == "flywheel" && $0.name != "Main.swift" }.flatMap { file -> [String] in
    let code = file.code
    let commands = code.contains { $0.text == "ParsableCommand" || $0.text == "AsyncParsableCommand" }
    let configurations = code.indices.filter { code[$0].text == "CommandConfiguration" }
      .map { arguments(code, at: $0 + 1) }.filter { !$0.isEmpty }
    var faults: [String] = []
    if commands, !configurations.contains(where: { states("abstract", in: $0) }) {
      faults.append("\(file.path) has a command without an abstract: its --help says nothing")
    }
    for index in code.indices where ["@Option", "@Flag", "@Argument"].contains(code[index].text) {
      let inner = arguments(code, at: index + 1)
      if !states("help", in: inner) {
        faults.append("\(file.path):\(code[index].line) has an \(code[index].text) without help")
      }
    }
    return faults
  }
}

/// Scripts that cannot be run, or go on after a failure.
func scriptFaults(_ files: [SourceFile]) -> [String] {
  files.filter { ($0.path.hasPrefix("Jobs/") || $0.path.hasPrefix(".ci/")) && !$0.name.contains(".") }.flatMap
  {
    file -> [String] in
    var faults: [String] = []
    if !file.isExecutable { faults.append("\(file.path) is not executable") }
    let first = file.lines.first ?? ""
    if !first.hasPrefix("#!/usr/bin/env ") {
      faults.append("\(file.path) does not begin with #!/usr/bin/env")
    }
    if first.hasSuffix("bash"), !file.lines.contains("set -euo pipefail") {
      faults.append("\(file.path) lacks 'set -euo pipefail'")
    }
    return faults
  }
}

/// Changelog entries that do not begin as changelog/TEMPLATE asks.
func entryFaults(_ files: [SourceFile]) -> [String] {
  files.filter { $0.path.hasPrefix("changelog/") && $0.path != "changelog/TEMPLATE" }.compactMap { file in
    let kinds = ["Bugfix: ", "Enhancement: ", "Change: "]
    let isFine = kinds.contains { file.text.hasPrefix($0) } && file.lines.dropFirst().first?.isEmpty == true
    return isFine ? nil : "\(file.path) does not begin with a line such as 'Bugfix: …' and an empty one"
  }
}

@Suite("House") struct HouseTests {
  private func files() throws -> [SourceFile] {
    let files = try SourceTree.files()
    try #require(files.contains { $0.path == "Package.swift" }, "the source tree was not found")
    return files
  }

  @Test("the root holds what the design lists")
  func root() throws { expectNone(roomFaults(try SourceTree.topLevel())) }

  @Test("no path of a machine, nothing put off") func words() throws {
    expectNone(wordFaults(try files()))
  }

  @Test("every target says what it is")
  func targets() throws {
    expectNone(targetFaults(try #require(files().first { $0.path == "Package.swift" })))
  }

  @Test("every command and argument has help") func commands() throws {
    expectNone(commandFaults(try files()))
  }
  @Test("scripts run, and stop at a failure") func scripts() throws {
    expectNone(scriptFaults(try files()))
  }
  @Test("changelog entries have their form") func entries() throws { expectNone(entryFaults(try files())) }

  @Test("a fault is an issue, with its own text")
  func faultsAreIssues() {
    expectNone([])
    withKnownIssue {
      expectNone(["one fault"])
    } matching: {
      $0.comments == ["one fault"]
    }
  }

  @Test func judgesRooms() {
    #expect(roomFaults(["Sources", "misc", "README.md"]) == ["misc has no place at the root"])
    #expect(SourceTree.isGenerated(".build-cov"))
    #expect(!SourceTree.isGenerated("Jobs"))
  }

  @Test func judgesWords() {
    let path = "/ho" + "me/"
    let file = SourceFile("Sources/Text/X.swift", "let a = 1\nlet b = \"\(path)me\"\n")
    #expect(wordFaults([file]) == ["Sources/Text/X.swift:2 holds '\(path)': a path of one machine"])
    #expect(wordFaults([SourceFile("README.md", "homework, rooted\n")]) == [])
  }

  @Test(arguments: [
    ("targets: [\n  // Kernels.\n  floor(\"Text\"),\n", 0), ("targets: [\n  floor(\"Text\"),\n", 1),
    ("targets: [\n  // MARK: Floors\n  .target(\n", 1), ("func floor(\n", 1),
    ("targets: [\n  // One.\n  system(\"A\"),\n  system(\"B\"),\n  tests(\"A\"),\n", 1),
  ])
  func judgesTargets(_ text: String, _ expected: Int) {
    #expect(targetFaults(SourceFile("Package.swift", text)).count == expected)
  }

  @Test(arguments: [
    ("struct A: ParsableCommand {}", 1),
    ("struct A: AsyncParsableCommand { static let configuration = CommandConfiguration(abstract: \"\") }", 1),
    ("struct A: ParsableCommand { static let c = CommandConfiguration(abstract: \"Does it.\") }", 0),
    ("struct A: ParsableArguments { @Option var n = 1 }", 1),
    ("struct A: ParsableArguments { @Flag(name: .short) var n = false }", 1),
    ("struct A: ParsableArguments { @Option(name: .short, help: \"Count (0 to 9).\") var n = 1 }", 0),
    ("struct A: ParsableArguments { @Argument(help: ArgumentHelp(\"It.\", valueName: \"n\")) var n = 1 }", 0),
  ])
  func judgesCommands(_ text: String, _ expected: Int) {
    #expect(commandFaults([SourceFile("Sources/flywheel/X.swift", text)]).count == expected)
  }

  @Test(arguments: [
    ("#!/usr/bin/env bash\nset -euo pipefail\n", true, 0), ("#!/usr/bin/env bash\nset -e\n", true, 1),
    ("#!/usr/bin/env python3\n", true, 0), ("#!/bin/sh\n", false, 2),
  ])
  func judgesScripts(_ text: String, _ isExecutable: Bool, _ expected: Int) {
    #expect(scriptFaults([SourceFile("Jobs/x", text, isExecutable: isExecutable)]).count == expected)
  }

  @Test(arguments: [
    ("Bugfix: Read it\n\nIt was not.\n", 0), ("Fix: Read it\n\nIt was not.\n", 1),
    ("Change: Read it\nIt\n", 1),
  ])
  func judgesEntries(_ text: String, _ expected: Int) {
    #expect(entryFaults([SourceFile("changelog/unreleased/x", text)]).count == expected)
  }
}
