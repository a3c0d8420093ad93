/// What a `review` step fills.
public struct ReviewParameters: Sendable, Hashable, Codable {
  /// The queues, in order, none twice.
  public var queues: [String]

  /// Names the queues.
  public init(queues: [String]) { self.queues = queues }
}
