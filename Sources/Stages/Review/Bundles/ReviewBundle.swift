import Bytes
import Catalog
import Foundation
import Lake
import Records

/// Items of a queue that one labeler answers on another host: a file that needs nothing else.
///
/// JSON Lines, private to its owner: the queue with its guideline, the items with the text that is shown, and a seal. Text in it
/// is what the lake holds, with marks in place of personal data; hidden gold looks like any other item, and its class is not
/// in it. The seal is HMAC-SHA-256 of all other lines under the exporter's key, so that what comes back is known to be
/// answers to what left. Who has the file may answer it: the key of its answers is in it, and is made of the exporter's
/// key and the bundle's id, so that the exporter need keep none.
public struct ReviewBundle: Sendable {
  /// Longest lease in days.
  public static let longestDays = 90

  /// The first line.
  public let header: BundleHeader
  let items: [BundleItem]

  /// The key that the answers to a bundle are sealed with.
  static func answerKey(_ key: [UInt8], bundle: String) -> [UInt8] {
    Array("answers\u{0}\(bundle)".utf8).withUnsafeBytes { KeyedHash.hmacSHA256(key: key, message: $0) }
  }

  private static func seal(_ bytes: [UInt8], key: [UInt8]) -> String {
    (Array("bundle\u{0}".utf8) + bytes).withUnsafeBytes {
      Hex.encode(KeyedHash.hmacSHA256(key: key, message: $0))
    }
  }

  private struct Seal: Codable { let seal: String }

  /// Reads a bundle.
  /// - Parameters:
  ///   - path: the file.
  ///   - key: the exporter's key, against which the seal is checked; nil where only the exporter has it.
  /// - Throws: ``BundleError``, ``FileError``.
  public init(path: String, key: [UInt8]? = nil) throws {
    let bytes = try DurableFile.read(path)
    let lines = bytes.split(separator: 0x0A)
    let decoder = JSONDecoder()
    guard let first = lines.first, let header = try? decoder.decode(BundleHeader.self, from: Data(first)),
      header.format == "flywheel-bundle"
    else { throw BundleError(.notABundle, path: path, line: 1) }
    guard header.version <= BundleHeader.version else { throw BundleError(.newer, path: path) }
    guard lines.count == header.items + 2, let last = lines.last,
      let seal = try? decoder.decode(Seal.self, from: Data(last))
    else { throw BundleError(.altered, path: path, line: lines.count) }
    if let key, Self.seal(Array(bytes[..<last.startIndex]), key: key) != seal.seal {
      throw BundleError(.wrongKey, path: path)
    }
    self.header = header
    items = try lines.dropFirst().dropLast().enumerated().map { index, line in
      guard let item = try? decoder.decode(BundleItem.self, from: Data(line)) else {
        throw BundleError(.altered, path: path, line: index + 2)
      }
      return item
    }
  }

  /// What leaving a bundle came to.
  public struct ExportAccount: Sendable, Codable, Hashable {
    /// The bundle's id.
    public let bundle: String
    /// The queue.
    public let queue: String
    /// Who answers.
    public let labeler: String
    /// Items in it.
    public let items: Int
    /// Its size in bytes.
    public let bytes: Int
    /// When its leases end, RFC 3339.
    public let expires: String
    /// The file.
    public let path: String
  }

  /// Leases items and writes them to a file.
  ///
  /// The leases are short until the file is on the disk, and last as long as the bundle from then on: killed on the way, it
  /// holds no item for long.
  /// - Parameters:
  ///   - queue: the queue.
  ///   - labeler: who answers.
  ///   - count: items at most, 1 or more.
  ///   - days: days that the leases last, 1 to ``longestDays``.
  ///   - path: the file, which must not be there.
  ///   - catalog: the catalog.
  ///   - lake: the lake.
  ///   - key: the exporter's key.
  ///   - now: the time.
  ///   - nonce: a text that no other call makes.
  /// - Returns: the account.
  /// - Throws: ``BundleError`` with `nothing` or `lost`, ``DeskError``, ``FileError``, the stores' errors.
  public static func export(
    _ queue: QueueDefinition, labeler: String, count: Int, days: Int, to path: String, catalog: CatalogStore,
    lake: LakeStore, key: [UInt8], now: Timestamp, nonce: String
  ) throws -> ExportAccount {
    // Long enough to write a file of any size.
    let desk = try CatalogDesk(
      queue: queue, labeler: labeler, catalog: catalog, lake: lake, clock: { now }, lease: 3600)
    var held: [LeasedItem] = []
    do {
      while held.count < count, let item = try desk.next() { held.append(item) }
      guard !held.isEmpty else { throw BundleError(.nothing, path: queue.name) }
      let id = String(Digest.sha256("bundle\u{0}\(queue.name)\u{0}\(labeler)\u{0}\(nonce)").hex.prefix(32))
      let expires = Timestamp(microseconds: now.microseconds + Int64(days) * 86_400_000_000)
      let setting = queue.setting()
      let header = BundleHeader(
        id: id, queue: queue, keys: queue.keys.mapValues(String.init), guideline: setting.guidelineVersion,
        labeler: labeler, made: now.description, expires: expires.microseconds, items: held.count,
        answerKey: Hex.encode(answerKey(key, bundle: id)))
      var bytes = Array(header.sortedJSON.utf8) + [0x0A]
      for item in held {
        // A suggestion leaves the host only where the queue shows it.
        let said =
          queue.suggestions == .hidden ? nil : try catalog.reviewSuggestion(on: item.item)
        let suggestion = said.flatMap { queue.suggestion($0.class, $0.probability) }
        bytes += Array(BundleItem(item, try desk.content(item), suggestion).sortedJSON.utf8) + [0x0A]
      }
      bytes += Array(Seal(seal: seal(bytes, key: key)).sortedJSON.utf8) + [0x0A]
      guard try DurableFile.create(path, bytes) else { throw FileError("create", path, code: EEXIST) }
      let row = ReviewBundleRow(
        id: id, queue: queue.name, labeler: labeler, definition: setting.definition,
        guideline: setting.guidelineVersion, items: held.count, time: now, expires: expires)
      guard try catalog.addReviewBundle(row, leases: held.map { ($0.item, $0.token) }) else {
        unlink(path)
        throw BundleError(.lost, path: path)
      }
      return ExportAccount(
        bundle: id, queue: queue.name, labeler: labeler, items: held.count, bytes: bytes.count,
        expires: expires.description, path: path)
    } catch {
      // What cannot be given back now is free again in an hour.
      for item in held { try? desk.release(item) }
      throw error
    }
  }

  /// Takes the answers to a bundle into the catalog.
  /// - Parameters:
  ///   - path: the file of answers.
  ///   - catalog: the catalog that the bundle left.
  ///   - key: the exporter's key.
  ///   - now: the time.
  /// - Returns: the account.
  /// - Throws: ``BundleError``, ``FileError``, the catalog's errors.
  public static func importAnswers(
    _ path: String, catalog: CatalogStore, key: [UInt8], now: Timestamp
  ) throws -> ReviewImportAccount {
    let file = try AnswersFile(try DurableFile.read(path), path: path) { answerKey(key, bundle: $0.bundle) }
    guard let row = try catalog.reviewBundle(file.header.bundle), row.labeler == file.header.labeler,
      let queue = try? JSONDecoder().decode(QueueDefinition.self, from: Data(row.definition.utf8))
    else { throw BundleError(.unknown, path: path) }
    let redactor = AnswerRedactor()
    var exposed: Set<Int64> = []
    let events = try file.events.enumerated().map { index, event in
      if event.kind == .exposed { exposed.insert(event.item) }
      var imported = ImportedReview(
        id: event.id, kind: event.kind, item: event.item, time: Timestamp(microseconds: event.time))
      imported.token = event.token
      imported.refersTo = event.refersTo
      imported.text = event.text.map(redactor.redacted)
      imported.isTurned = event.isTurned
      imported.wasExposed = event.wasExposed || exposed.contains(event.item)
      imported.guideline = row.guideline
      if let answer = event.answer {
        let masked = redactor.redacted(answer)
        guard let kept = try? queue.kept(masked) else {
          throw BundleError(.altered, path: path, line: index + 2)
        }
        imported.set(kept, active: masked.active)
      }
      return imported
    }
    var account = ReviewImportAccount(queue: row.queue, format: "bundle")
    account.bundle = row.id
    account.isTorn = file.isTorn
    account.outcome = try catalog.importReviews(
      events, queue.seat(of: row.labeler), expires: row.expires, origin: "bundle \(row.id)", at: now)
    return account
  }
}

/// What an import came to.
public struct ReviewImportAccount: Sendable, Codable, Hashable {
  /// The queue.
  public let queue: String
  /// `bundle`, `label-studio` or `argilla`.
  public let format: String
  /// The bundle's id.
  public var bundle: String?
  /// Whether the last line was not whole and was left out: its process died while it wrote.
  public var isTorn = false
  /// Records of the file.
  public var records = 0
  /// Records that were not taken, with what is wrong.
  public var faults: [ExchangeFault] = []
  /// What became of the events.
  public var outcome = ReviewImportOutcome()

  /// Nothing came in yet.
  public init(queue: String, format: String) {
    self.queue = queue
    self.format = format
  }
}
