import Bytes
import Catalog
import Foundation
import GRDB
import Lake
import LanguageModels
import Records
import Synchronization
import Synthesize
import TestSupport
import Transport

/// One dataset's deficits filled, as a pipeline's step would, with a service that honours keys.
struct Cascade {
  private let folder: String
  private let address: String
  private let dieAt: Int
  private let answers: Int
  private let room: Int

  init(_ arguments: Arguments) {
    folder = arguments.text("folder", "")
    address = arguments.text("address", "")
    dieAt = arguments.whole("die-at", 0)
    answers = arguments.whole("answers", 2)
    room = arguments.whole("room", 6)
  }

  /// Counts the catalog's writes, and ends the process before the one that is asked for reaches the disk.
  final class Counter: TransactionObserver, Sendable {
    let count = Mutex(0)
    private let dieAt: Int

    init(dieAt: Int) { self.dieAt = dieAt }

    func observes(eventsOfKind eventKind: DatabaseEventKind) -> Bool { true }
    func databaseDidChange(with event: DatabaseEvent) {}
    func databaseWillCommit() throws {
      let number = count.withLock { count in
        count += 1
        return count
      }
      if number == dieAt { kill(getpid(), SIGKILL) }
    }
    func databaseDidCommit(_ db: Database) {}
    func databaseDidRollback(_ db: Database) {}
  }

  private struct Line: Encodable {
    let writes: Int
    let account: SynthesisAccount
  }

  func run() async throws {
    let catalog = try CatalogStore(path: "\(folder)/catalog.sqlite")
    let lake = LakeStore(folder: "\(folder)/lake")
    let counter = Counter(dieAt: dieAt)
    catalog.pool.add(transactionObserver: counter)
    var service = ModelService(name: "here", kind: .openai, address: "\(address)/v1")
    service.credentials = ModelService.credentials(.openai, key: "k")
    service.honoursKeys = true
    var teacher = LanguageModel(name: "teacher", service: "here", identifier: "writer-80", family: "w")
    teacher.prices = ModelPrices(dollarsPerMillionInput: 0.15, output: 0.60)
    var student = teacher
    student.name = "student"
    student.identifier = "writer-50"
    let client = ModelClient(
      models: [teacher, student], services: [service],
      ledger: try SpendLedger(catalog, limits: BudgetLimits()), run: "run")
    var parameters = SynthesizeParameters(datasets: ["sums"], teachers: ["teacher"])
    parameters.student = "student"
    parameters.operators = [SynthesizeParameters.Share(.selfInstruct)]
    parameters.answers = answers
    var texts = SynthesisTexts()
    texts.templates = [
      "self-instruct": "Write {{{count}}} new inputs.", "answer": "{{! system }}\n{{! user }}\n",
    ]
    var models = SynthesisModels()
    models.rounds = LiveRounds(client, concurrency: 4)
    models.judge = Truth()
    let stage = SynthesizeStage(
      catalog: catalog, lake: lake, pipeline: "cold", parameters: parameters, texts: texts, models: models,
      run: "run", now: Timestamp(microseconds: 1_800_000_000_000_000))
    let order = SynthesisOrder(
      dataset: "sums", domain: "Sums.", kind: .sft, select: "true",
      slices: [
        SynthesisOrder.Slice(
          name: "other", condition: nil,
          deficit: SynthesisAccount.Deficit(slice: "other", target: room, deficit: room, room: room))
      ])
    let account = try await stage.write(order) { _, _ in }
    print(Line(writes: counter.count.withLock { $0 }, account: account).sortedJSON)
  }
}

/// Says what is true, as the server's writer states it.
struct Truth: CandidateJudge {
  func opinion(input: String, output: String) async throws -> CandidateOpinion {
    let isGood = output.contains("truth=yes")
    return CandidateOpinion(
      isGood: isGood, score: isGood ? 0.9 : 0.1, cost: 0, judges: ["truth": "\(isGood)"])
  }
}
