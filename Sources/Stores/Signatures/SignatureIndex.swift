import Bytes
import Foundation
import Text

/// The sketches of a workspace's documents, and who shares a band with whom: a folder of immutable runs,
/// `signatures/<sha256>.fws`.
///
/// Which of them count is the catalog's word: a run that no transaction names is garbage. A new run is looked up in the
/// others and never the other way round, and runs are merged when four are of one size, so that a day added to a
/// hundred costs what it costs added to one.
///
/// It is a value over open files, safe to use from several tasks; each keeps its own list of runs.
public struct SignatureIndex: Sendable {
  /// Documents that a merge puts into one run, at most: 33 million, whose merge takes some 220 MB of memory.
  ///
  /// A run of
  /// more than half of it stays as it is.
  public static let mergedDocuments = 1 << 25
  /// How many runs of one size make one of a larger.
  static let factor = 4
  /// The same for an index that its process removes: it is searched some dozens of times and no more, so that a look
  /// into more runs costs less than writing them again (a twentieth of the time of a curation of 300 MB).
  static let temporaryFactor = 16

  /// The folder.
  public let folder: String
  /// How the sketches were made; runs of another version are refused.
  public let sketchVersion: UInt64
  /// Whether its runs survive a power cut, and their names tell every byte.
  public let isDurable: Bool
  private var readers: [RunReader] = []

  /// Opens the runs that the catalog knows.
  ///
  /// Band tables are mapped, checksums of what is small are checked; a run takes 1.6 bytes of memory a document.
  /// - Parameters:
  ///   - folder: the workspace's `signatures`; it need not exist while there are no runs.
  ///   - runs: names, in any order; none counts twice.
  ///   - sketchVersion: how sketches are made now.
  ///   - isDurable: whether runs that it writes are flushed to the disk and named by all their bytes; default true. False
  ///     is for an index that its process removes.
  /// - Throws: ``SignatureError`` with `badName`, `missing`, `foreign`, `newer`, `otherSketches` or `damaged`, or
  ///   `FileError`.
  public init(folder: String, runs: [String], sketchVersion: UInt64, isDurable: Bool = true) throws {
    self.folder = folder.count > 1 && folder.hasSuffix("/") ? String(folder.dropLast()) : folder
    self.sketchVersion = sketchVersion
    self.isDurable = isDurable
    for name in runs { try add(name) }
  }

  /// The runs, in the order in which they were added.
  public var runs: [SignatureRun] { readers.map(\.run) }

  /// Documents in all runs.
  public var documents: Int { readers.reduce(0) { $0 + $1.documents } }

  /// Takes a run into the index; one that is there already stays.
  /// - Throws: as ``init(folder:runs:sketchVersion:)``; the index is as before then.
  public mutating func add(_ name: String) throws {
    guard !readers.contains(where: { $0.run.name == name }) else { return }
    let reader = try RunReader(folder: folder, name: name)
    guard reader.footer.sketchVersion == sketchVersion else {
      throw SignatureError(.otherSketches, reader.path)
    }
    readers.append(reader)
  }

  /// Takes a merged run into the index in place of what it was made of.
  /// - Throws: as ``add(_:)``.
  public mutating func replace(_ names: [String], with name: String) throws {
    try add(name)
    readers.removeAll { $0.run.name != name && names.contains($0.run.name) }
  }

  /// Whether a document is in the index.
  /// - Throws: ``SignatureError`` with `damaged`, or `FileError`.
  public func contains(_ content: ContentHash) throws -> Bool {
    for reader in readers where try reader.contains(content) { return true }
    return false
  }

  // MARK: Writing

  /// Writes those of the documents that the index lacks as a run and seals it.
  ///
  /// The index is as before: ``add(_:)`` takes the run, once the catalog knows it.
  ///
  /// The same documents in any order give the same file. Some 100,000 documents at a time are a good measure.
  /// - Parameter documents: contents and sketches; of several with one content the first counts.
  /// - Returns: the run; nil if the index has all of them.
  /// - Throws: ``SignatureError`` with `badSketch` (then nothing is written), `tooMany` or `damaged`, or `FileError`,
  ///   as when the disk is full; a temporary file is removed.
  public func write(
    _ documents: [(content: ContentHash, sketch: RecordSketch)]
  ) throws -> SignatureRun? {
    for document in documents where !document.sketch.isStorable {
      throw SignatureError(.badSketch, document.content.description)
    }
    var fresh: [(content: ContentHash, index: Int)] = []
    fresh.reserveCapacity(documents.count)
    let order = documents.indices.map { (content: documents[$0].content, index: $0) }.sorted { $0 < $1 }
    for item in order where fresh.last?.content != item.content {
      if try !contains(item.content) { fresh.append(item) }
    }
    guard !fresh.isEmpty else { return nil }
    return try RunWriter.write(
      documents, order: fresh, folder: folder, sketchVersion: sketchVersion, isDurable: isDurable)
  }

  // MARK: Pairs

  /// Finds near duplicates of a run's documents in all runs and among themselves, and unites them in the forest.
  ///
  /// Documents are candidates if they share a band, and united if `RecordSketch.areSimilar` says so; candidates that
  /// are connected already are not compared. The clusters over all runs depend neither on the order in which runs
  /// came nor on how documents were divided over them, as long as no account has a bounded bucket.
  /// - Parameters:
  ///   - run: the name of a run of the index.
  ///   - forest: the clusters so far.
  ///   - threshold: 0 to 1.
  ///   - limits: what keeps hostile documents from costing too much.
  ///   - known: called once for each candidate that the forest may not know, for the name of its cluster; default: all
  ///     that is known is in the forest.
  /// - Returns: what was done.
  /// - Throws: ``SignatureError`` with `missing` for a run that the index does not have, or `damaged`; `FileError`;
  ///   or what `known` throws. What the forest has by then is true but not all.
  public func pairs(
    of run: String, into forest: inout ClusterForest, threshold: Double, limits: PairLimits = PairLimits(),
    known: KnownCluster? = nil
  ) throws -> PairAccount {
    guard let reader = readers.first(where: { $0.run.name == run }) else {
      throw SignatureError(.missing, run)
    }
    var search = PairSearch(
      run: reader, older: readers.filter { $0 !== reader }, threshold: threshold, limits: limits, known: known
    )
    return try search.search(&forest)
  }

  /// Finds the near duplicates of everything anew, as for another threshold: run by run against those before it and
  /// itself.
  /// - Parameters:
  ///   - forest: the clusters; an empty one for a fresh start.
  ///   - threshold: 0 to 1.
  ///   - limits: what keeps hostile documents from costing too much.
  /// - Returns: what was done.
  /// - Throws: as ``pairs(of:into:threshold:limits:known:)``.
  public func rebuild(
    into forest: inout ClusterForest, threshold: Double, limits: PairLimits = PairLimits()
  ) throws -> PairAccount {
    var account = PairAccount()
    for index in readers.indices {
      var search = PairSearch(
        run: readers[index], older: Array(readers[..<index]), threshold: threshold, limits: limits, known: nil
      )
      account.add(try search.search(&forest))
    }
    return account
  }

  // MARK: Merging

  /// The runs that are due to become one; empty if none are.
  ///
  /// Sizes are powers of four of the number of documents. Where four runs are of one size (16 of an index that is
  /// not durable), they and all smaller ones become one, and so on with the size of that, so that every merge makes a
  /// document's run at least four times larger: it is written once for each size, and there are at most three (15)
  /// runs of each.
  public func mergePlan() -> [String] {
    Self.mergePlan(of: runs, factor: isDurable ? Self.factor : Self.temporaryFactor)
  }

  static func mergePlan(of runs: [SignatureRun], factor: Int = factor) -> [String] {
    let sorted = runs.filter { $0.documents <= mergedDocuments / 2 }
      .sorted { ($0.documents, $0.name) < ($1.documents, $1.name) }
    var chosen = 0
    var total = 0
    while let level = dueLevel(sorted[chosen...], total: total, factor) {
      func isDue() -> Bool { chosen < sorted.count && Self.level(sorted[chosen].documents) <= level }
      while isDue(), total + sorted[chosen].documents <= mergedDocuments, chosen < RunMerge.runLimit {
        total += sorted[chosen].documents
        chosen += 1
      }
      if isDue() { break }
    }
    return sorted[..<chosen].map(\.name)
  }

  /// The smallest size of which there are `factor` runs, the one to be made of `total` documents among them.
  private static func dueLevel(_ runs: ArraySlice<SignatureRun>, total: Int, _ factor: Int) -> Int? {
    var counts: [Int: Int] = total > 0 ? [level(total): 1] : [:]
    for run in runs { counts[level(run.documents), default: 0] += 1 }
    return counts.filter { $0.value >= factor }.keys.min()
  }

  private static func level(_ documents: Int) -> Int {
    (Int.bitWidth - 1 - documents.leadingZeroBitCount) / 2
  }

  /// Writes the documents of several runs of the index as one run and seals it.
  ///
  /// The index is as before: once the
  /// catalog has replaced the names in one transaction, ``replace(_:with:)`` does so here, and the old files are
  /// garbage.
  ///
  /// The file is the same as if all the documents had been written at once.
  /// - Parameter names: at least one, as from ``mergePlan()``.
  /// - Returns: the run.
  /// - Throws: ``SignatureError`` with `missing` for a run that the index does not have, `tooMany` or `damaged`, or
  ///   `FileError`, as when the disk is full; a temporary file is removed.
  public func merge(_ names: [String]) throws -> SignatureRun {
    let chosen = readers.filter { names.contains($0.run.name) }
    for name in names where !chosen.contains(where: { $0.run.name == name }) {
      throw SignatureError(.missing, name)
    }
    guard (1...RunMerge.runLimit).contains(chosen.count) else { throw SignatureError(.tooMany, folder) }
    return try RunMerge(chosen).write(folder: folder, sketchVersion: sketchVersion, isDurable: isDurable)
  }

  // MARK: Care

  /// Checks a run to the last byte: its name against the SHA-256 of the file, and every part against its checksum.
  /// - Parameters:
  ///   - folder: the workspace's `signatures`.
  ///   - run: a name.
  /// - Returns: what is wrong; empty if nothing is. A fault that keeps the run from being opened is the only one.
  /// - Throws: ``SignatureError`` with `badName`, or `FileError`.
  public static func verify(folder: String, run: String) throws -> [SignatureError] {
    do {
      return try RunReader(folder: folder, name: run).problems()
    } catch let error as SignatureError where error.code != .badName {
      return [error]
    }
  }

  /// Removes the runs that the catalog does not name, and the partial files of writers that are gone.
  ///
  /// A run that was sealed and whose transaction is still to come is among them, so only who holds the lock of all
  /// writers may call it. Other files are left alone; readers that have a removed run open keep it until they end.
  /// - Parameters:
  ///   - folder: the workspace's `signatures`; it need not exist.
  ///   - known: the names that stay.
  /// - Returns: how many files were removed.
  /// - Throws: `FileError`, or an error of the file system.
  public static func collectGarbage(folder: String, known: Set<String>) throws -> Int {
    guard access(folder, F_OK) == 0 else { return 0 }
    var removed = DurableFile.removeDeadTemporaries(in: folder)
    for file in try FileManager.default.contentsOfDirectory(atPath: folder) {
      guard file.hasSuffix(RunFormat.suffix) else { continue }
      let name = file.dropLast(RunFormat.suffix.count)
      guard RunFormat.isName(name), !known.contains(String(name)) else { continue }
      guard unlink("\(folder)/\(file)") == 0 else { throw FileError("unlink", "\(folder)/\(file)") }
      removed += 1
    }
    return removed
  }
}
