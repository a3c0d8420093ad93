import Foundation
import Synchronization
import Testing
import Text

@Suite struct JSONSchemaTests {
  private func verdict(_ schema: String, _ document: String) throws -> JSONSchema.Verdict {
    let schema = try JSONSchema(Array(schema.utf8))
    return try JSONParser().parse(document) { schema.validate($0, byteCount: document.utf8.count) }
  }

  struct Case: Sendable, CustomTestStringConvertible {
    let schema: String
    let document: String
    let fails: String?
    var testDescription: String { "\(schema) \(document)" }

    init(_ schema: String, _ document: String, fails: String? = nil) {
      self.schema = schema
      self.document = document
      self.fails = fails
    }
  }

  private static let order = ##"""
    {"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object",
     "properties": {"id": {"$ref": "#/$defs/Id"}, "lines": {"type": "array", "items": {"$ref": "#/$defs/Line"}}},
     "required": ["id", "lines"], "additionalProperties": false,
     "$defs": {"Id": {"type": "string", "pattern": "^[A-Z]{2}\\d+$"},
               "Line": {"anyOf": [{"type": "string"}, {"type": "null"}]}}}
    """##

  @Test(arguments: [
    Case(order, ##"{"id": "AB12", "lines": ["x", null]}"##),
    Case(order, ##"{"id": "ab12", "lines": []}"##, fails: "pattern"),
    Case(order, ##"{"id": "AB12"}"##, fails: "required"),
    Case(order, ##"{"id": "AB12", "lines": [1]}"##, fails: "anyOf"),
    Case(order, ##"{"id": "AB12", "lines": [], "more": 1}"##, fails: "additionalProperties"),
    Case(##"{"prefixItems": [{"type": "string"}], "items": {"type": "integer"}}"##, ##"["a", 1, 2]"##),
    Case(
      ##"{"prefixItems": [{"type": "string"}], "items": {"type": "integer"}}"##, ##"["a", "b"]"##,
      fails: "type"),
    Case(##"{"dependentRequired": {"a": ["b"]}}"##, ##"{"a": 1}"##, fails: "dependencies"),
    Case(##"{"dependentSchemas": {"a": {"required": ["b"]}}}"##, ##"{"a": 1}"##, fails: "required"),
    Case(##"{"contains": {"const": 1}, "minContains": 2}"##, "[1, 2]", fails: "contains"),
    Case(##"{"contains": {"const": 1}, "maxContains": 1}"##, "[1, 1]", fails: "maxContains"),
    Case(
      ##"{"$defs": {"a": {"$anchor": "x", "type": "string"}}, "allOf": [{"$ref": "#x"}]}"##, "1",
      fails: "type"),
    // Draft 7 takes `$ref` alone, 2020-12 what stands beside it as well.
    Case(
      ##"{"properties": {"a": {"$ref": "#/definitions/s", "maxLength": 1}}, "definitions": {"s": {"type": "string"}}}"##,
      ##"{"a": "xx"}"##),
    Case(
      ##"{"$schema": "https://json-schema.org/draft/2020-12/schema", "properties": {"a": {"$ref": "#/$defs/s", "maxLength": 1}}, "$defs": {"s": {"type": "string"}}}"##,
      ##"{"a": "xx"}"##, fails: "maxLength"),
    Case(##"{"pattern": "^\\s\\u0041$"}"##, "\"\u{3000}A\""),
    Case(##"{"pattern": "^(?<year>\\d{4})$"}"##, ##""2026""##),
    Case(##"{"pattern": "^$"}"##, ##""""##),
    Case(
      ##"{"uniqueItems": true}"##, ##"[{"a": 1, "b": [2.0]}, {"b": [2], "a": 1.0}]"##, fails: "uniqueItems"),
    Case(##"{"multipleOf": 0.0001}"##, "0.0075"),
    Case(##"{"multipleOf": 0.0001}"##, "0.00751", fails: "multipleOf"),
    Case(##"{"minLength": 2}"##, "\"\u{1F600}\"", fails: "minLength"), Case("false", "1", fails: "false"),
    Case(##"{"enum": [{"a": [1, "x"]}, null]}"##, ##"{"a": [1.0, "x"]}"##),
  ])
  func judges(_ item: Case) throws {
    let expected = item.fails.map { JSONSchema.Verdict.invalid(keyword: $0) } ?? .valid
    #expect(try verdict(item.schema, item.document) == expected)
  }

  @Test(arguments: [
    ("[]", JSONSchemaFault.Code.notASchema, "$schema"),
    (##"{"properties": {"a": 1}}"##, .notASchema, "$schema"),
    (##"{"type": "text"}"##, .badKeyword, "type"), (##"{"minLength": -1}"##, .badKeyword, "minLength"),
    (##"{"multipleOf": 0}"##, .badKeyword, "multipleOf"), (##"{"required": [1]}"##, .badKeyword, "required"),
    (##"{"allOf": {}}"##, .badKeyword, "allOf"), (##"{"properties": []}"##, .badKeyword, "properties"),
    (##"{"unevaluatedProperties": false}"##, .unknownKeyword, "unevaluatedProperties"),
    (##"{"$ref": "#/definitions/a"}"##, .unresolved, "$ref"),
    (##"{"$ref": "https://example.com/schema.json"}"##, .unresolved, "$ref"),
    (##"{"$ref": "#"}"##, .endless, "$ref"), (##"{"allOf": [{"$ref": "#"}]}"##, .endless, "$ref"),
    (##"{"not": {"anyOf": [{"$ref": "#"}]}}"##, .endless, "$ref"),
    (##"{"pattern": "(?=a)b"}"##, .pattern, "pattern"), (##"{"pattern": "(a)\\1"}"##, .pattern, "pattern"),
    (##"{"pattern": "("}"##, .pattern, "pattern"),
    (##"{"patternProperties": {"(": {}}}"##, .pattern, "patternProperties"),
  ])
  func refuses(_ schema: String, _ code: JSONSchemaFault.Code, _ keyword: String) {
    #expect(throws: JSONSchemaFault(code: code, keyword: keyword)) { try JSONSchema(Array(schema.utf8)) }
  }

  // MARK: Hostile documents

  @Test("a recursive schema of two branches does not double its work with each level")
  func endsBranching() throws {
    let schema =
      ##"{"anyOf": [{"items": {"$ref": "#"}, "maxItems": 1, "type": "array"}, {"items": {"$ref": "#"}, "minItems": 1, "type": "array"}, {"const": 1}]}"##
    let document = String(repeating: "[", count: 60) + "2" + String(repeating: "]", count: 60)
    #expect(try verdict(schema, document) == .tooCostly)
    #expect(try verdict(schema, "[[[1]]]") == .valid)
  }

  @Test("deep nesting is judged, and deeper nesting given up before a megabyte of stack ends")
  func standsDepth() throws {
    let schema = try JSONSchema(
      Array(##"{"anyOf": [{"type": "integer"}, {"items": {"$ref": "#"}, "type": "array"}]}"##.utf8))
    let verdicts = Mutex<[JSONSchema.Verdict?]>([])
    let done = DispatchSemaphore(value: 0)
    let thread = Thread {
      for depth in [150, 1_020] {
        let document = String(repeating: "[", count: depth) + "1" + String(repeating: "]", count: depth)
        let verdict = try? JSONParser().parse(document) {
          schema.validate($0, byteCount: document.utf8.count)
        }
        verdicts.withLock { $0.append(verdict) }
      }
      done.signal()
    }
    thread.stackSize = 1 << 20
    thread.start()
    #expect(done.wait(timeout: .now() + 60) == .success)
    #expect(verdicts.withLock { $0 } == [.valid, .tooCostly])
  }

  @Test("bait for expressions that backtrack, and for elements that are compared each with each")
  func standsBait() throws {
    let bait = "\"" + String(repeating: "a", count: 500_000) + "!\""
    let many = "[" + (0..<50_000).map(String.init).joined(separator: ",") + "]"
    let started = ContinuousClock.now
    let branches = try verdict(#"{"pattern": "^(a|a)*$"}"#, bait)
    let nested = try verdict(#"{"pattern": "^(a+)+$"}"#, bait)
    let unique = try verdict(#"{"uniqueItems": true}"#, many)
    let time = ContinuousClock.now - started
    #expect(branches == .invalid(keyword: "pattern"))
    #expect(nested == .invalid(keyword: "pattern"))
    #expect(unique == .valid)
    // Seconds in a debug build; by backtracking or comparing, days.
    #expect(time < .seconds(60))
  }

  @Test("several tasks share a schema")
  func isThreadSafe() async throws {
    let schema = try JSONSchema(Array(Self.order.utf8))
    let good = ##"{"id": "AB12", "lines": ["x", null]}"##
    await withTaskGroup(of: Int.self) { group in
      for _ in 0..<8 {
        group.addTask {
          (0..<200).count { _ in
            (try? JSONParser().parse(good) { schema.validate($0, byteCount: good.utf8.count) }) == .valid
          }
        }
      }
      for await count in group { #expect(count == 200) }
    }
  }
}
