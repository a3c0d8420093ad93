/// What is wrong with a run or a name: facts only.
public struct SignatureError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The kinds of fault.
  ///
  /// The raw value is stable once released.
  public enum Code: String, Sendable, CaseIterable, Codable {
    /// No run has this name.
    case missing
    /// The file does not begin and end like a run, or is shorter than the shortest.
    case foreign
    /// The run is of a newer form than this program reads.
    case newer
    /// The run's sketches were made in another way, so that they compare with no others.
    case otherSketches = "other-sketches"
    /// A part of the file contradicts its checksum, the footer or itself.
    case damaged
    /// The SHA-256 of the file is not its name.
    case nameDiffers = "name-differs"
    /// A name that is not 64 lower-case hexadecimal digits.
    case badName = "bad-name"
    /// A sketch with neither none nor all of the bands, with too many shingles, or with some out of order.
    case badSketch = "bad-sketch"
    /// More documents than one run holds, or more runs than one merge reads.
    case tooMany = "too-many"
  }

  /// The kind of fault.
  public let code: Code
  /// The file's path, or the name that was refused.
  public let path: String
  /// The part of the file, such as `hashes` or `band 3 entries`; empty where it is about none.
  public let part: String

  /// States a fault.
  /// - Parameters:
  ///   - code: the kind.
  ///   - path: the file's path, or the refused name.
  ///   - part: the part of the file; default none.
  public init(_ code: Code, _ path: String, part: String = "") {
    self.code = code
    self.path = path
    self.part = part
  }

  /// `damaged …/signatures/ab….fws: band 3 entries`.
  public var description: String {
    "\(code.rawValue) \(path)" + (part.isEmpty ? "" : ": \(part)")
  }
}
