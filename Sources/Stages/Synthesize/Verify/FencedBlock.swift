/// A block of code in Markdown, between two fences.
struct FencedBlock: Sendable, Hashable {
  /// The first word behind the opening fence in lower case, such as `python`; empty where there is none.
  let language: String
  /// The lines between the fences, each with its end.
  let text: String
  /// Whether nothing but white space stands before its opening fence or behind its closing one.
  let isAlone: Bool

  /// The blocks of a text, in their order.
  ///
  /// As CommonMark 0.31 has them, section 4.5: three or more backticks or tildes behind white space open one, as
  /// many or more of the same close it, and so does the end of the text. White space before the opening fence is
  /// taken off each line. A pass over the text, whatever it holds.
  static func all(in text: String) -> [FencedBlock] {
    var blocks: [FencedBlock] = []
    var open: (fence: Fence, lines: [Substring], isFirst: Bool)?
    // Whether only white space has been seen since the text began, or since the last block.
    var (isBlank, aloneSoFar) = (true, false)
    func close() {
      guard let block = open else { return }
      let text = block.lines.map { $0 + "\n" }.joined()
      blocks.append(FencedBlock(language: block.fence.language, text: text, isAlone: block.isFirst))
      aloneSoFar = block.isFirst
      open = nil
    }
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      let line = line.hasSuffix("\r") ? line.dropLast() : line
      if let block = open {
        if let fence = Fence(line), fence.closes(block.fence) {
          close()
        } else {
          var (rest, left) = (line, block.fence.indent)
          while left > 0, rest.first == " " || rest.first == "\t" {
            (rest, left) = (rest.dropFirst(), left - 1)
          }
          open?.lines.append(rest)
        }
      } else if let fence = Fence(line), fence.opens {
        open = (fence, [], isBlank && blocks.isEmpty)
        isBlank = false
      } else if line.contains(where: { !$0.isWhitespace }) {
        isBlank = false
        if aloneSoFar, let last = blocks.popLast() {
          blocks.append(FencedBlock(language: last.language, text: last.text, isAlone: false))
        }
        aloneSoFar = false
      }
    }
    close()
    return blocks
  }
}

/// A line that may open or close a block.
private struct Fence {
  let indent: Int
  let mark: Character
  let length: Int
  let rest: Substring

  init?(_ line: Substring) {
    let body = line.drop { $0 == " " || $0 == "\t" }
    guard let mark = body.first, mark == "`" || mark == "~" else { return nil }
    let marks = body.prefix { $0 == mark }
    guard marks.count >= 3 else { return nil }
    self.mark = mark
    indent = line.count - body.count
    length = marks.count
    rest = body.dropFirst(marks.count)
  }

  var opens: Bool { mark == "~" || !rest.contains("`") }

  var language: String {
    let word = rest.split { $0.isWhitespace || $0 == "{" || $0 == "}" || $0 == "," }.first ?? ""
    return (word.hasPrefix(".") ? word.dropFirst() : word).lowercased()
  }

  func closes(_ other: Fence) -> Bool {
    mark == other.mark && length >= other.length && rest.allSatisfy(\.isWhitespace)
  }
}
