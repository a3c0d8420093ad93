import Bytes
import Catalog
import Lake
import Records
import Text

/// Reads what inputs are made from: real interactions, files of seed tasks, documents.
struct SeedReader {
  /// Seeds of one slice at most, by a hash of the plan's seed and the id: more change nothing that a prompt shows.
  static let mostOfSlice = 64
  /// Known inputs at most that new ones are compared with, those of the smallest hashes.
  static let mostKnown = 2000
  /// Bytes of a document at most; longer ones are cut into several.
  static let longestDocument = 4000

  let catalog: CatalogStore
  let lake: LakeStore
  let seed: String

  /// Real interactions as seeds, and known inputs.
  /// - Parameters:
  ///   - condition: an SQL condition over `records`.
  ///   - slices: the conditions of slices, by name, in the order in which they take records.
  /// - Returns: seeds, and inputs that new ones must be unlike.
  /// - Throws: ``CatalogError`` for a condition that is not legal, the stores' errors.
  func interactions(
    _ condition: String, slices: [(name: String, condition: String)]
  ) throws -> (seeds: [SynthesisPlan.Seed], known: [String]) {
    var sliceOf: [Int64: String] = [:]
    for slice in slices.reversed() {
      for number in try catalog.numbers(where: slice.condition) { sliceOf[number] = slice.name }
    }
    let good = try catalog.seedCandidates(where: "(\(condition)\n) AND origin = 'organic'")
    let failed = try catalog.seedCandidates(where: "label = 'bad' AND origin = 'organic'")
    let bodies = LakeBodies(lake: lake)
    var seeds: [SynthesisPlan.Seed] = []
    for (list, isFailure) in [(good, false), (failed, true)] {
      var taken: [String: Int] = [:]
      for row in ordered(list) {
        let slice = sliceOf[row.number] ?? "other"
        guard taken[slice, default: 0] < Self.mostOfSlice else { continue }
        taken[slice, default: 0] += 1
        let texts = try text(row, bodies)
        guard !texts.input.isBlank else { continue }
        seeds.append(
          SynthesisPlan.Seed(
            id: row.id, slice: slice, input: texts.input, output: isFailure ? "" : texts.output,
            isFailure: isFailure))
      }
    }
    var known: [String] = []
    for row in ordered(try catalog.seedCandidates(where: "true", evenHeldOut: true)).prefix(Self.mostKnown) {
      known.append(String(try text(row, bodies).input.prefix(1000)))
    }
    return (seeds, known)
  }

  private func ordered(_ rows: [SeedCandidate]) -> [SeedCandidate] {
    rows.map { ($0, ContentHash.of("\(seed)\u{0}\($0.id)")) }.sorted { ($0.1, $0.0.id) < ($1.1, $1.0.id) }
      .map(\.0)
  }

  private func text(_ row: SeedCandidate, _ bodies: LakeBodies) throws -> (input: String, output: String) {
    try bodies.read(.interactions, row.place) { record in
      let last = record["input"]?.elements.last { $0["role"]?.string == "user" }
      func string(_ value: JSONValue?) -> String {
        String(decoding: value?["content"]?.messageText ?? [], as: UTF8.self)
      }
      return (string(last), string(record["output"]))
    }
  }

  /// The seed tasks of a file of JSON Lines, in the forms that are about: `input` or `instruction` with `instances`
  /// (Self-Instruct), `turns` (MT-Bench), `prompt`, `question`; `output`, `answer` or `response`; a `slice`.
  static func tasks(_ bytes: [UInt8], name: String) throws -> [SynthesisPlan.Seed] {
    let parser = JSONParser(maximumLength: max(bytes.count, 4096))
    var seeds: [SynthesisPlan.Seed] = []
    for (number, line) in bytes.split(separator: 0x0A).enumerated() {
      let seed: SynthesisPlan.Seed?
      do {
        seed = try parser.parse(array: Array(line)) { task($0, id: "\(name):\(number + 1)") }
      } catch {
        throw SynthesisError(.badSeed, name: name, line: number + 1)
      }
      guard let seed else { throw SynthesisError(.badSeed, name: name, line: number + 1) }
      seeds.append(seed)
    }
    return seeds
  }

  private static func task(_ value: JSONValue, id: String) -> SynthesisPlan.Seed? {
    func first(_ keys: [String]) -> String? {
      keys.lazy.compactMap { value[$0]?.string }.first { !$0.isBlank }
    }
    let instance = value["instances"]?[0]
    var input = first(["instruction", "prompt", "question", "input"]) ?? value["turns"]?[0]?.string ?? ""
    if let more = instance?["input"]?.string ?? (value["instruction"] != nil ? value["input"]?.string : nil),
      !more.isBlank
    {
      input += "\n\n" + more
    }
    guard !input.isBlank else { return nil }
    return SynthesisPlan.Seed(
      id: id, slice: value["slice"]?.string, input: input,
      output: first(["output", "answer", "response"]) ?? instance?["output"]?.string ?? "")
  }

  /// A text cut at paragraphs into documents that a prompt can show.
  static func documents(_ text: String, name: String) -> [SynthesisPlan.Document] {
    var parts: [String] = [""]
    for paragraph in text.split(separator: "\n\n", omittingEmptySubsequences: true) {
      for (number, piece) in pieces(String(paragraph)).enumerated() {
        if !parts[parts.count - 1].isEmpty,
          parts[parts.count - 1].utf8.count + piece.utf8.count > longestDocument
        {
          parts.append("")
        }
        parts[parts.count - 1] += (number > 0 || parts[parts.count - 1].isEmpty ? "" : "\n\n") + piece
      }
    }
    return parts.filter { !$0.isBlank }.enumerated().map {
      SynthesisPlan.Document(id: "\(name)#\($0.offset + 1)", text: $0.element)
    }
  }

  private static func pieces(_ text: String) -> [String] {
    var rest = text[...]
    var pieces: [String] = []
    while rest.utf8.count > longestDocument {
      let piece = rest.prefix(longestDocument / 4)
      pieces.append(String(piece))
      rest = rest[piece.endIndex...]
    }
    return pieces + [String(rest)]
  }
}

/// Why nothing can be written.
public struct SynthesisError: Error, Sendable, Hashable {
  /// The kinds.
  public enum Code: String, Sendable, Hashable, CaseIterable {
    /// A line of a file of seeds is no JSON object with an input.
    case badSeed
    /// A file cannot be read.
    case unreadable
    /// A dataset has no targets.
    case noTargets
    /// A file of tools is no JSON array of tools.
    case badTools
    /// The JSON Schema of answers is none.
    case badVerifier
  }

  /// What happened.
  public let code: Code
  /// The file or dataset it is about.
  public let name: String
  /// The line, from 1; 0 where there is none.
  public let line: Int

  /// States an error.
  public init(_ code: Code, name: String, line: Int = 0) {
    self.code = code
    self.name = name
    self.line = line
  }
}
