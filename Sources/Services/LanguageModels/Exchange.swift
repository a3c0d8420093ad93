import Records
import Transport

/// What one attempt to get an answer came to.
enum Fate {
  /// It was answered.
  case answered(KeptResponse)
  /// The service will not answer this; nothing was billed.
  case refused(ModelError)
  /// Nothing was billed, and it may pass next time.
  case again(ModelError, TransportError)
  /// It may have been billed, and its answer is lost.
  case lost(ModelError, TransportError)

  /// Judges an answer that is no success.
  ///
  /// 429 and 503 come before work is done, 529 is Anthropic's word for it, and of 500 no service bills the tokens.
  /// 502, 504 and 520 to 524 come from a gateway whose server may have gone on. 409 comes from a gateway where an equal
  /// key is still under way.
  static func of(_ response: HTTPResponse, code: String, model: String, now: Timestamp) -> Fate {
    let status = response.status
    let error = { (kind: ModelError.Code) in ModelError(kind, model: model, status: status, detail: code) }
    let fact = { (status: Int) in
      TransportError(.status, host: "", status: status, retryAfter: response.retryAfter(now: now))
    }
    switch status {
    case 429, 500, 503, 529: return .again(error(.overloaded), fact(status))
    case 408, 409, 425: return .again(error(.overloaded), fact(425))
    case 502, 504, 520...524: return .lost(error(.unreachable), fact(status))
    case 505...599 where status != 529: return .lost(error(.unreachable), fact(status))
    default: return .refused(error(.refused))
    }
  }

  /// Judges an exchange that failed.
  static func of(_ error: TransportError, model: String) -> Fate {
    func said(_ code: ModelError.Code) -> ModelError {
      ModelError(code, model: model, status: error.status ?? 0, detail: error.code.rawValue)
    }
    switch error.code {
    case .resolve, .connect: return .again(said(.unreachable), error)
    case .badURL, .tls, .insecureRedirect, .tooManyRedirects: return .refused(said(.unreachable))
    case .cancelled: return .lost(said(.cancelled), error)
    case .timeout, .cut: return .lost(said(.unreachable), error)
    case .bodyTooLarge, .protocolFault, .status: return .lost(said(.malformed), error)
    }
  }
}

/// What a client asked, kept and bought so far.
public struct ModelCounters: Sendable, Hashable, Codable {
  /// Requests that were made of it, repairs among them.
  public var asked = 0
  /// Requests answered from what was kept.
  public var kept = 0
  /// Requests answered together with an equal one that was under way.
  public var joined = 0
  /// Requests answered by a service.
  public var bought = 0
  /// HTTP requests sent, those sent again among them.
  public var sent = 0
  /// HTTP requests sent again.
  public var sentAgain = 0
  /// HTTP requests that may have been billed and whose answer was lost.
  public var lost = 0
  /// Answers that did not meet their schema at first.
  public var repairs = 0
  /// What was paid, in millionths of a US dollar.
  public var cost: Int64 = 0

  /// Nothing.
  public init() {}
}
