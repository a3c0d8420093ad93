import Records
import Text

/// What people and programs type to see whether anything answers.
enum TestInput {
  /// The longest message in bytes that can be one of the phrases.
  static let longest = 60

  /// Sure phrases, in lower case, without signs at their ends.
  private static let sure: [StaticString] = [
    "test", "testing", "tests", "test test", "test test test", "testing testing", "test 1", "test 2",
    "test 3",
    "test 123", "test123", "test 1 2 3", "test 1,2,3", "test1", "test2", "test 1234", "test1234",
    "testing 123",
    "testing 1 2 3", "testing 1,2,3", "testing testing 123", "testing, testing", "testing testing 1 2 3",
    "testing, testing, 1, 2, 3", "test message", "test prompt", "test input", "test query", "testquery",
    "test question", "test request", "just testing", "just a test", "only a test", "ignore this test",
    "test please ignore", "test, please ignore", "ping", "ping pong", "health check", "healthcheck",
    "health-check", "healthz", "heartbeat", "load test", "load testing", "loadtest", "smoke test", "e2e test",
    "end-to-end test", "integration test", "unit test", "dummy", "dummy text", "dummy prompt",
    "dummy message",
    "dummy input", "sample prompt", "sample text", "example prompt", "placeholder", "lorem ipsum",
    "foo bar baz",
    "foobarbaz", "hello test", "test hello", "hi test", "prueba", "testtest", "testtesttest", "prova prova",
  ]
  /// Phrases that a person may mean.
  private static let likely: [StaticString] = [
    "hello world", "hello, world", "helloworld", "foo", "bar", "foo bar", "foobar", "abc", "abcd", "abc123",
    "abcdef",
    "123", "1234", "12345", "123456", "1 2 3", "xyz", "aaa", "bbb", "xxx", "blah", "blah blah",
    "blah blah blah",
    "bla bla", "bla bla bla", "are you there", "is this working", "does this work", "is this thing on",
  ]
  private static let likelyBeginnings: [StaticString] = [
    "this is a test", "this is just a test", "this is only a test", "this is a load test", "this is a dummy",
    "load test", "load-test", "dies ist ein test", "das ist ein test", "ceci est un test",
    "esto es una prueba",
  ]

  /// Which reason a message gives, and how sure it is; nil for a person's.
  static func judge(_ input: UnsafeRawBufferPointer) -> (reason: String, effect: Finding.Effect)? {
    let text = ASCIIText.trimmed(input)
    guard !text.isEmpty else { return nil }
    if let effect = repeated(text) { return ("repeated-character", effect) }
    if ASCIIText.has("lorem ipsum dolor", in: text, at: 0) { return ("test-phrase", .drop) }
    guard text.count <= longest else { return nil }
    return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: longest) { buffer in
      let bare = normalise(text, into: buffer)
      if ASCIIText.isOne(of: sure, bare) { return ("test-phrase", .drop) }
      if ASCIIText.isOne(of: likely, bare) || ASCIIText.hasAny(of: likelyBeginnings, in: bare, at: 0) {
        return ("test-phrase", .flag)
      }
      return mash(bare).map { ("keyboard-mash", $0) }
    }
  }

  /// Whether the text is one sign over and over; blanks between do not count.
  private static func repeated(_ text: UnsafeRawBufferPointer) -> Finding.Effect? {
    let first = text[0]
    guard first < 0x80 else { return nil }
    var count = 0
    for byte in text {
      if ASCIIText.isSpace(byte) { continue }
      guard ASCIIText.lowered(byte) == ASCIIText.lowered(first) else { return nil }
      count += 1
    }
    let isLetter = ASCIIText.lowered(first) &- 0x61 < 26
    if isLetter { return count >= 5 ? .drop : nil }
    return count >= 3 ? .flag : nil
  }

  /// Lower case, one space for white space, no signs at the ends.
  private static func normalise(
    _ text: UnsafeRawBufferPointer, into buffer: UnsafeMutableBufferPointer<UInt8>
  ) -> UnsafeRawBufferPointer {
    func isSign(_ byte: UInt8) -> Bool { byte < 0x80 && (byte | 0x20) &- 0x61 >= 26 && byte &- 0x30 >= 10 }
    var start = 0
    var end = text.count
    while start < end, isSign(text[start]) { start += 1 }
    while end > start, isSign(text[end - 1]) { end -= 1 }
    var length = 0
    for place in start..<end {
      let byte = ASCIIText.isSpace(text[place]) ? 0x20 : ASCIIText.lowered(text[place])
      if byte == 0x20, length > 0, buffer[length - 1] == 0x20 { continue }
      buffer[length] = byte
      length += 1
    }
    return UnsafeRawBufferPointer(start: buffer.baseAddress, count: length)
  }

  /// Runs of neighbouring keys on QWERTY and QWERTZ, the longest first.
  private static let runs: [StaticString] = [
    "qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop", "yxcvbnm", "qwerty", "qwertz", "asdfgh", "zxcvbn",
    "qwert",
    "asdfg", "zxcvb", "hjkl", "asdf", "qwer", "zxcv", "yxcv", "fdsa", "jkl", "asd", "sdf", "dfg", "fgh",
    "ghj",
    "qwe", "zxc", "wasd", "uiop",
  ]
  /// Words that are made of those runs, or are names, and so no proof.
  private static let words: [StaticString] = ["hjkl", "wasd", "jkl", "uiop", "asd", "sdf", "qwe"]

  /// Whether the text is one word that a hand made without thinking.
  private static func mash(_ text: UnsafeRawBufferPointer) -> Finding.Effect? {
    guard text.count >= 3, text.allSatisfy({ $0 &- 0x61 < 26 }) else { return nil }
    if ASCIIText.isOne(of: words, text) { return .flag }
    var place = 0
    while place < text.count, let run = runs.first(where: { ASCIIText.has($0, in: text, at: place) }) {
      place += run.utf8CodeUnitCount
    }
    // The last run may be cut: "asdfas".
    if place >= 4, text.count - place <= 2 { return .drop }
    if place == text.count { return .drop }
    guard text.count >= 8 else { return nil }
    let vowels: [UInt8] = [0x61, 0x65, 0x69, 0x6F, 0x75, 0x79]
    if text.contains(where: { vowels.contains($0) }) { return nil }
    return Set(text).count >= 4 ? .flag : nil
  }
}
