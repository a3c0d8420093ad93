/// How often and how late a request is sent again: exponential backoff with full jitter.
///
/// The wait before retry n is a random part of `min(longestDelay, firstDelay · 2ⁿ)`, n from 0: "Full Jitter" of
/// Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015, which clears a crowd of clients
/// with the fewest calls. The defaults wait 3.75 s on average and 7.5 s at most in all: enough for a restart
/// behind a load balancer, while a longer outage is left to the next run.
public struct RetryPolicy: Sendable, Hashable {
  /// How often a request is sent at most, at least 1, default 5.
  public var attempts = 5
  /// Seconds that the first wait has at most, default 0.5.
  public var firstDelay = 0.5
  /// Seconds that any wait has at most, default 30.
  public var longestDelay = 30.0
  /// Seconds of `Retry-After` that are waited for, default 300.
  ///
  /// A server that asks for more is not asked again, and the error says when it wants to be.
  public var longestRetryAfter = 300.0

  /// Has the defaults.
  public init() {}

  /// Takes the limits.
  public init(
    attempts: Int, firstDelay: Double = 0.5, longestDelay: Double = 30, longestRetryAfter: Double = 300
  ) {
    self.attempts = attempts
    self.firstDelay = firstDelay
    self.longestDelay = longestDelay
    self.longestRetryAfter = longestRetryAfter
  }

  /// Sends a request once.
  public static let never = RetryPolicy(attempts: 1)

  /// Seconds to wait before a request is sent again, nil to give up.
  /// - Parameters:
  ///   - error: why it failed.
  ///   - attempt: how often it was sent, from 1.
  ///   - isIdempotent: whether it may be processed twice.
  ///   - random: from 0 up to 1, the part of the longest wait.
  /// - Returns: the wait; never less than the server asked for.
  public func wait(
    after error: TransportError, attempt: Int, isIdempotent: Bool, random: Double
  ) -> Double? {
    guard attempt < attempts, error.isTemporary, isIdempotent || error.wasSurelyNotProcessed else {
      return nil
    }
    let asked = error.retryAfter ?? 0
    guard asked <= longestRetryAfter else { return nil }
    var ceiling = min(longestDelay, firstDelay)
    for _ in 1..<max(1, attempt) where ceiling < longestDelay { ceiling = min(longestDelay, ceiling * 2) }
    // Those who were told the same second come back apart, too.
    return asked + ceiling * random
  }
}
