import Bytes
import Foundation

/// Why a folder of models was not read.
public enum ModelFolderFault: Error, Sendable, Hashable {
  /// There is no `models.json` in it.
  case absent
  /// `models.json` is not what `Jobs/train-classifiers` writes.
  case malformed
  /// It was written for another ``ClassifierText/version`` or another format; the version found.
  case otherVersion(Int)
  /// It does not list the file asked for.
  case lacks(String)
  /// A file is not the one that `models.json` lists; its name.
  case otherDigest(String)
  /// A file cannot be read; its name.
  case unreadable(String)
}

/// The folder that `Jobs/train-classifiers` fills: classifiers, a lexicon, and `models.json`, which lists them with their
/// digests, where their data comes from and how well they did.
public struct ModelFolder: Sendable {
  /// The version of `models.json` that this program reads.
  public static let formatVersion = 1

  private struct Listing: Decodable {
    struct File: Decodable {
      let file: String
      let sha256: String
    }
    let format: String
    let version: Int
    let text_version: Int
    let files: [String: File]
  }

  private let folder: URL
  private let listing: Listing

  /// Opens a folder.
  /// - Parameter path: the folder.
  /// - Throws: ``ModelFolderFault``.
  public init(path: String) throws {
    folder = URL(filePath: path)
    guard let data = try? Data(contentsOf: folder.appending(path: "models.json")) else {
      throw ModelFolderFault.absent
    }
    guard let listing = try? JSONDecoder().decode(Listing.self, from: data),
      listing.format == "flywheel-models"
    else { throw ModelFolderFault.malformed }
    guard listing.version == Self.formatVersion else { throw ModelFolderFault.otherVersion(listing.version) }
    guard listing.text_version == ClassifierText.version else {
      throw ModelFolderFault.otherVersion(listing.text_version)
    }
    self.listing = listing
  }

  /// Loads the classifier of that name.
  /// - Parameters:
  ///   - name: `injection` or `toxicity`.
  ///   - label: the label whose probability it gives.
  /// - Returns: the classifier.
  /// - Throws: ``ModelFolderFault`` or ``ClassifierFault``.
  public func classifier(_ name: String, label: String) throws -> TextClassifier {
    let (path, digest) = try place(of: name)
    return try TextClassifier(path: path, sha256: digest, label: label)
  }

  /// Reads the lexicon: lines of a grade (`hint`, `weak`, `strong`, `threat`), a tab, and a word or phrase.
  /// - Returns: entries, for ``WordLexicon``.
  /// - Throws: ``ModelFolderFault``.
  public func lexicon() throws -> [(text: String, grade: WordGrade)] {
    let (path, digest) = try place(of: "lexicon")
    guard let data = try? Data(contentsOf: URL(filePath: path)) else {
      throw ModelFolderFault.unreadable("lexicon")
    }
    guard data.withUnsafeBytes({ Digest.sha256($0) }) == digest else {
      throw ModelFolderFault.otherDigest("lexicon")
    }
    let grades: [Substring: WordGrade] = ["hint": .hint, "weak": .weak, "strong": .strong, "threat": .threat]
    return String(decoding: data, as: UTF8.self).split(separator: "\n").compactMap { line in
      let parts = line.split(separator: "\t", maxSplits: 1)
      guard parts.count == 2, let grade = grades[parts[0]] else { return nil }
      return (String(parts[1]), grade)
    }
  }

  private func place(of name: String) throws -> (path: String, digest: Digest) {
    guard let entry = listing.files[name] else { throw ModelFolderFault.lacks(name) }
    // A name, not a path: a listing cannot lead out of its folder.
    guard !entry.file.contains("/"), let digest = Digest(hex: entry.sha256) else {
      throw ModelFolderFault.malformed
    }
    return (folder.appending(path: entry.file).path, digest)
  }
}
