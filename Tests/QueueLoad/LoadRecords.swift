import Bytes
import Catalog
import Foundation
import GRDB
import Records
import Review
import TestSupport

/// A queue of a project whose items stand for records that there are, over and over, so that it is as long as wanted.
struct LoadRecords {
  let catalogPath: String
  let queue: String
  let items: Int

  init(_ arguments: Arguments) {
    catalogPath = arguments.text("catalog", "catalog.sqlite")
    queue = arguments.text("queue", LoadQueue.name)
    items = arguments.whole("items", 1_000_000)
  }

  func make() throws {
    let ids = try DatabaseQueue(path: catalogPath).read { db in
      try String.fetchAll(db, sql: "SELECT id FROM interactions ORDER BY number")
    }
    guard !ids.isEmpty else { return print("the catalog has no records") }
    let catalog = try CatalogStore(path: catalogPath)
    var definition = QueueDefinition(name: queue)
    definition.guideline = "Say what you think.\n"
    try catalog.syncReviewQueue(definition.setting())
    for start in stride(from: 0, to: items, by: 50_000) {
      let rows = (start..<min(items, start + 50_000)).map { number in
        let hash = ContentHash.of("item \(number)")
        return NewReviewItem(
          task: .label, content: hash, interaction: ids[number % ids.count], reason: .uncertain,
          value: Double(hash.low >> 40) / 0x1p24)
      }
      try catalog.addReviewItems(rows, to: queue, run: "load", at: .now)
    }
  }
}
