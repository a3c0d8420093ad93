import Bytes
import Catalog
import Foundation
import Records
import Review
import Testing

@Suite("Bundles for labelers on other hosts") struct BundleTests {
  private static let key = [UInt8](repeating: 7, count: 32)

  private func bench(_ change: (inout QueueDefinition) -> Void = { _ in }) throws -> AnswerBench {
    let bench = try AnswerBench(.label, change)
    try bench.log((1...6).map { ("chat/\($0)", "Output \($0) — 日本語 👩‍💻 \u{1B}[31m") })
    try bench.fill((1...6).map { "chat/\($0)" })
    return bench
  }

  private func export(
    _ bench: AnswerBench, _ labeler: String = "ann", count: Int = 3, name: String = "bundle"
  ) throws -> String {
    let path = "\(bench.path)/\(name)"
    let account = try ReviewBundle.export(
      bench.queue, labeler: labeler, count: count, days: 7, to: path, catalog: bench.catalog,
      lake: bench.lake,
      key: Self.key, now: bench.now, nonce: name)
    #expect(account.items == count)
    return path
  }

  private func desk(_ bench: AnswerBench, _ path: String) throws -> BundleDesk {
    try BundleDesk(path: path, key: Self.key) { [unowned bench] in
      bench.second += 1
      return bench.now
    }
  }

  private func take(_ bench: AnswerBench, _ path: String) throws -> ReviewImportAccount {
    try ReviewBundle.importAnswers("\(path).answers", catalog: bench.catalog, key: Self.key, now: bench.now)
  }

  private func labels(_ bench: AnswerBench) throws -> [String] {
    try bench.catalog.exchangeItems("daily").flatMap { item in
      item.answers.map { "\(item.interaction) \($0.labeler) \($0.answer == nil ? "skip" : "answer")" }
    }
  }

  @Test("answers come back once, with undo, skip, notes and flags, whatever comes twice") func roundTrip()
    throws
  {
    let bench = try bench()
    let path = try export(bench)
    #expect((try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int) == 0o600)
    #expect(try bench.desk("ann").next()?.interaction == "chat/4", "what left is not given out again")
    #expect(try bench.desk("bob").next()?.interaction == "chat/5")
    do {
      let desk = try desk(bench, path)
      #expect(desk.queue == bench.queue)
      #expect(desk.labeler == "ann")
      let first = try #require(try desk.next())
      #expect(first.interaction == "chat/1")
      #expect(try desk.content(first).outputs[0].text == Array("Output 1 — 日本語 👩‍💻 \u{1B}[31m".utf8))
      #expect(try desk.submit(ReviewAnswer(labels: ["good"], active: 900), for: first) == .stored)
      let second = try #require(try desk.next())
      #expect(try desk.skip(second, reason: "not mine"))
      try desk.flag(second, true)
    }
    // An earlier state of the file, such as a copy that was sent before the rest was answered.
    try FileManager.default.copyItem(atPath: "\(path).answers", toPath: "\(bench.path)/early.answers")
    do {
      let desk = try desk(bench, path)
      #expect(try desk.progress().own == 1)
      #expect(try desk.undo()?.interaction == "chat/2", "undo reaches into the last session")
      #expect(try desk.undo()?.interaction == "chat/1")
      #expect(try desk.redo()?.interaction == "chat/1")
      let third = try #require(try desk.open(3))
      #expect(
        try desk.submit(
          ReviewAnswer(labels: ["bad"], note: "mail bob@example.com", active: 1200), for: third) == .stored)
      #expect(try desk.redo() == nil, "something was answered since")
      let again = try #require(try desk.next())
      #expect(again.interaction == "chat/2")
      #expect(again.isFlagged)
      try desk.note(again, "later")
    }
    let whole = try take(bench, path)
    #expect(whole.outcome.answers == 2)
    #expect(whole.outcome.refused == 0)
    #expect(try labels(bench) == ["chat/1 ann answer", "chat/3 ann answer"])
    let known = try take(bench, path)
    #expect([known.outcome.stored, known.outcome.repeated] as [Int] == [0, whole.outcome.stored])
    let early = try take(bench, "\(bench.path)/early")
    #expect(
      [early.outcome.stored, early.outcome.repeated] as [Int] == [0, 3],
      "a part that comes after the whole changes nothing")
    #expect(try labels(bench) == ["chat/1 ann answer", "chat/3 ann answer"])
    let history = try bench.catalog.reviewHistory(of: "chat/3", now: bench.now)
    #expect(history.answers.map(\.labeler) == ["ann"])
    #expect(history.answers[0].answer?.contains("[EMAIL_1]") == true)
    #expect(history.answers[0].origin?.hasPrefix("bundle ") == true)
    #expect(history.answers[0].class == "bad")
    let standing = try bench.catalog.reviewStanding(bench.queue.seat(of: "ann"))
    #expect([standing.own, standing.answers, standing.open] as [Int] == [2, 2, 4])
  }

  @Test("answers come in any order of files") func order() throws {
    func state(_ order: [Int]) throws -> [String] {
      let bench = try bench { $0.quota = 2 }
      let paths = [try export(bench, "ann", name: "a"), try export(bench, "bob", name: "b")]
      for (path, label) in zip(paths, ["good", "bad"]) {
        let desk = try desk(bench, path)
        while let item = try desk.next() { _ = try desk.submit(ReviewAnswer(labels: [label]), for: item) }
      }
      for index in order { #expect(try take(bench, paths[index]).outcome.answers == 3) }
      return try labels(bench)
    }
    #expect(try state([0, 1]) == state([1, 0]))
  }

  @Test("a lease that ended and went to somebody else takes nothing, the others do") func expired() throws {
    let bench = try bench()
    let path = try export(bench)
    do {
      let desk = try desk(bench, path)
      while let item = try desk.next() { _ = try desk.submit(ReviewAnswer(labels: ["good"]), for: item) }
    }
    // Nine days later bob gets the first of the three.
    bench.second += 9 * 86_400
    #expect(try bench.answer("bob", "bad") == "chat/1")
    let account = try take(bench, path)
    #expect([account.outcome.answers, account.outcome.expired] as [Int] == [2, 1])
    #expect(account.outcome.refusedItems == [1])
    #expect(try labels(bench) == ["chat/1 bob answer", "chat/2 ann answer", "chat/3 ann answer"])
    #expect(try BundleDesk(path: path, clock: { bench.now }).next() == nil)
  }

  @Test("a closed queue takes nothing") func closed() throws {
    let bench = try bench()
    let path = try export(bench)
    do {
      let desk = try desk(bench, path)
      let item = try #require(try desk.next())
      _ = try desk.submit(ReviewAnswer(labels: ["good"]), for: item)
      #expect(throws: BundleError.self) { try self.desk(bench, path) }
    }
    _ = try bench.catalog.setReviewQueue("daily", isClosed: true)
    let account = try take(bench, path)
    #expect([account.outcome.answers, account.outcome.closed] as [Int] == [0, 1])
  }

  struct Damage: Sendable, CustomTestStringConvertible {
    let name: String
    let code: BundleError.Code
    let change: @Sendable ([UInt8]) -> [UInt8]
    var testDescription: String { name }
  }

  @Test(
    "answers that were changed are refused",
    arguments: [
      Damage(name: "another label", code: .altered) {
        Array(String(decoding: $0, as: UTF8.self).replacing("\"good\"", with: "\"bad\"").utf8)
      },
      Damage(name: "a line less", code: .altered) {
        let lines = $0.split(separator: 0x0A)
        return Array(([lines[0]] + lines[2...]).joined(separator: [0x0A])) + [0x0A]
      },
      Damage(name: "another labeler", code: .wrongKey) {
        Array(String(decoding: $0, as: UTF8.self).replacing("\"ann\"", with: "\"bob\"").utf8)
      },
      Damage(name: "no answers", code: .notAnswers) { _ in Array("{}\n".utf8) },
      Damage(name: "empty", code: .notAnswers) { _ in [] },
    ])
  func damaged(_ damage: Damage) throws {
    let bench = try bench()
    let path = try export(bench)
    do {
      let desk = try desk(bench, path)
      while let item = try desk.next() { _ = try desk.submit(ReviewAnswer(labels: ["good"]), for: item) }
    }
    try DurableFile.replace("\(path).answers", with: damage.change(try DurableFile.read("\(path).answers")))
    let error = #expect(throws: BundleError.self) { try take(bench, path) }
    #expect(error?.code == damage.code)
    #expect(try labels(bench) == [])
  }

  @Test("a line that a crash cut short is left out, and the next session goes on behind the last whole one")
  func torn() throws {
    let bench = try bench()
    let path = try export(bench)
    do {
      let desk = try desk(bench, path)
      while let item = try desk.next() { _ = try desk.submit(ReviewAnswer(labels: ["good"]), for: item) }
    }
    let whole = try DurableFile.read("\(path).answers")
    try DurableFile.replace("\(path).answers", with: Array(whole.dropLast(20)))
    let account = try take(bench, path)
    #expect(account.isTorn)
    #expect(account.outcome.answers == 2)
    do {
      let desk = try desk(bench, path)
      let item = try #require(try desk.next())
      #expect(item.interaction == "chat/3")
      _ = try desk.submit(ReviewAnswer(labels: ["bad"]), for: item)
    }
    #expect(try take(bench, path).outcome.answers == 1)
  }

  @Test(
    "a bundle is opened with its exporter's key only, or without one; another bundle's answers are told apart"
  )
  func keys() throws {
    let bench = try bench()
    let path = try export(bench, count: 2)
    #expect(throws: BundleError(.wrongKey, path: path)) {
      try BundleDesk(path: path, key: [UInt8](repeating: 8, count: 32)) { bench.now }
    }
    let bytes = try DurableFile.read(path)
    try DurableFile.replace(
      path, with: Array(String(decoding: bytes, as: UTF8.self).replacing("Output 1", with: "Output 9").utf8))
    #expect(throws: BundleError(.wrongKey, path: path)) {
      try BundleDesk(path: path, key: Self.key) { bench.now }
    }
    let other = try export(bench, count: 2, name: "other")
    _ = try desk(bench, other)
    try FileManager.default.moveItem(atPath: "\(other).answers", toPath: "\(path).answers")
    let error = #expect(throws: BundleError.self) { try BundleDesk(path: path) { bench.now } }
    #expect(error?.code == .otherBundle)
  }
}
