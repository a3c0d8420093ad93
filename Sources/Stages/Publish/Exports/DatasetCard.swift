import Bytes
import Records

/// The README.md of an export: front matter as Hugging Face reads it, then an account for people.
///
/// It holds no clock: the same version exported in the same way has the same card.
public struct DatasetCard: Sendable {
  /// One split and its file.
  public struct Split: Sendable, Hashable {
    /// The split's name: letters, digits and underscores.
    public let name: String
    /// The file's name in the folder.
    public let file: String
    /// Rows in it.
    public let records: Int
    /// Bytes of its rows before compression.
    public let textBytes: Int
    /// Bytes of the file.
    public let fileBytes: Int

    /// States a split.
    public init(name: String, file: String, records: Int, textBytes: Int, fileBytes: Int) {
      self.name = name
      self.file = file
      self.records = records
      self.textBytes = textBytes
      self.fileBytes = fileBytes
    }
  }

  /// What the export is of.
  public var description: ExportDescription
  /// The shape of the rows.
  public var format: ExportFormat
  /// How the files are compressed.
  public var compression: ExportCompression
  /// The splits.
  public var splits: [Split] = []
  /// Rows by a property (`origin`, `slice`, `label`) and its value; of rows that models wrote also by `operator`, `model`
  /// and `family`.
  public var counts: [String: [String: Int]] = [:]
  /// Whether every message has a role and a content and nothing else, so that the columns can be declared.
  public var isPlain = false

  /// Makes a card without splits.
  public init(_ description: ExportDescription, format: ExportFormat, compression: ExportCompression) {
    self.description = description
    self.format = format
    self.compression = compression
  }

  /// The whole text, in UTF-8 with line feeds.
  public func render() -> String { "---\n" + frontMatter() + "---\n\n" + body() }

  private var records: Int { splits.reduce(0) { $0 + $1.records } }

  /// The splits with rows: `datasets` 5.2 refuses a whole folder for one declared split without any.
  private var filled: [Split] { splits.filter { $0.records > 0 } }

  // MARK: Front matter

  private func frontMatter() -> String {
    var lines = ["pretty_name: " + CardText.yaml(description.prettyName ?? description.dataset)]
    if description.licenseName != nil || description.licenseLink != nil {
      lines.append("license: \"other\"")
      if let name = description.licenseName { lines.append("license_name: " + CardText.yaml(name)) }
      if let link = description.licenseLink { lines.append("license_link: " + CardText.yaml(link)) }
    } else if let license = description.license {
      lines.append("license: " + CardText.yaml(license))
    }
    lines += Self.list("language", description.languages)
    lines += Self.list("task_categories", Self.tasks(description.kind))
    lines += Self.list("size_categories", [Self.size(records)])
    lines += Self.list("tags", tags)
    lines += configs()
    lines += datasetInfo()
    return lines.joined(separator: "\n") + "\n"
  }

  private static func list(_ key: String, _ values: [String]) -> [String] {
    values.isEmpty ? [] : ["\(key):"] + values.map { "- " + CardText.yaml($0) }
  }

  /// Hugging Face's task categories by kind.
  private static func tasks(_ kind: Kind) -> [String] {
    switch kind {
    case .sft, .fewshot, .eval: ["text-generation"]
    case .preference, .kto: ["text-generation", "reinforcement-learning"]
    }
  }

  /// The bracket of `size_categories.json` in `datasets` that a number of rows falls in.
  static func size(_ records: Int) -> String {
    let marks = [
      "1K", "10K", "100K", "1M", "10M", "100M", "1B", "10B", "100B", "1T",
    ]
    var limit = 1000
    for (index, mark) in marks.enumerated() {
      if records < limit { return index == 0 ? "n<1K" : "\(marks[index - 1])<n<\(mark)" }
      limit *= 10
    }
    return "n>1T"
  }

  /// The author's tags and the card's own, each once, sorted.
  private var tags: [String] {
    var tags = Set(description.tags + ["flywheel", description.kind.rawValue])
    if format == .trl { tags.insert("trl") }
    if description.kind == .preference || description.kind == .kto { tags.insert("human-feedback") }
    if counts["origin"]?[Origin.synthetic.rawValue] ?? 0 > 0 { tags.insert("synthetic") }
    return tags.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  private func configs() -> [String] {
    guard !filled.isEmpty else { return [] }
    return ["configs:", "- config_name: \"default\"", "  data_files:"]
      + filled.flatMap {
        ["  - split: " + CardText.yaml($0.name), "    path: " + CardText.yaml($0.file)]
      }
  }

  private func datasetInfo() -> [String] {
    guard !filled.isEmpty else { return [] }
    var lines = ["dataset_info:"]
    if isPlain, let features { lines += ["  features:"] + features }
    lines.append("  splits:")
    for split in filled {
      lines += [
        "  - name: " + CardText.yaml(split.name), "    num_bytes: \(split.textBytes)",
        "    num_examples: \(split.records)",
      ]
    }
    lines.append("  download_size: \(filled.reduce(0) { $0 + $1.fileBytes })")
    lines.append("  dataset_size: \(filled.reduce(0) { $0 + $1.textBytes })")
    return lines
  }

  /// The columns of rows whose messages have roles and contents only; nil where metadata make them open.
  private var features: [String]? {
    func messages(_ name: String, _ indent: String = "  ") -> [String] {
      [
        "- name: \"\(name)\"", "  list:", "  - name: \"role\"", "    dtype: \"string\"",
        "  - name: \"content\"", "    dtype: \"string\"",
      ].map { indent + $0 }
    }
    func scalar(_ name: String, _ type: String) -> [String] {
      ["  - name: \"\(name)\"", "    dtype: \"\(type)\""]
    }
    switch (description.kind, format) {
    case (_, .records), (_, .inspect), (.kto, .openai): return nil
    case (.sft, _), (.fewshot, _): return messages("messages")
    case (.preference, .openai):
      return ["  - name: \"input\"", "    struct:"] + messages("messages", "    ")
        + messages("preferred_output") + messages("non_preferred_output")
    case (.preference, .trl): return messages("prompt") + messages("chosen") + messages("rejected")
    case (.kto, .trl): return messages("prompt") + messages("completion") + scalar("label", "bool")
    case (.eval, .openai): return messages("input") + scalar("ideal", "string")
    case (.eval, .trl): return messages("prompt")
    }
  }

  // MARK: Body

  private var reference: String { CardText.code("\(description.dataset)@\(description.number)") }

  private func body() -> String {
    var parts = ["# " + CardText.line(description.prettyName ?? description.dataset)]
    let text = CardText.block(description.text)
    if !text.isEmpty { parts.append(text) }
    parts.append(
      "Version `\(reference)`: \(records) examples of kind `\(description.kind.rawValue)`, as rows of format "
        + "`\(format.rawValue)`.")
    parts.append("## Counts")
    parts.append(
      Self.table(["split", "examples", "file"], splits.map { [$0.name, "\($0.records)", $0.file] }))
    for property in ["origin", "slice", "label"] {
      guard let values = counts[property], !values.isEmpty else { continue }
      let rows = values.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
      parts.append(Self.table([property, "examples"], rows.map { [$0.key, "\($0.value)"] }))
    }
    if !description.gates.isEmpty {
      parts.append("## Gates")
      let rows = description.gates.map { [$0.name, $0.passed ? "passed" : "refused", $0.value, $0.limit] }
      parts.append(Self.table(["gate", "outcome", "value", "limit"], rows))
    }
    parts += making()
    parts += synthesis()
    parts += loading()
    if !description.account.isEmpty {
      parts.append("## Account")
      parts.append(Self.table(["records", "count"], description.account.map { [$0.name, "\($0.count)"] }))
    }
    return parts.joined(separator: "\n\n") + "\n"
  }

  private static func table(_ header: [String], _ rows: [[String]]) -> String {
    func line(_ cells: [String]) -> String { "| " + cells.joined(separator: " | ") + " |" }
    return
      ([line(header), line(header.map { _ in "---" })] + rows.map { line($0.map { CardText.line($0) }) })
      .joined(separator: "\n")
  }

  private func making() -> [String] {
    var lines = [
      "- version: `\(description.version.hex)`", "- content root: `\(description.contentRoot.hex)`",
    ]
    if let definition = description.definition { lines.append("- definition: `\(definition.hex)`") }
    return [
      "## How it was made",
      "Published by flywheel from logged interactions and the feedback on them. The content root covers every "
        + "example's id and content, so the same root is the same data.",
      lines.joined(separator: "\n"),
    ]
  }

  /// Who wrote what no user saw, and whom an eval of it must not judge.
  private func synthesis() -> [String] {
    let tables = ["family", "model", "operator"].compactMap { property in
      counts[property].map { values in
        Self.table(
          [property, "examples"],
          values.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map {
            [$0.key, "\($0.value)"]
          })
      }
    }
    guard let families = counts["family"]?.keys.sorted(), !tables.isEmpty else { return [] }
    var parts = [
      "## Written by models",
      "Examples of origin `synthetic` were written by language models where real ones are missing, and no user saw them."
        + " An example counts for each model that had a part in it.",
    ]
    parts += tables
    if description.kind == .eval {
      let names = families.map { CardText.line($0) }.joined(separator: ", ")
      parts.append(
        "A model does well on what its own family wrote. Do not compare models of a family above (\(names)) with others"
          + " on these examples without saying so; rows of origin `organic` and `corrected` are fair to all.")
    }
    return parts
  }

  private func loading() -> [String] {
    let package: String? =
      switch compression {
      case .none, .gzip: nil
      case .lz4: "lz4"
      case .zstd: "zstandard"
      }
    var parts = [
      "## How to load it", "In this folder" + (package.map { " (needs `pip install \($0)`)" } ?? "") + ":",
    ]
    parts.append("```python\nfrom datasets import load_dataset\n\ndata = load_dataset(\".\")\n```")
    parts.append("The same folder again:")
    parts.append(
      "```sh\nflywheel pull \(reference) --to DIR --format \(format.rawValue) --compress "
        + "\(compression.rawValue)\n```")
    if format != .records {
      parts.append(
        "`SPLIT.meta.jsonl\(compression.suffix)` says of each row, in the same order, which example it is and "
          + "where that came from.")
    }
    return parts
  }
}
