import Foundation
import Label
import Pipeline
import Publish
import Pull
import Review

/// The valid definitions of which tests make wrong ones.
enum Fixtures {
  static let pipeline = """
    description: Every night - pull, curate, label, publish.
    workers: 2
    steps:
      - pull: {source: chat}
      - pull:
          sources: [votes, trees]
      - curate:
          rules:
            length: {min_output_characters: 2, max_output_characters: 30, max_input_characters: 40}
            refusal: false
            truncation: false
            repetition: {min_words: 60}
            duplicates: {near: false, threshold: 0.9}
            influence: {per_day: 9, burst: 3, burst_seconds: 30}
            personal-data: false
      - label: {model: majority, implicit_weight: 0.25}
      - publish: {dataset: sft}
      - publish:
          datasets: [pref, "eval"]

    """

  static let chat = """
    kind: file
    path: ../../samples/${LOGS}/$DAY/*.jsonl   # a comment
    app: support
    redact: [secret, email]
    maximum_line: 2048
    interactions:
      match: {type: interaction, level: 2, live: true, "a.b": '2'}
      id: id
      time: [created_at, timestamp]
      input: messages
      output: response
      conversation: session.id
      user: user_id
      app: app
      model: {value: gpt}
      prompt: {path: prompt_version}
      parent: parent_id
      finish: choices.0.finish_reason
      tokens_in: usage.prompt_tokens
      tokens_out: usage.completion_tokens
      cost: cost
      latency: {path: [latency_ms, ms], scale: 0.001}
      updated: updated_at
      metadata: [tags, user.tier, 'a\\.b']

    """

  static let votes = """
    kind: file
    path: /var/log/votes.jsonl
    feedback:
      match: {type: feedback}
      about: chat
      id: id
      time: timestamp
      target: target_id
      signal: metric_name
      value: value
      comment: comment
      correction: correction
      count: n
      user: user_id
      updated: updated_at
      signals:
        haiku_score: thumb
        thumbs_up: {signal: thumb, value: 1}
        stars: {signal: rating, from: [1, 5]}

    """

  static let trees = """
    kind: file
    path: trees.jsonl.gz
    tree:
      match: {state: ready}
      root: prompt
      replies: replies
      id: message_id
      text: text
      role: role
      output_role: bot
      roles: {prompter: user, bot: assistant}
      conversation: message_tree_id
      time: {value: 2023-04-12}
      app: {value: open}
      user: user_id
      model: model_name
      metadata: [lang, synthetic]
      rank: rank
      votes: {path: emojis, signals: {"+1": {signal: thumb, value: 1}, "-1": {signal: thumb, value: -1}, seen: click}}

    """

  static let dataset = """
    kind: preference
    description: "What users liked: better first"
    license: apache-2.0
    language: [en, pt-BR]
    select: label = 'good' AND app = 'support'
    slices:
      zebra: input LIKE '%zebra%'
      billing: "input LIKE '%invoice%'"
      a.b-c_1: >
        tokens > 3
        AND true
    splits: {validation: 15, train: 80, test: 5}
    seed: other-seed
    pairs: all
    maximum_examples: 500
    maximum_example_characters: 600
    gates:
      minimum_examples: 7
      maximum_personal_data: 8

    """

  static func faults(of document: DefinitionFault.Document, _ yaml: String) -> [DefinitionFault] {
    faults(of: document, bytes: Array(yaml.utf8))
  }

  static func faults(of document: DefinitionFault.Document, bytes: [UInt8]) -> [DefinitionFault] {
    switch document {
    case .pipeline: PipelineDefinition.read(bytes, name: "night", file: "P.yaml").faults
    case .source: SourceDefinition.read(bytes, name: "chat", file: "S.yaml").faults
    case .dataset: DatasetDefinition.read(bytes, name: "sft", file: "D.yaml").faults
    case .rubric: Rubric.read(bytes, name: "helpful", file: "R.yaml").faults
    case .queue: QueueDefinition.read(bytes, name: "q", file: "Q.yaml").faults
    case .models: ModelsDefinition.read(bytes, name: "models", file: "M.yaml").faults
    }
  }
}

/// A project in a temporary folder, removed with this object.
final class TemporaryProject {
  let root: String

  init(_ files: [String: String]) throws {
    root =
      FileManager.default.temporaryDirectory.appendingPathComponent("definitions-\(UUID().uuidString)").path
    for (path, content) in files { try write(path, Data(content.utf8)) }
  }

  deinit { try? FileManager.default.removeItem(atPath: root) }

  func write(_ path: String, _ content: Data) throws {
    let url = URL(fileURLWithPath: root).appendingPathComponent(path)
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try content.write(to: url)
  }
}
