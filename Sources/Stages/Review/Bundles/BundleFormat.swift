import Bytes
import Foundation
import Records

/// What is wrong with a bundle or with its answers: facts only.
public struct BundleError: Error, Sendable, Hashable {
  /// The kinds.
  public enum Code: String, Sendable, Hashable, CaseIterable {
    /// The file is no bundle.
    case notABundle
    /// The file is no file of answers to a bundle.
    case notAnswers
    /// The file was written by a newer program.
    case newer
    /// A line is not as it was written, or is missing.
    case altered
    /// It was sealed with another key.
    case wrongKey
    /// No bundle of this id left this workspace.
    case unknown
    /// Another process answers the same bundle.
    case held
    /// The answers stand beside another bundle of the same name.
    case otherBundle
    /// The queue has nothing for the labeler.
    case nothing
    /// A lease went to somebody else while the bundle was made.
    case lost
  }

  /// What happened.
  public let code: Code
  /// The file.
  public let path: String
  /// The line, from 1; 0 for the whole file.
  public let line: Int

  /// States a fault.
  public init(_ code: Code, path: String, line: Int = 0) {
    self.code = code
    self.path = path
    self.line = line
  }
}

/// The first line of a bundle.
public struct BundleHeader: Sendable, Codable, Hashable {
  /// The version of the format that this program writes.
  public static let version = 1

  /// `flywheel-bundle`.
  public var format = "flywheel-bundle"
  /// The format's version.
  public var version = Self.version
  /// The bundle's id: 32 hexadecimal digits.
  public let id: String
  /// The queue, with its guideline.
  public let queue: QueueDefinition
  /// Keys of actions that the queue changes, by the action's name.
  public let keys: [String: String]
  /// The version of the guideline: SHA-256.
  public let guideline: String
  /// Who answers.
  public let labeler: String
  /// When it was made, RFC 3339.
  public let made: String
  /// When its leases end, in microseconds since the epoch.
  public let expires: Int64
  /// Items in it.
  public let items: Int
  /// The key that answers are sealed with, 64 hexadecimal digits: who has the bundle may answer it, and nobody else.
  public let answerKey: String
}

/// An item of a bundle.
struct BundleItem: Sendable, Codable {
  struct Message: Sendable, Codable {
    struct Call: Sendable, Codable { let name, arguments: String }
    struct Span: Sendable, Codable {
      let title: String
      let start, end: Int
    }
    let role, text: String
    let toolCalls: [Call]
    let findings: [Span]
  }
  struct Opinion: Sendable, Codable {
    let alias: String
    let labels, reasons: [String]
    let note: String?
  }
  struct Suggestion: Sendable, Codable {
    let label: String
    let probability: Double
  }
  let item: Int64
  let interaction: String
  let other: String?
  let reason: String
  let token: Int64
  let isTurned, isFlagged: Bool
  let notes: [String]
  let input, outputs: [Message]
  let opinions: [Opinion]
  let suggestion: Suggestion?
}

extension BundleItem {
  init(_ item: LeasedItem, _ content: ReviewContent, _ suggestion: ReviewSuggestion?) {
    self.item = item.item
    interaction = item.interaction
    other = item.other
    reason = item.reason.rawValue
    token = item.token
    isTurned = item.isTurned
    isFlagged = item.isFlagged
    notes = item.notes
    input = content.input.map(Message.init)
    outputs = content.outputs.map(Message.init)
    opinions = content.opinions.map {
      Opinion(
        alias: $0.alias, labels: $0.labels, reasons: $0.reasons,
        note: $0.note.map { String(decoding: $0, as: UTF8.self) })
    }
    self.suggestion = suggestion.map { Suggestion(label: $0.label, probability: $0.probability) }
  }

  /// What the screen shows.
  var content: ReviewContent {
    ReviewContent(
      input: input.map(\.message), outputs: outputs.map(\.message),
      opinions: opinions.map {
        ReviewOpinion(
          alias: $0.alias, labels: $0.labels, reasons: $0.reasons, note: $0.note.map { Array($0.utf8) })
      })
  }
}

extension BundleItem.Message {
  init(_ message: ReviewMessage) {
    role = message.role
    text = String(decoding: message.text, as: UTF8.self)
    toolCalls = message.toolCalls.map {
      Call(
        name: String(decoding: $0.name, as: UTF8.self),
        arguments: String(decoding: $0.arguments, as: UTF8.self))
    }
    findings = message.findings.map {
      Span(title: $0.title, start: $0.bytes.lowerBound, end: $0.bytes.upperBound)
    }
  }

  var message: ReviewMessage {
    let bytes = Array(text.utf8)
    return ReviewMessage(
      role: role, text: bytes,
      toolCalls: toolCalls.map {
        ReviewMessage.ToolCall(name: Array($0.name.utf8), arguments: Array($0.arguments.utf8))
      },
      findings: findings.compactMap {
        $0.start >= 0 && $0.start < $0.end && $0.end <= bytes.count
          ? ReviewSpan(title: $0.title, bytes: $0.start..<$0.end) : nil
      })
  }
}

/// What happened to an item of a bundle.
struct BundleEvent: Sendable, Codable {
  /// 32 hexadecimal digits: a digest of the bundle, the place in the file and what happened.
  let id: String
  let item: Int64
  let kind: ReviewEventKind
  /// Microseconds since the epoch.
  let time: Int64
  let token: Int64
  var refersTo: String?
  var answer: ReviewAnswer?
  var text: String?
  var isTurned = false
  var wasExposed = false
}

/// The first line of a file of answers.
struct AnswersHeader: Sendable, Codable, Hashable {
  static let version = 1
  var format = "flywheel-answers"
  var version = Self.version
  let bundle, queue, labeler: String
}

/// The lines of a file of answers: each is sealed with the one before it, so that none can be changed, moved or taken out.
enum SealedLine {
  private static let head = Array(#"{"entry":"#.utf8)
  private static let middle = Array(#","seal":""#.utf8)
  private static let tail = Array("\"}".utf8)
  private static let digits = 64

  /// The seal of an entry.
  static func seal(_ entry: some Collection<UInt8>, after previous: [UInt8], key: [UInt8]) -> [UInt8] {
    (previous + [0x0A] + Array(entry)).withUnsafeBytes { KeyedHash.hmacSHA256(key: key, message: $0) }
  }

  /// A line, with its line feed, and its seal.
  static func line(_ entry: [UInt8], after previous: [UInt8], key: [UInt8]) -> (line: [UInt8], seal: [UInt8])
  {
    let seal = seal(entry, after: previous, key: key)
    return (head + entry + middle + Array(Hex.encode(seal).utf8) + tail + [0x0A], seal)
  }

  /// The entry of a line without its line feed, and the seal that it states; nil for a line of another form.
  static func read(_ line: ArraySlice<UInt8>) -> (entry: ArraySlice<UInt8>, seal: [UInt8])? {
    let end = line.endIndex - tail.count - digits - middle.count
    guard end > line.startIndex + head.count, line.starts(with: head),
      line[end...].starts(with: middle), line[(line.endIndex - tail.count)...].elementsEqual(tail),
      let seal = Hex.decode(
        String(decoding: line[(end + middle.count)..<(line.endIndex - tail.count)], as: UTF8.self))
    else { return nil }
    return (line[(line.startIndex + head.count)..<end], seal)
  }
}

/// A file of answers as it stands on the disk.
struct AnswersFile {
  let header: AnswersHeader
  let events: [BundleEvent]
  /// The seal of the last whole line.
  let seal: [UInt8]
  /// Bytes of whole lines; what follows is the rest of one that was being written when its process died.
  let length: Int
  let isTorn: Bool

  /// Reads and checks a file.
  /// - Parameters:
  ///   - bytes: the file.
  ///   - path: its name, for errors.
  ///   - key: gives the key of the answers to a bundle.
  /// - Throws: ``BundleError``.
  init(_ bytes: [UInt8], path: String, key: (AnswersHeader) throws -> [UInt8]) throws {
    let decoder = JSONDecoder()
    var header: AnswersHeader?
    var secret: [UInt8] = []
    var events: [BundleEvent] = []
    var previous: [UInt8] = []
    var (start, number) = (0, 0)
    while start < bytes.count, let end = bytes[start...].firstIndex(of: 0x0A) {
      number += 1
      guard let (entry, seal) = SealedLine.read(bytes[start..<end]) else {
        throw BundleError(number == 1 ? .notAnswers : .altered, path: path, line: number)
      }
      if header == nil {
        guard let first = try? decoder.decode(AnswersHeader.self, from: Data(entry)),
          first.format == "flywheel-answers"
        else { throw BundleError(.notAnswers, path: path, line: 1) }
        guard first.version <= AnswersHeader.version else { throw BundleError(.newer, path: path) }
        secret = try key(first)
        header = first
      } else {
        guard let event = try? decoder.decode(BundleEvent.self, from: Data(entry)) else {
          throw BundleError(.altered, path: path, line: number)
        }
        events.append(event)
      }
      guard SealedLine.seal(entry, after: previous, key: secret) == seal else {
        throw BundleError(number == 1 ? .wrongKey : .altered, path: path, line: number)
      }
      previous = seal
      start = end + 1
    }
    guard let header else { throw BundleError(.notAnswers, path: path) }
    self.header = header
    self.events = events
    seal = previous
    length = start
    isTorn = start < bytes.count
  }
}
