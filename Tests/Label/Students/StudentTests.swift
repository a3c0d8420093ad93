import Bytes
import Foundation
import Statistics
import Testing
import Text

@testable import Label

@Suite("Students") struct StudentTests {
  private final class Folder {
    let path =
      FileManager.default.temporaryDirectory.path + "/student-" + Hex.encode(KeyedHash.randomBytes(8))
    init() throws { try DurableFile.makeFolder(path) }
    deinit { try? FileManager.default.removeItem(atPath: path) }
    var files: [String] { (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] }
  }

  private static let good = ["thorough", "correct", "steps", "example", "because", "source", "clear"]
  private static let bad = ["sorry", "cannot", "unsure", "whatever", "error", "lorem", "nothing"]
  private static let filler = (0..<200).map { "word\(Character(Unicode.Scalar(97 + $0 % 26) ?? "a"))\($0)x" }

  /// An item whose words speak for its class; the label is wrong with a known probability.
  private static func lesson(_ number: Int, noise: Double = 0, seed: UInt64 = 1) -> (
    lesson: StudentLesson, good: Bool
  ) {
    var draw = SeededDraw(state: UInt64(number) &* 65_537 &+ seed)
    let isGood = Double.random(in: 0..<1, using: &draw) < 0.5
    var words = (0..<12).map { _ in filler[Int.random(in: 0..<200, using: &draw)] }
    for _ in 0..<3 {
      let speaks = Double.random(in: 0..<1, using: &draw) < 0.9
      let lexicon = speaks == isGood ? good : bad
      words.append(lexicon[Int.random(in: 0..<7, using: &draw)])
    }
    let label = Double.random(in: 0..<1, using: &draw) < noise ? !isGood : isGood
    let output = Array(words.joined(separator: " ").utf8)
    let content = ContentHash.of("\(seed) \(number)")
    return (
      StudentLesson(
        content: content, cluster: content, good: label ? 0.97 : 0.03,
        line: StudentText.line(input: Array("a question".utf8), output: output)), isGood
    )
  }

  private static func gold(_ range: Range<Int>) -> [StudentLesson] {
    range.map { number in
      let item = lesson(number)
      return StudentLesson(
        content: item.lesson.content, cluster: item.lesson.cluster, good: item.good ? 1 : 0,
        line: item.lesson.line)
    }
  }

  @Test("words of the question are other words than those of the answer")
  func text() {
    let line = StudentText.line(input: Array("Why  NOT, 42?".utf8), output: Array("Because.".utf8))
    #expect(String(decoding: line, as: UTF8.self) == "because q:why q:not q:, q:0")
    #expect(StudentText.line(input: [], output: []) == [])
  }

  @Test("the same lessons in any order give the same bytes, and nothing stays in the folder")
  func deterministic() throws {
    let folder = try Folder()
    var parameters = StudentParameters()
    parameters.trainer.buckets = 5000
    let training = StudentTraining(parameters: parameters, folder: folder.path)
    let lessons = (0..<300).map { Self.lesson($0).lesson }
    let one = try #require(try training.train(lessons, protected: []).student)
    let other = try #require(try training.train(lessons.reversed() + lessons, protected: []).student)
    #expect(one.model == other.model)
    #expect(one.version == other.version)
    #expect(one.unseen == other.unseen)
    #expect(folder.files.isEmpty)
    parameters.trainer.epochs += 1
    let changed = try StudentTraining(parameters: parameters, folder: folder.path).train(
      lessons, protected: [])
    #expect(try #require(changed.student).version != one.version)
  }

  @Test(
    "a student of clean labels passes its gate, one of noise does not",
    arguments: [(0.0, true), (0.5, false)])
  func gate(_ noise: Double, _ passes: Bool) throws {
    let folder = try Folder()
    var parameters = StudentParameters()
    parameters.trainer.buckets = 5000
    let training = StudentTraining(parameters: parameters, folder: folder.path)
    var (student, account) = try training.train(
      (0..<1500).map { Self.lesson($0, noise: noise).lesson }, protected: [])
    let trained = try #require(student)
    training.measure(trained, gold: Self.gold(5000..<5200), into: &account)
    #expect(account.shortfalls.isEmpty == passes, "\(account)")
    if passes {
      #expect(account.kappa.value > 0.7)
      #expect(account.error < 0.1)
      #expect(account.unseenKappa > 0.7)
      #expect(account.unseenError < 0.06, "\(account) \(trained.scale)")
      #expect(account.measured > 150)
    } else {
      // It has learned that it knows nothing, and is silent rather than wrong.
      #expect(account.measured < 150)
      #expect(abs(account.unseenKappa) < 0.15)
    }
    student = nil
  }

  @Test("nobody learns from gold, nor from what is nearly gold")
  func protected() throws {
    let folder = try Folder()
    var parameters = StudentParameters()
    parameters.trainer.buckets = 5000
    let training = StudentTraining(parameters: parameters, folder: folder.path)
    let cluster = ContentHash.of("cluster")
    var lessons = (0..<300).map { Self.lesson($0).lesson }
    lessons[0] = StudentLesson(
      content: lessons[0].content, cluster: cluster, good: 0.9, line: lessons[0].line)
    let (student, account) = try training.train(lessons, protected: [cluster, lessons[1].content])
    #expect(account.golden == 2)
    #expect(account.good + account.bad == 298)
    let unseen = try #require(student).unseen
    #expect(
      unseen[lessons[0].content] == nil && unseen[lessons[1].content] == nil
        && unseen[lessons[2].content] != nil)
  }

  @Test("too little to learn from trains nobody, and says so", arguments: [50, 250])
  func little(_ count: Int) throws {
    let folder = try Folder()
    let lessons = (0..<count).map { number in
      let lesson = Self.lesson(number).lesson
      return StudentLesson(
        content: lesson.content, cluster: lesson.cluster, good: count == 250 ? 0.9 : lesson.good,
        line: lesson.line)
    }
    let training = StudentTraining(parameters: StudentParameters(), folder: folder.path)
    let (student, account) = try training.train(lessons, protected: [])
    #expect(student == nil)
    #expect(account.shortfalls.count == 1)
  }

  @Test("what was learned from is predicted by a model that did not")
  func outOfFold() throws {
    let folder = try Folder()
    var parameters = StudentParameters()
    parameters.trainer.buckets = 5000
    let training = StudentTraining(parameters: parameters, folder: folder.path)
    // Labels at random: whoever saw an item knows its label, whoever did not knows nothing.
    let lessons = (0..<400).map { Self.lesson($0, noise: 0.5).lesson }
    let (student, account) = try training.train(lessons, protected: [])
    let trained = try #require(student)
    #expect(account.unseenKappa < 0.2)
    let seen = try TextClassifier(trained.model, sha256: trained.digest, label: "good")
    let remembered = lessons.count { (seen.probability(line: $0.line) >= 0.5) == (($0.good ?? 0) >= 0.5) }
    #expect(remembered > 360)
  }

  @Test("a scale finds the odds that were bent", arguments: [(0.4, 0.0), (1.0, 1.0), (2.0, -0.5)])
  func scale(_ slope: Double, _ offset: Double) {
    var draw = SeededDraw(state: 5)
    var predictions: [Double] = []
    var targets: [Double] = []
    for _ in 0..<6000 {
      let odds = Double.random(in: -3...3, using: &draw)
      predictions.append(1 / (1 + exp(-odds)))
      targets.append(Double.random(in: 0..<1, using: &draw) < 1 / (1 + exp(-(slope * odds + offset))) ? 1 : 0)
    }
    let scale = StudentScale.fit(predictions, targets)
    #expect(abs(scale.slope - slope) < 0.12 && abs(scale.offset - offset) < 0.12, "\(scale)")
    #expect(StudentScale.fit([0.5], [1]) == .none)
    let against = StudentScale.fit(predictions, targets.map { 1 - $0 })
    #expect(against.slope == 0 && (0...1).contains(against(0.9)))
  }
}
