import Bytes
import Records
import Text
import Transport

/// What keeps a recogniser of names from answering: facts only.
public struct RecogniserError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The kinds.
  public enum Code: String, Sendable {
    /// It did not answer, or not with success; `detail` says what happened.
    case unreachable
    /// Its answer is not of Presidio's shape.
    case badAnswer
  }

  /// What happened.
  public let code: Code
  /// The recogniser's address.
  public let address: String
  /// The transport's or the parser's word for it; never a record's text.
  public let detail: String

  /// The code, the address and the detail.
  public var description: String { "\(code.rawValue): \(address) (\(detail))" }
}

/// Asks a service with the interface of Presidio's analyzer for names and addresses in the texts of a record.
///
/// It is off unless a pipeline names an address, since no pattern finds names and every record's text goes to that
/// address: it should be one of this machine or of a network that may see what users write.
struct NameRecogniser: Sendable {
  private let parameters: CurateParameters.PersonalData.Recogniser
  private let client: ServiceClient

  init(_ parameters: CurateParameters.PersonalData.Recogniser) {
    self.parameters = parameters
    client = ServiceClient(client: HTTPClient(), base: parameters.address)
  }

  /// What the service finds in a part of a record.
  /// - Parameters:
  ///   - part: the part, as findings name it.
  ///   - text: its text; an empty one is not sent, one that is no UTF-8 is passed over.
  /// - Returns: findings in the order of their places.
  /// - Throws: ``RecogniserError``.
  func findings(in part: String, _ text: [UInt8]) async throws(RecogniserError) -> [Finding] {
    guard !text.isEmpty, String(validating: text, as: UTF8.self) != nil else { return [] }
    let body = ByteBuffer(capacity: text.count + 256)
    text.withUnsafeBytes {
      RecogniserAnswer.writeRequest(
        text: $0, language: parameters.language, entities: parameters.entities,
        threshold: parameters.threshold, to: body)
    }
    let answer: [UInt8]
    do {
      answer = try await client.post("/analyze", json: body.bytes).body
    } catch {
      throw RecogniserError(code: .unreachable, address: parameters.address, detail: error.description)
    }
    do {
      return try Self.findings(answer, for: text, part: part, threshold: parameters.threshold)
    } catch {
      throw RecogniserError(code: .badAnswer, address: parameters.address, detail: "\(error)")
    }
  }

  static func findings(
    _ answer: [UInt8], for text: [UInt8], part: String, threshold: Double
  ) throws(RecogniserAnswer.Fault) -> [Finding] {
    let matches: [PersonalDataMatch]
    do {
      matches = try answer.withUnsafeBytes { answer in
        try text.withUnsafeBytes { try RecogniserAnswer(answer, for: $0, threshold: threshold).matches }
      }
    } catch let fault as RecogniserAnswer.Fault {
      throw fault
    } catch {
      throw .notEntities
    }
    return matches.map { match in
      var finding = Finding(
        rule: PersonalDataRule.name,
        reason: match.kind == .person ? "recognised-person" : "recognised-address",
        effect: .flag, part: part, offset: match.offset, length: match.length)
      finding.version = PersonalDataRule.version
      return finding
    }
  }
}
