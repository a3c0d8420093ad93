import Text

/// How services, proxies and programs word their errors, in lower case.
enum ErrorTexts {
  /// The longest output in bytes that is held against the beginnings: services are brief, and whoever
  /// explains is not.
  static let longest = 2_000

  /// Beginnings that only a client library or a service writes.
  private static let beginnings = LiteralSet([
    // OpenAI's and Anthropic's clients, and what they hand on.
    "error code: 4", "error code: 5", "openai.ratelimiterror", "openai.badrequesterror", "openai.apierror",
    "openai.apiconnectionerror", "openai.apitimeouterror", "openai.internalservererror",
    "openai.authenticationerror", "anthropic.ratelimiterror", "anthropic.apistatuserror",
    "anthropic.internalservererror", "litellm.", "ratelimiterror:", "apiconnectionerror:", "apitimeouterror:",
    "internalservererror:", "serviceunavailableerror:", "badrequesterror:", "authenticationerror:",
    "contextwindowexceedederror:", "overloaded_error", "rate limit reached for", "rate limit exceeded",
    "you exceeded your current quota", "incorrect api key provided", "invalid api key",
    "this model's maximum context length is", "the server had an error while processing your request",
    "that model is currently overloaded", "the model is overloaded", "the engine is currently overloaded",
    "the server is overloaded or not ready yet", "request too large for", "context_length_exceeded",
    "insufficient_quota", "model_not_found", "invalid_request_error", "resource_exhausted",
    "429 resource exhausted", "429 you exceeded", "throttlingexception", "an error occurred (throttling",
    "an error occurred (validationexception", "error communicating with openai", "error calling model",
    "googlegenerativeai error", "[googlegenerativeai error]", "error invoking model",
    // Proxies.
    "upstream connect error", "upstream request timeout", "no healthy upstream", "error code 52",
    "stream timeout", "upstream error", "http error 4", "http error 5", "httperror: 4", "httperror: 5",
    // HTTP clients.
    "econnrefused", "econnreset", "etimedout", "connect econnrefused", "read econnreset", "socket hang up",
    "fetch failed", "httpconnectionpool(", "httpsconnectionpool(", "('connection aborted.'", "read timed out",
    "max retries exceeded with url", "request failed with status code", "axioserror:", "curl: (",
  ])

  /// Whole outputs, a full stop at their end left out.
  private static let wholes: [StaticString] = [
    "internal server error", "500 internal server error", "502 bad gateway", "bad gateway",
    "503 service unavailable", "service unavailable", "503 service temporarily unavailable",
    "service temporarily unavailable", "504 gateway timeout", "504 gateway time-out", "gateway timeout",
    "gateway time-out", "429 too many requests", "too many requests", "413 request entity too large",
    "413 payload too large", "400 bad request", "401 unauthorized", "403 forbidden", "404 not found",
    "connection error", "connection refused", "connection reset by peer", "connection timed out",
    "request timed out", "request timeout", "timeout", "timed out", "the request timed out", "timeouterror",
    "error", "an error occurred", "an unexpected error occurred", "unknown error", "server error",
    "error: internal server error", "error: request timed out", "error: connection error", "overloaded",
    "something went wrong", "error: timeout", "error: 500", "error: 429", "error: 503", "error: 502",
    "error generating response", "error: failed to fetch", "failed to fetch", "network error",
    "no response from model", "no response", "internal error", "error processing request",
  ]

  /// Whether the trimmed output is an error of a service that the conversation does not speak of.
  static func isServiceError(_ body: UnsafeRawBufferPointer, in conversation: UnsafeRawBufferPointer) -> Bool
  {
    guard body.count <= longest else { return false }
    if let phrase = beginnings.first(in: body, at: 0) {
      return ASCIIText.find(phrase, in: conversation) == nil
    }
    if body.first == 0x7B { return isErrorObject(body) && ASCIIText.find("error", in: conversation) == nil }
    guard body.count <= 60 else { return false }
    var end = body.count
    while end > 0, body[end - 1] == 0x2E || body[end - 1] == 0x21 { end -= 1 }
    let bare = UnsafeRawBufferPointer(rebasing: body[..<end])
    guard
      let phrase = wholes.first(where: { $0.utf8CodeUnitCount == end && ASCIIText.has($0, in: bare, at: 0) })
    else { return false }
    return ASCIIText.find(phrase, in: conversation) == nil
  }

  /// Whether an object is an error as services answer it: `{"error":{"message":…}}`, `{"type":"error",…}`,
  /// `{"object":"error",…}`, `{"message":"Internal server error"}`.
  private static func isErrorObject(_ body: UnsafeRawBufferPointer) -> Bool {
    guard body.last == 0x7D else { return false }
    func behind(_ literal: StaticString, _ place: Int) -> Int? {
      guard ASCIIText.has(literal, in: body, at: place) else { return nil }
      var at = place + literal.utf8CodeUnitCount
      while at < body.count, ASCIIText.isSpace(body[at]) { at += 1 }
      return at
    }
    guard let key = behind("{", 0) else { return false }
    if let colon = behind("\"error\"", key), let value = behind(":", colon), body[value] == 0x7B {
      let inner = UnsafeRawBufferPointer(rebasing: body[value...])
      let names: [StaticString] = ["\"type\"", "\"code\"", "\"status\"", "\"param\""]
      return ASCIIText.find("\"message\"", rare: 0, in: inner) != nil
        && names.contains { ASCIIText.find($0, rare: 0, in: inner) != nil }
    }
    for name: StaticString in ["\"type\"", "\"object\""] {
      if let colon = behind(name, key), let value = behind(":", colon), behind("\"error\"", value) != nil {
        return true
      }
    }
    if let colon = behind("\"message\"", key), let value = behind(":", colon) {
      return ASCIIText.has("\"internal server error\"", in: body, at: value)
        || ASCIIText.has("\"endpoint request timed out\"", in: body, at: value)
    }
    return false
  }

  /// Whether the output is an error page of a web server or of Cloudflare: a document whose title is a
  /// status.
  static func isErrorPage(_ body: UnsafeRawBufferPointer) -> Bool {
    guard ASCIIText.hasAny(of: ["<html", "<!doctype html"], in: body, at: 0) else { return false }
    let head = UnsafeRawBufferPointer(rebasing: body.prefix(longest))
    if ASCIIText.find("cf-error-details", in: head) != nil || ASCIIText.find("<center>nginx", in: head) != nil
    {
      return true
    }
    guard let title = ASCIIText.find("<title>", rare: 0, in: head) else { return false }
    var place = title + 7
    while place < head.count, ASCIIText.isSpace(head[place]) { place += 1 }
    let words: [StaticString] = [
      "error 4", "error 5", "attention required! | cloudflare", "just a moment", "access denied",
      "service unavailable", "bad gateway", "internal server error", "gateway time", "application error",
    ]
    if ASCIIText.hasAny(of: words, in: head, at: place) { return true }
    guard place + 3 < head.count, head[place] == 0x34 || head[place] == 0x35 else { return false }
    return head[place + 1] &- 0x30 < 10 && head[place + 2] &- 0x30 < 10 && head[place + 3] &- 0x30 >= 10
  }

  private static let traceBeginnings = LiteralSet([
    "traceback (most recent call last):", "exception in thread \"", "panic: ", "thread 'main' panicked at",
    "fatal error: ", "unhandled exception. ", "uncaught exception", "goroutine 1 [", "node:internal/",
    "java.lang.", "java.io.", "org.springframework.", "typeerror: ", "referenceerror: ", "syntaxerror: ",
    "error: ",
  ])
  private static let traceLines: [StaticString] = [
    "at ", "file \"", "caused by: ", "goroutine ", "created by ", "exit status ", "... ",
    "during handling of",
    "the above exception was", "traceback (", "stack backtrace", "note: run with", "node.js v", "panic",
  ]

  /// Whether the output is a stack trace and nothing else: a first line as languages begin one, and of the
  /// further lines at least one frame, and none that is a sentence.
  static func isStackTrace(_ body: UnsafeRawBufferPointer) -> Bool {
    guard traceBeginnings.first(in: body, at: 0) != nil else { return false }
    var place = 0
    var number = 0
    var frames = 0
    var sentences = 0
    while place < body.count {
      var end = place
      while end < body.count, body[end] != 0x0A { end += 1 }
      let line = ASCIIText.trimmed(UnsafeRawBufferPointer(rebasing: body[place..<end]))
      let isIndented = end > place && (body[place] == 0x20 || body[place] == 0x09)
      if number > 0, !line.isEmpty {
        if ASCIIText.hasAny(of: traceLines, in: line, at: 0) || isIndented {
          frames += ASCIIText.hasAny(of: ["at ", "file \"", "goroutine "], in: line, at: 0) ? 1 : 0
        } else if !isErrorLine(line) {
          sentences += 1
        }
      }
      number += 1
      place = end + 1
    }
    return frames > 0 && sentences == 0
  }

  /// Whether a line names an error (`ValueError: …`) or a place in code (`main.main()`, `/app/x.go:12`).
  private static func isErrorLine(_ line: UnsafeRawBufferPointer) -> Bool {
    var place = 0
    while place < line.count, line[place] != 0x3A, line[place] != 0x28, !ASCIIText.isSpace(line[place]) {
      place += 1
    }
    return place == line.count || line[place] == 0x3A || line[place] == 0x28
  }
}
