import Foundation
import Testing

/// Killed anywhere, a run is finished by the next one, and nothing shows that there were two.
@Suite struct KillTests {
  /// A project with a log, and what an undisturbed run makes of it.
  private struct Reference: Sendable {
    let project: ProjectFolder
    let standing: Standing
    let account: AccountJSON
  }

  private static let reference: Result<Reference, any Error> = Result {
    let project = try ProjectFolder()
    project.scratch.removeAtExit()
    try project.write(GeneratedLog(interactions: 1000, days: 5, seed: 3))
    let account = try project.workspace().run()
    let faults = try project.workspace().faults()
    #expect(faults == [])
    return Reference(project: project, standing: try project.workspace().standing(), account: account)
  }

  /// A moment of a run: this far into a step, told by the run's own log and by how long the step took before.
  struct Moment: Sendable, CustomTestStringConvertible {
    let step: Int
    let share: Double
    var testDescription: String {
      "\(Int(share * 100)) % into \(["pull", "curate", "label", "publish"][step])"
    }
  }

  static let moments: [Moment] = {
    // Within a tenth each, so that the moments of a step are spread over it.
    var dice = Dice(20)
    return [(0, 0), (0, 3), (0, 8), (1, 2), (1, 6), (2, 4), (3, 0), (3, 3), (3, 5), (3, 8)].map {
      Moment(step: $0, share: Double($1 * 10 + dice.below(10)) / 100)
    }
  }()

  @Test(arguments: moments)
  func aKilledRunIsFinished(_ moment: Moment) throws {
    let reference = try Self.reference.get()
    let workspace = reference.project.workspace("\(moment.step)-\(moment.share)")
    let first = try workspace.start(["run", "nightly", "--workers", "2", "--json"])
    while Self.log(workspace).count("run began") == 0 || Self.log(workspace).count("step ended") < moment.step
    {
      if first.hasEnded { break }
      usleep(500)
    }
    usleep(UInt32(reference.account.steps[moment.step].seconds * moment.share * 1e6))
    first.kill()
    let ended = first.wait()
    let log = Self.log(workspace)
    let landed =
      log.count("run ended") > 0
      ? "after the end" : reference.account.steps[min(log.count("step ended"), 3)].step
    let published = log.count("\"message\":\"published\"")
    let state = ended.code == 128 + SIGKILL ? "killed" : "ended by itself"
    print("\(moment.testDescription): \(state) in \(landed), \(published) datasets published")
    let account = try workspace.run()
    let standing = try workspace.standing()
    #expect(standing == reference.standing)
    #expect(account.versions.values.allSatisfy { $0 == 1 } && account.versions.count == 4)
    let faults = try workspace.faults()
    #expect(faults == [])
  }

  @Test("killed again and again on the way")
  func aRunKilledManyTimes() throws {
    let reference = try Self.reference.get()
    let workspace = reference.project.workspace("again")
    let seconds = reference.account.steps.reduce(0) { $0 + $1.seconds }
    for round in 1...6 {
      let run = try workspace.start(["run", "nightly", "--workers", "2"])
      usleep(UInt32(seconds * Double(round) / 8 * 1e6))
      run.kill()
      _ = run.wait()
    }
    try workspace.run()
    // One more finds nothing to do.
    #expect(try workspace.run().balance.pulled == 0)
    #expect(try workspace.standing() == reference.standing)
    let faults = try workspace.faults()
    #expect(faults == [])
  }

  @Test("partial files of the dead go, those of the living stay")
  func partialFiles() throws {
    let project = try ProjectFolder()
    try project.write(GeneratedLog(interactions: 100, days: 1, seed: 4))
    let workspace = project.workspace()
    let run = try workspace.run().run
    let dead = [
      "registry/tmp/stream.tmp-1-00", "pseudonym.key.tmp-1-00", "runs/\(run)/account.json.tmp-1-00",
    ]
    let living = "registry/tmp/1.json.tmp-1-01"
    for name in dead + [living] { try project.write("workspaces/first/\(name)", "{") }
    let descriptor = open("\(workspace.path)/\(living)", O_RDWR | O_CLOEXEC)
    #expect(flock(descriptor, LOCK_EX | LOCK_NB) == 0)
    try workspace.run()
    #expect(workspace.leftovers() == [living])
    close(descriptor)
    try workspace.run()
    let faults = try workspace.faults()
    #expect(faults == [])
  }

  /// What all runs of a workspace have logged.
  private static func log(_ workspace: TestWorkspace) -> String {
    let runs = (try? FileManager.default.contentsOfDirectory(atPath: "\(workspace.path)/runs")) ?? []
    return runs.sorted().compactMap {
      try? String(contentsOfFile: "\(workspace.path)/runs/\($0)/log.jsonl", encoding: .utf8)
    }
    .joined()
  }
}

extension String {
  /// How often a text stands in it.
  func count(_ text: String) -> Int { components(separatedBy: text).count - 1 }
}
