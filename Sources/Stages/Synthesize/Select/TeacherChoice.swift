import Statistics

/// What a teacher did in a pilot: the same prompts for every teacher.
public struct TeacherPilot: Sendable, Hashable {
  /// The teacher's name.
  public let teacher: String
  /// What the student gained by the teacher's example for each prompt, in any unit.
  public let gains: [Double]
  /// What each example cost, in dollars.
  public let costs: [Double]

  /// States a pilot; both lists have a number for each prompt, in the same order.
  public init(teacher: String, gains: [Double], costs: [Double]) {
    self.teacher = teacher
    self.gains = gains
    self.costs = costs
  }
}

/// What a teacher is worth.
public struct TeacherValue: Sendable, Hashable, Codable {
  /// The teacher's name.
  public let teacher: String
  /// The student's gain for a dollar.
  public let gainPerDollar: IntervalEstimate
  /// The mean cost of an example in dollars.
  public let meanCost: Double
  /// How much more the best teacher gives for a dollar than this one; nil for the best one.
  public let behindBest: IntervalEstimate?
}

/// Which teacher to take.
public struct TeacherDecision: Sendable, Hashable, Codable {
  /// The teacher to take.
  public let teacher: String
  /// Whether it is better than all others for certain; else it is the cheapest of those that may be the best.
  public let isCertain: Bool
  /// All teachers, the most gain for a dollar first.
  public let values: [TeacherValue]
}

/// Picks a teacher by what the student gains for a dollar.
///
/// A stronger model is not always the better teacher (Z. Xu et al., arXiv 2411.07133), and a weaker, cheaper one may
/// teach more for the same money (H. Bansal et al., arXiv 2408.16737): so a pilot decides. Gain for a dollar is the sum of
/// gains over the sum of costs; differences are drawn prompt by prompt for all teachers together, and are certain where
/// their interval lies above 0, its level widened by the number of comparisons (Bonferroni).
public struct TeacherChoice: Sendable {
  /// Samples, level and seed of the intervals.
  public var comparison: PairedComparison

  /// What an example costs at least in dollars, so that a free teacher has a value: a millionth.
  public static let leastCost = 1e-6

  /// Chooses with intervals.
  public init(comparison: PairedComparison = PairedComparison()) { self.comparison = comparison }

  /// Picks a teacher.
  /// - Parameter pilots: one for each teacher, of the same prompts.
  /// - Returns: nil without a teacher, for fewer than two prompts, and for pilots of different lengths.
  public func choose(_ pilots: [TeacherPilot]) -> TeacherDecision? {
    let pilots = pilots.sorted { $0.teacher < $1.teacher }
    guard let count = pilots.first?.gains.count, count >= 2,
      pilots.allSatisfy({ $0.gains.count == count && $0.costs.count == count })
    else { return nil }
    func value(_ pilot: TeacherPilot, _ places: [Int]) -> Double {
      var (gain, cost) = (0.0, 0.0)
      for place in places {
        gain += pilot.gains[place]
        cost += max(pilot.costs[place], Self.leastCost)
      }
      return gain / cost
    }
    let all = Array(0..<count)
    let wholes = pilots.map { value($0, all) }
    let order = pilots.indices.sorted {
      wholes[$0] == wholes[$1] ? pilots[$0].teacher < pilots[$1].teacher : wholes[$0] > wholes[$1]
    }
    let best = order[0]
    var samples = pilots.map { _ in [Double]() }
    comparison.forEachSample(of: count) { places in
      for (index, pilot) in pilots.enumerated() { samples[index].append(value(pilot, places)) }
    }
    var wide = comparison
    wide.level = 1 - (1 - comparison.level) / Double(max(1, pilots.count - 1))
    let values = order.map { index -> TeacherValue in
      let apart = zip(samples[best], samples[index]).map { $0 - $1 }
      return TeacherValue(
        teacher: pilots[index].teacher,
        gainPerDollar: estimate(wholes[index], samples[index], comparison),
        meanCost: pilots[index].costs.reduce(0, +) / Double(count),
        behindBest: index == best ? nil : estimate(wholes[best] - wholes[index], apart, wide))
    }
    // Those that are not behind for certain; the best one is among them.
    let open = values.filter { $0.behindBest.map { $0.low <= 0 } ?? true }
    let cheapest = open.min { ($0.meanCost, $0.teacher) < ($1.meanCost, $1.teacher) }
    return TeacherDecision(
      teacher: cheapest?.teacher ?? pilots[best].teacher, isCertain: open.count == 1, values: values)
  }

  private func estimate(_ value: Double, _ samples: [Double], _ comparison: PairedComparison)
    -> IntervalEstimate
  {
    let ends = comparison.ends(of: samples.sorted())
    return IntervalEstimate(value: value, low: ends?.low ?? value, high: ends?.high ?? value)
  }
}
