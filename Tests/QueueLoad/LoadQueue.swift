import Bytes
import Catalog
import Foundation
import GRDB
import Lake
import Records
import Review
import TestSupport

/// The queue of a load: items that stand for no record, in a catalog of their own.
struct LoadQueue {
  static let name = "load"

  let folder: String
  let items: Int
  let answered: Int
  let labeler: String
  let definition: QueueDefinition

  init(_ arguments: Arguments) throws {
    folder = arguments.text("folder", ".")
    items = arguments.whole("items", 5_000)
    answered = arguments.whole("answered", 0)
    labeler = arguments.text("labeler", "anna")
    var definition = QueueDefinition(name: Self.name)
    definition.guideline = "Say what you think.\n"
    // What was made tells what it was made with, so that all processes state the same queue.
    let made = try? String(contentsOfFile: "\(folder)/queue.txt", encoding: .utf8).split(separator: " ")
    definition.quota = made?.first.flatMap { Int($0) } ?? arguments.whole("quota", 2)
    definition.lease = made?.last.flatMap { Int($0) } ?? arguments.whole("lease", 900)
    definition.gold.share = 0.05
    definition.gold.floor = 0
    self.definition = definition
  }

  var catalogPath: String { "\(folder)/catalog.sqlite" }

  func open() throws -> CatalogStore { try CatalogStore(path: catalogPath) }

  /// Puts items into the queue, behind those that are there.
  func make() throws {
    try DurableFile.makeFolder(folder)
    let catalog = try open()
    try Data("\(definition.quota) \(definition.lease)".utf8).write(
      to: URL(fileURLWithPath: "\(folder)/queue.txt"))
    try catalog.syncReviewQueue(definition.setting())
    let known = try catalog.reviewQueue(Self.name)?.items ?? 0
    let began = Timestamp.now
    var start = known
    while start < known + items {
      let part = start..<min(known + items, start + 50_000)
      let rows = part.map { number -> NewReviewItem in
        let hash = ContentHash.of("item \(number)")
        return NewReviewItem(
          task: .label, content: hash, interaction: "load/\(number)",
          reason: number.isMultiple(of: 3) ? .uncertain : .audit,
          value: Double(hash.low >> 40) / 0x1p24)
      }
      try catalog.addReviewItems(rows, to: Self.name, run: "load", at: began)
      start = part.upperBound
    }
    if known == 0 {
      let gold = (0..<max(20, items / 100)).map { number -> NewReviewItem in
        var row = NewReviewItem(
          task: .label, content: .of("gold \(number)"), interaction: "gold/\(number)", reason: .audit,
          value: 0.5)
        row.gold = number.isMultiple(of: 2) ? .good : .bad
        return row
      }
      try catalog.addReviewItems(gold, to: Self.name, run: "load", at: began)
    }
    let seconds = Double(Timestamp.now.microseconds - began.microseconds) / 1e6
    print("figure items-added-per-second \(Int(Double(items) / seconds)) items/s")
    if answered > 0 { try answer() }
  }

  /// Lets the labeler have answered the items that stand first, without the hours that it would take.
  private func answer() throws {
    let database = try DatabaseQueue(path: catalogPath)
    try database.write { db in
      let labeler = labeler
      let name = Self.name
      let before = Timestamp.now.microseconds - Int64(answered) * 1_000_000
      try db.execute(
        literal: """
          CREATE TEMP TABLE mine AS SELECT s.item FROM review_slots s WHERE s.queue = \(name) AND s.state = 0
            AND s.is_gold = 0 AND s.slot = 0 ORDER BY s.rank, s.item LIMIT \(answered);
          INSERT INTO review_events (id, queue, item, labeler, time, kind, answer, label, class, token, active)
            SELECT hex(randomblob(16)), \(name), item, \(labeler), \(before) + item, 'answer',
              '{"labels":["good"],"reasons":[],"active":1}', 'good', 'good', 1, 1000 FROM mine;
          INSERT INTO review_answers SELECT m.item, \(labeler), e.number, 'answer', 'good', 'good', i.content_hash, 0
            FROM mine m JOIN review_events e ON e.item = m.item JOIN review_items i ON i.number = m.item;
          UPDATE review_slots SET state = 1, labeler = \(labeler), token = 1
            WHERE slot = 0 AND item IN (SELECT item FROM mine);
          INSERT INTO review_labelers (queue, labeler, answers, timed, active)
            SELECT \(name), \(labeler), count(*), count(*), count(*) * 1000 FROM mine;
          DROP TABLE mine;
          """)
    }
  }
}
