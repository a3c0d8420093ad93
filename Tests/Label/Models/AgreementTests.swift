import Label
import Statistics
import Testing

@Suite("Agreement") struct AgreementTests {
  private let measure = Agreement(samples: 0)

  @Test("as the reference programs have it") func references() {
    let table = Sample.table()
    // krippendorff 0.9.0, alpha(level_of_measurement=…).
    #expect(near(measure.krippendorffAlpha(table).value, 0.37275985663082434))
    #expect(near(measure.krippendorffAlpha(table, scale: .ordinal).value, 0.4693261621766477))
    #expect(near(measure.krippendorffAlpha(table, scale: .interval).value, 0.46526097476667816))
    // scikit-learn 1.5.2, cohen_kappa_score on the items that both voted on.
    #expect(near(measure.cohenKappa(table, 0, 1).value, 0.5833333333333333))
    // statsmodels 0.15.0, fleiss_kappa; irrCAC 0.4, CAC.fleiss and CAC.gwet, which round to five places.
    #expect(near(measure.fleissKappa(Sample.complete).value, 0.4004433696090288))
    #expect(near(measure.fleissKappa(table).value, 0.36749, within: 5e-6))
    #expect(near(measure.gwetAC1(table).value, 0.37869, within: 5e-6))
    #expect(near(measure.gwetAC1(Sample.complete).value, 0.40725244072524436))
    #expect(measure.krippendorffAlpha(table).items == 30)
  }

  @Test("by hand: ten items, two voters") func byHand() {
    // Both 1 on four items, both 0 on three, 1/0 on two, 0/1 on one: agreement .7, shares .6 and .5 of 1.
    let table = rows(
      Array(repeating: [1, 1], count: 4) + Array(repeating: [0, 0], count: 3) + [[1, 0], [1, 0], [0, 1]])
    #expect(near(measure.cohenKappa(table, 0, 1).value, (0.7 - 0.5) / 0.5))
    // Shares of both together .55 and .45.
    let chance = 0.55 * 0.55 + 0.45 * 0.45
    #expect(near(measure.fleissKappa(table).value, (0.7 - chance) / (1 - chance)))
    #expect(near(measure.gwetAC1(table).value, (0.7 - 2 * 0.55 * 0.45) / (1 - 2 * 0.55 * 0.45)))
    // 1 − (N − 1) · observed / expected with 20 votes: 19 · 6 / (2 · 11 · 9).
    #expect(near(measure.krippendorffAlpha(table).value, 1 - 19.0 * 6 / (2 * 11 * 9)))
  }

  @Test("where one class is nearly all, AC1 keeps what voters agree on") func prevalence() {
    let table = rows(Array(repeating: [0, 0], count: 95) + [[1, 1], [0, 1], [0, 1], [1, 0], [1, 0]])
    #expect((measure.cohenKappa(table, 0, 1).value ?? 1) < 0.35)
    #expect((measure.gwetAC1(table).value ?? 0) > 0.94)
  }

  @Test("undefined is nil") func undefined() {
    for table in [
      VoteTable(classes: 2, items: 0, voters: Sample.voters(2), votes: []),
      rows([[0, 0], [0, 0]]), rows([[0, nil], [nil, 1]]),
    ] {
      for estimate in [
        Agreement().cohenKappa(table, 0, 1), Agreement().fleissKappa(table), Agreement().gwetAC1(table),
        Agreement().krippendorffAlpha(table, scale: .ordinal),
      ] {
        #expect(estimate.value == nil && estimate.low == nil && estimate.high == nil)
      }
    }
  }

  @Test("intervals hold the value, are the same again, and narrow with items") func intervals() {
    var numbers = SeededNumbers(23)
    let answers = (0..<800).map { _ -> [Int?] in
      let truth = numbers.below(2)
      return (0..<3).map { _ in numbers.share() < 0.8 ? truth : 1 - truth }
    }
    let (few, many) = (rows(Array(answers.prefix(100))), rows(answers))
    let sampled = Agreement(samples: 200)
    for measure in [
      { sampled.krippendorffAlpha($0) }, { sampled.fleissKappa($0) }, { sampled.gwetAC1($0) },
      { sampled.cohenKappa($0, 0, 1) },
    ] as [(VoteTable) -> AgreementEstimate] {
      let (wide, narrow) = (measure(few), measure(many))
      guard let value = narrow.value, let low = narrow.low, let high = narrow.high, let wideLow = wide.low,
        let wideHigh = wide.high
      else {
        Issue.record("an interval is missing")
        continue
      }
      #expect(low < value && value < high)
      // The truth: two voters that are right on .8 go together by (2 · .8 − 1)².
      #expect(low < 0.36 && high > 0.36)
      #expect(high - low < 0.6 * (wideHigh - wideLow))
      #expect(measure(many) == narrow)
    }
    #expect(
      Agreement(samples: 200, seed: 1).fleissKappa(few).low != Agreement(samples: 200).fleissKappa(few).low)
  }

  // MARK: Estimates

  @Test("Wilson's interval") func wilson() {
    // statsmodels 0.15.0, proportion_confint(method="wilson").
    let some = IntervalEstimate.wilson(successes: 8, trials: 10)
    #expect(near(some?.low, 0.49016247153664183) && near(some?.high, 0.9433178485456247))
    let none = IntervalEstimate.wilson(successes: 0, trials: 20)
    #expect(none?.low == 0 && near(none?.high, 0.1611251580528194))
    #expect(IntervalEstimate.wilson(successes: 0, trials: 0) == nil)
    #expect(IntervalEstimate.wilson(successes: 20, trials: 20)?.high == 1)
  }

  @Test("PPI++ by hand") func predictionPowered() {
    // Means .5 and .5; covariance 1/3 · (¼ + ¼ + ¼ − ¼)… of (1,1), (1,0), (0,0), (1,1), (0,0), (0,1).
    let human = [1.0, 1, 0, 1, 0, 0]
    let judge = [1.0, 0, 0, 1, 0, 1]
    let others = [1.0, 1, 1, 0, 1, 1, 1, 0, 1, 1, 1, 1]
    let estimate = IntervalEstimate.predictionPowered(human: human, judge: judge, others: others)
    // Covariance .1; the judge on all 18: mean 13/18, variance 18/17 · 13/18 · 5/18; weight .1 / (1.5 ·
    // that).
    let spread = 18.0 / 17 * 13 / 18 * 5 / 18
    let weight = 0.1 / (1.5 * spread)
    #expect(near(estimate?.value, weight * 10 / 12 + 0.5 - weight * 0.5, within: 1e-12))
    // A judge that says the same of all has no weight.
    let idle = IntervalEstimate.predictionPowered(
      human: human, judge: [1, 1, 1, 1, 1, 1], others: [1, 1, 1, 1])
    #expect(near(idle?.value, 0.5))
    #expect(near(idle.map { $0.high - $0.value }, 1.959963984540054 * (0.3 / 6).squareRoot()))
    #expect(IntervalEstimate.predictionPowered(human: [1], judge: [1], others: [1]) == nil)
  }

  @Test("PPI++ intervals hold the truth as often as they say, and are shorter than humans alone")
  func coverage() {
    var numbers = SeededNumbers(31)
    var (held, width, plainWidth) = (0, 0.0, 0.0)
    let rounds = 300
    for _ in 0..<rounds {
      func pair() -> (Double, Double) {
        let human = numbers.share() < 0.3 ? 1.0 : 0
        return (human, numbers.share() < 0.9 ? human : 1 - human)
      }
      let seen = (0..<60).map { _ in pair() }
      let others = (0..<600).map { _ in pair().1 }
      guard
        let estimate = IntervalEstimate.predictionPowered(
          human: seen.map(\.0), judge: seen.map(\.1), others: others),
        let alone = IntervalEstimate.predictionPowered(human: seen.map(\.0), judge: seen.map(\.1), others: [])
      else { continue }
      if estimate.low <= 0.3 && estimate.high >= 0.3 { held += 1 }
      width += estimate.high - estimate.low
      plainWidth += alone.high - alone.low
    }
    #expect(held > rounds * 90 / 100)
    #expect(width < 0.75 * plainWidth)
  }
}
