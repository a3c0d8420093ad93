import Foundation
import Testing
import Text

/// The official suite of JSON Schema, as Debian packages it (`json-schema-test-suite`).
@Suite struct JSONSchemaSuiteTests {
  static let folder = URL(filePath: "/usr/share/json-schema-test-suite/tests")
  static let isThere = FileManager.default.fileExists(atPath: folder.path)

  /// Files of optional behaviour are left out: `format` judges nothing, integers end at 64 bits, and regular
  /// expressions are RE2's.
  @Test(
    .enabled(if: isThere, "the package json-schema-test-suite is absent"),
    arguments: [("draft4", 301), ("draft6", 386), ("draft7", 404)])
  func holds(draft: String, count: Int) throws {
    var passed = 0
    var failed: [String] = []
    var unresolved: [String] = []
    let place = Self.folder.appending(path: draft)
    let files = try FileManager.default.contentsOfDirectory(atPath: place.path).filter {
      $0.hasSuffix(".json")
    }
    #expect(files.count > 25)
    for file in files.sorted() {
      let data = try Data(contentsOf: place.appending(path: file))
      let groups = try #require(try JSONSerialization.jsonObject(with: data) as? [[String: Any]])
      for group in groups {
        let about = "\(file): \(group["description"] as? String ?? "")"
        let schema: JSONSchema
        do {
          schema = try JSONSchema(try bytes(try #require(group["schema"])))
        } catch let fault as JSONSchemaFault where fault.code == .unresolved {
          unresolved.append(about)
          continue
        }
        for test in try #require(group["tests"] as? [[String: Any]]) {
          let document = try bytes(try #require(test["data"]))
          let verdict = try JSONParser().parse(array: document) {
            schema.validate($0, byteCount: document.count)
          }
          let expected = try #require(test["valid"] as? Bool)
          if (verdict == .valid) == expected {
            passed += 1
          } else {
            failed.append("\(about): \(test["description"] as? String ?? "")")
          }
        }
      }
    }
    #expect(failed == [])
    // Schemas of other hosts are not fetched, and the drafts' own are not built in.
    #expect(
      unresolved.allSatisfy {
        $0.hasPrefix("refRemote.json") || $0.hasPrefix("definitions.json")
          || $0.contains("remote ref, containing refs itself")
      })
    #expect(passed >= count)
    #expect(unresolved.count <= 10)
  }

  private func bytes(_ value: Any) throws -> [UInt8] {
    Array(try JSONSerialization.data(withJSONObject: value, options: [.fragmentsAllowed]))
  }
}
