import Bytes
import CFastText
import Foundation

/// Why no classifier was trained.
public enum TrainingFault: Error, Sendable, Hashable {
  /// There are not two labels among the lines.
  case oneLabel
  /// A folder or a file cannot be written, or memory is out.
  case failed
}

/// A line of text and its label, to train a classifier on.
public struct TrainingLine: Sendable, Hashable {
  /// The label, without `__label__` and white space.
  public let label: String
  /// The text in the form of ``ClassifierText``, without a line feed.
  public let text: [UInt8]

  /// States a line.
  public init(label: String, text: [UInt8]) {
    self.label = label
    self.text = text
  }
}

/// Trains linear classifiers of fastText, in this process and with one thread: the same lines give the same bytes.
public struct ClassifierTrainer: Sendable, Hashable, Codable {
  /// How fast it learns, above 0 to 5; default 0.5.
  public var rate = 0.5
  /// Numbers that a word is turned into, 1 to 300; default 8, since a yes or no needs few.
  public var dimensions = 8
  /// How often every line is read, 1 to 1,000; default 20.
  public var epochs = 20
  /// Words that are read as one, 1 to 5; default 2.
  public var wordGrams = 2
  /// Places for groups of words, 1 to 2,000,000; default 50,000, which are 1.6 MB.
  public var buckets = 50_000
  /// How often a word must occur, 1 or more; default 1.
  public var leastCount = 1
  /// The seed; default 7.
  public var seed = 7

  /// Takes the defaults.
  public init() {}

  /// Trains a classifier.
  /// - Parameters:
  ///   - lines: what it learns from; their order matters to the bytes.
  ///   - folder: an existing folder for files that are gone when this returns.
  /// - Returns: the model's bytes.
  /// - Throws: ``TrainingFault``.
  public func train(_ lines: [TrainingLine], in folder: String) throws(TrainingFault) -> [UInt8] {
    guard Set(lines.map(\.label)).count > 1 else { throw .oneLabel }
    let buffer = ByteBuffer()
    for line in lines {
      buffer.append("__label__")
      buffer.append(string: line.label)
      buffer.append(0x20)
      buffer.append(line.text)
      buffer.append(0x0A)
    }
    let stem = "\(folder)/train-\(Hex.encode(KeyedHash.randomBytes(8)))"
    defer {
      for end in ["txt", "bin"] { try? FileManager.default.removeItem(atPath: "\(stem).\(end)") }
    }
    do {
      try DurableFile.replace("\(stem).txt", with: Array(buffer.view))
    } catch {
      throw .failed
    }
    var training = cfasttext_training(
      rate: rate, dimensions: Int32(dimensions), epochs: Int32(epochs), word_grams: Int32(wordGrams),
      buckets: Int32(buckets), least_count: Int32(leastCount), seed: Int32(seed))
    guard cfasttext_train("\(stem).txt", "\(stem).bin", &training) == 0,
      let model = try? DurableFile.read("\(stem).bin")
    else { throw .failed }
    return model
  }
}
