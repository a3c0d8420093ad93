import Records

/// The systems that can be read.
///
/// The raw value is what definitions hold.
public enum SourceKind: String, Sendable, CaseIterable, Codable {
  /// Files of JSON, read by a mapping.
  case file
  /// Langfuse: its API, or the folder of a blob export.
  case langfuse
  /// LangSmith.
  case langsmith
  /// Arize Phoenix.
  case phoenix
  /// MLflow traces.
  case mlflow
  /// Helicone: its API, or files of its export.
  case helicone
  /// Braintrust.
  case braintrust
  /// Files of the OpenTelemetry collector, with GenAI or OpenInference attributes.
  case otlp
  /// Logging payloads of the LiteLLM proxy's callbacks.
  case litellm
  /// Open WebUI: its feedback export, by API or as a file.
  case openWebUI = "open-webui"
  /// Chat completions stored by OpenAI.
  case openai
  /// Portkey's log export.
  case portkey
  /// PromptLayer.
  case promptlayer
  /// A query of a SQLite or PostgreSQL database, read by a mapping.
  case sql

  /// What stands behind the kind.
  var system: any SourceSystem.Type {
    switch self {
    case .file: FileSystem.self
    case .langfuse: Langfuse.self
    case .langsmith: LangSmith.self
    case .phoenix: Phoenix.self
    case .mlflow: MLflow.self
    case .helicone: Helicone.self
    case .braintrust: Braintrust.self
    case .otlp: OpenTelemetry.self
    case .litellm: LiteLLM.self
    case .openWebUI: OpenWebUI.self
    case .openai: OpenAIStored.self
    case .portkey: Portkey.self
    case .promptlayer: PromptLayer.self
    case .sql: SQLDatabase.self
    }
  }

  /// What definitions of the kind hold.
  public var traits: SourceTraits { system.traits }
}

/// One system that logs come from: what a definition must say, how rows are read, and how the system is asked.
protocol SourceSystem: Sendable {
  static var traits: SourceTraits { get }
  /// A reader of rows, for one worker and one chunk.
  static func reader(_ source: SourceDefinition, _ records: RecordWriter) -> any RowReader
  /// A connector for one pull; nil for a definition that names files.
  static func connector(_ source: SourceDefinition) -> (any Connector)?
  /// The files of a pattern, sorted.
  static func files(of pattern: String) throws -> [String]
}

extension SourceSystem {
  static func connector(_ source: SourceDefinition) -> (any Connector)? { nil }
  static func files(of pattern: String) throws -> [String] { try InputGlob.expand(pattern) }
}

extension SourceDefinition {
  func files(of pattern: String) throws -> [String] { try kind.system.files(of: pattern) }
}

/// Where a source's rows are.
public enum SourcePlace: String, Sendable, CaseIterable {
  /// Files, or objects of a bucket: `path`.
  case files = "path"
  /// A service behind HTTP: `address`.
  case service = "address"
  /// A database: `database`.
  case database
}

/// How the text of files becomes rows.
public enum FileFraming: Sendable {
  /// One JSON object a line.
  case lines
  /// JSON documents: objects, arrays of objects, lines, in one file.
  case documents
  /// What the OpenTelemetry collector writes: lines, or frames with their length before them.
  case frames
}

/// What definitions of a kind hold, and what is assumed where they are silent.
public struct SourceTraits: Sendable {
  /// The system's name for people.
  public var title: String
  /// The places that rows may be read from; at least one.
  public var places: [SourcePlace]
  /// How the text of files becomes rows.
  public var framing = FileFraming.lines
  /// Whether rows are read by the mappings of the definition.
  public var isMapped = false
  /// The address of the vendor's own service; nil where each team runs its own.
  public var address: String?
  /// The keys of a service that a definition must hold, beside the address.
  public var required: [ServiceKey] = []
  /// The keys of a service that a definition may hold.
  public var optional: [ServiceKey] = []
  /// The variables that hold the keys where the definition names none, by the vendor's own convention.
  public var keyVariable: String?
  /// The same for the public key.
  public var publicKeyVariable: String?
  /// What the system calls the calls that become interactions, such as `LLM`; empty where all rows are.
  public var types: [String] = []
  /// What names of signals mean by the system's conventions.
  public var signals: [String: SignalRule] = [:]
  /// Keys under which rows hold what names a person, masked where a row goes to quarantine.
  public var userKeys = ["user_id", "userId", "user", "end_user", "user.id", "enduser.id", "request_user_id"]
  /// Rows of one page: default and most.
  public var pageSize: (standard: Int, most: Int)?
  /// Requests a minute where the definition says nothing; nil is as many as go.
  public var requestsPerMinute: Int?

  init(_ title: String, _ places: [SourcePlace]) {
    self.title = title
    self.places = places
  }

  /// Names of thumbs that applications use, whatever the system: Langfuse's and LangSmith's documentation, Phoenix's
  /// built-in configuration, Braintrust's examples.
  static let thumbs: [String: SignalRule] = Dictionary(
    uniqueKeysWithValues: [
      "user-feedback", "user_feedback", "user feedback", "userFeedback", "user_score", "user-score", "thumbs",
      "thumbs_up", "thumb", "feedback", "rating_thumb",
    ].map { ($0, SignalRule(signal: .thumb)) })
}

/// A key of a definition that only services have.
///
/// The raw value is what definitions hold.
public enum ServiceKey: String, Sendable, CaseIterable {
  /// The secret that proves who asks.
  case key
  /// The public half of a pair of keys.
  case publicKey = "public_key"
  /// The project, by name or id.
  case project
  /// The workspace or organisation.
  case workspace
}
