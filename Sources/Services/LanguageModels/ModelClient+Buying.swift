import Bytes
import Records
import Synchronization
import Text
import Transport

extension ModelClient {
  /// What the attempts to get an answer came to.
  private enum Attempted {
    case answered(KeptResponse)
    /// Another process has bought it meanwhile, and nothing is reserved any more.
    case kept(KeptResponse)
    /// None came; `rest` is what becomes of the reservation, nil where there is none any more.
    case failed(any Error, rest: SpendOutcome?)
  }

  /// Reserves, sends and keeps.
  func buy(
    _ body: RequestBody, _ route: Route, output: Int, usage: (JSONValue) -> Usage?
  ) async throws -> (KeptResponse, isKept: Bool) {
    // A quarter of the bytes is near the tokens of most texts; limits by the minute need no bound.
    let estimate = body.bytes.count / 4 + output
    var intent = SpendIntent(
      digest: body.digest, model: route.model.name, run: run, time: environment.date(),
      reserved: route.model.prices.cost(input: body.mostInputTokens, output: output),
      honoursKeys: route.service.honoursKeys)
    try await pace(route, estimate)
    if let kept = try await reserve(&intent) { return (kept, true) }
    let attempted = await attempts(body, route, &intent, estimate, usage)
    switch attempted {
    case .answered(let response):
      counted.withLock { counters in
        counters.bought += 1
        counters.cost += response.cost
      }
      defer { purse.end() }
      try await ledger.end(intent, .answered(response))
      return (response, false)
    case .kept(let response): return (response, true)
    case .failed(let error, let rest):
      guard let rest else { throw error }
      defer { purse.end() }
      try await ledger.end(intent, rest)
      throw error
    }
  }

  /// Reserves; waits where only what is under way keeps the budget short.
  /// - Returns: the answer, if another process has bought it since.
  private func reserve(_ intent: inout SpendIntent) async throws -> KeptResponse? {
    while true {
      let seen = purse.ended
      intent.time = environment.date()
      switch try await ledger.begin(intent) {
      case .granted:
        purse.grant()
        return nil
      case .kept(let response):
        counted.withLock { $0.kept += 1 }
        return response
      case .short(let scope, let isFinal):
        let isCancelled = Task.isCancelled
        guard !isFinal, !isCancelled, await purse.wait(since: seen) else {
          throw ModelError(
            isCancelled ? .cancelled : .budgetSpent, model: intent.model, detail: scope.rawValue)
        }
      }
    }
  }

  private func attempts(
    _ body: RequestBody, _ route: Route, _ intent: inout SpendIntent, _ estimate: Int,
    _ usage: (JSONValue) -> Usage?
  ) async -> Attempted {
    // A service that bills nothing may be asked as often as one that knows keys.
    let isSafe = route.service.honoursKeys || route.model.prices.isFree
    var attempt = 0
    var isUncertain = false
    var hasLost = false
    do {
      while true {
        attempt += 1
        let fate = await send(body, route, isSafe: isSafe, isAgain: attempt > 1, intent.reserved, usage)
        let rest: SpendOutcome = isUncertain ? .unknown : .notBilled
        switch fate {
        case .answered(let response):
          let used = response.inputTokens + response.outputTokens
          route.pacer.settle(estimated: estimate, used: used, now: environment.now())
          return .answered(response)
        case .refused(let error): return .failed(error, rest: rest)
        case .again(let error, let fact):
          guard let seconds = wait(after: fact, attempt, route) else { return .failed(error, rest: rest) }
          if error.status == 429 || fact.retryAfter != nil {
            route.pacer.close(for: seconds, now: environment.now())
          }
          try await pause(seconds, route)
        case .lost(let error, let fact):
          isUncertain = true
          counted.withLock { $0.lost += 1 }
          guard error.code != .cancelled, let seconds = wait(after: fact, attempt, route), isSafe || !hasLost
          else { return .failed(error, rest: .unknown) }
          hasLost = true
          try await pause(seconds, route)
          if !isSafe {
            // What was lost goes on to count, and what is sent again is reserved for itself.
            let lost = intent
            try await ledger.end(lost, .unknown)
            purse.end()
            isUncertain = false
            do {
              if let kept = try await reserve(&intent) { return .kept(kept) }
            } catch {
              return .failed(error, rest: nil)
            }
          }
        }
        try await pace(route, estimate)
      }
    } catch {
      return .failed(error, rest: isUncertain ? .unknown : .notBilled)
    }
  }

  /// Seconds to wait before a request is sent again; nil to give up.
  private func wait(after fact: TransportError, _ attempt: Int, _ route: Route) -> Double? {
    route.service.retry.wait(
      after: fact, attempt: attempt, isIdempotent: true, random: environment.random())
  }

  /// Waits for the service's limits.
  private func pace(_ route: Route, _ tokens: Int) async throws {
    try await pause(route.pacer.spend(tokens: tokens, now: environment.now()), route)
    // It may have closed meanwhile.
    while case let seconds = route.pacer.closed(now: environment.now()), seconds > 0 {
      try await pause(seconds, route)
    }
  }

  private func pause(_ seconds: Double, _ route: Route) async throws {
    guard seconds > 0 else {
      if Task.isCancelled { throw ModelError(.cancelled, model: route.model.name) }
      return
    }
    do {
      try await environment.sleep(seconds)
    } catch {
      throw ModelError(.cancelled, model: route.model.name)
    }
  }

  // MARK: One exchange

  private func send(
    _ body: RequestBody, _ route: Route, isSafe: Bool, isAgain: Bool, _ reserved: Int64,
    _ usage: (JSONValue) -> Usage?
  ) async -> Fate {
    let service = route.service
    let name = route.model.name
    counted.withLock { counters in
      counters.sent += 1
      counters.sentAgain += isAgain ? 1 : 0
    }
    var request = service.request(.post, body.path, body.bytes)
    request.headers.append(HTTPHeader("Content-Type", "application/json"))
    request.headers.append(HTTPHeader("Idempotency-Key", body.digest.hex))
    request.isIdempotent = isSafe
    let response: HTTPResponse
    do {
      response = try await route.http.send(request)
    } catch {
      return Fate.of(error, model: name)
    }
    route.pacer.learn(response.headers, now: environment.now())
    guard response.isSuccess else {
      let code = (try? parsers.parse(response.body, ResponseBody.code)) ?? ""
      return Fate.of(response, code: code, model: name, now: environment.date())
    }
    let counts = try? parsers.parse(response.body, usage)
    guard let counts else {
      return .lost(
        ModelError(.malformed, model: name, status: response.status),
        TransportError(.cut, host: "", status: response.status))
    }
    // Where the service did not count, what was reserved is paid.
    var cost = reserved
    if let input = counts.input, let output = counts.output {
      cost = route.model.prices.cost(input: input, output: output)
    }
    return .answered(
      KeptResponse(
        body: response.body, inputTokens: counts.input ?? 0, outputTokens: counts.output ?? 0, cost: cost))
  }
}
