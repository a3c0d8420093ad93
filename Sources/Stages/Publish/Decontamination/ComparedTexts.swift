import Bytes
import Text

/// A text of an example as decontamination sees it.
struct ComparedText {
  /// Which texts it is held against.
  let part: ContaminationPair.Part
  /// Its words and runs are those of the scanner that the caller gave.
  let bytes: UnsafeRawBufferPointer
  /// Whether it is all that the user wrote.
  let isWhole: Bool
  /// Whether it is the first user message.
  let isFirst: Bool
  /// Whether an answer to it is what the example is about: the last user message.
  let isAsked: Bool
}

/// Takes the compared texts out of examples.
///
/// Owned by one task.
final class TextPicker {
  private let whole = ByteBuffer(capacity: 1 << 12)
  private static let answers = ["chosen", "output", "reference", "rejected"]

  /// Calls `body` with the user messages of an example as it is published, with all of them together where there are
  /// several, and with its outputs or reference.
  func forEachText(of example: JSONValue, _ body: (ComparedText) -> Void) {
    var asked: [UnsafeRawBufferPointer] = []
    example["input"]?.forEachElement { message in
      guard message["role"]?.string == "user", let text = message["content"]?.utf8 else { return }
      asked.append(text)
    }
    forEachQuestion(asked, body)
    for name in Self.answers {
      if let text = example[name]?["content"]?.utf8 {
        body(ComparedText(part: .answer, bytes: text, isWhole: false, isFirst: false, isAsked: false))
      }
    }
  }

  /// Calls `body` with user messages, of which the last is asked about, and with all of them together.
  func forEachQuestion(_ messages: [UnsafeRawBufferPointer], _ body: (ComparedText) -> Void) {
    for (index, text) in messages.enumerated() {
      body(
        ComparedText(
          part: .question, bytes: text, isWhole: messages.count == 1, isFirst: index == 0,
          isAsked: index == messages.count - 1))
    }
    guard messages.count > 1 else { return }
    whole.removeAll()
    for text in messages {
      whole.append(text)
      whole.append(0x0A)
    }
    body(ComparedText(part: .question, bytes: whole.view, isWhole: true, isFirst: false, isAsked: false))
  }
}

/// What is kept of one text of a protected item.
struct ProtectedText: Sendable {
  let part: ContaminationPair.Part
  let words: Int
  /// Hashes of its runs: all of the asked-for length by their first word, or one of the whole text of 8 words and more;
  /// none if it is compared by other means only.
  let runs: [UInt64]
  /// The hash of all words.
  let hash: UInt64
  /// Whether it only counts as a whole.
  let isShort: Bool
  /// Its shingles, for texts that may have near duplicates.
  let shingles: ShingleSet?

  /// What says the same as another text of the same identity, whatever item has it.
  struct Identity: Hashable {
    let part: ContaminationPair.Part
    let hash: UInt64
    let hasRuns: Bool
  }

  var identity: Identity { Identity(part: part, hash: hash, hasRuns: !runs.isEmpty) }
}

/// A protected item with what is kept of its texts.
struct ProtectedItem: Sendable {
  let name: ProtectedName
  var texts: [ProtectedText]
}

/// Makes protected texts.
///
/// Owned by one task.
final class ProtectedTextMaker {
  private let ngram: Int
  private let grams = WordGrams()
  private let sketcher = Sketcher()

  init(ngram: Int) { self.ngram = ngram }

  /// What is kept of a text; nil if nothing of it can be told from chance.
  func protected(_ text: ComparedText) -> ProtectedText? {
    grams.scan(text.bytes)
    let words = grams.wordCount
    let isAnswer = text.part == .answer
    guard let hash = grams.wholeText, text.isAsked || text.isWhole || isAnswer else { return nil }
    if words < Decontamination.fewestWords {
      guard !isAnswer, text.isWhole else { return nil }
      return ProtectedText(
        part: text.part, words: words, runs: [], hash: hash, isShort: true, shingles: nil)
    }
    var runs: [UInt64] = []
    if isAnswer || text.isAsked {
      if words >= ngram {
        runs.reserveCapacity(words - ngram + 1)
        grams.forEachGram(ngram) { hash, _ in runs.append(hash) }
      } else if !isAnswer {
        runs.append(hash)
      }
    }
    let shingles = isAnswer ? nil : sketcher.sketch(text: text.bytes).shingles
    guard !runs.isEmpty || shingles != nil else { return nil }
    return ProtectedText(
      part: text.part, words: words, runs: runs, hash: hash, isShort: false, shingles: shingles)
  }
}
