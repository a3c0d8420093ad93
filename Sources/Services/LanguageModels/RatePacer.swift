import Foundation
import Records
import Synchronization
import Transport

/// What flows evenly up to a limit a minute.
///
/// A tenth of the limit may go at once; the rest flows in over the minute, so that no window of 60 s has more than
/// the limit. Times are seconds of a clock that does not go back.
struct MinuteFlow {
  private(set) var limit: Double
  /// What may be spent; below zero it is promised to those who wait already.
  private(set) var level: Double
  private var filledAt: Double

  init(limit: Double, now: Double) {
    self.limit = max(1, limit)
    level = max(1, limit / 10)
    filledAt = now
  }

  private var burst: Double { max(1, limit / 10) }
  private var perSecond: Double { max(1, limit - burst) / 60 }

  private mutating func fill(_ now: Double) {
    level = min(burst, level + max(0, now - filledAt) * perSecond)
    filledAt = max(filledAt, now)
  }

  /// Spends an amount and returns the seconds until it is there.
  mutating func spend(_ amount: Double, now: Double) -> Double {
    fill(now)
    level -= amount
    return level >= 0 ? 0 : -level / perSecond
  }

  /// Gives back what was spent too much, or takes what was spent too little.
  mutating func correct(_ amount: Double, now: Double) {
    fill(now)
    level = min(burst, level + amount)
  }

  /// Takes what the service says of itself.
  mutating func learn(limit: Double?, remaining: Double?, now: Double) {
    fill(now)
    if let limit, limit >= 1 { self.limit = limit }
    level = min(level, burst)
    if let remaining { level = min(level, max(0, remaining)) }
  }
}

/// Spaces the requests to one model, so that the service need not refuse any; what its headers say is taken over.
///
/// The headers are OpenAI's `x-ratelimit-limit-requests`, `-remaining-requests`, and the same of `tokens` (guide "Rate
/// limits"), which vLLM's gateways, LiteLLM and Portkey pass on, and Anthropic's `anthropic-ratelimit-requests-limit`,
/// `-remaining`, and the same of `tokens` (API reference, "Rate limits"). A limit of the definition is never raised by
/// a header.
final class RatePacer: Sendable {
  private struct State {
    var requests: MinuteFlow?
    var tokens: MinuteFlow?
    /// Nothing is sent before, since the service said so.
    var closedUntil = 0.0
  }

  private let mostRequests: Double?
  private let mostTokens: Double?
  private let state: Mutex<State>

  init(requestsPerMinute: Int?, tokensPerMinute: Int?, now: Double) {
    mostRequests = requestsPerMinute.map(Double.init)
    mostTokens = tokensPerMinute.map(Double.init)
    state = Mutex(
      State(
        requests: mostRequests.map { MinuteFlow(limit: $0, now: now) },
        tokens: mostTokens.map { MinuteFlow(limit: $0, now: now) }))
  }

  /// Spends a request and an estimate of its tokens.
  /// - Returns: seconds to wait before it is sent.
  func spend(tokens: Int, now: Double) -> Double {
    state.withLock { state in
      let first = state.requests?.spend(1, now: now) ?? 0
      let second = state.tokens?.spend(Double(tokens), now: now) ?? 0
      return max(first, second, state.closedUntil - now)
    }
  }

  /// Seconds for which the service wants nothing, 0 or less if it takes requests.
  func closed(now: Double) -> Double { state.withLock { $0.closedUntil - now } }

  /// Corrects an estimate of tokens once the count is known.
  func settle(estimated: Int, used: Int, now: Double) {
    state.withLock { $0.tokens?.correct(Double(estimated - used), now: now) }
  }

  /// Sends nothing for some seconds.
  func close(for seconds: Double, now: Double) {
    state.withLock { $0.closedUntil = max($0.closedUntil, now + seconds) }
  }

  /// Reads an answer's headers.
  func learn(_ headers: [HTTPHeader], now: Double) {
    var seen: [Key: Double] = [:]
    for header in headers {
      guard let key = Self.key(header.name), let value = Double(header.value), value >= 0, value.isFinite
      else {
        continue
      }
      seen[key] = value
    }
    guard !seen.isEmpty else { return }
    state.withLock { state in
      Self.learn(&state.requests, seen[.requestLimit], seen[.requestsLeft], most: mostRequests, now)
      Self.learn(&state.tokens, seen[.tokenLimit], seen[.tokensLeft], most: mostTokens, now)
    }
  }

  private static func learn(
    _ flow: inout MinuteFlow?, _ limit: Double?, _ remaining: Double?, most: Double?, _ now: Double
  ) {
    let limit = [limit, most].compactMap(\.self).min()
    if flow == nil {
      guard let limit, limit >= 1 else { return }
      flow = MinuteFlow(limit: limit, now: now)
    }
    flow?.learn(limit: limit, remaining: remaining, now: now)
  }

  private enum Key { case requestLimit, requestsLeft, tokenLimit, tokensLeft }

  private static func key(_ name: String) -> Key? {
    // Most headers of an answer are none of these.
    guard let first = name.utf8.first, [0x78, 0x58, 0x61, 0x41].contains(first), name.utf8.count > 20 else {
      return nil
    }
    return switch name.lowercased() {
    case "x-ratelimit-limit-requests", "anthropic-ratelimit-requests-limit": .requestLimit
    case "x-ratelimit-remaining-requests", "anthropic-ratelimit-requests-remaining": .requestsLeft
    case "x-ratelimit-limit-tokens", "anthropic-ratelimit-tokens-limit": .tokenLimit
    case "x-ratelimit-remaining-tokens", "anthropic-ratelimit-tokens-remaining": .tokensLeft
    default: nil
    }
  }
}
