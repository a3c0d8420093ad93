import CPatterns

/// Regular expressions that are looked for near the same keys.
public struct PatternGroup: Sendable, Hashable {
  /// Expressions in RE2's syntax, in either case unless they say `(?-i:…)`.
  public let expressions: [String]
  /// Beginnings of words, one of which stands in every match; none is everywhere.
  ///
  /// ASCII in lower case, of three bytes or more, is found in either case; characters beyond ASCII as they are, and
  /// those from U+3000 on begin a word each.
  public let keys: [String]
  /// How many bytes before a key a match begins at most; default 160, 0 or more.
  public let before: Int
  /// How many bytes behind a key's first byte a match ends at most; default 160, 3 or more.
  public let after: Int

  /// Puts a group together.
  /// - Parameters:
  ///   - expressions: in RE2's syntax.
  ///   - keys: beginnings of words, one of which stands in every match; default none, which is everywhere.
  ///   - before: how many bytes before a key a match begins at most; default 160.
  ///   - after: how many bytes behind a key's first byte a match ends at most; default 160.
  public init(_ expressions: [String], keys: [String] = [], before: Int = 160, after: Int = 160) {
    self.expressions = expressions
    self.keys = keys
    self.before = before
    self.after = after
  }
}

/// A place where an expression matches.
public struct PatternMatch: Sendable, Hashable {
  /// The expression's number, 0-based, counted over all groups in their order.
  public let number: Int
  /// Where it begins, in UTF-8 bytes.
  public let offset: Int
  /// How many bytes it has.
  public let length: Int
}

/// What a scan saw of a text besides matches.
public struct PatternSurvey: Sendable, Hashable {
  /// Whether there are bytes beyond ASCII.
  public let hasBytesBeyondASCII: Bool
  /// Whether five or more single letters stand apart, one byte between each, as in `i g n o r e`.
  public let isSpelledOut: Bool
}

/// A fault of an expression.
public struct PatternFault: Error, Sendable, Hashable {
  /// The group's number, 0-based.
  public let group: Int
  /// The expression's number in its group, 0-based.
  public let expression: Int
  /// What RE2 says of it.
  public let reason: String
}

/// Regular expressions, compiled once and looked for in many texts, by many tasks at once.
///
/// One pass over the text finds the keys; the expressions, by RE2, run only around them. Both are linear in the text
/// whatever it holds, and need no valid UTF-8. Measured on chat (OpenAssistant, self-instruct and MT-bench, with the
/// 59 expressions of the rule `injection` in 39 groups): all of them as one alternation of RE2 107 MB/s; Vectorscan 5.4.9
/// 101 MB/s without and 10 MB/s with the start of a match, after 22 s of compiling.
public final class PatternSet: @unchecked Sendable {  // never changes; RE2 locks its states
  private let patterns: OpaquePointer
  /// Expressions over all groups.
  public let count: Int

  /// Compiles expressions.
  /// - Parameter groups: expressions with their keys.
  /// - Throws: ``PatternFault``, for an expression that RE2 does not take.
  public init(_ groups: [PatternGroup]) throws {
    guard let patterns = cpatterns_create() else { fatalError("out of memory for patterns") }
    self.patterns = patterns
    count = groups.reduce(0) { $0 + $1.expressions.count }
    for (number, group) in groups.enumerated() {
      var message = [CChar](repeating: 0, count: 256)
      let code = Self.withStrings(group.expressions) { expressions in
        Self.withStrings(group.keys) { keys in
          cpatterns_add(
            patterns, expressions, group.expressions.count, keys, group.keys.count, max(0, group.before),
            max(0, group.after), &message, message.count)
        }
      }
      guard code >= 0 else { fatalError("out of memory for patterns") }
      if code > 0 {
        let reason = message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        throw PatternFault(
          group: number, expression: Int(code) - 1, reason: String(decoding: reason, as: UTF8.self))
      }
    }
  }

  deinit { cpatterns_destroy(patterns) }

  /// Reports matches, in reading order within a group; groups take turns in a fixed order.
  ///
  /// Where several expressions of a group match at one place each is reported, and the next place lies behind the first.
  /// - Parameters:
  ///   - text: any bytes.
  ///   - limit: the most places for each group; default 64, so that a text full of matches costs no more than another.
  ///   - report: takes a match; false ends the scan.
  /// - Returns: what was seen besides.
  @discardableResult
  public func scan(
    _ text: UnsafeRawBufferPointer, limit: Int = 64, _ report: (PatternMatch) -> Bool
  ) -> PatternSurvey {
    withoutActuallyEscaping(report) { report in
      var report = report
      let start = text.baseAddress?.assumingMemoryBound(to: UInt8.self)
      let flags = withUnsafeMutablePointer(to: &report) { context in
        cpatterns_scan(
          patterns, start, start == nil ? 0 : text.count, max(0, limit),
          { context, number, offset, length in
            guard let report = context?.assumingMemoryBound(to: ((PatternMatch) -> Bool).self) else {
              return Int32(CPATTERNS_STOP)
            }
            let goOn = report.pointee(PatternMatch(number: number, offset: offset, length: length))
            return Int32(goOn ? CPATTERNS_GO_ON : CPATTERNS_STOP)
          }, context)
      }
      guard flags >= 0 else { fatalError("out of memory for a scan") }
      return PatternSurvey(
        hasBytesBeyondASCII: flags & Int32(CPATTERNS_BEYOND_ASCII) != 0,
        isSpelledOut: flags & Int32(CPATTERNS_SPELLED_OUT) != 0)
    }
  }

  private static func withStrings<Result>(
    _ strings: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> Result
  ) -> Result {
    var bytes: [CChar] = []
    var offsets: [Int] = []
    for string in strings {
      offsets.append(bytes.count)
      bytes.append(contentsOf: string.utf8.map { CChar(bitPattern: $0) })
      bytes.append(0)
    }
    return bytes.withUnsafeBufferPointer { bytes in
      offsets.map { offset in bytes.baseAddress.map { $0 + offset } }.withUnsafeBufferPointer {
        body($0.baseAddress)
      }
    }
  }
}

/// A search for bytes in bytes.
public enum ByteSearch {
  /// Where `needle` stands first in `text`: nil if it does not, 0 for an empty one.
  ///
  /// Linear in both lengths.
  public static func find(_ needle: UnsafeRawBufferPointer, in text: UnsafeRawBufferPointer) -> Int? {
    guard let word = needle.baseAddress, !needle.isEmpty else { return 0 }
    guard let hay = text.baseAddress, needle.count <= text.count else { return nil }
    let found = cpatterns_find(
      hay.assumingMemoryBound(to: UInt8.self), text.count, word.assumingMemoryBound(to: UInt8.self),
      needle.count)
    return found < 0 ? nil : found
  }
}
