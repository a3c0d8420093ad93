import Bytes
import Catalog
import Foundation
import Records
import Registry
import Testing

@testable import Publish

/// Texts of made-up words: no two texts of different seeds share a run.
private func words(_ count: Int, _ seed: String, from first: Int = 0) -> String {
  (first..<first + count).map { "\(seed)\($0)" }.joined(separator: " ")
}

private func messages(_ users: [String], system: String? = nil) -> String {
  var list = system.map { [#"{"content":"\#($0)","role":"system"}"#] } ?? []
  for (index, text) in users.enumerated() {
    if index > 0 { list.append(#"{"content":"answer \#(index)","role":"assistant"}"#) }
    list.append(#"{"content":"\#(text)","role":"user"}"#)
  }
  return "[\(list.joined(separator: ","))]"
}

@Suite("Decontamination") struct DecontaminationTests {
  private func dataset(
    _ kind: Kind, _ name: String, _ splits: [(String, Int)],
    _ change: (inout DatasetDefinition) -> Void = { _ in }
  ) -> DatasetDefinition {
    var dataset = DatasetDefinition(name: name, kind: kind)
    dataset.splits = splits.map { SplitDefinition(name: $0.0, share: $0.1) }
    dataset.gates.minimumExamples = 0
    change(&dataset)
    return dataset
  }

  private func sample(
    _ id: String, _ users: [String], _ output: String = "fine", conversation: String? = nil,
    system: String? = nil
  ) -> LoggedSample {
    LoggedSample(id) { sample in
      sample.conversation = conversation ?? "c-\(id)"
      sample.input = messages(users, system: system)
      sample.output = #"{"content":"\#(output)","role":"assistant"}"#
    }
  }

  /// Publishes `eval` for evaluation, then `train` for training.
  private func publish(
    eval: [LoggedSample], train: [LoggedSample], workers: Int = 1, _ shop: PublishWorkshop? = nil,
    _ change: (inout DatasetDefinition) -> Void = { _ in }
  ) async throws -> (shop: PublishWorkshop, account: PublishAccount) {
    let shop = try shop ?? PublishWorkshop()
    try shop.add(eval + train)
    let names = { (list: [LoggedSample]) in list.map { "'chat/\($0.id)'" }.joined(separator: ",") }
    _ = try await shop.publish(
      dataset(.eval, "gold", [("test", 100)]) { $0.select = "id IN (\(names(eval)))" }, workers: workers)
    let account = try await shop.publish(
      dataset(.sft, "set", [("train", 100)]) { dataset in
        dataset.select = "id IN (\(names(train)))"
        change(&dataset)
      }, workers: workers)
    return (shop, account)
  }

  // MARK: What counts

  struct Row: Sendable, CustomTestStringConvertible {
    let id: String
    var evalUsers: [String] = ["what is the first question of all then"]
    var evalOutput = "reference"
    var users: [String] = ["something else entirely"]
    var output = "fine"
    /// `13-gram question 1.0`; nil where the pair is clean.
    var found: String?
    var testDescription: String { id }
  }

  @Test(
    "which pairs are contaminated",
    arguments: [
      Row(id: "nothing in common"),
      Row(
        id: "equal questions", evalUsers: [words(20, "a")], users: [words(20, "a")],
        found: "near-duplicate question 1.0"),
      Row(
        id: "case and punctuation are no difference",
        evalUsers: ["Where, is it? I (really) would like to KNOW that."],
        users: ["where is it i really would like to know that"], found: "near-duplicate question 1.0"),
      Row(
        id: "equal questions of four words", evalUsers: ["where is my order"], users: ["Where is my order?"],
        found: "near-duplicate question 1.0"),
      Row(
        id: "four words inside another question", evalUsers: ["where is my order"],
        users: ["where is my order now"]),
      Row(
        id: "one word of twenty-five changed at the end", evalUsers: [words(25, "a")],
        users: [words(24, "a") + " x"], found: "near-duplicate question 0.9091"),
      Row(
        id: "half of a question of 30 words", evalUsers: [words(30, "a")],
        users: [words(15, "a") + " " + words(15, "b")], found: "13-gram question 0.5"),
      Row(
        id: "14 of 30 words", evalUsers: [words(30, "a")], users: [words(14, "a") + " " + words(16, "b")]),
      Row(
        id: "12 words are no run of 13", evalUsers: [words(20, "a")],
        users: [words(12, "a") + " " + words(8, "b")]),
      Row(
        id: "one sentence of a long document", evalUsers: [words(300, "a")],
        users: [words(60, "b") + " " + words(20, "a") + " " + words(60, "c")]),
      Row(
        id: "a short message inside a long question", evalUsers: [words(300, "a")],
        users: [words(20, "a", from: 70)],
        found: "13-gram question 1.0"),
      Row(
        id: "a question of 9 words in a longer message", evalUsers: [words(9, "a")],
        users: ["hello there " + words(9, "a") + " many thanks and best regards from the whole team"],
        found: "13-gram question 1.0"),
      Row(
        id: "a question of 7 words in a longer message", evalUsers: [words(7, "a")],
        users: ["hello there " + words(7, "a") + " many thanks"]),
      Row(
        id: "the question in an earlier turn", evalUsers: [words(9, "a")],
        users: [words(9, "a"), "and then"],
        found: "near-duplicate question 1.0"),
      Row(
        id: "six words that open a conversation", evalUsers: [words(6, "a")],
        users: [words(6, "a"), "and then"],
        found: "near-duplicate question 1.0"),
      Row(id: "a greeting that opens a conversation", evalUsers: ["hi"], users: ["hi", "and then"]),
      Row(
        id: "an earlier turn of the eval item", evalUsers: [words(9, "a"), words(9, "b")],
        users: [words(9, "a")]),
      Row(
        id: "the last turn of the eval item", evalUsers: [words(9, "a"), words(9, "b")],
        users: [words(9, "b")],
        found: "near-duplicate question 1.0"),
      Row(id: "a short last turn", evalUsers: [words(9, "a"), "and then"], users: ["and then"]),
      Row(
        id: "the whole of two short turns", evalUsers: ["where is it", "and then"],
        users: ["where is it", "and then"],
        found: "near-duplicate question 1.0"),
      Row(
        id: "the reference as the output", evalOutput: words(13, "r"), output: words(13, "r"),
        found: "13-gram answer 1.0"),
      Row(id: "twelve words as the output", evalOutput: words(12, "r"), output: words(12, "r")),
      Row(
        id: "four fifths of the reference", evalOutput: words(20, "r"), output: words(16, "r") + " and so on",
        found: "13-gram answer 0.8"),
      Row(id: "less of the reference", evalOutput: words(20, "r"), output: words(15, "r") + " and so on"),
      Row(
        id: "an output inside a long reference", evalOutput: words(60, "r"), output: words(20, "r", from: 9)),
      Row(id: "the reference as a question", evalOutput: words(20, "r"), users: [words(20, "r")]),
      Row(id: "the question as an output", evalUsers: [words(20, "a")], output: words(20, "a")),
    ])
  func pairs(_ row: Row) async throws {
    let (shop, account) = try await publish(
      eval: [sample("1", row.evalUsers, row.evalOutput)],
      // Another system prompt, so that the ledger does not know equal questions already.
      train: [sample("2", row.users, row.output, system: "be brief")])
    let decontamination = try #require(account.decontamination)
    let found = decontamination.pairs.map {
      "\($0.measure) \($0.part.rawValue) \($0.overlap ?? $0.similarity ?? 0)"
    }
    #expect(found == (row.found.map { [$0] } ?? []))
    #expect(account.left == (row.found == nil ? [:] : ["contaminated": 1]))
    #expect(decontamination.training == (row.found == nil ? 0 : 1))
    #expect(decontamination.protectedItems == 1 && decontamination.examined == 1)
    if row.found != nil {
      #expect(decontamination.pairs[0].example == "chat/2")
      #expect(
        decontamination.pairs[0].protected == ProtectedName(dataset: "gold", version: 1, example: "chat/1"))
      #expect(try shop.stays("2") == ["set out:contaminated 1-"])
    }
  }

  @Test("system prompts are not compared")
  func systemPrompts() async throws {
    let system = words(50, "s")
    let (_, account) = try await publish(
      eval: [sample("1", ["one question"], system: system)],
      train: [sample("2", ["another one"], system: system)])
    #expect(account.left == [:])
  }

  @Test("the words, the similarity and the share can be set, and all of it turned off")
  func parameters() async throws {
    let eval = [sample("1", [words(40, "a")])]
    let train = [sample("2", [words(10, "a") + " " + words(4, "b")])]
    for (change, left) in [
      ({ $0.decontamination = nil }, [:]), ({ _ in }, [:]),
      ({ $0.decontamination?.ngram = 10 }, ["contaminated": 1]),
      (
        {
          $0.decontamination?.ngram = 10
          $0.decontamination?.overlap = 0.8
        }, [:]
      ),
    ] as [((inout DatasetDefinition) -> Void, [String: Int])] {
      let (_, account) = try await publish(eval: eval, train: train, nil, change)
      #expect(account.left == left)
    }
    let near = [sample("2", [words(30, "a") + " " + words(10, "b")])]
    for (threshold, measure) in [(0.5, "near-duplicate"), (0.6, "13-gram")] {
      let (_, account) = try await publish(eval: eval, train: near) {
        $0.decontamination?.threshold = threshold
      }
      #expect(account.decontamination?.pairs.map(\.measure) == [measure])
    }
  }

  @Test("where nothing is protected nothing is read")
  func nothingProtected() async throws {
    let shop = try PublishWorkshop()
    try shop.add([sample("1", ["a question"])])
    let account = try await shop.publish(dataset(.sft, "set", [("train", 100)]))
    #expect(account.splits == ["train": 1])
    #expect(account.decontamination == nil)
  }

  // MARK: Boilerplate

  @Test("a run that more than ten conversations have in common is boilerplate", arguments: [10, 11])
  func boilerplate(_ conversations: Int) async throws {
    let closing = words(20, "r")
    let train = (0..<conversations).map { sample("\($0 + 100)", ["question number \($0)"], closing) }
    let (_, account) = try await publish(eval: [sample("1", ["asked"], closing)], train: train)
    #expect(account.left == (conversations == 10 ? ["contaminated": 10] : [:]))
  }

  @Test("many turns of one conversation make no boilerplate")
  func oneConversation() async throws {
    let train = (0..<15).map {
      sample("\($0 + 100)", ["question number \($0)"], words(20, "r"), conversation: "one")
    }
    let (_, account) = try await publish(eval: [sample("1", ["asked"], words(20, "r"))], train: train)
    #expect(account.left == ["contaminated": 15])
  }

  @Test("boilerplate around a specific answer does not hide it")
  func specific() async throws {
    let opening = words(40, "o")
    var train = (0..<12).map {
      sample("\($0 + 100)", ["question number \($0)"], opening + " " + words(20, "x\($0)y"))
    }
    train.append(sample("200", ["the one"], opening + " " + words(20, "r")))
    let (_, account) = try await publish(
      eval: [sample("1", ["asked"], opening + " " + words(20, "r"))], train: train)
    #expect(account.left == ["contaminated": 1])
    #expect(account.decontamination?.pairs.map(\.example) == ["chat/200"])
    #expect(account.decontamination?.pairs.map(\.overlap) == [1])
  }

  @Test("a filled-in template is no near duplicate; the same text is one, however many have it")
  func template() async throws {
    let template = words(120, "t")
    var train = (0..<40).map { sample("\($0 + 100)", [template + " " + words(9, "q\($0)x")]) }
    train += ["200", "201"].map { sample($0, [template + " " + words(9, "a")], system: "be brief") }
    let (_, account) = try await publish(eval: [sample("1", [template + " " + words(9, "a")])], train: train)
    #expect(account.left == ["contaminated": 2])
    #expect(account.decontamination?.pairs.map(\.example) == ["chat/200", "chat/201"])
    let often = (0..<40).map { sample("\($0 + 100)", [words(9, "a")], system: "be brief") }
    let (_, same) = try await publish(eval: [sample("1", [words(9, "a")])], train: often)
    #expect(same.left == ["contaminated": 40])
  }

  // MARK: Sides

  @Test("what trained is no eval item, in whatever version and dataset it did")
  func symmetric() async throws {
    let shop = try PublishWorkshop()
    try shop.add([
      sample("1", [words(12, "a")]), sample("2", [words(12, "b")]), sample("3", ["hello " + words(12, "a")]),
      sample("4", [words(12, "c")]), sample("5", ["quite different"], words(20, "r")),
      sample("6", ["x y"], words(20, "r")),
    ])
    _ = try await shop.publish(
      dataset(.sft, "set", [("train", 100)]) { $0.select = "id IN ('chat/1','chat/5')" })
    // The later version no longer has it, and that changes nothing.
    _ = try await shop.publish(dataset(.sft, "set", [("train", 100)]) { $0.select = "id = 'chat/2'" })
    let account = try await shop.publish(
      dataset(.eval, "gold", [("test", 100)]) { $0.select = "id IN ('chat/3','chat/4','chat/6')" })
    #expect(account.splits == ["test": 1])
    #expect(account.left == ["contaminated": 2])
    let decontamination = try #require(account.decontamination)
    #expect(
      decontamination.heldOut == 2 && decontamination.training == 0 && decontamination.trainedItems == 3)
    #expect(decontamination.protectedItems == 0)
    #expect(
      decontamination.pairs.map { "\($0.example) \($0.protected.description) \($0.measure)" } == [
        "chat/3 set@1 chat/1 near-duplicate", "chat/6 set@1 chat/5 13-gram",
      ])
    #expect(try shop.stays("3") == ["gold out:contaminated 1-"])
  }

  /// The first of `c-0`, `c-1`, … at a position in a range.
  private func conversation(_ range: Range<Double>, skip: Int) -> String {
    (0..<10_000).lazy.map { "c-\($0)" }.filter {
      range.contains(SplitPlan.position($0, seed: DatasetDefinition.defaultSeed))
    }.dropFirst(skip).first ?? ""
  }

  @Test("within one version the held-out side stays")
  func withinVersion() async throws {
    let shop = try PublishWorkshop()
    try shop.add([
      sample("1", [words(20, "a")], conversation: conversation(0..<90, skip: 0)),
      sample("2", ["well " + words(20, "a")], conversation: conversation(90..<100, skip: 0)),
      sample("3", ["something else"], conversation: conversation(0..<90, skip: 1)),
    ])
    let account = try await shop.publish(dataset(.sft, "set", [("train", 90), ("validation", 10)]))
    #expect(account.splits == ["train": 1, "validation": 1])
    #expect(account.left == ["contaminated": 1])
    #expect(
      account.decontamination?.pairs.map(\.protected) == [ProtectedName(dataset: "set", example: "chat/2")])
  }

  @Test("every version ever published is protected, and each record is read once")
  func versions() async throws {
    let shop = try PublishWorkshop()
    try shop.add(
      (1...4).map { sample("\($0)", [words(12, "e\($0)x")]) } + [sample("9", ["hi " + words(12, "e1x")])])
    let gold = { (ids: String) in
      self.dataset(.eval, "gold", [("test", 100)]) { $0.select = "id IN (\(ids))" }
    }
    _ = try await shop.publish(gold("'chat/1','chat/2','chat/3'"))
    _ = try await shop.publish(gold("'chat/2','chat/3'"))
    _ = try await shop.publish(gold("'chat/2','chat/3','chat/4'"))
    let published = try shop.registry.published { _, _ in true }
    #expect(published.count == 4)
    var origins: [String: Int] = [:]
    for unit in published.units {
      try shop.registry.forEachRecord(of: unit) { origin, json in
        let id = String(decoding: json, as: UTF8.self).split(separator: #""id":""#)[1].prefix { $0 != "\"" }
        origins[String(id), default: 0] += origin.number
      }
    }
    #expect(origins == ["chat/1": 1, "chat/2": 1, "chat/3": 1, "chat/4": 3])
    let account = try await shop.publish(
      dataset(.sft, "set", [("train", 100)]) { $0.select = "id = 'chat/9'" })
    #expect(account.left == ["contaminated": 1])
    #expect(account.decontamination?.protectedItems == 4)
  }

  @Test("an example that is published anew for other votes is one item, and hides nothing")
  func changedVotes() async throws {
    let shop = try PublishWorkshop()
    try shop.add([sample("1", [words(12, "e")]), sample("2", ["hi " + words(12, "e")])])
    let gold = dataset(.eval, "gold", [("test", 100)]) { $0.select = "id = 'chat/1'" }
    for good in 1...4 {
      try shop.label("1", .good, good: Double(good))
      #expect(try await shop.publish(gold).number == good)
    }
    #expect(try shop.registry.published { _, _ in true }.count == 4)
    let account = try await shop.publish(
      dataset(.sft, "set", [("train", 100)]) { $0.select = "id = 'chat/2'" })
    #expect(account.left == ["contaminated": 1])
    #expect(account.decontamination?.protectedItems == 1)
    #expect(account.decontamination?.pairs.map(\.protected.description) == ["gold@1 chat/1"])
  }

  @Test("order of arrival and workers change neither the version nor the account")
  func orderAndWorkers() async throws {
    var eval: [LoggedSample] = []
    var train: [LoggedSample] = []
    for index in 0..<40 {
      eval.append(
        sample("\(index + 1)", [words(9 + index, "e\(index)x")], words(15 + index, "r\(index % 7)x")))
      train.append(
        sample(
          "\(index + 100)", ["hi " + words(9 + index, index % 3 == 0 ? "e\(index)x" : "t\(index)x")],
          words(15 + index / 2, "r\(index % 11)x")))
    }
    var seen: Set<PublishAccount> = []
    for (workers, reversed) in [(1, false), (3, false), (1, true), (4, true)] {
      let shop = try PublishWorkshop()
      // Other segments, other numbers in the catalog, other places in packs.
      for batch in reversed ? [train[20...], eval[...], train[..<20]] : [eval[...], train[...]] {
        try shop.add(reversed ? batch.reversed() : Array(batch))
      }
      _ = try await shop.publish(
        dataset(.eval, "gold", [("test", 100)]) { $0.select = "length(substr(id, 6)) < 3" }, workers: workers)
      var account = try await shop.publish(
        dataset(.sft, "set", [("train", 100)]) { $0.select = "length(substr(id, 6)) = 3" }, workers: workers)
      account.writtenBytes = 0
      seen.insert(account)
    }
    #expect(seen.count == 1)
    #expect((seen.first?.left["contaminated"] ?? 0) > 10)
  }
}
