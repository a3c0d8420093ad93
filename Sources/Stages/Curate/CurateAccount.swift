/// What a curate step did, and how decisions stand after it.
public struct CurateAccount: Sendable, Codable, Hashable {
  /// Interactions that the rules looked at in this step.
  public var examined = 0
  /// Interactions kept, in the whole catalog.
  public var kept = 0
  /// Interactions dropped, in the whole catalog, by `rule/reason`.
  public var dropped: [String: Int] = [:]
  /// What the near-duplicate index did in this step; nil if near duplicates are off.
  public var near: Near?
  /// Rules that could do more with a model that is not there, sorted.
  public var withoutModel: [String] = []

  /// What the near-duplicate index did.
  public struct Near: Sendable, Codable, Hashable {
    /// Contents that were new to the index.
    public var signed = 0
    /// Pairs that share a band and were compared.
    public var compared = 0
    /// Pairs that are near duplicates and connected two clusters.
    public var connected = 0
    /// Bands that so many contents share that not every pair was compared.
    public var crowdedBands = 0

    /// Nothing.
    public init() {}
  }

  /// Nothing.
  public init() {}
}
