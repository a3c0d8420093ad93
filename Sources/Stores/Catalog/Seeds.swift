import Bytes
import Foundation
import GRDB
import Records

/// An interaction that inputs may be made from.
public struct SeedCandidate: Sendable, Hashable {
  /// The catalog's number.
  public let number: Int64
  /// Its id.
  public let id: String
  /// Where its record stands.
  public let place: LakePlace
}

/// What is known of the size of a model's answers from those that were bought.
public struct AnswerSizes: Sendable, Hashable {
  /// Answers of the model.
  public let count: Int
  /// Mean of their tokens.
  public let mean: Double
  /// Standard deviation of their tokens.
  public let deviation: Double
}

extension CatalogStore {
  /// Kept interactions that new inputs may be made from, one of each content.
  ///
  /// What is golden, and what was ever published in a split that does not train, is no seed: what is made from it would
  /// train on it.
  /// - Parameters:
  ///   - condition: an SQL condition over the view `records`.
  ///   - evenHeldOut: whether those are among them too, to know what is there; default no.
  /// - Returns: the interactions, by their numbers.
  /// - Throws: ``CatalogError`` for a condition that is not legal, GRDB's errors.
  public func seedCandidates(where condition: String, evenHeldOut: Bool = false) throws -> [SeedCandidate] {
    let numbers = try numbers(where: condition)
    let golden = evenHeldOut ? GoldenKeys() : try goldenKeys()
    return try pool.read { db in
      let list = "[" + numbers.map(String.init).joined(separator: ",") + "]"
      let heldOut =
        evenHeldOut
        ? ""
        : """
        AND NOT EXISTS (SELECT 1 FROM memberships m WHERE m.interaction = i.id AND m.outcome LIKE 'in:%'
          AND m.outcome <> 'in:train')
        """
      let rows = try Row.fetchAll(
        db,
        sql: """
          SELECT min(i.number) AS number, i.id, s.name, s.day, i.frame, i.offset, i.length, i.content_hash, i.input_hash,
            i.conversation
          FROM interactions i JOIN segments s ON s.number = i.segment
          WHERE i.decision = 'kept' AND i.number IN (SELECT value FROM json_each(?)) \(heldOut)
          GROUP BY i.content_hash ORDER BY 1
          """, arguments: [list])
      return rows.compactMap { row in
        guard let content = ContentHash(bytes: row["content_hash"] as Data),
          let input = ContentHash(bytes: row["input_hash"] as Data)
        else { return nil }
        if golden.contents.contains(content) || golden.inputs.contains(input)
          || golden.conversations.contains(row["conversation"])
        {
          return nil
        }
        return SeedCandidate(number: row["number"], id: row["id"], place: Self.place(row))
      }
    }
  }

  /// How many tokens a model's kept answers have.
  public func answerSizes(of model: String) throws -> AnswerSizes {
    try pool.read { db in
      guard
        let row = try Row.fetchOne(
          db,
          sql: """
            SELECT count(*), coalesce(avg(tokens_out), 0), coalesce(avg(1.0 * tokens_out * tokens_out), 0)
            FROM model_responses WHERE model = ?
            """, arguments: [model])
      else { return AnswerSizes(count: 0, mean: 0, deviation: 0) }
      let mean: Double = row[1]
      let square: Double = row[2]
      return AnswerSizes(count: row[0], mean: mean, deviation: max(0, square - mean * mean).squareRoot())
    }
  }
}
