import Bytes
import Records
import Transport

/// Fetches objects of a bucket into memory, where they are read as files are.
struct BucketReader: Sendable {
  let source: SourceDefinition
  let address: BucketAddress
  let store: ObjectStore
  let pseudonyms: Pseudonyms
  let now: Timestamp

  /// Objects fetched at a time for one batch.
  private static let fetches = 8
  /// An object is fetched in pieces of so many bytes.
  private static let piece = 16 << 20

  /// Fetches objects and maps their rows.
  func read(
    _ batch: [ObjectStore.Object], known: KnownRecords?
  ) async throws -> (results: [ChunkResult], bytes: Int) {
    var files: [(key: String, file: MemoryFile)] = []
    var rest = batch[...]
    while !rest.isEmpty {
      let group = Array(rest.prefix(Self.fetches))
      rest = rest.dropFirst(group.count)
      let bodies = try await withThrowingTaskGroup(of: (Int, [UInt8]).self) { tasks in
        for (index, object) in group.enumerated() where object.size <= Self.piece {
          tasks.addTask { [store] in (index, try await store.get(key: object.key, ifMatch: nil).body) }
        }
        return try await tasks.reduce(into: [Int: [UInt8]]()) { $0[$1.0] = $1.1 }
      }
      for (index, object) in group.enumerated() {
        let file = try MemoryFile()
        if let body = bodies[index] {
          try file.append(body)
        } else {
          try await fetch(object, into: file)
        }
        files.append((object.key, file))
      }
    }
    return try withExtendedLifetime(files) { try map(files, known) }
  }

  /// Fetches a large object in pieces, all of one state of it.
  private func fetch(_ object: ObjectStore.Object, into file: MemoryFile) async throws {
    var place = 0
    while place < object.size {
      let range = place..<min(object.size, place + Self.piece)
      try file.append(try await store.get(key: object.key, range: range, ifMatch: object.etag).body)
      place = range.upperBound
    }
  }

  private func map(
    _ files: [(key: String, file: MemoryFile)], _ known: KnownRecords?
  ) throws -> (results: [ChunkResult], bytes: Int) {
    var results: [ChunkResult] = []
    var bytes = 0
    for (key, file) in files {
      // An object is whole: its last line does not wait for the rest, as that of a growing log does.
      var status = try FileStatus.of(file.path)
      status.isCompressed = true
      let feed = InputFeed(
        decisions: InputPlan.decide(files: [status], cursors: []), refused: nil, source: source,
        chunkBytes: 8 << 20)
      while let job = try feed.nextJob() {
        bytes += job.length
        results.append(
          try ChunkMapper.map(
            job.named("s3://\(address.bucket)/\(key)"), source: source, pseudonyms: pseudonyms, now: now,
            known: known))
      }
      if let refused = feed.refused { throw refused }
    }
    return (results, bytes)
  }
}
