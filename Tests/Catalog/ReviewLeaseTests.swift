import Bytes
import Records
import Testing

@testable import Catalog

/// A queue in a catalog of its own.
struct ReviewBench {
  let folder: CatalogFolder
  var catalog: CatalogStore { folder.catalog }

  init(quota: Int = 1, items: Int = 3) throws {
    folder = try CatalogFolder()
    try sync(quota: quota)
    try add(0..<items)
  }

  func sync(quota: Int, guideline: String = "Say so.") throws {
    try catalog.syncReviewQueue(
      ReviewQueueSetting(name: "q", definition: "{}", guideline: guideline, quota: quota))
  }

  /// Items `i0`, `i1`, … of falling value.
  @discardableResult
  func add(_ range: Range<Int>, gold: LabelClass? = nil) throws -> Int {
    try catalog.addReviewItems(
      range.map { number in
        let name = gold == nil ? "i\(number)" : "g\(number)"
        var item = NewReviewItem(
          task: .label, content: .of(name), interaction: name, reason: .audit, value: 100 - Double(number))
        item.gold = gold
        return item
      }, to: "q", run: "run", at: .at(0))
  }

  func seat(_ labeler: String, gold: Double = 0) -> ReviewSeat {
    var seat = ReviewSeat(queue: "q", labeler: labeler)
    seat.lease = 60
    seat.goldShare = gold
    return seat
  }

  func next(_ labeler: String, at time: Int64 = 0, gold: Double = 0) throws -> ReviewLease? {
    try catalog.leaseReview(seat(labeler, gold: gold), at: .at(time))
  }

  @discardableResult
  func answer(
    _ lease: ReviewLease, _ labeler: String, _ label: String = "good", at time: Int64 = 1, id: String? = nil,
    active: Int = 1000
  ) throws -> ReviewReceipt {
    var submission = ReviewSubmission(
      item: lease.item, token: lease.token, answer: #"{"labels":["\#(label)"]}"#, label: label,
      class: LabelClass(rawValue: label))
    submission.id = id
    submission.active = active
    return try catalog.submitReview(submission, seat(labeler), at: .at(time))
  }

  /// The labeler answers the next item.
  @discardableResult
  func work(_ labeler: String, _ label: String = "good", at time: Int64 = 0) throws -> String? {
    guard let lease = try next(labeler, at: time) else { return nil }
    guard case .stored = try answer(lease, labeler, label, at: time) else { return "refused" }
    return lease.interaction
  }

  func standing(_ labeler: String = "ann") throws -> ReviewStanding {
    try catalog.reviewStanding(seat(labeler))
  }
}

@Suite("Leases") struct ReviewLeaseTests {
  @Test("the item worth most comes first, each to one labeler, and no labeler gets it twice") func order()
    throws
  {
    let bench = try ReviewBench(quota: 2)
    #expect(try bench.next("ann")?.interaction == "i0")
    #expect(try bench.next("bob")?.interaction == "i0")
    #expect(try bench.next("cid")?.interaction == "i1")
    #expect(try bench.next("ann")?.interaction == "i1", "what they hold is not given to them again")
    #expect(try bench.next("ann")?.interaction == "i2")
    #expect(try bench.next("ann") == nil)
  }

  @Test("a subject is never twice in a queue, in whatever order the two contents of a pair come") func once()
    throws
  {
    let bench = try ReviewBench()
    #expect(try bench.add(0..<5) == 2)
    var pair = NewReviewItem(task: .prefer, content: .of("a"), interaction: "a", reason: .audit, value: 1)
    pair.otherContent = .of("b")
    var turned = NewReviewItem(task: .prefer, content: .of("b"), interaction: "b", reason: .audit, value: 1)
    turned.otherContent = .of("a")
    #expect(try bench.catalog.addReviewItems([pair, turned], to: "q", run: "r", at: .at(0)) == 1)
    #expect(try bench.catalog.addReviewItems([pair], to: "nowhere", run: "r", at: .at(0)) == 0)
  }

  @Test("an answer under an old token, or after the lease, is refused and stores nothing") func fencing()
    throws
  {
    let bench = try ReviewBench(items: 1)
    let lease = try #require(try bench.next("ann"))
    #expect(try bench.answer(lease, "ann", at: 60) == .refused, "the lease ends at 60")
    let other = try #require(try bench.next("bob", at: 60))
    #expect(other.item == lease.item && other.token > lease.token)
    #expect(try bench.answer(lease, "ann", at: 61) == .refused)
    #expect(try bench.answer(other, "ann", at: 61) == .refused, "it is not ann's")
    #expect(try bench.folder.rows("SELECT count(*) FROM review_events") == ["0"])
    guard case .stored = try bench.answer(other, "bob", at: 61) else { return #expect(Bool(false)) }
    #expect(try bench.answer(other, "bob", at: 62) == .refused, "a lease is good for one answer")
  }

  @Test("a heartbeat prolongs a lease, and not one that has ended") func heartbeat() throws {
    let bench = try ReviewBench(items: 1)
    let lease = try #require(try bench.next("ann"))
    #expect(try bench.catalog.extendReview(lease.item, token: lease.token, bench.seat("ann"), at: .at(50)))
    #expect(try bench.next("bob", at: 100) == nil)
    #expect(try !bench.catalog.extendReview(lease.item, token: lease.token, bench.seat("ann"), at: .at(110)))
    #expect(try bench.next("bob", at: 110)?.item == lease.item)
    #expect(try !bench.catalog.extendReview(lease.item, token: lease.token, bench.seat("ann"), at: .at(111)))
  }

  @Test("what is given back is free at once") func release() throws {
    let bench = try ReviewBench(items: 1)
    let lease = try #require(try bench.next("ann"))
    try bench.catalog.releaseReview(lease.item, token: lease.token, bench.seat("ann"))
    #expect(try bench.next("bob")?.item == lease.item)
  }

  @Test("the quota holds; a raised one asks more people, a lowered one takes no answer away") func quota()
    throws
  {
    let bench = try ReviewBench(items: 1)
    #expect(try bench.work("ann") == "i0")
    #expect(try bench.work("bob") == nil)
    #expect(try bench.standing().open == 0)
    try bench.sync(quota: 3)
    #expect(try bench.standing().wanted == 3 && bench.standing().open == 1)
    #expect(try bench.work("ann") == nil)
    #expect(try bench.work("bob") == "i0")
    try bench.sync(quota: 1)
    #expect(try bench.work("cid") == nil)
    #expect(try bench.standing().answers == 2 && bench.standing().open == 0)
    try bench.sync(quota: 3)
    #expect(try bench.work("cid") == "i0")
    #expect(try bench.work("dan") == nil)
  }

  @Test("a skipped item comes again by name only, and others get it") func skip() throws {
    let bench = try ReviewBench(items: 2)
    let lease = try #require(try bench.next("ann"))
    let seat = bench.seat("ann")
    #expect(try bench.catalog.skipReview(lease.item, token: lease.token, seat, reason: "long", at: .at(1)))
    #expect(try !bench.catalog.skipReview(lease.item, token: lease.token, seat, reason: "long", at: .at(1)))
    #expect(try bench.work("ann") == "i1")
    #expect(try bench.next("ann") == nil)
    #expect(try bench.catalog.openReview(lease.item, seat, at: .at(2))?.interaction == "i0")
    try bench.catalog.releaseReview(lease.item, token: lease.token + 1, seat)
    #expect(try bench.next("bob")?.interaction == "i0")
  }

  @Test("assigned items come first and to nobody else, until they are given back") func assigned() throws {
    let bench = try ReviewBench()
    #expect(try bench.catalog.assignReview([2], to: "bob", queue: "q", at: .at(0)) == 1)
    #expect(try bench.catalog.assignReview([2], to: "bob", queue: "q", at: .at(0)) == 0)
    #expect(try bench.work("ann") == "i0")
    #expect(try bench.work("ann") == "i2")
    #expect(try bench.next("ann") == nil)
    #expect(try bench.catalog.openReview(2, bench.seat("ann"), at: .at(0)) == nil)
    #expect(try bench.next("bob")?.interaction == "i1")
    #expect(try bench.catalog.assignReview([2], to: nil, queue: "q", at: .at(0)) == 1)
    #expect(try bench.next("ann", at: 70)?.interaction == "i1", "before ann's cursor, and found all the same")
  }

  @Test("a closed queue gives nothing, takes nothing and is not filled; reopened it goes on") func closed()
    throws
  {
    let bench = try ReviewBench()
    let lease = try #require(try bench.next("ann"))
    #expect(try bench.catalog.setReviewQueue("q", isClosed: true))
    #expect(try !bench.catalog.setReviewQueue("q", isClosed: true))
    #expect(try bench.answer(lease, "ann") == .refused)
    #expect(try bench.next("bob") == nil && bench.add(5..<6) == 0)
    #expect(try bench.catalog.setReviewQueue("q", isClosed: false))
    guard case .stored = try bench.answer(lease, "ann") else { return #expect(Bool(false)) }
  }

  @Test("an id that is there stores nothing again") func idempotent() throws {
    let bench = try ReviewBench()
    let lease = try #require(try bench.next("ann"))
    guard case .stored = try bench.answer(lease, "ann", id: "one") else { return #expect(Bool(false)) }
    #expect(try bench.answer(lease, "ann", id: "one") == .repeated)
    #expect(try bench.folder.rows("SELECT id FROM review_events") == ["one"])
  }

  @Test("gold is mixed in for each labeler, over any quota, and stands in no sum that tells it") func gold()
    throws
  {
    let bench = try ReviewBench(items: 1)
    try bench.add(0..<3, gold: .bad)
    for labeler in ["ann", "bob"] {
      var seen: Set<String> = []
      while let lease = try bench.next(labeler, gold: 1) {
        guard seen.insert(lease.interaction).inserted else { break }
        guard lease.interaction.hasPrefix("g") else { break }
        try bench.answer(lease, labeler, "bad")
      }
      #expect(seen == ["g0", "g1", "g2", "i0"], "\(labeler)")
      try bench.catalog.releaseReview(1, token: labeler == "ann" ? 1 : 2, bench.seat(labeler))
    }
    let standing = try bench.standing()
    #expect(standing.open == 1 && standing.wanted == 1 && standing.answers == 6 && standing.gold == 0)
  }

  @Test("wrong gold answers pause, and a resume counts anew") func pause() throws {
    let bench = try ReviewBench(items: 1)
    try bench.add(0..<12, gold: .bad)
    var receipts: [ReviewReceipt] = []
    for _ in 0..<5 {
      let lease = try #require(try bench.next("ann", gold: 1))
      receipts.append(try bench.answer(lease, "ann", "good"))
    }
    #expect(receipts.last == .paused(right: 0, of: 5))
    #expect(receipts.dropLast().allSatisfy { if case .stored = $0 { true } else { false } })
    #expect(try bench.next("ann") == nil)
    #expect(try bench.catalog.openReview(1, bench.seat("ann"), at: .at(2)) == nil)
    #expect(try bench.catalog.reviewPause(bench.seat("ann")) == ReviewGoldRecord(right: 0, of: 5))
    #expect(try bench.catalog.resumeReview(bench.seat("ann"), at: .at(3)))
    #expect(try bench.catalog.reviewPause(bench.seat("ann")) == nil)
    let lease = try #require(try bench.next("ann", gold: 1))
    guard case .stored = try bench.answer(lease, "ann", "good") else { return #expect(Bool(false)) }
  }
}
