import Foundation
import Testing

/// Labelers who answer all the time, as processes that are killed at any place, and what the catalog then says of it.
@Suite("Labelers are killed", .timeLimit(.minutes(10)))
struct QueueKillTests {
  /// The executable beside this test's own.
  private static let program: String? = {
    var folder = Bundle.main.bundleURL
    for _ in 0..<4 {
      let path = folder.appendingPathComponent("QueueLoad").path
      if FileManager.default.isExecutableFile(atPath: path) { return path }
      folder.deleteLastPathComponent()
    }
    return nil
  }()

  private static func start(_ words: [String]) throws -> Program {
    try Program(try #require(program, "there is no QueueLoad"), words, environment: [:])
  }

  private static func figures(_ words: [String]) throws -> [String: Double] {
    let ended = try start(words).wait()
    try #require(ended.code == 0, "exit code \(ended.code): \(ended.errors)")
    var figures: [String: Double] = [:]
    for line in ended.output.split(separator: "\n") {
      let parts = line.split(separator: " ")
      if parts.count == 4, parts[0] == "figure" { figures[String(parts[1])] = Double(parts[2]) }
    }
    return figures
  }

  @Test("twelve labelers, killed at random: no label lost, none twice, none over quota, none after its lease")
  func nothingIsLost() throws {
    let folder = try ScratchFolder()
    _ = try Self.figures(["make", "--folder", folder.path, "--items", "400", "--quota", "2", "--lease", "1"])
    var dice = Dice(11)
    var running: [(name: Int, process: Program)] = []
    var starts = 0
    func work(_ name: Int) throws -> Program {
      starts += 1
      return try Self.start([
        "work", "--folder", folder.path, "--labeler", "l\(name)", "--seconds", "60", "--seed", "\(starts)",
        "--late", "0.01",
      ])
    }
    for name in 0..<12 { running.append((name, try work(name))) }
    let end = Date().addingTimeInterval(12)
    var kills = 0
    while Date() < end {
      usleep(UInt32(20_000 + dice.below(180_000)))
      let place = dice.below(running.count)
      running[place].process.kill()
      if running[place].process.wait().code == 128 + SIGKILL { kills += 1 }
      running[place].process = try work(running[place].name)
    }
    for one in running {
      one.process.kill()
      _ = one.process.wait()
    }
    let found = try Self.figures(["check", "--folder", folder.path])
    print("killed \(kills) times, \(found["labels-acknowledged"] ?? 0) labels acknowledged")
    #expect(kills > 20)
    #expect((found["labels-acknowledged"] ?? 0) > 100)
    #expect((found["labels-refused"] ?? 0) > 0, "no lease has ended, so that nothing was proved of it")
    for name in ["over-quota", "lost", "after-the-lease", "twice", "unknown"] {
      #expect(found["labels-\(name)"] == 0, "\(name)")
    }
    #expect(found["slots-astray"] == 0 && found["sums-astray"] == 0)
    #expect((found["events-undo"] ?? 0) > 0 && (found["events-redo"] ?? 0) > 0)
  }
}
