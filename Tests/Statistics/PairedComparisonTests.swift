import Statistics
import Testing

@Suite("Paired comparisons") struct PairedComparisonTests {
  struct Split: Sendable, CustomTestStringConvertible {
    let first: Int
    let second: Int
    let exact: Double
    let midP: Double
    var testDescription: String { "\(first) against \(second)" }
  }

  // statsmodels 0.15.0, mcnemar(exact=True), and for the middle p Fagerland's formula by scipy 1.17.1's binom.
  @Test(
    "McNemar's test",
    arguments: [
      Split(first: 1, second: 7, exact: 0.0703125, midP: 0.0390625),
      Split(first: 9, second: 3, exact: 0.14599609375, midP: 0.09228515625),
      Split(first: 5, second: 5, exact: 1, midP: 0.876953125),
      Split(first: 0, second: 0, exact: 1, midP: 0.5),
      Split(first: 0, second: 12, exact: 0.00048828125, midP: 0.000244140625),
      Split(first: 120, second: 160, exact: 0.019606727290281328, midP: 0.01686929634014373),
      Split(first: 25, second: 10, exact: 0.016673847800120715, midP: 0.011330984183587134),
    ])
  func testsSplits(_ item: Split) {
    let test = McNemarTest(onlyFirst: item.first, onlySecond: item.second)
    #expect(abs(test.exact - item.exact) < 1e-12)
    #expect(abs(test.midP - item.midP) < 1e-12)
    #expect(test == McNemarTest(onlyFirst: item.second, onlySecond: item.first))
  }

  @Test("large splits stay finite")
  func testsLargeSplits() {
    let test = McNemarTest(onlyFirst: 100_000, onlySecond: 101_000)
    #expect(test.exact > 0.025 && test.exact < 0.027)
    #expect(McNemarTest(onlyFirst: 0, onlySecond: 100_000).exact == 0)
  }

  private static let first = [
    0.62, 0.71, 0.55, 0.90, 0.48, 0.83, 0.77, 0.66, 0.59, 0.95, 0.70, 0.41, 0.88, 0.73, 0.64, 0.99, 0.52,
    0.80, 0.68,
    0.75,
  ]
  private static let second = [
    0.58, 0.70, 0.40, 0.91, 0.50, 0.70, 0.61, 0.66, 0.45, 0.94, 0.55, 0.47, 0.60, 0.72, 0.50, 0.97, 0.49,
    0.62, 0.30,
    0.71,
  ]

  // scipy 1.17.1, stats.bootstrap of the differences with 200,000 samples.
  @Test(
    "bootstrap intervals",
    arguments: [
      (PairedComparison.Method.percentile, 0.0445, 0.1390),
      (PairedComparison.Method.accelerated, 0.0485, 0.1450),
    ])
  func drawsIntervals(_ method: PairedComparison.Method, _ low: Double, _ high: Double) throws {
    let comparison = PairedComparison(samples: 20_000, seed: 1)
    let estimate = try #require(comparison.difference(Self.first, Self.second, method: method))
    #expect(abs(estimate.value - 0.089) < 1e-12)
    #expect(abs(estimate.low - low) < 0.0015)
    #expect(abs(estimate.high - high) < 0.0015)
    #expect(comparison.difference(Self.first, Self.second, method: method) == estimate)
  }

  @Test("few and equal values")
  func drawsFew() {
    let comparison = PairedComparison()
    #expect(comparison.difference([1], [0]) == nil)
    #expect(comparison.difference([], []) == nil)
    #expect(comparison.difference([3, 3, 3], [1, 1, 1]) == IntervalEstimate(value: 2, low: 2, high: 2))
    #expect(comparison.samples == 2000)
  }

  // ppi_py 0.2.3, ppi_mean_ci with its tuned weight, which divides variances by n and not by n − 1: -0.22360 to 0.25918
  // around 0.01779.
  @Test("PPI++ of a difference")
  func powersDifferences() throws {
    let truth = [-1, 0, 1, 0, -1, 0, 0, -1, 1, -1, 0, 0, 0, 0, 1, 1, 0, 1, 1, 0].map(Double.init)
    let seen = [-1, 1, 1, 0, -1, 0, 0, 1, 1, -1, 0, 0, 0, 1, 1, 1, 0, 1, 1, 0].map(Double.init)
    let others = [
      0, -1, 1, 0, 1, 0, 0, 0, 1, -1, -1, 1, 1, 0, 1, -1, 1, -1, 1, 1, 1, 1, 1, 1, -1, 0, -1, -1, -1, 1, -1,
      0, 0, 1,
      1, 1, -1, 0, 1, -1, 1, 0, 0, 1, 1, 0, 0, -1, 0, -1, 0, 0, 1, 0, -1, 0, -1, 1, 0, 0,
    ].map(Double.init)
    let estimate = try #require(
      IntervalEstimate.predictionPoweredDifference(
        judged: others + seen, truth: others.map { _ in nil } + truth.map { $0 }))
    #expect(abs(estimate.value - 0.01779) < 0.005)
    #expect(abs(estimate.low + 0.22360) < 0.01)
    #expect(abs(estimate.high - 0.25918) < 0.01)
    #expect(estimate == IntervalEstimate.predictionPowered(human: truth, judge: seen, others: others))
    #expect(IntervalEstimate.predictionPoweredDifference(judged: [1, 0], truth: [1, nil]) == nil)
  }

  /// Two models on items that are hard for both or for neither, and a judge that errs; the first is better by 0.1 of the
  /// items that are not hard.
  private struct World {
    static let difference = 0.5 * 0.1
    private var numbers: SplitMix

    init(seed: UInt64) { numbers = SplitMix(state: seed &* 0x9E37_79B9 &+ 1) }

    mutating func item() -> (first: Double, second: Double) {
      let isHard = numbers.share() < 0.5
      return (right(isHard ? 0.3 : 0.8), right(isHard ? 0.3 : 0.7))
    }

    /// The judge takes 9 of 10 right answers as right, and 2 of 10 wrong ones.
    mutating func judged(_ truth: Double) -> Double { right(truth == 1 ? 0.9 : 0.2) }

    private mutating func right(_ share: Double) -> Double { numbers.share() < share ? 1 : 0 }
  }

  @Test("95 % of PPI++ intervals hold the truth, and are narrower than those of the few")
  func covers() throws {
    var (held, narrower) = (0, 0)
    for run in 0..<200 {
      var world = World(seed: UInt64(run))
      var (judged, truth): ([Double], [Double?]) = ([], [])
      for index in 0..<600 {
        let (first, second) = world.item()
        judged.append(world.judged(first) - world.judged(second))
        truth.append(index < 100 ? first - second : nil)
      }
      let estimate = try #require(IntervalEstimate.predictionPoweredDifference(judged: judged, truth: truth))
      if estimate.low <= World.difference, World.difference <= estimate.high { held += 1 }
      let known = truth.compactMap { $0 }
      let alone = try #require(IntervalEstimate.predictionPowered(human: known, judge: known, others: []))
      if estimate.high - estimate.low < alone.high - alone.low { narrower += 1 }
    }
    #expect(held >= 186)
    #expect(held < 200)
    #expect(narrower > 180)
  }

  @Test("95 % of bootstrap intervals hold the truth", arguments: PairedComparison.Method.allCases)
  func coversByBootstrap(_ method: PairedComparison.Method) throws {
    var held = 0
    for run in 0..<200 {
      var world = World(seed: UInt64(run) &+ 7)
      var (first, second): ([Double], [Double]) = ([], [])
      for _ in 0..<80 {
        let item = world.item()
        first.append(item.first)
        second.append(item.second)
      }
      let comparison = PairedComparison(samples: 300, seed: UInt64(run))
      let estimate = try #require(comparison.difference(first, second, method: method))
      if estimate.low <= World.difference, World.difference <= estimate.high { held += 1 }
    }
    #expect(held >= 186)
  }
}
