import Bytes

/// A cluster that has another name than before.
public struct ClusterChange: Sendable, Hashable {
  /// The name before; a document that was in no cluster is one of its own, named by its content.
  public let from: ContentHash
  /// The name now.
  public let to: ContentHash

  /// States a change.
  public init(from: ContentHash, to: ContentHash) {
    self.from = from
    self.to = to
  }
}

/// Which documents belong together: a union-find over contents.
///
/// A cluster is named by its smallest content, so that names depend on what is in it and not on the order in which
/// it came. A content that was never added is a cluster of its own and takes no memory; one that was takes some 80
/// bytes. It is a value, owned by one task at a time.
public struct ClusterForest: Sendable {
  private var places: [ContentHash: Int32] = [:]
  private var contents: [ContentHash] = []
  private var parents: [Int32] = []
  /// Of a root: how many nodes are below it, and the smallest content among them.
  private var sizes: [Int32] = []
  private var smallest: [ContentHash] = []
  /// Whether a node's content was the name of a cluster before.
  private var isName: [Bool] = []

  /// Makes a forest in which every content stands alone.
  public init() {}

  /// Contents that were added.
  public var count: Int { contents.count }

  /// States what was known before: no change is reported for it.
  /// - Parameters:
  ///   - content: a document.
  ///   - cluster: the name of its cluster.
  public mutating func seed(_ content: ContentHash, cluster: ContentHash) {
    let place = add(content)
    guard content != cluster else { return }
    isName[Int(place)] = false
    unite(place, add(cluster))
  }

  /// Puts two documents, and what belongs to either, into one cluster.
  /// - Returns: whether they were in two.
  @discardableResult
  public mutating func unite(_ left: ContentHash, _ right: ContentHash) -> Bool {
    guard left != right else { return false }
    return unite(add(left), add(right))
  }

  /// The name of a document's cluster; of one that was never added its own content.
  public func cluster(of content: ContentHash) -> ContentHash {
    places[content].map { smallest[Int(root(readOnly: $0))] } ?? content
  }

  /// Every document of a cluster of two or more and the cluster's name, in ascending order of documents.
  ///
  /// A name that was seeded counts as a document.
  public var rows: [(content: ContentHash, cluster: ContentHash)] {
    contents.indices.compactMap { index -> (content: ContentHash, cluster: ContentHash)? in
      let root = Int(root(readOnly: Int32(index)))
      return sizes[root] > 1 ? (contents[index], smallest[root]) : nil
    }.sorted { $0.content < $1.content }
  }

  /// The clusters that have another name than before, in ascending order of the names before.
  ///
  /// A caller that keeps the name of each document's cluster, or none for a document alone, gives every document of
  /// `from` the name `to`, and `from` itself if it had none.
  public var changes: [ClusterChange] {
    contents.indices.compactMap { index -> ClusterChange? in
      let now = smallest[Int(root(readOnly: Int32(index)))]
      return isName[index] && now != contents[index] ? ClusterChange(from: contents[index], to: now) : nil
    }.sorted { $0.from < $1.from }
  }

  // MARK: By place, for loops that ask again and again

  /// The place of a content that was added; nil for one that stands alone.
  func place(of content: ContentHash) -> Int32? { places[content] }

  /// The place of a content, which is added if it is new.
  mutating func add(_ content: ContentHash) -> Int32 {
    let fresh = Int32(contents.count)
    let place = places[content, default: fresh]
    guard place == fresh else { return place }
    places[content] = fresh
    contents.append(content)
    parents.append(fresh)
    sizes.append(1)
    smallest.append(content)
    isName.append(true)
    return fresh
  }

  /// Unites by place.
  @discardableResult
  mutating func unite(_ left: Int32, _ right: Int32) -> Bool {
    var (large, small) = (root(left), root(right))
    guard large != small else { return false }
    if sizes[Int(large)] < sizes[Int(small)] { swap(&large, &small) }
    parents[Int(small)] = large
    sizes[Int(large)] += sizes[Int(small)]
    smallest[Int(large)] = min(smallest[Int(large)], smallest[Int(small)])
    return true
  }

  /// The root of a place; the way there is halved.
  mutating func root(_ place: Int32) -> Int32 {
    var node = place
    while true {
      let parent = parents[Int(node)]
      if parent == node { return node }
      let above = parents[Int(parent)]
      parents[Int(node)] = above
      node = above
    }
  }

  private func root(readOnly place: Int32) -> Int32 {
    var node = place
    while parents[Int(node)] != node { node = parents[Int(node)] }
    return node
  }
}
