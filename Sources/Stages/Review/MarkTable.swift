import Catalog
import Statistics

/// Answers as votes of labelers on items, for figures of agreement.
public struct MarkTable {
  /// The votes.
  public let table: VoteTable
  /// The labels by class number.
  public let labels: [String]
  /// The labelers by number.
  public let labelers: [String]

  /// Makes a table; nil where nobody shares an item with anybody.
  /// - Parameters:
  ///   - marks: the answers.
  ///   - only: a label that is held against all others; nil tells all labels apart.
  public init?(_ marks: [ReviewMark], against only: String? = nil) {
    func named(_ mark: ReviewMark) -> String {
      guard let only else { return mark.label }
      return mark.label == only ? only : ""
    }
    let labels = Set(marks.map(named)).sorted()
    let labelers = Set(marks.map(\.labeler)).sorted()
    let classes = Dictionary(uniqueKeysWithValues: labels.enumerated().map { ($1, Int32($0)) })
    let voters = Dictionary(uniqueKeysWithValues: labelers.enumerated().map { ($1, Int32($0)) })
    var items: [Int64: Int32] = [:]
    var shared = false
    var votes: [VoteTable.Vote] = []
    for mark in marks {
      if items[mark.item] != nil { shared = true }
      let item = items[mark.item] ?? Int32(items.count)
      items[mark.item] = item
      guard let answer = classes[named(mark)], let voter = voters[mark.labeler] else { continue }
      votes.append(VoteTable.Vote(item: item, voter: voter, answer: answer))
    }
    guard shared else { return nil }
    self.labels = labels
    self.labelers = labelers
    // A question has two classes even where all gave one answer.
    table = VoteTable(
      classes: max(2, labels.count), items: items.count, voters: labelers.map { Voter(name: $0) },
      votes: votes)
  }
}
