import Testing

@testable import Transport

@Suite("Token bucket") struct TokenBucketTests {
  @Test(arguments: [1, 2, 7, 30, 60, 100, 1000])
  func holdsItsLimitInEveryMinute(_ limit: Int) {
    var bucket = TokenBucket(requestsPerMinute: limit, now: 0)
    // Greedy callers: each asks as soon as the one before was served.
    var now = 0.0
    var sent: [Double] = []
    for _ in 0..<(limit * 3) {
      now += bucket.spend(now: now)
      sent.append(now)
    }
    for start in sent.indices {
      let inMinute = sent[start...].prefix { $0 < sent[start] + 60 - 1e-6 }.count
      #expect(inMinute <= limit, "from \(sent[start]) s")
    }
    // It must not be slower than need be either: the flow is at least 9 tenths of the limit, or half of 2.
    let last = sent.last ?? 0
    #expect(Double(sent.count) / (last / 60) >= Double(limit) * (limit == 2 ? 0.5 : 0.85))
  }

  @Test("those who come together wait one after the other") func queues() {
    var bucket = TokenBucket(requestsPerMinute: 2, now: 100)
    let waits = (0..<4).map { _ in bucket.spend(now: 100) }
    #expect(waits == [0, 60, 120, 180])
  }

  @Test("a clock that stands still or goes back fills nothing") func clock() {
    var bucket = TokenBucket(requestsPerMinute: 1, now: 50)
    #expect(bucket.spend(now: 50) == 0)
    #expect(bucket.spend(now: 20) == 60)
    #expect(bucket.spend(now: 50) == 120)
  }
}
