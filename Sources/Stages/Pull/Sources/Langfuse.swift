import Bytes
import Foundation
import Records
import Text

/// Langfuse: observations that are model calls, and scores; by its API or from the folder of a blob export.
///
/// Rows of three writers are read: servers of version 4 (`/api/public/v2/observations`,
/// `/api/public/v3/scores`), older ones (`/api/public/observations`, `/api/public/v2/scores`), and blob
/// exports, whose keys are snake_case and whose missing texts are empty. Facts: the vendor's OpenAPI file,
/// its Python clients 5.0.4 and 4.18.0, and its page on the fields of blob exports.
///
/// A folder of files is read where a manifest says that it is whole; see ``files(of:)``. Of scores, thumbs,
/// ratings and corrections of people become feedback; what an evaluator wrote (`EVAL`) does only where the
/// definition names it, and a score on an experiment never.
enum Langfuse: SourceSystem {
  static var traits: SourceTraits {
    var traits = SourceTraits("Langfuse", [.service, .files])
    traits.address = "https://cloud.langfuse.com"
    traits.required = [.key, .publicKey]
    traits.keyVariable = "LANGFUSE_SECRET_KEY"
    traits.publicKeyVariable = "LANGFUSE_PUBLIC_KEY"
    traits.types = ["GENERATION"]
    traits.signals = SourceTraits.thumbs
    // The cloud answers with 5 MB at most; a row holds a whole conversation.
    traits.pageSize = (100, 1000)
    return traits
  }

  static func reader(_ source: SourceDefinition, _ records: RecordWriter) -> any RowReader {
    LangfuseReader(source, records)
  }

  static func connector(_ source: SourceDefinition) -> (any Connector)? { LangfuseConnector() }

  // MARK: Blob exports

  /// The files of a pattern, or the observations and scores of an export's folder.
  ///
  /// The folder may be the project's own or the one above. Where it has manifests, a file waits until its own
  /// is there, which the exporter writes last, and until the file is as long as it says: a folder that is
  /// being copied is read when it is whole. A file older than some manifest does not wait, since exports had
  /// none at first.
  static func files(of pattern: String) throws -> [String] {
    var manifests: [String: [String: LangfuseManifest]] = [:]
    return try candidates(of: pattern).filter { path in
      let parts = path.split(separator: "/", omittingEmptySubsequences: false)
      guard parts.count > 2 else { return true }
      let root = parts.dropLast(2).joined(separator: "/")
      if manifests[root] == nil { manifests[root] = LangfuseManifest.all(in: root + "/manifests") }
      guard let all = manifests[root], !all.isEmpty else {
        // A folder for manifests without any is an export that has only begun.
        return FileKind.of(root + "/manifests") != .folder
      }
      let name = parts[parts.count - 1]
      let window = String(name.prefix { $0 != "." })
      guard let manifest = all[window] else { return all.keys.contains { window < $0 } }
      guard let size = manifest.sizes["\(parts[parts.count - 2])/\(name)"] else { return true }
      return try FileStatus.of(path).size == size
    }
  }

  private static func candidates(of pattern: String) throws -> [String] {
    guard FileKind.of(pattern) == .folder else { return try InputGlob.expand(pattern) }
    let below = try FileManager.default.contentsOfDirectory(atPath: pattern).map { "\(pattern)/\($0)" }
    var found = try InputGlob.expand(pattern)
    for root in [pattern] + below where FileKind.of(root) == .folder {
      // The older table lacks users and sessions and has the same ids.
      let observations = ["observations_v2", "observations"].first { FileKind.of("\(root)/\($0)") == .folder }
      for table in [observations, "scores"].compactMap({ $0 })
      where FileKind.of("\(root)/\(table)") == .folder {
        found += try InputGlob.expand("\(root)/\(table)")
      }
    }
    return found.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }
}

/// What the manifest of one window of a blob export says.
struct LangfuseManifest {
  /// Bytes of the window's files by table and name, such as `scores/2026-11-20T00-00-00.jsonl.gz`.
  let sizes: [String: Int]

  /// The manifests of a folder that can be read, by their window.
  static func all(in folder: String) -> [String: LangfuseManifest] {
    var all: [String: LangfuseManifest] = [:]
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    for name in names where name.hasSuffix(".json") {
      // One that is being written is not there yet.
      guard let bytes = try? DurableFile.read("\(folder)/\(name)"),
        let manifest = try? LangfuseManifest(bytes)
      else { continue }
      all[String(name.dropLast(5))] = manifest
    }
    return all
  }

  private init(_ bytes: [UInt8]) throws {
    sizes = try bytes.withUnsafeBytes { bytes in
      try JSONParser(maximumLength: max(bytes.count, 1 << 16)).parse(bytes) {
        (value: JSONValue) -> [String: Int] in
        var sizes: [String: Int] = [:]
        value["files"]?.forEachElement { file in
          guard let key = file.text("key"), let size = file.whole("size") else { return }
          sizes[key.split(separator: "/").suffix(2).joined(separator: "/")] = Int(size)
        }
        return sizes
      }
    }
  }
}

/// Reads observations and scores.
private final class LangfuseReader: RowReader {
  private let records: RecordWriter
  private let types: Set<String>
  private let named: Set<String>

  init(_ source: SourceDefinition, _ records: RecordWriter) {
    self.records = records
    let types = source.service?.types ?? []
    self.types = Set(types.isEmpty ? Langfuse.traits.types : types)
    named = Set(source.signals.keys)
  }

  func read(_ row: JSONValue) throws -> Bool {
    if let type = row.text("dataType", "data_type") { return try score(row, type) }
    return try observation(row)
  }

  private func observation(_ row: JSONValue) throws -> Bool {
    guard let type = row.text("type"), types.contains(type) else { return false }
    let output = row.first("output")
    let end = row.timeIfAny("endTime", "end_time")
    // Still under way, or failed: a later version of the row may have an answer.
    if output == nil, end == nil || row.text("level") == "ERROR" { return false }
    var facts = InteractionFacts(native: row.text("id"), time: try row.time("startTime", "start_time"))
    facts.trace = row.text("traceId", "trace_id")
    facts.conversation = row.text("sessionId", "session_id")
    facts.user = row.text("userId", "user_id")
    facts.model = row.text("model", "providedModelName", "provided_model_name")
    if let prompt = row.text("promptName", "prompt_name") {
      facts.prompt = row.text("promptVersion", "prompt_version").map { "\(prompt)/\($0)" } ?? prompt
    }
    let usage = row.first("usageDetails", "usage_details", "usage")
    facts.tokensIn = usage?.whole("input", "prompt_tokens", "input_tokens")
    facts.tokensOut = usage?.whole("output", "completion_tokens", "output_tokens")
    facts.cost =
      row.number("totalCost", "total_cost", "calculatedTotalCost")
      ?? row.first("costDetails", "cost_details")?.number("total")
    facts.latency =
      row.number("latency") ?? end.map { Double($0.microseconds - facts.time.microseconds) / 1e6 }
    facts.updated = row.timeIfAny("updatedAt", "updated_at") ?? end
    facts.metadata = records.metadata(of: row)
    try records.interaction(facts, input: row.first("input"), output: output)
    return true
  }

  private func score(_ row: JSONValue, _ type: String) throws -> Bool {
    guard let subject = try LangfuseSubject(row) else { return false }
    guard let name = row.text("name") else { throw RowFault.noSignal }
    // An evaluator's score may have the name of a user's.
    if row.text("source") == "EVAL", !named.contains(name) {
      records.unmapped(signal: name)
      return true
    }
    let isCorrection = type == "CORRECTION"
    guard let rule = isCorrection ? SignalRule(signal: .correction) : records.signal(named: name) else {
      records.unmapped(signal: name)
      return true
    }
    // Beside a text, older servers and exports have a number that says nothing.
    let isText = isCorrection || type == "CATEGORICAL" || type == "TEXT"
    let text = row.first("stringValue", "string_value", "longStringValue", "long_string_value")
    let value = isText ? text ?? row["value"] : row["value"]
    var facts = FeedbackFacts(native: row.text("id"), time: try row.time("timestamp"), signal: rule.signal)
    facts.target = subject.observation
    facts.trace = subject.trace
    facts.conversation = subject.session
    facts.updated = row.timeIfAny("updatedAt", "updated_at")
    facts.comment = row.first("comment")
    switch rule.signal {
    case .correction where value?.utf8 != nil: facts.correction = value
    case .comment: facts.comment = facts.comment ?? value
    case .thumb where type == "TEXT" && rule.value == nil, .correction:
      // A remark under a thumb's name, or a number under a correction's.
      records.unmapped(signal: name)
      return true
    default: facts.value = try RecordWriter.value(rule, value)
    }
    try records.feedback(facts)
    return true
  }
}

/// What a score is on.
private struct LangfuseSubject {
  var observation: String?
  var trace: String?
  var session: String?

  /// Nil for an experiment.
  /// - Throws: ``RowFault`` for a score on nothing.
  init?(_ row: JSONValue) throws {
    if let subject = row.first("subject") {
      switch subject.text("kind") {
      case "observation":
        observation = subject.text("id")
        trace = subject.text("traceId")
      case "trace": trace = subject.text("id")
      case "session": session = subject.text("id")
      default: return nil
      }
    } else {
      if row.text("datasetRunId", "dataset_run_id") != nil { return nil }
      observation = row.text("observationId", "observation_id")
      trace = row.text("traceId", "trace_id")
      session = row.text("sessionId", "session_id")
    }
    if observation == nil, trace == nil, session == nil { throw RowFault.noTarget }
  }
}
