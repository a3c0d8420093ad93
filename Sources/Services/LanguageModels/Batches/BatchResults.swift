import Bytes
import Text

/// What a batch's files say of its requests; whatever they hold, it is counted and nothing else happens.
struct BatchResults {
  /// What a line says of a request.
  enum Line: Sendable {
    /// The answer's body, as JSON, and tokens where the service counted them.
    case answered([UInt8], input: Int?, output: Int?)
    /// An error; nothing was billed.
    case failed(ModelError, mayPass: Bool)
  }

  /// Lines longer than this are no answers that any request could want.
  static let longestLine = 16 << 20

  private(set) var lines: [Digest: Line] = [:]
  private(set) var answered = 0
  private(set) var bad = 0
  private(set) var repeated = 0
  private(set) var unknown = 0
  private let model: String
  private let kind: ModelServiceKind
  private let names: [String: Digest]
  private let parser = JSONParser(maximumLength: 1 << 20)

  /// Expects answers to the requests of a batch.
  init(_ batch: BatchRecord, _ rows: [BatchRow], _ kind: ModelServiceKind) {
    model = batch.model
    self.kind = kind
    names = Dictionary(
      rows.map { (BatchFile.customID($0.digest, batch.key, kind), $0.digest) },
      uniquingKeysWith: { first, _ in first })
  }

  /// Reads a file.
  mutating func read(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { bytes in
      var start = 0
      while start < bytes.count {
        let end = bytes[start...].firstIndex(of: 0x0A) ?? bytes.count
        read(line: UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
        start = end + 1
      }
    }
  }

  private mutating func read(line bytes: UnsafeRawBufferPointer) {
    guard bytes.contains(where: { $0 != 0x20 && $0 != 0x0D && $0 != 0x09 }) else { return }
    guard bytes.count <= Self.longestLine else {
      bad += 1
      return
    }
    let parser = bytes.count <= 1 << 20 ? parser : JSONParser(maximumLength: bytes.count)
    let read = try? parser.parse(bytes) { value -> (name: String, line: Line?)? in
      guard let name = value["custom_id"]?.string else { return nil }
      return (name, kind == .anthropic ? anthropic(value) : openAI(value))
    }
    guard let read = read.flatMap({ $0 }) else {
      bad += 1
      return
    }
    guard let digest = names[read.name] else {
      unknown += 1
      return
    }
    guard let line = read.line else {
      bad += 1
      return
    }
    if let before = lines[digest] {
      repeated += 1
      // Of an error and an answer the answer is what was billed.
      guard case .failed = before, case .answered = line else { return }
    }
    if case .answered = line { answered += 1 }
    lines[digest] = line
  }

  // MARK: Lines

  private func openAI(_ value: JSONValue) -> Line? {
    if let response = value["response"], response.kind == .object {
      guard let status = response["status_code"]?.int64, let body = response["body"] else { return nil }
      if (200...299).contains(status) { return answer(body) }
      guard (100...999).contains(status) else { return nil }
      let mayPass = [408, 409, 425, 429].contains(status) || status >= 500
      return failed(mayPass ? .overloaded : .refused, Int(status), ResponseBody.code(body), mayPass)
    }
    guard let error = value["error"], error.kind == .object else { return nil }
    let code = ResponseBody.plainCode(error)
    switch code {
    case "batch_expired", "batch_cancelled": return failed(.unreachable, 0, code, true)
    case "rate_limit_exceeded", "server_error", "internal_error": return failed(.overloaded, 0, code, true)
    default: return failed(.refused, 0, code, false)
    }
  }

  private func anthropic(_ value: JSONValue) -> Line? {
    guard let result = value["result"], let type = result["type"]?.string else { return nil }
    switch type {
    case "succeeded": return result["message"].flatMap(answer)
    case "expired", "canceled": return failed(.unreachable, 0, type, true)
    case "errored":
      guard let error = result["error"], error.kind == .object else { return nil }
      let code = ResponseBody.code(error)
      // API reference, "Errors": what is not the request's own fault.
      let mayPass = ["api_error", "overloaded_error", "rate_limit_error", "timeout_error"].contains(code)
      return failed(mayPass ? .overloaded : .refused, 0, code, mayPass)
    default: return nil
    }
  }

  private func failed(_ code: ModelError.Code, _ status: Int, _ detail: String, _ mayPass: Bool) -> Line {
    .failed(ModelError(code, model: model, status: status, detail: detail), mayPass: mayPass)
  }

  private func answer(_ body: JSONValue) -> Line? {
    guard let read = ResponseBody.chat(body, kind) else { return nil }
    let out = ByteBuffer()
    var writer = JSONWriter(out)
    writer.canonical(body)
    return .answered(out.bytes, input: read.inputTokens, output: read.outputTokens)
  }
}
