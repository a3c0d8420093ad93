import Curate
import Foundation
import Records
import Text

/// Precision and recall of the rule `toxicity` on held-out texts, false positives on ordinary ones, and its speed.
enum ToxicityMeasure {
  static func run() throws -> Bool {
    var figures = Figures()
    let folder = try Models.open()
    var rules: [(name: String, rule: ToxicityRule)] = [("core", ToxicityRule())]
    if let folder {
      let classifier = try folder.classifier("toxicity", label: "toxic")
      rules.append(
        ("rule", ToxicityRule(classifier: classifier, lexicon: WordLexicon(try folder.lexicon()))))
    } else {
      print("no models folder: the program's own words only (Jobs/train-classifiers makes one)")
    }
    let ordinary = try OrdinaryTexts.read()
    let prompts = ordinary.prompts.flatMap(\.texts)
    let own = try LabelledText.own("toxicity")
    let other = folder == nil ? [] : try Models.heldOut("toxicity")
    let sets = [("own", own)] + Dictionary(grouping: other) { $0.source ?? "" }.sorted { $0.key < $1.key }
    let verbose = ProcessInfo.processInfo.environment["FLYWHEEL_VERBOSE"] == "1"
    for (name, rule) in rules {
      func isFound(_ text: String) -> Bool {
        rule.findings(input: "Hi", output: text).contains { $0.part == "output" }
      }
      for (set, texts) in sets {
        let toxic = texts.filter { $0.label == "toxic" }
        let plain = texts.filter { $0.label == "plain" }
        let hits = toxic.filter { isFound($0.text) }.count
        let wrong = plain.filter { isFound($0.text) }.count
        print("\(set): \(name) finds \(hits) of \(toxic.count) toxic, \(wrong) of \(plain.count) plain")
        guard set == "own" else { continue }
        if verbose {
          for text in toxic where !isFound(text.text) { print("  \(name) missed: \(text.text.prefix(100))") }
          for text in plain where isFound(text.text) { print("  \(name) wrong: \(text.text.prefix(100))") }
        }
        let recall = Double(hits) / Double(toxic.count)
        let precision = Double(hits) / Double(max(1, hits + wrong))
        if name == "rule" {
          figures.note("toxicity_recall_\(name)", recall, "share", atLeast: 0.5)
          figures.note("toxicity_precision_\(name)", precision, "share", atLeast: 0.85)
        } else {
          figures.note("toxicity_recall_\(name)", recall, "share")
          figures.note("toxicity_precision_\(name)", precision, "share")
        }
      }
      for (part, texts) in [("prompts", prompts), ("answers", ordinary.answers)] {
        let wrong = texts.filter(isFound)
        if verbose {
          for text in wrong {
            let finding = rule.findings(input: "Hi", output: text).first
            let bytes = Array(text.utf8)
            let at = finding?.offset ?? 0
            let around = bytes[max(0, at - 40)..<min(bytes.count, at + 50)]
            print(
              "  \(name) false: \(finding?.reason ?? "") \(String(decoding: around, as: UTF8.self).replacing("\n", with: " "))"
            )
          }
        }
        figures.note(
          "toxicity_false_positives_\(name)_\(part)", Double(wrong.count) / Double(texts.count), "share",
          atMost: 0.005)
      }
      // The thresholds were chosen on the texts above; these had no part in that.
      for (source, texts) in try OrdinaryTexts.untouched() {
        let wrong = texts.filter(isFound)
        figures.note(
          "toxicity_false_positives_\(name)_untouched_\(source)", Double(wrong.count) / Double(texts.count),
          "share")
      }
      let texts = (prompts + ordinary.answers).map { Array($0.utf8) }
      let bytes = texts.reduce(0) { $0 + $1.count }
      let seconds = shortest {
        for _ in 0..<20 {
          for text in texts {
            text.withUnsafeBytes { view in
              rule.examine(
                RecordView(input: .init(start: nil, count: 0), conversation: view, output: view)
              ) { _ in }
            }
          }
        }
      }
      figures.note("toxicity_speed_\(name)", Double(bytes * 20) / seconds / 1e6, "MB/s")
    }
    return figures.passed
  }
}
