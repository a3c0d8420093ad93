import Foundation

/// A question and its answer from public data.
struct MeasuredRecord {
  let input: [UInt8]
  let output: [UInt8]

  init(_ input: String, _ output: String) {
    self.input = Array(input.utf8)
    self.output = Array(output.utf8)
  }
}

/// Public sets of questions and answers, as they come.
enum RecordSets {
  /// Stands where a set has only questions, or only answers.
  static let stock = (
    input: "How do I reset the device to its first settings?",
    output: "Hold the button for ten seconds until the light turns red, then let it go."
  )

  static func all() throws -> [(name: String, records: [MeasuredRecord])] {
    [
      ("self-instruct", try selfInstruct()), ("mt-bench", try mtBench()),
      ("openassistant", try openAssistant()),
      ("haiku", try haiku()), ("student", try student()),
      ("lilac-non-english", try lilac("non-english")), ("lilac-question", try lilac("question")),
      ("lilac-source-code", try lilac("source-code")),
    ]
  }

  private static func objects(_ path: String) throws -> [[String: Any]] {
    try PublicData.lines(path).compactMap {
      try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
    }
  }

  /// 175 seed tasks with the answers that people wrote.
  private static func selfInstruct() throws -> [MeasuredRecord] {
    try objects("self-instruct/seed_tasks.jsonl").flatMap { task -> [MeasuredRecord] in
      let instruction = task["instruction"] as? String ?? ""
      return (task["instances"] as? [[String: Any]] ?? []).map {
        MeasuredRecord("\(instruction)\n\($0["input"] as? String ?? "")", $0["output"] as? String ?? "")
      }
    }
  }

  /// 80 questions of two turns; GPT-4's reference answers where there are any.
  private static func mtBench() throws -> [MeasuredRecord] {
    var answers: [Int: [String]] = [:]
    for answer in try objects("mt-bench/reference_answer.gpt-4.jsonl") {
      let choices = answer["choices"] as? [[String: Any]]
      answers[answer["question_id"] as? Int ?? 0] = choices?.first?["turns"] as? [String]
    }
    return try objects("mt-bench/question.jsonl").flatMap { question -> [MeasuredRecord] in
      let turns = question["turns"] as? [String] ?? []
      let replies = answers[question["question_id"] as? Int ?? 0] ?? []
      return turns.indices.map {
        MeasuredRecord(turns[$0], $0 < replies.count ? replies[$0] : stock.output)
      }
    }
  }

  /// 687 answers of 100 trees, nearly all people's own.
  private static func openAssistant() throws -> [MeasuredRecord] {
    var records: [MeasuredRecord] = []
    func walk(_ message: [String: Any], after question: String) {
      let text = message["text"] as? String ?? ""
      if message["role"] as? String == "assistant" { records.append(MeasuredRecord(question, text)) }
      for reply in message["replies"] as? [[String: Any]] ?? [] { walk(reply, after: text) }
    }
    for tree in try objects("openassistant/en_100_tree.jsonl") {
      walk(tree["prompt"] as? [String: Any] ?? [:], after: "")
    }
    return records
  }

  /// 1,000 answers of a gateway's log: a model was asked for haiku.
  private static func haiku() throws -> [MeasuredRecord] {
    try objects("tensorzero-haiku/ChatInference.jsonl").map { row in
      let parts = row["output"] as? [[String: Any]] ?? []
      let messages = (row["input"] as? [String: Any])?["messages"] as? [[String: Any]] ?? []
      let content = messages.first?["content"] as? [[String: Any]]
      let topic = (content?.first?["value"] as? [String: Any])?["topic"] as? String ?? ""
      return MeasuredRecord(
        "Write a haiku about \(topic)", parts.compactMap { $0["text"] as? String }.joined())
    }
  }

  /// What a student of a billion parameters answered: much of it bad.
  private static func student() throws -> [MeasuredRecord] {
    let data = Data(try PublicData.text("openassistant/sampling_pythia-1b.json").utf8)
    let root = try JSONSerialization.jsonObject(with: data) as? [String: Any]
    return (root?["prompts"] as? [[String: Any]] ?? []).flatMap { prompt -> [MeasuredRecord] in
      let results = prompt["results"] as? [[String: Any]] ?? []
      let outputs = results.flatMap { $0["outputs"] as? [String] ?? [] }
      return outputs.map { MeasuredRecord(prompt["prompt"] as? String ?? "", $0) }
    }
  }

  /// A labelled set of short texts, each once as a question and once as an answer.
  private static func lilac(_ name: String) throws -> [MeasuredRecord] {
    let data = Data(try PublicData.text("lilac/\(name).json").utf8)
    let root = try JSONSerialization.jsonObject(with: data) as? [String: Any]
    let rows = (root?["data"] as? [String: [String: Any]] ?? [:]).sorted { $0.key < $1.key }
    return rows.compactMap { $0.value["text"] as? String }.flatMap {
      [MeasuredRecord($0, stock.output), MeasuredRecord(stock.input, $0)]
    }
  }
}
