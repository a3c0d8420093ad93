/// Why an input file cannot be read on: facts only, never content.
public struct InputError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The kinds of fault.
  ///
  /// The raw value is stable once released.
  public enum Code: String, Sendable, CaseIterable, Codable {
    /// The system refuses to open or read the path; the message is the system's.
    case unreadable
    /// The path is a folder, a pipe, a device or a socket.
    case notRegular = "not-a-regular-file"
    /// A compressed stream is damaged or cut short; the message is libarchive's.
    case corruptStream = "corrupt-stream"
    /// The decoded content ends before the offset to read on from.
    case offsetBeyondEnd = "offset-beyond-end"
    /// The content before the offset is not what was read there the last time.
    case contentDiffers = "content-differs"
    /// A pattern that is not supported, such as one with `**`.
    case badPattern = "bad-pattern"
  }

  /// The kind of fault.
  public let code: Code
  /// The file or the pattern.
  public let path: String
  /// Decoded bytes that were read without fault before it, or the offset that was asked for.
  public let offset: Int
  /// What the library or the system said; empty where the code says it all.
  public let message: String

  /// States a fault.
  /// - Parameters:
  ///   - code: the kind.
  ///   - path: the file or the pattern.
  ///   - offset: the decoded offset; default 0.
  ///   - message: what the library or the system said; default empty.
  public init(_ code: Code, path: String, offset: Int = 0, message: String = "") {
    self.code = code
    self.path = path
    self.offset = offset
    self.message = message
  }

  /// `corrupt-stream /a/b.gz at 8388608: truncated gzip input`.
  public var description: String {
    "\(code.rawValue) \(path) at \(offset)" + (message.isEmpty ? "" : ": \(message)")
  }
}
