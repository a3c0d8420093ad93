import Catalog
import Records

/// Votes of what curation found in an output by fixed rules.
///
/// Each is for bad, on every content that the rule is sure enough about to drop it; on what it only flags it abstains, since a
/// flag is a doubt: on a log of haiku with thumbs, flagged repetitions were right about as often as a coin. The
/// voter is `check:` and the rule's name.
///
/// | rule | weight | why |
/// | --- | --- | --- |
/// | `output-format` | 1 | the application asked for JSON and got something else |
/// | `error-output` | 1 | a stack trace, an error page or a logged object is no answer |
/// | `truncation` | 0.5 | an answer without its end; but a user may have had what was needed |
/// | `repetition` | 0.5 | a loop; but a list may look like one |
/// | `refusal` | 0.5 | no answer; but some questions deserve none |
///
/// What other rules find (length, language, personal data, duplicates, test traffic) says nothing about how good an answer is.
enum CheckVotes {
  static let rules: [(rule: String, weight: Double)] = [
    ("error-output", 1), ("output-format", 1), ("refusal", 0.5), ("repetition", 0.5), ("truncation", 0.5),
  ]

  /// What each check holds for.
  static func hits(_ catalog: CatalogStore) throws -> [FunctionHits] {
    try rules.map { rule, weight in
      FunctionHits(
        voter: "check:\(rule)", class: .bad, weight: weight,
        numbers: try catalog.numbers(droppedBy: rule),
        onDropped: true)
    }
  }
}
