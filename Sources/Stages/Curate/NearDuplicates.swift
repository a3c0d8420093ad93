import Bytes
import Catalog
import Signatures
import Text

/// The near-duplicate index during one curation.
///
/// Owned by the task that commits; ``known`` may be asked by others at any time, and answers for what was in the index
/// when the curation began.
final class NearDuplicates {
  /// Whether the index has a content.
  let known: @Sendable (ContentHash) throws -> Bool
  /// What was done so far.
  private(set) var account = CurateAccount.Near()

  private let catalog: CatalogStore?
  private let threshold: Double
  private var index: SignatureIndex
  /// Without a catalog: every cluster there is.
  private var forest = ClusterForest()

  /// Opens the index that a catalog knows.
  ///
  /// Clusters that another threshold made are made anew; an index that is gone, or
  /// of another kind of sketch, is forgotten, and every record waits for examination again.
  /// - Parameters:
  ///   - folder: the index's folder.
  ///   - catalog: the catalog.
  ///   - threshold: see ``CurateParameters/Duplicates/threshold``.
  /// - Throws: the index's and the catalog's errors.
  init(folder: String, catalog: CatalogStore, threshold: Double) throws {
    let names = try catalog.signatureRuns().map(\.name)
    do {
      index = try SignatureIndex(folder: folder, runs: names, sketchVersion: UInt64(Sketcher.version))
    } catch let error as SignatureError where error.code == .otherSketches || error.code == .missing {
      // The lake has all that the index had.
      index = try SignatureIndex(folder: folder, runs: [], sketchVersion: UInt64(Sketcher.version))
      try catalog.forgetSignatures()
    }
    self.catalog = catalog
    self.threshold = threshold
    let index = index
    known = { try index.contains($0) }
    if try catalog.nearThreshold() != "\(threshold)" { try rebuild(catalog) }
  }

  /// An index of its own in a folder that its owner removes.
  init(folder: String, threshold: Double) throws {
    catalog = nil
    self.threshold = threshold
    index = try SignatureIndex(
      folder: folder, runs: [], sketchVersion: UInt64(Sketcher.version), isDurable: false)
    known = { _ in false }
  }

  private func rebuild(_ catalog: CatalogStore) throws {
    var forest = ClusterForest()
    note(try index.rebuild(into: &forest, threshold: threshold))
    var commit = NearDuplicateCommit()
    commit.changes = forest.changes.map { (from: $0.from, to: $0.to) }
    try catalog.replaceNearClusters(commit, threshold: "\(threshold)")
  }

  /// Takes new contents into the index and finds their near duplicates.
  /// - Parameter documents: contents and sketches; those that the index has are passed over.
  /// - Returns: what the catalog is to know.
  /// - Throws: the index's and the catalog's errors.
  @discardableResult
  func take(_ documents: [SignedContent]) throws -> NearDuplicateCommit {
    var commit = NearDuplicateCommit()
    let fresh = try index.write(documents.map { (content: $0.content, sketch: $0.sketch) })
    guard let fresh else { return commit }
    try index.add(fresh.name)
    account.signed += fresh.documents
    if let catalog {
      var forest = ClusterForest()
      try catalog.withNearClusters { cluster in
        try withoutActuallyEscaping(cluster) { cluster in
          note(try index.pairs(of: fresh.name, into: &forest, threshold: threshold, known: cluster))
        }
      }
      commit.changes = forest.changes.map { (from: $0.from, to: $0.to) }
    } else {
      note(try index.pairs(of: fresh.name, into: &forest, threshold: threshold))
    }
    commit.added = [NearDuplicateCommit.Run(name: fresh.name, documents: fresh.documents)]
    while true {
      let due = index.mergePlan()
      guard !due.isEmpty else { break }
      let merged = try index.merge(due)
      try index.replace(due, with: merged.name)
      // A catalog's runs are removed once no transaction names them.
      if catalog == nil {
        _ = try SignatureIndex.collectGarbage(folder: index.folder, known: Set(index.runs.map(\.name)))
      }
      commit.removed += due
      commit.added.removeAll { due.contains($0.name) }
      commit.added.append(NearDuplicateCommit.Run(name: merged.name, documents: merged.documents))
    }
    return commit
  }

  /// Without a catalog: every content of a cluster, and the cluster's name.
  var clusters: [(content: ContentHash, cluster: ContentHash)] { forest.rows }

  private func note(_ found: PairAccount) {
    account.compared += found.comparisons
    account.connected += found.similar
    account.crowdedBands += found.boundedBuckets
  }
}
