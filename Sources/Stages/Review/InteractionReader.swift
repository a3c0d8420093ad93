import Bytes
import Catalog
import Lake
import Records
import Text

/// Reads what a person looks at from the lake, with what the rules found in it.
///
/// Owned by one task at a time.
public final class InteractionReader {
  private let catalog: CatalogStore
  private let bodies: LakeBodies

  /// A reader of a workspace.
  public init(catalog: CatalogStore, lake: LakeStore) {
    self.catalog = catalog
    bodies = LakeBodies(lake: lake)
  }

  /// Reads an interaction.
  /// - Parameter interaction: its id.
  /// - Returns: the conversation and the answer, as they stand in the lake.
  /// - Throws: ``DeskError/missing(interaction:)``, the lake's errors.
  public func read(_ interaction: String) throws -> (input: [ReviewMessage], output: ReviewMessage) {
    guard let place = try catalog.reviewPlace(of: interaction) else {
      throw DeskError.missing(interaction: interaction)
    }
    let findings = try catalog.reviewFindings(of: interaction)
    return try bodies.read(.interactions, place) { record in
      let messages = (record["input"]?.elements ?? []).map { Self.message($0, role: "user") }
      let output = record["output"].map { Self.message($0, role: "assistant") }
      return (
        Self.mark(messages, findings),
        Self.mark(
          output ?? ReviewMessage(role: "assistant", text: []), findings.filter { $0.part == "output" })
      )
    }
  }

  private static func message(_ value: JSONValue, role: String) -> ReviewMessage {
    ReviewMessage(
      role: value["role"]?.string ?? role, text: value["content"]?.messageText ?? [],
      toolCalls: (value["tool_calls"]?.elements ?? []).map { call in
        ReviewMessage.ToolCall(
          name: call["function"]?["name"]?.messageText ?? [],
          arguments: call["function"]?["arguments"]?.messageText ?? [])
      })
  }

  /// Puts findings on a message; those without a place, and those whose place is not in the text, mark nothing.
  private static func mark(_ message: ReviewMessage, _ findings: [Finding]) -> ReviewMessage {
    let spans = findings.compactMap { span($0, from: 0, length: message.text.count) }
    return ReviewMessage(
      role: message.role, text: message.text, toolCalls: message.toolCalls, findings: spans)
  }

  /// Puts the findings of a conversation on its messages: `input` is the last message of a user, `conversation` all messages,
  /// joined by line feeds.
  private static func mark(_ messages: [ReviewMessage], _ findings: [Finding]) -> [ReviewMessage] {
    let last = messages.lastIndex { $0.role == "user" } ?? messages.indices.last
    var start = 0
    return messages.enumerated().map { place, message in
      defer { start += message.text.count + 1 }
      let spans = findings.compactMap { finding -> ReviewSpan? in
        switch finding.part {
        case "input": place == last ? span(finding, from: 0, length: message.text.count) : nil
        case "conversation": span(finding, from: start, length: message.text.count)
        default: nil
        }
      }
      return ReviewMessage(
        role: message.role, text: message.text, toolCalls: message.toolCalls, findings: spans)
    }
  }

  private static func span(_ finding: Finding, from start: Int, length: Int) -> ReviewSpan? {
    let (first, end) = (
      max(0, finding.offset - start), min(length, finding.offset + finding.length - start)
    )
    guard finding.length > 0, first < end else { return nil }
    return ReviewSpan(title: "\(finding.rule)/\(finding.reason)", bytes: first..<end)
  }
}
