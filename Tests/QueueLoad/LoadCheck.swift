import Foundation
import GRDB
import Review
import TestSupport

/// Holds the catalog against the journals of the labelers, and what it has summed up against the events.
struct LoadCheck {
  private let load: LoadQueue

  init(_ arguments: Arguments) throws { load = try LoadQueue(arguments) }

  private struct Handed: Hashable {
    let labeler: String
    let item: Int64
    let number: Int64
  }

  func run() throws {
    var ends: [Handed: Int64] = [:]
    var stored: Set<Handed> = []
    var refused: Set<Handed> = []
    var times: (next: [Int64], submit: [Int64]) = ([], [])
    for name in try FileManager.default.contentsOfDirectory(atPath: load.folder)
    where name.hasPrefix("journal-") {
      let labeler = String(name.dropFirst(8).dropLast(4))
      let text = try String(contentsOfFile: "\(load.folder)/\(name)", encoding: .utf8)
      for line in text.split(separator: "\n") {
        let words = line.split(separator: " ")
        guard words.count >= 3, let first = Int64(words[1]), let second = Int64(words[2]) else { continue }
        let handed = Handed(labeler: labeler, item: first, number: second)
        switch words[0] {
        case "hand": if words.count == 4 { ends[handed] = Int64(words[3]) }
        case "stored": stored.insert(handed)
        case "refused": refused.insert(handed)
        case "time":
          times.next.append(first)
          times.submit.append(second)
        default: break
        }
      }
    }
    let database = try DatabaseQueue(path: load.catalogPath)
    try database.read { db in
      var (late, unknown, unfit) = (0, 0, 0)
      var found: Set<Handed> = []
      let answers = try Row.fetchCursor(
        db,
        sql: "SELECT labeler, item, active, time FROM review_events WHERE kind = 'answer' AND active > 1000")
      while let row = try answers.next() {
        let handed = Handed(labeler: row["labeler"], item: row["item"], number: row["active"])
        if !found.insert(handed).inserted { unfit += 1 }
        if refused.contains(handed) { unfit += 1 }
        guard let end = ends[handed] else {
          unknown += 1
          continue
        }
        if row["time"] as Int64 >= end { late += 1 }
      }
      let over =
        try Int.fetchOne(
          db,
          sql: """
            SELECT count(*) FROM (SELECT a.item FROM review_answers a JOIN review_items i ON i.number = a.item
              WHERE a.kind = 'answer' AND i.gold IS NULL GROUP BY a.item HAVING count(*) > \(load.definition.quota))
            """) ?? 0
      let slots =
        try Int.fetchOne(
          db,
          sql: """
            SELECT count(*) FROM (SELECT item, labeler FROM review_slots WHERE state = 1
              EXCEPT SELECT item, labeler FROM review_answers WHERE kind = 'answer')
            """) ?? 0
      let loose =
        try Int.fetchOne(
          db,
          sql: """
            SELECT count(*) FROM (SELECT item, labeler FROM review_answers WHERE kind = 'answer'
              EXCEPT SELECT item, labeler FROM review_slots WHERE state = 1)
            """) ?? 0
      let twice =
        try Int.fetchOne(
          db,
          sql: """
            SELECT count(*) FROM (
              SELECT item, labeler FROM review_slots WHERE state = 1 GROUP BY 1, 2 HAVING count(*) > 1)
            """) ?? 0
      print("figure labels-over-quota \(over) items")
      print("figure labels-lost \(stored.subtracting(found).count) labels")
      print("figure labels-after-the-lease \(late) labels")
      print("figure labels-twice \(unfit + twice) labels")
      print("figure labels-unknown \(unknown) labels")
      print("figure slots-astray \(slots + loose) slots")
      print("figure sums-astray \(try astray(db)) sums")
      print("figure labels-acknowledged \(stored.count) labels")
      print("figure labels-refused \(refused.count) labels")
      let counts = try Row.fetchAll(
        db, sql: "SELECT kind, count(*) AS n FROM review_events GROUP BY kind ORDER BY kind")
      for row in counts { print("figure events-\(row["kind"] as String) \(row["n"] as Int) events") }
      for (name, times) in [("next", times.next), ("submit", times.submit)] where !times.isEmpty {
        let sorted = times.sorted()
        for share in [0.5, 0.99] {
          let place = min(sorted.count - 1, Int(share * Double(sorted.count)))
          print("figure together-\(name)-p\(Int(share * 100)) \(Double(sorted[place]) / 1000) ms")
        }
      }
    }
  }

  /// Plays all events forward, as a labeler lived them, and counts where the catalog says something else.
  private func astray(_ db: Database) throws -> Int {
    struct Work {
      var done: [(event: Int64, item: Int64, kind: String)] = []
      var undone: [(event: Int64, item: Int64, kind: String)] = []
    }
    var work: [String: Work] = [:]
    var faults = 0
    let events = try Row.fetchCursor(
      db,
      sql: """
        SELECT number, labeler, item, kind, refers_to FROM review_events
        WHERE kind IN ('answer', 'skip', 'undo', 'redo') ORDER BY number
        """)
    while let row = try events.next() {
      let labeler: String = row["labeler"]
      let number: Int64 = row["number"]
      switch row["kind"] as String {
      case "undo":
        guard let last = work[labeler]?.done.popLast(), last.event == row["refers_to"] as Int64? else {
          faults += 1
          continue
        }
        work[labeler]?.undone.append(last)
      case "redo":
        guard let last = work[labeler]?.undone.popLast(), last.event == row["refers_to"] as Int64? else {
          faults += 1
          continue
        }
        work[labeler]?.done.append(last)
      case let kind:
        work[labeler, default: Work()].done.append((number, row["item"], kind))
        work[labeler]?.undone = []
      }
    }
    var counts: [String: Int] = [:]
    var standing: Set<String> = []
    for (labeler, one) in work {
      var last: [Int64: (event: Int64, kind: String)] = [:]
      for entry in one.done { last[entry.item] = (entry.event, entry.kind) }
      counts[labeler] = last.values.count { $0.kind == "answer" }
      for (item, entry) in last { standing.insert("\(item) \(labeler) \(entry.event) \(entry.kind)") }
    }
    let kept = Set(
      try String.fetchAll(
        db, sql: "SELECT item || ' ' || labeler || ' ' || event || ' ' || kind FROM review_answers"))
    faults += standing.symmetricDifference(kept).count
    for row in try Row.fetchAll(db, sql: "SELECT labeler, answers FROM review_labelers")
    where counts[row["labeler"], default: 0] != row["answers"] as Int { faults += 1 }
    let open =
      try Int.fetchOne(
        db,
        sql: """
          SELECT count(*) FROM review_items i WHERE gold IS NULL
            AND EXISTS (SELECT 1 FROM review_slots s WHERE s.item = i.number AND s.state = 0)
          """) ?? -1
    if try Int.fetchOne(db, sql: "SELECT open FROM review_queues") != open { faults += 1 }
    return faults
  }
}
