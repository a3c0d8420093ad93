import Bytes
import Text

/// What one example of the training side has in common with the protected texts.
struct OverlapHits: Sendable {
  struct Run: Sendable {
    /// The text among the example's, in the order in which they were compared.
    let text: UInt32
    /// The run's first word in it.
    let word: UInt32
    /// The run's number in the index.
    let run: UInt32
  }

  struct Near: Sendable {
    /// The text in the index.
    let protected: UInt32
    /// The Jaccard similarity; 1 for equal texts.
    let similarity: Double
  }

  /// The example's number among those that are searched.
  let number: Int
  /// A hash of its conversation.
  let conversation: UInt64
  /// Words of each of its texts.
  var words: [UInt32] = []
  var runs: [Run] = []
  var near: [Near] = []
}

/// What one task found in a batch of examples.
struct OverlapBatch: Sendable {
  var bytes = 0
  var hits: [OverlapHits] = []
  /// For texts of the index, the conversations with near duplicates of each.
  var similar: [UInt32: Set<UInt64>] = [:]
}

/// Searches examples of the training side for what an index protects.
///
/// Owned by one task.
final class OverlapScanner {
  private let index: OverlapIndex
  private let picker = TextPicker()
  private let grams = WordGrams()
  private let sketcher = Sketcher()
  private(set) var batch = OverlapBatch()

  init(_ index: OverlapIndex) { self.index = index }

  /// Searches one example, in its published form.
  func scan(_ example: JSONValue, number: Int) {
    let conversation = example["conversation"]?.utf8.map { ContentHash.of($0).low } ?? 0
    var hits = OverlapHits(number: number, conversation: conversation)
    var similar: Set<UInt32> = []
    picker.forEachText(of: example) { text in
      if !text.isWhole || text.isAsked || text.part == .answer { batch.bytes += text.bytes.count }
      grams.scan(text.bytes)
      let words = grams.wordCount
      let own = UInt32(hits.words.count)
      hits.words.append(UInt32(words))
      // All that the user wrote at once is compared as a whole only: its runs are those of the messages.
      if text.part == .answer || !text.isWhole || text.isAsked { findRuns(text.part, own, &hits) }
      guard text.part == .question else { return }
      if words < Decontamination.fewestWords {
        guard text.isWhole || (text.isFirst && words >= Sketcher.shingleSize), let hash = grams.wholeText
        else { return }
        for protected in index.same(as: hash) where similar.insert(protected).inserted {
          hits.near.append(OverlapHits.Near(protected: protected, similarity: 1))
        }
      } else {
        let shingles = sketcher.sketch(text: text.bytes).shingles
        let near = index.similar(to: shingles) { similar.insert($0) }
        hits.near += near.map { OverlapHits.Near(protected: $0.text, similarity: $0.similarity) }
      }
    }
    for text in similar { batch.similar[text, default: []].insert(conversation) }
    if !hits.runs.isEmpty || !hits.near.isEmpty { batch.hits.append(hits) }
  }

  private func findRuns(_ part: ContaminationPair.Part, _ text: UInt32, _ hits: inout OverlapHits) {
    findRuns(of: index.parameters.ngram, part, text, &hits)
    if part == .question {
      for length in index.shortLengths { findRuns(of: length, part, text, &hits) }
    }
  }

  private func findRuns(
    of length: Int, _ part: ContaminationPair.Part, _ text: UInt32, _ hits: inout OverlapHits
  ) {
    var word: UInt32 = 0
    grams.forEachGram(length) { hash, _ in
      if let run = index.runs.find(OverlapIndex.key(hash, part)) {
        hits.runs.append(OverlapHits.Run(text: text, word: word, run: run))
      }
      word += 1
    }
  }
}
