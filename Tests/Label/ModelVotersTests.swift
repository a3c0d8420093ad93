import Bytes
import Records
import Statistics
import Testing

@testable import Catalog
@testable import Label

@Suite("Voters of a label model") struct ModelVotersTests {
  /// Votes by content: `voter good|bad weight`.
  private func columns(
    _ contents: [[(voter: String, isGood: Bool, weight: Float)]], golden: [Int: LabelClass] = [:]
  )
    -> CatalogVotes
  {
    var columns = CatalogVotes()
    columns.voters = Set(contents.flatMap { $0.map(\.voter) }).sorted()
    for (number, votes) in contents.enumerated() {
      columns.contents.append(ContentHash(high: UInt64(number), low: 0))
      columns.labels.append(LabelRow(content: columns.contents[number], label: nil, probability: nil))
      columns.isUniform.append(true)
      columns.good.append(votes.reduce(0) { $0 + ($1.isGood ? Double($1.weight) : 0) })
      columns.bad.append(votes.reduce(0) { $0 + ($1.isGood ? 0 : Double($1.weight)) })
      columns.votes += votes.sorted { $0.voter < $1.voter }.map { vote in
        CatalogVotes.Vote(
          content: Int32(number), voter: Int32(columns.voters.firstIndex(of: vote.voter) ?? 0),
          isGood: vote.isGood, weight: vote.weight)
      }
    }
    columns.golden = golden
    return columns
  }

  /// Each item's votes as `voter+` or `voter-`.
  private func shown(_ voters: ModelVoters) -> [[String]] {
    (0..<voters.table.items).map { item in
      voters.table.votes(on: item).map {
        "\(voters.table.voters[Int($0.voter)].name)\($0.answer == ModelVoters.good ? "+" : "-")"
      }.sorted()
    }
  }

  @Test("few votes of users are places of their signal, many are voters by name")
  func users() {
    let voters = ModelVoters(
      columns([
        [("thumb:u-1", true, 1), ("thumb:u-2", true, 1), ("copy:u-1", true, 0.5), ("copy:u-2", true, 0.5)],
        [("thumb:u-1", false, 1), ("rating:u-2", false, 1)],
        [("thumb:u-1", true, 1), ("human:ann", true, 1), ("judge:j@1", false, 1), ("rule:r", true, 0.5)],
      ]), userVotes: 3)
    #expect(
      shown(voters) == [
        ["copy+", "thumb+", "thumb:u-1+"], ["rating-", "thumb:u-1-"],
        ["human:ann+", "judge:j@1-", "rule:r+", "thumb:u-1+"],
      ])
    let silence = Dictionary(uniqueKeysWithValues: voters.table.voters.map { ($0.name, $0.silence) })
    #expect(
      silence == [
        "copy": .symbol, "thumb": .missing, "thumb:u-1": .missing, "rating": .missing, "human:ann": .missing,
        "judge:j@1": .missing, "rule:r": .symbol,
      ])
  }

  @Test("two thumbs are two votes, five at most, in the shares of the sides")
  func places() {
    let voters = ModelVoters(
      columns([
        [("thumb:a", true, 1), ("thumb:b", true, 1)], [("thumb:c", true, 30), ("thumb:d", false, 10)],
        [("thumb:e", false, 3)],
      ]), userVotes: 20)
    #expect(shown(voters)[0] == ["thumb#2+", "thumb+"])
    #expect(shown(voters)[1].count == ModelVoters.places)
    #expect(shown(voters)[1].count { $0.hasSuffix("+") } == 4)
    #expect(shown(voters)[2].count == 3)
    #expect(ModelVoters.shares(1, 1) == (1, 1))
    #expect(ModelVoters.shares(0, 900) == (0, 5))
  }

  @Test("behaviour casts its majority, and nothing where it is divided")
  func behaviour() {
    let voters = ModelVoters(
      columns([
        [("regenerate:a", true, 0.5), ("regenerate:b", false, 0.5), ("thumb:a", true, 1)],
        [("regenerate:a", false, 0.5), ("regenerate:b", false, 0.5), ("regenerate:c", true, 0.5)],
      ]), userVotes: 1)
    #expect(shown(voters) == [["thumb:a+"], ["regenerate-"]])
  }

  @Test("with enough contents that somebody chose to judge, those of rules alone are left out of the fit")
  func anchors() {
    let judged = (0..<ModelVoters.anchors).map { index in
      [(voter: "thumb:\(index)", isGood: index.isMultiple(of: 2), weight: Float(1))]
    }
    let rules = (0..<50).map { _ in [(voter: "rule:r", isGood: false, weight: Float(0.5))] }
    let all = ModelVoters(columns(judged + rules), userVotes: 20)
    #expect(all.table.items == ModelVoters.anchors)
    #expect(all.withVotes == ModelVoters.anchors + 50)
    let few = ModelVoters(columns(Array(judged.dropFirst()) + rules), userVotes: 20)
    #expect(few.table.items == ModelVoters.anchors - 1 + 50)
  }

  @Test("silence is an answer only of what votes on one content in twenty")
  func coverage() {
    for (fired, silence) in [(1, Silence.missing), (2, .symbol)] {
      let contents = (0..<40).map { index in
        [(voter: "thumb:\(index)", isGood: true, weight: Float(1))]
          + (index < fired ? [(voter: "rule:r", isGood: false, weight: Float(1))] : [])
      }
      let voters = ModelVoters(columns(contents), userVotes: 20)
      #expect(voters.table.voters.first { $0.name == "rule:r" }?.silence == silence)
    }
  }

  @Test("golden items are known, also where nobody else voted")
  func golden() {
    let voters = ModelVoters(
      columns([[("thumb:a", true, 1)], [], [("thumb:a", false, 1)]], golden: [1: .bad, 2: .good]),
      userVotes: 1)
    #expect(voters.contents == [0, 1, 2])
    #expect(voters.table.gold == [-1, ModelVoters.bad, ModelVoters.good])
  }
}
