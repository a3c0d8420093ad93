import Bytes
import Catalog
import Foundation
import Lake
import Records
import Text

/// What a curation from one lake into another came to.
public struct LakeCurationAccount: Sendable, Codable, Hashable {
  /// Records read.
  public var examined = 0
  /// Records written.
  public var kept = 0
  /// Records left out, by `rule/reason`.
  public var dropped: [String: Int] = [:]
  /// Records in which personal data was masked.
  public var masked = 0
  /// Findings written.
  public var findings = 0
  /// Bytes of JSON Lines read.
  public var bytes = 0
  /// What the near-duplicate index did; nil if near duplicates are off.
  public var near: CurateAccount.Near?
  /// Rules that could do more with a model that is not there, sorted.
  public var withoutModel: [String] = []

  /// Nothing.
  public init() {}

  /// Adds what another counted of records.
  mutating func add(_ other: LakeCurationAccount) {
    examined += other.examined
    kept += other.kept
    masked += other.masked
    findings += other.findings
    dropped.merge(other.dropped) { $0 + $1 }
  }
}

/// Curates the interactions of one lake into another, without a catalog: segments in, segments and findings out.
///
/// Each segment becomes one of the same day with the records that stay, and one in the table `findings` with a line for
/// each finding: `{"effect":…,"id":…,"length":…,"offset":…,"part":…,"reason":…,"rule":…,"version":…}`. Of records that
/// are equal (after normalising) or nearly equal the first stays, in the order of days, segments' names and lines. Caps
/// on users need a catalog. The same lake and parameters give the same bytes, whatever the number of workers.
public struct LakeCuration: Sendable {
  private let parameters: CurateParameters
  private let resources: CurateResources
  private let workers: Int

  /// A curation.
  /// - Parameters:
  ///   - parameters: rules and their numbers.
  ///   - resources: where files are that rules need.
  ///   - workers: tasks at a time, 1 or more.
  public init(parameters: CurateParameters, resources: CurateResources, workers: Int) {
    self.parameters = parameters
    self.resources = resources
    self.workers = workers
  }

  /// Text that one task examines: a frame, which holds at most 4 MiB but for a longer record.
  private struct Job: Sendable {
    let segment: String
    let frame: Int
    let reader: SegmentReader
  }

  /// Records after which near duplicates are told and what stays is written, to bound memory.
  private static let round = 16_384

  /// Runs the curation.
  /// - Parameters:
  ///   - source: the folder of the lake that is read.
  ///   - target: the folder of the lake that is made.
  ///   - progress: called with bytes of text examined and bytes in all.
  /// - Returns: the account.
  /// - Throws: the lake's errors, ``FileError`` where the disk refuses; what was written then is no whole lake.
  public func run(from source: String, to target: String, progress: (Int, Int) -> Void) async throws
    -> LakeCurationAccount
  {
    let lake = LakeStore(folder: source)
    let segments = try lake.unreferenced(known: []).filter {
      $0.hasPrefix("\(LakeTable.interactions.rawValue)/")
    }
    let list = try RuleList(parameters, resources)
    var account = LakeCurationAccount()
    account.withoutModel = list.withoutModel
    var total = 0
    for segment in segments { total += try lake.open(segment: segment).index.textBytes }
    try DurableFile.makeFolder(target)
    let session = try LakeStore(folder: target).beginSession(id: "curate")
    defer { session.finish() }
    let near = try parameters.duplicates.flatMap { duplicates in
      duplicates.near
        ? try NearDuplicates(folder: "\(target)/tmp/signatures", threshold: duplicates.threshold) : nil
    }
    defer { try? FileManager.default.removeItem(atPath: "\(target)/tmp/signatures") }
    let signing = near != nil
    let rounds = LakeRounds(
      chooser: FirstOfEquals(exact: parameters.duplicates != nil, near: near),
      output: LakeOutput(session: session),
      workers: workers)
    var waiting: [ExaminedFrame] = []
    var count = 0
    var round: Task<Void, any Error>?
    // One round is settled and written while the next is examined.
    func settle() async throws {
      try await round?.value
      rounds.take(&waiting)
      count = 0
      round = Task(executorPreference: BlockingTasks.executor) { try await rounds.settle() }
      if workers == 1 { try await round?.value }
    }
    var queue = segments.reversed().map { $0 }
    var jobs: [Job] = []
    do {
      try await OrderedTasks.run(
        // While the results of one are taken, all workers have work.
        limit: workers == 1 ? 1 : workers + 2,
        next: { () throws -> Job? in
          if count >= Self.round { try await settle() }
          while jobs.isEmpty, let segment = queue.popLast() {
            let reader = try lake.open(segment: segment)
            jobs = reader.index.frames.indices.reversed().map {
              Job(segment: segment, frame: $0, reader: reader)
            }
          }
          return jobs.popLast()
        },
        work: { job in
          try ExaminedFrame(
            segment: job.segment, frame: job.frame, reader: job.reader, rules: list.rules, signing: signing)
        },
        consume: { frame in
          waiting.append(frame)
          count += frame.records.count
          account.bytes += frame.textBytes
          progress(account.bytes, total)
        })
      try await settle()
      try await round?.value
      try await rounds.finish()
    } catch {
      // Its files are removed with the session, so it must be over.
      _ = await round?.result
      await rounds.cancel()
      throw error
    }
    account.add(rounds.account)
    account.near = near?.account
    return account
  }
}

/// What one task made of a frame.
struct ExaminedFrame: Sendable {
  struct Record: Sendable {
    let id: String
    let content: ContentHash
    /// Where the line that stays is, without its line feed: in ``ExaminedFrame/masked`` if it was masked, else in
    /// ``ExaminedFrame/text``.
    let line: Range<Int>
    let isMasked: Bool
    var reason: String?
    var sketch: RecordSketch?
    var findings: [Finding]
  }

  let segment: String
  let textBytes: Int
  var records: [Record] = []
  /// The frame's text as it was.
  let text: [UInt8]
  /// Lines with marks in place of personal data.
  let masked: [UInt8]

  init(segment: String, frame: Int, reader: SegmentReader, rules: [any Rule], signing: Bool) throws {
    self.segment = segment
    let bytes = try reader.frame(frame)
    textBytes = bytes.count - SegmentReader.padding
    let parser = JSONParser(maximumLength: 1 << 30)
    let examiner = RecordExaminer(rules: rules)
    let sketcher = Sketcher()
    let masker = RecordMasker()
    let normal = ByteBuffer(capacity: 1 << 14)
    let maskedLines = ByteBuffer()
    var records: [Record] = []
    try SegmentReader.scan(bytes) { place, line in
      try parser.parse(padded: line) { value in
        let view = examiner.view(value)
        let examination = examiner.examine(view)
        normal.removeAll()
        TextNormaliser.append(view.conversation, to: normal)
        normal.append(0)
        TextNormaliser.append(view.output, to: normal)
        var kept = place..<place + line.count
        let isMasked =
          examination.reason == nil && examination.findings.contains { $0.rule == PersonalDataRule.name }
        if isMasked {
          let start = maskedLines.count
          masker.append(value, to: maskedLines)
          kept = start..<maskedLines.count
        }
        records.append(
          Record(
            id: value["id"]?.string ?? "", content: ContentHash.of(normal.view),
            line: kept, isMasked: isMasked,
            reason: examination.reason,
            sketch: signing && examination.reason == nil
              ? sketcher.sketch(input: view.input, output: view.output) : nil,
            findings: examination.findings))
      }
    }
    self.records = records
    text = bytes
    masked = maskedLines.bytes
  }
}
