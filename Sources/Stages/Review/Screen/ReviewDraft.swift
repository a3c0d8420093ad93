import Bytes
import Foundation

/// A correction that was written and not saved when the terminal went away.
public struct ReviewDraft: Sendable, Hashable, Codable {
  /// The item that it is of.
  public let item: Int64
  /// What was written.
  public let text: String

  /// States a draft.
  public init(item: Int64, text: String) {
    self.item = item
    self.text = text
  }

  /// Writes it where the labeler's next session finds it; nobody else can read it.
  /// - Throws: errors of the file.
  public func keep(in file: String) throws {
    try DurableFile.makeFolder((file as NSString).deletingLastPathComponent)
    try DurableFile.replace(file, with: Array(try JSONEncoder().encode(self)))
  }

  /// Takes a draft that was kept; it is there no more.
  public static func take(from file: String) -> ReviewDraft? {
    guard let data = FileManager.default.contents(atPath: file) else { return nil }
    try? FileManager.default.removeItem(atPath: file)
    return try? JSONDecoder().decode(Self.self, from: data)
  }
}
