import Foundation
import Pipeline
import Synchronization

/// Shows a run on the terminal: one line a step, with a bar once the step has taken a second.
///
/// Where standard error is no terminal it stays silent.
final class ProgressBar: RunObserver {
  private struct State {
    var label = ""
    var began = ContinuousClock.now
    var drawn = ContinuousClock.now
    var visible = false
  }

  private let interactive: Bool
  private let state = Mutex(State())

  init(interactive: Bool) { self.interactive = interactive }

  func began(step: String, detail: String) {
    state.withLock {
      $0.label = detail.isEmpty ? step : "\(step) \(Terminal.safe(detail))"
      $0.began = .now
      $0.visible = false
    }
  }

  func progressed(done: Int, total: Int, unit: String) {
    guard interactive else { return }
    state.withLock { state in
      let now = ContinuousClock.now
      guard now - state.began > .seconds(1), now - state.drawn > .milliseconds(100) else { return }
      state.drawn = now
      state.visible = true
      let amount = { (value: Int) in unit == "bytes" ? Terminal.size(value) : "\(value) \(unit)" }
      let width = max(10, min(40, Terminal.columns - 60))
      let share = total > 0 ? min(1, Double(done) / Double(total)) : 0
      let filled = Int(share * Double(width))
      let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: width - filled)
      let text = total > 0 ? "[\(bar)] \(Int(share * 100)) %, \(amount(done))" : amount(done)
      Terminal.status("\r\u{1B}[K\(state.label) \(text)")
    }
  }

  func ended(step: String, detail: String) {
    state.withLock { state in
      if state.visible { Terminal.status("\r\u{1B}[K") }
      state.visible = false
      if interactive { Terminal.note("\(step): \(Terminal.safe(detail))") }
    }
  }
}
