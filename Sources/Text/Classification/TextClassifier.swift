import Bytes
import CFastText
import Foundation

/// Why a classifier was not loaded.
public enum ClassifierFault: Error, Sendable, Hashable {
  /// The file cannot be read.
  case unreadable
  /// The file is larger than ``TextClassifier/maximumBytes``; its bytes.
  case tooLarge(Int)
  /// The file is not the one that was asked for; the digest found.
  case otherDigest(Digest)
  /// The bytes are no model of fastText in version 12, or end early.
  case damaged
  /// The model is no classifier, or does not know the label asked for.
  case lacksLabel
}

/// A linear classifier of fastText: the probability that a text has one label.
///
/// It reads ``ClassifierText``, so at most 2,500 bytes of a text. It never changes, and may be asked by many tasks at
/// once. fastText trusts the sizes in a model file, so a file is compared with its digest before it is read.
public final class TextClassifier: @unchecked Sendable {  // read only; fastText predicts on const
  /// The largest model file: 256 MiB.
  public static let maximumBytes = 256 << 20

  /// The SHA-256 of the model.
  public let digest: Digest
  private let model: OpaquePointer
  private let labels: Int
  private let label: Int

  /// Loads a model.
  /// - Parameters:
  ///   - path: the file.
  ///   - sha256: the digest that the file must have; nil takes any file, which is safe only if it is trusted.
  ///   - label: the label whose probability is asked for, without `__label__`.
  /// - Throws: ``ClassifierFault``.
  public convenience init(path: String, sha256: Digest?, label: String) throws {
    guard let size = try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int else {
      throw ClassifierFault.unreadable
    }
    guard size <= Self.maximumBytes else { throw ClassifierFault.tooLarge(size) }
    guard let data = try? Data(contentsOf: URL(filePath: path)) else { throw ClassifierFault.unreadable }
    try self.init(data.withUnsafeBytes { [UInt8]($0) }, sha256: sha256, label: label)
  }

  /// Takes a model from memory.
  /// - Parameters:
  ///   - bytes: the model, as ``ClassifierTrainer`` made it.
  ///   - sha256: the digest that it must have; nil takes any, which is safe only if it is trusted.
  ///   - label: the label whose probability is asked for, without `__label__`.
  /// - Throws: ``ClassifierFault``.
  public init(_ bytes: [UInt8], sha256: Digest?, label: String) throws {
    let digest = Digest.sha256(bytes)
    if let sha256, sha256 != digest { throw ClassifierFault.otherDigest(digest) }
    let model = try bytes.withUnsafeBytes { bytes -> OpaquePointer in
      var model: OpaquePointer?
      let code = cfasttext_load(bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count, &model)
      if code == CFASTTEXT_NO_MEMORY { fatalError("out of memory for a classifier") }
      guard let model, code == CFASTTEXT_READY else {
        throw code == CFASTTEXT_UNSUPERVISED ? ClassifierFault.lacksLabel : .damaged
      }
      return model
    }
    let labels = cfasttext_label_count(model)
    let found = (0..<labels).first { number in
      cfasttext_label(model, number).map { String(cString: $0) == label } ?? false
    }
    guard let found, labels <= 64 else {
      cfasttext_destroy(model)
      throw ClassifierFault.lacksLabel
    }
    self.digest = digest
    self.model = model
    self.labels = labels
    self.label = found
  }

  deinit { cfasttext_destroy(model) }

  /// The probability that the text has the label, 0 to 1; 0 for a text without a known word.
  /// - Parameter text: UTF-8, or any bytes; at most 2,500 of them are read.
  /// - Returns: the probability.
  public func probability(_ text: UnsafeRawBufferPointer) -> Double {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: ClassifierText.capacity) { form in
      withUnsafeTemporaryAllocation(of: Float.self, capacity: labels) { probabilities in
        guard let start = form.baseAddress, let values = probabilities.baseAddress else { return 0 }
        let length = ClassifierText.write(text, to: start)
        // A line feed is a word to fastText, and every line of training ends in one.
        start[length] = 0x0A
        guard cfasttext_predict(model, start, length + 1, values) == 0 else {
          fatalError("out of memory for a prediction")
        }
        return Double(min(values[label], 1))
      }
    }
  }

  /// The probability that a line has the label, 0 to 1; 0 for a line without a known word.
  /// - Parameter line: a text that has the form of the training already, without a line feed.
  /// - Returns: the probability.
  public func probability(line: [UInt8]) -> Double {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: labels) { probabilities in
      guard let values = probabilities.baseAddress else { return 0 }
      let text = line + [0x0A]
      guard cfasttext_predict(model, text, text.count, values) == 0 else {
        fatalError("out of memory for a prediction")
      }
      return Double(min(values[label], 1))
    }
  }
}
