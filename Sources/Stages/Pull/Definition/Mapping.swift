import Foundation
import Records

/// A place in a source's row: keys joined by dots, such as `choices.0.finish_reason`.
///
/// A component made of digits is a 0-based position where an array stands, and a key where an object stands. A
/// backslash takes the meaning from the character behind it, so `attributes.gen_ai\.system` has two components.
public struct FieldPath: Sendable, Hashable, Codable, CustomStringConvertible {
  /// The keys or positions from the row inwards; at least one, none empty.
  public let components: [String]

  /// Reads a path; nil for an empty text, an empty component or a backslash at the end.
  public init?(_ text: String) {
    var components: [String] = []
    var current = String.UnicodeScalarView()
    var escaped = false
    for scalar in text.unicodeScalars {
      if escaped {
        current.append(scalar)
        escaped = false
      } else if scalar == "\\" {
        escaped = true
      } else if scalar == "." {
        components.append(String(current))
        current = String.UnicodeScalarView()
      } else {
        current.append(scalar)
      }
    }
    components.append(String(current))
    guard !escaped, components.allSatisfy({ !$0.isEmpty }) else { return nil }
    self.components = components
  }

  /// The last component, under which metadata is kept.
  public var last: String { components.last ?? "" }

  /// The path as a definition writes it.
  public var description: String {
    components.map {
      $0.replacingOccurrences(of: "\\", with: "\\\\").replacingOccurrences(of: ".", with: "\\.")
    }
    .joined(separator: ".")
  }

  /// Reads the written form.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    guard let path = FieldPath(try container.decode(String.self)) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a path")
    }
    self = path
  }

  /// Writes the written form.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}

/// Where a field of a record comes from: places in the row, tried in turn, or a constant.
public struct FieldRule: Sendable, Hashable, Codable {
  /// The factors that a definition may give: finite and not 0.
  public static let scaleRange = -1e12...1e12

  /// Places in the row; the first that holds something other than null wins.
  ///
  /// Empty for a constant.
  public var paths: [FieldPath]
  /// The value for every row, as written; nil where paths are given.
  public var constant: String?
  /// What a number found is multiplied with; default 1, legal in ``scaleRange`` without 0.
  public var scale: Double

  /// Puts a rule together.
  /// - Parameters:
  ///   - paths: places in the row, tried in turn; default none.
  ///   - constant: the value for every row; default none.
  ///   - scale: factor for numbers; default 1.
  public init(paths: [FieldPath] = [], constant: String? = nil, scale: Double = 1) {
    self.paths = paths
    self.constant = constant
    self.scale = scale
  }
}

/// A value that a row must hold to be read by a mapping.
public enum MatchValue: Sendable, Hashable, Codable {
  /// A string.
  case text(String)
  /// A number; integers compare by value.
  case number(Double)
  /// A Boolean.
  case bool(Bool)
}

/// One condition of a mapping's `match`.
public struct FieldMatch: Sendable, Hashable, Codable {
  /// The place in the row.
  public var path: FieldPath
  /// What must stand there.
  public var value: MatchValue

  /// Puts a condition together.
  public init(path: FieldPath, value: MatchValue) {
    self.path = path
    self.value = value
  }
}

/// How a row becomes an interaction.
///
/// A field without a rule stays absent.
public struct InteractionMapping: Sendable, Hashable, Codable {
  /// Conditions that all must hold; empty takes every row.
  public var match: [FieldMatch] = []
  /// The source's own id; unique in the source.
  public var id: FieldRule
  /// When the call was made.
  public var time: FieldRule
  /// The messages sent to the model.
  public var input: FieldRule
  /// The model's answer.
  public var output: FieldRule
  /// The conversation's id.
  public var conversation: FieldRule?
  /// The user's id, which becomes a pseudonym.
  public var user: FieldRule?
  /// The application's name; else ``SourceDefinition/app``.
  public var app: FieldRule?
  /// The model's name.
  public var model: FieldRule?
  /// The prompt's name and version.
  public var prompt: FieldRule?
  /// The source's id of the interaction that this one repeats or follows.
  public var parent: FieldRule?
  /// Why the model stopped.
  public var finish: FieldRule?
  /// Tokens read by the model.
  public var tokensIn: FieldRule?
  /// Tokens written by the model.
  public var tokensOut: FieldRule?
  /// Cost in US dollars after scaling.
  public var cost: FieldRule?
  /// Latency in seconds after scaling.
  public var latency: FieldRule?
  /// The source's own stamp of change; of rows with one id the newest wins.
  public var updated: FieldRule?
  /// Places kept as metadata under their last component, no two of them alike.
  public var metadata: [FieldPath] = []

  /// Takes the four fields that every interaction has.
  public init(id: FieldRule, time: FieldRule, input: FieldRule, output: FieldRule) {
    self.id = id
    self.time = time
    self.input = input
    self.output = output
  }
}

/// A source's scale of numbers: ``low`` becomes -1, ``high`` becomes 1, and what lies between follows the line.
public struct SignalScale: Sendable, Hashable, Codable {
  /// The number for worst.
  public var low: Double
  /// The number for best; it may be less than ``low``, as with school grades, but not equal.
  public var high: Double

  /// Puts a scale together.
  public init(low: Double, high: Double) {
    self.low = low
    self.high = high
  }
}

/// What a source's name of a signal means.
public struct SignalRule: Sendable, Hashable, Codable {
  /// The values that a definition may state.
  public static let valueRange = -1.0...1.0

  /// The signal.
  public var signal: Signal
  /// The value of every such event; nil takes the row's.
  ///
  /// Legal in ``valueRange``.
  public var value: Double?
  /// The scale of the row's number; nil takes it as it is.
  ///
  /// Never together with ``value``.
  public var from: SignalScale?

  /// Puts a rule together.
  public init(signal: Signal, value: Double? = nil, from: SignalScale? = nil) {
    self.signal = signal
    self.value = value
    self.from = from
  }
}

/// How a row becomes feedback.
///
/// A field without a rule stays absent.
public struct FeedbackMapping: Sendable, Hashable, Codable {
  /// Conditions that all must hold; empty takes every row.
  public var match: [FieldMatch] = []
  /// The source whose ids ``target`` and ``conversation`` hold; default the source itself.
  public var about: String
  /// The feedback's own id; unique in the source.
  public var id: FieldRule
  /// When it was given.
  public var time: FieldRule
  /// The source's name of the signal, translated by ``signals``.
  public var signal: FieldRule
  /// The interaction that it is about.
  ///
  /// This or ``conversation`` is there; where a row fills both, this one counts.
  public var target: FieldRule?
  /// The conversation that it is about.
  public var conversation: FieldRule?
  /// Number, Boolean or string.
  public var value: FieldRule?
  /// Free text.
  public var comment: FieldRule?
  /// The user's better output.
  public var correction: FieldRule?
  /// How many events the row stands for; absent means 1.
  public var count: FieldRule?
  /// The user's id, which becomes a pseudonym.
  public var user: FieldRule?
  /// The source's own stamp of change; of rows with one id the newest wins.
  public var updated: FieldRule?
  /// The source's names of signals; a name that is a signal already needs no entry.
  public var signals: [String: SignalRule] = [:]

  /// Takes the fields that every feedback has, and the source it is about.
  public init(about: String, id: FieldRule, time: FieldRule, signal: FieldRule) {
    self.about = about
    self.id = id
    self.time = time
    self.signal = signal
  }
}

/// Votes that stand on a tree's node as an object of name and count.
public struct VoteMapping: Sendable, Hashable, Codable {
  /// The place of the object in the node.
  public var path: FieldPath
  /// What the names mean; a name without an entry is not read.
  public var signals: [String: SignalRule]

  /// Puts a mapping together.
  public init(path: FieldPath, signals: [String: SignalRule]) {
    self.path = path
    self.signals = signals
  }
}

/// How a row that holds a whole conversation tree becomes interactions: one for every node of the output role.
///
/// Its input is the path from the root to the node's parent. Paths of fields are looked up in the node, then in
/// the row.
public struct TreeMapping: Sendable, Hashable, Codable {
  /// The roles of a message.
  ///
  /// The raw value is what definitions hold.
  public enum Role: String, Sendable, CaseIterable, Codable {
    /// Instructions of the application.
    case system
    /// The person.
    case user
    /// The model.
    case assistant
    /// A tool's result.
    case tool
  }

  /// Conditions on the row that all must hold; empty takes every row.
  public var match: [FieldMatch] = []
  /// The place of the root node in the row.
  public var root: FieldPath
  /// The place of the list of answers in a node.
  public var replies: FieldPath
  /// A node's id; unique in the source.
  public var id: FieldRule
  /// A node's text.
  public var text: FieldRule
  /// A node's role, in the source's words.
  public var role: FieldRule
  /// The source's word for the role whose nodes become interactions; default `assistant`.
  public var outputRole: String = Role.assistant.rawValue
  /// The source's words for roles; a word that is a role already needs no entry.
  public var roles: [String: Role] = [:]
  /// When the node was written.
  public var time: FieldRule
  /// The conversation's id.
  public var conversation: FieldRule?
  /// The application's name; else ``SourceDefinition/app``.
  public var app: FieldRule?
  /// The author's id, which becomes a pseudonym.
  public var user: FieldRule?
  /// The model's name.
  public var model: FieldRule?
  /// Places kept as metadata under their last component, no two of them alike.
  public var metadata: [FieldPath] = []
  /// A node's place among its siblings, 0 the best; it becomes feedback `rank`.
  public var rank: FieldRule?
  /// Votes on a node, which become feedback.
  public var votes: VoteMapping?

  /// Takes the fields that every tree has.
  /// - Parameters:
  ///   - root: the place of the root node in the row.
  ///   - replies: the place of the answers in a node.
  ///   - id: a node's id.
  ///   - text: a node's text.
  ///   - role: a node's role.
  ///   - time: when the node was written.
  public init(
    root: FieldPath, replies: FieldPath, id: FieldRule, text: FieldRule, role: FieldRule, time: FieldRule
  ) {
    self.root = root
    self.replies = replies
    self.id = id
    self.text = text
    self.role = role
    self.time = time
  }
}
