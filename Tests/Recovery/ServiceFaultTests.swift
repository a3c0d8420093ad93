import Foundation
import TestSupport
import Testing

/// What a service does wrong, what the program says to it, and how it ends.
struct ServiceFault: Sendable, CustomTestStringConvertible {
  let testDescription: String
  /// What is posted to the server's control.
  var faults: [String] = []
  /// Further arguments of the server.
  var server: [String] = []
  /// Further variables of the faulty run; an empty one is unset.
  var environment: [String: String] = [:]
  /// The definition's address and key, where they are the fault.
  var address: String?
  var key = "{env: SUPPORT_KEY}"
  let code: Int32
  /// Standard error, after the sentence's beginning.
  let sentence: String

  private static let paths = "/api/public/v2/observations"

  /// A fault of the server's control, by default of the interactions.
  static func fault(
    _ id: String, _ members: String, path: String = paths, server: [String] = [], _ code: Int32,
    _ sentence: String
  ) -> ServiceFault {
    ServiceFault(
      testDescription: id, faults: [#"{"path":"\#(path)",\#(members)}"#], server: server, code: code,
      sentence: sentence)
  }

  private static let langfuse = "error: source 'support': Langfuse at 127.0.0.1:PORT"
  private static let kept = "What came before is in the lake"
  private static let goesOn = "What came before is in the lake; the next run goes on from there.\n"
  private static let pair = "the key is in the variable SUPPORT_PUBLIC_KEY and the variable SUPPORT_KEY"

  static let table: [ServiceFault] = [
    fault(
      "401", #""fault":"status","status":401"#, 1,
      "\(langfuse) does not know the key (401); \(pair). Put a valid one there; `flywheel sources test support` tries it.\n"
    ),
    fault(
      "401 in the middle", #""fault":"status","status":401,"after":2"#, 1,
      "\(langfuse) does not know the key (401); \(pair). Put a valid one there; `flywheel sources test support` tries it.\n"
    ),
    fault(
      "403", #""fault":"status","status":403"#, 1,
      "\(langfuse) knows the key but lets it not read this (403); \(pair). Give it the right to read.\n"),
    ServiceFault(
      testDescription: "404 of an old server, which is asked in its own way",
      server: ["--generation", "legacy"],
      code: 0, sentence: ""),
    fault(
      "404 everywhere", #""fault":"status","status":404"#, path: "/api/public", 1,
      "\(langfuse) has nothing at this place (404). Are `address` and `project` right? \(goesOn)"),
    fault(
      "429 with Retry-After", #""fault":"status","status":429,"retry_after":"1","after":2,"times":1"#, 0, ""),
    fault("429 without Retry-After", #""fault":"status","status":429,"after":2,"times":1"#, 0, ""),
    fault(
      "429 until the attempts are used up", #""fault":"status","status":429,"after":2"#, 75,
      "\(langfuse) still gets too many requests (429) after 2 attempts. Set a smaller `requests_per_minute`, or run it later. \(goesOn)"
    ),
    fault(
      "429 for longer than anyone waits", #""fault":"status","status":429,"retry_after":"3600","after":2"#,
      75,
      "\(langfuse) still gets too many requests (429) after 1 attempt. It asks to wait 3600 s. Set a smaller `requests_per_minute`, or run it later. \(goesOn)"
    ),
    fault("500 once", #""fault":"status","status":500,"after":1,"times":1"#, 0, ""),
    fault(
      "500 for ever", #""fault":"status","status":500,"after":1"#, 75,
      "\(langfuse) fails (500) after 2 attempts. Run it later. \(goesOn)"),
    fault(
      "503 for the feedback only", #""fault":"status","status":503"#, path: "/api/public/v3/scores", 75,
      "\(langfuse) fails (503) after 2 attempts. Run it later. \(goesOn)"),
    fault("cut in the middle of a page, once", #""fault":"cut","after":2,"times":1"#, 0, ""),
    fault(
      "cut in the middle of a page, always", #""fault":"cut","after":2"#, 75,
      "\(langfuse): the connection was cut inside an answer, 2 times. \(goesOn)"),
    fault("a page that comes twice", #""fault":"repeat_page","after":2,"times":1"#, 0, ""),
    fault(
      "a cursor that loops", #""fault":"loop_cursor","after":2"#, 1,
      "error: source 'support': the server leads in a circle: it gave the same next page of interactions twice. \(kept). The next run reads the window again.\n"
    ),
    fault("pages out of order", #""fault":"shuffle""#, 0, ""),
    ServiceFault(
      testDescription: "a row that changes between pages", server: ["--changing"], code: 0, sentence: ""),
    fault("a page of 50 MB", #""fault":"pad","bytes":50000000,"after":1,"times":1"#, 0, ""),
    fault(
      "a page over the limit", #""fault":"huge","bytes":70000000,"after":1"#, 1,
      "\(langfuse): one answer is larger than this program holds (more than 67108864 bytes). Set a smaller `page_size`. \(goesOn)"
    ),
    fault(
      "HTML", #""fault":"html","after":1"#, 1,
      "error: source 'support': the answer is no JSON but text/html. Is the address that of the API, and does nothing (a login page, a proxy) stand before it? \(kept).\n"
    ),
    fault(
      "half a document", #""fault":"garbage","after":1"#, 1,
      "error: source 'support': the answer is broken JSON, as where a proxy cuts it short. \(kept).\n"),
    ServiceFault(
      testDescription: "a certificate that nobody knows", server: ["--tls"], code: 1,
      sentence:
        "\(langfuse): its certificate is not trusted (…). Name the file of your own authority under `ca_file`. \(goesOn)"
    ),
    ServiceFault(
      testDescription: "nobody listens", address: "http://127.0.0.1:1", code: 75,
      sentence:
        "error: source 'support': Langfuse at 127.0.0.1:1: no connection (…). Is `address` right, and is it running? \(goesOn)"
    ),
    ServiceFault(
      testDescription: "no such host", environment: ["FLYWHEEL_RETRIES": "0"],
      address: "http://nowhere.invalid",
      code: 75,
      sentence:
        "error: source 'support': Langfuse at nowhere.invalid:80: the name is not known (…). Is `address` right? \(goesOn)"
    ),
    ServiceFault(
      testDescription: "a variable that is not set", environment: ["SUPPORT_KEY": ""], code: 2,
      sentence:
        "error: source 'support' needs its `key` in the variable SUPPORT_KEY, which is not set. Set it in the environment of the run, or name another variable or a file in Pipelines/sources/support.yaml.\n"
    ),
    ServiceFault(
      testDescription: "a file that others may read", key: "{file: ../../open.txt}", code: 2,
      sentence:
        "error: source 'support' needs its `key` in a file that nobody else may read; run `chmod 600 PROJECT/Pipelines/sources/../../open.txt`.\n"
    ),
    ServiceFault(
      testDescription: "a file that is not there", key: "{file: gone.txt}", code: 2,
      sentence:
        "error: source 'support' needs its `key` in the file PROJECT/Pipelines/sources/gone.txt, which cannot be read.\n"
    ),
    ServiceFault(
      testDescription: "a number of retries that is none", environment: ["FLYWHEEL_RETRIES": "many"], code: 2,
      sentence: "error: source 'support': the variable FLYWHEEL_RETRIES takes a whole number from 0 to 20.\n"),
  ]
}

/// A service that misbehaves: nothing is lost, nothing doubled, and the sentence says what to do.
@Suite("Services that fail", .enabled(if: Program.find("python3") != nil, "python3 is not installed"))
struct ServiceFaultTests {
  @Test("what is said, and that the next run ends with everything", arguments: ServiceFault.table)
  func fault(_ row: ServiceFault) async throws {
    let project = try ServiceProject()
    let server = try project.server(row.server)
    try project.write("open.txt", ServiceProject.secret)
    chmod("\(project.root)/open.txt", 0o644)
    try project.source(address: row.address ?? server.address, key: row.key)
    for fault in row.faults { try await server.control(fault) }
    let sound = project.environment
    project.environment.merge(row.environment) { $1 }
    let faulty = try project.run("run", "nightly")
    #expect(faulty.code == row.code)
    #expect(project.sentence(faulty, server) == row.sentence)
    // What is there is right, whatever is missing.
    try project.expectAll(orLess: row.code != 0)
    project.environment = sound
    if server.certificate == nil { try await server.control(#"{"clear":true}"#) }
    try project.source(
      address: server.address, more: server.certificate.map { "ca_file: \($0)\n" } ?? "")
    let second = try project.run("run", "nightly", "--json")
    #expect(second.code == 0, "\(second.errors)")
    try project.expectAll()
    let third = try project.run("run", "nightly", "--json")
    let account = try JSONDecoder().decode(AccountJSON.self, from: Data(third.output.utf8))
    #expect(account.balance.keptFeedback + account.balance.pending == 0, "a third run has nothing new")
    try project.expectNoLeaks()
  }

  @Test("a redirect to another host does not take the key along") func redirect() async throws {
    let project = try ServiceProject()
    let server = try project.server()
    let other = try project.server()
    try project.source(address: server.address)
    try await server.control(
      #"{"fault":"redirect","to":"http://localhost:\#(other.port)/api/public/v2/observations"}"#)
    let ended = try project.run("run", "nightly")
    #expect(ended.code == 1)
    #expect(
      project.sentence(ended, server, other)
        == "error: source 'support': Langfuse at localhost:OTHER does not know the key (401); the key is in the variable SUPPORT_PUBLIC_KEY and the variable SUPPORT_KEY. Put a valid one there; `flywheel sources test support` tries it.\n"
    )
    let received = try await other.requests()
    #expect(received.count == 1)
    #expect(received.allSatisfy { !$0.headers.contains("authorization") })
    #expect(try await server.requests().allSatisfy { $0.headers.contains("authorization") })
    try await server.control(#"{"clear":true}"#)
    #expect(try project.run("run", "nightly").code == 0)
    try project.expectAll()
    try project.expectNoLeaks()
  }

  @Test("rows from the future are read once, as any others") func future() async throws {
    let project = try ServiceProject()
    let ahead = Date().addingTimeInterval(3600).formatted(.iso8601)
    let server = try project.server(["--days", "0.1"], now: ahead)
    try project.source(address: server.address)
    for _ in 1...2 {
      #expect(try project.run("run", "nightly").code == 0)
      try project.expectAll()
    }
  }

  @Test("rows ahead of our clock do not take the watermark along") func ahead() async throws {
    let project = try ServiceProject()
    let server = try project.server(
      ["--days", "0.1"], now: Date().addingTimeInterval(3600).formatted(.iso8601))
    try project.source(address: server.address, more: "look_back: 10m\n")
    #expect(try project.run("run", "nightly").code == 0)
    #expect(try await server.requests().first?.query["fromStartTime"] == ["2026-06-01T00:00:00.000Z"])
    try await server.control(#"{"clear":true}"#)
    let latest = Date().addingTimeInterval(-600).formatted(.iso8601)
    #expect(try project.run("run", "nightly").code == 0)
    let start = try #require(try await server.requests().first?.query["fromStartTime"]?.first)
    #expect(start <= latest)
    try project.expectAll()
  }

  @Test("killed between pages, it goes on where it was", arguments: 0..<4)
  func killed(_ round: Int) async throws {
    var dice = Dice(UInt64(60 + round))
    let project = try ServiceProject()
    let server = try project.server(rows: 240, page: 5)
    try project.source(address: server.address)
    let moment = 4 + round * 16 + dice.below(16)
    // The page of that number does not come.
    try await server.control(#"{"fault":"slow","seconds":600,"after":\#(moment)}"#)
    let first = try project.start("run", "nightly", "--workers", "2")
    while try await server.requests().count <= moment, !first.hasEnded { usleep(2000) }
    first.kill()
    #expect(project.ended(first).code == 128 + SIGKILL)
    let before = try await server.requests().map(\.page)
    try await server.control(#"{"clear":true}"#)
    let ended = try project.run("run", "nightly", "--workers", "2")
    #expect(ended.code == 0, "\(ended.errors)")
    try project.expectAll()
    let after = try await server.requests().map(\.page)
    // A transaction holds sixteen pages; three more are on their way at two workers, and one is being asked for.
    let again = before.filter(after.contains).count
    #expect(again <= 20, "\(again) of \(before.count) pages were asked for again")
    if before.count > 20 { #expect(!after.contains(before[0])) }
    #expect(Set(after).count == after.count, "no page is asked for twice")
    #expect(try project.run("verify").code == 0)
    try project.expectNoLeaks()
  }

  @Test("of two pulls of one source at once, one does it") func together() async throws {
    let project = try ServiceProject()
    let server = try project.server()
    try project.source(address: server.address)
    try await server.control(#"{"fault":"slow","seconds":600,"after":1}"#)
    let first = try project.start("pull", "support")
    while try await server.requests().count < 2, !first.hasEnded { usleep(2000) }
    // By another pipeline, so that it is the source's own lock that holds.
    let second = try project.run("run", "nightly")
    #expect(second.code == 3)
    #expect(
      project.sentence(second, server)
        == "error: another run holds PROJECT/workspace/locks/source-support (process N). It is let go when that process ends.\n"
    )
    first.kill()
    #expect(project.ended(first).code == 128 + SIGKILL)
    try await server.control(#"{"clear":true}"#)
    #expect(try project.run("run", "nightly").code == 0)
    try project.expectAll()
  }

  @Test("of two sources one is down: the other is read, and the run ends with the first error")
  func oneDown() async throws {
    let project = try ServiceProject()
    let server = try project.server()
    try project.source("down", address: "http://127.0.0.1:1")
    try project.source(address: server.address)
    try project.source("closed", address: server.address, key: "{env: NO_SUCH_KEY}")
    try project.write("Pipelines/nightly.yaml", "steps:\n- pull: {sources: [down, support, closed]}\n")
    let ended = try project.run("run", "nightly")
    #expect(ended.code == 75)
    #expect(
      project.sentence(ended, server)
        == "error: source 'down': Langfuse at 127.0.0.1:1: no connection (…). Is `address` right, and is it running? What came before is in the lake; the next run goes on from there.\n"
    )
    try project.expectAll()
    try project.expectNoLeaks()
  }
}
