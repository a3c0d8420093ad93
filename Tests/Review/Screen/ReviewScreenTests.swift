import Records
import Testing

@testable import Review

@Suite("Review screen: work") struct ReviewScreenTests {
  @Test("one key answers, and the next item is there") func oneKey() throws {
    let bench = try Bench()
    #expect(bench.text.contains("question 1"))
    try bench.type("g")
    #expect(bench.desk.answers[1]?.labels == ["good"])
    #expect(bench.text.contains("question 2"))
    try bench.type("2")
    #expect(bench.desk.answers[2]?.labels == ["bad"])
  }

  @Test("reasons are marked before, and may be added after") func reasons() throws {
    let bench = try Bench()
    try bench.type("wb")
    #expect(bench.desk.answers[1]?.reasons == ["wrong"])
    try bench.type("oog")
    #expect(bench.desk.answers[2]?.reasons == [])
    // Opened again, an answer takes other reasons with Enter.
    try bench.press(.character("l"), .home, .enter)
    #expect(bench.text.contains("you answered it"))
    try bench.press(.character("o"), .enter)
    #expect(bench.desk.answers[1]?.labels == ["bad"])
    #expect(bench.desk.answers[1]?.reasons == ["wrong", "tone"])
  }

  @Test("several labels are marked, and Enter answers") func multiple() throws {
    let bench = try Bench { $0.isMultiple = true }
    try bench.press(.enter)
    #expect(bench.text.contains("choose an answer first"))
    try bench.type("gub")
    #expect(bench.text.contains("good ✓"))
    try bench.type("g")
    try bench.press(.enter)
    #expect(bench.desk.answers[1]?.labels == ["bad", "unclear"])
  }

  @Test("a preference names the output that stood there", arguments: [false, true]) func prefer(
    _ turned: Bool
  ) throws {
    let bench = try Bench(.prefer)
    bench.desk.isTurned = turned
    try bench.type("=")
    try bench.type("1")
    try bench.type("2")
    #expect(bench.desk.answers[1]?.labels == ["tie"])
    #expect(bench.desk.answers[2]?.labels == [turned ? "second" : "first"])
    #expect(bench.desk.answers[3]?.labels == [turned ? "first" : "second"])
  }

  @Test("two outputs stand side by side where there is room") func sides() throws {
    let wide = try Bench(.prefer, width: 100)
    #expect(wide.text.contains("output A"))
    #expect(wide.screen.draw().text.contains { $0.contains("first output") && $0.contains("second output") })
    let narrow = try Bench(.prefer, width: 70)
    #expect(
      !narrow.screen.draw().text.contains { $0.contains("first output") && $0.contains("second output") })
  }

  @Test("accept and reject") func accept() throws {
    let bench = try Bench(.accept)
    #expect(bench.text.contains("candidate"))
    try bench.type("ar")
    #expect(bench.desk.answers[1]?.labels == ["accept"])
    #expect(bench.desk.answers[2]?.labels == ["reject"])
  }

  @Test("people's answers stand side by side by letters") func adjudicate() throws {
    let content = ReviewContent(
      input: [], outputs: [ReviewMessage(role: "assistant", text: Array("x".utf8))],
      opinions: [
        ReviewOpinion(alias: "A", labels: ["good"], reasons: [], note: nil),
        ReviewOpinion(alias: "B", labels: ["bad"], reasons: ["tone"], note: Array("rude\u{1B}[1m".utf8)),
      ])
    let bench = try Bench(.adjudicate, [content])
    #expect(bench.screen.draw().text.contains { $0.contains("A  good") && $0.contains("B  bad") })
    #expect(bench.text.contains("rude^[[1m"))
    try bench.type("b")
    #expect(bench.desk.answers[1]?.labels == ["bad"])
  }

  // MARK: Corrections

  @Test("a correction is written, looked at and saved") func correct() throws {
    let bench = try Bench(.correct) { $0.reasons = [] }
    try bench.type("e")
    try bench.press(.end)
    try bench.type("!漢字")
    try bench.press(.control("s"))
    #expect(bench.text.contains("What your correction changes"))
    #expect(bench.text.contains("+ the output!漢字"))
    #expect(bench.desk.answers.isEmpty)
    try bench.press(.enter)
    #expect(bench.desk.answers[1]?.labels == ["corrected"])
    #expect(bench.desk.answers[1]?.correction == "the output!漢字")
    #expect(bench.text.contains("question 2"))
  }

  @Test("Esc keeps what was written; nothing is answered by mistake") func keeps() throws {
    let bench = try Bench(.correct) { $0.reasons = [] }
    try bench.type("e")
    try bench.type("New ")
    try bench.press(.escape)
    #expect(bench.text.contains("your correction, not saved yet"))
    try bench.type("g")
    #expect(bench.desk.answers.isEmpty)
    try bench.press(.enter, .escape, .enter, .enter)
    #expect(bench.desk.answers[1]?.correction == "New the output")
  }

  @Test("what has not changed is no correction") func unchanged() throws {
    let bench = try Bench(.correct) { $0.reasons = [] }
    try bench.press(.character("e"), .control("s"))
    #expect(bench.text.contains("nothing has changed"))
    try bench.type("g")
    #expect(bench.desk.answers[1]?.labels == ["fine"])
  }

  @Test("what an editor left is shown before it is saved, without the line end it added") func external()
    throws
  {
    let bench = try Bench(.correct) { $0.reasons = [] }
    try bench.type("E")
    #expect(bench.screen.request == .editor("the output"))
    try bench.screen.editorReturned("a better output\n")
    #expect(bench.text.contains("+ a better output"))
    try bench.press(.enter)
    #expect(bench.desk.answers[1]?.correction == "a better output")
    try bench.screen.editorReturned(nil)
    #expect(bench.text.contains("nothing has changed"))
  }

  @Test("a resize while editing loses nothing", arguments: [(60, 20), (200, 60), (30, 5)])
  func resizes(_ size: (Int, Int)) throws {
    let bench = try Bench(.correct) { $0.reasons = [] }
    try bench.press(.character("e"), .end)
    try bench.type(" and more 漢字")
    bench.screen.resize(width: size.0, height: size.1)
    let seen = bench.text
    #expect(
      size.0 < 60 ? seen.contains("The review needs 60 by 20") : seen.contains("the output and more 漢字"))
    try bench.type("!")
    bench.screen.resize(width: 80, height: 24)
    try bench.press(.control("s"), .enter)
    #expect(bench.desk.answers[1]?.correction == "the output and more 漢字!")
  }

  @Test("what is pasted is text in an editor, and no keys elsewhere") func paste() throws {
    let bench = try Bench(.correct) { $0.reasons = [] }
    try bench.press(.paste("gggq"))
    #expect(bench.desk.answers.isEmpty && !bench.screen.isFinished)
    #expect(bench.text.contains("what was pasted is left out"))
    try bench.press(.character("e"), .paste("one\ntwo "), .control("s"), .enter)
    #expect(bench.desk.answers[1]?.correction == "one\ntwo the output")
  }

  // MARK: Undo, skip, notes

  @Test("undo and redo go as far as there is something") func undo() throws {
    let bench = try Bench()
    try bench.type("gbu")
    try bench.type("zzz")
    #expect(bench.desk.answers.isEmpty)
    #expect(bench.text.contains("question 1"))
    try bench.type("z")
    #expect(bench.text.contains("there is nothing to take back"))
    try bench.type("yyy")
    #expect(bench.desk.answers[1]?.labels == ["good"])
    #expect(bench.desk.answers[3]?.labels == ["unclear"])
    #expect(bench.text.contains("question 4"))
    try bench.type("y")
    #expect(bench.text.contains("there is nothing to bring back"))
  }

  @Test("a correction that is taken back is there again") func undoesCorrection() throws {
    let bench = try Bench(.correct) { $0.reasons = [] }
    try bench.press(.character("e"), .character("N"), .control("s"), .enter, .character("z"))
    #expect(bench.text.contains("Nthe output"))
    try bench.press(.enter, .enter)
    #expect(bench.desk.answers[1]?.correction == "Nthe output")
  }

  @Test("a skip wants a reason") func skip() throws {
    let bench = try Bench()
    try bench.type("s")
    #expect(bench.text.contains("cannot tell"))
    try bench.type("2")
    #expect(bench.desk.skips == ["outside my field"])
    try bench.type("s5")
    try bench.type("my own")
    try bench.press(.enter)
    #expect(bench.desk.skips == ["outside my field", "my own"])
    try bench.press(.character("s"), .escape, .character("g"))
    #expect(bench.desk.answers[3]?.labels == ["good"])
  }

  @Test("notes and flags") func notes() throws {
    let bench = try Bench()
    try bench.type("nsee 4711")
    try bench.press(.enter)
    try bench.type("f")
    #expect(bench.desk.notes == ["see 4711"])
    #expect(bench.desk.flags == [1])
    #expect(bench.text.contains("flagged") && bench.text.contains("1 note"))
    #expect(bench.text.contains("your notes") && bench.text.contains("▎ see 4711"))
    try bench.type("f")
    #expect(bench.desk.flags.isEmpty)
  }

  // MARK: Suggestions

  @Test(
    "suggestions are hidden, shown before, or shown after, as the queue says",
    arguments: SuggestionPolicy.allCases)
  func suggestions(_ policy: SuggestionPolicy) throws {
    let bench = try Bench { $0.suggestions = policy }
    bench.desk.said = ReviewSuggestion(label: "bad", probability: 0.83)
    try bench.type("z")
    let first = try Bench { $0.suggestions = policy }
    #expect(first.desk.exposed == (policy == .before ? [1] : []))
    try bench.type("g")
    switch policy {
    case .hidden:
      #expect(bench.desk.exposed.isEmpty)
      #expect(!bench.text.contains("models"))
      try bench.type("v")
      #expect(bench.text.contains("this queue hides suggestions"))
      #expect(bench.desk.exposed.isEmpty)
    case .after:
      #expect(bench.text.contains("you: good · models: bad (0.83)"))
      #expect(bench.text.contains("question 1"))
      // The lease ended with the answer, and is not missed.
      bench.desk.isLost = true
      bench.milliseconds += 2_000_000
      try bench.type("b")
      bench.desk.isLost = false
      #expect(bench.desk.answers.count == 1)
      #expect(bench.text.contains("question 2"))
    case .before:
      #expect(bench.text.contains("models: bad (0.83)"))
      try bench.type("v")
      #expect(!bench.text.contains("models: bad"))
    }
  }

  @Test("a labeler who is paused is told so politely") func goldPause() throws {
    let bench = try Bench()
    bench.desk.pauseAfter = 2
    try bench.type("gg")
    #expect(
      bench.text.contains("Of your last 10 answers that could be checked, 3 agreed"))
    #expect(!bench.text.contains("question"))
    try bench.type("gb")
    #expect(bench.desk.answers.count == 2)
    try bench.type("q")
    #expect(bench.screen.isFinished)
  }

  // MARK: Time and leases

  @Test("time without a key counts up to the cut-off") func active() throws {
    let bench = try Bench { $0.idle = 10 }
    bench.milliseconds += 4_000
    try bench.press(.down)
    bench.milliseconds += 500_000
    try bench.type("g")
    #expect(bench.desk.answers[1]?.active == 14_000)
    bench.milliseconds += 3_000
    try bench.type("g")
    #expect(bench.desk.answers[2]?.active == 3_000)
  }

  @Test("a pause hides the text, stops the time and gives the item back") func pause() throws {
    let bench = try Bench()
    bench.milliseconds += 2_000
    try bench.type("p")
    #expect(!bench.text.contains("question 1") && !bench.text.contains("the output"))
    #expect(bench.desk.released == [1])
    bench.milliseconds += 50_000
    try bench.type("g")
    #expect(bench.desk.answers.isEmpty)
    bench.milliseconds += 1_000
    try bench.type("g")
    #expect(bench.desk.answers[1]?.active == 3_000)
  }

  @Test("a draft comes through a pause, or is shown where the item is gone", arguments: [false, true])
  func pauseWithDraft(_ isLost: Bool) throws {
    let bench = try Bench(.correct) { $0.reasons = [] }
    try bench.press(.character("e"), .character("N"), .escape, .character("p"))
    bench.desk.isLost = isLost
    try bench.type("x")
    #expect(bench.text.contains("Nthe output"))
    #expect(bench.text.contains("yours no longer") == isLost)
  }

  @Test("keys keep the lease, silence does not") func heartbeat() throws {
    let bench = try Bench { $0.lease = 100 }
    bench.milliseconds += 20_000
    try bench.press(.down)
    #expect(bench.desk.extended == 0)
    bench.milliseconds += 6_000
    try bench.press(.down)
    #expect(bench.desk.extended == 1)
    bench.milliseconds += 60_000
    _ = try bench.screen.tick()
    #expect(bench.desk.extended == 1)
  }

  @Test("a lost lease is told at the next key, and an answer to it is not taken for one of the next item")
  func lost() throws {
    let bench = try Bench { $0.lease = 100 }
    bench.milliseconds += 200_000
    bench.desk.isLost = true
    bench.desk.done = [1]
    try bench.type("g")
    #expect(bench.desk.answers.isEmpty)
    #expect(bench.text.contains("nothing was stored"))
    #expect(bench.text.contains("question 2"))
  }

  @Test("a correction whose lease is lost stays in view") func lostDraft() throws {
    let bench = try Bench(.correct) { $0.reasons = [] }
    try bench.type("e")
    try bench.type("Mine: ")
    bench.desk.isLost = true
    try bench.press(.control("s"), .enter)
    #expect(bench.text.contains("yours no longer"))
    #expect(
      bench.screen.draw().text.contains("Mine: the output"), "the text stands alone in its row, to be copied")
    try bench.type("E")
    #expect(bench.screen.request == .editor("Mine: the output"))
  }

  @Test("leaving gives the item back; an unsaved correction asks once more") func leave() throws {
    let bench = try Bench(.correct) { $0.reasons = [] }
    try bench.press(.character("e"), .character("N"), .escape, .character("q"))
    #expect(!bench.screen.isFinished)
    #expect(bench.text.contains("your correction is not saved"))
    try bench.press(.down, .character("q"))
    #expect(!bench.screen.isFinished)
    try bench.type("q")
    #expect(bench.screen.isFinished)
    #expect(bench.desk.released == [1])
  }

  @Test("at the end there is nothing left") func end() throws {
    let bench = try Bench()
    try bench.type("ggggggggg")
    #expect(bench.text.contains("Nothing left for you here"))
    _ = try bench.screen.tick()
    #expect(bench.text.contains("9/9"))
    try bench.type("z")
    #expect(bench.text.contains("question 9"))
  }
}
