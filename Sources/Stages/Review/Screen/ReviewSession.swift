import Foundation

/// The screen in a terminal, from the first key to the last.
public final class ReviewSession {
  /// How it ended.
  public enum Ending: Sendable, Equatable {
    /// The labeler left.
    case left
    /// A signal ended it, or the terminal is gone.
    case signal(Int32)
  }

  private let screen: ReviewScreen
  private let options: ReviewTerminalOptions
  private let draftFile: String?

  /// Shows a screen in a terminal.
  /// - Parameters:
  ///   - screen: the screen.
  ///   - options: the terminal.
  ///   - draftFile: where a correction that was not saved is kept for the next session; nil keeps none.
  public init(_ screen: ReviewScreen, _ options: ReviewTerminalOptions, draftFile: String? = nil) {
    self.screen = screen
    self.options = options
    self.draftFile = draftFile
  }

  /// Runs until the labeler leaves.
  ///
  /// The terminal is given back, and the item that is held, whatever happens.
  /// - Returns: how it ended.
  /// - Throws: ``ReviewTerminalFault``, and what the desk throws.
  public func run() throws -> Ending {
    let terminal = try CursesTerminal(options)
    let signals = TerminalGuard.watch()
    defer {
      terminal.suspend()
      TerminalGuard.release()
      close(signals)
    }
    do {
      let size = terminal.size
      screen.resize(width: size.width, height: size.height)
      if let draft = draftFile.flatMap(ReviewDraft.take(from:)) { screen.restore(draft) }
      try screen.start()
      return try loop(terminal, signals)
    } catch {
      // The text is kept and the item goes back; the first fault is the one to tell.
      keepDraft()
      try? screen.close()
      throw error
    }
  }

  private func loop(_ terminal: CursesTerminal, _ signals: Int32) throws -> Ending {
    var isBusy = true
    terminal.paint(screen.draw())
    while !screen.isFinished {
      var polled = [
        pollfd(fd: options.input, events: Int16(POLLIN), revents: 0),
        pollfd(fd: signals, events: Int16(POLLIN), revents: 0),
      ]
      // A second at most, since the header tells how long a lease lasts.
      let count = poll(&polled, 2, isBusy ? 0 : 1000)
      var number: UInt8 = 0
      if read(signals, &number, 1) == 1 { return try end(Int32(number)) }
      // A terminal that is gone has no keys any more, and tells so at once.
      if polled[0].revents & Int16(POLLHUP | POLLERR | POLLNVAL) != 0 { return try end(SIGHUP) }
      var came = false
      while let key = terminal.key() {
        came = true
        try take(key, terminal)
        if let text = screen.request.flatMap(Self.text) { try edit(text, terminal, signals) }
        if screen.isFinished { break }
      }
      if came {
        terminal.paint(screen.draw())
        isBusy = true
      } else {
        isBusy = try screen.tick()
        if count == 0, !isBusy || screen.hasChanged { terminal.paint(screen.draw()) }
      }
    }
    return .left
  }

  private static func text(_ request: ReviewScreen.Request) -> String {
    switch request {
    case .editor(let text): text
    }
  }

  private func take(_ key: ScreenKey, _ terminal: CursesTerminal) throws {
    switch key {
    case .resize:
      let size = terminal.size
      screen.resize(width: size.width, height: size.height)
      terminal.repaint()
    case .control("l"): terminal.repaint()
    default: try screen.press(key)
    }
  }

  private func edit(_ text: String, _ terminal: CursesTerminal, _ signals: Int32) throws {
    screen.request = nil
    terminal.suspend()
    defer {
      terminal.resume()
      let size = terminal.size
      screen.resize(width: size.width, height: size.height)
    }
    let after = try ExternalEditor.run(text, environment: options.environment) {
      try screen.tickInEditor()
      var polled = pollfd(fd: signals, events: Int16(POLLIN), revents: 0)
      return poll(&polled, 1, 0) == 0
    }
    try screen.editorReturned(after)
  }

  private func end(_ number: Int32) throws -> Ending {
    keepDraft()
    try screen.close()
    return .signal(number)
  }

  private func keepDraft() {
    guard let draftFile, let draft = screen.unsaved else { return }
    try? draft.keep(in: draftFile)
  }
}
