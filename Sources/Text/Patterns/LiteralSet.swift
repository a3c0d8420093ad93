/// Literals in lower case by the bytes that they begin with, so that a text is held against few of them.
public struct LiteralSet: Sendable {
  private let literals: [StaticString]
  /// The literals that begin with byte b are those from `starts[b]` to `starts[b + 1]`.
  private let starts: [UInt16]

  /// Makes a set.
  /// - Parameter literals: at most 65,535, none of them empty; of those that match at a place the first is found.
  public init(_ literals: [StaticString]) {
    var byByte = [[StaticString]](repeating: [], count: 256)
    for literal in literals { byByte[Int(literal.utf8Start[0])].append(literal) }
    var starts: [UInt16] = [0]
    for list in byByte { starts.append(starts[starts.count - 1] + UInt16(list.count)) }
    self.literals = byByte.flatMap { $0 }
    self.starts = starts
  }

  /// The literal that stands at a place of a text, in either case; nil if none does.
  public func first(in text: UnsafeRawBufferPointer, at place: Int) -> StaticString? {
    guard place >= 0, place < text.count else { return nil }
    let byte = Int(ASCIIText.lowered(text[place]))
    for index in Int(starts[byte])..<Int(starts[byte + 1]) {
      if ASCIIText.has(literals[index], in: text, at: place) { return literals[index] }
    }
    return nil
  }
}
