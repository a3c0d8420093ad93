import Foundation
import Text

/// Items as vectors of length 1, so that products are cosines.
///
/// Their embeddings where all items have one of the same length; else how often words and pairs of words stand in their
/// texts, each count weighed by 1 + ln of it and by ln((1 + items) / (1 + items that hold it)) + 1 (G. Salton, C.
/// Buckley, Information Processing & Management 24, 1988, with scikit-learn's smoothing).
struct SelectionVectors {
  private enum Form {
    case dense([[Float]])
    case lexical([[(term: UInt64, weight: Double)]])
  }

  private let form: Form

  init(_ items: [SelectionItem]) {
    let vectors = items.compactMap(\.vector)
    let length = vectors.first?.count ?? 0
    if !items.isEmpty, vectors.count == items.count, length > 0, vectors.allSatisfy({ $0.count == length }) {
      form = .dense(vectors.map(Self.unit))
    } else {
      form = .lexical(Self.lexical(items.map(\.text)))
    }
  }

  private static func unit(_ vector: [Float]) -> [Float] {
    let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
    return length > 0 && length.isFinite ? vector.map { $0 / length } : vector.map { _ in 0 }
  }

  private static func lexical(_ texts: [String]) -> [[(term: UInt64, weight: Double)]] {
    let grams = WordGrams()
    var holders: [UInt64: Double] = [:]
    let counts = texts.map { text -> [(term: UInt64, weight: Double)] in
      var counts: [UInt64: Double] = [:]
      var text = text
      text.withUTF8 { grams.scan(UnsafeRawBufferPointer($0)) }
      for hash in grams.words.hashes { counts[hash, default: 0] += 1 }
      grams.forEachGram(2) { hash, _ in counts[hash, default: 0] += 1 }
      for term in counts.keys { holders[term, default: 0] += 1 }
      // Sorted, since sums of fractions depend on their order.
      return counts.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }
    return counts.map { terms in
      let weighed = terms.map { term, count in
        let rarity = log((1 + Double(texts.count)) / (1 + (holders[term] ?? 0))) + 1
        return (term: term, weight: (1 + log(count)) * rarity)
      }
      let length = weighed.reduce(0) { $0 + $1.weight * $1.weight }.squareRoot()
      return weighed.map { ($0.term, $0.weight / length) }
    }
  }

  /// How far items are apart in the mean of all pairs: 1 less the cosine; nil for fewer than two.
  func meanDistance(_ places: [Int]) -> Double? {
    guard places.count >= 2 else { return nil }
    // The square of a sum of vectors is that of each and twice each pair's product.
    var (squared, own) = (0.0, 0.0)
    switch form {
    case .dense(let vectors):
      var sum = [Double](repeating: 0, count: vectors[0].count)
      for place in places {
        for (index, value) in vectors[place].enumerated() {
          sum[index] += Double(value)
          own += Double(value) * Double(value)
        }
      }
      squared = sum.reduce(0) { $0 + $1 * $1 }
    case .lexical(let vectors):
      var sum: [UInt64: Double] = [:]
      for place in places {
        for (term, weight) in vectors[place] {
          sum[term, default: 0] += weight
          own += weight * weight
        }
      }
      squared = sum.sorted { $0.key < $1.key }.reduce(0) { $0 + $1.value * $1.value }
    }
    let count = Double(places.count)
    return 1 - (squared - own) / (count * (count - 1))
  }

  /// Looks for the nearest of a growing set.
  struct Kept {
    private let form: Form
    private var places: [Int] = []
    private var holders: [UInt64: [(place: Int, weight: Double)]] = [:]

    init(_ vectors: SelectionVectors) { form = vectors.form }

    /// The highest cosine to those in the set, and whose; nil for an empty set.
    func nearest(to place: Int) -> (place: Int, cosine: Double)? {
      var best: (place: Int, cosine: Double)?
      func look(_ other: Int, _ cosine: Double) {
        if cosine > best?.cosine ?? -.infinity { best = (other, cosine) }
      }
      switch form {
      case .dense(let vectors):
        let own = vectors[place]
        for other in places {
          let values = vectors[other]
          var product: Float = 0
          for index in own.indices { product += own[index] * values[index] }
          look(other, Double(product))
        }
      case .lexical(let vectors):
        var products: [Int: Double] = [:]
        for (term, weight) in vectors[place] {
          for (other, value) in holders[term] ?? [] { products[other, default: 0] += weight * value }
        }
        for other in places { look(other, products[other] ?? 0) }
      }
      return best
    }

    mutating func add(_ place: Int) {
      places.append(place)
      guard case .lexical(let vectors) = form else { return }
      for (term, weight) in vectors[place] { holders[term, default: []].append((place, weight)) }
    }
  }
}
