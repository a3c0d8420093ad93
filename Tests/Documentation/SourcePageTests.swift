import Foundation
import Pull
import Testing

@Suite("The page of sources") struct SourcePageTests {
  private let page: Page

  init() throws { page = try Page("Sources.md") }

  @Test("every kind has a row, in the order of the code")
  func rows() throws {
    let rows = try page.table("## What each source gives")
    #expect(rows.map { Page.code($0[0]) } == SourceKind.allCases.map(\.rawValue))
    // Every cell is filled, so that nobody has to guess.
    for row in rows { #expect(row.count == 8 && row.allSatisfy { !$0.isEmpty }, "\(row[0])") }
  }

  @Test("every kind has a section, in the order of the code")
  func sections() {
    let below = page.lines.drop { $0 != "## Kinds" }
    let sections = below.filter { $0.hasPrefix("### ") }.map { String($0.dropFirst(4)) }
    #expect(sections == SourceKind.allCases.map(\.rawValue))
  }

  @Test("the table of keys has the keys that definitions of services may hold")
  func keys() throws {
    let stated = try page.codes("### Keys of services")
    var read = try Repository.literals(
      #"(?:optional|required)\("([a-z_]+)"\)"#,
      in: "Sources/Pipeline/Definitions/SourceDefinition+Service.swift")
    // Where a secret is, inside of `key`; and what files and all kinds have, which the README explains.
    read.subtract(["env", "file", "path", "app"])
    read.formUnion(ServiceKey.allCases.map(\.rawValue))
    read.formUnion(["signals", "metadata"])
    #expect(stated.sorted() == read.sorted())
  }

  @Test("the keys that a kind needs are named in its section", arguments: SourceKind.allCases)
  func needed(_ kind: SourceKind) throws {
    let start = try #require(page.lines.firstIndex(of: "### \(kind.rawValue)"))
    let section = page.lines[(start + 1)...].prefix { !$0.hasPrefix("#") }.joined(separator: " ")
    #expect(section.count > 20)
    if kind.traits.required.contains(.project) { #expect(section.contains("`project`")) }
    if kind.traits.required.contains(.publicKey) { #expect(section.contains("pair of keys")) }
  }

  @Test("the defaults and the range of the table are those of the code")
  func defaults() throws {
    let rows = try page.table("### Keys of services")
    func standard(_ key: String) -> String? {
      rows.first { Page.code($0[0]) == key }.map { Page.code($0[1]) }
    }
    let parameters = ServiceParameters()
    #expect(standard("look_back").flatMap { Since.seconds($0) } == parameters.lookBack)
    #expect(standard("since").flatMap { Since($0) } == parameters.since)
    let range = try #require(rows.first { Page.code($0[0]) == "look_back" })[2]
    #expect(
      Page.allCode(range).compactMap { Since.seconds($0) }
        == [ServiceParameters.lookBackRange.lowerBound, ServiceParameters.lookBackRange.upperBound])
  }

  @Test("the exit codes are those of the sentences")
  func exitCodes() throws {
    let source = try Repository.text("Sources/flywheel/Failure.swift")
    for row in try page.table("## How services are read") {
      #expect(source.contains("= \(row[1])\n"), "\(row[0])")
      #expect(!row[2].isEmpty)
    }
  }
}
