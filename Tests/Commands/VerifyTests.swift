import Foundation
import Testing
import TestSupport

@Suite("flywheel verify") struct VerifyTests {
  @Test("a sound workspace") func sound() throws {
    let bench = try Published.bench()
    #expect(
      try bench.succeed("verify") == """
        registry: 5 versions, 431 records, 32 objects (0 of no version)
        lake: 16 segments, 648 records (0 of no transaction)
        all sound

        """)
    #expect(try bench.succeed("verify", "--fast").hasSuffix("all sound\n"))
    #expect(
      try bench.succeed("verify", "--lake-only")
        == "lake: 16 segments, 648 records (0 of no transaction)\nall sound\n")
    let both = try bench.run("verify", "--lake-only", "--registry-only")
    #expect(both.code == 2)
    #expect(both.errors.hasPrefix("Error: Give --registry-only or --lake-only, not both.\n"))
  }

  struct Wound: CustomTestStringConvertible, Sendable {
    let name: String
    /// Where the object is, below the workspace.
    let folder: String
    let suffix: String
    let removes: Bool
    /// How the line about the object begins.
    let problem: String
    var testDescription: String { name }
  }

  static let wounds = [
    Wound(
      name: "a byte of a segment", folder: "lake/interactions", suffix: ".jsonl.lz4", removes: false,
      problem: "lake: "),
    Wound(
      name: "a byte of a pack", folder: "registry/packs", suffix: ".fwp", removes: false,
      problem: "damaged packs/"),
    Wound(
      name: "a byte of a reference", folder: "registry/refs", suffix: ".json", removes: false,
      problem: "damaged refs/"),
    Wound(
      name: "a byte of a version", folder: "registry/versions", suffix: ".json", removes: false,
      problem: "damaged versions/"),
    Wound(
      name: "a segment gone", folder: "lake/feedback", suffix: ".jsonl.lz4", removes: true, problem: "lake: "),
    Wound(
      name: "a pack gone", folder: "registry/packs", suffix: ".fwp", removes: true, problem: "missing packs/"),
    Wound(
      name: "a version gone", folder: "registry/versions", suffix: ".json", removes: true,
      problem: "missing versions/"),
    Wound(
      name: "a manifest gone", folder: "registry/manifests", suffix: ".json", removes: true,
      problem: "missing manifests/"),
  ]

  @Test("what is wrong is named, with exit code 1", arguments: wounds)
  func wounded(_ wound: Wound) throws {
    let bench = try Published.copy("wound")
    let folder = "\(bench.home)/\(wound.folder)"
    let object = try #require(Workbench.tree(folder).first { $0.hasSuffix(wound.suffix) })
    if wound.removes {
      try FileManager.default.removeItem(atPath: "\(folder)/\(object)")
    } else {
      try Damage.flip("\(folder)/\(object)")
    }
    let ran = try bench.run("verify")
    #expect(ran.code == 1)
    #expect(ran.errors.isEmpty)
    let name = URL(filePath: object).lastPathComponent.replacing(".jsonl.lz4", with: "")
    let lines = ran.output.split(separator: "\n")
    #expect(lines.contains { $0.hasPrefix(wound.problem) && $0.contains(name) }, "\(ran.output)")
    let problems = lines.prefix { !$0.hasPrefix("registry: ") }.map(String.init)
    #expect(lines.last.map(String.init) == "\(problems.count) problem\(problems.count == 1 ? "" : "s")")
    let document = try bench.run("verify", "--json")
    #expect(document.code == 1)
    #expect(try JSONDocument(document.output)["problems"]?.elements.compactMap(\.string) == problems)
  }

  @Test("a registry whose names sha256sum agrees with, and segments that lz4 reads") func tools() throws {
    let bench = try Published.bench()
    let command = """
      for file in registry/packs/*/* registry/manifests/*/* registry/versions/*/*; do
        name=${file##*/}
        [ "$(sha256sum <"$file" | cut -c1-64)" = "${name%.*}" ] || echo "$file"
      done
      cat lake/interactions/*/*.lz4 | lz4 -dc | wc -l
      """
    let ran = try Program.run("/bin/sh", ["-c", command], in: bench.home)
    #expect(ran.code == 0)
    #expect(ran.output.trimmingCharacters(in: .whitespacesAndNewlines) == "350")
  }
}
