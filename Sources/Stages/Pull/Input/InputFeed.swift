import Bytes
import Records
import Text

/// Lines for one worker.
struct InputJob: Sendable {
  /// The file.
  let path: String
  /// Whole lines, with ``JSONParser/padding`` bytes behind them that `length` does not count.
  let bytes: [UInt8]
  /// Bytes of lines.
  let length: Int
  /// Decoded offset of the first byte in the file.
  let offset: Int
  /// Lines too long to be held.
  let overlong: [OverlongLine]
  /// Why every line is to be quarantined, if so.
  let fault: String?
  /// Where the file has been read to once this is in the lake.
  let after: FileCursor

  /// The same lines under another name of their file.
  func named(_ path: String) -> InputJob {
    InputJob(
      path: path, bytes: bytes, length: length, offset: offset, overlong: overlong, fault: fault, after: after
    )
  }
}

/// Turns the decisions on a source's files into jobs, file by file, chunk by chunk.
///
/// An unfinished last line is taken if it is a whole JSON object. Else it waits for the next run, which takes it
/// to quarantine if the file has not changed by then; in a compressed file, which does not grow, that happens at
/// once. A damaged compressed stream is a line in quarantine at the place of the damage, and the other files are
/// read; a file that the system refuses ends the pull after all others have been read.
final class InputFeed {
  private(set) var filesRead = 0
  private(set) var unfinished = 0
  /// The first file that the system refused.
  private(set) var refused: InputError?

  private let source: SourceDefinition
  private let decisions: [InputDecision]
  private let chunkBytes: Int
  private let parser: JSONParser
  private var next = 0
  private var reading: (decision: InputDecision, reader: InputReader)?
  private var waiting: [InputJob] = []

  init(decisions: [InputDecision], refused: InputError?, source: SourceDefinition, chunkBytes: Int) {
    self.decisions = decisions
    self.refused = refused
    self.chunkBytes = chunkBytes
    self.source = source
    parser = JSONParser(maximumLength: max(source.maximumLine, 1 << 16))
  }

  /// Cursors under the new names of files that were renamed and have nothing new: no job of theirs would move them,
  /// and the file that now has the old name takes the old cursor's place.
  var renamedCursors: [FileCursor] {
    decisions.compactMap { decision in
      guard decision.action == .unchanged, let cursor = decision.cursor, cursor.path != decision.file.path
      else { return nil }
      return FileCursor(decision.file, offset: cursor.offset, mark: cursor.mark, complete: cursor.complete)
    }
  }

  /// Names of cursors whose file now has another name.
  var staleCursors: [String] {
    let paths = Set(decisions.map(\.file.path))
    return decisions.compactMap { decision in
      decision.cursor.flatMap { $0.path != decision.file.path && !paths.contains($0.path) ? $0.path : nil }
    }
  }

  /// Bytes on disk that are still to be read, for progress.
  var totalBytes: Int {
    decisions.reduce(0) { sum, decision in
      switch decision.action {
      case .unchanged: sum
      case .start: sum + decision.file.size
      case .resume(let offset):
        sum + max(0, decision.file.hasOwnOffsets ? decision.file.size : decision.file.size - offset)
      }
    }
  }

  func nextJob() throws -> InputJob? {
    while true {
      if !waiting.isEmpty { return waiting.removeFirst() }
      guard let (decision, reader) = reading else {
        guard try openNext() else { return nil }
        continue
      }
      do {
        guard let chunk = try reader.next() else {
          reading = nil
          continue
        }
        try take(chunk, of: decision)
      } catch let error as InputError {
        reading = nil
        switch error.code {
        case .corruptStream: waiting.append(damaged(decision, error))
        default: refused = refused ?? error
        }
      }
    }
  }

  private func openNext() throws -> Bool {
    while next < decisions.count {
      let decision = decisions[next]
      next += 1
      if decision.action == .unchanged { continue }
      do {
        reading = (decision, try open(decision))
        filesRead += 1
        return true
      } catch let error as InputError {
        if error.code == .corruptStream {
          waiting.append(damaged(decision, error))
          return true
        }
        refused = refused ?? error
      }
    }
    return false
  }

  private func open(_ decision: InputDecision) throws -> InputReader {
    if case .resume(let offset) = decision.action, let cursor = decision.cursor {
      do {
        return try InputReader(
          path: decision.file.path, from: offset, mark: cursor.mark, chunkBytes: chunkBytes,
          maximumLine: source.maximumLine, framing: source.kind.traits.framing)
      } catch let error as InputError where error.code == .contentDiffers || error.code == .offsetBeyondEnd {
        // Another file under this name: rows that are there already cost time and change nothing.
      }
    }
    return try InputReader(
      path: decision.file.path, chunkBytes: chunkBytes, maximumLine: source.maximumLine,
      framing: source.kind.traits.framing)
  }

  private func take(_ chunk: InputChunk, of decision: InputDecision) throws {
    let file = decision.file
    guard let tail = chunk.tail else {
      let after = FileCursor(file, offset: chunk.end, mark: chunk.mark, complete: chunk.endsFile)
      waiting.append(job(file.path, chunk, after))
      return
    }
    let isWhole =
      !tail.isOverlong
      && (try? tail.bytes.withUnsafeBytes { bytes in
        try parser.parse(UnsafeRawBufferPointer(rebasing: bytes[..<tail.length])) { $0.kind == .object }
      }) ?? false
    let isOld =
      decision.cursor.map { $0.size == file.size && $0.modified == file.modified && $0.offset == tail.offset }
      ?? false
    guard isWhole || file.isCompressed || isOld else {
      unfinished += 1
      waiting.append(
        job(file.path, chunk, FileCursor(file, offset: tail.offset, mark: chunk.mark, complete: false)))
      return
    }
    waiting.append(
      job(file.path, chunk, FileCursor(file, offset: tail.offset, mark: chunk.mark, complete: false)))
    let line =
      tail.isOverlong ? [OverlongLine(offset: tail.offset, length: tail.length, digest: tail.digest)] : []
    waiting.append(
      InputJob(
        path: file.path,
        bytes: tail.isOverlong ? [UInt8](repeating: 0, count: InputChunk.padding) : tail.bytes,
        length: tail.isOverlong ? 0 : tail.length, offset: tail.offset, overlong: line,
        fault: isWhole ? nil : "unfinished-line",
        after: FileCursor(file, offset: tail.end, mark: .nothing, complete: true)))
  }

  private func job(_ path: String, _ chunk: InputChunk, _ after: FileCursor) -> InputJob {
    InputJob(
      path: path, bytes: chunk.bytes, length: chunk.length, offset: chunk.offset, overlong: chunk.overlong,
      fault: nil,
      after: after)
  }

  /// A stand-in line for what a damaged stream held; the next run tries the file again.
  private func damaged(_ decision: InputDecision, _ error: InputError) -> InputJob {
    let cursor = decision.cursor ?? FileCursor(decision.file, offset: 0, mark: .nothing, complete: false)
    let digest = Digest.sha256("\(error.code.rawValue) \(error.path) \(error.offset)")
    return InputJob(
      path: decision.file.path, bytes: [UInt8](repeating: 0, count: InputChunk.padding), length: 0,
      offset: error.offset, overlong: [OverlongLine(offset: error.offset, length: 0, digest: digest)],
      fault: error.code.rawValue, after: cursor)
  }
}
