import Foundation
import Testing

/// Several runs at once.
@Suite struct TogetherTests {
  @Test("of two runs of one pipeline one does it, the other says so and leaves")
  func onePipelineTwice() throws {
    let project = try ProjectFolder()
    try project.write(GeneratedLog(interactions: 400, days: 3, seed: 17))
    let expected = project.workspace("alone")
    try expected.run()
    let workspace = project.workspace()
    let runs = try (0..<2).map { _ in try workspace.start(["run", "nightly", "--json"]) }
    let ended = runs.map { $0.wait() }
    #expect(ended.map(\.code).sorted() == [0, 3])
    let refused = try #require(ended.first { $0.code == 3 })
    #expect(refused.output == "" && refused.errors.contains("another run holds"))
    #expect(try workspace.standing() == expected.standing())
    let faults = try workspace.faults()
    #expect(faults == [])
  }

  @Test("two first runs make one workspace between them", arguments: 1...8)
  func aNewWorkspace(round: Int) throws {
    let project = try ProjectFolder()
    try project.pipeline("calls", sources: ["chat"], datasets: ["pairs"])
    try project.pipeline("events", sources: ["reactions"], datasets: ["verdicts"])
    let runs = try ["calls", "events"].map { try project.workspace().start(["run", $0]) }
    // There is nothing to read, and the gates refuse to publish nothing.
    for ended in runs.map({ $0.wait() }) { #expect(ended.code == 5, "\(ended.errors)") }
  }

  @Test("two pipelines with sources of their own both finish")
  func twoPipelines() throws {
    let project = try ProjectFolder(conversations: false)
    try project.write(GeneratedLog(interactions: 400, days: 3, seed: 18, sharedInputs: false))
    let expected = project.workspace("alone")
    try expected.run()
    try project.pipeline("calls", sources: ["chat"], datasets: ["pairs"])
    try project.pipeline("events", sources: ["reactions"], datasets: ["verdicts"])
    let workspace = project.workspace()
    let runs = try ["calls", "events"].map { try workspace.start(["run", $0, "--json"]) }
    // A gate refuses what has no examples yet, depending on who is first.
    for ended in runs.map({ $0.wait() }) { #expect([0, 5].contains(ended.code), "\(ended.errors)") }
    try workspace.run()
    let standing = try workspace.standing()
    #expect(standing.roots == (try expected.standing()).roots)
    #expect(standing.labels == (try expected.standing()).labels)
    #expect(standing.decisions == (try expected.standing()).decisions)
    let faults = try workspace.faults(afterRefusals: true)
    #expect(faults == [])
  }
}
