import Bytes
import Records
import Testing

@testable import Catalog

@Suite("Undo and redo") struct ReviewUndoTests {
  private func undo(_ bench: ReviewBench, _ labeler: String = "ann", at time: Int64 = 10) throws
    -> ReviewLease?
  {
    try bench.catalog.undoReview(bench.seat(labeler), at: .at(time))
  }

  private func redo(_ bench: ReviewBench, _ labeler: String = "ann", at time: Int64 = 20) throws
    -> ReviewLease?
  {
    try bench.catalog.redoReview(bench.seat(labeler), at: .at(time))
  }

  private func answers(_ bench: ReviewBench) throws -> [String] {
    try bench.folder.rows("SELECT item, labeler, kind, label FROM review_answers ORDER BY item, labeler")
  }

  @Test("all is taken back in turn, leased again each time, and brought back in turn") func unlimited() throws
  {
    let bench = try ReviewBench()
    for _ in 0..<3 { try bench.work("ann") }
    #expect(try bench.standing().own == 3)
    for expected in ["i2", "i1", "i0"] {
      let lease = try #require(try undo(bench))
      #expect(lease.interaction == expected && lease.token > 0 && lease.answer == nil)
    }
    #expect(try undo(bench) == nil)
    #expect(try answers(bench) == [] && bench.standing().own == 0 && bench.standing().open == 3)
    for expected in ["i0", "i1", "i2"] { #expect(try redo(bench)?.interaction == expected) }
    #expect(try redo(bench) == nil)
    #expect(try answers(bench) == ["1|ann|answer|good", "2|ann|answer|good", "3|ann|answer|good"])
    #expect(try bench.standing().own == 3 && bench.standing().open == 0)
  }

  @Test("an answer since makes an end of what could be brought back") func invalidated() throws {
    let bench = try ReviewBench()
    try bench.work("ann")
    let lease = try #require(try undo(bench))
    try bench.answer(lease, "ann", "bad", at: 11)
    #expect(try redo(bench) == nil)
    #expect(try answers(bench) == ["1|ann|answer|bad"])
  }

  @Test("an answer in the place of another gives way to it again") func replaced() throws {
    let bench = try ReviewBench()
    try bench.work("ann")
    let again = try #require(try bench.catalog.openReview(1, bench.seat("ann"), at: .at(5)))
    #expect(again.answer == #"{"labels":["good"]}"#)
    try bench.answer(again, "ann", "bad", at: 6)
    #expect(try answers(bench) == ["1|ann|answer|bad"] && bench.standing().own == 1)
    #expect(try undo(bench)?.answer == #"{"labels":["good"]}"#)
    #expect(try answers(bench) == ["1|ann|answer|good"] && bench.standing().own == 1)
    #expect(try redo(bench)?.answer == #"{"labels":["bad"]}"#)
    #expect(try answers(bench) == ["1|ann|answer|bad"])
    _ = try undo(bench, at: 30)
    #expect(try undo(bench, at: 31)?.answer == nil)
    #expect(try answers(bench) == [])
  }

  @Test("what was taken back is held, then free for all, and then cannot be brought back") func taken() throws
  {
    let bench = try ReviewBench(items: 1)
    try bench.work("ann")
    let lease = try #require(try undo(bench))
    #expect(try bench.next("bob", at: 11) == nil)
    try bench.catalog.releaseReview(lease.item, token: lease.token, bench.seat("ann"))
    #expect(try bench.work("bob", at: 12) == "i0")
    #expect(try redo(bench) == nil)
    #expect(try answers(bench) == ["1|bob|answer|good"])
  }

  @Test("a skip is taken back too, and found again though the cursor has passed it") func skips() throws {
    let bench = try ReviewBench(items: 2)
    let lease = try #require(try bench.next("ann"))
    _ = try bench.catalog.skipReview(
      lease.item, token: lease.token, bench.seat("ann"), reason: "long", at: .at(1))
    let other = try #require(try bench.next("ann", at: 2))
    try bench.catalog.releaseReview(other.item, token: other.token, bench.seat("ann"))
    let back = try #require(try undo(bench))
    #expect(back.interaction == "i0" && back.token > 0)
    try bench.catalog.releaseReview(back.item, token: back.token, bench.seat("ann"))
    #expect(try bench.next("ann", at: 12)?.interaction == "i0")
    #expect(try redo(bench)?.token == 0)
    #expect(try answers(bench) == ["1|ann|skip|-"])
  }

  @Test("another labeler's cursor does not hide what was taken back") func cursors() throws {
    let bench = try ReviewBench(quota: 2, items: 3)
    for labeler in ["ann", "bob"] { for _ in 0..<2 { try bench.work(labeler) } }
    #expect(try bench.work("cid") == "i2", "both first items are full")
    let lease = try #require(try undo(bench))
    #expect(lease.interaction == "i1")
    try bench.catalog.releaseReview(lease.item, token: lease.token, bench.seat("ann"))
    #expect(try bench.next("cid", at: 30)?.interaction == "i1")
  }

  @Test("flags, notes and exposure are said once and stay out of undo") func marks() throws {
    let bench = try ReviewBench()
    let seat = bench.seat("ann")
    try bench.catalog.flagReview(1, true, seat, at: .at(1))
    try bench.catalog.flagReview(1, true, seat, at: .at(2))
    try bench.catalog.noteReview(1, "ask the lawyer", seat, at: .at(3))
    try bench.catalog.exposeReview(1, seat, at: .at(4))
    try bench.catalog.exposeReview(1, seat, at: .at(5))
    #expect(try undo(bench) == nil)
    #expect(
      try bench.folder.rows("SELECT kind FROM review_events ORDER BY number") == ["flag", "note", "exposed"])
    let lease = try #require(try bench.next("ann", at: 6))
    #expect(lease.isFlagged && lease.notes == ["ask the lawyer"])
    try bench.answer(lease, "ann", at: 7)
    #expect(try bench.folder.rows("SELECT was_exposed FROM review_answers") == ["1"])
    let found = try bench.catalog.reviewList(
      .flagged, search: "LAWYER", after: nil, limit: 9, seat, at: .at(8))
    #expect(found.map(\.interaction) == ["i0"] && found.first?.label == "good")
    for (filter, expected) in [
      (ReviewFilter.all, ["i0", "i1", "i2"]), (.open, ["i1", "i2"]), (.answered, ["i0"]), (.skipped, []),
    ] {
      let rows = try bench.catalog.reviewList(filter, search: "", after: nil, limit: 9, seat, at: .at(8))
      #expect(rows.map(\.interaction) == expected, "\(filter)")
    }
    #expect(
      try bench.catalog.reviewList(.all, search: "i", after: 1, limit: 1, seat, at: .at(8)).map(\.item) == [2]
    )
  }
}
