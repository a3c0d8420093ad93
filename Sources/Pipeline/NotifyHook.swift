import Foundation
import Logging

/// Tells someone that a run did not end well: runs the program that `FLYWHEEL_NOTIFY` names.
///
/// The program gets the pipeline, the state (`failed`, `refused` or `interrupted`) and the path of the run's
/// `account.json`, and sees the run's environment. It has ``limit`` to finish; what it does or fails to do changes
/// nothing about the run.
struct NotifyHook: Sendable {
  /// Names the program.
  static let environmentName = "FLYWHEEL_NOTIFY"
  /// Seconds after which the program is ended.
  static let limit = 60.0

  private let program: String?

  init(environment: [String: String]) {
    program = environment[Self.environmentName].flatMap { $0.isEmpty ? nil : $0 }
  }

  func call(pipeline: String, state: String, account: String, _ logger: Logger) {
    guard let program else { return }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = [pipeline, state, account]
    process.standardInput = FileHandle.nullDevice
    do {
      try process.run()
    } catch {
      logger.error(
        "the notify hook did not start", metadata: ["program": "\(program)", "detail": "\(error)"])
      return
    }
    let end = Date(timeIntervalSinceNow: Self.limit)
    while process.isRunning, Date() < end { usleep(20_000) }
    if process.isRunning { process.terminate() }
    process.waitUntilExit()
    logger.info("the notify hook ended", metadata: ["status": "\(process.terminationStatus)"])
  }
}
