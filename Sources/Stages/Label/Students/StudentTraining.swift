import Bytes
import Foundation
import Statistics
import Text

/// An item with its label, to learn from or to vote on.
public struct StudentLesson: Sendable, Hashable {
  /// The content.
  public let content: ContentHash
  /// The near-duplicate cluster, whose items never part over folds; the content where it is in none.
  public let cluster: ContentHash
  /// Probability that it is good; nil where it is not known.
  public let good: Double?
  /// What the student reads, of ``StudentText``.
  public let line: [UInt8]

  /// States a lesson.
  public init(content: ContentHash, cluster: ContentHash, good: Double?, line: [UInt8]) {
    self.content = content
    self.cluster = cluster
    self.good = good
    self.line = line
  }
}

/// A student: a classifier, its scale, and what it was trained on.
public struct Student: Sendable {
  /// Its name.
  public let name: String
  /// The model.
  public let model: [UInt8]
  /// SHA-256 of the model.
  public let digest: Digest
  /// The scale of its probabilities.
  public let scale: StudentScale
  /// SHA-256 of the lessons and how they were learned, 64 hexadecimal digits.
  public let training: String
  /// The contents that it learned from, with the probability of good that it gave them out of fold.
  public let unseen: [ContentHash: Double]
  private let classifier: TextClassifier

  init(
    name: String, model: [UInt8], scale: StudentScale, training: String, unseen: [ContentHash: Double]
  ) throws {
    self.name = name
    self.model = model
    self.scale = scale
    self.training = training
    self.unseen = unseen
    digest = Digest.sha256(model)
    classifier = try TextClassifier(model, sha256: digest, label: Self.good)
  }

  static let good = "good"
  static let bad = "bad"

  /// The version: 64 hexadecimal digits of the model, its scale and what it was trained on.
  public var version: String { Digest.sha256("\(digest) \(scale.slope) \(scale.offset) \(training)").hex }

  /// The name of its votes: `student:NAME`, `@` and the first 12 digits of the version.
  public var voter: String { "student:\(name)@\(version.prefix(12))" }

  /// The probability that an item is good: out of fold for one that it learned from.
  public func good(_ lesson: StudentLesson) -> Double {
    unseen[lesson.content] ?? scale(classifier.probability(line: lesson.line))
  }
}

/// What training and measuring a student came to.
public struct StudentAccount: Sendable, Hashable, Codable {
  /// Its votes are named so; empty where none was trained.
  public var voter = ""
  /// Lessons that say good.
  public var good = 0
  /// Lessons that say bad.
  public var bad = 0
  /// Items with a label that is not sure enough to learn from.
  public var unsure = 0
  /// Golden items, and items of the same clusters, that were kept out.
  public var golden = 0
  /// SHA-256 of the model, 64 hexadecimal digits.
  public var model = ""
  /// SHA-256 of the training set.
  public var training = ""
  /// Cohen κ of predictions out of fold with the labels it learns from.
  public var unseenKappa = 0.0
  /// Expected calibration error of probabilities out of fold, before the scale.
  public var rawError = 0.0
  /// The same with scales that were fitted on the other folds.
  public var unseenError = 0.0
  /// Golden items with a vote.
  public var measured = 0
  /// Cohen κ with the golden class, with its interval of 95 %.
  public var kappa = IntervalEstimate(value: 0, low: -1, high: 1)
  /// Expected calibration error on golden items.
  public var error = 0.0
  /// What it falls short of; empty where it votes.
  public var shortfalls: [String] = []

  /// Nothing.
  public init() {}
}

/// Trains students.
public struct StudentTraining: Sendable {
  private let parameters: StudentParameters
  private let folder: String

  /// Makes a training.
  /// - Parameters:
  ///   - parameters: how.
  ///   - folder: an existing folder for files that are gone when it is over.
  public init(parameters: StudentParameters, folder: String) {
    self.parameters = parameters
    self.folder = folder
  }

  /// Trains a student on labelled items and predicts each of them out of fold.
  ///
  /// The result depends on the lessons, not on their order.
  /// - Parameters:
  ///   - lessons: labelled items; those without a sure label are left out.
  ///   - protected: contents and clusters that nobody may learn from: the golden set.
  /// - Returns: the student, nil where there is too little to learn from, and the account.
  /// - Throws: ``TrainingFault`` or ``ClassifierFault``.
  public func train(
    _ lessons: [StudentLesson], protected: Set<ContentHash>
  ) throws -> (student: Student?, account: StudentAccount) {
    var account = StudentAccount()
    var kept: [StudentLesson] = []
    for lesson in lessons.sorted(by: { $0.content < $1.content }) {
      guard let good = lesson.good else { continue }
      if protected.contains(lesson.content) || protected.contains(lesson.cluster) {
        account.golden += 1
      } else if max(good, 1 - good) < parameters.sure {
        account.unsure += 1
      } else if kept.last?.content != lesson.content {
        if good >= 0.5 { account.good += 1 } else { account.bad += 1 }
        kept.append(lesson)
      }
    }
    // A fold without one class trains nothing.
    guard kept.count >= parameters.leastLessons, min(account.good, account.bad) >= parameters.folds else {
      account.shortfalls = [
        "lessons \(min(account.good, account.bad))/\(kept.count) of \(parameters.leastLessons)"
      ]
      return (nil, account)
    }
    let folds = kept.map { Int($0.cluster.low % UInt64(parameters.folds)) }
    var raw = [Double](repeating: 0.5, count: kept.count)
    for fold in 0..<parameters.folds {
      let held = kept.indices.filter { folds[$0] == fold }
      guard !held.isEmpty else { continue }
      let rest = kept.indices.filter { folds[$0] != fold }.map { line(kept[$0]) }
      guard Set(rest.map(\.label)).count > 1 else { continue }
      let model = try parameters.trainer.train(rest, in: folder)
      let classifier = try TextClassifier(model, sha256: nil, label: Student.good)
      for index in held { raw[index] = classifier.probability(line: kept[index].line) }
    }
    let targets = kept.map { $0.good ?? 0.5 }
    var scaled = raw
    for fold in 0..<parameters.folds {
      let rest = kept.indices.filter { folds[$0] != fold }
      let scale = StudentScale.fit(rest.map { raw[$0] }, rest.map { targets[$0] })
      for index in kept.indices where folds[index] == fold { scaled[index] = scale(raw[index]) }
    }
    let truths = targets.map { $0 >= 0.5 }
    account.rawError = JudgeStatistics.calibrationError(zip(raw, targets).map { ($0, $1) })
    account.unseenError = JudgeStatistics.calibrationError(zip(scaled, targets).map { ($0, $1) })
    var confusion = JudgeStatistics.Confusion()
    for (probability, truth) in zip(scaled, truths) {
      confusion.add(truthIsGood: truth, saidGood: probability >= 0.5)
    }
    account.unseenKappa = confusion.kappa
    let model = try parameters.trainer.train(kept.map(line), in: folder)
    let student = try Student(
      name: parameters.name, model: model, scale: StudentScale.fit(raw, targets), training: digest(kept),
      unseen: Dictionary(zip(kept.map(\.content), scaled)) { $1 })
    account.voter = student.voter
    account.model = student.digest.hex
    account.training = student.training
    return (student, account)
  }

  private func line(_ lesson: StudentLesson) -> TrainingLine {
    TrainingLine(label: (lesson.good ?? 0) >= 0.5 ? Student.good : Student.bad, text: lesson.line)
  }

  private func digest(_ lessons: [StudentLesson]) -> String {
    var hasher = SHA256Hasher()
    let trainer = parameters.trainer
    let settings = [
      Double(StudentText.version), Double(ClassifierText.version), Double(parameters.folds), trainer.rate,
      Double(trainer.dimensions), Double(trainer.epochs), Double(trainer.wordGrams), Double(trainer.buckets),
      Double(trainer.leastCount), Double(trainer.seed),
    ]
    hasher.update(Array("\(settings)\n".utf8))
    for lesson in lessons {
      hasher.update(lesson.content.bytes)
      hasher.update(lesson.cluster.bytes)
      withUnsafeBytes(of: (lesson.good ?? 0.5).bitPattern.littleEndian) { hasher.update($0) }
      hasher.update(lesson.line)
    }
    return hasher.finish().hex
  }

  /// Measures a student on golden items, none of which it learned from.
  /// - Parameters:
  ///   - student: the student.
  ///   - gold: golden items; ``StudentLesson/good`` is 1 or 0.
  ///   - account: the account of its training, which is completed.
  public func measure(_ student: Student, gold: [StudentLesson], into account: inout StudentAccount) {
    var votes: [(truth: Bool, said: Bool)] = []
    var probabilities: [(probability: Double, truth: Double)] = []
    for item in gold.sorted(by: { $0.content < $1.content }) where student.unseen[item.content] == nil {
      guard let truth = item.good else { continue }
      let probability = student.good(item)
      probabilities.append((probability, truth))
      guard let said = vote(probability) else { continue }
      votes.append((truth >= 0.5, said))
    }
    account.measured = votes.count
    account.kappa = JudgeStatistics.measure(votes).kappa
    account.error = JudgeStatistics.calibrationError(probabilities)
    account.shortfalls = []
    guard parameters.isGated else { return }
    if votes.count < parameters.items {
      account.shortfalls.append("golden items with a vote \(votes.count) of \(parameters.items)")
    }
    if let fault = JudgeCalibration.shortfall("kappa", account.kappa.value, of: parameters.kappa) {
      account.shortfalls.append(fault)
    }
    if account.error > parameters.error {
      account.shortfalls.append(
        "calibration error \(JudgeCalibration.short(account.error)) over \(JudgeCalibration.short(parameters.error))"
      )
    }
  }

  /// Whether a probability is a vote for good, a vote for bad, or none.
  public func vote(_ good: Double) -> Bool? {
    max(good, 1 - good) < parameters.speaks ? nil : good >= 0.5
  }
}
