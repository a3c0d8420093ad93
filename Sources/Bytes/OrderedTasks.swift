/// Bounded parallel work whose results come back in the order of the inputs.
public enum OrderedTasks {
  /// Runs `work` on every input with at most `limit` tasks at a time.
  /// - Parameters:
  ///   - inputs: the inputs.
  ///   - limit: tasks at a time, 1 or more.
  ///   - work: what each task does.
  /// - Returns: the results in the order of the inputs.
  /// - Throws: as ``run(limit:next:work:consume:)``.
  public static func map<Input: Sendable, Output: Sendable>(
    _ inputs: [Input], limit: Int, _ work: @escaping @Sendable (Input) async throws -> Output
  ) async throws -> [Output] {
    var iterator = inputs.makeIterator()
    var outputs: [Output] = []
    outputs.reserveCapacity(inputs.count)
    try await run(limit: limit, next: { iterator.next() }, work: work, consume: { outputs.append($0) })
    return outputs
  }

  /// Runs `work` on every input with at most `limit` tasks at a time, and hands the results to `consume` in the
  /// order in which `next` gave the inputs.
  ///
  /// No more than `limit` inputs are held beyond what was consumed, so that memory does not depend on how uneven
  /// the work is.
  /// - Parameters:
  ///   - limit: tasks at a time, 1 or more.
  ///   - next: the next input, nil at the end; called by the caller's task only.
  ///   - work: what each task does.
  ///   - consume: takes one result; called by the caller's task only.
  /// - Throws: the first error of any of the three, or `CancellationError` once the caller's task is cancelled;
  ///   tasks under way are cancelled and waited for.
  public static func run<Input: Sendable, Output: Sendable>(
    limit: Int, next: () async throws -> Input?, work: @escaping @Sendable (Input) async throws -> Output,
    consume: (Output) throws -> Void
  ) async throws {
    try await withThrowingTaskGroup(of: (Int, Output).self) { group in
      var started = 0
      var consumed = 0
      var ended = false
      var waiting: [Int: Output] = [:]
      while true {
        try Task.checkCancellation()
        while !ended, started - consumed < max(1, limit) {
          guard let input = try await next() else {
            ended = true
            break
          }
          let number = started
          group.addTask { (number, try await work(input)) }
          started += 1
        }
        guard consumed < started, let (number, output) = try await group.next() else { return }
        waiting[number] = output
        while let output = waiting.removeValue(forKey: consumed) {
          try consume(output)
          consumed += 1
        }
      }
    }
  }
}
