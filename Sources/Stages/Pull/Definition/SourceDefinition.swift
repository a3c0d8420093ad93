import Bytes
import Foundation
import Records

/// What the `pull` step of a pipeline reads.
public struct PullParameters: Sendable, Hashable, Codable {
  /// Names of sources in the order they are pulled; at least one, none twice.
  public var sources: [String]

  /// Takes the names of sources.
  public init(sources: [String]) { self.sources = sources }
}

/// Personal data that the pull can replace by marks.
///
/// The raw value is what definitions hold.
public enum RedactionKind: String, Sendable, CaseIterable, Codable {
  /// E-mail addresses.
  case email
  /// Payment cards.
  case card
  /// International bank account numbers.
  case iban
  /// Social Security numbers of the United States.
  case ssn
  /// Numbers that other states give to persons.
  case nationalID = "national_id"
  /// Phone numbers.
  case phone
  /// Internet addresses.
  case ip
  /// Addresses of network interfaces.
  case mac
  /// Keys, tokens and passwords.
  case secret
}

/// A source that a path cannot be made for, because the environment lacks a variable.
public struct SourcePathError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The source's name.
  public let source: String
  /// The variable that is unset or empty.
  public let variable: String

  /// States a missing variable.
  public init(source: String, variable: String) {
    self.source = source
    self.variable = variable
  }

  /// `source 'haiku' needs the variable LOGS, which is not set`.
  public var description: String { "source '\(source)' needs the variable \(variable), which is not set" }
}

/// A source: `Pipelines/sources/NAME.yaml`.
public struct SourceDefinition: Sendable, Hashable, Codable {
  /// The legal longest lines in bytes: 1 KiB to 1 GiB.
  public static let maximumLineRange = 1024...1_073_741_824

  /// The file's name without its ending.
  public var name: String
  /// The system that is read.
  public var kind: SourceKind = .file
  /// The pattern of files as written, with variables; empty where ``service`` says where the rows are; see ``resolvedPath(environment:definitionFolder:)``.
  public var path: String
  /// The application of interactions whose rows name none; default none.
  public var app: String?
  /// What is replaced by marks before the first byte reaches the disk, in the order of the kinds; default all.
  public var redact: [RedactionKind] = RedactionKind.allCases
  /// The longest line in bytes; a longer one goes to quarantine.
  ///
  /// Default 16 MiB, legal in ``maximumLineRange``.
  public var maximumLine: Int = 16_777_216
  /// The service or database that is read instead of files.
  public var service: ServiceParameters?
  /// What the source's names of signals mean, beside the kind's own conventions; for kinds without a mapping.
  public var signals: [String: SignalRule] = [:]
  /// Places in a row kept as metadata under their last component, beside the kind's own; for kinds without a mapping.
  public var metadata: [FieldPath] = []
  /// How rows become interactions; for kinds with a mapping, of which at least one of the three is there.
  public var interactions: InteractionMapping?
  /// How rows become feedback.
  public var feedback: FeedbackMapping?
  /// How rows of whole trees become interactions and feedback.
  public var tree: TreeMapping?

  /// Takes a name and a pattern of files.
  public init(name: String, path: String) {
    self.name = name
    self.path = path
  }

  /// The SHA-256 of the content as 64 hexadecimal digits; comments and layout of the file do not change it.
  public var definitionDigest: String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    guard let data = try? encoder.encode(self) else { fatalError("a definition of plain values encodes") }
    return Digest.sha256(Array(data)).hex
  }

  /// The pattern of files with variables put in and `.` and `..` worked out by their text.
  /// - Parameters:
  ///   - environment: the variables; an empty one counts as unset, since it would move the path to another root.
  ///   - definitionFolder: the folder of this definition, which relative patterns start from.
  /// - Returns: an absolute pattern if `definitionFolder` is absolute, or an `s3://` address.
  /// - Throws: ``SourcePathError`` for the first variable that is unset.
  public func resolvedPath(
    environment: [String: String], definitionFolder: String
  ) throws(SourcePathError) -> String {
    let expanded = try expanded(path, environment: environment)
    if expanded.hasPrefix("s3://") { return expanded }
    return Self.standardized(expanded.hasPrefix("/") ? expanded : definitionFolder + "/" + expanded)
  }

  /// A text with variables put in.
  func expanded(_ text: String, environment: [String: String]) throws(SourcePathError) -> String {
    var expanded = ""
    for piece in Self.pieces(of: text) ?? [.text(text)] {
      switch piece {
      case .text(let text): expanded += text
      case .variable(let name):
        guard let value = environment[name], !value.isEmpty else {
          throw SourcePathError(source: self.name, variable: name)
        }
        expanded += value
      }
    }
    return expanded
  }

  /// The variables that the path needs, in the order of the text; nil if a `${` has no name or no end.
  public static func variables(in path: String) -> [String]? {
    pieces(of: path)?.compactMap { if case .variable(let name) = $0 { name } else { nil } }
  }

  private enum Piece {
    case text(String)
    case variable(String)
  }

  /// Splits at `$NAME` and `${NAME}`; a dollar sign before anything else stands for itself.
  private static func pieces(of path: String) -> [Piece]? {
    func starts(_ scalar: Unicode.Scalar) -> Bool {
      ("A"..."Z").contains(scalar) || ("a"..."z").contains(scalar) || scalar == "_"
    }
    func continues(_ scalar: Unicode.Scalar) -> Bool { starts(scalar) || ("0"..."9").contains(scalar) }
    let scalars = Array(path.unicodeScalars)
    var pieces: [Piece] = []
    var text = String.UnicodeScalarView()
    var at = 0
    while at < scalars.count {
      let braced = at + 1 < scalars.count && scalars[at + 1] == "{"
      let first = at + (braced ? 2 : 1)
      guard scalars[at] == "$", braced || (first < scalars.count && starts(scalars[first])) else {
        text.append(scalars[at])
        at += 1
        continue
      }
      var end = first
      if first < scalars.count, starts(scalars[first]) {
        while end < scalars.count, continues(scalars[end]) { end += 1 }
      }
      guard end > first, !braced || (end < scalars.count && scalars[end] == "}") else { return nil }
      pieces.append(.text(String(text)))
      text = String.UnicodeScalarView()
      pieces.append(.variable(String(String.UnicodeScalarView(scalars[first..<end]))))
      at = braced ? end + 1 : end
    }
    pieces.append(.text(String(text)))
    return pieces
  }

  private static func standardized(_ path: String) -> String {
    var parts: [Substring] = []
    for part in path.split(separator: "/") where part != "." {
      if part != ".." {
        parts.append(part)
      } else if let last = parts.last, last != ".." {
        parts.removeLast()
      } else if !path.hasPrefix("/") {
        parts.append(part)
      }
    }
    return (path.hasPrefix("/") ? "/" : "") + parts.joined(separator: "/")
  }
}
