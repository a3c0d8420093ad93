import Catalog
import Records
import Statistics

/// What people did in a queue, and how much they agree.
public struct QueueFigures: Sendable, Hashable, Codable {
  /// A coefficient of agreement with its interval.
  public struct Coefficient: Sendable, Hashable, Codable {
    /// `alpha` (Krippendorff), `kappa` (Cohen for two people, Fleiss for more) or `ac1` (Gwet).
    public let name: String
    /// The coefficient; nil where it is not defined.
    public let value: Double?
    /// The lower end of its 95 % interval.
    public let low: Double?
    /// The upper end.
    public let high: Double?
  }

  /// What one person did.
  public struct Labeler: Sendable, Hashable, Codable {
    /// Who.
    public let labeler: String
    /// Answers that count.
    public let answers: Int
    /// Skips that count.
    public let skips: Int
    /// Milliseconds of work.
    public let active: Int
    /// Answers an hour of work; nil before the fifth.
    public let pace: Double?
    /// Right answers to hidden gold.
    public let goldRight: Int
    /// Answers to hidden gold that say good or bad.
    public let gold: Int
    /// Their share with Wilson's 95 % interval; nil without any.
    public let accuracy: IntervalEstimate?
    /// Whether the labeler is paused.
    public let isPaused: Bool
    /// When the last answer was given, RFC 3339.
    public let last: String?
  }

  /// How often one label was given.
  public struct Label: Sendable, Hashable, Codable {
    /// The label, or several with commas between.
    public let label: String
    /// Answers that say it.
    public let answers: Int
    /// Mean milliseconds of work of an answer.
    public let meanActive: Int
    /// Krippendorff's α on this label against all others; nil with one person.
    public let alpha: Coefficient?
  }

  /// The queue's name.
  public let queue: String
  /// People by name.
  public let labelers: [Labeler]
  /// Labels, the most frequent first.
  public let labels: [Label]
  /// Items that two or more people answered.
  public let shared: Int
  /// α, κ and AC1 over all labels; empty where nobody shares an item.
  public let agreement: [Coefficient]

  /// Measures a queue.
  /// - Parameters:
  ///   - queue: its name.
  ///   - catalog: the catalog.
  /// - Throws: the catalog's errors.
  public init(_ queue: String, catalog: CatalogStore) throws {
    self.queue = queue
    labelers = try catalog.reviewLabelers(queue).map { row in
      Labeler(
        labeler: row.labeler, answers: row.answers, skips: row.skips, active: row.active,
        pace: ReviewProgress.pace(answers: row.timed, active: row.active),
        goldRight: row.gold.right, gold: row.gold.of,
        accuracy: IntervalEstimate.wilson(successes: Double(row.gold.right), trials: Double(row.gold.of)),
        isPaused: row.isPaused, last: row.last?.description)
    }
    let marks = try catalog.reviewMarks(queue)
    let table = MarkTable(marks)
    let measure = Agreement()
    labels = try catalog.reviewLabels(queue).map { row in
      Label(
        label: row.label, answers: row.answers, meanActive: row.answers > 0 ? row.active / row.answers : 0,
        alpha: MarkTable(marks, against: row.label).map {
          Self.coefficient("alpha", measure.krippendorffAlpha($0.table))
        })
    }
    if let table {
      let kappa =
        table.labelers.count == 2
        ? measure.cohenKappa(table.table, 0, 1) : measure.fleissKappa(table.table)
      agreement = [
        Self.coefficient("alpha", measure.krippendorffAlpha(table.table)),
        Self.coefficient("kappa", kappa), Self.coefficient("ac1", measure.gwetAC1(table.table)),
      ]
      shared = (0..<table.table.items).count { table.table.votes(on: $0).count > 1 }
    } else {
      (agreement, shared) = ([], 0)
    }
  }

  private static func coefficient(_ name: String, _ estimate: AgreementEstimate) -> Coefficient {
    Coefficient(name: name, value: estimate.value, low: estimate.low, high: estimate.high)
  }
}
