import Bytes
import Catalog
import Foundation
import Lake
import Records
import Testing

@testable import Curate

@Suite("From lake to lake") struct LakeCurationTests {
  private static let answer = (1...60).map { "word\($0)" }.joined(separator: " ")
  private static let question = "How do I change the inner tube of the rear wheel on this old bicycle of mine"

  private func shop() throws -> Workshop {
    let shop = try Workshop()
    try shop.add([
      ("chat/1", Self.question, output(Self.answer)), ("chat/2", Self.question, output(Self.answer)),
      ("chat/3", Self.question, output(Self.answer + " end")), ("chat/4", "Hi", output("")),
      ("chat/5", "Whom do I ask?", output("Write to ann@example.com or to bob@example.com, please.")),
    ])
    return shop
  }

  /// The lines of a table, segment after segment.
  private func lines(_ folder: String, _ table: LakeTable) throws -> [String] {
    let lake = LakeStore(folder: folder)
    var lines: [String] = []
    for segment in try lake.unreferenced(known: []) where segment.hasPrefix(table.rawValue) {
      #expect(try lake.verify(segment: segment) == [])
      try lake.open(segment: segment).scan { _, _, line in lines.append(String(decoding: line, as: UTF8.self))
      }
    }
    return lines
  }

  @Test("what stays, what was found, and masks where personal data was left", arguments: [1, 3])
  func wholeLake(_ workers: Int) async throws {
    let shop = try shop()
    let target = "\(shop.path)/curated"
    let account = try await LakeCuration(
      parameters: CurateParameters(), resources: shop.resources, workers: workers
    ).run(
      from: shop.lake.folder, to: target
    ) { _, _ in }
    #expect(account.examined == 5 && account.kept == 2 && account.masked == 1)
    #expect(
      account.dropped == [
        CatalogStore.duplicateReason: 1, CatalogStore.nearDuplicateReason: 1, "length/output-empty": 1,
      ])
    let kept = try lines(target, .interactions)
    #expect(kept.count == 2 && kept[0].contains(#""id":"chat/1""#))
    #expect(kept[1].contains("Write to [EMAIL_1] or to [EMAIL_2], please."))
    let findings = try lines(target, .findings)
    #expect(findings.count == account.findings && findings.count == 5)
    #expect(
      findings.first
        == #"{"effect":"drop","id":"chat/2","length":0,"offset":0,"part":"record","reason":"exact-duplicate","rule":"duplicates","version":1}"#
    )
    #expect(!findings.joined().contains("ann@"))
    #expect(!FileManager.default.fileExists(atPath: "\(target)/tmp/signatures"))
  }

  @Test("the same lake gives the same segments, whatever the number of workers")
  func sameBytes() async throws {
    let shop = try shop()
    for workers in [1, 4] {
      _ = try await LakeCuration(
        parameters: CurateParameters(), resources: shop.resources, workers: workers
      ).run(
        from: shop.lake.folder, to: "\(shop.path)/curated-\(workers)"
      ) { _, _ in }
    }
    let names = try [1, 4].map { try LakeStore(folder: "\(shop.path)/curated-\($0)").unreferenced(known: []) }
    #expect(names[0] == names[1] && names[0].count == 2)
  }

  @Test("a damaged segment ends it")
  func damaged() async throws {
    let shop = try shop()
    let path = try #require(try shop.catalog.segments().first).path
    var bytes = try DurableFile.read("\(shop.lake.folder)/\(path)")
    bytes[30] ^= 1
    try DurableFile.replace("\(shop.lake.folder)/\(path)", with: bytes)
    await #expect(throws: LakeError.self) {
      _ = try await LakeCuration(
        parameters: CurateParameters(), resources: shop.resources, workers: 1
      ).run(
        from: shop.lake.folder, to: "\(shop.path)/curated"
      ) { _, _ in }
    }
  }
}

@Suite("Excerpts of findings") struct ExcerptTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let id: String
    let text: String
    let offset: Int
    let length: Int
    let expected: String
    var testDescription: String { id }
  }

  private static let long = String(repeating: "é", count: 100)

  @Test(arguments: [
    Case(id: "a place", text: "one two three", offset: 4, length: 3, expected: "one ⟦two⟧ three"),
    Case(id: "the whole part", text: "one two", offset: 0, length: 0, expected: "one two"),
    Case(id: "empty", text: "", offset: 0, length: 0, expected: ""),
    Case(
      id: "what is found is personal data", text: "to ann@example.com now", offset: 3, length: 15,
      expected: "to ⟦[EMAIL]⟧ now"),
    Case(
      id: "a place inside an address takes it whole", text: "to ann@example.com now", offset: 7, length: 7,
      expected: "to ⟦[EMAIL]⟧ now"),
    Case(
      id: "beside it", text: "see two, ann@example.com", offset: 4, length: 3,
      expected: "see ⟦two⟧, [EMAIL]"),
    Case(
      id: "no character is split", text: long + "x" + long, offset: 200, length: 1,
      expected: "…" + String(repeating: "é", count: 30) + "⟦x⟧" + String(repeating: "é", count: 30) + "…"),
    Case(id: "behind the end", text: "short", offset: 90, length: 9, expected: "short"),
    Case(
      id: "a long finding is cut", text: String(repeating: "ab ", count: 100), offset: 0, length: 300,
      expected: "⟦" + String(repeating: "ab ", count: 40) + "…⟧…"),
  ])
  func excerpt(_ item: Case) {
    let excerpts = FindingExcerpts(lake: LakeStore(folder: "/"))
    let finding = Finding(
      rule: "r", reason: "x", effect: .flag, part: "output", offset: item.offset, length: item.length)
    let text = Array(item.text.utf8).withUnsafeBytes { excerpts.excerpt($0, finding) }
    #expect(text == item.expected)
  }
}
