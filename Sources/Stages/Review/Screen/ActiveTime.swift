/// The time that a labeler worked at an item, without the time in which no key came.
struct ActiveTime: Sendable, Equatable {
  /// Milliseconds after which time without a key no longer counts.
  let idle: Int
  private(set) var total = 0
  private var last: Int?

  /// - Parameter idle: milliseconds.
  init(idle: Int) { self.idle = idle }

  /// Begins, or goes on after a pause.
  mutating func start(at now: Int) { last = now }

  /// Counts the time since the last sign of life, at most ``idle``.
  mutating func touch(at now: Int) {
    if let last { total += min(max(0, now - last), idle) }
    last = now
  }

  /// Stops until ``start(at:)``.
  mutating func pause(at now: Int) {
    touch(at: now)
    last = nil
  }
}

/// The clocks of the screen, so that tests can turn them.
public struct ReviewClock {
  /// Milliseconds of a clock that never goes back.
  public let monotonic: () -> Int
  /// Microseconds since 1970, UTC, by which leases end.
  public let wall: () -> Int64

  /// States the clocks.
  public init(monotonic: @escaping () -> Int, wall: @escaping () -> Int64) {
    self.monotonic = monotonic
    self.wall = wall
  }
}
