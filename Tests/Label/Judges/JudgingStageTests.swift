import Bytes
import Catalog
import Foundation
import Lake
import LanguageModels
import Records
import Testing

@testable import Label

@Suite("Judging in a label step") struct JudgingStageTests {
  @Test(
    "what a step names must be there",
    arguments: [
      (JudgingError.Code.noRubric, "other"), (.noModels, "helpful"), (.noModels, "ranked"),
    ])
  func errors(_ code: JudgingError.Code, _ name: String) async throws {
    let path =
      FileManager.default.temporaryDirectory.path + "/judging-" + Hex.encode(KeyedHash.randomBytes(8))
    defer { try? FileManager.default.removeItem(atPath: path) }
    try DurableFile.makeFolder(path)
    var pairs = try JudgeFixture.rubric(.pairs)
    pairs.name = "ranked"
    var parameters = JudgingParameters()
    #expect(parameters.isEmpty)
    parameters.rubrics = [name]
    #expect(!parameters.isEmpty)
    let stage = JudgingStage(
      catalog: try CatalogStore(path: "\(path)/catalog.sqlite"), lake: LakeStore(folder: "\(path)/lake"),
      parameters: parameters, rubrics: [try JudgeFixture.rubric(), pairs], service: nil,
      key: JudgeFixture.key,
      models: "\(path)/models", run: "r", now: Timestamp(microseconds: 0))
    await #expect(throws: JudgingError(code, name: name)) {
      try await stage.run(relabel: {}, progress: { _, _ in })
    }
  }

  @Test(
    "a lesson is what people and judges say",
    arguments: [
      (nil, nil, nil), (0.67, nil, 0.67), (nil, 0.9, 0.9), (0.67, 0.9, 0.9), (0.67, 0.2, 0.67),
      (0.3, 0.1, 0.1),
    ] as [(Double?, Double?, Double?)])
  func lessons(_ taught: Double?, _ measured: Double?, _ lesson: Double?) {
    let row = JudgingRow(
      content: .of("a"), cluster: .of("a"), interaction: "i",
      place: LakePlace(segment: "s", day: "2026-11-20", frame: 0, offset: 0, length: 0), traffic: 1,
      label: nil,
      probability: nil, isExplicit: false, measured: measured, taught: taught)
    #expect(row.lesson == lesson)
  }
}
