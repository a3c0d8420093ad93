/// What an example is for.
///
/// The raw value is what definitions and published records hold.
public enum Kind: String, Sendable, CaseIterable, Codable {
  /// Supervised fine-tuning: input and a good output.
  case sft
  /// Direct preference optimisation: input, chosen and rejected output.
  case preference
  /// Kahneman–Tversky optimisation: input, output, and whether it was good.
  case kto
  /// An evaluation item: input and a reference output.
  case eval
  /// A demonstration for a prompt.
  case fewshot

  /// Whether examples of this kind shape a model's behaviour, so that no eval item may be among them.
  public var trains: Bool { self != .eval }
}

/// Where an example's output comes from.
public enum Origin: String, Sendable, CaseIterable, Codable {
  /// The model's logged output.
  case organic
  /// A person's correction of the model's output.
  case corrected
  /// Written by a model for this purpose.
  case synthetic
}

/// What a synthetic example may be used for, decided when it is written: it is never used for both.
///
/// The raw value is what the catalog holds.
public enum SyntheticRole: String, Sendable, CaseIterable, Codable {
  /// To train: the student did not do it well, or no student was asked.
  case train
  /// To evaluate: the student did it well, so that a later one must not do worse.
  case eval
}

/// What a user did with an output.
///
/// The raw value is what mappings, the lake and the catalog hold.
public enum Signal: String, Sendable, CaseIterable, Codable {
  /// Explicit: up (value 1) or down (value -1).
  case thumb
  /// Explicit: a number from -1 (worst) to 1 (best), scaled by the mapping.
  case rating
  /// Explicit: free text, which abstains.
  case comment
  /// Explicit: a person's better output, kept as a body.
  case correction
  /// Explicit: the place among siblings, 0 the best; it abstains and makes preference pairs.
  case rank
  /// Implicit: the output was copied.
  case copy
  /// Implicit: something in the output was clicked.
  case click
  /// Implicit: the output was accepted as it is.
  case accept
  /// Implicit: another output was asked for.
  case regenerate
  /// Implicit: the output was changed by its user before use.
  case edit
  /// Implicit: the conversation was left; it abstains, since a solved problem looks the same.
  case abandon
  /// Implicit: the user wrote on; it abstains.
  case followUp = "follow_up"

  /// Whether the user stated an opinion; the others are read from behaviour.
  public var isExplicit: Bool {
    switch self {
    case .thumb, .rating, .comment, .correction, .rank: true
    case .copy, .click, .accept, .regenerate, .edit, .abandon, .followUp: false
    }
  }
}

/// The answer to the question whether an output is good.
public enum LabelClass: String, Sendable, CaseIterable, Codable {
  /// More weight of votes for good.
  case good
  /// More weight of votes for bad.
  case bad
  /// Equal weight on both sides: stated, and used by no dataset that asks for good or bad.
  case tie
}

/// What curation decided.
///
/// The raw value is what the catalog holds.
public enum Decision: String, Sendable, CaseIterable, Codable {
  /// Fit for use.
  case kept
  /// Left out, with a reason.
  case dropped
}

/// Why a rule dropped, changed or flagged a record: never the text it found.
public struct Finding: Sendable, Hashable {
  /// What the finding does to the record.
  public enum Effect: String, Sendable, CaseIterable, Codable {
    /// The record leaves the wheel here.
    case drop
    /// The record stays and the finding is counted.
    case flag
  }

  /// The rule's name, such as `length`.
  public let rule: String
  /// The reason code, such as `output-too-short`; stable once released.
  public let reason: String
  /// What it does to the record.
  public let effect: Effect
  /// The version of the rule that reported it, 1 or more; whoever runs rules states it.
  public var version: Int = 1
  /// The part it is about: `input` (the last user message), `conversation` (all input messages, joined by line feeds),
  /// `output` or `record`.
  public let part: String
  /// UTF-8 offset of the place in the part, 0-based; 0 where the whole part is meant.
  public let offset: Int
  /// Length of the place in bytes; 0 where the whole part is meant.
  public let length: Int

  /// States a finding.
  /// - Parameters:
  ///   - rule: the rule's name.
  ///   - reason: the reason code.
  ///   - effect: what it does to the record.
  ///   - part: `input`, `conversation`, `output` or `record`; default `record`.
  ///   - offset: UTF-8 offset in the part; default 0.
  ///   - length: length in bytes; default 0.
  public init(
    rule: String, reason: String, effect: Effect, part: String = "record", offset: Int = 0, length: Int = 0
  ) {
    self.rule = rule
    self.reason = reason
    self.effect = effect
    self.part = part
    self.offset = offset
    self.length = length
  }
}

/// The lake's tables.
///
/// The raw value is the folder's name.
public enum LakeTable: String, Sendable, CaseIterable, Codable {
  /// Logged model calls.
  case interactions
  /// Events on them.
  case feedback
  /// Rows that could not be read, with place and reason.
  case quarantine
  /// What the rules found, in a lake that curation made of another.
  case findings
}
