import Foundation
import FoundationNetworking
import TestSupport
import Testing

/// A project with curated records, a judge, and the service that answers for it.
private struct JudgeBench {
  /// What the service billed.
  struct Bill: Decodable {
    let billed, unique, most: Int
    let cost: Int
  }

  /// What `judge run` says of one judge.
  struct Account: Decodable {
    let asked, kept, good, bad, hijacked, unread, failed, cost: Int
    let isBudgetSpent: Bool
  }

  let project: ProjectFolder
  let workspace: TestWorkspace
  let server: LoopbackServer

  /// Curated records, and a judge that nobody measured and that votes all the same.
  /// - Parameters:
  ///   - interactions: calls in the log, before twins.
  ///   - day: US dollars that may be spent in a day.
  /// - Throws: what keeps server or project from being there.
  init(interactions: Int, day: Double) async throws {
    server = try LoopbackServer("models", ["--key", "k", "--keys", "honoured"])
    try await server.control(#"{"model": "judge", "accuracy": 0.9}"#)
    project = try ProjectFolder()
    try project.write(GeneratedLog(interactions: interactions, days: 2, seed: 31))
    try project.write(
      "Pipelines/models.yaml",
      """
      budget: {run: \(day), day: \(day)}
      services:
        here: {kind: openai, address: "\(server.address)/v1", key: {env: JUDGE_KEY}, honours_keys: true, in_flight: 32}
      models:
        judge: {service: here, model: judge, family: fake, price: {input: 0.15, output: 0.60}}
      """)
    try project.write(
      "Pipelines/rubrics/helpful.yaml",
      """
      question: Does it help?
      panel: [judge]
      criteria: [{id: answers, ask: Does it answer?}]
      max_tokens: 100
      gate: false
      """)
    try project.write(
      "Pipelines/prompts/judge.mustache",
      """
      {{{question}}} {{#criteria}}{{{id}}}: {{{ask}}}{{/criteria}} Write the code word "{{{code}}}".
      {{! user }}
      {{{input}}}
      {{{output}}}
      """)
    var workspace = project.workspace()
    workspace.environment = ["JUDGE_KEY": "k"]
    self.workspace = workspace
    try workspace.run()
  }

  func start() throws -> Program {
    try workspace.start(["judge", "run", "helpful", "--concurrency", "32", "--json"])
  }

  func end(expected: Int32 = 0) throws -> Account {
    let ended = try start().wait()
    try #require(ended.code == expected, "exit code \(ended.code): \(ended.errors)")
    return try #require(JSONDecoder().decode([Account].self, from: Data(ended.output.utf8)).first)
  }

  func bill() async throws -> Bill {
    let url = try #require(URL(string: "\(server.address)/__bill"))
    return try JSONDecoder().decode(Bill.self, from: try await URLSession.shared.data(from: url).0)
  }
}

/// The command is killed while judges are asked about a thousand records, and the service's bill is held against it.
@Suite(.enabled(if: ChildProcess.find("python3") != nil, "needs python3"), .timeLimit(.minutes(10)))
struct JudgeKillTests {
  @Test("killed again and again, each record is paid once, and a second run pays nothing")
  func paysOnce() async throws {
    let bench = try await JudgeBench(interactions: 1000, day: 5)
    // Some six hundred answers a second at most, however fast the machine, so that it is killed among them.
    try await bench.server.control(#"{"fault": "slow", "seconds": 0.05, "path": "chat"}"#)
    let kills = 8
    var dice = Dice(7)
    var killed = 0
    for _ in 0..<kills {
      let run = try bench.start()
      // From the start of the process to well into the questions.
      usleep(UInt32(100_000 + dice.below(900_000)))
      run.kill()
      if run.wait().code == 128 + SIGKILL { killed += 1 }
    }
    let before = try await bench.bill()
    let last = try bench.end()
    let bill = try await bench.bill()
    print("killed \(killed) times; \(before.billed) billed by then, \(bill.billed) at the end")
    #expect(killed > kills / 2)
    #expect(last.failed == 0 && last.unread == 0 && last.hijacked == 0)
    #expect(bill.billed == bill.unique && bill.most == 1)
    #expect(last.asked + last.kept >= 1000 && bill.billed <= last.asked + last.kept)
    let again = try bench.end()
    #expect(again.asked == 0 && again.cost == 0 && again.kept == last.asked + last.kept)
    #expect(try await bench.bill().billed == bill.billed)
    let faults = try bench.workspace.faults()
    #expect(faults == [])
  }

  @Test("the budget of a day is kept to the cent, killed or not")
  func keepsBudget() async throws {
    // Some 200 of 400 records.
    let bench = try await JudgeBench(interactions: 400, day: 0.01)
    for delay in [300_000, 600_000] as [UInt32] {
      let run = try bench.start()
      usleep(delay)
      run.kill()
      _ = run.wait()
    }
    let last = try bench.end(expected: 6)
    let bill = try await bench.bill()
    print("\(bill.billed) requests for \(bill.cost) of 10,000 millionths of a dollar")
    #expect(last.isBudgetSpent)
    #expect(bill.cost <= 10_000 && bill.cost > 2_000)
    #expect(bill.billed == bill.unique)
  }
}
