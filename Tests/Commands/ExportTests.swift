import Foundation
import Testing
import TestSupport

@Suite("flywheel pull") struct ExportTests {
  /// The formats that take each kind; the first is the default.
  static let formats: [(dataset: String, formats: [String])] = [
    ("support-sft", ["openai", "trl", "records"]), ("support-preference", ["trl", "openai", "records"]),
    ("support-kto", ["trl", "records"]), ("support-eval", ["openai", "trl", "inspect", "records"]),
    ("support-fewshot", ["openai", "trl", "records"]),
  ]
  static let allFormats = ["records", "openai", "trl", "inspect"]

  private func rows(_ folder: String) throws -> [JSONDocument] {
    let names = Workbench.tree(folder).filter { $0.hasSuffix(".jsonl") && !$0.hasSuffix(".meta.jsonl") }
    return try names.flatMap { name in
      try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8).split(separator: "\n").map {
        try JSONDocument(String($0))
      }
    }
  }

  @Test("every format of every kind, and the kind's own without one", arguments: formats)
  func everyFormat(_ row: (dataset: String, formats: [String])) throws {
    let bench = try Published.copy("formats")
    let listed = try bench.json("datasets", "list").elements
    let count = listed.first { $0["dataset"] == .text(row.dataset) }?["examples"]?.int
    var keys: [String] = []
    for format in row.formats {
      try bench.succeed("pull", "\(row.dataset)@1", "--format", format, "--to", format)
      let rows = try rows("\(bench.project)/\(format)")
      #expect(rows.count == count)
      for shape in Set(rows.map { $0.members.keys.sorted().joined(separator: " ") }).sorted() {
        keys.append("\(format): \(shape)")
      }
    }
    try Expected.expect(keys.joined(separator: "\n") + "\n", "formats/\(row.dataset)")
    let report = try bench.json("pull", row.dataset)
    #expect(report["format"]?.string == row.formats[0])
    #expect(report["number"] == .number(1))
    #expect(report["path"]?.string == "\(bench.project)/\(row.dataset)")
    let own = try rows("\(bench.project)/\(row.dataset)")
    #expect(own == (try rows("\(bench.project)/\(row.formats[0])")))
    for format in Self.allFormats where !row.formats.contains(format) {
      let kind = row.dataset.dropFirst("support-".count)
      let legal = Self.allFormats.filter(row.formats.contains).joined(separator: ", ")
      let ran = try bench.run("pull", row.dataset, "--format", format, "--to", "illegal")
      #expect(ran.code == 2)
      #expect(ran.errors == "error: there is no format for \(kind) '\(format)'. There are: \(legal).\n")
      #expect(!FileManager.default.fileExists(atPath: "\(bench.project)/illegal"))
    }
  }

  @Test("the account of a pull, to the letter") func account() throws {
    let bench = try Published.copy("account")
    let text = try bench.succeed("pull", "support-sft@1", "--to", "out")
    try Expected.expect(Marks.apply(text, bench), "pull")
  }

  @Test(
    "an unknown format, compression or ending",
    arguments: [
      ["--format", "csv"], ["--compress", "brotli"], ["--archive", "x.zip"],
      ["--archive", "x.tar.lz4", "--to", "y"],
    ])
  func unknownOption(_ options: [String]) throws {
    let bench = try Published.copy("options")
    let before = Workbench.tree(bench.project)
    let ran = try bench.run(["pull", "support-sft"] + options)
    #expect(ran.code == 2)
    #expect(ran.output.isEmpty)
    #expect(ran.errors.contains("Usage: flywheel pull"))
    #expect(Workbench.tree(bench.project) == before)
  }

  @Test(
    "every compression is read by the tool of its name",
    arguments: [("lz4", ".lz4"), ("zstd", ".zst"), ("gzip", ".gz")])
  func compression(_ tool: String, _ suffix: String) throws {
    let bench = try Published.copy("compression")
    try bench.succeed("pull", "support-sft", "--to", "plain")
    try bench.succeed("pull", "support-sft", "--to", "packed", "--compress", tool)
    #expect(
      Workbench.tree("\(bench.project)/packed")
        == Workbench.tree("\(bench.project)/plain").map { $0.hasSuffix(".jsonl") ? $0 + suffix : $0 })
    for file in ["train.jsonl", "validation.meta.jsonl"] {
      let command = "\(tool) -dc packed/\(file)\(suffix) | cmp - plain/\(file)"
      let ran = try Program.run("/bin/sh", ["-c", command], in: bench.project)
      #expect(ran.code == 0, "\(ran.errors)")
    }
  }

  @Test("an archive holds the same files below one folder", arguments: [("lz4", "lz4"), ("zst", "zstd")])
  func archive(_ suffix: String, _ tool: String) throws {
    let bench = try Published.copy("archive")
    try bench.succeed("pull", "support-sft", "--to", "plain")
    try bench.succeed("pull", "support-sft", "--archive", "out.tar.\(suffix)")
    let command = "\(tool) -dc out.tar.\(suffix) | tar -xf - && diff -r plain support-sft-1"
    let ran = try Program.run("/bin/sh", ["-c", command], in: bench.project)
    #expect(ran.code == 0)
    #expect(ran.output.isEmpty)
    try bench.succeed("pull", "support-kto", "--archive", "out.tar.\(suffix)")
  }

  @Test("a second pull to a folder replaces the first, whatever its format") func again() throws {
    let bench = try Published.copy("again")
    try bench.succeed("pull", "support-sft", "--to", "out", "--compress", "gzip")
    try bench.succeed("pull", "support-eval", "--to", "out", "--format", "records")
    #expect(Workbench.tree("\(bench.project)/out") == ["README.md", "flywheel.lock", "test.jsonl"])
    try bench.succeed("pull", "support-sft@1", "--to", "fresh")
    try bench.succeed("pull", "support-sft@1", "--to", "out")
    let ran = try Program.run("/usr/bin/env", ["diff", "-r", "out", "fresh"], in: bench.project)
    #expect(ran.code == 0, "\(ran.output)")
  }

  @Test("a folder or archive that no pull wrote is left as it is") func foreign() throws {
    let bench = try Published.copy("foreign")
    try bench.write("mine/notes.txt", "mine\n")
    try bench.write("mine.tar.zst", "mine\n")
    try bench.succeed("pull", "support-sft", "--to", "ours")
    try bench.write("ours/notes.txt", "mine\n")
    for (options, name) in [
      (["--to", "mine"], "mine"), (["--to", "ours"], "ours"),
      (["--archive", "mine.tar.zst"], "mine.tar.zst"),
    ] {
      let before = Workbench.tree(bench.project)
      let ran = try bench.run(["pull", "support-eval"] + options)
      #expect(ran.code == 2)
      #expect(ran.output.isEmpty)
      #expect(
        Marks.apply(ran.errors, bench)
          == "error: PROJECT/\(name) holds what no pull wrote, and is left as it is. Name another one.\n")
      #expect(Workbench.tree(bench.project) == before)
    }
    #expect(try bench.read("mine/notes.txt") == "mine\n")
    #expect(try bench.read("mine.tar.zst") == "mine\n")
  }

  @Test("a registry alone is enough: no project, no catalog") func alone() throws {
    let bench = try Published.copy("alone")
    let elsewhere = try Scratch.folder("elsewhere")
    defer { Scratch.remove(elsewhere) }
    try FileManager.default.moveItem(atPath: "\(bench.home)/registry", toPath: "\(elsewhere)/registry")
    try FileManager.default.removeItem(atPath: bench.project)
    for command in [
      ["pull", "support-kto@1", "--to", "kto"], ["datasets", "list"], ["datasets", "show", "support-kto@1"],
    ] {
      let ran = try bench.run(command + ["--registry", "registry"], in: elsewhere)
      #expect(ran.code == 0, "\(ran.errors)")
      let named = try bench.run(command, in: elsewhere, environment: ["FLYWHEEL_REGISTRY": "registry"])
      #expect(named.output == ran.output)
    }
    let verified = try bench.run("verify", "--registry-only", "--registry", "registry", in: elsewhere)
    #expect(verified.output == "registry: 5 versions, 431 records, 32 objects (0 of no version)\nall sound\n")
    #expect(Workbench.tree("\(elsewhere)/kto").contains("train.jsonl"))
  }

  @Test("a damaged pack stops it, is named, and leaves nothing behind") func damaged() throws {
    let bench = try Published.copy("damaged")
    let folder = "\(bench.home)/registry"
    let packs = Workbench.tree(folder).filter { $0.hasSuffix(".fwp") }
    #expect(packs.count == 5)
    for pack in packs { try Damage.flip("\(folder)/\(pack)") }
    let before = Workbench.tree(bench.project)
    let ran = try bench.run("pull", "support-sft", "--to", "out")
    #expect(ran.code == 1)
    #expect(ran.output.isEmpty)
    #expect(ran.errors.hasPrefix("error: the registry: damaged: packs/"))
    #expect(ran.errors.hasSuffix(". `flywheel verify --registry-only` checks all of it.\n"))
    #expect(packs.contains { ran.errors.contains($0) })
    #expect(Workbench.tree(bench.project) == before)
  }
}

/// Damages files.
enum Damage {
  /// Inverts one byte in the middle of a file.
  static func flip(_ path: String) throws {
    var data = try Data(contentsOf: URL(filePath: path))
    let middle = data.count / 2
    data[middle] ^= 0xFF
    chmod(path, 0o600)
    try data.write(to: URL(filePath: path))
  }
}
