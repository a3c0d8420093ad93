import Foundation
import Pipeline
import Publish
import Pull
import Testing

@Suite struct DigestTests {
  static func pipeline(_ yaml: String) -> String? {
    PipelineDefinition.read(Array(yaml.utf8), name: "night", file: "P.yaml").definition?.definitionDigest
  }

  static func source(_ yaml: String) -> String? {
    SourceDefinition.read(Array(yaml.utf8), name: "s", file: "S.yaml").definition?.definitionDigest
  }

  static func dataset(_ yaml: String) -> String? {
    DatasetDefinition.read(Array(yaml.utf8), name: "pref", file: "D.yaml").definition?.definitionDigest
  }

  /// A published version names the digest of its definition, so these may not move.
  @Test func digestsAreStable() {
    #expect(
      Self.pipeline(Fixtures.pipeline) == "c1ab4b862713843f1d082af1c443f6e728e104bfecc14b57850e7bf3ff540071")
    #expect(Self.source(Fixtures.chat) == "0678ef91772a239ea19bd16a50ee174336ff03e311d2070819bc7ae6e35f5ea1")
    #expect(Self.source(Fixtures.votes) == "5227ccc4e4de9865e37fff52788c7eb43cbf732d87d0e7ff0d134f3083c6f1af")
    #expect(Self.source(Fixtures.trees) == "4c1bc64aadb0364a783a64d5d9d13b31702325f63fdaa218c28ba460dfa79660")
    #expect(
      Self.dataset(Fixtures.dataset) == "b3ed0e72cb4aa75cfb998d8769efd30e7fadebe59335f2a50919a2c1c4f7df9d")
  }

  @Test func layoutAndWorkersChangeNothing() {
    let moved =
      "# a comment\n\n" + Fixtures.pipeline.replacingOccurrences(of: "workers: 2", with: "workers: 9")
    #expect(Self.pipeline(moved) == Self.pipeline(Fixtures.pipeline))
    let quoted = Fixtures.dataset.replacingOccurrences(
      of: "seed: other-seed", with: "seed:   'other-seed' # x")
    #expect(Self.dataset(quoted) == Self.dataset(Fixtures.dataset))
    let reordered = Fixtures.votes.replacingOccurrences(of: "haiku_score: thumb\n    ", with: "")
      .replacingOccurrences(of: "from: [1, 5]}", with: "from: [1, 5]}\n    haiku_score: thumb")
    #expect(Self.source(reordered) == Self.source(Fixtures.votes))
  }

  @Test(arguments: [
    ("zebra: ", "zebrb: "), ("validation: 15, train: 80", "train: 80, validation: 15"), ("pairs: all", ""),
    ("minimum_examples: 7", "minimum_examples: 6"), ("seed: other-seed", ""),
    ("maximum_example_characters: 600\n", ""), ("kind: preference", "kind: preference\n"),
  ])
  func everyChangeOfContentChanges(_ from: String, _ to: String) {
    let changed = Self.dataset(Fixtures.dataset.replacingOccurrences(of: from, with: to))
    #expect(changed != nil)
    #expect((changed != Self.dataset(Fixtures.dataset)) == (to != from + "\n"))
  }

  @Test(arguments: [
    ("id: id", "id: id2"), ("scale: 0.001", "scale: 0.002"), ("'2'", "2"), ("[secret, email]", "[ip]"),
  ])
  func everyChangeOfASourceChanges(_ from: String, _ to: String) {
    let changed = Self.source(Fixtures.chat.replacingOccurrences(of: from, with: to))
    #expect(changed != nil && changed != Self.source(Fixtures.chat))
  }

  @Test func valuesSurviveEncoding() throws {
    func copy<Value: Codable>(_ value: Value) throws -> Value {
      try JSONDecoder().decode(Value.self, from: JSONEncoder().encode(value))
    }
    for yaml in [Fixtures.chat, Fixtures.votes, Fixtures.trees] {
      let source = try #require(SourceDefinition.read(Array(yaml.utf8), name: "s", file: "S.yaml").definition)
      #expect(try copy(source) == source)
    }
    let dataset = try #require(
      DatasetDefinition.read(Array(Fixtures.dataset.utf8), name: "pref", file: "D.yaml").definition)
    #expect(try copy(dataset) == dataset)
    let pipeline = try #require(
      PipelineDefinition.read(Array(Fixtures.pipeline.utf8), name: "night", file: "P.yaml").definition)
    let decoded = try copy(pipeline)
    #expect(decoded.definitionDigest == pipeline.definitionDigest)
    #expect(decoded.steps.map(\.parameters) == pipeline.steps.map(\.parameters))
  }
}
