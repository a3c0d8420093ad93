import Label
import Statistics
import Testing

@Suite("Labels and a classifier") struct ClassifierLabelTests {
  @Test("label errors as cleanlab 2.9.0 finds them") func confidentLearning() {
    let found = ConfidentLearning(
      labels: Sample.labels, probabilities: Sample.classifier, classes: 3, rank: .normalizedMargin)
    #expect(zip(found.thresholds, [0.5115, 0.53575, 0.542]).allSatisfy { near($0, $1) })
    #expect(found.counts == [10, 0, 3, 3, 12, 2, 0, 0, 9])
    #expect(found.joint == [15, 0, 5, 4, 14, 2, 0, 0, 20])
    // find_label_issues(return_indices_ranked_by=…).
    #expect(found.errors.map(\.item) == [21, 42, 14, 0, 35, 56, 13, 10, 57, 18])
    let bySelf = ConfidentLearning(
      labels: Sample.labels, probabilities: Sample.classifier, classes: 3, rank: .selfConfidence)
    #expect(bySelf.errors.map(\.item) == [21, 0, 14, 42, 35, 56, 13, 18, 57, 10])
    #expect(near(found.noise, 11.0 / 60))
    let first = found.errors[0]
    #expect(first.given == 1 && first.suggested == 0)
  }

  @Test("labels without errors have none; odd input does not stop it") func noErrors() {
    let sure = ConfidentLearning(labels: [0, 1, 0, 1], probabilities: [1, 0, 0, 1, 1, 0, 0, 1], classes: 2)
    #expect(sure.errors == [])
    #expect(sure.noise == 0)
    #expect(ConfidentLearning(labels: [], probabilities: [], classes: 2).errors == [])
    let even = [Double](repeating: 0.25, count: 12)
    let one = ConfidentLearning(labels: [2, 2, 2], probabilities: even, classes: 4)
    #expect(one.errors == [])
    #expect(one.thresholds == [2, 2, 0.25, 2])
  }

  @Test("CROWDLAB as cleanlab 2.9.0 has it") func crowdlab() {
    let found = Crowdlab(Sample.table(), classifier: Array(Sample.classifier.prefix(90)))
    let consensus = (0..<30).map { $0 == 12 ? 1 : Int32($0 % 3) }
    #expect(found.consensus == consensus)
    #expect(near(found.modelWeight, 1.263157894736842))
    let weights = [
      0.3421052631578948, 0.42982456140350866, 0.36403508771929816, 0.3201754385964911, 0.2543859649122807,
    ]
    #expect(zip(found.voterWeights, weights).allSatisfy { near($0, $1) })
    let expected: [(item: Int, row: [Double])] = [
      (0, [0.4829583333333333, 0.15054166666666666, 0.3665]),
      (4, [0.208896694214876, 0.5967603305785124, 0.19434297520661162]),
      (16, [0.18894537815126047, 0.6008151260504202, 0.21023949579831933]),
      (29, [0.11289669421487607, 0.08592148760330579, 0.8011818181818181]),
    ]
    for (item, row) in expected {
      #expect(zip(found.probabilities[(item * 3)...], row).allSatisfy { near($0, $1) }, "\(item)")
    }
  }

  @Test("CROWDLAB of no votes is the classifier; gold is certain") func oddCrowdlab() {
    let table = rows([[nil, nil], [0, nil]], gold: [-1, 1])
    let found = Crowdlab(table, classifier: [0.2, 0.8, 0.6, 0.4])
    #expect(zip(found.probabilities, [0.2, 0.8, 0, 1]).allSatisfy { near($0, $1) })
    #expect(found.consensus == [-1, 0])
    let none = Crowdlab(VoteTable(classes: 2, items: 1, voters: [], votes: []), classifier: [0.3, 0.7])
    #expect(zip(none.probabilities, [0.3, 0.7]).allSatisfy { near($0, $1) })
  }

  @Test("calibration by hand") func calibration() throws {
    let measured = try #require(
      Calibration(
        probabilities: [0.9, 0.1, 0.92, 0.08, 0.4, 0.6, 0.5, 0.5], classes: 2, truth: [0, 1, 1, -1]))
    #expect(measured.items == 3)
    // Bins: .9 and .92 of which one is right, .6 which is right.
    #expect(near(measured.expectedError, (0.82 + 0.4) / 3))
    #expect(near(measured.brier, (0.02 + 2 * 0.92 * 0.92 + 0.32) / 3))
    #expect(near(measured.accuracy, 2.0 / 3))
    #expect(near(measured.logLoss, 1.047305, within: 1e-6))
    #expect(measured.bins.map(\.items) == [1, 2])
    #expect(Calibration(probabilities: [0.5, 0.5], classes: 2, truth: [-1]) == nil)
    // A certain error is bad, not infinite.
    #expect(Calibration(probabilities: [1, 0], classes: 2, truth: [1])?.logLoss.isFinite == true)
  }

  @Test("folds are even, stay, and change with the seed") func folds() {
    let ids = (0..<2000).map { "item-\($0)" }
    let folds = Folds(count: 5)
    var counts = [Int](repeating: 0, count: 5)
    for id in ids { counts[folds.fold(of: id)] += 1 }
    #expect(counts.allSatisfy { (330...470).contains($0) })
    // Stored folds stay what they are.
    #expect(["a", "b", "item-1", ""].map(folds.fold) == [1, 1, 0, 3])
    #expect(ids.contains { folds.fold(of: $0) != Folds(count: 5, seed: 1).fold(of: $0) })
  }
}
