import Bytes
@testable import Catalog
import Curate
import Foundation
import GRDB
import Label
import Lake
import Publish
import Pull
import Records
import Registry
import Testing
import Text

/// A table of a page, and what the code has.
struct Listing: CustomTestStringConvertible, Sendable {
  let page: String
  let heading: String
  var number = 0
  let expected: @Sendable () throws -> [String]

  var testDescription: String { "\(page) \(heading) \(number)" }

  static let all: [Listing] =
    RuleSet.all.map { rule in
      Listing(page: "Rules.md", heading: "### \(rule.name)") { rule.reasons }
    } + [
      Listing(page: "Rules.md", heading: "### duplicates") { settledReasons(of: "duplicates") },
      Listing(page: "Rules.md", heading: "### influence") { settledReasons(of: "influence") },
      Listing(page: "Rules.md", heading: "## Account") {
        try Array(
          Repository.literals(#"balance\.drop\("([^"]+)""#, in: "Sources/Pipeline/PipelineRunner.swift"))
      },
      Listing(page: "Rules.md", heading: "## Quarantine") {
        JSONFault.allCases.map(\.rawValue) + RowFault.allCases.map(\.rawValue)
          + [InputError.Code.corruptStream.rawValue]
          + (try Repository.literals(
            #""(unfinished-[a-z]+)""#, in: "Sources/Stages/Pull/Input/InputFeed.swift"))
      },
      Listing(page: "Rules.md", heading: "## Redaction") { PersonalDataKind.patterns.map(\.rawValue) },
      Listing(page: "Rules.md", heading: "## Votes") { Signal.allCases.map(\.rawValue) },
      Listing(page: "Rules.md", heading: "## Votes", number: 1) { LabelClass.allCases.map(\.rawValue) },
      Listing(page: "Rules.md", heading: "## Outcomes") { LeftOut.allCases.map(\.rawValue) },
      Listing(page: "Formats.md", heading: "### Keys by kind") { Kind.allCases.map(\.rawValue) },
      Listing(page: "Formats.md", heading: "## Damage", number: 1) {
        LakeError.Code.allCases.map(\.rawValue)
      },
      Listing(page: "Formats.md", heading: "## Damage", number: 2) {
        VerifyProblem.Kind.allCases.map(\.rawValue)
      },
      Listing(page: "Catalog.md", heading: "## Tables") {
        try FreshCatalog.read {
          try String.fetchAll($0, sql: "SELECT name FROM sqlite_master WHERE type = 'table'")
        }
      },
      Listing(page: "Catalog.md", heading: "## The view `records`") {
        try FreshCatalog.read { try $0.columns(in: "records").map(\.name) }
      },
    ]
}

/// The reasons of a rule that is settled between records.
private func settledReasons(of rule: String) -> [String] {
  CatalogStore.settledReasons.map { $0.split(separator: "/").map(String.init) }.filter { $0[0] == rule }.map {
    $0[1]
  }
}

/// A catalog without a row.
enum FreshCatalog {
  static func read<Result>(_ body: (Database) throws -> Result) throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "flywheel-pages-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try CatalogStore(path: folder.appendingPathComponent("catalog.sqlite").path).pool.read(body)
  }
}

/// A parameter of a rule, as the page must state it.
struct ParameterRow: CustomTestStringConvertible, Sendable {
  let heading: String
  let name: String
  let standard: Int
  let range: ClosedRange<Int>

  var testDescription: String { name }

  static let length = CurateParameters.Length()
  static let all = [
    ParameterRow(
      heading: "### length", name: "min_output_characters", standard: length.minOutputCharacters,
      range: CurateParameters.Length.minimumRange),
    ParameterRow(
      heading: "### length", name: "max_output_characters", standard: length.maxOutputCharacters,
      range: CurateParameters.Length.maximumRange),
    ParameterRow(
      heading: "### length", name: "max_input_characters", standard: length.maxInputCharacters,
      range: CurateParameters.Length.maximumRange),
    ParameterRow(
      heading: "### repetition", name: "min_words", standard: CurateParameters.Repetition().minWords,
      range: CurateParameters.Repetition.minWordsRange),
    ParameterRow(
      heading: "### influence", name: "per_day", standard: CurateParameters.Influence().perDay,
      range: CurateParameters.Influence.range),
    ParameterRow(
      heading: "### influence", name: "burst", standard: CurateParameters.Influence().burst,
      range: CurateParameters.Influence.range),
    ParameterRow(
      heading: "### influence", name: "burst_seconds", standard: CurateParameters.Influence().burstSeconds,
      range: CurateParameters.Influence.secondsRange),
  ]

  /// A number with commas between groups of three digits.
  static func grouped(_ number: Int) -> String {
    let digits = Array(String(number))
    return digits.indices.reduce(into: "") { text, index in
      if index > 0, (digits.count - index).isMultiple(of: 3) { text += "," }
      text.append(digits[index])
    }
  }
}

@Suite("The pages list what the code has") struct CodeListTests {
  @Test("codes, cases and columns", arguments: Listing.all)
  func listing(_ listing: Listing) throws {
    let stated = try Page(listing.page).codes(listing.heading, listing.number)
    let expected = try listing.expected()
    try #require(!expected.isEmpty)
    #expect(stated.sorted() == expected.sorted())
  }

  @Test("every rule has a section, and every section is a rule")
  func rules() throws {
    let page = try Page("Rules.md")
    let sections = page.lines.filter { $0.hasPrefix("### ") }.map { String($0.dropFirst(4)) }
    #expect(sections == RuleSet.all.map { $0.name } + ["duplicates", "influence"])
  }

  @Test("defaults and ranges", arguments: ParameterRow.all)
  func parameters(_ row: ParameterRow) throws {
    let stated = try Page("Rules.md").table(row.heading, 1).first { Page.code($0[0]) == row.name }
    let range =
      "\(ParameterRow.grouped(row.range.lowerBound)) to \(ParameterRow.grouped(row.range.upperBound))"
    #expect(try #require(stated)[2...] == [ParameterRow.grouped(row.standard), range])
  }

  @Test("the kinds that a source names")
  func redaction() throws {
    #expect(
      try Page("Rules.md").table("## Redaction").map { $0[1] } == RedactionKind.allCases.map(\.rawValue))
  }

  @Test("what each signal votes", arguments: Signal.allCases)
  func votes(_ signal: Signal) throws {
    let row = try #require(
      try Page("Rules.md").table("## Votes").first { Page.code($0[0]) == signal.rawValue })
    #expect(row[1] == (signal.isExplicit ? "explicit" : "implicit"))
    let event = FeedbackEvent(
      number: 1, id: "f", interaction: 1, user: "u", time: Timestamp(microseconds: 0), signal: signal,
      value: 1,
      count: 1)
    let label = VoteGatherer(implicitWeight: 0.5).votes(
      LabelInput(content: ContentHash(high: 0, low: 0), events: [event])
    ).first?.class
    let stated = row[2].prefix { $0.isLetter }
    #expect(stated == (label?.rawValue ?? "abstains"))
  }
}
