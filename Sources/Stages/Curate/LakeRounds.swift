import Bytes
import Catalog
import Lake
import Records
import Text

/// Settles the examined frames of a lake, round after round, and writes what comes of them.
final class LakeRounds: @unchecked Sendable {  // a round waits for the one before: one task at a time has it
  private let chooser: FirstOfEquals
  private let output: LakeOutput
  private let workers: Int
  private var frames: [ExaminedFrame] = []
  /// What was written so far.
  private(set) var account = LakeCurationAccount()

  init(chooser: FirstOfEquals, output: LakeOutput, workers: Int) {
    self.chooser = chooser
    self.output = output
    self.workers = workers
  }

  /// Takes the frames of the next round, and leaves none.
  func take(_ waiting: inout [ExaminedFrame]) {
    frames = []
    swap(&frames, &waiting)
  }

  /// Tells what stays of the round's frames, and writes it.
  func settle() async throws {
    try chooser.choose(&frames)
    try await output.write(frames, workers: workers, into: &account)
    frames.removeAll()
  }

  /// Waits for what is on its way to the disk, whatever comes of it.
  func cancel() async { await output.settle() }

  /// Ends the last segments.
  func finish() async throws { try await output.write([], workers: workers, into: &account, isLast: true) }
}

/// Lets the first of equal and of nearly equal records stay.
final class FirstOfEquals {
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
        let content = frames[frame].records[index].content
        let sketch = frames[frame].records[index].sketch.take()
        let next = Int32(places.count)
        if places[content, default: next] != next {
          frames[frame].records[index].reason = CatalogStore.duplicateReason
        } else {
          places[content] = next
          if let sketch { signed.append(SignedContent(content: content, sketch: sketch)) }
        }
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
final class LakeOutput {
  /// Lines of one table that become a frame, or the end of a segment.
  private enum Piece: Sendable {
    case frame(Target, text: [UInt8], records: Int, first: String, last: String)
    case end
  }

  /// A piece as it goes to the disk.
  private enum Finished: Sendable {
    case frame(Target, LakeFrame)
    case end
  }

  /// Where a frame goes.
  private struct Target: Sendable {
    let table: LakeTable
    let day: String
  }

  /// Lines of one table on their way to a frame.
  private struct Lines {
    let table: LakeTable
    var text: [UInt8] = []
    var records = 0
    var first = ""
    var last = ""

    /// Adds a line; returns whether those before it fill a frame, and then adds nothing.
    mutating func add(_ line: UnsafeRawBufferPointer, id: String) -> Bool {
      if records > 0, text.count + line.count + 1 > LakeFrame.maximumText { return false }
      if records == 0 {
        text.reserveCapacity(LakeFrame.maximumText)
        first = id
      }
      text.append(contentsOf: line)
      text.append(0x0A)
      last = id
      records += 1
      return true
    }
  }

  private let session: LakeSession
  private var segment = ""
  private var lines = [Lines(table: .interactions), Lines(table: .findings)]
  private var writers: [LakeTable: SegmentWriter] = [:]
  /// Segments on their way to the disk, the first begun first.
  private var seals: [Task<Void, any Error>] = []
  private let line = ByteBuffer(capacity: 256)

  /// Segments that are flushed at a time: a disk takes several sooner than one after the other.
  private static let mostSeals = 16

  init(session: LakeSession) { self.session = session }

  /// Writes frames behind those of the calls before.
  /// - Parameters:
  ///   - frames: with the reasons of those records that do not stay.
  ///   - workers: frames that are compressed at a time.
  ///   - account: counts what is written.
  ///   - isLast: whether nothing follows, so that the segments end.
  /// - Throws: the lake's errors, ``FileError``.
  func write(
    _ frames: [ExaminedFrame], workers: Int, into account: inout LakeCurationAccount, isLast: Bool = false
  ) async throws {
    var next = frames.startIndex
    var ready: [Piece] = []
    var taken = 0
    var counts = LakeCurationAccount()
    try await OrderedTasks.run(
      limit: workers,
      next: { () async throws -> Piece? in
        while taken == ready.count {
          ready.removeAll(keepingCapacity: true)
          taken = 0
          if next < frames.endIndex {
            self.add(frames[next], to: &ready, &counts)
            next += 1
          } else if isLast, !self.segment.isEmpty {
            self.endSegment(&ready)
          } else {
            return nil
          }
        }
        while self.seals.count > Self.mostSeals { try await self.seals.removeFirst().value }
        taken += 1
        return ready[taken - 1]
      },
      work: { piece in
        switch piece {
        case .end: return Finished.end
        case .frame(let target, let text, let records, let first, let last):
          return .frame(
            target,
            try text.withUnsafeBytes {
              try LakeFrame.compress($0, records: records, firstID: first, lastID: last)
            })
        }
      },
      consume: { try self.put($0) })
    account.add(counts)
    while isLast, !seals.isEmpty { try await seals.removeFirst().value }
  }

  private func put(_ piece: Finished) throws {
    switch piece {
    case .frame(let target, let frame):
      let writer = try writers[target.table] ?? session.writer(table: target.table, day: target.day)
      writers[target.table] = writer
      try writer.append(frame)
    case .end:
      for table in [LakeTable.interactions, .findings] {
        guard let writer = writers.removeValue(forKey: table) else { continue }
        let handed = Handed(writer: writer)
        seals.append(Task(executorPreference: BlockingTasks.executor) { _ = try handed.writer.seal() })
      }
    }
  }

  /// A writer that one task hands to another and forgets.
  private struct Handed: @unchecked Sendable {  // only the task that it is handed to has it
    let writer: SegmentWriter
  }

  /// Waits for what is on its way, whatever comes of it.
  func settle() async {
    for seal in seals { _ = await seal.result }
    seals = []
  }

  private func add(_ frame: ExaminedFrame, to ready: inout [Piece], _ account: inout LakeCurationAccount) {
    if frame.segment != segment {
      endSegment(&ready)
      segment = frame.segment
    }
    frame.text.withUnsafeBytes { text in
      frame.masked.withUnsafeBytes { masked in
        for index in frame.records.indices {
          account.examined += 1
          let id = frame.records[index].id
          for finding in frame.records[index].findings {
            encode(finding, id: id)
            add(line.view, id: id, to: 1, &ready)
            account.findings += 1
          }
          if let reason = frame.records[index].reason {
            account.dropped[reason, default: 0] += 1
            if CatalogStore.settledReasons.contains(reason) {
              encode(Self.finding(reason), id: id)
              add(line.view, id: id, to: 1, &ready)
              account.findings += 1
            }
          } else {
            let isMasked = frame.records[index].isMasked
            account.kept += 1
            if isMasked { account.masked += 1 }
            let line = UnsafeRawBufferPointer(rebasing: (isMasked ? masked : text)[frame.records[index].line])
            add(line, id: id, to: 0, &ready)
          }
        }
      }
    }
  }

  private func add(_ line: UnsafeRawBufferPointer, id: String, to table: Int, _ ready: inout [Piece]) {
    guard !lines[table].add(line, id: id) else { return }
    flush(table, &ready)
    _ = lines[table].add(line, id: id)
  }

  private func flush(_ table: Int, _ ready: inout [Piece]) {
    let full = lines[table]
    guard full.records > 0 else { return }
    let day = String(segment.split(separator: "/").dropFirst().first ?? "")
    ready.append(
      .frame(
        Target(table: full.table, day: day), text: full.text, records: full.records, first: full.first,
        last: full.last))
    lines[table] = Lines(table: full.table)
  }

  private func endSegment(_ ready: inout [Piece]) {
    guard !segment.isEmpty else { return }
    flush(0, &ready)
    flush(1, &ready)
    ready.append(.end)
    segment = ""
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
