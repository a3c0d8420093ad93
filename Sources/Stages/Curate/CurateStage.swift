import Bytes
import Catalog
import Lake
import Records
import Text

/// Applies the rules to every interaction that they have not decided on.
public struct CurateStage: Sendable {
  let catalog: CatalogStore
  let lake: LakeStore
  let signatures: String
  let parameters: CurateParameters
  let resources: CurateResources
  let workers: Int

  /// A curate step over a catalog and its lake.
  /// - Parameters:
  ///   - catalog: the catalog.
  ///   - lake: the lake that it indexes.
  ///   - signatures: the folder of the near-duplicate index, made if it is missing.
  ///   - parameters: rules and their numbers.
  ///   - resources: where files are that rules need.
  ///   - workers: tasks at a time, 1 or more.
  public init(
    catalog: CatalogStore, lake: LakeStore, signatures: String, parameters: CurateParameters,
    resources: CurateResources, workers: Int
  ) {
    self.catalog = catalog
    self.lake = lake
    self.signatures = signatures
    self.parameters = parameters
    self.resources = resources
    self.workers = workers
  }

  /// Records of one segment that one task examines, at most: some 6 MB of text.
  static let batch = 2048
  /// Records after which what was found is committed: their sketches take some 60 MB.
  static let round = 32_768

  /// Runs the step; killed anywhere, a second run does what is left.
  /// - Parameter progress: called with interactions examined and interactions in all.
  /// - Returns: the account.
  /// - Throws: the stores' errors; a damaged segment names itself.
  public func run(progress: (Int, Int) -> Void) async throws -> CurateAccount {
    let list = try RuleList(parameters, resources)
    let version = try catalog.rulesVersion(digest: list.digest)
    var account = CurateAccount()
    account.withoutModel = list.withoutModel
    let near = try parameters.duplicates.flatMap { duplicates in
      duplicates.near
        ? try NearDuplicates(folder: signatures, catalog: catalog, threshold: duplicates.threshold) : nil
    }
    let known = near?.known
    var results: [CurationResult] = []
    var sketches: [SignedContent] = []
    func commit() throws {
      guard !results.isEmpty else { return }
      try catalog.commitCuration(
        rules: version, results, near: try near?.take(sketches) ?? NearDuplicateCommit())
      results.removeAll(keepingCapacity: true)
      sketches.removeAll(keepingCapacity: true)
    }
    let pending = try PendingRecords(catalog: catalog, rules: version)
    try await OrderedTasks.run(
      // While the results of one are committed, all workers have work.
      limit: workers == 1 ? 1 : workers + 2, next: { try pending.next() },
      work: { [lake] job in try await job.examine(in: lake, list, known: known) },
      consume: { examined in
        results += examined.results
        sketches += examined.sketches
        account.examined += examined.results.count
        if results.count >= Self.round { try commit() }
        progress(account.examined, pending.total)
      })
    try commit()
    account.near = near?.account
    try catalog.settle(parameters.settling)
    for row in try catalog.decisions() {
      if row.decision == Decision.kept.rawValue { account.kept += row.count }
      if row.decision == Decision.dropped.rawValue {
        account.dropped[row.reason ?? "", default: 0] += row.count
      }
    }
    return account
  }
}

/// A content and what its near duplicates are found by.
struct SignedContent: Sendable {
  let content: ContentHash
  let sketch: RecordSketch
}

/// The records that rules have not decided on, in pieces for tasks.
///
/// Owned by one task.
final class PendingRecords {
  /// Some records of one segment.
  struct Job: Sendable {
    let segment: PendingSegment
    let records: [PendingInteraction]
  }

  /// How many there were at first.
  let total: Int
  let catalog: CatalogStore
  private let rules: Int64
  private let segments: [PendingSegment]
  private var nextSegment = 0
  private var jobs: [Job] = []

  /// - Parameters:
  ///   - catalog: the catalog.
  ///   - rules: the rules' number; 0, which no rules have, takes every record.
  /// - Throws: the catalog's errors.
  init(catalog: CatalogStore, rules: Int64) throws {
    self.catalog = catalog
    self.rules = rules
    segments = try catalog.pendingSegments(rules: rules)
    total = segments.reduce(0) { $0 + $1.pending }
  }

  /// The next piece; nil at the end.
  func next() throws -> Job? {
    while jobs.isEmpty, nextSegment < segments.count {
      let segment = segments[nextSegment]
      nextSegment += 1
      let pending = try catalog.pendingInteractions(segment: segment.number, rules: rules)
      let size = CurateStage.batch
      jobs = stride(from: 0, to: pending.count, by: size).reversed().map {
        Job(segment: segment, records: Array(pending[$0..<min($0 + size, pending.count)]))
      }
    }
    return jobs.popLast()
  }
}

extension PendingRecords.Job {
  /// What one task found.
  struct Examined: Sendable {
    var results: [CurationResult] = []
    var sketches: [SignedContent] = []
  }

  /// Applies the rules to the records.
  /// - Parameters:
  ///   - lake: where they are.
  ///   - list: the rules.
  ///   - known: whether the near-duplicate index has a content; nil signs nothing.
  /// - Returns: a result for each record, in order, and the sketches of contents that are not known.
  /// - Throws: the lake's errors, ``RecogniserError``.
  func examine(
    in lake: LakeStore, _ list: RuleList, known: (@Sendable (ContentHash) throws -> Bool)?
  ) async throws -> Examined {
    var (examined, texts) = try examine(
      in: lake, list.rules, known: known, keepsTexts: list.recogniser != nil)
    if let recogniser = list.recogniser {
      for item in texts {
        try Task.checkCancellation()
        examined.results[item.index].findings +=
          try await recogniser.findings(in: "conversation", item.conversation)
          + recogniser.findings(in: "output", item.output)
      }
    }
    return examined
  }

  /// The texts of a record that rules keep.
  private struct KeptTexts {
    let index: Int
    let conversation: [UInt8]
    let output: [UInt8]
  }

  private func examine(
    in lake: LakeStore, _ rules: [any Rule], known: (@Sendable (ContentHash) throws -> Bool)?,
    keepsTexts: Bool
  ) throws -> (Examined, [KeptTexts]) {
    var texts: [KeptTexts] = []
    let reader = try lake.open(segment: segment.path)
    let parser = JSONParser(maximumLength: 1 << 30)
    let examiner = RecordExaminer(rules: rules)
    let sketcher = Sketcher()
    var examined = Examined()
    examined.results.reserveCapacity(records.count)
    var frame = -1
    var text: [UInt8] = []
    for record in records {
      if record.frame != frame {
        try Task.checkCancellation()
        frame = record.frame
        text = try reader.frame(frame)
      }
      try text.withUnsafeBytes { bytes in
        let line = UnsafeRawBufferPointer(rebasing: bytes[record.offset..<record.offset + record.length])
        try parser.parse(padded: line) { value in
          let view = examiner.view(value)
          let examination = examiner.examine(view)
          examined.results.append(
            CurationResult(
              number: record.number, decision: examination.decision, reason: examination.reason,
              findings: examination.findings, language: examination.language, place: segment.place(of: record)
            ))
          if keepsTexts, examination.decision == .kept {
            texts.append(
              KeptTexts(
                index: examined.results.count - 1, conversation: [UInt8](view.conversation),
                output: [UInt8](view.output)))
          }
          if let known, try !known(record.content) {
            examined.sketches.append(
              SignedContent(
                content: record.content, sketch: sketcher.sketch(input: view.input, output: view.output)))
          }
        }
      }
    }
    return (examined, texts)
  }
}
