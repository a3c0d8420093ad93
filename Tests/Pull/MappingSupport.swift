import Bytes
import Catalog
import Lake
import Records
import Text

@testable import Pull

/// The lines and rows that a source's mapping makes of a log.
struct Mapped {
  let result: ChunkResult

  init(_ log: String, _ source: SourceDefinition = .chat(), key: UInt8 = 7, fault: String? = nil) throws {
    try self.init(Array(log.utf8), source, key: key, fault: fault)
  }

  init(_ log: [UInt8], _ source: SourceDefinition = .chat(), key: UInt8 = 7, fault: String? = nil) throws {
    let status = FileStatus(
      path: "log.jsonl", device: 1, inode: 1, size: log.count, modified: 0, isCompressed: false, head: [])
    let job = InputJob(
      path: "log.jsonl", bytes: log + [UInt8](repeating: 0, count: InputChunk.padding), length: log.count,
      offset: 100,
      overlong: [], fault: fault, after: FileCursor(status, offset: log.count, mark: .nothing, complete: true)
    )
    result = try ChunkMapper.map(
      job, source: source, pseudonyms: .with(key), now: Timestamp(microseconds: 1_795_305_600_000_000))
  }

  /// The records of a table in the order of the log, wherever their days put them.
  func lines(_ table: LakeTable) throws -> [String] {
    let places: [RowPlace] =
      switch table {
      case .interactions: result.interactions.map(\.place)
      case .feedback: result.feedback.map(\.place)
      case .quarantine: result.quarantine.compactMap(\.place)
      case .findings: []
      }
    return try places.map { place in
      let frame = result.parts[place.segment].frames[place.frame]
      let text = try frame.bytes.withUnsafeBytes { try LZ4Frame.decompress($0, size: frame.textBytes) }
      return String(decoding: text[place.offset..<place.offset + place.length], as: UTF8.self)
    }
  }

  var reasons: [String] { result.quarantine.map(\.reason) }
}

extension Pseudonyms {
  /// The pseudonyms under a key of one byte, 32 times.
  static func with(_ byte: UInt8) -> Pseudonyms {
    guard let pseudonyms = Pseudonyms(key: [UInt8](repeating: byte, count: 32)) else {
      fatalError("a key of 32 bytes is long enough")
    }
    return pseudonyms
  }
}

extension FieldRule {
  /// The rule of one or more paths.
  init(_ paths: String..., scale: Double = 1) {
    self.init(paths: paths.compactMap { FieldPath($0) }, scale: scale)
  }
}

extension SourceDefinition {
  /// A source of interactions that maps every field.
  static func chat() -> SourceDefinition {
    var source = SourceDefinition(name: "chat", path: "*.jsonl")
    var mapping = InteractionMapping(
      id: FieldRule("id"), time: FieldRule("time"), input: FieldRule("input"),
      output: FieldRule("output", "response"))
    mapping.conversation = FieldRule("session.id")
    mapping.user = FieldRule("user")
    mapping.app = FieldRule("app")
    mapping.model = FieldRule("model")
    mapping.prompt = FieldRule("prompt")
    mapping.parent = FieldRule("parent")
    mapping.finish = FieldRule("finish")
    mapping.tokensIn = FieldRule("usage.in")
    mapping.tokensOut = FieldRule("usage.out")
    mapping.cost = FieldRule("cost")
    mapping.latency = FieldRule("ms", scale: 0.001)
    mapping.updated = FieldRule("updated")
    mapping.metadata = ["tags", "extra.lang", "people"].compactMap { FieldPath($0) }
    source.interactions = mapping
    return source
  }

  /// A source of feedback on `chat` that maps every field.
  static func feedback() -> SourceDefinition {
    var source = SourceDefinition(name: "fb", path: "*.jsonl")
    var mapping = FeedbackMapping(
      about: "chat", id: FieldRule("id"), time: FieldRule("time"), signal: FieldRule("event"))
    mapping.target = FieldRule("target")
    mapping.conversation = FieldRule("session")
    mapping.value = FieldRule("value")
    mapping.comment = FieldRule("comment")
    mapping.correction = FieldRule("correction")
    mapping.count = FieldRule("n")
    mapping.user = FieldRule("user")
    mapping.updated = FieldRule("updated")
    mapping.signals = [
      "thumbs_up": SignalRule(signal: .thumb, value: 1), "like": SignalRule(signal: .thumb),
      "stars": SignalRule(signal: .rating, from: SignalScale(low: 1, high: 5)),
      "grade": SignalRule(signal: .rating, from: SignalScale(low: 6, high: 1)),
      "left": SignalRule(signal: .abandon),
    ]
    source.feedback = mapping
    return source
  }
}

/// The canonical form of a JSON text.
func canonical(_ json: String) throws -> String {
  let out = ByteBuffer()
  try JSONParser().parse(json) { value in
    var writer = JSONWriter(out)
    writer.canonical(value)
  }
  return String(decoding: out.view, as: UTF8.self)
}
