import CNcurses
import Foundation

/// Gives the terminal back however the process ends, and tells of signals through a pipe.
enum TerminalGuard {
  nonisolated(unsafe) private static var saved = termios()  // written once before any handler can run
  nonisolated(unsafe) private static var input: Int32 = -1  // as above
  nonisolated(unsafe) private static var output: Int32 = -1  // as above
  nonisolated(unsafe) private static var pipeEnd: Int32 = -1  // as above
  nonisolated(unsafe) private static var restore: UnsafeMutableBufferPointer<UInt8>?  // as above

  /// What brings any terminal back.
  ///
  /// Bracketed paste off, its own order of characters, colours off, cursor on, the screen from before, keys
  /// as ever. A handler of a crash may make no text, so it stands ready.
  private static let bytes = Array(
    "\u{1B}[?2004l\u{1B}[8h\u{1B}[0m\u{1B}[?25h\u{1B}[?1049l\u{1B}[?1l\u{1B}>\r\n".utf8)

  /// Signals of a program's own fault.
  private static let crashes = [SIGSEGV, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE]
  /// Signals that end the review.
  static let endings = [SIGINT, SIGTERM, SIGHUP, SIGQUIT]

  /// Keeps how the terminal is now, and gives it back at a crash.
  static func remember(input: Int32, output: Int32) {
    self.input = input
    self.output = output
    tcgetattr(input, &saved)
    if restore == nil {
      let copy = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: bytes.count)
      _ = copy.update(from: bytes)
      restore = copy
    }
    for number in crashes {
      signal(number) { number in
        if let restore = TerminalGuard.restore {
          _ = write(TerminalGuard.output, restore.baseAddress, restore.count)
        }
        tcsetattr(TerminalGuard.input, TCSANOW, &TerminalGuard.saved)
        signal(number, SIG_DFL)
        raise(number)
      }
    }
  }

  /// Tells of signals that end the review.
  /// - Returns: where a byte comes for each, its number.
  static func watch() -> Int32 {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { return -1 }
    for end in ends {
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
      _ = fcntl(end, F_SETFL, O_NONBLOCK)
    }
    pipeEnd = ends[1]
    for number in endings {
      signal(number) { number in
        var byte = UInt8(truncatingIfNeeded: number)
        _ = write(TerminalGuard.pipeEnd, &byte, 1)
      }
    }
    return ends[0]
  }

  /// Lets signals do what they did before.
  static func release() {
    for number in crashes + endings { signal(number, SIG_DFL) }
  }
}
