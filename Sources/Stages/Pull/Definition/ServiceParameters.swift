import Bytes
import Foundation
import Records
import Transport

/// Where a secret is: never the secret itself.
public enum SecretReference: Sendable, Hashable, Codable {
  /// A variable of the environment.
  case variable(String)
  /// A file, relative to the definition, that only its owner may read.
  case file(String)
}

/// How far back something reaches.
public enum Since: Sendable, Hashable, Codable {
  /// Seconds before the run.
  case seconds(Int)
  /// An instant.
  case instant(Int64)

  /// Reads a length of time such as `7d`, `36h` or `30m`, or an instant such as `2026-11-01`.
  public init?(_ text: String) {
    if let seconds = Self.seconds(text) {
      self = .seconds(seconds)
    } else if text.contains("-"), let time = Timestamp(text) {
      self = .instant(time.microseconds)
    } else {
      return nil
    }
  }

  /// The seconds of a length of time such as `7d`, `36h` or `30m`, from one minute to 100,000 of the unit.
  public static func seconds(_ text: String) -> Int? {
    let units: [Character: Int] = ["m": 60, "h": 3600, "d": 86_400]
    guard let last = text.last, let unit = units[last], let count = Int(text.dropLast()),
      (1...100_000).contains(count)
    else { return nil }
    return count * unit
  }

  /// The instant, seen from the time of a run.
  public func time(before now: Timestamp) -> Timestamp {
    switch self {
    case .seconds(let seconds): Timestamp(microseconds: now.microseconds - Int64(seconds) * 1_000_000)
    case .instant(let microseconds): Timestamp(microseconds: microseconds)
    }
  }
}

/// What a definition says of a service behind HTTP, or of a database.
public struct ServiceParameters: Sendable, Hashable, Codable {
  /// The legal look-backs in seconds: 10 minutes to 400 days.
  public static let lookBackRange = 600...34_560_000
  /// The legal requests a minute.
  public static let rateRange = 1...60_000

  /// The address, with variables: `https://cloud.langfuse.com`.
  public var address = ""
  /// The secret that proves who asks; nil takes the vendor's own variable, if that is set.
  public var key: SecretReference?
  /// The public half of a pair of keys.
  public var publicKey: SecretReference?
  /// The project, by name or id.
  public var project: String?
  /// The workspace or organisation.
  public var workspace: String?
  /// What the system calls the calls that become interactions; empty takes the kind's own.
  public var types: [String] = []
  /// How far behind the newest reading the next one starts, in seconds, since feedback and rows arrive late.
  ///
  /// Default 7 days, legal in ``lookBackRange``.
  public var lookBack = 604_800
  /// Where the first reading starts; default 30 days before it.
  public var since = Since.seconds(2_592_000)
  /// Rows a page; nil takes the kind's own.
  public var pageSize: Int?
  /// Requests a minute at most; nil takes the kind's own.
  ///
  /// Legal in ``rateRange``.
  public var requestsPerMinute: Int?
  /// A file of certificates to trust instead of the system's, relative to the definition.
  public var caFile: String?
  /// The database: `sqlite:PATH`, relative to the definition, or `postgresql://HOST/NAME`, with variables.
  public var database: String?
  /// The query of a database; `:since` in it is the start of the window.
  public var query: String?

  /// Everything as it is by default.
  public init() {}
}

/// A secret that cannot be had.
public struct SecretError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The kinds.
  public enum Code: String, Sendable, CaseIterable {
    /// The variable is unset or empty, and no file is named.
    case noVariable
    /// The file cannot be read.
    case noFile
    /// Others than its owner may read the file.
    case openFile
    /// The file is empty.
    case emptyFile
    /// The secret holds a control character, which no header may.
    case badSecret
  }

  /// What happened.
  public let code: Code
  /// The source.
  public let source: String
  /// The key of the definition: `key` or `public_key`.
  public let key: String
  /// The variable or the file; never what it holds.
  public let place: String

  /// The code and the place.
  public var description: String { "\(code.rawValue): \(source) \(key) \(place)" }
}

/// What a service is asked with.
struct ServiceCredentials: Sendable {
  var key: String?
  var publicKey: String?
}

extension SourceDefinition {
  /// The secrets of the source, looked up.
  /// - Throws: ``SecretError`` for one that the kind requires, or that the definition names, and that cannot be had.
  func credentials(environment: [String: String], definitionFolder: String) throws -> ServiceCredentials {
    guard let service else { return ServiceCredentials() }
    let traits = kind.traits
    func secret(_ name: ServiceKey, _ reference: SecretReference?, _ standard: String?) throws -> String? {
      guard let reference = reference ?? standard.map({ .variable($0) }) else { return nil }
      do {
        return try reference.secret(
          of: self.name, key: name.rawValue, environment: environment, folder: definitionFolder)
      } catch {
        let isNeeded = traits.required.contains(name) || service.named(name) != nil
        if error.code == .noVariable, !isNeeded { return nil }
        throw error
      }
    }
    return ServiceCredentials(
      key: try secret(.key, service.key, traits.keyVariable),
      publicKey: try secret(.publicKey, service.publicKey, traits.publicKeyVariable))
  }
}

extension ServiceParameters {
  fileprivate func named(_ key: ServiceKey) -> SecretReference? {
    switch key {
    case .key: self.key
    case .publicKey: publicKey
    case .project, .workspace: nil
    }
  }
}

/// Where a source's rows are, with variables put in and secrets looked up; it holds secrets, so it is never printed.
public struct SourceAccess: Sendable {
  enum Place: Sendable {
    case files(pattern: String)
    case bucket(BucketAddress)
    case service(address: String, ServiceCredentials)
    case database(String, ServiceCredentials)
  }

  let place: Place
  let definitionFolder: String
  let caFile: String?
  var retry = RetryPolicy()

  /// Files of a pattern.
  static func files(_ pattern: String) -> SourceAccess {
    SourceAccess(place: .files(pattern: pattern), definitionFolder: "", caFile: nil)
  }
}

extension SourceDefinition {
  /// Where the rows are.
  /// - Parameters:
  ///   - environment: the variables.
  ///   - definitionFolder: the folder of this definition, which relative paths start from.
  /// - Returns: what ``PullStage`` reads from.
  /// - Throws: ``SourcePathError`` for a variable that is unset, ``SecretError`` for a secret that cannot be had,
  ///   ``SourceFault`` for a number of retries that is none.
  public func access(environment: [String: String], definitionFolder: String) throws -> SourceAccess {
    guard let service else {
      let pattern = try resolvedPath(environment: environment, definitionFolder: definitionFolder)
      guard pattern.hasPrefix("s3://") else { return .files(pattern) }
      let address = try BucketAddress(pattern, source: name, environment: environment)
      return SourceAccess(place: .bucket(address), definitionFolder: definitionFolder, caFile: nil)
    }
    let credentials = try credentials(environment: environment, definitionFolder: definitionFolder)
    let retry = try RetryPolicy.of(environment, source: name)
    let caFile = service.caFile.map { $0.hasPrefix("/") ? $0 : definitionFolder + "/" + $0 }
    if let database = service.database {
      return SourceAccess(
        place: .database(try expanded(database, environment: environment), credentials),
        definitionFolder: definitionFolder, caFile: caFile, retry: retry)
    }
    var address = try expanded(service.address, environment: environment)
    while address.hasSuffix("/") { address.removeLast() }
    return SourceAccess(
      place: .service(address: address, credentials), definitionFolder: definitionFolder, caFile: caFile,
      retry: retry)
  }
}

extension SecretReference {
  /// Looks the secret up.
  /// - Parameters:
  ///   - source: what it belongs to, for the error.
  ///   - key: the key of the definition, for the error.
  ///   - environment: the variables.
  ///   - folder: where a relative path starts.
  /// - Returns: the secret, without line ends and spaces at its end if it is a file's.
  /// - Throws: ``SecretError``.
  public func secret(
    of source: String, key: String, environment: [String: String], folder: String
  ) throws(SecretError) -> String {
    func error(_ code: SecretError.Code, _ place: String) -> SecretError {
      SecretError(code: code, source: source, key: key, place: place)
    }
    let place: String
    var text: String
    switch self {
    case .variable(let variable):
      guard let value = environment[variable], !value.isEmpty else { throw error(.noVariable, variable) }
      (place, text) = (variable, value)
    case .file(let path):
      place = path.hasPrefix("/") ? path : folder + "/" + path
      guard let mode = FileMode.of(place), let bytes = try? DurableFile.read(place) else {
        throw error(.noFile, place)
      }
      if mode & 0o077 != 0 { throw error(.openFile, place) }
      text = String(decoding: bytes, as: UTF8.self)
      while let last = text.unicodeScalars.last, last == "\n" || last == "\r" || last == " " {
        text.unicodeScalars.removeLast()
      }
      if text.isEmpty { throw error(.emptyFile, place) }
    }
    if text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) {
      throw error(.badSecret, place)
    }
    return text
  }
}
