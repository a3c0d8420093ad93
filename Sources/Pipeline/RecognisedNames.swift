import Catalog
import Curate
import Publish
import Records

/// Names and addresses that curation's recogniser found, as places that publishing masks.
enum RecognisedNames {
  /// The places of every interaction; nil if there are none.
  static func spans(_ catalog: CatalogStore) throws -> ExampleSpans? {
    let words = PersonalDataRule.recognisedWords
    let found = try catalog.findingPlaces(rule: PersonalDataRule.name, reasons: words.keys.sorted())
    guard !found.isEmpty else { return nil }
    let spans = found.mapValues { findings in
      findings.map { finding in
        ExampleSpan(
          part: finding.part, offset: finding.offset, length: finding.length,
          word: words[finding.reason] ?? "NAME")
      }
    }
    return { spans[$0.number] ?? [] }
  }
}
