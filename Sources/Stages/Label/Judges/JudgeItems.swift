import Bytes
import Catalog
import Lake
import Records
import Text

/// Reads what is judged from the lake.
///
/// Owned by one task at a time.
public final class JudgeItems {
  private let bodies: LakeBodies

  /// A reader of a lake.
  public init(lake: LakeStore) { bodies = LakeBodies(lake: lake) }

  /// Reads an item.
  /// - Parameters:
  ///   - content: its content.
  ///   - interaction: the interaction's id.
  ///   - place: where its record stands.
  /// - Returns: the item; its input is the whole conversation, each message after its role.
  /// - Throws: the lake's errors.
  public func item(content: ContentHash, interaction: String, place: LakePlace) throws -> JudgeItem {
    try bodies.read(.interactions, place) { record in
      var input: [UInt8] = []
      let messages = record["input"]?.elements ?? []
      for message in messages {
        if messages.count > 1 {
          input += input.isEmpty ? [] : [0x0A]
          input += Array("\(message["role"]?.string ?? "user"):\n".utf8)
        }
        input += message["content"]?.messageText ?? []
      }
      return JudgeItem(
        content: content, interaction: interaction, input: input,
        output: record["output"]?["content"]?.messageText ?? [])
    }
  }

  /// Reads the item of a row.
  public func item(_ row: JudgingRow) throws -> JudgeItem {
    try item(content: row.content, interaction: row.interaction, place: row.place)
  }

  /// Reads an output that has siblings.
  public func item(_ row: SiblingRow) throws -> JudgeItem {
    try item(content: row.content, interaction: row.interaction, place: row.place)
  }
}
