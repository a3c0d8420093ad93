import Foundation
import Testing
import TestSupport

@Suite("Personal data at rest") struct PersonalDataTests {
  /// Everything personal in the sample's texts, as it was written there.
  static let planted: [String: [String]] = [
    "EMAIL": [
      "marta.lind@example.com", "piet.de.vries+bikes@example.com", "j.okafor@mail.example.org",
      "s.brandt@example.net", "lena.k@example.com", "tomas@example.com",
    ],
    "CARD": ["4242 4242 4242 4242", "5555555555554444", "3782 822463 10005", "4111 1111 1111 1111"],
    "IBAN": ["DE89 3704 0044 0532 0130 00", "NL91ABNA0417164300", "GB82 WEST 1234 5698 7654 32"],
    "PHONE": ["+44 20 7946 0958", "(415) 555-0132", "+49 30 23125 014", "+1 202-555-0143"],
    "IP": ["203.0.113.25", "198.51.100.7", "2001:db8::4f:12", "192.0.2.44"],
    "SECRET": ["sk-larkspur0example0key0not0real0000", "AKIAIOSFODNN7EXAMPLE"],
  ]

  private static func sample() throws -> String {
    let folder = Repository.root.appending(path: "Datasets/samples").path
    return try Workbench.tree(folder).filter { $0.hasSuffix(".jsonl") }.map {
      String(decoding: try Data(contentsOf: URL(filePath: "\(folder)/\($0)")), as: UTF8.self)
    }
    .joined()
  }

  /// The sample's user ids, customers and colleagues.
  private static func users(_ sample: String) -> Set<String> {
    Set(sample.matches(of: #/"user_id":"([^"]+)"/#).map { String($0.1) })
  }

  /// All bytes below a folder: files as they are, and what LZ4 frames hold.
  private func bytes(_ folder: String) throws -> Data {
    var all = Data()
    for name in Workbench.tree(folder) {
      var isFolder: ObjCBool = false
      let path = "\(folder)/\(name)"
      guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue else {
        continue
      }
      all += try Data(contentsOf: URL(filePath: path))
      if name.hasSuffix(".lz4") {
        let ran = try Program.run("/usr/bin/env", ["lz4", "-dc", path], in: "/")
        try #require(ran.code == 0)
        all += Data(ran.output.utf8)
      }
    }
    return all
  }

  @Test("no file of a workspace or an export holds any of the sample's") func nowhere() throws {
    let bench = try Published.copy("personal")
    let sample = try Self.sample()
    let users = Self.users(sample)
    #expect(users.count > 190)
    for dataset in ["support-sft", "support-preference", "support-kto", "support-eval", "support-fewshot"] {
      for format in ["records", "trl"] {
        try bench.succeed(
          "pull", dataset, "--format", format, "--to", "\(bench.home)/out-\(dataset)-\(format)")
      }
    }
    let kept = try bytes(bench.home)
    #expect(kept.count > 1_000_000)
    // The search itself must find what is there.
    #expect(kept.range(of: Data("[EMAIL_1]".utf8)) != nil)
    for (kind, values) in Self.planted {
      for value in values {
        #expect(sample.contains(value), "the sample no longer holds a planted \(kind)")
        for form in Set([value, value.filter { $0 != " " }]) {
          #expect(kept.range(of: Data(form.utf8)) == nil, "a planted \(kind) is at rest: \(form)")
        }
      }
    }
    // Ids come in numbers: one pass over the text is enough for all of them.
    let text = String(decoding: kept, as: UTF8.self)
    let found = Set(text.matches(of: #/(?:user|agent)-[0-9]{2,4}/#).map { String($0.0) })
    #expect(found.intersection(users).isEmpty)
    #expect(text.contains("\"user\":\"u-"))
  }

  @Test("records are marked as often as the sample's planner says") func marks() throws {
    let bench = try Published.bench()
    let planted = try RunTests.planted()
    let ran = try Program.run(
      "/bin/sh", ["-c", "cat lake/interactions/*/*.lz4 | lz4 -dc"], in: bench.home)
    // A row that came twice stands twice in the lake; the catalog points to one of them.
    var marked: [String: Set<String>] = [:]
    for line in ran.output.split(separator: "\n") {
      let record = try JSONDocument(String(line))
      let id = record["id"]?.string ?? ""
      for kind in record["marks"]?.members.keys ?? [:].keys { marked[kind, default: []].insert(id) }
    }
    for kind in ["EMAIL", "CARD", "IBAN", "PHONE", "IP", "SECRET"] {
      #expect(marked[kind]?.count == planted["interactions with \(kind)"], "\(kind)")
    }
  }

  @Test("files are for their owner alone") func modes() throws {
    let bench = try Published.copy("modes")
    // A umask that would let everybody in changes nothing.
    let command =
      "umask 000; '\(Program.path)' run nightly && '\(Program.path)' pull support-sft --to '\(bench.home)/out'"
    try FileManager.default.removeItem(atPath: bench.home)
    let ran = try Program.run("/bin/sh", ["-c", command], in: bench.project, environment: [:])
    try #require(ran.code == 0, "\(ran.errors)")
    var open: [String] = []
    for name in Workbench.tree(bench.home) {
      let attributes = try FileManager.default.attributesOfItem(atPath: "\(bench.home)/\(name)")
      let mode = (attributes[.posixPermissions] as? NSNumber)?.intValue ?? 0
      let isFolder = attributes[.type] as? FileAttributeType == .typeDirectory
      if mode != (isFolder ? 0o700 : 0o600) { open.append("\(String(mode, radix: 8)) \(name)") }
    }
    #expect(open == [])
    #expect(FileManager.default.fileExists(atPath: "\(bench.home)/pseudonym.key"))
  }
}
