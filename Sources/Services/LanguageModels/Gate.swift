import Synchronization

/// Lets a number of tasks in at once; the others wait in the order they came.
final class Gate: Sendable {
  private struct State {
    var free: Int
    var next: UInt64 = 0
    /// Those who wait, by number; who was cancelled is no longer here.
    var waiting: [UInt64: CheckedContinuation<Bool, Never>] = [:]
    /// Numbers in the order they came, those of cancelled ones among them.
    var order: [UInt64] = []
    var head = 0
  }

  private let state: Mutex<State>

  init(_ count: Int) { state = Mutex(State(free: max(1, count))) }

  /// Waits until there is room; false if the task was cancelled first.
  func enter() async -> Bool {
    let number = state.withLock { state -> UInt64? in
      if state.free > 0 {
        state.free -= 1
        return nil
      }
      state.next += 1
      return state.next
    }
    guard let number else { return true }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { (continuation: CheckedContinuation<Bool, Never>) in
        let now = state.withLock { state -> Bool? in
          // A cancellation that came before has found nothing to take away.
          if Task.isCancelled { return false }
          if state.free > 0 {
            state.free -= 1
            return true
          }
          state.waiting[number] = continuation
          state.order.append(number)
          return nil
        }
        if let now { continuation.resume(returning: now) }
      }
    } onCancel: {
      state.withLock { $0.waiting.removeValue(forKey: number) }?.resume(returning: false)
    }
  }

  /// Makes room for the next.
  func leave() {
    let next = state.withLock { state -> CheckedContinuation<Bool, Never>? in
      while state.head < state.order.count {
        let number = state.order[state.head]
        state.head += 1
        if state.head > 1024, state.head * 2 > state.order.count {
          state.order.removeFirst(state.head)
          state.head = 0
        }
        if let waiting = state.waiting.removeValue(forKey: number) { return waiting }
      }
      state.free += 1
      return nil
    }
    next?.resume(returning: true)
  }
}

/// Reservations under way, and those who wait for one to end because the budget is short until then.
final class Purse: Sendable {
  private struct State {
    var granted = 0
    var ended: UInt64 = 0
    var waiting: [CheckedContinuation<Bool, Never>] = []
  }

  private let state = Mutex(State())

  /// Reservations ended so far.
  var ended: UInt64 { state.withLock { $0.ended } }

  /// Counts a reservation.
  func grant() { state.withLock { $0.granted += 1 } }

  /// Counts the end of a reservation, and wakes who waits.
  func end() {
    let waiting = state.withLock { state in
      state.granted -= 1
      state.ended += 1
      defer { state.waiting = [] }
      return state.waiting
    }
    for continuation in waiting { continuation.resume(returning: true) }
  }

  /// Waits until a reservation has ended since `seen`.
  /// - Returns: false at once if none has, and none is under way that could.
  func wait(since seen: UInt64) async -> Bool {
    await withCheckedContinuation { (continuation: CheckedContinuation<Bool, Never>) in
      let now = state.withLock { state -> Bool? in
        if state.ended != seen { return true }
        if state.granted == 0 { return false }
        state.waiting.append(continuation)
        return nil
      }
      if let now { continuation.resume(returning: now) }
    }
  }
}
