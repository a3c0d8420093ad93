/// A prompt file: instructions, and after a line that holds only `{{! user }}` what the user says.
public struct ChatTemplate: Sendable, Hashable {
  /// The line that parts the instructions (the system message) from the user's message.
  public static let userLine = "{{! user }}"

  /// The first 12 hexadecimal digits of the SHA-256 of the whole text.
  public let version: String
  private let system: PromptTemplate?
  private let user: PromptTemplate

  /// Reads a prompt file.
  /// - Parameter text: its text; without the line all of it is the user's message.
  /// - Throws: ``PromptTemplate/Fault``.
  public init(_ text: String) throws(PromptTemplate.Fault) {
    version = try PromptTemplate(text).version
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    guard let line = lines.firstIndex(where: { $0 == Self.userLine }) else {
      system = nil
      user = try PromptTemplate(text)
      return
    }
    system = try PromptTemplate(lines[..<line].joined(separator: "\n"))
    user = try PromptTemplate(lines[(line + 1)...].joined(separator: "\n"))
  }

  /// Fills it.
  /// - Parameter values: values by name.
  /// - Returns: one or two messages, without white space around them.
  /// - Throws: ``PromptTemplate/Fault``.
  public func messages(_ values: [String: PromptTemplate.Value]) throws(PromptTemplate.Fault) -> [ChatMessage]
  {
    var messages: [ChatMessage] = []
    if let system { messages.append(ChatMessage(.system, try system.fill(values).trimmed)) }
    messages.append(ChatMessage(.user, try user.fill(values).trimmed))
    return messages
  }
}
