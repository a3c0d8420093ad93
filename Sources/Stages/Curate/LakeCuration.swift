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
  private static let round = 49_152

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
    let chooser = FirstOfEquals(exact: parameters.duplicates != nil, near: near)
    let output = LakeOutput(session: session)
    var waiting: [ExaminedFrame] = []
    var count = 0
    func write() throws {
      try chooser.choose(&waiting)
      for frame in waiting { try output.write(frame, into: &account) }
      waiting.removeAll(keepingCapacity: true)
      count = 0
    }
    var queue = segments.reversed().map { $0 }
    var jobs: [Job] = []
    try await OrderedTasks.run(
      // While the results of one are taken, all workers have work.
      limit: workers == 1 ? 1 : workers + 2,
      next: { () throws -> Job? in
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
        if count >= Self.round { try write() }
        progress(account.bytes, total)
      })
    try write()
    try output.finish()
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

/// Lets the first of equal and of nearly equal records stay.
private final class FirstOfEquals {
  private let exact: Bool
  private let near: NearDuplicates?
  /// Contents in the order in which they came.
  private var places: [ContentHash: Int32] = [:]

  init(exact: Bool, near: NearDuplicates?) {
    self.exact = exact
    self.near = near
  }

  /// Gives the others their reason.
  func choose(_ frames: inout [ExaminedFrame]) throws {
    guard exact else { return }
    var signed: [SignedContent] = []
    for frame in frames.indices {
      for index in frames[frame].records.indices where frames[frame].records[index].reason == nil {
        let record = frames[frame].records[index]
        let next = Int32(places.count)
        if places[record.content, default: next] != next {
          frames[frame].records[index].reason = CatalogStore.duplicateReason
        } else {
          places[record.content] = next
          if let sketch = record.sketch {
            signed.append(SignedContent(content: record.content, sketch: sketch))
          }
        }
        frames[frame].records[index].sketch = nil
      }
    }
    guard let near else { return }
    try near.take(signed)
    var firsts: [ContentHash: Int32] = [:]
    var clusters: [ContentHash: ContentHash] = [:]
    for row in near.clusters {
      clusters[row.content] = row.cluster
      firsts[row.cluster] = min(firsts[row.cluster] ?? .max, places[row.content] ?? .max)
    }
    for frame in frames.indices {
      for index in frames[frame].records.indices where frames[frame].records[index].reason == nil {
        let content = frames[frame].records[index].content
        guard let cluster = clusters[content], firsts[cluster] != places[content] else { continue }
        frames[frame].records[index].reason = CatalogStore.nearDuplicateReason
      }
    }
  }
}

/// Writes what stays and the findings, a segment for each that was read.
private final class LakeOutput {
  /// Lines of one table, and the frames that they became.
  private final class Table {
    let writer: SegmentWriter
    let buffer = ByteBuffer(capacity: LakeFrame.maximumText)
    var records = 0
    var first = ""
    var last = ""
    var isEmpty = true

    init(_ writer: SegmentWriter) { self.writer = writer }

    func add(_ line: UnsafeRawBufferPointer, id: String) throws {
      if records > 0, buffer.count + line.count + 1 > LakeFrame.maximumText { try flush() }
      buffer.append(line)
      buffer.append(0x0A)
      if records == 0 { first = id }
      last = id
      records += 1
    }

    func flush() throws {
      guard records > 0 else { return }
      try writer.append(LakeFrame.compress(buffer.view, records: records, firstID: first, lastID: last))
      buffer.removeAll()
      records = 0
      isEmpty = false
    }

    func finish() throws {
      try flush()
      if isEmpty { writer.discard() } else { _ = try writer.seal() }
    }
  }

  private let session: LakeSession
  private var segment = ""
  private var open: (records: Table, findings: Table)?
  private let line = ByteBuffer(capacity: 256)

  init(session: LakeSession) { self.session = session }

  func write(_ frame: ExaminedFrame, into account: inout LakeCurationAccount) throws {
    let tables = try tables(of: frame.segment)
    try frame.text.withUnsafeBytes { text in
      try frame.masked.withUnsafeBytes { masked in
        for record in frame.records {
          account.examined += 1
          for finding in record.findings {
            encode(finding, id: record.id)
            try tables.findings.add(line.view, id: record.id)
            account.findings += 1
          }
          if let reason = record.reason {
            account.dropped[reason, default: 0] += 1
            if CatalogStore.settledReasons.contains(reason) {
              encode(Self.finding(reason), id: record.id)
              try tables.findings.add(line.view, id: record.id)
              account.findings += 1
            }
          } else {
            account.kept += 1
            if record.isMasked { account.masked += 1 }
            let line = UnsafeRawBufferPointer(rebasing: (record.isMasked ? masked : text)[record.line])
            try tables.records.add(line, id: record.id)
          }
        }
      }
    }
  }

  func finish() throws {
    try open?.records.finish()
    try open?.findings.finish()
    open = nil
  }

  private func tables(of name: String) throws -> (records: Table, findings: Table) {
    if name == segment, let open { return open }
    try finish()
    segment = name
    let day = String(name.split(separator: "/").dropFirst().first ?? "")
    let tables = (
      records: Table(try session.writer(table: .interactions, day: day)),
      findings: Table(try session.writer(table: .findings, day: day))
    )
    open = tables
    return tables
  }

  private static func finding(_ reason: String) -> Finding {
    let parts = reason.split(separator: "/").map(String.init)
    return Finding(rule: parts[0], reason: parts[1], effect: .drop)
  }

  private func encode(_ finding: Finding, id: String) {
    line.removeAll()
    var writer = JSONWriter(line)
    writer.beginObject()
    writer.key("effect")
    writer.string(finding.effect.rawValue)
    writer.key("id")
    writer.string(id)
    writer.key("length")
    writer.integer(Int64(finding.length))
    writer.key("offset")
    writer.integer(Int64(finding.offset))
    writer.key("part")
    writer.string(finding.part)
    writer.key("reason")
    writer.string(finding.reason)
    writer.key("rule")
    writer.string(finding.rule)
    writer.key("version")
    writer.integer(Int64(finding.version))
    writer.endObject()
  }
}
