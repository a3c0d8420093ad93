import Bytes
import Foundation
import Testing
import Text

/// A tiny model, trained by the command of the same Debian package as the library.
private enum TinyModel {
  static let command = "/usr/bin/fasttext"
  static let isThere = FileManager.default.isExecutableFile(atPath: command)

  /// Trains in a folder of its own and returns the model's bytes.
  static func make() throws -> [UInt8] {
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "flywheel-fasttext-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let lines = (0..<60).map {
      "__label__good fine nice day \($0 % 7)\n__label__bad awful rotten mess \($0 % 5)\n"
    }
    try lines.joined().write(to: folder.appending(path: "rows"), atomically: true, encoding: .utf8)
    let process = Process()
    process.executableURL = URL(filePath: command)
    process.arguments = [
      "supervised", "-input", folder.appending(path: "rows").path, "-output",
      folder.appending(path: "model").path,
      "-thread", "1", "-dim", "4", "-bucket", "50", "-wordNgrams", "2", "-epoch", "20", "-lr", "0.5",
      "-verbose", "0",
    ]
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0)
    return [UInt8](try Data(contentsOf: folder.appending(path: "model.bin")))
  }
}

@Suite(.enabled(if: TinyModel.isThere, "there is no fasttext command"))
struct TextClassifierTests {
  private func withFile<Result>(_ bytes: [UInt8], _ body: (String) throws -> Result) throws -> Result {
    let file = FileManager.default.temporaryDirectory.appending(path: "flywheel-model-\(UUID().uuidString)")
    try Data(bytes).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    return try body(file.path)
  }

  private func probability(_ classifier: TextClassifier, _ text: String) -> Double {
    Array(text.utf8).withUnsafeBytes { classifier.probability($0) }
  }

  @Test func predicts() async throws {
    let bytes = try TinyModel.make()
    let digest = Digest.sha256(bytes)
    let bad = try withFile(bytes) { try TextClassifier(path: $0, sha256: digest, label: "bad") }
    let good = try withFile(bytes) { try TextClassifier(path: $0, sha256: nil, label: "good") }
    #expect(bad.digest == digest)
    #expect(probability(bad, "An awful, rotten mess!") > 0.8)
    #expect(probability(bad, "a fine nice day") < 0.2)
    #expect(abs(probability(bad, "awful day") + probability(good, "awful day") - 1) < 0.001)
    #expect((0...1).contains(probability(bad, "")))
    let expected = probability(bad, "rotten mess")
    await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<4 {
        group.addTask { (0..<500).allSatisfy { _ in self.probability(bad, "rotten mess") == expected } }
      }
      for await same in group { #expect(same) }
    }
  }

  @Test func refusesWhatIsNoModel() throws {
    let bytes = try TinyModel.make()
    let other = Digest.sha256([1])
    func fault(_ bytes: [UInt8], sha256: Digest? = nil, label: String = "bad") throws -> ClassifierFault? {
      do {
        _ = try withFile(bytes) { try TextClassifier(path: $0, sha256: sha256, label: label) }
        return nil
      } catch let fault as ClassifierFault { return fault }
    }
    #expect(try fault(bytes) == nil)
    #expect(try fault(bytes, sha256: other) == .otherDigest(Digest.sha256(bytes)))
    #expect(try fault(bytes, label: "absent") == .lacksLabel)
    #expect(try fault([]) == .damaged)
    #expect(try fault(Array("not a model at all".utf8)) == .damaged)
    #expect(try fault([bytes[0] ^ 1] + bytes.dropFirst()) == .damaged)
    for length in stride(from: 8, to: bytes.count, by: max(1, bytes.count / 60)) {
      #expect(try fault(Array(bytes.prefix(length))) == .damaged, "cut at \(length)")
    }
    #expect(throws: ClassifierFault.unreadable) {
      try TextClassifier(path: "/nowhere/model", sha256: nil, label: "bad")
    }
  }

  @Test func foldersAreChecked() throws {
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "flywheel-models-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    #expect(throws: ModelFolderFault.absent) { try ModelFolder(path: folder.path) }
    let model = try TinyModel.make()
    let words = Array("strong\tvillain\nweak\tbad egg\nodd line\n".utf8)
    try Data(model).write(to: folder.appending(path: "m.bin"))
    try Data(words).write(to: folder.appending(path: "w.tsv"))
    func list(_ version: Int, _ file: String, _ wordsDigest: String) throws {
      let text = """
        {"format":"flywheel-models","version":\(version),"text_version":\(ClassifierText.version),"files":{
        "injection":{"file":"\(file)","sha256":"\(Digest.sha256(model).hex)"},
        "lexicon":{"file":"w.tsv","sha256":"\(wordsDigest)"}}}
        """
      try text.write(to: folder.appending(path: "models.json"), atomically: true, encoding: .utf8)
    }
    try list(1, "m.bin", Digest.sha256(words).hex)
    let opened = try ModelFolder(path: folder.path)
    #expect(try opened.classifier("injection", label: "bad").digest == Digest.sha256(model))
    #expect(try opened.lexicon().map(\.text) == ["villain", "bad egg"])
    #expect(throws: ModelFolderFault.lacks("toxicity")) { try opened.classifier("toxicity", label: "bad") }
    try list(2, "m.bin", "")
    #expect(throws: ModelFolderFault.otherVersion(2)) { try ModelFolder(path: folder.path) }
    try list(1, "../m.bin", Digest.sha256([1]).hex)
    #expect(throws: ModelFolderFault.malformed) {
      try ModelFolder(path: folder.path).classifier("injection", label: "bad")
    }
    #expect(throws: ModelFolderFault.otherDigest("lexicon")) { try ModelFolder(path: folder.path).lexicon() }
  }
}
