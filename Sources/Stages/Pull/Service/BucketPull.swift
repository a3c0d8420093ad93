import Bytes
import Catalog
import Records
import Text
import Transport

/// Reads the objects of a bucket that are new since the last reading.
///
/// Objects are listed by key and read where the store's stamp of change is behind the watermark; an object that
/// changed is read again, and what the catalog holds already is not written twice. The cursor is the last key of what
/// is in the lake, so that a killed pull goes on behind it.
struct BucketPull {
  let reader: BucketReader
  let catalog: CatalogStore
  let collector: PullCollector
  let workers: Int
  let since: Timestamp?

  /// The name under which the cursor is kept.
  static let stream = "objects"
  /// How far the store's clock may be behind ours, in microseconds: an hour.
  private static let slack: Int64 = 3_600_000_000
  /// What one worker takes at a time: so many objects or bytes.
  private static let batch = (objects: 64, bytes: 8 << 20)

  func run(progress: (Int, Int) -> Void) async throws {
    let states = try catalog.cursors(of: reader.source.name)
    var cursor =
      states.first { $0.name == Self.stream }.flatMap { StreamCursor(json: $0.state) } ?? StreamCursor()
    let resumed = since == nil ? cursor.window : nil
    let due = cursor.window?.from ?? cursor.done.map { $0 - Self.slack } ?? .min
    let start = since?.microseconds ?? due
    // A reading from a start that was asked for must not jump over what is due.
    let moves = start <= due
    let to = resumed?.to ?? reader.now.microseconds
    var listing = Listing(address: reader.address, store: reader.store, from: start, after: resumed?.page)
    try await OrderedTasks.run(
      limit: workers,
      next: { try await listing.next(Self.batch) },
      work: { [reader, known = KnownRecords(catalog)] batch in
        (batch, try await reader.read(batch, known: known))
      },
      consume: { batch, read in
        cursor.window = batch.last.map { .init(from: start, to: to, page: $0.key) } ?? cursor.window
        for (index, result) in read.results.enumerated() {
          // The cursor moves with the last of the batch's rows.
          let state = moves && index == read.results.count - 1 ? (Self.stream, try cursor.json()) : nil
          try collector.add(result, cursor: state, bytes: index == 0 ? read.bytes : 0)
        }
        collector.account.files += batch.count
        collector.account.filesRead += batch.count
        progress(collector.account.bytes, 0)
      })
    if moves {
      cursor.window = nil
      cursor.done = max(cursor.done ?? .min, to)
      collector.move(Self.stream, try cursor.json())
    }
    try collector.commit()
  }
}

/// The objects to read, in the order of their keys.
private struct Listing {
  let address: BucketAddress
  let store: ObjectStore
  let from: Int64
  private var after: String?
  private var continuation: String?
  private var isEnded = false
  private var waiting: [ObjectStore.Object] = []

  init(address: BucketAddress, store: ObjectStore, from: Int64, after: String?) {
    self.address = address
    self.store = store
    self.from = from
    self.after = after
  }

  mutating func next(_ limit: (objects: Int, bytes: Int)) async throws -> [ObjectStore.Object]? {
    while waiting.count < limit.objects, !isEnded {
      let page = try await store.list(prefix: address.prefix, after: after, continuation: continuation)
      waiting += page.objects.filter { $0.modified.microseconds >= from && address.matches($0.key) }
      continuation = page.next
      isEnded = page.next == nil
    }
    guard !waiting.isEmpty else { return nil }
    var batch: [ObjectStore.Object] = []
    var bytes = 0
    for object in waiting.prefix(limit.objects) {
      bytes += object.size
      if !batch.isEmpty, bytes > limit.bytes { break }
      batch.append(object)
    }
    waiting.removeFirst(batch.count)
    return batch
  }
}
