import Bytes
import Catalog
import Records
import Statistics

/// Finds labels that people gave and that everything else speaks against.
///
/// A content's given label is its golden class, else what most of those say who stated an opinion on it: labelers, thumbs,
/// ratings and corrections. Against it stands what all other voters make of the content: comments, behaviour, labeling functions,
/// checks, judges, and students, which vote out of fold. For that the label model is fitted anew on their votes alone, so
/// that no given label is in the probabilities that judge it, neither by its vote nor by what it taught the model about
/// others (``ConfidentLearning`` needs probabilities that have not seen the label). One set of probabilities for all contents,
/// instead of a student's where it spoke and another's elsewhere, keeps the thresholds of the two classes comparable. Where the
/// votes are too thin for a model, the weights of votes stand for it, by the rule of succession.
///
/// Contents on which nobody else voted are not looked at: nothing speaks against their label.
struct LabelSuspects {
  /// Given labels that are probably wrong, worst first: the content, and 1 minus the normalized margin, 0.5 to 1.
  private(set) var suspects: [(content: ContentHash, score: Double)] = []
  /// Contents with a given label on which others voted, too.
  private(set) var looked = 0
  /// The estimated share of their labels that are wrong; nil where there are too few.
  private(set) var noise: Double?

  /// Least given labels of each class.
  ///
  /// The thresholds are means over a class's labels, and of fewer their error is a tenth and more.
  static let least = 20

  private static let givers: Set<String> = ["human", "thumb", "rating", "correction"]

  /// Finds them.
  /// - Parameters:
  ///   - columns: the votes.
  ///   - parameters: which model is fitted, and whose votes it tells apart.
  ///   - summation: fits it.
  init(_ columns: CatalogVotes, _ parameters: LabelParameters, _ summation: any VoteSummation) {
    let isGiver = columns.voters.map { Self.givers.contains(String($0.prefix { $0 != ":" })) }
    var given: [Int: (good: Double, bad: Double)] = [:]
    var others = columns
    others.golden = [:]
    others.good = [Double](repeating: 0, count: columns.contents.count)
    others.bad = others.good
    others.votes = columns.votes.filter { vote in
      let (content, weight) = (Int(vote.content), Double(vote.weight))
      guard isGiver[Int(vote.voter)] else {
        if vote.isGood { others.good[content] += weight } else { others.bad[content] += weight }
        return true
      }
      if vote.isGood {
        given[content, default: (0, 0)].good += weight
      } else {
        given[content, default: (0, 0)].bad += weight
      }
      return false
    }
    for (content, label) in columns.golden { given[content] = label == .good ? (1, 0) : (0, 1) }
    given = given.filter { $0.value.good != $0.value.bad }
    let voted = given.keys.filter { others.good[$0] + others.bad[$0] > 0 }.sorted()
    looked = voted.count
    let labels = voted.map { content in
      given[content].map { $0.good > $0.bad } ?? false ? ModelVoters.good : ModelVoters.bad
    }
    guard min(labels.count { $0 == ModelVoters.good }, labels.count { $0 == ModelVoters.bad }) >= Self.least
    else { return }
    let good = Self.probabilities(others, chosen: Set(given.keys), parameters, summation)
    let learning = ConfidentLearning(
      labels: labels, probabilities: voted.flatMap { [1 - good[$0], good[$0]] }, classes: 2)
    noise = learning.noise
    suspects = learning.errors.map { (columns.contents[voted[$0.item]], 1 - $0.normalizedMargin) }
  }

  /// The probability of good by content, by votes that are left.
  private static func probabilities(
    _ columns: CatalogVotes, chosen: Set<Int>, _ parameters: LabelParameters, _ summation: any VoteSummation
  ) -> [Double] {
    // Who gave labels chose these contents, so that a rule's silence on them can be read.
    let voters = ModelVoters(columns, userVotes: parameters.userVotes, chosen: chosen)
    let summary = summation.sum(voters.table, model: parameters.model)
    var good = zip(columns.good, columns.bad).map { ($0 + 1) / ($0 + $1 + 2) }
    guard summary.model != .majority else { return good }
    for (item, content) in voters.contents.enumerated() {
      good[content] = summary.probabilities[item * 2 + Int(ModelVoters.good)]
    }
    return good
  }
}

/// How far labelers agree whether an output is good.
///
/// Over answers that count and were given blind: without a suggestion, and not by an adjudicator, who saw the others'. Hidden gold
/// is left out, which says how good a labeler is, and not how far labelers agree.
public struct HumanAgreement: Sendable, Codable, Hashable {
  /// People who answered.
  public var labelers = 0
  /// Their answers, one for each person and content.
  public var answers = 0
  /// Contents with answers of two people or more.
  public var shared = 0
  /// Answers left out since a suggestion was seen first.
  public var exposed = 0
  /// Krippendorff's α; nil where it is not defined.
  public var alpha: IntervalEstimate?
  /// Gwet's AC1, for where nearly all is of one class.
  public var gwet: IntervalEstimate?
  /// Fleiss' κ.
  public var fleiss: IntervalEstimate?

  /// Nothing.
  public init() {}

  /// Measures it; nil where nobody answered.
  init?(_ votes: [ReviewVote], exposed: Int) {
    guard !votes.isEmpty || exposed > 0 else { return nil }
    let names = Set(votes.map(\.labeler)).sorted()
    let numbers = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, Int32($0)) })
    var entries: [VoteTable.Vote] = []
    var items: Int32 = 0
    for (index, vote) in votes.enumerated() {
      if index == 0 || votes[index - 1].content != vote.content { items += 1 }
      guard let voter = numbers[vote.labeler] else { continue }
      entries.append(
        VoteTable.Vote(
          item: items - 1, voter: voter, answer: vote.class == .good ? ModelVoters.good : ModelVoters.bad))
    }
    let table = VoteTable(
      classes: 2, items: Int(items), voters: names.map { Voter(name: "human:\($0)") }, votes: entries)
    labelers = names.count
    answers = table.votes.count
    shared = (0..<table.items).count { table.votes(on: $0).count > 1 }
    self.exposed = exposed
    let agreement = Agreement()
    alpha = Self.interval(agreement.krippendorffAlpha(table))
    gwet = Self.interval(agreement.gwetAC1(table))
    fleiss = Self.interval(agreement.fleissKappa(table))
  }

  private static func interval(_ estimate: AgreementEstimate) -> IntervalEstimate? {
    guard let value = estimate.value, let low = estimate.low, let high = estimate.high else { return nil }
    return IntervalEstimate(value: value, low: low, high: high)
  }
}
