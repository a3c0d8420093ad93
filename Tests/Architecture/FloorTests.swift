import Testing

/// A floor of the house; imports point down the list only.
private struct Floor {
  let modules: [String]
  /// Why modules of this floor do not import each other.
  let apart: String
}

private let floors = [
  Floor(modules: ["flywheel"], apart: ""),
  Floor(modules: ["Pipeline"], apart: ""),
  Floor(
    modules: ["Pull", "Curate", "Label", "Review", "Synthesize", "Publish", "Evaluate"],
    apart: "stages never import each other, they meet through Records and the stores"),
  Floor(
    modules: ["Lake", "Catalog", "Registry", "Signatures"],
    apart: "stores never import each other, so that each works without the others"),
  Floor(modules: ["LanguageModels"], apart: ""),
  Floor(modules: ["Transport"], apart: ""),
  Floor(modules: ["Text", "Statistics"], apart: "text and statistics have nothing to say to each other"),
  Floor(modules: ["Bytes"], apart: ""),
  Floor(modules: ["Records"], apart: ""),
]

/// Modules from outside, and who may use them; nil is everyone.
private let outside: [String: (users: [String]?, reason: String)] = [
  "Foundation": (nil, ""), "FoundationNetworking": (nil, ""), "Glibc": (nil, ""), "Musl": (nil, ""),
  "Dispatch": (nil, ""),
  "Synchronization": (nil, ""), "FoundationEssentials": (nil, ""),
  "GRDB": (["Catalog"], "only Catalog speaks SQL"),
  "GRDBSQLite": (["Catalog", "Pull"], "only Catalog, and sources that are databases, speak SQL"),
  "Yams": (["Pipeline"], "only Pipeline reads definitions"),
  "ArgumentParser": (["flywheel"], "only the command has arguments"),
  "Logging": (["flywheel", "Pipeline"], "below the pipeline things return facts and log nothing"),
]

/// The module names in a file's import lines, with their lines.
private func imports(_ file: SourceFile) -> [(module: String, line: Int)] {
  let code = file.code
  let kinds = ["struct", "class", "enum", "protocol", "typealias", "func", "let", "var"]
  return code.indices.compactMap { index in
    guard code[index].kind == .word, code[index].text == "import", index + 1 < code.count else { return nil }
    let named =
      kinds.contains(code[index + 1].text) && index + 2 < code.count ? code[index + 2] : code[index + 1]
    return (named.text, code[index].line)
  }
}

/// Import lines that point up, aside, or out of the house.
func importFaults(_ files: [SourceFile]) -> [String] {
  func height(_ module: String) -> Int? { floors.firstIndex { $0.modules.contains(module) } }
  return files.flatMap { file -> [String] in
    guard let module = file.module, !file.path.hasPrefix("Sources/System/") else { return [] }
    guard let own = height(module) else {
      return ["\(file.path) is on no floor; add '\(module)' to the list here"]
    }
    return imports(file).compactMap { imported, line -> String? in
      let fault = "\(file.path):\(line) imports \(imported): "
      if let rule = outside[imported] {
        return rule.users.map { $0.contains(module) } ?? true ? nil : fault + rule.reason
      }
      if let other = height(imported) {
        if other > own { return nil }
        if other < own { return fault + "imports point down, and \(module) is below it" }
        return imported == module ? fault + "that is itself" : fault + floors[own].apart
      }
      let isSystem = imported.first == "C" && imported.dropFirst().first?.isUppercase == true
      return isSystem ? nil : fault + "no floor and no list of outside modules has it"
    }
  }
}

@Suite("Floors") struct FloorTests {
  @Test("imports point down the floors")
  func importsPointDown() throws {
    let files = try SourceTree.swift(under: "Sources")
    #expect(files.count > 10, "the source tree was not found")
    expectNone(importFaults(files))
  }

  struct Case: Sendable, CustomTestStringConvertible {
    let path: String
    let text: String
    let expected: String?
    var testDescription: String { text }
  }

  @Test(arguments: [
    Case(
      path: "Sources/Stages/Curate/X.swift", text: "import Pull",
      expected:
        "Sources/Stages/Curate/X.swift:1 imports Pull: stages never import each other, they meet through Records and the stores"
    ),
    Case(
      path: "Sources/Stores/Registry/X.swift", text: "import Records\n@testable import Catalog",
      expected:
        "Sources/Stores/Registry/X.swift:2 imports Catalog: stores never import each other, so that each works without the others"
    ),
    Case(
      path: "Sources/Text/JSON/X.swift", text: "public import struct Lake.Segment",
      expected:
        "Sources/Text/JSON/X.swift:1 imports Lake: imports point down, and Text is below it"),
    Case(
      path: "Sources/Stages/Label/X.swift", text: "import GRDB",
      expected: "Sources/Stages/Label/X.swift:1 imports GRDB: only Catalog speaks SQL"),
    Case(
      path: "Sources/Records/X.swift", text: "import Crypto",
      expected: "Sources/Records/X.swift:1 imports Crypto: no floor and no list of outside modules has it"),
    Case(
      path: "Sources/Cellar/X.swift", text: "import Records",
      expected: "Sources/Cellar/X.swift is on no floor; add 'Cellar' to the list here"),
    Case(
      path: "Sources/Stages/Pull/X.swift", text: "// import Curate\nlet s = \"import Label\"", expected: nil),
    Case(path: "Sources/Pipeline/X.swift", text: "import Pull\nimport Yams\nimport CArchive", expected: nil),
    Case(path: "Sources/Stages/Publish/X.swift", text: "import Registry\nimport Foundation", expected: nil),
  ])
  func judgesImports(_ item: Case) {
    #expect(importFaults([SourceFile(item.path, item.text)]) == (item.expected.map { [$0] } ?? []))
  }
}
