import Bytes
import Catalog
import Foundation
import Lake
import Records
import Review
import Statistics
import TestSupport

/// A labeler who never thinks, and sometimes does everything else that a labeler may do.
///
/// Before an answer is handed in, its lease is written to a journal, and after it was acknowledged, that. The journal is what
/// the check holds the catalog against.
struct LoadLabeler {
  private let load: LoadQueue
  private let labeler: String
  private let seconds: Double
  private let late: Double
  private let count: Int
  private var dice: SplitMix
  private let desk: CatalogDesk

  init(_ arguments: Arguments) throws {
    load = try LoadQueue(arguments)
    labeler = arguments.text("labeler", "anna")
    seconds = arguments.number("seconds", 5)
    late = arguments.number("late", 0.002)
    count = arguments.whole("count", 2_000)
    dice = SplitMix(state: UInt64(arguments.whole("seed", 1)))
    desk = try CatalogDesk(
      queue: load.definition, labeler: labeler, catalog: load.open(),
      lake: LakeStore(folder: "\(load.folder)/lake"), clock: { .now })
  }

  /// Answers until the time is over; prints nothing, since it may be killed at any place.
  mutating func work() throws {
    let journal = try Journal("\(load.folder)/journal-\(labeler).txt")
    let end = Timestamp.now.microseconds + Int64(seconds * 1e6)
    // A number that no other answer of this labeler has, whatever was killed before.
    var number = Int(Timestamp.now.microseconds % 1_000_000_000_000)
    while Timestamp.now.microseconds < end {
      let began = Timestamp.now
      guard let item = try desk.next() else {
        if try desk.undo() == nil { usleep(50_000) }
        continue
      }
      let leased = Timestamp.now
      switch dice.share() {
      case ..<0.03: _ = try desk.skip(item, reason: "too long")
      case ..<0.05: try desk.release(item)
      case ..<0.06:
        try desk.flag(item, true)
        fallthrough
      default:
        var end = item.expires
        if dice.share() < 0.1, try desk.extend(item) {
          end = Timestamp(microseconds: Timestamp.now.microseconds + Int64(load.definition.lease) * 1_000_000)
        }
        // Too late on purpose: the answer must be refused.
        if dice.share() < late { usleep(UInt32(load.definition.lease) * 1_000_000 + 50_000) }
        number += 1
        try journal.write("hand \(item.item) \(number) \(end.microseconds)")
        let label = ["good", "bad", "unclear"][Int(dice.next() % 3)]
        let before = Timestamp.now
        let outcome = try desk.submit(ReviewAnswer(labels: [label], active: number), for: item)
        let after = Timestamp.now
        if outcome == .refused {
          try journal.write("refused \(item.item) \(number)")
        } else {
          try journal.write("stored \(item.item) \(number)")
          try journal.write(
            "time \(leased.microseconds - began.microseconds) \(after.microseconds - before.microseconds)")
        }
      }
      switch dice.share() {
      case ..<0.04: _ = try desk.undo().map { try desk.release($0) }
      case ..<0.08:
        if try desk.undo() != nil { _ = try desk.redo().map { try desk.release($0) } }
      case ..<0.1:
        // An answer that stands is looked at again, and given anew.
        if let last = try desk.items(.answered, search: "", after: item.item - 100, limit: 1).first,
          let again = try desk.open(last.item)
        {
          number += 1
          let end = again.expires.microseconds
          try journal.write("hand \(again.item) \(number) \(end)")
          let outcome = try desk.submit(ReviewAnswer(labels: ["bad"], active: number), for: again)
          try journal.write("\(outcome == .refused ? "refused" : "stored") \(again.item) \(number)")
        }
      default: break
      }
    }
  }

  /// Answers one after the other, and prints how long it took.
  mutating func pace() throws {
    var (next, submit, both, progress): ([Int64], [Int64], [Int64], [Int64]) = ([], [], [], [])
    var before = Timestamp.now
    guard var item = try desk.next() else { return print("no item") }
    print("figure first-item \(Double(Timestamp.now.microseconds - before.microseconds) / 1000) ms")
    for _ in 0..<count {
      before = .now
      _ = try desk.submit(ReviewAnswer(labels: ["good"], active: 4_000), for: item)
      let between = Timestamp.now
      guard let following = try desk.next() else { break }
      let after = Timestamp.now
      item = following
      _ = try desk.progress()
      submit.append(between.microseconds - before.microseconds)
      next.append(after.microseconds - between.microseconds)
      both.append(after.microseconds - before.microseconds)
      progress.append(Timestamp.now.microseconds - after.microseconds)
    }
    try desk.release(item)
    for (name, times) in [
      ("next", next), ("submit", submit), ("answer-to-next", both), ("progress", progress),
    ] {
      let sorted = times.sorted()
      for share in [0.5, 0.9, 0.99, 1] {
        let place = min(sorted.count - 1, Int(share * Double(sorted.count)))
        let title = share == 1 ? "max" : "p\(Int(share * 100))"
        print("figure \(name)-\(title) \(Double(sorted[place]) / 1000) ms")
      }
    }
  }
}

/// Lines that are on their way to the disk when ``write(_:)`` returns, and survive this process.
final class Journal {
  private let descriptor: Int32

  init(_ path: String) throws {
    descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
  }

  deinit { close(descriptor) }

  func write(_ line: String) throws {
    let bytes = Array("\(line)\n".utf8)
    guard Foundation.write(descriptor, bytes, bytes.count) == bytes.count else {
      throw POSIXError(.init(rawValue: errno) ?? .EIO)
    }
  }
}
