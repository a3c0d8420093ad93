import Bytes
import Records
import Synchronization
import Transport

/// Has the project's models answer in batches: within a day, and for a share of the price.
///
/// Nothing waits for a batch here. ``advance(_:)`` moves all on as far as they go now, and is called again later, by this
/// process or the next; when it says that a request is answered, ``ModelClient/answer(_:)`` finds the answer in the ledger.
/// A batch goes through the states of ``BatchRecord/State``. Killed anywhere and called again, no request is billed
/// twice:
///
/// - nothing is sent before all of it is reserved and the file that is sent is on the disk;
/// - that a batch is to be made is on the disk before it is asked for, once; where the answer is lost, the service's
///   list of batches is searched before it is asked for again. OpenAI's batches carry our key in their `metadata`.
///   Anthropic's carry it in each `custom_id` only, which shows when a batch has ended: while one is under way that
///   could be ours, by its time and the number of its requests, the search goes on with the next call, for a day at most;
/// - results are on the disk before they are merged, and each answer is entered with its cost in one transaction.
///
/// A request whose answer may have been billed and did not come, such as one in a line that cannot be read, counts as
/// possibly billed, as with ``ModelClient``.
public final class BatchClient: Sendable {
  /// One model with all that is needed to ask it.
  struct Route: Sendable {
    let model: LanguageModel
    let service: ModelService
    let wire: BatchWire
    let prices: ModelPrices
    let limits: BatchLimits
  }

  /// How often a request is in a batch before it fails for good.
  public static let mostAttempts = 3

  let routes: [String: Route]
  let ledger: any ModelLedger
  let batches: any BatchLedger
  let run: String
  let folder: BatchFolder
  let settling: Double
  let environment: ServiceClient.Environment
  let counted = Mutex(BatchCounters())
  private let sequence = Mutex(0)

  /// Prepares the models; nothing is sent yet.
  /// - Parameters:
  ///   - models: the models; of equal names the last counts, and one whose service is not there is unknown.
  ///   - services: the services.
  ///   - ledger: where answers are kept and money is counted.
  ///   - batches: the journal; with `ledger` it tells what was sent.
  ///   - run: the run that pays for what is planned from now on.
  ///   - folder: where the files of batches under way are kept; made if needed. They go when a batch is merged.
  ///   - limits: what one batch may hold; nil, the default, what the vendor allows.
  ///   - settling: seconds after which a batch that a service does not list was not made, 0 or more; default 60. A lost
  ///     request may still be worked on when its list is read.
  ///   - environment: clocks, sleep and chance.
  public init(
    models: [LanguageModel], services: [ModelService], ledger: any ModelLedger, batches: any BatchLedger,
    run: String, folder: String, limits: BatchLimits? = nil, settling: Double = 60,
    environment: ServiceClient.Environment = .system
  ) {
    self.ledger = ledger
    self.batches = batches
    self.run = run
    self.folder = BatchFolder(path: folder)
    self.settling = settling
    self.environment = environment
    let parsers = Parsers()
    var clients: [String: (ModelService, HTTPClient)] = [:]
    for service in services {
      var configuration = HTTPClient.Configuration()
      configuration.timeout = service.timeout
      configuration.stallTime = service.timeout
      clients[service.name] = (service, HTTPClient(configuration))
    }
    var routes: [String: Route] = [:]
    for model in models {
      guard let (service, http) = clients[model.service] else { continue }
      let wire = BatchWire(
        model: model, service: service, http: http, parsers: parsers, environment: environment)
      routes[model.name] = Route(
        model: model, service: service, wire: wire, prices: model.prices.scaled(by: service.batchShare),
        limits: limits ?? .vendor(service.kind))
    }
    self.routes = routes
  }

  /// What was done and found so far.
  public var counters: BatchCounters { counted.withLock { $0 } }

  // MARK: Moving on

  /// What one call finds on its way.
  struct Pass {
    var troubles: [ModelError] = []
    /// What a service refused as a whole; the next call may try it again.
    var refused: [Digest: ModelError] = [:]
  }

  /// Where a request stands.
  private enum Standing {
    case answered
    case underWay
    case failed(ModelError)
    /// It can be planned, as this attempt.
    case free(attempt: Int)
  }

  /// Moves every batch of these models on as far as it goes now, merges what has ended, and hands in what of the requests
  /// is neither answered nor under way nor failed for good.
  ///
  /// Each batch is asked after once. What the budget has no room for waits for a later call.
  /// - Parameter requests: the questions; equal ones are asked once.
  /// - Returns: how far the requests are.
  /// - Throws: ``ModelError`` of code `budgetSpent` where nothing was granted and nothing is under way, of code
  ///   `overloaded` while another call has hold of the folder, or what the ledgers or the disk throw.
  public func advance(_ requests: [ChatRequest]) async throws -> BatchProgress {
    let hold = try await take(requests.first?.model)
    defer { withExtendedLifetime(hold) {} }
    var pass = Pass()
    for batch in try await batches.open(Set(routes.keys)) { try await carry(batch, &pass) }

    var progress = BatchProgress()
    progress.requests = requests.count
    var places: [Digest: [Int]] = [:]
    var order: [(digest: Digest, index: Int)] = []
    let out = ByteBuffer()
    for (index, request) in requests.enumerated() {
      guard let route = routes[request.model] else {
        progress.failed[index] = ModelError(.unknownModel, model: request.model)
        continue
      }
      guard route.service.batches else {
        progress.failed[index] = ModelError(.refused, model: request.model, detail: "batches")
        continue
      }
      let digest = RequestBody(request, route.model, route.service, out).digest
      if places[digest] == nil { order.append((digest, index)) }
      places[digest, default: []].append(index)
    }

    var standing = try await standings(order.map(\.digest), pass)
    var free: [(index: Int, attempt: Int)] = []
    var touched: [Digest] = []
    for (digest, index) in order {
      guard case .free(let attempt) = standing[digest] else { continue }
      free.append((index, attempt))
      touched.append(digest)
    }
    let short = try await submit(free, requests, &pass)
    if !touched.isEmpty {
      standing.merge(try await standings(touched, pass)) { $1 }
    }
    for (digest, indices) in places {
      switch standing[digest] {
      case .answered: progress.answered += indices.count
      case .underWay: progress.underWay += indices.count
      case .failed(let error): for index in indices { progress.failed[index] = error }
      case .free, nil: progress.waiting += indices.count
      }
    }
    folder.sweep(keeping: try await batches.files())
    if let short, short.granted == 0, progress.underWay == 0 {
      throw ModelError(.budgetSpent, model: short.model, detail: short.scope.rawValue)
    }
    progress.troubles = pass.troubles
    progress.counters = counters
    return progress
  }

  /// Has every batch of these models end early, and gives back what was not sent.
  ///
  /// What a service has answered by then is billed and merged by later calls of ``advance(_:)``.
  /// - Returns: how many batches a service was asked to end.
  /// - Throws: as ``advance(_:)``.
  public func cancel() async throws -> Int {
    let hold = try await take(nil)
    defer { withExtendedLifetime(hold) {} }
    var pass = Pass()
    var ended = 0
    for var batch in try await batches.open(Set(routes.keys)) {
      if [.planned, .written, .uploaded].contains(batch.state) {
        batch.state = .withdrawn
        try await batches.move(batch, without: [])
      }
      if batch.state == .running, let identifier = batch.identifier, let route = routes[batch.model] {
        do {
          try await route.wire.cancel(identifier)
          ended += 1
        } catch let fault as BatchFault {
          // One that has ended meanwhile is not to be cancelled.
          if fault.fate != .refused { throw fault.error }
        }
      }
      try await carry(batch, &pass)
    }
    return ended
  }

  /// Takes the folder, which one call at a time has.
  ///
  /// A child process that is being started holds what its parent has just let go, for the moment until it runs its program:
  /// so it is tried for two seconds.
  private func take(_ model: String?) async throws -> BatchFolder.Hold {
    for _ in 0..<40 {
      if let hold = try folder.hold() { return hold }
      try await Task.sleep(for: .milliseconds(50))
    }
    throw ModelError(.overloaded, model: model ?? routes.keys.min() ?? "", detail: "batches")
  }

  private func standings(_ digests: [Digest], _ pass: Pass) async throws -> [Digest: Standing] {
    let rows = try await batches.standing(digests)
    let kept = try await each(digests) { try await self.ledger.response($0) != nil }
    var found: [Digest: Standing] = [:]
    for (digest, isKept) in zip(digests, kept) {
      let row = rows[digest]
      if isKept {
        found[digest] = .answered
      } else if let error = pass.refused[digest] {
        found[digest] = .failed(error)
      } else {
        switch row?.outcome {
        case .open: found[digest] = .underWay
        case .failed(let error): found[digest] = .failed(error)
        // An answer that is no longer kept is asked for anew.
        case .again, .answered, nil: found[digest] = .free(attempt: (row?.attempt ?? 0) + 1)
        }
      }
    }
    return found
  }

  // MARK: Planning

  /// What the budget had no room for.
  private struct Shortage {
    let model: String
    let scope: BudgetScope
    var granted: Int
  }

  /// Plans, reserves, writes and hands in.
  private func submit(
    _ free: [(index: Int, attempt: Int)], _ requests: [ChatRequest], _ pass: inout Pass
  ) async throws -> Shortage? {
    var shortage: Shortage?
    var granted = 0
    let out = ByteBuffer()
    let byModel = Dictionary(grouping: free) { requests[$0.index].model }
    for (name, entries) in byModel.sorted(by: { $0.key < $1.key }) {
      guard let route = routes[name] else { continue }
      var rest = entries[...]
      var isShort = false
      while !rest.isEmpty, !isShort {
        var draft: BatchDraft?
        while let entry = rest.first {
          let request = requests[entry.index]
          let body = RequestBody(request, route.model, route.service, out)
          let row = BatchRow(
            digest: body.digest,
            reserved: route.prices.cost(input: body.mostInputTokens, output: request.maximumTokens),
            attempt: entry.attempt)
          var open = draft ?? BatchDraft(key: key(name, row), kind: route.service.kind, limits: route.limits)
          let isAdded = open.add(body, row)
          draft = open
          guard isAdded else { break }
          rest = rest.dropFirst()
        }
        guard let draft else { break }
        let (count, scope) = try await submit(draft, route, &pass)
        granted += count
        if let scope {
          isShort = true
          shortage = Shortage(model: name, scope: scope, granted: 0)
        }
      }
    }
    shortage?.granted = granted
    return shortage
  }

  /// A name that no other batch has, of this program or of another one at the same service.
  private func key(_ model: String, _ first: BatchRow) -> String {
    let number = sequence.withLock { sequence in
      sequence += 1
      return sequence
    }
    let parts = [
      "flywheel-batch-1", run, "\(environment.date().microseconds)", "\(environment.random())", "\(number)",
      model,
      first.digest.hex, "\(first.attempt)",
    ]
    return String(Digest.sha256(parts.joined(separator: "\n")).hex.prefix(16))
  }

  private func submit(
    _ draft: BatchDraft, _ route: Route, _ pass: inout Pass
  ) async throws -> (granted: Int, short: BudgetScope?) {
    var batch = BatchRecord(key: draft.key, model: route.model.name, run: run, time: environment.date())
    try await batches.plan(batch, draft.rows)
    counted.withLock { $0.planned += 1 }
    let planned = batch
    let decisions = try await each(draft.rows) { try await self.ledger.begin(self.intent($0, planned)) }
    var left: Set<Digest> = []
    var short: BudgetScope?
    for (row, decision) in zip(draft.rows, decisions) {
      switch decision {
      case .granted: continue
      case .kept: break
      case .short(let scope, _): short = scope
      }
      left.insert(row.digest)
    }
    guard left.count < draft.rows.count else {
      try await batches.forget(batch.key)
      return (0, short)
    }
    batch.input = try folder.keep(draft.bytes(without: left))
    batch.state = .written
    try await batches.move(batch, without: left.sorted())
    try await carry(batch, &pass)
    return (draft.rows.count - left.count, short)
  }

  /// The reservation of a request; the same one whenever it is made of the journal.
  func intent(_ row: BatchRow, _ batch: BatchRecord) -> SpendIntent {
    var intent = SpendIntent(
      digest: row.digest, model: batch.model, run: batch.run, time: batch.time, reserved: row.reserved,
      honoursKeys: false)
    intent.batch = batch.key
    return intent
  }

  /// Does something for each item, many at once, so that they share the ledger's transactions.
  func each<Item: Sendable, Outcome: Sendable>(
    _ items: [Item], _ body: @escaping @Sendable (Item) async throws -> Outcome
  ) async throws -> [Outcome] {
    try await OrderedTasks.map(items, limit: 1024, body)
  }
}
