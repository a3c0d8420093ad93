import Bytes
import Foundation
import GRDB
import Lake
import Records
import Registry
import Text

@testable import Catalog
@testable import Publish

extension Candidate {
  /// A candidate of nothing but what a test is about; its input hash is that of `input`, its content that of its id,
  /// and `near` are the ids of its cluster, the first that of the deciding conversation, whose name is the same.
  static func make(
    _ id: String, conversation: String? = nil, input: String? = nil, label: LabelClass? = nil,
    probability: Double? = nil, good: Double = 0, bad: Double = 0, rank: Double? = nil,
    correction: String? = nil, user: String? = nil, near: [String] = [], synthetic: SyntheticFacts? = nil
  ) -> Candidate {
    let place = LakePlace(segment: "s", day: "2026-11-20", frame: 0, offset: 0, length: 0)
    return Candidate(
      number: 1, id: id, time: Timestamp(microseconds: 0), conversation: conversation ?? id, user: user,
      inputHash: .of(input ?? id), contentHash: .of(id),
      near: near.isEmpty
        ? nil : NearCluster(contents: near.map { .of($0) }.sorted(), conversation: near[0]),
      place: place, label: label, probability: probability, good: good, bad: bad, rank: rank,
      correction: correction.map { Correction(id: $0, place: place) }, synthetic: synthetic)
  }
}

extension SyntheticFacts {
  /// What a candidate of a test is for: chosen, to train, of batch `b`, for the dataset `set`.
  static func make(
    slice: String = "other", role: SyntheticRole = .train, chosen: Bool = true, score: Double = 0.5,
    batch: String = "b", dataset: String = "set", model: String = "mini", family: String = "gpt"
  ) -> SyntheticFacts {
    SyntheticFacts(
      batch: batch, dataset: dataset, slice: slice, operator: "self-instruct", role: role, isChosen: chosen,
      model: model, family: family, score: score)
  }
}

/// An interaction as a test writes it.
struct LoggedSample {
  var id: String
  var conversation: String?
  var user: String?
  var input = #"[{"content":"Hi","role":"user"}]"#
  var output = #"{"content":"Hello","role":"assistant"}"#
  /// Members of the record beside these, each with a comma before it.
  var members = ""
  var label: LabelClass?
  var good = 0.0
  var bad = 0.0
  var rank: Double?
  var correction: String?
  /// What a model wrote it for; nil where it was logged.
  var synthetic: SyntheticFacts?

  init(_ id: String, _ change: (inout LoggedSample) -> Void = { _ in }) {
    self.id = id
    change(&self)
  }
}

/// A lake, a catalog and a registry in a folder that is gone when the value is.
final class PublishWorkshop {
  private(set) var catalog: CatalogStore
  let lake: LakeStore
  let registry: DatasetRegistry
  let folder: ScratchFolder
  private var commits = 0
  private var nonces = 0

  init() throws {
    folder = try ScratchFolder()
    catalog = try CatalogStore(path: folder("catalog.sqlite"))
    lake = LakeStore(folder: folder("lake"))
    registry = try DatasetRegistry.open(FolderStore(folder("registry")), create: true, registryID: "test")
  }

  /// Adds interactions, and their corrections and ranks, keeps and labels them.
  ///
  /// What a model wrote is of one batch and stands alone in its call.
  func add(_ samples: [LoggedSample], curates: Bool = true) throws {
    commits += 1
    let session = try lake.beginSession(id: "s\(commits)")
    defer { session.finish() }
    let written = samples.compactMap { sample in
      sample.synthetic.map {
        CandidateRow(
          interaction: "synthesis/\(sample.id)", facts: $0, cost: 10, lineage: #"{"template":"t1"}"#)
      }
    }
    let source = written.isEmpty ? "chat" : CatalogStore.synthesisSource
    var batch = PullCommit(source: source, run: "run")
    var records: [LakeTable: [[UInt8]]] = [:]
    func place(_ table: LakeTable, _ record: String) -> RowPlace {
      let bytes = Array(record.utf8)
      let offset = records[table, default: []].reduce(0) { $0 + $1.count + 1 }
      records[table, default: []].append(bytes)
      return RowPlace(segment: table == .interactions ? 0 : 1, frame: 0, offset: offset, length: bytes.count)
    }
    for (index, sample) in samples.enumerated() {
      let id = "\(source)/\(sample.id)"
      let second = Int64(sample.id) ?? Int64(commits * 1000 + index)
      let time = Timestamp(microseconds: 1_795_168_800_000_000 + second * 1_000_000)
      let record = #"{"id":"\#(id)","input":\#(sample.input),"output":\#(sample.output)\#(sample.members)}"#
      var row = InteractionRow(
        id: id, time: time, conversation: sample.conversation ?? id, stamp: time, digest: .of(record),
        inputHash: .of(sample.input), contentHash: .of(id))
      row.place = place(.interactions, record)
      row.user = sample.user
      batch.interactions.append(row)
      func event(_ name: String, _ signal: Signal, value: Double?, correction: String? = nil) {
        let id = "fb/\(name)-\(sample.id)"
        let text = correction.map { #","correction":"\#($0)""# } ?? ""
        var row = FeedbackRow(
          id: id, target: "\(source)/\(sample.id)", conversation: nil, time: time, user: nil, signal: signal,
          value: value,
          count: 1, hasCorrection: correction != nil, stamp: time, digest: .of(id))
        row.place = place(.feedback, #"{"id":"\#(id)"\#(text)}"#)
        batch.feedback.append(row)
      }
      if let correction = sample.correction { event("fix", .correction, value: nil, correction: correction) }
      if let rank = sample.rank { event("rank", .rank, value: rank) }
    }
    for table in [LakeTable.interactions, .feedback] {
      let lines = records[table] ?? [Array(#"{"id":"none"}"#.utf8)]
      let writer = try session.writer(table: table, day: "2026-11-20")
      let text: [UInt8] = lines.flatMap { $0 + [0x0A] }
      try text.withUnsafeBytes {
        try writer.append(LakeFrame.compress($0, records: lines.count, firstID: "a", lastID: "z"))
      }
      let segment = try writer.seal()
      batch.segments.append(
        SegmentRow(
          table: table, day: segment.day, name: segment.name, fileBytes: segment.fileBytes,
          textBytes: segment.textBytes,
          records: segment.records))
    }
    if let facts = written.first?.facts {
      try catalog.addSynthesisBatch(
        SynthesisBatch(
          id: facts.batch, pipeline: "cold", dataset: facts.dataset, run: "run",
          time: Timestamp(microseconds: Int64(commits)), definition: "d", plan: "{}"))
      _ = try catalog.finishSynthesisBatch(facts.batch, account: "{}", batch, written)
    } else {
      _ = try catalog.commit(batch)
    }
    guard curates else { return }
    try keepAll()
    for sample in samples where sample.synthetic == nil {
      try label(sample.id, sample.label, good: sample.good, bad: sample.bad)
    }
  }

  /// Curates what is pending: all is kept.
  func keepAll() throws {
    let rules = try catalog.rulesVersion(digest: "rules")
    for segment in try catalog.pendingSegments(rules: rules) {
      try catalog.commitCuration(
        rules: rules,
        try catalog.pendingInteractions(segment: segment.number, rules: rules).map {
          CurationResult(number: $0.number, decision: .kept, reason: nil, findings: [])
        })
    }
  }

  /// Has people accept or reject some candidates of a batch, each of them by one person.
  func answer(_ batch: String, accepted: [String], rejected: [String] = [], unanswered: [String] = []) throws
  {
    try catalog.syncReviewQueue(
      ReviewQueueSetting(name: "candidates", definition: "{}", guideline: "g", quota: 1))
    var words: [(id: String, class: String?)] = accepted.map { ($0, "good") }
    for id in rejected { words.append((id, "bad")) }
    for id in unanswered { words.append((id, nil)) }
    for (id, word) in words {
      var item = NewReviewItem(
        task: .accept, content: .of("synthesis/\(id)"), interaction: "synthesis/\(id)", reason: .synthetic,
        value: 1)
      item.batch = batch
      try catalog.addReviewItems([item], to: "candidates", run: "run", at: Timestamp(microseconds: 0))
      guard let word else { continue }
      try catalog.pool.write { db in
        try db.execute(
          sql: """
            INSERT INTO review_answers (item, labeler, event, kind, label, class, content_hash, was_exposed)
            SELECT number, 'ann', number, 'answer', 'x', ?, content_hash, 0 FROM review_items WHERE interaction = ?
            """, arguments: [word, "synthesis/\(id)"])
      }
    }
  }

  /// What versions did with a candidate.
  func candidateStays(_ id: String) throws -> [String] {
    (try catalog.explain("synthesis/\(id)")?.memberships ?? []).map { "\($0.dataset) \($0.outcome)" }
  }

  func label(_ id: String, _ label: LabelClass?, good: Double = 0, bad: Double = 0) throws {
    let weights = [good, bad].sorted()
    let probability = label.map { $0 == .tie ? 0.5 : (weights[1] + 1) / (weights[0] + weights[1] + 2) }
    let number = try catalog.numbers(where: "id = 'chat/\(id)'").first ?? 0
    try catalog.commitVotes([
      ContentVotes(
        content: .of("chat/\(id)"),
        votes: [
          VoteRow(interaction: number, voter: "test:good", class: .good, weight: good),
          VoteRow(interaction: number, voter: "test:bad", class: .bad, weight: bad),
        ])
    ])
    try catalog.writeLabels([
      LabelRow(content: .of("chat/\(id)"), label: label, probability: probability)
    ])
  }

  /// All candidates by their ids in the source.
  func candidates() throws -> [String: Candidate] {
    let list = try catalog.candidates(among: try catalog.numbers(where: "true"))
    return Dictionary(uniqueKeysWithValues: list.map { (String($0.id.dropFirst(5)), $0) })
  }

  func publish(
    _ dataset: DatasetDefinition, run: String = "run", longestExample: Int? = nil, workers: Int = 1,
    prompts: ProtectedPrompts = .none, spans: ExampleSpans? = nil
  ) async throws -> PublishAccount {
    nonces += 1
    let nonce = "nonce-\(nonces)"
    var stage = PublishStage(
      catalog: catalog, lake: lake, registry: registry, run: run, created: Timestamp(microseconds: 0),
      workers: workers, prompts: prompts, spans: spans, nonce: { nonce })
    if let longestExample { stage.longestExample = longestExample }
    return try await stage.publish(dataset) { _, _ in }
  }

  /// The records of a published version's split, sorted by id.
  func examples(_ dataset: String, _ split: String) throws -> [String] {
    guard let reference = try registry.latest(of: dataset) else { return [] }
    var lines: [String] = []
    try registry.forEachRecord(of: reference.version, split: split, sortedByID: true) { _, json in
      lines.append(String(decoding: json, as: UTF8.self))
    }
    return lines
  }

  /// What every version did with an interaction: `sft in:train 1-`.
  func stays(_ id: String) throws -> [String] {
    (try catalog.explain("chat/\(id)")?.memberships ?? []).map {
      "\($0.dataset) \($0.outcome) \($0.first)-\($0.last.map(String.init) ?? "")"
    }
  }

  private static let files = ["catalog.sqlite", "catalog.sqlite-wal", "catalog.sqlite-shm"]

  /// Copies the catalog aside, as it stands.
  func saveCatalog() throws {
    try catalog.checkpoint()
    try DurableFile.makeFolder(folder("saved"))
    for name in Self.files where FileManager.default.fileExists(atPath: folder(name)) {
      try DurableFile.replace(folder("saved/\(name)"), with: DurableFile.read(folder(name)))
    }
  }

  /// Goes on with the copy, as after a crash that the catalog did not see.
  func restoreCatalog() throws {
    try DurableFile.makeFolder(folder("restored"))
    for name in Self.files where FileManager.default.fileExists(atPath: folder("saved/\(name)")) {
      try DurableFile.replace(folder("restored/\(name)"), with: DurableFile.read(folder("saved/\(name)")))
    }
    catalog = try CatalogStore(path: folder("restored/catalog.sqlite"))
  }
}

/// The canonical form of a JSON text.
func canonicalForm(_ json: String) throws -> String {
  let out = ByteBuffer()
  try JSONParser().parse(json) { value in
    var writer = JSONWriter(out)
    writer.canonical(value)
  }
  return String(decoding: out.view, as: UTF8.self)
}
