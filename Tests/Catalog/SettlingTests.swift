import Bytes
import Records
import Testing

@testable import Catalog

@Suite("Settling between records") struct SettlingTests {
  private let near = CatalogStore.nearDuplicateReason
  private let duplicate = CatalogStore.duplicateReason

  private func settle(
    _ folder: CatalogFolder, near: Bool = true, perDay: Int? = nil, burst: Int = 1000, seconds: Int = 60
  ) throws {
    try folder.catalog.settle(
      SettlingParameters(
        exact: true, near: near,
        influence: perDay.map {
          SettlingParameters.Influence(perDay: $0, burst: burst, burstSeconds: seconds)
        }))
  }

  /// Puts contents into one cluster, named by the smallest.
  private func join(_ folder: CatalogFolder, _ contents: [String]) throws {
    var commit = NearDuplicateCommit()
    let hashes = contents.map { ContentHash.of($0) }.sorted()
    commit.changes = hashes.dropFirst().map { (from: $0, to: hashes[0]) }
    try folder.catalog.commitCuration(rules: 1, [], near: commit)
  }

  private func label(_ folder: CatalogFolder, _ content: String, _ label: LabelClass, _ probability: Double)
    throws
  {
    try folder.catalog.commitLabel(.of(content), label, probability, good: 1)
  }

  @Test(
    "of near duplicates the best label stays, then the higher probability, then the oldest, then the smallest id"
  )
  func bestOfCluster() throws {
    let folder = try CatalogFolder()
    try folder.commit([
      .make("chat/1", at: 1, content: "a"), .make("chat/2", at: 2, content: "b"),
      .make("chat/3", at: 1, content: "c"), .make("chat/4", at: 0, content: "d"),
    ])
    try folder.curate()
    try join(folder, ["a", "b", "c"])
    try settle(folder)
    #expect(try folder.standing() == ["chat/1 kept", "chat/2 \(near)", "chat/3 \(near)", "chat/4 kept"])
    #expect(try folder.catalog.explain("chat/2")?.representative == "chat/1")
    // Each label queues its cluster by itself, and is settled by what was settled last.
    try label(folder, "c", .bad, 0.9)
    try folder.catalog.settleAgain()
    #expect(try folder.standing() == ["chat/1 \(near)", "chat/2 \(near)", "chat/3 kept", "chat/4 kept"])
    try label(folder, "a", .good, 0.6)
    try label(folder, "b", .good, 0.7)
    try folder.catalog.settleAgain()
    #expect(try folder.standing() == ["chat/1 \(near)", "chat/2 kept", "chat/3 \(near)", "chat/4 kept"])
    try settle(folder, near: false)
    #expect(try folder.standing() == ["chat/1 kept", "chat/2 kept", "chat/3 kept", "chat/4 kept"])
  }

  @Test("equal records are settled before nearly equal ones, whichever cluster grows first")
  func exactFirst() throws {
    let folder = try CatalogFolder()
    try folder.commit([
      .make("chat/1", at: 3, content: "a"), .make("chat/2", at: 2, content: "a"),
      .make("chat/3", at: 1, content: "b"),
    ])
    try folder.curate()
    try settle(folder)
    #expect(try folder.standing() == ["chat/1 \(duplicate)", "chat/2 kept", "chat/3 kept"])
    try join(folder, ["a", "b"])
    try settle(folder)
    #expect(try folder.standing() == ["chat/1 \(duplicate)", "chat/2 \(near)", "chat/3 kept"])
    // The one that stood for all leaves: the exact duplicate of the other stays where it is.
    try folder.commit([.make("chat/3", at: 1, content: "z", stamp: 50)])
    try folder.curate()
    try settle(folder)
    #expect(try folder.standing() == ["chat/1 \(duplicate)", "chat/2 kept", "chat/3 kept"])
  }

  @Test("a cluster that a rule empties of its best is settled anew")
  func ruleDropsBest() throws {
    let folder = try CatalogFolder()
    try folder.commit([.make("chat/1", at: 1, content: "a"), .make("chat/2", at: 2, content: "b")])
    try folder.curate(rules: "a")
    try join(folder, ["a", "b"])
    try settle(folder)
    try folder.curate(rules: "b", drop: ["chat/1": "length/output-empty"])
    try settle(folder)
    #expect(try folder.standing() == ["chat/1 length/output-empty", "chat/2 kept"])
  }

  @Test("caps of a window and a day hold, do not depend on the order of arrival, and are lifted again")
  func influence() throws {
    // Five in one minute, three an hour later, one on the next day; another user and one without.
    let rows =
      (0..<5).map { InteractionRow.make("chat/a\($0)", at: Int64($0), user: "u-1") }
      + (0..<3).map { InteractionRow.make("chat/b\($0)", at: 3600 + Int64($0), user: "u-1") }
      + [
        .make("chat/c0", at: 86_400, user: "u-1"), .make("chat/d0", at: 1, user: "u-2"),
        .make("chat/e0", at: 1),
      ]
    var standings: Set<[String]> = []
    for order in [Array(rows.indices), rows.indices.reversed(), [3, 9, 0, 7, 1, 10, 8, 2, 6, 4, 5]] {
      let folder = try CatalogFolder()
      for half in [order.prefix(4), order.dropFirst(4)] {
        try folder.commit(half.map { rows[$0] })
        try folder.curate()
        try settle(folder, perDay: 4, burst: 3)
      }
      let standing = try folder.standing()
      standings.insert(standing)
      #expect(
        standing.filter { $0.hasSuffix(CatalogStore.burstReason) }.map { $0.prefix(7) } == [
          "chat/a3", "chat/a4",
        ])
      #expect(standing.count { $0.hasSuffix(CatalogStore.userDayReason) } == 2)
      #expect(standing.count { $0.hasSuffix("kept") } == 7)
      try settle(folder)
      #expect(try folder.standing().allSatisfy { $0.hasSuffix("kept") })
    }
    #expect(standings.count == 1)
  }

  @Test("what a duplicate frees counts against the caps, and a freed place is filled")
  func capsAfterDuplicates() throws {
    let folder = try CatalogFolder()
    try folder.commit([
      .make("chat/1", at: 1, content: "a", user: "u-1"), .make("chat/2", at: 2, content: "b", user: "u-1"),
      .make("chat/3", at: 3, content: "c", user: "u-1"),
    ])
    try folder.curate()
    try settle(folder, perDay: 10, burst: 2)
    #expect(try folder.standing() == ["chat/1 kept", "chat/2 kept", "chat/3 \(CatalogStore.burstReason)"])
    try join(folder, ["a", "b"])
    try settle(folder, perDay: 10, burst: 2)
    #expect(try folder.standing() == ["chat/1 kept", "chat/2 \(near)", "chat/3 kept"])
    #expect(
      try folder.rows("SELECT count(*) FROM influence_queue UNION ALL SELECT count(*) FROM cluster_queue")
        == ["0", "0"])
  }

  @Test("files of the index and clusters come and go with one commit each")
  func index() throws {
    let folder = try CatalogFolder()
    var first = NearDuplicateCommit()
    first.added = [
      NearDuplicateCommit.Run(name: "one", documents: 2), NearDuplicateCommit.Run(name: "two", documents: 3),
    ]
    try folder.catalog.commitCuration(rules: 1, [], near: first)
    var second = NearDuplicateCommit()
    second.added = [NearDuplicateCommit.Run(name: "three", documents: 5)]
    second.removed = ["one", "two"]
    second.changes = [(from: .of("b"), to: .of("a")), (from: .of("c"), to: .of("d"))]
    try folder.catalog.commitCuration(rules: 1, [], near: second)
    #expect(try folder.catalog.signatureRuns() == [NearDuplicateCommit.Run(name: "three", documents: 5)])
    var third = NearDuplicateCommit()
    third.changes = [(from: .of("d"), to: .of("a"))]
    try folder.catalog.commitCuration(rules: 1, [], near: third)
    #expect(
      try folder.catalog.withNearClusters { cluster in
        try ["a", "b", "c", "d", "e"].map { try cluster(.of($0)) }
      }
        == [.of("a"), .of("a"), .of("a"), .of("a"), nil])
    #expect(try folder.catalog.nearThreshold() == nil)
    try folder.catalog.replaceNearClusters(NearDuplicateCommit(), threshold: "0.9")
    #expect(try folder.catalog.withNearClusters { try $0(.of("a")) } == nil)
    #expect(try folder.catalog.nearThreshold() == "0.9")
  }
}

@Suite("Findings in the catalog") struct FindingCatalogTests {
  private func folder() throws -> CatalogFolder {
    let folder = try CatalogFolder()
    try folder.commit([.make("chat/1"), .make("chat/2"), .make("chat/3")])
    var flag = Finding(rule: "repetition", reason: "duplicate-lines", effect: .flag, part: "output")
    flag.version = 3
    let drop = Finding(
      rule: "length", reason: "output-empty", effect: .drop, part: "output", offset: 2, length: 5)
    try folder.catalog.commitCuration(
      rules: 1,
      [
        CurationResult(number: 1, decision: .kept, reason: nil, findings: [flag], language: "de"),
        CurationResult(number: 2, decision: .dropped, reason: "length/output-empty", findings: [drop, flag]),
        CurationResult(number: 3, decision: .kept, reason: nil, findings: []),
      ])
    return folder
  }

  @Test("counted by rule, reason, version and effect, and by what is asked for")
  func counts() throws {
    let catalog = try folder().catalog
    func lines(_ change: (inout FindingFilter) -> Void) throws -> [String] {
      var filter = FindingFilter()
      change(&filter)
      return try catalog.findingCounts(filter).map {
        "\($0.rule)/\($0.reason) @\($0.version) \($0.effect) \($0.findings) \($0.interactions) \($0.kept)"
      }
    }
    let length = "length/output-empty @1 drop 1 1 0"
    let repetition = "repetition/duplicate-lines @3 flag 2 2 1"
    #expect(try lines { _ in } == [length, repetition])
    #expect(try lines { $0.rule = "length" } == [length])
    #expect(try lines { $0.reason = "duplicate-lines" } == [repetition])
    #expect(try lines { $0.effect = .flag } == [repetition])
    #expect(try lines { $0.source = "other" } == [])
  }

  @Test("samples are the same each time, so many of each reason")
  func samples() throws {
    let catalog = try folder().catalog
    let one = try catalog.findingSamples(FindingFilter(), count: 1)
    #expect(one.map { "\($0.finding.rule) \($0.finding.version)" } == ["length 1", "repetition 3"])
    #expect(one[0].id == "chat/2" && one[0].outcome == "length/output-empty")
    #expect(one[0].finding.offset == 2 && one[0].finding.length == 5)
    let all = try catalog.findingSamples(FindingFilter(), count: 9)
    #expect(all.map(\.id).sorted() == ["chat/1", "chat/2", "chat/2"])
    #expect(try catalog.findingSamples(FindingFilter(), count: 9).map(\.id) == all.map(\.id))
  }

  @Test("the standing of interactions has decision, reason, findings and language")
  func standing() throws {
    let folder = try folder()
    let standing = try folder.catalog.standing(of: [1, 2, 9])
    #expect(standing.keys.sorted() == [1, 2])
    #expect(standing[2]?.reason == "length/output-empty" && standing[2]?.findings.count == 2)
    #expect(try folder.rows("SELECT language FROM interactions ORDER BY number") == ["de", "-", "-"])
    #expect(try folder.catalog.numbers(where: "language = 'de'") == [1])
  }
}
