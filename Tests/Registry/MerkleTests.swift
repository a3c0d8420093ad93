import Bytes
import Testing

@testable import Registry

@Suite struct MerkleTests {
  /// Ids r0 to r6 with the SHA-256 of the id as digest; the roots were computed by a separate program that splits at
  /// the largest power of two, as RFC 6962 says.
  @Test(arguments: [
    (0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    (1, "f6c9176aa495a09b5c62e59d01a1920bd73ff12449c0c65e2df0dc3a18b20f4a"),
    (2, "497a1afc45630ba184b1c83d43cff30577de025b680209e686436224316c69e1"),
    (3, "96224928c4c64a63137fd8bf284629e5867ee05a9aaf40d78c1582e9b5d298a2"),
    (4, "b243cc80cb636cdb11f4b276e7848255fe0e6c5d0ef804462d279a871a2e2fc2"),
    (5, "fbebb186573cc65fb037d2eacc003ff335d436c296ec4c9c27692ddb29ac2b8f"),
    (6, "e0d274d7feb529fc12dd814060d9e2b76268addc9d0b1448306e7dc0b9a63531"),
    (7, "a29baacf874afcefe45d100edd5bb92b1eacac8fba3c67342a3bcd65796ad3d5"),
  ])
  func roots(_ count: Int, _ expected: String) {
    var table = RecordTable()
    for number in (0..<count).reversed() {
      let id = Array("r\(number)".utf8)
      #expect(id.withUnsafeBytes { table.insert($0, digest: Digest.sha256(id).bytes, split: 0) })
    }
    #expect(table.root(table.sorted(split: 0)).hex == expected)
  }

  /// Byte order, shorter first; and no id twice, also after the table has grown.
  @Test func table() {
    var table = RecordTable()
    let zero = [UInt8](repeating: 0, count: 32)
    let ids = ["b", "ab", "a", "é", "~", "a\u{1F600}"] + (0..<3000).map { "n\($0)" }
    for id in ids { #expect(Array(id.utf8).withUnsafeBytes { table.insert($0, digest: zero, split: 0) }) }
    for id in ids { #expect(!Array(id.utf8).withUnsafeBytes { table.insert($0, digest: zero, split: 1) }) }
    let sorted = table.sorted(split: 0).map { table.id($0) }
    #expect(sorted == ids.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
    #expect(table.sorted(split: 1).isEmpty)
  }

  @Test(arguments: [
    "format.json", "packs/ab/\(String(repeating: "ab", count: 32)).fwp",
    "manifests/ab/\(String(repeating: "ab", count: 32)).json",
    "versions/ab/\(String(repeating: "ab", count: 32)).json",
    "physical/\(String(repeating: "ab", count: 32))/12.json", "refs/support-sft/0000000012.json",
    "ledger/0000000001.json",
  ])
  func names(_ path: String) { #expect(ObjectName(path: path)?.path == path) }

  @Test(arguments: [
    "", "format.json/", "packs/ac/\(String(repeating: "ab", count: 32)).fwp",
    "packs/ab/\(String(repeating: "AB", count: 32)).fwp", "refs/x/12.json", "refs/x/0000000000.json",
    "refs/../0000000001.json", "refs/x/10000000000.json", "ledger/+000000001.json", "physical/ab/1.json",
    "tags/x/a.1.json", "tmp/x",
  ])
  func otherNames(_ path: String) { #expect(ObjectName(path: path) == nil) }
}
