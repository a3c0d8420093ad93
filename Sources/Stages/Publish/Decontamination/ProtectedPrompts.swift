import Bytes
import CArchive
import Foundation
import Text

/// What is wrong with a file of protected prompts: facts only.
public struct ProtectedFileError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The kinds.
  public enum Code: String, Sendable {
    /// No file matches the path.
    case noFile
    /// The system refuses to open or read it, or it is damaged.
    case unreadable
    /// A line is no JSON.
    case notJSON
    /// A line has none of the members that prompts stand in.
    case noPrompt
    /// A line, or the whole file, is longer than the limit.
    case tooLong
  }

  /// What happened.
  public let code: Code
  /// The file as the pipeline names it.
  public let file: String
  /// The line, from 1; 0 for the file as a whole.
  public let line: Int

  init(_ code: Code, _ file: String, line: Int = 0) {
    self.code = code
    self.file = file
    self.line = line
  }

  /// The code, the file and the line.
  public var description: String { "\(code.rawValue): \(file):\(line)" }
}

/// Files of prompts that nothing may train on: `protected` in a `publish` step.
///
/// A file whose name holds `.json` or `.ndjson` (`.jsonl`, `.json.gz`) is JSON Lines, any other plain text, one prompt a
/// line. gzip, zstd, LZ4, xz and bzip2 are told by the content. An object's prompt stands under `prompt`, `question`,
/// `input`, `text`, `query`, `instruction`, `problem`, `messages`, `turns` or `conversations`, as a text, as a list of
/// texts, each a prompt, or as a list of messages with `role` or `from` and `content`, `value` or `text`, of which the
/// user's count; all of these members count. What is expected as the answer stands under `reference`, `answer`,
/// `output`, `response`, `completion`, `target`, `ideal`, `expected`, `solution`, `chosen` or `rejected`, as a text, a
/// list of texts or a message; numbers and all else are no answers to compare.
public struct ProtectedPrompts: Sendable {
  /// The longest line in bytes: 16 MiB, the JSON parser's default.
  public static let longestLine = 16 << 20
  /// The most bytes of text in one file: 4 GiB.
  public static let longestFile = 4 << 30

  /// A file: what messages call it and where it is.
  public struct File: Sendable, Hashable {
    /// The path relative to the project.
    public let name: String
    /// The path to open.
    public let path: String
  }

  /// The files, by name, none twice.
  public let files: [File]

  /// The members of a JSON object that prompts stand in.
  public static var members: [String] { PromptReader.prompts }

  /// No files.
  public static let none = ProtectedPrompts(files: [])

  private init(files: [File]) { self.files = files }

  /// Finds the files of patterns, as `glob(3)` takes them: `*`, `?` and `[…]` within a name.
  /// - Parameters:
  ///   - patterns: paths and patterns, relative to `root` or absolute.
  ///   - root: the project's folder.
  /// - Throws: ``ProtectedFileError`` with code `noFile` for a pattern that no regular file matches.
  public init(patterns: [String], root: String) throws(ProtectedFileError) {
    var files: Set<File> = []
    for pattern in patterns {
      let found = Self.matches(pattern, root: root)
      guard !found.isEmpty else { throw ProtectedFileError(.noFile, pattern) }
      files.formUnion(found)
    }
    self.files = files.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
  }

  /// The regular files that a pattern matches, sorted; a path that exists means itself, whatever characters it has.
  public static func matches(_ pattern: String, root: String) -> [File] {
    let isAbsolute = pattern.hasPrefix("/")
    let whole = isAbsolute ? pattern : "\(root)/\(pattern)"
    if isRegular(whole) { return [File(name: pattern, path: whole)] }
    // The folder is no pattern, whatever characters its name has.
    let escaped = String(root.flatMap { "*?[\\".contains($0) ? ["\\", $0] : [$0] })
    var found = glob_t()
    defer { globfree(&found) }
    guard glob(isAbsolute ? pattern : "\(escaped)/\(pattern)", GLOB_NOSORT, nil, &found) == 0 else {
      return []
    }
    return (0..<Int(found.gl_pathc)).compactMap { found.gl_pathv[$0].map { String(cString: $0) } }
      .filter { isRegular($0) }
      .map { File(name: isAbsolute ? $0 : String($0.dropFirst(root.count + 1)), path: $0) }
      .sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
  }

  private static func isRegular(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue else {
      return false
    }
    let attributes = try? FileManager.default.attributesOfItem(
      atPath: URL(fileURLWithPath: path).resolvingSymlinksInPath().path)
    return attributes?[.type] as? FileAttributeType == .typeRegular
  }

  /// Reads all files.
  /// - Parameter ngram: words in a run.
  /// - Returns: an item for each line that has a prompt or an answer.
  /// - Throws: ``ProtectedFileError``.
  func items(ngram: Int) throws -> [ProtectedItem] {
    let reader = PromptReader(ngram: ngram)
    var items: [ProtectedItem] = []
    for file in files {
      try Self.forEachLine(of: file) { number, line in
        let texts = try reader.texts(line, file: file.name, line: number)
        if !texts.isEmpty {
          items.append(ProtectedItem(name: ProtectedName(file: file.name, line: number), texts: texts))
        }
      }
    }
    return items
  }

  /// Calls `body` with each line that is not blank.
  static func forEachLine(
    of file: File, _ body: (Int, UnsafeRawBufferPointer) throws -> Void
  ) throws {
    let stream = try TextStream(file)
    let pending = ByteBuffer(capacity: 1 << 16)
    var number = 0
    var total = 0
    func take(_ line: UnsafeRawBufferPointer) throws {
      number += 1
      var line = line
      if number == 1, line.starts(with: [0xEF, 0xBB, 0xBF]) {
        line = UnsafeRawBufferPointer(rebasing: line[3...])
      }
      if line.allSatisfy({ $0 == 0x20 || (0x09...0x0D).contains($0) }) { return }
      try body(number, line)
    }
    while let block = try stream.next(after: number) {
      total += block.count
      guard total <= longestFile else { throw ProtectedFileError(.tooLong, file.name) }
      var rest = block
      while let newline = rest.firstIndex(of: 0x0A) {
        pending.append(UnsafeRawBufferPointer(rebasing: rest[rest.startIndex..<newline]))
        guard pending.count <= longestLine else {
          throw ProtectedFileError(.tooLong, file.name, line: number + 1)
        }
        try take(pending.view)
        pending.removeAll()
        rest = UnsafeRawBufferPointer(rebasing: rest[(newline + 1)...])
      }
      pending.append(rest)
      guard pending.count <= longestLine else {
        throw ProtectedFileError(.tooLong, file.name, line: number + 1)
      }
    }
    if pending.count > 0 { try take(pending.view) }
  }
}

/// The decoded bytes of a file, block by block.
private final class TextStream {
  private let archive: OpaquePointer
  private let file: ProtectedPrompts.File
  private var isEmpty = false

  init(_ file: ProtectedPrompts.File) throws {
    guard let archive = archive_read_new() else { throw ProtectedFileError(.unreadable, file.name) }
    self.archive = archive
    self.file = file
    archive_read_support_filter_all(archive)
    archive_read_support_format_raw(archive)
    archive_read_support_format_empty(archive)
    guard archive_read_open_filename(archive, file.path, 1 << 17) == ARCHIVE_OK else {
      throw ProtectedFileError(.unreadable, file.name)
    }
    var entry: OpaquePointer?
    let code = archive_read_next_header(archive, &entry)
    guard code == ARCHIVE_OK || code == ARCHIVE_EOF else { throw ProtectedFileError(.unreadable, file.name) }
    isEmpty = code == ARCHIVE_EOF
  }

  deinit { archive_read_free(archive) }

  /// The next bytes, valid until the next call; nil at the end.
  func next(after line: Int) throws -> UnsafeRawBufferPointer? {
    if isEmpty { return nil }
    var start: UnsafeRawPointer?
    var count = 0
    var offset: la_int64_t = 0
    let code = archive_read_data_block(archive, &start, &count, &offset)
    if code == ARCHIVE_EOF { return nil }
    guard code == ARCHIVE_OK else { throw ProtectedFileError(.unreadable, file.name, line: line + 1) }
    return UnsafeRawBufferPointer(start: start, count: count)
  }
}

/// Takes prompts and answers out of lines.
final class PromptReader {
  static let prompts = [
    "prompt", "question", "input", "text", "query", "instruction", "problem", "messages", "turns",
    "conversations",
  ]
  static let answers = [
    "reference", "answer", "output", "response", "completion", "target", "ideal", "expected", "solution",
    "chosen",
    "rejected",
  ]

  private let maker: ProtectedTextMaker
  private let picker = TextPicker()
  private let parser = JSONParser(maximumLength: ProtectedPrompts.longestLine)

  init(ngram: Int) { maker = ProtectedTextMaker(ngram: ngram) }

  func texts(_ line: UnsafeRawBufferPointer, file: String, line number: Int) throws -> [ProtectedText] {
    let name = file.split(separator: "/").last ?? ""
    guard name.contains(".json") || name.contains(".ndjson") else { return questions([line]) }
    do {
      return try parser.parse(line) { value in
        if let text = value.utf8 { return questions([text]) }
        guard case .object = value.kind else { throw ProtectedFileError(.notJSON, file, line: number) }
        return try texts(of: value, file: file, line: number)
      }
    } catch is JSONFault {
      throw ProtectedFileError(.notJSON, file, line: number)
    }
  }

  private func texts(of line: JSONValue, file: String, line number: Int) throws -> [ProtectedText] {
    var texts: [ProtectedText] = []
    var any = false
    for name in Self.prompts {
      guard let value = line[name] else { continue }
      if let text = value.utf8 {
        any = true
        texts += questions([text])
        continue
      }
      var messages: [UnsafeRawBufferPointer] = []
      value.forEachElement { element in
        if let text = element.utf8 {
          // Each of several texts is a prompt of its own: the turns of a benchmark.
          any = true
          texts += questions([text])
        } else if let text = Self.content(element), Self.isUser(element) {
          messages.append(text)
        }
      }
      if !messages.isEmpty {
        any = true
        texts += questions(messages)
      }
    }
    // Alpaca's form: what is to be done, and what with.
    if let instruction = line["instruction"]?.utf8, let input = line["input"]?.utf8, !input.isEmpty {
      let both = [UInt8](instruction) + [0x0A] + [UInt8](input)
      both.withUnsafeBytes { texts += questions([$0]) }
    }
    guard any else { throw ProtectedFileError(.noPrompt, file, line: number) }
    for name in Self.answers {
      guard let value = line[name] else { continue }
      answer(value, &texts)
      value.forEachElement { answer($0, &texts) }
    }
    return texts
  }

  private static func content(_ message: JSONValue) -> UnsafeRawBufferPointer? {
    for name in ["content", "value", "text"] {
      guard let value = message[name] else { continue }
      if let text = value.utf8 { return text }
      // Parts of a message: the first that is text.
      for part in value.elements {
        if let text = part["text"]?.utf8 { return text }
      }
    }
    return nil
  }

  private static func isUser(_ message: JSONValue) -> Bool {
    guard let role = (message["role"] ?? message["from"])?.string else { return true }
    return ["user", "human", "prompter"].contains(role.lowercased())
  }

  private func questions(_ messages: [UnsafeRawBufferPointer]) -> [ProtectedText] {
    var texts: [ProtectedText] = []
    picker.forEachQuestion(messages) { if let text = maker.protected($0) { texts.append(text) } }
    return texts
  }

  private func answer(_ value: JSONValue, _ texts: inout [ProtectedText]) {
    guard let bytes = value.utf8 ?? Self.content(value) else { return }
    let text = ComparedText(part: .answer, bytes: bytes, isWhole: false, isFirst: false, isAsked: false)
    if let text = maker.protected(text) { texts.append(text) }
  }
}
