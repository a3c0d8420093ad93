import Bytes

/// What a recogniser of names and places outside this program found in a text, and what to ask it.
///
/// The service is any with the interface of Presidio's analyzer: `POST /analyze` with `text`, `language` and,
/// where given, `entities` and `score_threshold`; it answers
/// `[{"entity_type":"PERSON","start":0,"end":4,"score":0.85}]`, offsets in Unicode code points. Bytes in and
/// bytes out: who sends them is not this file's business.
///
/// **Takes** `PERSON`, `PER` and `NAME` as ``PersonalDataKind/person``, and `LOCATION`, `LOC`, `GPE`,
/// `ADDRESS` and `STREET_ADDRESS` as ``PersonalDataKind/address``; other types are left to the patterns.
///
/// The answer is not trusted: entries whose offsets are no whole numbers, are reversed, empty or beyond the
/// text, or whose score is missing or not 0 to 1, are counted in ``ignored`` and do nothing else.
public struct RecogniserAnswer: Sendable, Hashable {
  /// Why an answer is none.
  public enum Fault: Error, Sendable, Hashable {
    /// The bytes are no JSON; why not.
    case notJSON(JSONFault)
    /// The document is no array of objects.
    case notEntities
    /// The text that was asked about is not UTF-8, so that code points say nothing about its bytes.
    case textNotUTF8
  }

  /// The least score taken, by default: Presidio gives names that its language model finds 0.85, and those
  /// that a weak pattern without context finds less than 0.5 (presidio-analyzer, `default_recognizers.yaml`).
  public static let standardThreshold = 0.5

  /// The places that count, by offset, in bytes of the text.
  public let matches: [PersonalDataMatch]
  /// Entries of a known type that were left out because they made no sense.
  public let ignored: Int

  /// Reads an answer.
  /// - Parameters:
  ///   - answer: the body that came back.
  ///   - text: the text that was sent, UTF-8.
  ///   - threshold: the least score that is taken, 0 to 1; default ``standardThreshold``.
  ///   - parser: reads the JSON; one of its own by default.
  /// - Throws: ``Fault``.
  public init(
    _ answer: UnsafeRawBufferPointer, for text: UnsafeRawBufferPointer, threshold: Double = standardThreshold,
    parser: JSONParser = JSONParser()
  ) throws(Fault) {
    guard String(validating: text, as: UTF8.self) != nil else { throw .textNotUTF8 }
    let entities: Entities
    do {
      entities = try parser.parse(answer) { try Entities($0, threshold) }
    } catch let fault as JSONFault {
      throw .notJSON(fault)
    } catch {
      throw .notEntities
    }
    var lost = entities.ignored
    let bytes = Self.bytes(of: entities.found.flatMap { [$0.start, $0.end] }, in: text)
    var places: [PersonalDataMatch] = []
    for entity in entities.found {
      if let start = bytes[entity.start], let end = bytes[entity.end] {
        places.append(PersonalDataMatch(kind: entity.kind, offset: start, length: end - start))
      } else {
        lost += 1
      }
    }
    places.sort {
      ($0.offset, $0.length, $0.kind.index) < ($1.offset, $1.length, $1.kind.index)
    }
    matches = places
    ignored = lost
  }

  /// Writes the body of a request.
  /// - Parameters:
  ///   - text: the text to look at, UTF-8.
  ///   - language: its language, as the service names it; default `en`.
  ///   - entities: what to look for; default names and places. Empty asks for all that the service knows.
  ///   - threshold: the least score that the service is to hand out, 0 to 1; default ``standardThreshold``.
  ///   - out: where the JSON goes.
  public static func writeRequest(
    text: UnsafeRawBufferPointer, language: String = "en", entities: [String] = ["PERSON", "LOCATION"],
    threshold: Double = standardThreshold, to out: ByteBuffer
  ) {
    var writer = JSONWriter(out)
    writer.beginObject()
    writer.key("text")
    writer.string(text)
    writer.key("language")
    writer.string(language)
    if !entities.isEmpty {
      writer.key("entities")
      writer.beginArray()
      for entity in entities { writer.string(entity) }
      writer.endArray()
    }
    writer.key("score_threshold")
    writer.number(threshold)
    writer.endObject()
  }

  /// The byte offsets of code point offsets that the text has, its end included.
  private static func bytes(of points: [Int], in text: UnsafeRawBufferPointer) -> [Int: Int] {
    var result: [Int: Int] = [:]
    guard !points.isEmpty else { return result }
    let wanted = points.sorted()
    var next = 0
    var point = 0
    for place in 0...text.count where place == text.count || !text[place].isContinuation {
      while next < wanted.count, wanted[next] <= point {
        result[wanted[next]] = place
        next += 1
      }
      if next == wanted.count { break }
      point += 1
    }
    return result
  }
}

/// The entities of an answer, in code points.
private struct Entities {
  struct Entity {
    let kind: PersonalDataKind
    let start: Int
    let end: Int
  }

  private struct Malformed: Error {}

  var found: [Entity] = []
  var ignored = 0

  init(_ value: JSONValue, _ threshold: Double) throws {
    guard value.kind == .array else { throw Malformed() }
    try value.forEachElement { element in
      guard element.kind == .object else { throw Malformed() }
      guard let type = element["entity_type"]?.string, let kind = Self.kind(type) else { return }
      guard let start = element["start"]?.int64, let end = element["end"]?.int64, start >= 0, end > start,
        let score = element["score"]?.double, (0...1).contains(score)
      else {
        ignored += 1
        return
      }
      guard score >= threshold else { return }
      found.append(Entity(kind: kind, start: Int(start), end: Int(end)))
    }
  }

  private static func kind(_ type: String) -> PersonalDataKind? {
    switch type {
    case "PERSON", "PER", "NAME": .person
    case "LOCATION", "LOC", "GPE", "ADDRESS", "STREET_ADDRESS": .address
    default: nil
    }
  }
}
