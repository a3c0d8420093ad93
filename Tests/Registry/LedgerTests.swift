import Bytes
import Registry
import Testing

@Suite struct LedgerTests {
  func registry() throws -> (MemoryStore, DatasetRegistry) {
    let store = MemoryStore()
    return (store, try DatasetRegistry.open(store, create: true, registryID: "r"))
  }

  func keys(_ range: Range<UInt64>) -> [ContentHash] {
    range.map { ContentHash(high: $0 &* 0x9E37_79B9_7F4A_7C15, low: $0) }
  }

  @Test func claims() throws {
    let (store, registry) = try registry()
    let empty = try registry.ledger()
    #expect(empty.number == 0)
    let first = try registry.claim(
      dataset: "d", role: [.eval: keys(0..<10), .train: keys(10..<30)], over: empty, nonce: "1")
    #expect(first.number == 2)
    // Only what is new is appended, and nothing when nothing is.
    let second = try registry.claim(
      dataset: "e", role: [.eval: keys(5..<10), .train: keys(20..<40)], over: first, nonce: "2")
    #expect(second.number == 3)
    #expect(
      try registry.claim(dataset: "e", role: [.train: keys(20..<40)], over: second, nonce: "3").number == 3)
    let read = try registry.ledger()
    #expect((read.number, read.eval, read.train) == (3, keys(0..<10).sorted(), keys(10..<40).sorted()))
    #expect((second.eval, second.train) == (read.eval, read.train))
    #expect(keys(0..<10).allSatisfy { read.role(of: $0) == .eval })
    #expect(keys(10..<40).allSatisfy { read.role(of: $0) == .train })
    #expect(keys(40..<60).allSatisfy { read.role(of: $0) == nil })
    #expect(store.list("ledger/").count == 3)
  }

  @Test func refusesTheOppositeRole() throws {
    let (store, registry) = try registry()
    let ledger = try registry.claim(dataset: "d", role: [.eval: keys(0..<3)], over: Ledger(), nonce: "1")
    #expect(
      code { _ = try registry.claim(dataset: "d", role: [.train: keys(2..<9)], over: ledger, nonce: "2") }
        == .ledgerConflict)
    let both: [LedgerRole: [ContentHash]] = [.eval: keys(7..<9), .train: keys(8..<9)]
    #expect(
      code { _ = try registry.claim(dataset: "d", role: both, over: ledger, nonce: "2") } == .ledgerConflict)
    #expect(store.list("ledger/").count == 1)
  }

  @Test func lostRace() throws {
    let (_, registry) = try registry()
    let seen = try registry.ledger()
    _ = try registry.claim(dataset: "theirs", role: [.eval: keys(0..<10)], over: seen, nonce: "theirs")
    // A claim of other keys goes behind theirs.
    let mine = try registry.claim(dataset: "mine", role: [.train: keys(10..<20)], over: seen, nonce: "mine")
    #expect(mine.number == 2)
    #expect((mine.eval, mine.train) == (keys(0..<10).sorted(), keys(10..<20).sorted()))
    // A claim of a key that is theirs now is refused, and nothing is appended.
    do {
      _ = try registry.claim(dataset: "mine", role: [.train: keys(8..<30)], over: seen, nonce: "mine")
      Issue.record("the claim went through")
    } catch let error as RegistryError {
      #expect((error.code, error.number) == (.ledgerMoved, 2))
    }
    #expect(try registry.ledger().number == 2)
  }

  @Test func lostEntryIsSeen() throws {
    let (store, registry) = try registry()
    var ledger = Ledger()
    for number in 0..<3 {
      ledger = try registry.claim(
        dataset: "d", role: [.train: keys(UInt64(number)..<UInt64(number) + 1)], over: ledger,
        nonce: "\(number)")
    }
    store.set("ledger/0000000002.json", nil)
    #expect(code { _ = try registry.ledger() } == .damaged)
    let problems = try registry.verify(full: false).problems
    #expect(problems.map(\.object) == ["ledger/0000000002.json"])
    #expect(problems.map(\.kind) == [.gap])
  }

  /// More keys than one entry takes.
  @Test func manyKeys() throws {
    let (store, registry) = try registry()
    let many = keys(0..<250_000)
    let ledger = try registry.claim(dataset: "d", role: [.train: many], over: Ledger(), nonce: "n")
    #expect(ledger.number == 2)
    #expect(store.list("ledger/").count == 2)
    let read = try registry.ledger()
    #expect(read.train.count == 250_000)
    #expect(read.train == many.sorted())
  }
}
