import Bytes
import Text

@testable import Pull

/// What the normaliser makes of one payload.
struct Normalised: Equatable {
  /// The messages, or the output's one message, as JSON; nil where the row is refused.
  var text: String?
  /// Why the row is refused.
  var fault: RowFault?
  var hasMedia = false
  var hash = ContentHash(high: 0, low: 0)
  var turns = 0

  /// Which payload of a row it is.
  enum Side: String, Sendable { case input, output }

  /// Normalises a payload in JSON; kinds of personal data are marked as asked.
  init(_ json: String, _ side: Side, redacting kinds: Set<PersonalDataKind> = []) throws {
    self = try JSONParser().parse(json) { (value: JSONValue) in
      try Normalised(value, side, redacting: kinds)
    }
  }

  init(_ value: JSONValue, _ side: Side, redacting kinds: Set<PersonalDataKind> = []) throws {
    let normaliser = MessageNormaliser(redactor: Redactor(scanner: PersonalDataScanner(kinds: kinds)))
    normaliser.begin()
    do {
      switch side {
      case .input: try normaliser.readInput(value)
      case .output: try normaliser.readOutput(value)
      }
      let out = side == .input ? normaliser.input : normaliser.output
      text = String(decoding: out.view, as: UTF8.self)
      hasMedia = normaliser.hasMedia
      hash = side == .input ? normaliser.inputHash : normaliser.contentHash
      turns = normaliser.userTurns
    } catch let fault as RowFault {
      self.fault = fault
    }
  }
}

/// A JSON text as a JSON string.
func quoted(_ text: String) -> String {
  let out = ByteBuffer()
  var writer = JSONWriter(out)
  writer.string(text)
  return String(decoding: out.view, as: UTF8.self)
}
