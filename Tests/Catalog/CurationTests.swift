import Bytes
import Records
import Testing

@testable import Catalog

@Suite("Curation in the catalog") struct CurationTests {
  private func pending(_ folder: CatalogFolder, _ rules: String) throws -> Int {
    let version = try folder.catalog.rulesVersion(digest: rules)
    return try folder.catalog.pendingSegments(rules: version).reduce(0) { $0 + $1.pending }
  }

  @Test("what is pending depends on the rules in force")
  func pendingByRules() throws {
    let folder = try CatalogFolder()
    try folder.commit([.make("chat/1"), .make("chat/2")])
    try folder.commit([.make("chat/3")])
    #expect(try pending(folder, "b") == 3)
    try folder.curate(rules: "b")
    #expect(try pending(folder, "b") == 0)
    // A version with a larger number, then the smaller one again.
    #expect(try pending(folder, "c") == 3)
    try folder.curate(rules: "c")
    #expect(try pending(folder, "b") == 3)
    #expect(try pending(folder, "c") == 0)
    try folder.commit([.make("chat/4")])
    #expect(try pending(folder, "c") == 1)
    try folder.commit([.make("chat/1", content: "new", stamp: 9)])
    #expect(try pending(folder, "c") == 2)
  }

  @Test("segments in catalog order, interactions in the order of their places")
  func places() throws {
    let folder = try CatalogFolder()
    var rows = (1...4).map { InteractionRow.make("chat/\($0)") }
    for (index, place) in [(1, 50), (0, 9), (1, 0), (0, 100)].enumerated() {
      rows[index].place = RowPlace(segment: 0, frame: place.0, offset: place.1, length: 7)
    }
    try folder.commit(rows)
    try folder.commit([.make("chat/5")])
    let version = try folder.catalog.rulesVersion(digest: "r")
    let segments = try folder.catalog.pendingSegments(rules: version)
    #expect(segments.map(\.pending) == [4, 1])
    #expect(segments[0].path == "interactions/2026-11-20/interactions-1.jsonl.lz4")
    let first = try folder.catalog.pendingInteractions(segment: segments[0].number, rules: version)
    #expect(first.map(\.number) == [2, 4, 3, 1])
    #expect(
      first.map { [$0.frame, $0.offset, $0.length] } == [[0, 9, 7], [0, 100, 7], [1, 0, 7], [1, 50, 7]])
  }

  @Test("findings are replaced, not added to")
  func findings() throws {
    let folder = try CatalogFolder()
    try folder.commit([.make("chat/1")])
    let version = try folder.catalog.rulesVersion(digest: "r")
    func decide(_ findings: [Finding]) throws {
      let reason = findings.first { $0.effect == .drop }.map { "\($0.rule)/\($0.reason)" }
      try folder.catalog.commitCuration(
        rules: version,
        [
          CurationResult(
            number: 1, decision: reason == nil ? .kept : .dropped, reason: reason, findings: findings)
        ])
    }
    let drop = Finding(
      rule: "length", reason: "output-empty", effect: .drop, part: "output", offset: 3, length: 4)
    let flag = Finding(rule: "truncation", reason: "open-code-fence", effect: .flag, part: "output")
    try decide([drop, flag, flag])
    #expect(try folder.catalog.explain("chat/1")?.findings == [drop, flag])
    #expect(try folder.standing() == ["chat/1 length/output-empty"])
    try decide([flag])
    #expect(try folder.catalog.explain("chat/1")?.findings == [flag])
    #expect(try folder.standing() == ["chat/1 kept"])
    try folder.commit([.make("chat/1", content: "new", stamp: 5)])
    #expect(try folder.catalog.explain("chat/1")?.findings == [])
    #expect(try folder.standing() == ["chat/1 pending"])
  }

  // MARK: Duplicates

  private let duplicate = CatalogStore.duplicateReason

  @Test("the oldest stands for its content, of equal times the smallest id, whatever came first")
  func representative() throws {
    let rows = [
      InteractionRow.make("chat/c", at: 5, content: "x"), .make("chat/b", at: 5, content: "x"),
      .make("chat/a", at: 6, content: "x"), .make("chat/d", at: 0, content: "y"),
    ]
    for order in [[0, 1, 2, 3], [3, 2, 1, 0], [1, 3, 0, 2], [2, 0, 3, 1]] {
      for nightly in [false, true] {
        let folder = try CatalogFolder()
        for index in order {
          try folder.commit([rows[index]])
          guard nightly else { continue }
          try folder.curate()
          _ = try folder.catalog.settleDuplicates(enabled: true)
        }
        try folder.curate()
        _ = try folder.catalog.settleDuplicates(enabled: true)
        #expect(
          try folder.standing() == [
            "chat/a \(duplicate)", "chat/b kept", "chat/c \(duplicate)", "chat/d kept",
          ])
        #expect(try folder.catalog.explain("chat/a")?.representative == "chat/b")
        #expect(try folder.catalog.explain("chat/b")?.representative == nil)
        #expect(try folder.catalog.settleDuplicates(enabled: true) == 0)
      }
    }
  }

  @Test("an update of the one that stands for the others frees them")
  func update() throws {
    let folder = try CatalogFolder()
    try folder.commit([
      .make("chat/1", at: 1, content: "x"), .make("chat/2", at: 2, content: "x"),
      .make("chat/3", at: 3, content: "x"),
    ])
    try folder.curate()
    #expect(try folder.catalog.settleDuplicates(enabled: true) == 2)
    #expect(try folder.standing() == ["chat/1 kept", "chat/2 \(duplicate)", "chat/3 \(duplicate)"])
    try folder.commit([.make("chat/1", at: 1, content: "y", stamp: 9)])
    try folder.curate()
    #expect(try folder.catalog.settleDuplicates(enabled: true) == 1)
    #expect(try folder.standing() == ["chat/1 kept", "chat/2 kept", "chat/3 \(duplicate)"])
    // And back into the cluster.
    try folder.commit([.make("chat/1", at: 1, content: "x", stamp: 10)])
    try folder.curate()
    #expect(try folder.catalog.settleDuplicates(enabled: true) == 1)
    #expect(try folder.standing() == ["chat/1 kept", "chat/2 \(duplicate)", "chat/3 \(duplicate)"])
  }

  @Test("what a rule drops stands for nothing, and comes back with other rules")
  func rulesFirst() throws {
    let folder = try CatalogFolder()
    try folder.commit([.make("chat/1", at: 1, content: "x"), .make("chat/2", at: 2, content: "x")])
    try folder.curate(rules: "a", drop: ["chat/1": "length/output-empty"])
    #expect(try folder.catalog.settleDuplicates(enabled: true) == 0)
    #expect(try folder.standing() == ["chat/1 length/output-empty", "chat/2 kept"])
    try folder.curate(rules: "b")
    #expect(try folder.catalog.settleDuplicates(enabled: true) == 1)
    #expect(try folder.standing() == ["chat/1 kept", "chat/2 \(duplicate)"])
    try folder.curate(rules: "a", drop: ["chat/1": "length/output-empty"])
    #expect(try folder.catalog.settleDuplicates(enabled: true) == 0)
    #expect(try folder.standing() == ["chat/1 length/output-empty", "chat/2 kept"])
  }

  @Test func offAndOn() throws {
    let folder = try CatalogFolder()
    try folder.commit([.make("chat/1", at: 1, content: "x"), .make("chat/2", at: 2, content: "x")])
    try folder.curate()
    #expect(try folder.catalog.settleDuplicates(enabled: false) == 0)
    #expect(try folder.standing() == ["chat/1 kept", "chat/2 kept"])
    #expect(try folder.catalog.settleDuplicates(enabled: true) == 1)
    #expect(try folder.standing() == ["chat/1 kept", "chat/2 \(duplicate)"])
    #expect(try folder.catalog.settleDuplicates(enabled: false) == 1)
    #expect(try folder.standing() == ["chat/1 kept", "chat/2 kept"])
  }

  @Test("a member that no rule has looked at stands aside")
  func pendingMember() throws {
    let folder = try CatalogFolder()
    try folder.commit([.make("chat/2", at: 2, content: "x")])
    try folder.curate()
    try folder.commit([.make("chat/1", at: 1, content: "x")])
    #expect(try folder.catalog.settleDuplicates(enabled: true) == 0)
    #expect(try folder.standing() == ["chat/1 pending", "chat/2 kept"])
    try folder.curate()
    #expect(try folder.catalog.settleDuplicates(enabled: true) == 1)
    #expect(try folder.standing() == ["chat/1 kept", "chat/2 \(duplicate)"])
  }

  @Test func countsDecisions() throws {
    let folder = try CatalogFolder()
    try folder.commit((1...4).map { .make("chat/\($0)") })
    try folder.curate(drop: ["chat/2": "length/output-empty", "chat/3": "length/output-empty"])
    try folder.commit([.make("chat/5")])
    let text = try folder.catalog.decisions().map { "\($0.decision) \($0.reason ?? "-") \($0.count)" }
    #expect(text == ["pending - 1", "kept - 2", "dropped length/output-empty 2"])
    #expect(try folder.catalog.decisions(source: "other").isEmpty)
  }
}
