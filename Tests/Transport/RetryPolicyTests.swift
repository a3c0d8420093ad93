import Testing

@testable import Transport

@Suite("Retry policy") struct RetryPolicyTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let id: String
    var code = TransportError.Code.status
    var status: Int?
    var retryAfter: Double?
    var attempt = 1
    var isIdempotent = true
    var random = 0.5
    let wait: Double?
    var testDescription: String { id }
  }

  @Test(arguments: [
    Case(id: "first", status: 500, wait: 0.25),
    Case(id: "doubles", status: 502, attempt: 2, wait: 0.5),
    Case(id: "doubles again", status: 504, attempt: 4, wait: 2),
    Case(id: "the last attempt", status: 500, attempt: 10, wait: nil),
    Case(id: "at most the longest", status: 500, attempt: 9, random: 0.999, wait: 29.97),
    Case(id: "at least nothing", status: 500, random: 0, wait: 0),
    Case(id: "429", status: 429, wait: 0.25),
    Case(id: "Retry-After comes first", status: 429, retryAfter: 7, wait: 7.25),
    Case(id: "Retry-After 0", status: 503, retryAfter: 0, wait: 0.25),
    Case(id: "longest Retry-After", status: 503, retryAfter: 300, wait: 300.25),
    Case(id: "Retry-After too long", status: 503, retryAfter: 301, wait: nil),
    Case(id: "408", status: 408, wait: 0.25), Case(id: "425", status: 425, wait: 0.25),
    Case(id: "400", status: 400, wait: nil), Case(id: "401", status: 401, wait: nil),
    Case(id: "404", status: 404, retryAfter: 1, wait: nil), Case(id: "501", status: 501, wait: nil),
    Case(id: "302", status: 302, wait: nil), Case(id: "no status", status: nil, wait: nil),
    Case(id: "resolve", code: .resolve, wait: 0.25), Case(id: "connect", code: .connect, wait: 0.25),
    Case(id: "timeout", code: .timeout, wait: 0.25), Case(id: "cut", code: .cut, status: 200, wait: 0.25),
    Case(id: "tls", code: .tls, wait: nil),
    Case(id: "too large", code: .bodyTooLarge, status: 500, wait: nil),
    Case(id: "cancelled", code: .cancelled, wait: nil),
    Case(id: "once: connect", code: .connect, isIdempotent: false, wait: 0.25),
    Case(id: "once: timeout", code: .timeout, isIdempotent: false, wait: nil),
    Case(id: "once: cut", code: .cut, isIdempotent: false, wait: nil),
    Case(id: "once: 500", status: 500, isIdempotent: false, wait: nil),
    Case(id: "once: 429", status: 429, isIdempotent: false, wait: 0.25),
    Case(id: "once: 503", status: 503, isIdempotent: false, wait: nil),
    Case(id: "once: 503 with Retry-After", status: 503, retryAfter: 2, isIdempotent: false, wait: 2.25),
  ])
  func waits(_ item: Case) {
    let error = TransportError(item.code, host: "h:1", status: item.status, retryAfter: item.retryAfter)
    let wait = RetryPolicy(attempts: 10).wait(
      after: error, attempt: item.attempt, isIdempotent: item.isIdempotent, random: item.random)
    #expect(wait == item.wait)
  }

  @Test("an error is its facts") func description() {
    let error = TransportError(.status, host: "h:443", status: 429, retryAfter: 599.5, attempts: 5)
    #expect("\(error)" == "h:443: status 429, retry after 600 s (5 attempts)")
    #expect("\(TransportError(.badURL, host: ""))" == "badURL")
    #expect("\(TransportError(.cut, host: "h:1", status: 200, detail: "why"))" == "h:1: cut, status 200, why")
  }
}
