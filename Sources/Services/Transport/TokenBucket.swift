/// Spaces requests so that no minute has more of them than a service allows.
///
/// A tenth of a minute's requests may go out at once; the rest flows in evenly. The burst is taken off the
/// flow, so the limit holds in every window of 60 s and not only on average. Times are seconds of any clock
/// that does not go back.
struct TokenBucket {
  private let burst: Double
  private let perSecond: Double
  /// What may be spent; below zero it is promised to those who wait already.
  private var tokens: Double
  private var filledAt: Double

  /// - Parameters:
  ///   - requestsPerMinute: the limit, at least 1.
  ///   - now: the time at which the bucket is full.
  init(requestsPerMinute: Int, now: Double) {
    let limit = Double(max(1, requestsPerMinute))
    burst = max(1, (limit / 10).rounded(.down))
    perSecond = max(1, limit - burst) / 60
    tokens = burst
    filledAt = now
  }

  /// Spends a token and returns the seconds until it is there; callers are served in the order they come.
  mutating func spend(now: Double) -> Double {
    tokens = min(burst, tokens + max(0, now - filledAt) * perSecond)
    filledAt = max(filledAt, now)
    tokens -= 1
    return tokens >= 0 ? 0 : -tokens / perSecond
  }
}
