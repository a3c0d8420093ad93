import Pipeline
import Testing

/// Damaged files are read to the end without a crash, and each fault has a place inside the file.
@Suite struct DamageTests {
  static let files: [(DefinitionFault.Document, String)] = [
    (.pipeline, Fixtures.pipeline), (.source, Fixtures.chat), (.source, Fixtures.votes),
    (.source, Fixtures.trees), (.dataset, Fixtures.dataset),
  ]

  static func check(_ document: DefinitionFault.Document, _ bytes: [UInt8]) -> Int {
    let lines = bytes.count { $0 == 0x0A || $0 == 0x0D } + 1
    let faults = Fixtures.faults(of: document, bytes: bytes)
    #expect(faults.allSatisfy { $0.line >= 1 && $0.line <= lines && $0.column >= 1 && !$0.text.isEmpty })
    return faults.isEmpty ? 0 : 1
  }

  @Test(arguments: files.indices) func prefixes(_ index: Int) {
    let (document, text) = Self.files[index]
    let bytes = Array(text.utf8)
    let refused = bytes.indices.reduce(0) { $0 + Self.check(document, Array(bytes[..<$1])) }
    #expect(refused > 10)
  }

  @Test(arguments: files.indices) func deletions(_ index: Int) {
    let (document, text) = Self.files[index]
    let bytes = Array(text.utf8)
    let refused = bytes.indices.reduce(0) { total, at in
      total + Self.check(document, Array(bytes[..<at] + bytes[(at + 1)...]))
    }
    #expect(refused > 10)
  }

  /// A byte that has a meaning in YAML in the place of every fifth one.
  @Test(arguments: Array("*&!{}[]:\"'|>%@`#\u{0}\n\t-?".utf8) + [0xFF, 0xC3]) func replacements(_ byte: UInt8)
  {
    for (document, text) in Self.files {
      var bytes = Array(text.utf8)
      for at in stride(from: Int(byte) % 5, to: bytes.count, by: 5) {
        let old = bytes[at]
        bytes[at] = byte
        _ = Self.check(document, bytes)
        bytes[at] = old
      }
    }
  }
}
