import Foundation
import Text

/// What the personal-data scanner finds, misses and takes for what it is not, and how fast it is.
///
/// Labels come from Presidio's research set and from values that are made here by the rules of their issuers,
/// without the scanner; texts without personal data from public sets. Speeds are of one core, in processor
/// time.
enum PersonalDataMeasure {
  private static let scanner = PersonalDataScanner()

  static func run() throws -> Bool {
    var figures = Figures()
    try labelled(&figures)
    planted(&figures)
    try clean(&figures)
    try speed(&figures)
    return figures.passed
  }

  /// What a scan finds, with its text.
  static func found(_ text: String) -> [(kind: PersonalDataKind, range: Range<Int>, text: String)] {
    let bytes = Array(text.utf8)
    var result: [(kind: PersonalDataKind, range: Range<Int>, text: String)] = []
    bytes.withUnsafeBytes { view in
      scanner.scan(view) { match in
        let range = match.offset..<match.offset + match.length
        result.append((match.kind, range, String(decoding: bytes[range], as: UTF8.self)))
      }
    }
    return result
  }

  // MARK: Labelled

  private struct Sample: Decodable {
    struct Span: Decodable {
      let entity_type: String
      let start_position: Int
      let end_position: Int
    }
    let full_text: String
    let spans: [Span]
  }

  private static let types: [String: PersonalDataKind] = [
    "CREDIT_CARD": .card, "IBAN_CODE": .iban, "EMAIL_ADDRESS": .email, "IP_ADDRESS": .ip, "US_SSN": .ssn,
    "PHONE_NUMBER": .phone,
  ]

  /// A find is right if it overlaps a span of its type; a span is found if a find of its type covers it
  /// whole.
  private static func labelled(_ figures: inout Figures) throws {
    let data = try Data(contentsOf: PublicData.folder.appending(path: "presidio/generated_small.json"))
    var total: [PersonalDataKind: Int] = [:]
    var hits: [PersonalDataKind: Int] = [:]
    var right = 0
    var finds = 0
    for sample in try JSONDecoder().decode([Sample].self, from: data) {
      let scalars = Array(sample.full_text.unicodeScalars)
      func byte(_ scalar: Int) -> Int { scalars[..<scalar].reduce(0) { $0 + $1.utf8.count } }
      let spans = sample.spans.compactMap { span in
        types[span.entity_type].map { ($0, byte(span.start_position)..<byte(span.end_position)) }
      }
      let matches = found(sample.full_text)
      for (kind, range) in spans {
        total[kind, default: 0] += 1
        let isFound = matches.contains {
          $0.kind == kind && $0.range.lowerBound <= range.lowerBound
            && $0.range.upperBound >= range.upperBound
        }
        if isFound { hits[kind, default: 0] += 1 }
      }
      finds += matches.count
      for match in matches {
        if spans.contains(where: { $0.0 == match.kind && $0.1.overlaps(match.range) }) {
          right += 1
        } else {
          print("beyond the labels: \(match.kind.rawValue) \(match.text) in: \(sample.full_text)")
        }
      }
    }
    for (kind, name) in [
      (PersonalDataKind.card, "card"), (.email, "email"), (.ip, "ip"), (.ssn, "ssn"), (.phone, "phone"),
    ] {
      let share = Double(hits[kind, default: 0]) / Double(max(1, total[kind, default: 0]))
      print("labelled \(name): \(hits[kind, default: 0]) of \(total[kind, default: 0])")
      if kind == .phone {
        figures.note("personal_data_recall_phone", share, "share")
      } else {
        figures.note("personal_data_recall_\(name)", share, "share", atLeast: 1)
      }
    }
    // The sample labels no IBAN: their recall is that of the values planted below.
    figures.note("personal_data_precision", Double(right) / Double(max(1, finds)), "share", atLeast: 0.98)
  }

  // MARK: Planted

  private static func planted(_ figures: inout Figures) {
    for (kind, values) in PlantedData.values(200) {
      for disguise in PlantedData.Disguise.allCases {
        var hits = 0
        var beyond = 0
        for (index, value) in values.enumerated() {
          let sentence = PlantedData.sentences[index % PlantedData.sentences.count]
          let hidden = disguise.apply(value)
          let matches = found(sentence.replacing("{}", with: hidden))
          if matches.contains(where: { $0.kind == kind && $0.text == hidden }) { hits += 1 }
          beyond += matches.count - 1
        }
        let name = "personal_data_planted_\(kind.rawValue.lowercased())_\(disguise.rawValue)"
        figures.note(name, Double(hits) / Double(values.count), "share", atLeast: 1)
        if beyond > 0 { print("beyond what was planted as \(name): \(beyond)") }
      }
    }
  }

  // MARK: Clean

  /// Texts without personal data, but for what is stated: an invented applicant's telephone number, and
  /// address twice, and a bank's sender address.
  private static let texts: [(name: String, files: [String], stated: [PersonalDataKind: Int])] = [
    ("self_instruct", ["self-instruct/seed_tasks.jsonl"], [.email: 3, .phone: 1]),
    ("mt_bench", ["mt-bench/question.jsonl", "mt-bench/reference_answer.gpt-4.jsonl"], [:]),
    ("openassistant", ["openassistant/en_100_tree.jsonl", "openassistant/sampling_pythia-1b.json"], [:]),
    (
      "lilac",
      ["negative-sentiment", "non-english", "positive-sentiment", "question", "source-code"].map {
        "lilac/\($0).json"
      }, [:]
    ),
  ]

  private static func clean(_ figures: inout Figures) throws {
    for item in texts {
      var counts: [PersonalDataKind: Int] = [:]
      var size = 0
      for file in item.files {
        for text in try strings(file) {
          size += text.utf8.count
          for match in found(text) {
            counts[match.kind, default: 0] += 1
            print("found in \(file): \(match.kind.rawValue) \(match.text)")
          }
        }
      }
      let table = PersonalDataKind.allCases.compactMap { kind in counts[kind].map { "\(kind.rawValue) \($0)" }
      }
      print("\(item.name), \(size) bytes: \(table.isEmpty ? "nothing" : table.joined(separator: ", "))")
      let beyond = counts.reduce(0) { $0 + max(0, $1.value - item.stated[$1.key, default: 0]) }
      figures.note("personal_data_beyond_stated_\(item.name)", Double(beyond), "places", atMost: 0)
    }
  }

  /// The strings of a JSON or JSON Lines file that are text: ids and stamps left out.
  static func strings(_ path: String) throws -> [String] {
    var result: [String] = []
    func collect(_ value: Any) {
      switch value {
      case let text as String: result.append(text)
      case let list as [Any]: for item in list { collect(item) }
      case let object as [String: Any]:
        for key in object.keys.sorted() where !key.hasSuffix("_id") && key != "id" && !key.hasSuffix("_date")
        {
          if let member = object[key] { collect(member) }
        }
      default: break
      }
    }
    let text = try PublicData.text(path)
    if let whole = try? JSONSerialization.jsonObject(with: Data(text.utf8)) {
      collect(whole)
    } else {
      for line in text.split(separator: "\n") {
        collect(try JSONSerialization.jsonObject(with: Data(line.utf8)))
      }
    }
    return result
  }

  // MARK: Speed

  private static func speed(_ figures: inout Figures) throws {
    let chat = try strings("openassistant/en_100_tree.jsonl").filter { $0.utf8.count > 30 }
    let plain = chat.map { String(String.UnicodeScalarView($0.unicodeScalars.filter(\.isASCII))) }
    figures.note("personal_data_speed_ascii_chat", rate(plain), "MB/s", atLeast: 300)
    figures.note("personal_data_speed_chat", rate(chat), "MB/s")
    figures.note("personal_data_speed_full_width", rate(plain.map(PlantedData.fullWidth)), "MB/s")
  }

  private static func rate(_ texts: [String]) -> Double {
    let bytes = texts.map { Array($0.utf8) }
    let size = bytes.reduce(0) { $0 + $1.count }
    var best = 0.0
    var sum = 0
    for _ in 0..<9 {
      let start = clock()
      for _ in 0..<8 { for text in bytes { text.withUnsafeBytes { scanner.scan($0) { sum &+= $0.offset } } } }
      let seconds = Double(clock() - start) / Double(CLOCKS_PER_SEC)
      best = max(best, Double(size * 8) / seconds / 1e6)
    }
    if sum == 42 { print("forty-two") }
    return best
  }
}
