import Bytes
import Foundation
import Publish
import Records
import Testing
import Text

@Suite struct ExportJobTests {
  static func add(_ job: ExportJob, _ split: String, _ id: String, _ example: String) throws {
    try Array(example.utf8).withUnsafeBytes { try job.add(split: split, id: id, $0) }
  }

  /// Two splits, interleaved, of three examples.
  @discardableResult
  static func export(
    _ target: ExportTarget, _ kind: Kind = .sft, _ format: ExportFormat? = nil,
    _ compression: ExportCompression = .none
  ) throws -> ExportReport {
    let job = try ExportJob(
      target: target, description: Sample.description(kind), format: format, compression: compression)
    for (split, id) in [("train", "s/a"), ("test", "s/b"), ("train", "s/c")] {
      try add(job, split, id, Sample.example(kind, id: id))
    }
    return try job.finish()
  }

  static func text(_ path: String) throws -> String {
    String(decoding: try DurableFile.read(path), as: UTF8.self)
  }

  @Test func theFolder() throws {
    let folder = try ScratchFolder()
    let report = try Self.export(.folder(folder("new/out")))
    #expect(
      folder.names() == [
        "new", "new/out", "new/out/README.md", "new/out/flywheel.lock", "new/out/test.jsonl",
        "new/out/test.meta.jsonl", "new/out/train.jsonl", "new/out/train.meta.jsonl",
      ])
    #expect(report.records == ["train": 2, "test": 1])
    #expect(report.archive == nil)
    let row = try Sample.row(Sample.example(.sft), .sft, .openai)
    #expect(try Self.text(folder("new/out/train.jsonl")) == "\(row)\n\(row)\n")
    let rest =
      #""conversation":"c-17",\#(Sample.facts),"slice":"billing","time":"2026-11-20T10:00:00.000Z"}"# + "\n"
    #expect(
      try Self.text(folder("new/out/train.meta.jsonl")) == #"{"id":"s/a",\#(rest){"id":"s/c",\#(rest)"#)
    // Every file is what the lock says of it.
    var files: [String] = []
    for (name, records) in [
      ("README.md", ""), ("test.jsonl", #""records":1,"#), ("test.meta.jsonl", #""records":1,"#),
      ("train.jsonl", #""records":2,"#), ("train.meta.jsonl", #""records":2,"#),
    ] {
      let bytes = try DurableFile.read(folder("new/out/\(name)"))
      let digest = Digest.sha256(bytes).hex
      files.append(#"{"bytes":\#(bytes.count),"name":"\#(name)",\#(records)"sha256":"\#(digest)"}"#)
    }
    let (root, version) = (Sample.digest("root").hex, Sample.digest("version").hex)
    #expect(
      try Self.text(folder("new/out/flywheel.lock"))
        == #"{"compression":"none","content_root":"\#(root)","dataset":"support-sft","#
        + #""files":[\#(files.joined(separator: ","))],"format":"openai","number":12,"version":"\#(version)"}"#
        + "\n")
    let card = try Self.text(folder("new/out/README.md"))
    #expect(card.contains("| train | 2 | train.jsonl |\n| test | 1 | test.jsonl |\n\n| origin | examples |"))
    #expect(card.contains("| organic | 3 |\n"))
    #expect(card.contains("  features:\n"))
    let mode = try FileManager.default.attributesOfItem(atPath: folder("new/out"))[.posixPermissions] as? Int
    #expect(mode == 0o700)
  }

  @Test func recordsHaveNoSidecar() throws {
    let folder = try ScratchFolder()
    try Self.export(.folder(folder("out")), .kto, .records)
    #expect(
      folder.names() == ["out", "out/README.md", "out/flywheel.lock", "out/test.jsonl", "out/train.jsonl"])
    #expect(try Self.text(folder("out/test.jsonl")) == Sample.example(.kto, id: "s/b") + "\n")
  }

  @Test(arguments: Kind.allCases, ExportCompression.allCases)
  func twiceIsTheSame(_ kind: Kind, _ compression: ExportCompression) throws {
    let folder = try ScratchFolder()
    for format in ExportFormat.legal(for: kind) {
      let first = try Self.export(.folder(folder("a-\(format)")), kind, format, compression)
      let second = try Self.export(.folder(folder("b-\(format)")), kind, format, compression)
      #expect(first.files == second.files)
      let locks = try ["a", "b"].map { try DurableFile.read(folder("\($0)-\(format)/flywheel.lock")) }
      #expect(locks[0] == locks[1])
      #expect(first.files.map(\.name).contains("train.jsonl" + compression.suffix))
    }
  }

  @Test func anEmptySplitHasAFileAndIsNotDeclared() throws {
    let folder = try ScratchFolder()
    let job = try ExportJob(target: .folder(folder("out")), description: Sample.description())
    try job.open(split: "test")
    try Self.add(job, "train", "s/a", Sample.example(.sft, id: "s/a"))
    #expect(try job.finish().records == ["test": 0, "train": 1])
    #expect(try DurableFile.read(folder("out/test.jsonl")).isEmpty)
    // It is counted, and not declared as a split to load.
    let card = try Self.text(folder("out/README.md"))
    #expect(card.contains("| test | 0 | test.jsonl |"))
    #expect(card.contains("split: \"train\""))
    #expect(!card.contains("split: \"test\""))
    #expect(!card.contains("name: \"test\""))
  }

  @Test func anExportIsReplaced() throws {
    let folder = try ScratchFolder()
    try Self.export(.folder(folder("out")), .sft, .openai, .gzip)
    try FileManager.default.createSymbolicLink(atPath: folder("link"), withDestinationPath: "out")
    let report = try Self.export(.folder(folder("link")), .kto, .records)
    #expect(report.path.hasSuffix("/out"))
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: folder("link")) == "out")
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: folder("out")).sorted()
        == ["README.md", "flywheel.lock", "test.jsonl", "train.jsonl"])
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["link", "out"])
  }

  @Test func anEmptyFolderIsTaken() throws {
    let folder = try ScratchFolder()
    try DurableFile.makeFolder(folder("out"))
    try Self.export(.folder(folder("out") + "/"))
    #expect(folder.names().contains("out/flywheel.lock"))
  }

  struct Foreign: Sendable, CustomTestStringConvertible {
    let id: String
    let files: [String: String]
    var testDescription: String { id }
  }

  @Test(arguments: [
    Foreign(id: "a file", files: ["out": "x"]),
    Foreign(id: "a folder with a file", files: ["out/notes.txt": "x"]),
    Foreign(id: "a folder with a folder", files: ["out/sub/x": "x"]),
    Foreign(id: "a lock of something else", files: ["out/flywheel.lock": "x"]),
    Foreign(id: "a lock without files", files: ["out/flywheel.lock": "{}"]),
    Foreign(
      id: "a stranger beside an export",
      files: ["out/flywheel.lock": #"{"files":[{"name":"a"}]}"#, "out/a": "x", "out/notes.txt": "x"]),
  ])
  func aForeignTargetIsRefusedAndUntouched(_ foreign: Foreign) throws {
    let folder = try ScratchFolder()
    for (name, text) in foreign.files {
      let path = folder(name)
      try DurableFile.makeFolder((path as NSString).deletingLastPathComponent)
      _ = try DurableFile.create(path, Array(text.utf8))
    }
    let before = folder.names()
    let real = try #require(realpath(folder("out"), nil).map { String(cString: $0) })
    #expect(throws: ExportError(.foreignTarget, place: real)) {
      try ExportJob(target: .folder(folder("out")), description: Sample.description())
    }
    #expect(throws: ExportError(.foreignTarget, place: real)) {
      try ExportJob(target: .archive(folder("out"), .lz4), description: Sample.description())
    }
    #expect(folder.names() == before)
    for (name, text) in foreign.files { #expect(try Self.text(folder(name)) == text) }
  }

  @Test func aTargetThatAppearsMeanwhileIsRefused() throws {
    let folder = try ScratchFolder()
    let job = try ExportJob(target: .folder(folder("out")), description: Sample.description())
    try DurableFile.makeFolder(folder("out"))
    _ = try DurableFile.create(folder("out/notes.txt"), [1])
    let real = try #require(realpath(folder("out"), nil).map { String(cString: $0) })
    #expect(throws: ExportError(.foreignTarget, place: real)) { try job.finish() }
    #expect(folder.names() == ["out", "out/notes.txt"])
  }

  struct Failure: Sendable, CustomTestStringConvertible {
    let id: String
    let split: String
    let example: String
    let error: ExportError
    var name = "s/d"
    var testDescription: String { id }
  }

  @Test(arguments: [
    Failure(
      id: "split", split: "train-a", example: Sample.example(.sft, id: "s/d"),
      error: ExportError(.badSplitName, place: "train-a")),
    Failure(
      id: "split that leads out", split: "../x", example: Sample.example(.sft, id: "s/d"),
      error: ExportError(.badSplitName, place: "../x")),
    Failure(
      id: "order", split: "train", example: Sample.example(.sft, id: "s/b"),
      error: ExportError(.unsorted, example: "s/b", place: "train"), name: "s/b"),
    Failure(
      id: "twice", split: "train", example: Sample.example(.sft, id: "s/c"),
      error: ExportError(.unsorted, example: "s/c", place: "train"), name: "s/c"),
    Failure(
      id: "id", split: "train", example: Sample.example(.sft, id: "s/e"),
      error: ExportError(.idDiffers, example: "s/d")),
    Failure(
      id: "kind", split: "train", example: Sample.example(.fewshot, id: "s/d"),
      error: ExportError(.kindDiffers, example: "s/d")),
    Failure(
      id: "JSON", split: "train", example: #"{"id":"s/d"#,
      error: ExportError(.malformed, example: "s/d", place: "cut-short")),
    Failure(
      id: "row", split: "train", example: Sample.example(.sft, id: "s/d", input: #""input":[]"#),
      error: ExportError(.noMessages, example: "s/d", place: "input")),
  ])
  func aFailureLeavesNothing(_ failure: Failure) throws {
    let folder = try ScratchFolder()
    for former in [false, true] {
      if former { try Self.export(.folder(folder("out"))) }
      let before = folder.names()
      let job = try ExportJob(
        target: .folder(folder("out")), description: Sample.description(), compression: .gzip)
      try Self.add(job, "train", "s/c", Sample.example(.sft, id: "s/c"))
      #expect(throws: failure.error) {
        try Self.add(job, failure.split, failure.name, failure.example)
      }
      #expect(folder.names() == before)
      #expect(throws: ExportError(.closed)) {
        try Self.add(job, "train", "s/z", Sample.example(.sft, id: "s/z"))
      }
      #expect(throws: ExportError(.closed)) { try job.finish() }
    }
  }

  @Test func aForgottenJobLeavesNothing() throws {
    let folder = try ScratchFolder()
    do {
      let job = try ExportJob(target: .folder(folder("out")), description: Sample.description())
      try Self.add(job, "train", "s/c", Sample.example(.sft, id: "s/c"))
      #expect(folder.names().count == 3)
    }
    #expect(folder.names().isEmpty)
  }

  @Test func whatAKilledExportLeftIsRemovedAndALivingOneIsNot() throws {
    let folder = try ScratchFolder()
    try DurableFile.makeFolder(folder(".out.pull-0123456789ab/sub"))
    try DurableFile.makeFolder(folder(".other.pull-0123456789ab"))
    let living = try ExportJob(target: .folder(folder("out")), description: Sample.description())
    #expect(!folder.names().contains(".out.pull-0123456789ab"))
    #expect(folder.names().contains(".other.pull-0123456789ab"))
    try Self.add(living, "train", "s/a", Sample.example(.sft, id: "s/a"))
    try Self.export(.folder(folder("out")))
    #expect(try living.finish().records == ["train": 1])
    #expect(
      folder.names() == [
        ".other.pull-0123456789ab", "out", "out/README.md", "out/flywheel.lock", "out/train.jsonl",
        "out/train.meta.jsonl",
      ])
  }

  @Test(.enabled(if: Tool.has("tar", "lz4", "zstd")), arguments: ExportArchive.Codec.allCases)
  func anArchive(_ codec: ExportArchive.Codec) throws {
    let folder = try ScratchFolder()
    let target = ExportTarget.archive(folder("x" + codec.suffix), codec)
    let first = try Self.export(target, .eval, .inspect)
    #expect(folder.names() == ["x" + codec.suffix])
    let bytes = try DurableFile.read(folder("x" + codec.suffix))
    #expect(first.archive?.digest == Digest.sha256(bytes))
    // An export may take its own place, and has the same bytes again.
    #expect(try Self.export(target, .eval, .inspect) == first)
    let tar = try #require(
      try ExportFileTests.decompress(folder("x" + codec.suffix), codec == .lz4 ? .lz4 : .zstd))
    _ = try DurableFile.create(folder("x.tar"), tar)
    let list = try #require(Tool("tar")).run(["-tf", folder("x.tar")])
    #expect(
      String(decoding: list.output, as: UTF8.self) == """
        support-eval-12/README.md
        support-eval-12/flywheel.lock
        support-eval-12/test.jsonl
        support-eval-12/test.meta.jsonl
        support-eval-12/train.jsonl
        support-eval-12/train.meta.jsonl

        """)
  }

  @Test(.enabled(if: Tool.has("python3")), arguments: Kind.allCases)
  func pythonReadsIt(_ kind: Kind) throws {
    let folder = try ScratchFolder()
    let script = """
      import gzip, json, sys
      with gzip.open(sys.argv[1], "rt", encoding="utf-8") as rows:
          rows = [json.loads(row) for row in rows]
      with open(sys.argv[2], encoding="utf-8") as lock:
          lock = json.load(lock)
      print(len(rows), ",".join(rows[0]), lock["dataset"], lock["files"][-1]["records"])
      """
    for format in ExportFormat.legal(for: kind) {
      let out = folder(format.rawValue)
      try Self.export(.folder(out), kind, format, .gzip)
      let result = try #require(Tool("python3"))
        .run(["-c", script, "\(out)/train.jsonl.gz", "\(out)/flywheel.lock"])
      var keys: [String] = []
      try JSONParser().parse(try Sample.row(Sample.example(kind), kind, format)) { row in
        keys = row.members.map { String(decoding: $0.key, as: UTF8.self) }
      }
      let expected = "2 \(keys.joined(separator: ",")) support-\(kind.rawValue) 2\n"
      #expect(String(decoding: result.output, as: UTF8.self) == expected)
    }
  }
}
