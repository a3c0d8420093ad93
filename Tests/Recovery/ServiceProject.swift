import Foundation
import FoundationNetworking
import GRDB
import Lake
import TestSupport
import Testing

extension LoopbackServer {
  /// The certificate's file of a server that speaks TLS.
  var certificate: String? { ready["certificate"] }

  /// One request that the server got.
  struct Received: Decodable {
    let path: String
    let query: [String: [String]]
    /// The names of the headers, in lower case.
    let headers: [String]
    /// The page that was asked for: of what, from where on, after what.
    var page: String {
      let start = query["fromStartTime"] ?? query["fromTimestamp"] ?? []
      return "\(path) \(start.first ?? "") \(query["cursor"]?.first ?? "")"
    }
  }

  /// The requests since the last `clear`.
  func requests() async throws -> [Received] {
    let url = try #require(URL(string: "\(address)/__requests"))
    return try JSONDecoder().decode([Received].self, from: try await URLSession.shared.data(from: url).0)
  }
}

/// A project whose sources are services, and what must be in its workspace in the end.
final class ServiceProject {
  /// The secret of all tests, which nothing may hold in the end.
  static let secret = "sk-lf-4f1c-the-secret-of-the-tests"
  /// The day before which the server's rows were written, long before any run.
  static let now = "2026-06-20T12:00:00Z"

  let scratch: ScratchFolder
  var root: String { scratch.path }
  var expectation: String { "\(root)/expected.jsonl" }
  /// What the runs of this project wrote.
  private(set) var written = ""
  /// Alive as long as the project is.
  private var servers: [LoopbackServer] = []
  /// Variables of the runs.
  var environment: [String: String]

  init() throws {
    scratch = try ScratchFolder()
    // The servers' expectations hold pseudonyms under this key.
    try Data(repeating: 7, count: 32).write(to: URL(fileURLWithPath: "\(scratch.path)/pseudonym.key"))
    chmod("\(scratch.path)/pseudonym.key", 0o600)
    environment = [
      "FLYWHEEL_PSEUDONYM_KEY_FILE": "\(scratch.path)/pseudonym.key", "FLYWHEEL_RETRIES": "1",
      "SUPPORT_KEY": Self.secret, "SUPPORT_PUBLIC_KEY": "pk-lf-test",
    ]
    try write("Pipelines/nightly.yaml", "steps:\n- pull: {sources: [support]}\n")
    try FileManager.default.createDirectory(atPath: "\(root)/Datasets", withIntermediateDirectories: true)
  }

  /// Starts Langfuse's server; `generation` rows come in pages of ten.
  func server(rows: Int = 40, _ arguments: [String] = [], page: Int = 10, now: String = now) throws
    -> LoopbackServer
  {
    let server = try LoopbackServer(
      "langfuse",
      [
        "--rows", "\(rows)", "--max-page", "\(page)", "--key", Self.secret, "--now", now, "--expect",
        expectation,
      ] + arguments)
    servers.append(server)
    return server
  }

  func write(_ name: String, _ text: String) throws {
    let path = "\(root)/\(name)"
    try FileManager.default.createDirectory(
      atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
  }

  /// Writes the definition of a source.
  func source(
    _ name: String = "support", address: String, key: String = "{env: SUPPORT_KEY}", more: String = ""
  ) throws {
    try write(
      "Pipelines/sources/\(name).yaml",
      "kind: langfuse\naddress: \(address)\nkey: \(key)\npublic_key: {env: SUPPORT_PUBLIC_KEY}\nsince: 2026-06-01\n\(more)"
    )
  }

  private var workspace: TestWorkspace {
    TestWorkspace(root: root, path: "\(root)/workspace", environment: environment)
  }

  func start(_ arguments: String...) throws -> Program { try workspace.start(arguments) }

  /// Notes what a run wrote.
  func ended(_ program: Program) -> Ended {
    let ended = program.wait()
    written += ended.output + ended.errors
    return ended
  }

  func run(_ arguments: String...) throws -> Ended { ended(try workspace.start(arguments)) }

  /// What a run wrote to standard error, without what differs from run to run.
  func sentence(_ ended: Ended, _ servers: LoopbackServer...) -> String {
    var text = ended.errors.replacingOccurrences(of: root, with: "PROJECT")
    for (index, server) in servers.enumerated() {
      text = text.replacingOccurrences(of: ":\(server.port)", with: index == 0 ? ":PORT" : ":OTHER")
    }
    // libcurl's and OpenSSL's words differ by version.
    text = text.replacing(#/(no connection|not known|not trusted) \(.*?\)\. /#) { "\($0.1) (…). " }
    return text.replacing(#/process [0-9]+/#, with: "process N")
  }

  // MARK: What is stored

  /// The records of a table that the catalog points to, as canonical texts by member, by id without the source.
  func records(_ table: String, of source: String) throws -> [String: [String: String]] {
    let path = "\(root)/workspace/catalog.sqlite"
    guard FileManager.default.fileExists(atPath: path) else { return [:] }
    let lake = LakeStore(folder: "\(root)/workspace/lake")
    let rows = try DatabaseQueue(path: path).read { db in
      try Row.fetchAll(
        db,
        sql: """
          SELECT r.id, s.day, s.name, r.frame, r.offset, r.length
          FROM \(table) r JOIN segments s ON s.number = r.segment WHERE r.source = ?
          """, arguments: [source])
    }
    var found: [String: [String: String]] = [:]
    for row in rows {
      let segment = "\(table)/\(row["day"] as String)/\(row["name"] as String).jsonl.lz4"
      let (frame, offset, length): (Int, Int, Int) = (row["frame"], row["offset"], row["length"])
      let text = try lake.open(segment: segment).frame(frame)[offset..<offset + length]
      found[String((row["id"] as String).dropFirst(source.count + 1))] = try Self.members(
        Data(text), prefix: "\(source)/")
    }
    return found
  }

  private static func members(_ json: Data, prefix: String = "") throws -> [String: String] {
    let object = try #require(try JSONSerialization.jsonObject(with: json) as? [String: Any])
    var members: [String: String] = [:]
    for (key, value) in object {
      let data = try JSONSerialization.data(
        withJSONObject: [value], options: [.sortedKeys, .withoutEscapingSlashes])
      let text = String(decoding: data, as: UTF8.self)
      let isID = ["parent", "response", "target", "trace"].contains(key) && text.hasPrefix("[\"\(prefix)")
      members[key] = isID ? "[\"" + text.dropFirst(prefix.count + 2) : text
    }
    return members
  }

  /// Expects that the workspace holds what the server says that it should, to the member; with `orLess` records may
  /// be missing, and those that are there must be right.
  func expectAll(orLess: Bool = false, _ location: SourceLocation = #_sourceLocation) throws {
    let differences = try differences(of: "support", isWhole: !orLess)
    #expect(differences == [], sourceLocation: location)
  }

  private func differences(of source: String, isWhole: Bool) throws -> [String] {
    var differences: [String] = []
    var found = [
      "interaction": try records("interactions", of: source), "feedback": try records("feedback", of: source),
    ]
    for line in try String(contentsOfFile: expectation, encoding: .utf8).split(separator: "\n") {
      var expected = try Self.members(Data(line.utf8))
      func word(_ key: String) -> String {
        String((expected.removeValue(forKey: key) ?? "").dropFirst(2).dropLast(2))
      }
      let (type, id) = (word("type"), word("id"))
      guard let record = found[type]?.removeValue(forKey: id) else {
        if isWhole { differences.append("\(type) \(id) is lost") }
        continue
      }
      for (key, value) in expected.sorted(by: { $0.key < $1.key }) where record[key] != value {
        differences.append("\(type) \(id): \(key) is \(record[key] ?? "absent"), not \(value)")
      }
    }
    for (type, records) in found { differences += records.keys.map { "\(type) \($0) is one too many" } }
    return differences.sorted()
  }

  /// Expects the secret in no file of the workspace, and in nothing that the runs wrote.
  func expectNoLeaks(_ location: SourceLocation = #_sourceLocation) throws {
    let leaks = try leaks()
    #expect(leaks == [], sourceLocation: location)
  }

  private func leaks() throws -> [String] {
    let pair = Data("pk-lf-test:\(Self.secret)".utf8).base64EncodedString()
    let secrets = [Self.secret, pair].map { Data($0.utf8) }
    let home = "\(root)/workspace"
    let names = FileManager.default.enumerator(atPath: home)?.compactMap { $0 as? String } ?? []
    var places = names.filter { name in
      guard let data = FileManager.default.contents(atPath: "\(home)/\(name)") else { return false }
      return secrets.contains { data.range(of: $0) != nil }
    }
    if secrets.contains(where: { Data(written.utf8).range(of: $0) != nil }) {
      places.append("what a run wrote")
    }
    return places
  }
}
