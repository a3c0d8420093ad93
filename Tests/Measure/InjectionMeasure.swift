import Curate
import Foundation
import Records
import Text

/// Recall and false positives of the rule `injection`, beside a filter of key words, and its speed.
enum InjectionMeasure {
  /// What filters of key words commonly look for.
  private static let baseline = [
    #"ignore (?:all |any )?(?:the |your |of the )?(?:previous|prior|above) (?:instructions|prompts?)|disregard (?:all |any )?(?:the )?(?:previous|prior|above)"#
      + #"|(?-i:\bDAN\b)|do anything now|jailbreak|system prompt|developer mode"#
  ]

  static func run() throws -> Bool {
    var figures = Figures()
    let folder = try Models.open()
    let classifier = try folder?.classifier("injection", label: "attack")
    let rules: [(name: String, rule: InjectionRule)] =
      [("patterns", InjectionRule())] + (classifier.map { [("rule", InjectionRule(classifier: $0))] } ?? [])
    let keywords = try PatternSet([PatternGroup(baseline)])
    func isKeyword(_ text: String) -> Bool {
      var found = false
      Array(text.utf8).withUnsafeBytes { bytes in
        _ = keywords.scan(bytes) { _ in
          found = true
          return false
        }
      }
      return found
    }
    let own = try LabelledText.own("injection")
    let other = folder == nil ? [] : try Models.heldOut("injection")
    print(
      "attacks: own writing, and other hands' sets that training held out; none shares a template with it")
    if folder == nil { print("no models folder: patterns only (Jobs/train-classifiers makes one)") }
    let ordinary = try OrdinaryTexts.read()
    let prompts = ordinary.prompts.flatMap(\.texts)
    let sets = [("own", own)] + Dictionary(grouping: other) { $0.source ?? "" }.sorted { $0.key < $1.key }
    var total: [String: (hits: Int, attacks: Int)] = [:]
    let verbose = ProcessInfo.processInfo.environment["FLYWHEEL_VERBOSE"] == "1"
    for (name, texts) in sets {
      let attacks = texts.filter { $0.label == "attack" }
      let plain = texts.filter { $0.label == "plain" }
      func row(_ filter: String, _ found: (String) -> Bool) {
        let hits = attacks.filter { found($0.text) }.count
        let wrong = plain.filter { found($0.text) }.count
        print(
          "\(name): \(filter) finds \(hits) of \(attacks.count) attacks, \(wrong) of \(plain.count) look-alikes"
        )
        total[filter, default: (0, 0)].hits += hits
        total[filter, default: (0, 0)].attacks += attacks.count
      }
      row("key words", isKeyword)
      for (filter, rule) in rules {
        row(filter) { !rule.findings(input: $0).isEmpty }
        row("\(filter), drops") { rule.findings(input: $0).contains { $0.effect == .drop } }
      }
      if verbose, name == "own", let rule = rules.last?.rule {
        for text in attacks where rule.findings(input: text.text).isEmpty {
          print("  missed \(text.kind ?? ""): \(text.text.prefix(100))")
        }
        for text in plain where !rule.findings(input: text.text).isEmpty {
          print("  wrong: \(text.text.prefix(100)) \(rule.findings(input: text.text).map(\.reason))")
        }
      }
    }
    func recall(_ filter: String) -> Double {
      total[filter].map { Double($0.hits) / Double($0.attacks) } ?? 0
    }
    figures.note("injection_recall_key_words", recall("key words"), "share")
    for (name, rule) in rules {
      let wrong = prompts.filter { !rule.findings(input: $0).isEmpty }
      if verbose {
        for text in wrong {
          print(
            "  \(name) false: \(text.prefix(120)) \(rule.findings(input: text).map { "\($0.reason) \($0.effect)" })"
          )
        }
      }
      figures.note("injection_recall_\(name)_drops", recall("\(name), drops"), "share")
      figures.note("injection_recall_\(name)", recall(name), "share", atLeast: recall("key words") + 0.2)
      figures.note(
        "injection_false_positives_\(name)", Double(wrong.count) / Double(prompts.count), "share",
        atMost: 0.005)
    }
    // The thresholds were chosen on the prompts above; these texts had no part in that.
    if let rule = rules.last?.rule {
      for (source, texts) in try OrdinaryTexts.untouched() {
        let wrong = texts.filter { !rule.findings(input: $0).isEmpty }
        figures.note(
          "injection_false_positives_untouched_\(source)", Double(wrong.count) / Double(texts.count), "share")
      }
    }
    figures.note(
      "injection_false_positives_key_words", Double(prompts.filter(isKeyword).count) / Double(prompts.count),
      "share")
    try speed(prompts, ordinary.answers, rules, classifier, &figures)
    return figures.passed
  }

  private static func speed(
    _ prompts: [String], _ answers: [String], _ rules: [(name: String, rule: InjectionRule)],
    _ classifier: TextClassifier?,
    _ figures: inout Figures
  ) throws {
    // A log's record: a conversation of some messages, of which the last is a prompt.
    let records = prompts.enumerated().map { number, prompt in
      let before = (0..<4).map { answers[(number * 4 + $0) % answers.count] }.joined(separator: "\n")
      return (conversation: Array("\(before)\n\(prompt)".utf8), input: prompt.utf8.count)
    }
    let bytes = records.reduce(0) { $0 + $1.conversation.count }
    figures.note("injection_speed_record", Double(bytes) / Double(records.count), "bytes")
    let rounds = 10
    for (name, rule) in rules {
      let seconds = shortest {
        for _ in 0..<rounds {
          for record in records {
            record.conversation.withUnsafeBytes { view in
              let input = UnsafeRawBufferPointer(rebasing: view[(view.count - record.input)...])
              rule.examine(
                RecordView(input: input, conversation: view, output: .init(start: nil, count: 0))
              ) { _ in }
            }
          }
        }
      }
      figures.note("injection_speed_\(name)", Double(bytes * rounds) / seconds / 1e6, "MB/s")
    }
    guard let classifier else { return }
    let seconds = shortest {
      for text in prompts { _ = Array(text.utf8).withUnsafeBytes { classifier.probability($0) } }
    }
    figures.note("injection_classifier_prompt", seconds / Double(prompts.count) * 1e6, "us")
    let long = Array(prompts.joined(separator: " ").utf8)
    let longest = shortest { for _ in 0..<200 { _ = long.withUnsafeBytes { classifier.probability($0) } } }
    figures.note("injection_classifier_longest", longest / 200 * 1e6, "us", atMost: 500)
  }
}
