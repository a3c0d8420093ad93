import Foundation
import Testing

/// A link in a Markdown text.
struct Link: Hashable {
  let line: Int
  let path: String
  let anchor: String?
}

enum Markdown {
  /// Relative links outside of code; those with a scheme are left out.
  static func links(_ text: String) throws -> [Link] {
    let expression = try NSRegularExpression(pattern: #"\]\(([^)#\s]*)(?:#([^)\s]*))?\)"#)
    return prose(text).flatMap { number, line -> [Link] in
      expression.matches(in: line, range: NSRange(line.startIndex..., in: line)).compactMap { match in
        guard let path = Range(match.range(at: 1), in: line), !line[path].contains(":") else { return nil }
        let anchor = Range(match.range(at: 2), in: line).map { String(line[$0]) }
        return Link(line: number, path: String(line[path]), anchor: anchor)
      }
    }
  }

  /// The names that headings have in an address: lower case, without punctuation, hyphens for spaces.
  static func anchors(_ text: String) -> Set<String> {
    let headings = prose(text).map(\.1).filter { $0.hasPrefix("#") }.map { $0.drop { $0 == "#" }.dropFirst() }
    return Set(
      headings.map { heading in
        String(
          heading.lowercased().replacing(" ", with: "-").filter {
            $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_"
          })
      })
  }

  /// Lines outside of fences, with their numbers.
  private static func prose(_ text: String) -> [(Int, String)] {
    var isCode = false
    return text.components(separatedBy: "\n").enumerated().compactMap { index, line in
      if line.hasPrefix("```") { isCode.toggle() }
      return isCode || line.hasPrefix("```") ? nil : (index + 1, line)
    }
  }
}

@Suite("Links") struct LinkTests {
  @Test("every relative link of every page leads to a file, and its anchor to a heading")
  func resolve() throws {
    let pages = try Repository.files(".md")
    try #require(pages.contains("Documentation/Formats.md"))
    for page in pages {
      let folder = URL(filePath: "\(Repository.root)/\(page)").deletingLastPathComponent()
      for link in try Markdown.links(try Repository.text(page)) {
        let target = link.path.isEmpty ? "\(Repository.root)/\(page)" : folder.appending(path: link.path).path
        guard FileManager.default.fileExists(atPath: target) else {
          Issue.record("\(page):\(link.line) leads nowhere: \(link.path)")
          continue
        }
        guard let anchor = link.anchor else { continue }
        let anchors = Markdown.anchors(try String(contentsOfFile: target, encoding: .utf8))
        #expect(anchors.contains(anchor), "\(page):\(link.line) names no heading: #\(anchor)")
      }
    }
  }

  @Test("links and anchors are found in prose, and not in code")
  func found() throws {
    let text = "# A b: `c`\n[x](y.md#z) [w](https://x.y) [v](#a-b-c)\n```\n[n](o)\n# p\n```\n"
    #expect(
      try Markdown.links(text) == [
        Link(line: 2, path: "y.md", anchor: "z"), Link(line: 2, path: "", anchor: "a-b-c"),
      ])
    #expect(Markdown.anchors(text) == ["a-b-c"])
  }
}
