import Bytes
import Foundation
import Records

/// Writes one segment, frame by frame, and puts it in place under the name of its content.
///
/// It is owned by one task. What is written stands in the session's temporary folder until ``seal()``; a
/// writer that goes away unsealed takes its file along.
public final class SegmentWriter {
  private enum State { case writing, closed }

  private let lake: String
  private let table: LakeTable
  private let day: String
  private let temporary: String
  private let session: LakeSession
  private let descriptor: Int32
  private var hasher = SHA256Hasher()
  private var state = State.writing
  private var frames: [FrameInfo] = []
  private var firstID = ""
  private var lastID = ""

  /// Bytes of compressed frames so far.
  public private(set) var compressedBytes = 0
  /// Bytes of text so far.
  public private(set) var textBytes = 0
  /// Lines of text so far.
  public private(set) var records = 0

  init(lake: String, table: LakeTable, day: String, temporary: String, session: LakeSession) throws {
    guard SegmentPath.isDay(day) else { throw LakeError(.badName, segment: "\(table.rawValue)/\(day)") }
    descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw FileError("open", temporary) }
    self.lake = lake
    self.table = table
    self.day = day
    self.temporary = temporary
    // The session's lock must outlive the file that it protects from collection.
    self.session = session
  }

  deinit { discard() }

  /// Writes a frame behind the others.
  /// - Throws: ``LakeError`` with `closed`, or `FileError`, after which the writer is discarded.
  public func append(_ frame: LakeFrame) throws {
    guard state == .writing else { throw LakeError(.closed, segment: "\(table.rawValue)/\(day)") }
    try write(frame.bytes)
    if frames.isEmpty { firstID = frame.firstID }
    lastID = frame.lastID
    frames.append(
      FrameInfo(
        offset: compressedBytes, compressed: frame.bytes.count, text: frame.textBytes,
        records: frame.records, hash: frame.textHash))
    compressedBytes += frame.bytes.count
    textBytes += frame.textBytes
    records += frame.records
  }

  /// Writes the index, flushes the file to the disk and renames it to the SHA-256 of its bytes.
  ///
  /// When it returns, file and name survive a power cut. The same frames in the same order give the same
  /// name; a segment that is there already is put in place again.
  /// - Returns: the segment.
  /// - Throws: ``LakeError`` with `closed` or `empty`, or `FileError`; the writer is discarded then.
  public func seal() throws -> Segment {
    guard state == .writing else { throw LakeError(.closed, segment: "\(table.rawValue)/\(day)") }
    guard !frames.isEmpty else {
      discard()
      throw LakeError(.empty, segment: "\(table.rawValue)/\(day)")
    }
    let index = SegmentIndex(table: table, day: day, firstID: firstID, lastID: lastID, frames: frames)
    let trailer = IndexFrame.encode(index)
    try write(trailer)
    do {
      guard fsync(descriptor) == 0 else { throw FileError("fsync", temporary) }
      let segment = Segment(
        name: hasher.finish().hex, fileBytes: compressedBytes + trailer.count, index: index)
      try place(segment)
      close()
      return segment
    } catch {
      discard()
      throw error
    }
  }

  /// Gives up: closes and removes the temporary file; does nothing once sealed or discarded.
  public func discard() {
    guard state == .writing else { return }
    unlink(temporary)
    close()
  }

  private func place(_ segment: Segment) throws {
    let tableFolder = "\(lake)/\(table.rawValue)"
    let dayFolder = "\(tableFolder)/\(day)"
    let isNewDay = access(dayFolder, F_OK) != 0
    try DurableFile.makeFolder(dayFolder)
    let path = "\(lake)/\(segment.relativePath)"
    guard rename(temporary, path) == 0 else { throw FileError("rename", path) }
    try DurableFile.syncFolder(dayFolder)
    // A new folder's own entry is durable only once its parents are flushed too.
    if isNewDay {
      try DurableFile.syncFolder(tableFolder)
      try DurableFile.syncFolder(lake)
    }
  }

  private func write(_ bytes: [UInt8]) throws {
    do {
      try bytes.withUnsafeBytes { try DurableFile.writeAll(descriptor, $0, path: temporary) }
    } catch {
      // Part of the bytes may be in the file, so that it is no segment any more.
      discard()
      throw error
    }
    hasher.update(bytes)
  }

  private func close() {
    state = .closed
    Foundation.close(descriptor)
  }
}
