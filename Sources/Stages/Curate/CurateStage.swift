import Bytes
import Catalog
import Foundation
import Lake
import Records
import Text

/// What a curate step did, and how decisions stand after it.
public struct CurateAccount: Sendable, Codable, Hashable {
  /// Interactions that the rules looked at in this step.
  public var examined = 0
  /// Interactions kept, in the whole catalog.
  public var kept = 0
  /// Interactions dropped, in the whole catalog, by `rule/reason`.
  public var dropped: [String: Int] = [:]
}

/// Applies the rules to every interaction that they have not decided on.
public struct CurateStage: Sendable {
  private let catalog: CatalogStore
  private let lake: LakeStore
  private let parameters: CurateParameters
  private let workers: Int

  /// A curate step over a catalog and its lake.
  /// - Parameters:
  ///   - catalog: the catalog.
  ///   - lake: the lake that it indexes.
  ///   - parameters: rules and their numbers.
  ///   - workers: tasks at a time, 1 or more.
  public init(catalog: CatalogStore, lake: LakeStore, parameters: CurateParameters, workers: Int) {
    self.catalog = catalog
    self.lake = lake
    self.parameters = parameters
    self.workers = workers
  }

  /// Records of one segment that one task examines, at most: some 20 MB of text.
  private static let batch = 8192

  private struct Job: Sendable {
    let segment: PendingSegment
    let records: [PendingInteraction]
  }

  /// Runs the step; killed anywhere, a second run does what is left.
  /// - Parameter progress: called with interactions examined and interactions in all.
  /// - Returns: the account.
  /// - Throws: the stores' errors; a damaged segment names itself.
  public func run(progress: (Int, Int) -> Void) async throws -> CurateAccount {
    let rules = parameters.activeRules()
    let version = try catalog.rulesVersion(digest: try digest(of: rules))
    let segments = try catalog.pendingSegments(rules: version)
    let total = segments.reduce(0) { $0 + $1.pending }
    var account = CurateAccount()
    var jobs: [Job] = []
    var nextSegment = 0
    try await OrderedTasks.run(
      limit: workers,
      next: { () throws -> Job? in
        while jobs.isEmpty, nextSegment < segments.count {
          let segment = segments[nextSegment]
          nextSegment += 1
          let pending = try catalog.pendingInteractions(segment: segment.number, rules: version)
          jobs = stride(from: 0, to: pending.count, by: Self.batch).reversed().map {
            Job(segment: segment, records: Array(pending[$0..<min($0 + Self.batch, pending.count)]))
          }
        }
        return jobs.popLast()
      },
      work: { [lake] job in try Self.examine(job, lake: lake, rules: rules) },
      consume: { results in
        try catalog.commitCuration(rules: version, results)
        account.examined += results.count
        progress(account.examined, total)
      })
    _ = try catalog.settleDuplicates(enabled: parameters.duplicates)
    for row in try catalog.decisions() {
      if row.decision == Decision.kept.rawValue { account.kept += row.count }
      if row.decision == Decision.dropped.rawValue {
        account.dropped[row.reason ?? "", default: 0] += row.count
      }
    }
    return account
  }

  /// The digest of the rules: names, versions and every parameter.
  private func digest(of rules: [any Rule]) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    let names = rules.map { "\(type(of: $0).name)@\(type(of: $0).version)" }.joined(separator: " ")
    return Digest.sha256(Array("\(names)\n".utf8) + Array(try encoder.encode(parameters))).hex
  }

  private static func examine(_ job: Job, lake: LakeStore, rules: [any Rule]) throws -> [CurationResult] {
    let reader = try lake.open(segment: job.segment.path)
    let parser = JSONParser(maximumLength: 1 << 30)
    let examiner = RecordExaminer(rules: rules)
    var results: [CurationResult] = []
    results.reserveCapacity(job.records.count)
    var frame = -1
    var text: [UInt8] = []
    for record in job.records {
      if record.frame != frame {
        try Task.checkCancellation()
        frame = record.frame
        text = try reader.frame(frame)
      }
      try text.withUnsafeBytes { bytes in
        let line = UnsafeRawBufferPointer(rebasing: bytes[record.offset..<record.offset + record.length])
        let place = job.segment.place(of: record)
        results.append(
          try parser.parse(padded: line) { examiner.examine($0, number: record.number, place: place) })
      }
    }
    return results
  }
}

extension CurateParameters {
  /// The rules that are on, in the order of their names; duplicates are settled in the catalog.
  func activeRules() -> [any Rule] {
    var rules: [any Rule] = []
    if let length {
      rules.append(
        LengthRule(
          minOutputCharacters: length.minOutputCharacters, maxOutputCharacters: length.maxOutputCharacters,
          maxInputCharacters: length.maxInputCharacters))
    }
    if personalData { rules.append(PersonalDataRule()) }
    if refusal { rules.append(RefusalRule()) }
    if let repetition { rules.append(RepetitionRule(minWords: repetition.minWords)) }
    if truncation { rules.append(TruncationRule()) }
    return rules
  }
}

/// Shows one record after another to the rules.
final class RecordExaminer {
  private let rules: [any Rule]
  private let conversation = ByteBuffer(capacity: 1 << 14)

  init(rules: [any Rule]) { self.rules = rules }

  func examine(
    _ record: JSONValue, number: Int64, place: CurationResult.Place? = nil
  ) -> CurationResult {
    let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
    conversation.removeAll()
    var lastUser = nothing
    record["input"]?.forEachElement { message in
      guard let content = message["content"]?.utf8 else { return }
      if conversation.count > 0 { conversation.append(0x0A) }
      conversation.append(content)
      if message["role"]?.string == "user" { lastUser = content }
    }
    let output = record["output"]
    let view = RecordView(
      input: lastUser, conversation: conversation.view, output: output?["content"]?.utf8 ?? nothing,
      finish: record["finish"]?.utf8, hasMedia: record["media"]?.bool ?? false,
      hasToolCalls: output?["tool_calls"] != nil, app: record["app"]?.utf8, metadata: record["metadata"])
    var findings: [Finding] = []
    for rule in rules {
      rule.examine(view) { finding in
        var finding = finding
        finding.version = type(of: rule).version
        findings.append(finding)
      }
    }
    let drop = findings.first { $0.effect == .drop }
    return CurationResult(
      number: number, decision: drop == nil ? .kept : .dropped,
      reason: drop.map { "\($0.rule)/\($0.reason)" },
      findings: findings, place: place)
  }
}
