import Bytes
import Signatures
import Testing

private func hash(_ number: Int) -> ContentHash { ContentHash(high: 0, low: UInt64(number)) }

@Suite("Clusters") struct ClusterForestTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let id: String
    var seeds: [[Int]] = []
    var pairs: [[Int]] = []
    /// Documents and clusters.
    let rows: [[Int]]
    let changes: [[Int]]
    var testDescription: String { id }
  }

  @Test(arguments: [
    Row(id: "empty", rows: [], changes: []),
    Row(id: "a pair", pairs: [[5, 3]], rows: [[3, 3], [5, 3]], changes: [[5, 3]]),
    Row(id: "itself", pairs: [[5, 5]], rows: [], changes: []),
    Row(id: "twice", pairs: [[5, 3], [3, 5]], rows: [[3, 3], [5, 3]], changes: [[5, 3]]),
    Row(
      id: "a chain", pairs: [[5, 6], [8, 7], [6, 7]], rows: [[5, 5], [6, 5], [7, 5], [8, 5]],
      changes: [[6, 5], [7, 5], [8, 5]]),
    Row(id: "known", seeds: [[4, 2], [3, 2], [2, 2]], rows: [[2, 2], [3, 2], [4, 2]], changes: []),
    Row(
      id: "known, one more", seeds: [[4, 2]], pairs: [[9, 4]], rows: [[2, 2], [4, 2], [9, 2]],
      changes: [[9, 2]]),
    Row(
      id: "known, a smaller one", seeds: [[4, 2], [3, 2]], pairs: [[1, 4]],
      rows: [[1, 1], [2, 1], [3, 1], [4, 1]], changes: [[2, 1]]),
    Row(
      id: "two known ones meet", seeds: [[4, 2], [5, 3]], pairs: [[9, 4], [9, 5]],
      rows: [[2, 2], [3, 2], [4, 2], [5, 2], [9, 2]], changes: [[3, 2], [9, 2]]),
    Row(id: "alone, known", seeds: [[4, 4]], rows: [], changes: []),
  ])
  func unites(_ row: Row) {
    var forest = ClusterForest()
    for seed in row.seeds { forest.seed(hash(seed[0]), cluster: hash(seed[1])) }
    for pair in row.pairs { forest.unite(hash(pair[0]), hash(pair[1])) }
    #expect(forest.rows.map { [Int($0.content.low), Int($0.cluster.low)] } == row.rows)
    #expect(forest.changes.map { [Int($0.from.low), Int($0.to.low)] } == row.changes)
    for entry in row.rows { #expect(forest.cluster(of: hash(entry[0])) == hash(entry[1])) }
    #expect(forest.cluster(of: hash(77)) == hash(77))
  }

  @Test func saysWhatIsNew() {
    var forest = ClusterForest()
    var news = [forest.unite(hash(1), hash(2)), forest.unite(hash(2), hash(1))]
    #expect(forest.count == 2)
    forest.seed(hash(3), cluster: hash(1))
    news.append(forest.unite(hash(3), hash(2)))
    #expect(news == [true, false, false])
  }

  @Test("the order does not matter", arguments: 0..<8)
  func order(_ seed: Int) {
    var random = Seeded(UInt64(seed))
    var pairs = (0..<400).map { _ in
      (Int.random(in: 0..<500, using: &random), Int.random(in: 0..<500, using: &random))
    }
    var first = ClusterForest()
    for (left, right) in pairs { first.unite(hash(left), hash(right)) }
    pairs.shuffle(using: &random)
    var second = ClusterForest()
    for (left, right) in pairs { second.unite(hash(right), hash(left)) }
    #expect(first.names == second.names)
    #expect(first.changes == second.changes)
    // By the definition: the least fixed point of taking the smaller name.
    var names = Array(0..<500)
    while true {
      let before = names
      for (left, right) in pairs {
        let least = min(names[left], names[right])
        (names[left], names[right]) = (least, least)
      }
      if names == before { break }
    }
    #expect((0..<500).allSatisfy { first.cluster(of: hash($0)) == hash(names[$0]) })
  }

  @Test("a long chain costs no more than its length")
  func chain() {
    var forest = ClusterForest()
    for number in 1..<200_000 { forest.unite(hash(number), hash(number - 1)) }
    #expect(forest.cluster(of: hash(199_999)) == hash(0))
    #expect(forest.changes.count == 199_999)
  }
}
