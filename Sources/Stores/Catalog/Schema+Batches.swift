extension Schema {
  /// Requests that were handed to a service as a batch, which it answers within a day for half of the price.
  static let batches = ""
}
