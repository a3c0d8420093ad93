import Foundation
import Testing
import TestSupport

/// A log in the shape that the source made by `init` describes.
enum AppLog {
  static func interaction(
    _ id: String, minute: Int, user: String = "ann", response: String? = nil
  ) -> String {
    let answer = response ?? "Hold the button of lamp \(minute) for ten seconds."
    return
      #"{"type":"interaction","id":"\#(id)","time":"2026-11-18T10:\#(minute):00Z","conversation":"c\#(minute)","#
      + #""user":"\#(user)","model":"m","messages":[{"role":"user","content":"How do I reset lamp \#(minute)?"}],"#
      + #""response":"\#(answer)"}"# + "\n"
  }

  static func thumb(_ id: String, on target: String, _ value: Int, user: String = "ann") -> String {
    #"{"type":"feedback","id":"\#(id)","time":"2026-11-18T11:00:00Z","target":"\#(target)","user":"\#(user)","#
      + #""signal":"thumb","value":\#(value)}"# + "\n"
  }
}

@Suite("flywheel init") struct InitTests {
  @Test("a fresh folder becomes a project that checks, runs and publishes")
  func fresh() throws {
    let bench = try Workbench(empty: "init")
    #expect(
      Marks.apply(try bench.succeed("init", "fresh", in: bench.folder), bench) == """
        made a project in FOLDER/fresh:
          Pipelines/nightly.yaml
          Pipelines/sources/app-log.yaml
          Datasets/app-sft/dataset.yaml
          .gitignore

        next:
          put JSON Lines of your application into FOLDER/fresh/logs/, or change Pipelines/sources/app-log.yaml
          flywheel check
          flywheel run nightly

        """)
    let fresh = "\(bench.folder)/fresh"
    #expect(try bench.succeed("check", in: fresh) == "1 pipeline, 1 source, 1 dataset: all sound\n")
    let log = (10..<20).map { minute in
      AppLog.interaction("i\(minute)", minute: minute)
        + AppLog.thumb("f\(minute)", on: "i\(minute)", minute == 19 ? -1 : 1)
    }
    try FileManager.default.createDirectory(atPath: "\(fresh)/logs", withIntermediateDirectories: false)
    try Data(log.joined().utf8).write(to: URL(filePath: "\(fresh)/logs/day.jsonl"))
    _ = try bench.succeed("run", "nightly", in: fresh)
    let listed = try JSONDocument(try bench.succeed("datasets", "list", "--json", in: fresh))
    #expect(listed[0]?["dataset"] == .text("app-sft"))
    #expect(listed[0]?["examples"] == .number(9))
    _ = try bench.succeed("pull", "app-sft", "--to", "out", in: fresh)
    let rows = ["train", "validation"].compactMap {
      try? String(contentsOfFile: "\(fresh)/out/\($0).jsonl", encoding: .utf8)
    }
    .joined().split(separator: "\n")
    #expect(rows.count == 9)
    #expect(rows.allSatisfy { $0.contains("How do I reset lamp 1") && !$0.contains("lamp 19") })
  }

  @Test(
    "a file in the way stops it before anything is written",
    arguments: [
      "Pipelines/nightly.yaml", "Pipelines/sources/app-log.yaml", "Datasets/app-sft/dataset.yaml",
      ".gitignore",
    ]) func inTheWay(_ file: String) throws
  {
    let bench = try Workbench(empty: "init-taken")
    try bench.write(file, "mine\n")
    let before = Workbench.tree(bench.project)
    let ran = try bench.run("init")
    #expect(ran.code == 2)
    #expect(ran.output.isEmpty)
    #expect(
      Marks.apply(ran.errors, bench)
        == "error: PROJECT/\(file) is there already; flywheel overwrites nothing.\n")
    #expect(Workbench.tree(bench.project) == before)
    #expect(try bench.read(file) == "mine\n")
  }

  @Test("as JSON") func json() throws {
    let bench = try Workbench(empty: "init-json")
    let document = try bench.json("init")
    #expect(document["project"] == .text(bench.project))
    #expect(
      document["files"]
        == .text(
          "Pipelines/nightly.yaml Pipelines/sources/app-log.yaml Datasets/app-sft/dataset.yaml .gitignore"))
  }
}
