import Records

/// The shape of the rows that a pull writes.
///
/// The raw value is the word after `--format`.
public enum ExportFormat: String, CaseIterable, Sendable {
  /// The example as it was published, for every kind; nothing is converted or checked but id and kind.
  case records

  /// The shapes of OpenAI's fine-tuning and of its open-source evals; every kind but `kto`.
  ///
  /// `sft` and `fewshot`: `{"messages":[…]}`. `preference`:
  /// `{"input":{"messages":[…]},"preferred_output":[…],"non_preferred_output":[…]}`, one assistant message each.
  /// `eval`: `{"input":[…],"ideal":"…"}`. Arguments of tool calls are JSON strings. Rows hold these keys and no
  /// others, because the service refuses strangers.
  case openai

  /// The conversational shapes of Hugging Face's TRL; every kind.
  ///
  /// `sft` and `fewshot`: `{"messages":[…]}`. `preference`: `{"prompt":[…],"chosen":[…],"rejected":[…]}`, one
  /// assistant message each. `kto`: `{"prompt":[…],"completion":[…],"label":true}`. `eval`: `{"prompt":[…]}`,
  /// without the reference. Arguments of tool calls are objects.
  case trl

  /// Samples of Inspect AI; `eval` only.
  ///
  /// `{"id":"…","input":[…],"target":"…","metadata":{…}}`, where the metadata is the example's conversation,
  /// label, lineage, origin, slice and time. A message always has a content, `""` beside tool calls, and a tool
  /// call is `{"id","function","arguments":{…},"type"}`.
  case inspect

  /// The formats that take examples of a kind, in the order of the cases.
  public static func legal(for kind: Kind) -> [ExportFormat] {
    switch kind {
    case .sft, .preference, .fewshot: [.records, .openai, .trl]
    case .kto: [.records, .trl]
    case .eval: [.records, .openai, .trl, .inspect]
    }
  }

  /// The format of a pull that names none.
  public static func standard(for kind: Kind) -> ExportFormat {
    switch kind {
    case .sft, .eval, .fewshot: .openai
    case .preference, .kto: .trl
    }
  }
}

/// How a pulled file is compressed.
///
/// The raw value is the word after `--compress`.
public enum ExportCompression: String, CaseIterable, Sendable {
  /// Plain text.
  case none
  /// LZ4 frames of 4 MiB of text each, with checksums.
  case lz4
  /// zstd frames at level 3 of 4 MiB of text each, with checksums.
  case zstd
  /// One gzip member at level 6, without time stamp and name.
  case gzip

  /// What follows `.jsonl` in a file's name: nothing, `.lz4`, `.zst` or `.gz`.
  public var suffix: String {
    switch self {
    case .none: ""
    case .lz4: ".lz4"
    case .zstd: ".zst"
    case .gzip: ".gz"
    }
  }
}
