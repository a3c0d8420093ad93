import Bytes
import Records
import Synchronization
import Transport

extension BatchClient {
  /// Moves a batch through as many states as it can go through now.
  func carry(_ start: BatchRecord, _ pass: inout Pass) async throws {
    guard let route = routes[start.model] else { return }
    var batch = start
    do {
      while try await step(&batch, route, &pass) {}
    } catch let fault as BatchFault {
      pass.troubles.append(fault.error)
    }
  }

  /// Does what is next for a batch.
  /// - Returns: whether there is more to do at once.
  private func step(_ batch: inout BatchRecord, _ route: Route, _ pass: inout Pass) async throws -> Bool {
    switch batch.state {
    case .planned:
      // Nothing of it was sent, and what was to be sent died with its process.
      try await move(&batch, .withdrawn)
      return true
    case .withdrawn:
      let withdrawn = batch
      _ = try await each(try await batches.rows(batch.key)) {
        try await self.ledger.end(self.intent($0, withdrawn), .notBilled)
      }
      try await batches.forget(batch.key)
      return false
    case .written:
      if route.service.kind == .anthropic { return try await create(&batch, route, &pass) }
      guard let bytes = folder.read(batch.input) else {
        try await move(&batch, .withdrawn)
        return true
      }
      do {
        batch.upload = try await route.wire.upload(bytes, batch)
      } catch let fault as BatchFault where fault.fate == .refused {
        return try await refuse(&batch, fault.error, &pass)
      }
      try await move(&batch, .uploaded)
      return true
    case .uploaded: return try await create(&batch, route, &pass)
    case .creating: return try await find(&batch, route, &pass)
    case .running: return try await poll(&batch, route)
    case .ended:
      try await merge(batch, route)
      return false
    case .merged: return false
    }
  }

  private func move(_ batch: inout BatchRecord, _ state: BatchRecord.State) async throws {
    batch.state = state
    try await batches.move(batch, without: [])
  }

  /// Gives up a batch that the service does not want as a whole; its requests can be planned anew by the next call.
  private func refuse(_ batch: inout BatchRecord, _ error: ModelError, _ pass: inout Pass) async throws
    -> Bool
  {
    for row in try await batches.rows(batch.key) { pass.refused[row.digest] = error }
    try await move(&batch, .withdrawn)
    return true
  }

  // MARK: Making

  private func create(_ batch: inout BatchRecord, _ route: Route, _ pass: inout Pass) async throws -> Bool {
    var bytes: [UInt8] = []
    if route.service.kind == .anthropic {
      guard let input = folder.read(batch.input) else {
        try await move(&batch, .withdrawn)
        return true
      }
      bytes = input
    }
    let isFirst = batch.tried == nil
    batch.tried = environment.date()
    try await move(&batch, .creating)
    counted.withLock { $0.created += 1 }
    do {
      batch.identifier = try await route.wire.create(batch, bytes)
    } catch let fault as BatchFault {
      switch fault.fate {
      case .refused: return try await refuse(&batch, fault.error, &pass)
      case .again:
        // After one that was lost the service is asked for its batches each time.
        if isFirst {
          batch.tried = nil
          try await move(&batch, batch.upload == nil ? .written : .uploaded)
        }
        throw fault
      case .uncertain:
        guard case .found(let identifier) = try await search(batch, route) else { throw fault }
        batch.identifier = identifier
        counted.withLock { $0.found += 1 }
      }
    }
    try await move(&batch, .running)
    return true
  }

  private func search(_ batch: BatchRecord, _ route: Route) async throws -> BatchWire.Search {
    let known = try await batches.identifiers()
    return try await route.wire.search(batch, count: try await batches.rows(batch.key).count, known: known)
  }

  private func find(_ batch: inout BatchRecord, _ route: Route, _ pass: inout Pass) async throws -> Bool {
    switch try await search(batch, route) {
    case .found(let identifier):
      batch.identifier = identifier
      counted.withLock { $0.found += 1 }
      try await move(&batch, .running)
      return true
    case .pending: return false
    case .absent:
      let tried = batch.tried ?? batch.time
      let waited = Double(environment.date().microseconds - tried.microseconds) / 1e6
      guard waited >= settling else {
        pass.troubles.append(ModelError(.unreachable, model: batch.model, detail: "batch"))
        return false
      }
      return try await create(&batch, route, &pass)
    case .unknown:
      batch.end = BatchEnd(status: "unknown")
      try await move(&batch, .ended)
      return true
    }
  }

  // MARK: Ending

  private func poll(_ batch: inout BatchRecord, _ route: Route) async throws -> Bool {
    guard let identifier = batch.identifier else {
      try await move(&batch, .creating)
      return true
    }
    let ended: (end: BatchEnd, files: [String])?
    do {
      ended = try await route.wire.poll(identifier)
    } catch let fault as BatchFault where isGone(fault, batch) {
      ended = (BatchEnd(status: "gone"), [])
    }
    guard let ended else { return false }
    batch.results = []
    for name in ended.files {
      do {
        batch.results.append(try folder.keep(try await route.wire.results(name)))
      } catch let fault as BatchFault where isGone(fault, batch) {
        // What it held is lost, and counts so.
        continue
      }
    }
    batch.end = ended.end
    try await move(&batch, .ended)
    return true
  }

  /// Whether what the service says it does not have is given up: not on the day on which the batch was made, since to
  /// give it up is to pay again.
  private func isGone(_ fault: BatchFault, _ batch: BatchRecord) -> Bool {
    let age = environment.date().microseconds - (batch.tried ?? batch.time).microseconds
    return fault.isGone && age >= Self.patience
  }

  /// Microseconds; a day, the longest that a batch takes.
  private static let patience: Int64 = 86_400_000_000

  /// Enters what came of a batch; done again after a crash it changes nothing that was done.
  private func merge(_ batch: BatchRecord, _ route: Route) async throws {
    let rows = try await batches.rows(batch.key)
    var results = BatchResults(batch, rows, route.service.kind)
    for digest in batch.results {
      guard let bytes = folder.read(digest) else {
        // The file is gone or damaged: the service has it still.
        var again = batch
        try await move(&again, .running)
        return
      }
      results.read(bytes)
    }
    // Where the service answered no more than was found, what is missing was not billed.
    let isWhole = batch.end?.status == "failed" || batch.end?.answered == results.answered
    let (lines, bad, repeated, unknown) = (results.lines, results.bad, results.repeated, results.unknown)
    let settled = try await each(rows) { row in
      try await self.settle(row, lines[row.digest], isWhole: isWhole, batch, route)
    }
    var done = batch
    done.state = .merged
    try await batches.merge(done, settled.map(\.row))
    counted.withLock { counters in
      counters.merged += 1
      counters.badLines += bad
      counters.repeatedLines += repeated
      counters.unknownLines += unknown
      for one in settled {
        counters.bought += one.cost == nil ? 0 : 1
        counters.cost += one.cost ?? 0
        counters.lost += one.isLost ? 1 : 0
      }
    }
  }

  /// What became of one request.
  private struct Settled: Sendable {
    var row: BatchRow
    /// What was paid for its answer now.
    var cost: Int64?
    var isLost = false
  }

  private func settle(
    _ row: BatchRow, _ line: BatchResults.Line?, isWhole: Bool, _ batch: BatchRecord, _ route: Route
  ) async throws -> Settled {
    let intent = intent(row, batch)
    var settled = Settled(row: row)
    let error: ModelError
    var mayPass = true
    switch line {
    case .answered(let body, let input, let output):
      // Where the service did not count, what was reserved is paid.
      var cost = row.reserved
      if let input, let output { cost = route.prices.cost(input: input, output: output) }
      let answer = KeptResponse(body: body, inputTokens: input ?? 0, outputTokens: output ?? 0, cost: cost)
      settled.row.outcome = .answered
      if let kept = try await ledger.response(row.digest) {
        // Either this very answer was entered before a crash, or another was bought meanwhile and this one costs, too.
        if kept != answer { try await ledger.end(intent, .unknown) }
      } else {
        try await ledger.end(intent, .answered(answer))
        settled.cost = cost
      }
      return settled
    case .failed(let said, let isTemporary):
      error = said
      mayPass = isTemporary
      try await ledger.end(intent, .notBilled)
    case nil where isWhole:
      let end = batch.end ?? BatchEnd(status: "")
      error = ModelError(
        end.status == "failed" ? .refused : .unreachable, model: batch.model,
        detail: end.code.isEmpty ? end.status : end.code)
      try await ledger.end(intent, .notBilled)
    case nil:
      error = ModelError(.malformed, model: batch.model, detail: "lost")
      settled.isLost = true
      try await ledger.end(intent, .unknown)
    }
    let isLast = row.attempt >= Self.mostAttempts
    settled.row.outcome = mayPass && !isLast ? .again(error) : .failed(error)
    return settled
  }
}
