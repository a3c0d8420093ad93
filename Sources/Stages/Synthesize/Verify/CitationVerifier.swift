import Bytes
import Text

/// Whether what an output quotes stands in the documents it cites.
///
/// A quotation is text between quotation marks (“…”, "…", „…“, «…») of at least ``CitationVerifier/init(leastWords:isRequired:)``'s
/// words; a citation is `[id]`, or several parted by commas or semicolons, where `id` is a document's. A quotation
/// must stand in one of the documents that the output cites, or in any where it cites none, or in the input, from
/// which it may repeat. Both are compared in the form of `TextNormaliser`, with quotation marks and dashes made
/// plain; an ellipsis (`…`, `...`, `[...]`) parts a quotation, and punctuation at a part's ends does not count.
/// Brackets whose content has the shape of a document's id (letters and digits in the same order, such as `doc-7`
/// beside `doc-12`) and is none are unknown citations; others, such as `[x]` or `[text](link)`, are no citations.
///
/// | code | of |
/// | --- | --- |
/// | `citation-missing` | an output that must cite, and does not |
/// | `citation-unknown` | a citation of a document that was not given |
/// | `citation-not-found` | a quotation that stands in none of the documents it may be from |
public struct CitationVerifier: OutputVerifier {
  /// `citation`.
  public let name = "citation"
  private let leastWords: Int
  private let isRequired: Bool

  /// Quotations that are looked for, from the first on; the time taken is linear in documents × this.
  private static let most = 64

  /// Verifies citations.
  /// - Parameters:
  ///   - leastWords: words of the shortest quotation, 1 or more; default 5, below which marks mostly stand around
  ///     names and terms.
  ///   - isRequired: whether an output without a citation fails where documents were given; default false.
  public init(leastWords: Int = 5, isRequired: Bool = false) {
    self.leastWords = max(1, leastWords)
    self.isRequired = isRequired
  }

  /// Verifies an output; not applicable where it cites and quotes nothing, and where there is nothing to cite.
  public func verify(_ output: VerifiedOutput) async throws -> Verification {
    guard !output.documents.isEmpty else { return .notApplicable }
    let marks = CitationMarks(output.output)
    let shapes = Set(output.documents.keys.map(CitationMarks.shape))
    var cited: Set<String> = []
    for id in marks.brackets {
      if output.documents[id] != nil {
        cited.insert(id)
      } else if shapes.contains(CitationMarks.shape(id)) {
        return .failed("citation-unknown")
      }
    }
    if isRequired, cited.isEmpty { return .failed("citation-missing") }
    let quotations = marks.quotations.filter { Self.words(of: $0) >= leastWords }.prefix(Self.most)
    guard !quotations.isEmpty else { return cited.isEmpty ? .notApplicable : .passed }
    let sources =
      output.documents.filter { cited.isEmpty || cited.contains($0.key) }.map(\.value) + [output.input]
    let forms = sources.map(Self.form)
    for quotation in quotations {
      let parts = Self.parts(of: quotation)
      guard forms.contains(where: { form in parts.allSatisfy { Self.stands($0, in: form) } }) else {
        return .failed("citation-not-found")
      }
    }
    return .passed
  }

  private static func words(of text: Substring) -> Int {
    text.split(whereSeparator: \.isWhitespace).count
  }

  private static func parts(of quotation: Substring) -> [[UInt8]] {
    let text = quotation.replacing("[...]", with: "…").replacing("[…]", with: "…").replacing("...", with: "…")
    return text.split(separator: "…").map { part in
      form(String(part.trimming { $0.isWhitespace || $0.isPunctuation }))
    }.filter { !$0.isEmpty }
  }

  private static func form(_ text: String) -> [UInt8] {
    var plain = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar {
      case "‘", "’", "‚": plain.append("'")
      case "“", "”", "„", "«", "»": plain.append("\"")
      case "‐", "‑", "–", "—", "−": plain.append("-")
      default: plain.append(scalar)
      }
    }
    let out = ByteBuffer()
    var string = String(plain)
    string.withUTF8 { TextNormaliser.append(UnsafeRawBufferPointer($0), to: out) }
    return Array(out.view)
  }

  private static func stands(_ part: [UInt8], in form: [UInt8]) -> Bool {
    part.withUnsafeBytes { part in form.withUnsafeBytes { ByteSearch.find(part, in: $0) != nil } }
  }
}

extension Substring {
  fileprivate func trimming(_ isTrimmed: (Character) -> Bool) -> Substring {
    var rest = drop(while: isTrimmed)
    while let last = rest.last, isTrimmed(last) { rest = rest.dropLast() }
    return rest
  }
}

/// What stands between quotation marks and in brackets.
struct CitationMarks {
  private(set) var quotations: [Substring] = []
  private(set) var brackets: [String] = []

  private static let pairs: [Character: [Character]] = [
    "“": ["”"], "„": ["“", "”"], "«": ["»"], "\"": ["\""],
  ]
  /// Characters of the longest content of brackets that may cite.
  private static let longest = 256

  init(_ text: String) {
    var place = text.startIndex
    // The mark that is open, what closes it, and where its text begins.
    var open: (closing: [Character], start: String.Index)?
    var bracket: String.Index?
    while place < text.endIndex {
      let character = text[place]
      let next = text.index(after: place)
      if let mark = open, mark.closing.contains(character) {
        quotations.append(text[mark.start..<place])
        open = nil
      } else if open == nil, let closing = Self.pairs[character] {
        open = (closing, next)
      } else if character == "\n", next < text.endIndex, text[next] == "\n" {
        // A mark that nothing closes in its paragraph is an inch or a slip.
        open = nil
      }
      if character == "[" {
        bracket = next
      } else if character == "]", let start = bracket {
        bracket = nil
        let isLink = next < text.endIndex && text[next] == "("
        if !isLink, text[start..<place].utf8.count <= Self.longest {
          brackets += text[start..<place].split { $0 == "," || $0 == ";" }
            .map { String($0.trimming(\.isWhitespace)) }.filter { !$0.isEmpty }
        }
      } else if character == "\n" {
        bracket = nil
      }
      place = next
    }
  }

  /// An id with each run of letters as `a` and each run of digits as `9`.
  static func shape(_ id: String) -> String {
    var shape = ""
    for character in id {
      let mark: Character = character.isNumber ? "9" : character.isLetter ? "a" : character
      if mark != shape.last || mark != "9" && mark != "a" { shape.append(mark) }
    }
    return shape
  }
}
