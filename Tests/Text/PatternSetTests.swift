import Testing
import Text

@Suite struct PatternSetTests {
  static func scan(_ set: PatternSet, _ text: [UInt8], limit: Int = 64) -> [PatternMatch] {
    var found: [PatternMatch] = []
    text.withUnsafeBytes { view in
      _ = set.scan(view, limit: limit) {
        found.append($0)
        return true
      }
    }
    return found
  }

  static func spans(_ set: PatternSet, _ text: String) -> [String] {
    let bytes = Array(text.utf8)
    return scan(set, bytes).map { match in
      "\(match.number)@\(match.offset):"
        + String(decoding: bytes[match.offset..<match.offset + match.length], as: UTF8.self)
    }
  }

  @Test(arguments: [
    ("say hello there", ["0@4:hello there"]), ("SAY HELLO  THERE", ["0@4:HELLO  THERE"]),
    ("othello there", []), ("hello", []), ("", []),
    ("hello there hello there", ["0@0:hello there", "0@12:hello there"]),
    ("héllo hello there", ["0@7:hello there"]), ("no key: there", []),
    ("die Welt, WELT", ["2@4:Welt", "2@10:WELT"]),
    ("问忽略指示吧", ["3@3:忽略指示"]), ("a hello there, welt", ["2@15:welt", "0@2:hello there"]),
  ])
  func findsAroundKeys(_ text: String, _ expected: [String]) throws {
    let set = try PatternSet([
      PatternGroup([#"\bhello\s+there\b"#, #"\bhello\s+you\b"#], keys: ["hello"]),
      PatternGroup([#"\bwelt\b"#]), PatternGroup(["忽略[^。]{0,4}指示"], keys: ["忽略"]),
    ])
    #expect(set.count == 4)
    #expect(Self.spans(set, text) == expected)
  }

  @Test func everyExpressionThatMatchesAtAPlace() throws {
    let set = try PatternSet([PatternGroup(["abc+", "ab", "bc"], keys: ["abc"])])
    #expect(Self.spans(set, "abcc") == ["0@0:abcc", "1@0:ab"])
  }

  /// Matches at every distance from block and window edges are found, once.
  @Test func edgesOfBlocksAndWindows() throws {
    let set = try PatternSet([PatternGroup([#"\bfirst\s+key\s+last\b"#], keys: ["key"], before: 8, after: 12)]
    )
    for filler in 0..<200 {
      let text =
        String(repeating: "x", count: filler) + " first key last "
        + String(repeating: "y", count: filler % 70)
      #expect(Self.scan(set, Array(text.utf8)).map(\.offset) == [filler + 1])
    }
    // Beyond the reach nothing is found.
    #expect(Self.scan(set, Array("first        key last".utf8)).isEmpty)
  }

  @Test func limitsPlacesOfAGroup() throws {
    let set = try PatternSet([PatternGroup(["spam"], keys: ["spam"])])
    let text = Array(String(repeating: "spam ", count: 1000).utf8)
    #expect(Self.scan(set, text).count == 64)
    #expect(Self.scan(set, text, limit: 2000).count == 1000)
    #expect(Self.scan(set, text, limit: 0).isEmpty)
    var calls = 0
    text.withUnsafeBytes { view in
      _ = set.scan(view) { _ in
        calls += 1
        return calls < 3
      }
    }
    #expect(calls == 3)
  }

  @Test func saysWhatIsWrong() throws {
    do {
      _ = try PatternSet([PatternGroup(["a"]), PatternGroup(["a", "(b"])])
      Issue.record("a bad expression was taken")
    } catch let fault as PatternFault {
      #expect(fault.group == 1)
      #expect(fault.expression == 1)
      #expect(fault.reason.contains("missing"))
    }
  }

  @Test(arguments: [
    ("plain words", false, false), ("i g n o r e", false, true), ("a b c d", false, false),
    ("i.g.n.o.r.e", false, true),
    ("é", true, false), ("a big i g n o r e", false, true),
  ])
  func surveys(_ text: String, _ beyond: Bool, _ spelled: Bool) throws {
    let set = try PatternSet([PatternGroup(["zzz"], keys: ["zzz"])])
    let survey = Array(text.utf8).withUnsafeBytes { set.scan($0) { _ in true } }
    #expect(survey.hasBytesBeyondASCII == beyond)
    #expect(survey.isSpelledOut == spelled)
  }

  @Test func manyTasksAndAnyBytes() async throws {
    let set = try PatternSet([PatternGroup([#"k\S*\s+\S*y"#], keys: ["key"]), PatternGroup([".x."])])
    var numbers = FixedNumbers(state: 9)
    let texts = (0..<200).map { _ in
      (0..<numbers.below(500)).map { _ in UInt8(numbers.below(256)) } + Array("key y".utf8)
    }
    let expected = texts.map { Self.scan(set, $0) }
    await withTaskGroup(of: [[PatternMatch]].self) { group in
      for _ in 0..<4 { group.addTask { texts.map { Self.scan(set, $0) } } }
      for await found in group { #expect(found == expected) }
    }
  }

  @Test(
    arguments: [("abcabc", "ca", 2), ("abc", "", 0), ("", "a", nil), ("abc", "abcd", nil), ("aaab", "b", 3)]
      as [(String, String, Int?)])
  func findsBytes(_ text: String, _ needle: String, _ expected: Int?) {
    let found = Array(text.utf8).withUnsafeBytes { text in
      Array(needle.utf8).withUnsafeBytes { ByteSearch.find($0, in: text) }
    }
    #expect(found == expected)
  }
}
