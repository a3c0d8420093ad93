import Bytes
import Catalog
import Lake
import Records
import Text

/// What other rules, or other parameters, would find, beside what the catalog holds.
public struct CurateComparison: Sendable, Codable, Hashable {
  /// Interactions with a finding of one rule, reason and effect.
  public struct Row: Sendable, Codable, Hashable {
    /// The rule's name.
    public let rule: String
    /// The reason code.
    public let reason: String
    /// What it does: `drop` or `flag`.
    public let effect: String
    /// Interactions that have it in the catalog.
    public var before = 0
    /// Interactions that would have it.
    public var after = 0
    /// Interactions that would have it and have it not.
    public var gained = 0
    /// Interactions that have it and would have it not.
    public var lost = 0
  }

  /// Interactions that would change sides.
  public struct Turn: Sendable, Codable, Hashable {
    /// How many there are.
    public var count = 0
    /// Some of their ids, with the reason of the drop, in the order of the lake.
    public var samples: [Sample] = []
  }

  /// An interaction that would change sides.
  public struct Sample: Sendable, Codable, Hashable {
    /// Its id.
    public let id: String
    /// The reason of the drop, now or then, as `rule/reason`.
    public let reason: String
  }

  /// Interactions examined.
  public var examined = 0
  /// Interactions that the catalog has no decision on.
  public var undecided = 0
  /// Findings by rule, reason and effect, sorted.
  public var rows: [Row] = []
  /// Interactions that the rules keep in the catalog and would drop.
  public var wouldDrop = Turn()
  /// Interactions that the rules drop in the catalog and would keep.
  public var wouldKeep = Turn()
  /// Rules that could do more with a model that is not there, sorted.
  public var withoutModel: [String] = []

  /// Nothing.
  public init() {}
}

extension CurateStage {
  /// Applies the rules to every interaction and writes nothing.
  ///
  /// Duplicates and influence are decided between records and are left out on both sides: a record that they drop
  /// counts as one that the rules keep.
  /// - Parameters:
  ///   - samples: ids of each turn at most.
  ///   - progress: called with interactions examined and interactions in all.
  /// - Returns: the comparison.
  /// - Throws: the stores' errors.
  public func compare(samples: Int, progress: (Int, Int) -> Void) async throws -> CurateComparison {
    let list = try RuleList(parameters, resources)
    var comparison = CurateComparison()
    comparison.withoutModel = list.withoutModel
    var rows: [String: CurateComparison.Row] = [:]
    let pending = try PendingRecords(catalog: catalog, rules: 0)
    try await OrderedTasks.run(
      limit: workers, next: { try pending.next() },
      work: { [lake, catalog] job in
        let examined = try await job.examine(in: lake, list, known: nil)
        return (examined.results, try catalog.standing(of: examined.results.map(\.number)))
      },
      consume: { results, standing in
        for result in results {
          comparison.examined += 1
          guard let before = standing[result.number] else { continue }
          comparison.compare(before, result, samples: samples)
          Self.count(before.findings, result.findings, into: &rows)
        }
        progress(comparison.examined, pending.total)
      })
    comparison.rows = rows.values.sorted { ($0.rule, $0.reason, $0.effect) < ($1.rule, $1.reason, $1.effect) }
    return comparison
  }

  private static func count(
    _ before: [Finding], _ after: [Finding], into rows: inout [String: CurateComparison.Row]
  ) {
    func keys(_ findings: [Finding]) -> Set<String> {
      Set(
        findings.map { finding in
          let key = "\(finding.rule)/\(finding.reason) \(finding.effect.rawValue)"
          if rows[key] == nil {
            rows[key] = CurateComparison.Row(
              rule: finding.rule, reason: finding.reason, effect: finding.effect.rawValue)
          }
          return key
        })
    }
    let (old, new) = (keys(before), keys(after))
    for key in old {
      rows[key]?.before += 1
      if !new.contains(key) { rows[key]?.lost += 1 }
    }
    for key in new {
      rows[key]?.after += 1
      if !old.contains(key) { rows[key]?.gained += 1 }
    }
  }
}

extension CurateComparison {
  fileprivate mutating func compare(
    _ before: StandingInteraction, _ after: CurationResult, samples: Int
  ) {
    guard let decision = before.decision else {
      undecided += 1
      return
    }
    let settled = before.reason.map { CatalogStore.settledReasons.contains($0) } ?? false
    let wasKept = decision == Decision.kept.rawValue || settled
    if wasKept, let reason = after.reason {
      wouldDrop.add(Sample(id: before.id, reason: reason), samples)
    } else if !wasKept, after.decision == .kept {
      wouldKeep.add(Sample(id: before.id, reason: before.reason ?? ""), samples)
    }
  }
}

extension CurateComparison.Turn {
  fileprivate mutating func add(_ sample: CurateComparison.Sample, _ most: Int) {
    count += 1
    if samples.count < most { samples.append(sample) }
  }
}
