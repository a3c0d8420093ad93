import Foundation

/// Numbers that are the same in every run (SplitMix64).
struct SeededNumbers {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }

  /// A number from 0 to below the limit.
  mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(limit)) }

  /// A number from 0 to below 1.
  mutating func share() -> Double { Double(next() >> 11) / Double(1 << 53) }
}

/// Texts to measure on.
enum MinHashTexts {
  /// Texts of 3 KB in one line each, of 20,000 invented words, the commoner the shorter.
  static func documents(_ count: Int) -> [[UInt8]] {
    var numbers = SeededNumbers(state: 3)
    let sounds = Array("etaoinsrhldcumfpgwybvk".utf8)
    let words: [[UInt8]] = (0..<20_000).map { rank in
      let length = 1 + Int(log2(Double(rank + 2))) / 2 + numbers.below(4)
      return (0..<length).map { _ in sounds[min(numbers.below(22), numbers.below(22))] }
    }
    return (0..<count).map { _ in
      var text: [UInt8] = []
      var begins = true
      while text.count < 3000 {
        // Zipf's law: the logarithm of a word's rank is even.
        var word = words[Int(pow(20_000, numbers.share())) - 1]
        if begins { word[0] -= 0x20 }
        text += word
        begins = numbers.below(12) == 0
        if begins { text.append(0x2E) } else if numbers.below(15) == 0 { text.append(0x2C) }
        text.append(0x20)
      }
      return text
    }
  }

  /// Texts that people and models wrote, in ten languages; without the public data, documents.
  static func published() throws -> [String] {
    guard FileManager.default.fileExists(atPath: PublicData.folder.path) else {
      // Not where the pairs go.
      FileHandle.standardError.write(
        Data("the public data is not there: generated documents take its place\n".utf8))
      return documents(2000).map { String(decoding: $0.prefix(1500), as: UTF8.self) }
    }
    var texts: [String] = []
    /// All texts under the keys, however deep.
    func collect(_ value: Any, _ keys: Set<String>) {
      if let object = value as? [String: Any] {
        for (key, inner) in object.sorted(by: { $0.key < $1.key }) {
          if keys.contains(key) {
            texts += (inner as? String).map { [$0] } ?? (inner as? [String]) ?? []
          }
          collect(inner, keys)
        }
      } else if let list = value as? [Any] {
        for inner in list { collect(inner, keys) }
      }
    }
    func read(_ path: String, _ keys: Set<String>) throws {
      let lines = path.hasSuffix("jsonl") ? try PublicData.lines(path) : [try PublicData.text(path)]
      for line in lines { collect(try JSONSerialization.jsonObject(with: Data(line.utf8)), keys) }
    }
    try read("openassistant/en_100_tree.jsonl", ["text"])
    try read("self-instruct/seed_tasks.jsonl", ["instruction", "input", "output"])
    try read("mt-bench/question.jsonl", ["turns"])
    try read("mt-bench/reference_answer.gpt-4.jsonl", ["turns"])
    for name in ["question", "non-english", "source-code", "positive-sentiment", "negative-sentiment"] {
      try read("lilac/\(name).json", ["text"])
    }
    for language in ["de", "en", "es", "fr", "it", "ja", "nl", "pt", "ru", "zh"] {
      texts += try PublicData.lines("languages/\(language).txt")
    }
    return texts
  }

  /// The words of a text by the properties of its characters: the definition, written once more and slowly.
  static func words(_ text: String) -> [String] {
    var words: [String] = []
    var word = ""
    for scalar in text.unicodeScalars {
      let value = scalar.value
      let isAlone =
        (0x0E01...0x0E4E).contains(value) || (0x2600...0x27BF).contains(value)
        || (0x3005...0x3007).contains(value)
        || (0x3041...0x30FA).contains(value) || (0x30FC...0x30FF).contains(value)
        || (0x3400...0x9FFF).contains(value) || (0x1F000...0x1FAFF).contains(value)
      switch scalar.properties.generalCategory {
      case .format: continue
      case _ where (0xFE00...0xFE0F).contains(value): continue
      case _ where isAlone:
        if !word.isEmpty { words.append(word) }
        words.append(String(scalar))
        word = ""
      case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
        .nonspacingMark,
        .spacingMark, .enclosingMark, .decimalNumber, .letterNumber:
        let narrow = (0xFF10...0xFF5A).contains(value) ? Unicode.Scalar(value - 0xFEE0) ?? scalar : scalar
        word += narrow.properties.lowercaseMapping
      default:
        if !word.isEmpty { words.append(word) }
        word = ""
      }
    }
    if !word.isEmpty { words.append(word) }
    return words
  }

  /// Runs of five words; of fewer words the one run that they are.
  static func shingles(_ words: [String]) -> Set<String> {
    if words.isEmpty { return [] }
    if words.count < 5 { return [words.joined(separator: " ")] }
    return Set((0...words.count - 5).map { words[$0..<$0 + 5].joined(separator: " ") })
  }

  /// The share of what is in both sets of what is in either.
  static func jaccard(_ left: Set<String>, _ right: Set<String>) -> Double {
    let both = left.intersection(right).count
    let union = left.count + right.count - both
    return union == 0 ? 1 : Double(both) / Double(union)
  }

  /// The words with so many of them replaced, left out, or with another put before them.
  static func edited(_ words: [String], edits: Int, from others: [String], _ numbers: inout SeededNumbers)
    -> [String]
  {
    var words = words
    for _ in 0..<edits where !words.isEmpty {
      let place = numbers.below(words.count)
      let other = others[numbers.below(others.count)]
      switch numbers.below(3) {
      case 0: words[place] = other
      case 1: words.remove(at: place)
      default: words.insert(other, at: place)
      }
    }
    return words
  }
}
