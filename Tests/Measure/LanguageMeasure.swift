import Foundation
import Text

/// How often the language detector is right, silent and wrong.
///
/// The sentences are Leipzig's, by way of lingua; the Spanish ones have lost their accents. The detector's
/// numbers were tuned on every other line; the figures are those of the rest.
enum LanguageMeasure {
  static let languages = ["de", "en", "es", "fr", "it", "ja", "nl", "pt", "ru", "zh"]

  private struct Count {
    var all = 0
    var right = 0
    var silent = 0
    var wrong: Int { all - right - silent }
    var wrongCodes: [String: Int] = [:]
    mutating func add(_ code: String, expected: String) {
      all += 1
      if code == expected {
        right += 1
      } else if code == DetectedLanguage.undetermined {
        silent += 1
      } else {
        wrongCodes[code, default: 0] += 1
      }
    }
    func share(_ part: Int) -> Double { Double(part) / Double(max(all, 1)) }
  }

  private static func code(_ text: String) -> String {
    Array(text.utf8).withUnsafeBytes { LanguageDetector.detect($0).code }
  }

  static func run() throws -> Bool {
    guard FileManager.default.fileExists(atPath: PublicData.folder.path) else {
      FileHandle.standardError.write(Data("skipped: no public data; set FLYWHEEL_TEST_DATA\n".utf8))
      return true
    }
    var figures = Figures()
    var accuracies: [Double] = []
    var whole = Count()
    var short = Count()
    var seconds = 0.0
    var bytes = 0
    for language in languages {
      let lines = try PublicData.lines("languages/\(language).txt")
      var count = Count()
      for line in lines.enumerated().filter({ $0.offset % 2 == 0 }).map(\.element) {
        let started = ContinuousClock.now
        let found = code(line)
        seconds += (ContinuousClock.now - started) / .seconds(1)
        bytes += line.utf8.count
        count.add(found, expected: language)
        whole.add(found, expected: language)
        for size in 1...3 { short.add(code(beginning(line, size)), expected: language) }
      }
      accuracies.append(count.share(count.right))
      figures.note("language_accuracy_\(language)", count.share(count.right), "share", atLeast: 0.9)
      figures.note("language_wrong_\(language)", count.share(count.wrong), "share", atMost: 0.02)
      print("  \(language) taken for \(count.wrongCodes.sorted { $0.value > $1.value }.prefix(4))")
    }
    let mean = accuracies.reduce(0, +) / Double(accuracies.count)
    figures.note("language_accuracy_mean", mean, "share", atLeast: 0.96)
    figures.note("language_undetermined", whole.share(whole.silent), "share", atMost: 0.05)
    figures.note("language_wrong", whole.share(whole.wrong), "share", atMost: 0.01)
    figures.note("language_wrong_1_to_3_words", short.share(short.wrong), "share", atMost: 0.02)
    figures.note("language_undetermined_1_to_3_words", short.share(short.silent), "share")
    figures.note("language_sentence_speed", Double(bytes) / 1e6 / seconds, "MB/s")
    return figures.passed
  }

  /// The first words of a sentence, or twice as many characters where it has no spaces.
  private static func beginning(_ line: String, _ size: Int) -> String {
    let words = line.split(separator: " ", maxSplits: size)
    if words.count > size || line.utf8.count == line.count {
      return words.prefix(size).joined(separator: " ")
    }
    return String(words[0].prefix(2 * size))
  }
}
