/// Watches a run; the command shows what it hears, the runner never prints.
public protocol RunObserver: Sendable {
  /// A step begins.
  /// - Parameters:
  ///   - step: such as `pull`.
  ///   - detail: what it is about, such as the source's name.
  func began(step: String, detail: String)

  /// A step went on.
  /// - Parameters:
  ///   - done: units done.
  ///   - total: units in all; 0 while unknown.
  ///   - unit: what is counted, such as `records`; `bytes` are shown as sizes.
  func progressed(done: Int, total: Int, unit: String)

  /// A step ended.
  func ended(step: String, detail: String)
}
