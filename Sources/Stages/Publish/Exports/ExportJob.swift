import Bytes
import Foundation
import Records
import Text

/// Where an export goes.
public enum ExportTarget: Sendable, Hashable {
  /// A folder.
  case folder(String)
  /// One archive at this path, whose entries stand in a folder `NAME-NUMBER`.
  case archive(String, ExportArchive.Codec)
}

/// What an export wrote.
public struct ExportReport: Sendable, Hashable {
  /// One file.
  public struct File: Sendable, Hashable {
    /// The name in the folder.
    public let name: String
    /// Size in bytes.
    public let bytes: Int
    /// SHA-256 of the file.
    public let digest: Digest
    /// Rows in it; nil for a file that has none.
    public let records: Int?
  }

  /// The folder or archive, with links resolved.
  public let path: String
  /// The files that `flywheel.lock` lists, sorted by name.
  public let files: [File]
  /// Rows by split.
  public let records: [String: Int]
  /// Size and hash of the archive, if one was asked for.
  public let archive: ExportFile.Summary?
}

/// Writes a version as files: `SPLIT.jsonl`, its provenance, `README.md` and `flywheel.lock`.
///
/// For formats other than `records`, `SPLIT.meta.jsonl` has one line for each row, in the same order and with the same
/// compression: `{"id","conversation","label","lineage","origin","slice","time"}`. `flywheel.lock` is one line
/// of canonical JSON: compression, content root, dataset, files (name, bytes, SHA-256, records), format, number and
/// version.
///
/// Everything is written to a temporary folder beside the target and put in place at once, so that the target is
/// the former export or the whole new one, and after an error nothing is left. The target may be absent, an empty
/// folder, or an export (a folder with a `flywheel.lock` and the files it lists, nothing else); anything else is
/// refused. Memory does not grow with the version: some MiB for each split. One task owns a job.
public final class ExportJob {
  private let target: ExportTarget
  private let description: ExportDescription
  private let format: ExportFormat
  private let compression: ExportCompression
  private let folder: ExportFolder
  private let parser = JSONParser()
  private let row = ExportRow()
  private let buffer = ByteBuffer()
  private var splits: [String: ExportSplit] = [:]
  private var counts: [String: [String: Int]] = [:]
  private var isPlain: Bool
  private var isOpen = true

  /// Checks the target and makes the temporary folder.
  /// - Parameters:
  ///   - target: the folder or archive.
  ///   - description: what the export is of.
  ///   - format: the shape of the rows; default the kind's standard.
  ///   - compression: how each file is compressed, in an archive too; default `none`.
  /// - Throws: ``ExportError`` for an illegal format or a foreign target; `FileError`.
  public init(
    target: ExportTarget, description: ExportDescription, format: ExportFormat? = nil,
    compression: ExportCompression = .none
  ) throws {
    let format = format ?? .standard(for: description.kind)
    guard ExportFormat.legal(for: description.kind).contains(format) else {
      throw ExportError(.illegalFormat, place: "\(description.kind.rawValue) as \(format.rawValue)")
    }
    self.target = target
    self.description = description
    self.format = format
    self.compression = compression
    isPlain = format != .records
    folder =
      switch target {
      case .folder(let path): try ExportFolder(target: path, isArchive: false)
      case .archive(let path, _): try ExportFolder(target: path, isArchive: true)
      }
  }

  deinit { abandon() }

  /// Makes a split's files, so that a split without examples has them too.
  /// - Throws: ``ExportError`` or `FileError`; the export is then abandoned.
  public func open(split name: String) throws { try guarded { _ = try split(name) } }

  /// Adds one example to a split; within a split they come in ascending order of the bytes of their ids.
  /// - Parameters:
  ///   - split: the split's name: letters, digits and underscores of ASCII.
  ///   - id: the example's id.
  ///   - example: the published example, canonical JSON.
  /// - Throws: ``ExportError``, `FileError` or `CompressionError`; the export is then abandoned.
  public func add(split: String, id: String, _ example: UnsafeRawBufferPointer) throws {
    try guarded {
      let split = try self.split(split)
      try split.follow(id)
      do {
        try parser.parse(example) { try write($0, id, to: split) }
      } catch let fault as JSONFault {
        throw ExportError(.malformed, example: id, place: fault.rawValue)
      }
    }
  }

  /// Writes card and lock and puts the export in place.
  /// - Returns: what was written.
  /// - Throws: ``ExportError``, `FileError` or `CompressionError`; the export is then abandoned.
  public func finish() throws -> ExportReport {
    try guarded {
      var files: [ExportReport.File] = []
      var card = DatasetCard(description, format: format, compression: compression)
      for split in splits.values.sorted(by: ExportSplit.precedes) {
        let rows = try split.close(into: &files)
        card.splits.append(
          .init(
            name: split.name, file: split.file, records: split.records, textBytes: rows.textBytes,
            fileBytes: rows.bytes))
      }
      card.counts = counts
      card.isPlain = isPlain
      files.append(try add("README.md", Array(card.render().utf8)))
      files.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
      _ = try add(ExportFolder.lockName, lock(files))
      let archive = try self.archive(files.map(\.name) + [ExportFolder.lockName])
      try folder.publish(archive: archive?.name)
      isOpen = false
      return ExportReport(
        path: folder.target, files: files, records: splits.mapValues(\.records), archive: archive?.summary)
    }
  }

  /// Removes everything written; nothing after ``finish()``.
  public func abandon() {
    isOpen = false
    for split in splits.values { split.abandon() }
    folder.discard()
  }

  private func guarded<Result>(_ body: () throws -> Result) throws -> Result {
    guard isOpen else { throw ExportError(.closed) }
    do {
      return try body()
    } catch {
      abandon()
      throw error
    }
  }

  private func split(_ name: String) throws -> ExportSplit {
    if let split = splits[name] { return split }
    let split = try ExportSplit(
      name, folder: folder.path, compression: compression, hasProvenance: format != .records)
    splits[name] = split
    return split
  }

  private func write(_ example: JSONValue, _ id: String, to split: ExportSplit) throws {
    guard example["id"]?.string == id else { throw ExportError(.idDiffers, example: id) }
    guard example["kind"]?.string == description.kind.rawValue else {
      throw ExportError(.kindDiffers, example: id)
    }
    buffer.removeAll()
    var writer = JSONWriter(buffer)
    let plain = try row.row(example: example, kind: description.kind, format: format, to: &writer)
    isPlain = isPlain && plain
    buffer.append(0x0A)
    try split.rows.write(buffer.view)
    if let provenance = split.provenance {
      buffer.removeAll()
      writer = JSONWriter(buffer)
      row.writeProvenance(example: example, to: &writer)
      buffer.append(0x0A)
      try provenance.write(buffer.view)
    }
    split.records += 1
    count("origin", example["origin"])
    count("slice", example["slice"])
    count("label", example["label"]?["class"])
    countAuthors(example["lineage"]?["synthesis"])
  }

  /// Counts an example once for each operator, model and family that had a part in it.
  private func countAuthors(_ authors: JSONValue?) {
    guard let authors = authors?.elements, !authors.isEmpty else { return }
    for property in ["operator", "model", "family"] {
      for name in Set(authors.compactMap { $0[property]?.string }) {
        counts[property, default: [:]][name, default: 0] += 1
      }
    }
  }

  private func count(_ property: String, _ value: JSONValue?) {
    if let value = value?.string { counts[property, default: [:]][value, default: 0] += 1 }
  }

  private func add(_ name: String, _ bytes: [UInt8]) throws -> ExportReport.File {
    let file = try ExportFile("\(folder.path)/\(name)", compression: .none)
    try file.write(bytes)
    let summary = try file.close()
    return ExportReport.File(name: name, bytes: summary.bytes, digest: summary.digest, records: nil)
  }

  private func lock(_ files: [ExportReport.File]) -> [UInt8] {
    let out = ByteBuffer()
    var writer = JSONWriter(out)
    writer.beginObject()
    writer.key("compression")
    writer.string(compression.rawValue)
    writer.key("content_root")
    writer.string(description.contentRoot.hex)
    writer.key("dataset")
    writer.string(description.dataset)
    writer.key("files")
    writer.beginArray()
    for file in files {
      writer.beginObject()
      writer.key("bytes")
      writer.integer(Int64(file.bytes))
      writer.key("name")
      writer.string(file.name)
      if let records = file.records {
        writer.key("records")
        writer.integer(Int64(records))
      }
      writer.key("sha256")
      writer.string(file.digest.hex)
      writer.endObject()
    }
    writer.endArray()
    writer.key("format")
    writer.string(format.rawValue)
    writer.key("number")
    writer.integer(Int64(description.number))
    writer.key("version")
    writer.string(description.version.hex)
    writer.endObject()
    out.append(0x0A)
    return out.bytes
  }

  private func archive(_ names: [String]) throws -> (name: String, summary: ExportFile.Summary)? {
    guard case .archive(_, let codec) = target else { return nil }
    let name = "archive" + codec.suffix
    let archive = ExportArchive("\(folder.path)/\(name)", codec: codec)
    let top = "\(description.dataset)-\(description.number)"
    for file in names { try archive.add("\(top)/\(file)", contentsOf: "\(folder.path)/\(file)") }
    return (name, try archive.close())
  }
}

/// One split of an export: its open files and the last id they took.
private final class ExportSplit {
  let name: String
  let file: String
  let rows: ExportFile
  let provenance: ExportFile?
  var records = 0
  private let provenanceFile: String
  private var last: [UInt8]?

  init(_ name: String, folder: String, compression: ExportCompression, hasProvenance: Bool) throws {
    let isWord = name.utf8.allSatisfy {
      switch $0 {
      case 0x30...0x39, 0x41...0x5A, 0x5F, 0x61...0x7A: true
      default: false
      }
    }
    guard isWord, !name.isEmpty, name.utf8.count <= 100 else {
      throw ExportError(.badSplitName, place: name)
    }
    self.name = name
    file = "\(name).jsonl\(compression.suffix)"
    provenanceFile = "\(name).meta.jsonl\(compression.suffix)"
    rows = try ExportFile("\(folder)/\(file)", compression: compression)
    provenance =
      hasProvenance ? try ExportFile("\(folder)/\(provenanceFile)", compression: compression) : nil
  }

  /// Training first, then validation, test and the others by name: viewers show the first split.
  static func precedes(_ left: ExportSplit, _ right: ExportSplit) -> Bool {
    let order = ["train", "validation", "test"]
    let places = [left, right].map { order.firstIndex(of: $0.name) ?? order.count }
    if places[0] != places[1] { return places[0] < places[1] }
    return left.name.utf8.lexicographicallyPrecedes(right.name.utf8)
  }

  /// Refuses an id that does not come behind the last one.
  func follow(_ id: String) throws {
    let bytes = Array(id.utf8)
    if let last, !last.lexicographicallyPrecedes(bytes) {
      throw ExportError(.unsorted, example: id, place: name)
    }
    last = bytes
  }

  func close(into files: inout [ExportReport.File]) throws -> ExportFile.Summary {
    let summary = try rows.close()
    files.append(.init(name: file, bytes: summary.bytes, digest: summary.digest, records: records))
    if let sidecar = try provenance?.close() {
      files.append(
        .init(name: provenanceFile, bytes: sidecar.bytes, digest: sidecar.digest, records: records))
    }
    return summary
  }

  func abandon() {
    rows.abandon()
    provenance?.abandon()
  }
}
