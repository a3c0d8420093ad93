import Foundation
import Pipeline
import Publish
import Pull
import Records
import Testing

@Suite struct ProjectTests {
  static let whole = [
    "Pipelines/night.yaml": Fixtures.pipeline, "Pipelines/sources/chat.yaml": Fixtures.chat,
    "Pipelines/sources/votes.yaml": Fixtures.votes, "Pipelines/sources/trees.yaml": Fixtures.trees,
    "Pipelines/prompts/p.txt": "x", "Pipelines/.night.yaml.swp": "x", "Pipelines/sources/README.md": "x",
    "Datasets/pref/dataset.yaml": Fixtures.dataset, "Datasets/sft/dataset.yaml": "kind: sft\n",
    "Datasets/eval/dataset.yaml": "kind: eval\n", "Datasets/samples/x.jsonl": "{}", "Datasets/README.md": "x",
  ]

  @Test func loadsAWholeProject() throws {
    let folder = try TemporaryProject(Self.whole)
    let loaded = try Project.load(root: folder.root)
    #expect(loaded.faults == [])
    #expect(loaded.warnings == [])
    let project = loaded.project
    #expect(project.pipelines.map(\.name) == ["night"])
    #expect(project.sources.map(\.name) == ["chat", "trees", "votes"])
    #expect(project.datasets.map(\.name) == ["eval", "pref", "sft"])
    #expect(project.pipeline("night")?.file == "Pipelines/night.yaml")
    #expect(project.source("chat")?.app == "support")
    #expect(project.dataset("sft")?.kind == .sft)
    #expect(project.dataset("none") == nil)
    #expect(project.sourcesFolder == "\(folder.root)/Pipelines/sources")
  }

  @Test func aSourceMustNotHaveTheNameOfWhatModelsWrote() throws {
    var files = Self.whole
    files["Pipelines/sources/synthesis.yaml"] = Fixtures.chat
    let folder = try TemporaryProject(files)
    #expect(
      try Project.load(root: folder.root).faults.map(\.description) == [
        "Pipelines/sources/synthesis.yaml:1:1: 'source': the name 'synthesis' is given by the program itself"
      ])
  }

  @Test func datasetsWhoseCandidatesAreUsedMustBeThere() throws {
    var files = Self.whole
    files["Datasets/eval/dataset.yaml"] = "kind: eval\nsynthesis: {target: 5, from: [sft, prefs]}\n"
    let folder = try TemporaryProject(files)
    let loaded = try Project.load(root: folder.root)
    #expect(
      loaded.faults.map(\.description) == [
        "Datasets/eval/dataset.yaml:2:36: dataset 'prefs' is not declared; did you mean 'pref'? Otherwise add Datasets/prefs/dataset.yaml"
      ])
  }

  @Test func protectedFilesMustBeThere() throws {
    var files = Self.whole
    files["Pipelines/night.yaml"] = Fixtures.pipeline.replacingOccurrences(
      of: "- publish: {dataset: sft}",
      with: "- publish: {dataset: sft, protected: [evals/*.jsonl, evals/mine.txt]}")
    files["evals/a.jsonl"] = "{}"
    let folder = try TemporaryProject(files)
    let loaded = try Project.load(root: folder.root)
    #expect(
      loaded.faults.map(\.description) == [
        "Pipelines/night.yaml:17:56: entry 2 of 'protected': no file of the project matches 'evals/mine.txt'; add it there, or mend the path"
      ])
    #expect(loaded.faults.map(\.code) == ["no-file"])
    try folder.write("evals/mine.txt", Data("x".utf8))
    #expect(try Project.load(root: folder.root).faults == [])
  }

  @Test func statesEveryFaultByFileAndPlace() throws {
    var files = Self.whole
    files["Pipelines/sources/chat.yaml"] = nil
    files["Pipelines/sources/chats.yaml"] = FaultRow.source
    files["Pipelines/sources/broken.yaml"] = "kind: file\n"
    files["Pipelines/sources/votes2.yaml"] = Fixtures.votes.replacingOccurrences(
      of: "about: chat", with: "about: votes")
    files["Pipelines/weekly.yaml"] =
      "steps: [{pull: {sources: [broken, votes2]}}, {publish: {datasets: [new]}}]\n"
    files["Pipelines/Weekly.yaml"] = "steps: []\n"
    files["Pipelines/old.yml"] = "x"
    files["Pipelines/folder.yaml/x"] = "x"
    files["Datasets/pref/dataset.yaml"] = nil
    files["Datasets/pref/dataset.yml"] = "x"
    files["Datasets/lonely/dataset.yaml"] = "kind: kto\n"
    files["Datasets/big/dataset.yaml"] = "kind: kto\n#" + String(repeating: "x", count: 1_048_576)
    let folder = try TemporaryProject(files)
    let loaded = try Project.load(root: folder.root)
    #expect(
      loaded.faults.map(\.description) == [
        "Datasets/big/dataset.yaml:1:1: has 1048587 bytes; a definition has at most 1048576",
        "Datasets/pref/dataset.yml:1:1: a definition ends in .yaml; rename it to dataset.yaml",
        "Pipelines/Weekly.yaml:1:1: 'Weekly' is not a name; a name is made of a-z, 0-9, '.', '_' and '-' and begins with a letter or digit",
        "Pipelines/folder.yaml:1:1: is not a regular file",
        "Pipelines/night.yaml:4:20: source 'chat' is not declared; did you mean 'chats'? Otherwise add Pipelines/sources/chat.yaml",
        "Pipelines/night.yaml:19:18: dataset 'pref' is not declared; add Datasets/pref/dataset.yaml",
        "Pipelines/old.yml:1:1: a definition ends in .yaml; rename it to old.yaml",
        "Pipelines/sources/broken.yaml:1:1: the source needs the key 'path'",
        "Pipelines/sources/broken.yaml:1:1: the source needs one of the keys 'interactions', 'feedback', 'tree'",
        "Pipelines/sources/votes.yaml:5:10: source 'chat' is not declared; did you mean 'chats'? Otherwise add Pipelines/sources/chat.yaml",
        "Pipelines/sources/votes2.yaml:5:10: source 'votes' has no interactions that feedback could be about",
        "Pipelines/weekly.yaml:1:46: step 'publish' needs 'label' before it",
        "Pipelines/weekly.yaml:1:68: dataset 'new' is not declared; add Datasets/new/dataset.yaml",
      ])
    #expect(
      loaded.warnings.map(\.description) == [
        "Datasets/big/dataset.yaml:1:1: no pipeline publishes dataset 'big'",
        "Datasets/lonely/dataset.yaml:1:1: no pipeline publishes dataset 'lonely'",
        "Pipelines/sources/chats.yaml:1:1: no pipeline pulls source 'chats'",
      ])
    #expect(loaded.project.sources.map(\.name) == ["chats", "trees", "votes", "votes2"])
    #expect(loaded.project.pipelines.map(\.name) == ["night"])
  }

  @Test func aWarningRefusesNothing() throws {
    let folder = try TemporaryProject([
      "Pipelines/p.yaml": "steps: [pull: {source: s}]\n",
      "Pipelines/sources/s.yaml": FaultRow.source + "redact: []\n",
    ])
    let loaded = try Project.load(root: folder.root)
    #expect(loaded.faults == [])
    #expect(
      loaded.warnings.map(\.description) == [
        "Pipelines/sources/s.yaml:8:9: 'redact' is empty: personal data of this source reaches the disk as it came"
      ])
    #expect(loaded.project.source("s")?.redact == [])
  }

  @Test func statesWhatCannotBeRead() throws {
    let folder = try TemporaryProject(["Pipelines/p.yaml": "steps: [pull: {source: s}]\n"])
    try FileManager.default.createDirectory(
      atPath: "\(folder.root)/Pipelines/sources", withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(
      atPath: "\(folder.root)/Pipelines/sources/s.yaml", withDestinationPath: "nowhere")
    let loaded = try Project.load(root: folder.root)
    #expect(
      loaded.faults.map(\.description) == [
        "Pipelines/sources/s.yaml:1:1: cannot be read: No such file or directory"
      ])
  }

  @Test func findsTheRootAbove() throws {
    let folder = try TemporaryProject([
      "Pipelines/p.yaml": "x", "Datasets/a/b/c.txt": "x", "Pipelines/q/x": "x",
    ])
    #expect(Project.findRoot(from: "\(folder.root)/Datasets/a/b") == folder.root)
    #expect(Project.findRoot(from: folder.root) == folder.root)
    #expect(Project.findRoot(from: "\(folder.root)/Pipelines/") == folder.root)
    #expect(Project.findRoot(from: "/") == nil)
  }

  @Test func needsAProject() throws {
    let folder = try TemporaryProject(["Datasets/x": "x"])
    #expect(throws: DefinitionFault(file: "Pipelines", facts: .noProject)) {
      try Project.load(root: folder.root)
    }
    #expect(
      DefinitionFault(file: "Pipelines", facts: .noProject).description
        == "Pipelines:1:1: no folder 'Pipelines' here or above; 'flywheel init' makes one")
  }
}
