import Bytes
import Foundation
import Logging
import Records
import Synchronization

/// Writes log lines as JSON objects to a file: `{"level":"info","message":"…","time":"…", …metadata}`.
///
/// The file is private and append-only; a line is one `write`, so that a killed process leaves whole lines.
public struct RunLogHandler: LogHandler {
  /// The least level that is written; default info.
  public var logLevel: Logger.Level = .info
  /// Metadata of every line.
  public var metadata: Logger.Metadata = [:]
  private let file: LogFile
  private let clock: @Sendable () -> Timestamp

  /// Appends to a file.
  /// - Parameters:
  ///   - path: the file; made if it is not there.
  ///   - clock: tells the time of a line.
  /// - Throws: ``FileError`` when the file cannot be opened.
  public init(path: String, clock: @escaping @Sendable () -> Timestamp) throws {
    file = try LogFile(path: path)
    self.clock = clock
  }

  /// One metadata value of every line.
  public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  /// Writes one line.
  public func log(event: LogEvent) {
    var fields: [String: String] = [:]
    for (key, value) in metadata.merging(event.metadata ?? [:], uniquingKeysWith: { $1 }) {
      fields[key] = "\(value)"
    }
    fields["level"] = "\(event.level)"
    fields["message"] = "\(event.message)"
    fields["time"] = clock().description
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard let line = try? encoder.encode(fields) else { return }
    file.append(Array(line) + [0x0A])
  }
}

private final class LogFile: Sendable {
  private let descriptor: Int32
  private let path: String

  init(path: String) throws {
    descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw FileError("open", path) }
    self.path = path
  }

  deinit { close(descriptor) }

  func append(_ line: [UInt8]) {
    // A full disk must not stop the run that reports it.
    line.withUnsafeBytes { try? DurableFile.writeAll(descriptor, $0, path: path) }
  }
}
