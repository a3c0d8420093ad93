import Foundation
import Testing

private let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
  "flywheel-documentation-\(UUID().uuidString)"
).path

/// One real run of the built program on the repository's samples, made once for all tests that read it.
struct BuiltRun: Sendable {
  static let shared = Result { try BuiltRun() }

  /// The workspace.
  let home: String
  /// The folder of pulled versions.
  let exports: String
  /// Names of the datasets that were published.
  let datasets: [String]

  private init() throws {
    home = "\(folder)/home"
    exports = "\(folder)/exports"
    atexit { try? FileManager.default.removeItem(atPath: folder) }
    try FileManager.default.createDirectory(
      atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    try Self.call(["run", "nightly"], home: home)
    datasets = try FileManager.default.contentsOfDirectory(atPath: "\(home)/registry/refs").sorted()
    for dataset in datasets {
      try Self.call(
        ["pull", "\(dataset)@1", "--format", "records", "--to", "\(exports)/\(dataset)"], home: home)
    }
  }

  /// The program: `FLYWHEEL_BINARY`, or what stands beside the tests.
  private static func program() throws -> String {
    if let named = ProcessInfo.processInfo.environment["FLYWHEEL_BINARY"] { return named }
    let beside = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().path
    let places = [beside, "\(Repository.root)/.build/debug", "\(Repository.root)/.build/release"]
    let found = places.map { "\($0)/flywheel" }.first { FileManager.default.isExecutableFile(atPath: $0) }
    return try #require(found, "the program is not built")
  }

  private static func call(_ arguments: [String], home: String) throws {
    let process = Process()
    process.executableURL = URL(filePath: try program())
    process.arguments = arguments
    process.currentDirectoryURL = URL(filePath: Repository.root)
    var environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("FLYWHEEL_") }
    environment["FLYWHEEL_HOME"] = home
    process.environment = environment
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0, "flywheel \(arguments.joined(separator: " "))")
  }

  /// Paths of all files in the workspace, from its folder, sorted.
  func files(_ prefix: String = "") throws -> [String] {
    try FileManager.default.subpathsOfDirectory(atPath: home).filter {
      $0.hasPrefix(prefix) && !isFolder("\(home)/\($0)")
    }.sorted()
  }

  func isFolder(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
  }

  func bytes(_ path: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(filePath: "\(home)/\(path)")))
  }

  func object(_ path: String) throws -> [String: Any] { try JSONRead.object(try bytes(path)) }

  /// The lines of each split of a pulled version, without line feeds.
  func records(_ dataset: String) throws -> [String: [[UInt8]]] {
    var result: [String: [[UInt8]]] = [:]
    for name in try FileManager.default.contentsOfDirectory(atPath: "\(exports)/\(dataset)")
    where name.hasSuffix(".jsonl") {
      let data = Array(try Data(contentsOf: URL(filePath: "\(exports)/\(dataset)/\(name)")))
      result[String(name.dropLast(6))] = data.split(separator: 0x0A).map(Array.init)
    }
    return result
  }
}

/// JSON as dictionaries.
enum JSONRead {
  static func object(_ bytes: some Collection<UInt8>) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
  }
}
