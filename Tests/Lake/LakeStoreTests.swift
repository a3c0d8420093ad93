import Bytes
import Foundation
import Lake
import Records
import Testing

@Suite struct LakeStoreTests {
  let folder: TemporaryFolder
  let store: LakeStore

  init() throws {
    folder = try TemporaryFolder()
    store = LakeStore(folder: folder.path + "/lake")
  }

  @Test func unreferenced() throws {
    #expect(try store.unreferenced(known: []) == [])
    let session = try store.beginSession(id: "one")
    var paths: [String] = []
    for (table, day) in [
      (LakeTable.quarantine, "2026-11-20"), (.feedback, "2026-11-21"), (.feedback, "2026-11-20"),
    ] {
      let writer = try session.writer(table: table, day: day)
      try writer.append(try Sample.frame(2))
      paths.append(try writer.seal().relativePath)
    }
    try Data().write(to: URL(fileURLWithPath: store.folder + "/feedback/2026-11-20/notes.txt"))
    #expect(try store.unreferenced(known: []) == [paths[2], paths[1], paths[0]])
    #expect(try store.unreferenced(known: [paths[1]]) == [paths[2], paths[0]])
    try store.remove(segment: paths[2])
    #expect(try store.unreferenced(known: [paths[1], "feedback/2026-11-20/gone.jsonl.lz4"]) == [paths[0]])
    #expect(throws: LakeError(.missing, segment: paths[2])) { try store.remove(segment: paths[2]) }
  }

  @Test func sessionsOfTheDeadAreRemoved() throws {
    #expect(try store.removeDeadSessions() == 0)
    let session = try store.beginSession(id: "alive")
    let writer = try session.writer(table: .interactions, day: "2026-11-20")
    try writer.append(try Sample.frame(2))
    // What a killed process leaves: a folder whose lock nobody holds, or one without a lock yet.
    for name in ["dead", "half"] { try DurableFile.makeFolder("\(store.folder)/tmp/\(name)") }
    for name in ["dead/lock", "dead/1.jsonl.lz4"] {
      try Data([1]).write(to: URL(fileURLWithPath: "\(store.folder)/tmp/\(name)"))
    }
    #expect(try store.removeDeadSessions() == 2)
    #expect(try store.removeDeadSessions() == 0)
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: store.folder + "/tmp").sorted() == [
        ".guard", "alive",
      ])
    #expect(throws: LakeError(.sessionHeld, segment: "alive")) { try store.beginSession(id: "alive") }
    #expect(try writer.seal().records == 2)
    session.finish()
    #expect(access(store.folder + "/tmp/alive", F_OK) != 0)
    #expect(throws: LakeError(.closed, segment: "alive")) {
      try session.writer(table: .interactions, day: "2026-11-20")
    }
  }

  @Test func aLeftOverSessionOfTheSameNameIsEmptied() throws {
    try DurableFile.makeFolder(store.folder + "/tmp/again")
    for name in ["lock", "1.jsonl.lz4"] {
      try Data([1]).write(to: URL(fileURLWithPath: "\(store.folder)/tmp/again/\(name)"))
    }
    let writer = try store.beginSession(id: "again").writer(table: .interactions, day: "2026-11-20")
    try writer.append(try Sample.frame(2))
    #expect(try writer.seal().records == 2)
  }

  @Test func writersThatAreNotSealedLeaveNothing() throws {
    let session = try store.beginSession(id: "one")
    let temporary = store.folder + "/tmp/one"
    func files() throws -> [String] {
      try FileManager.default.contentsOfDirectory(atPath: temporary).sorted()
    }
    let discarded = try session.writer(table: .interactions, day: "2026-11-20")
    try discarded.append(try Sample.frame(2))
    #expect(try files() == ["1.jsonl.lz4", "lock"])
    discarded.discard()
    #expect(try files() == ["lock"])
    let closed = LakeError(.closed, segment: "interactions/2026-11-20")
    #expect(throws: closed) { try discarded.append(try Sample.frame(2)) }
    #expect(throws: closed) { try discarded.seal() }
    #expect(throws: LakeError(.empty, segment: "interactions/2026-11-20")) {
      try session.writer(table: .interactions, day: "2026-11-20").seal()
    }
    _ = try session.writer(table: .interactions, day: "2026-11-20")
    #expect(try files() == ["lock"])
    #expect(try store.unreferenced(known: []) == [])
  }

  @Test func filesArePrivate() throws {
    let segment = try Sample.segment(in: store)
    let path = "\(store.folder)/\(segment.relativePath)"
    func mode(_ path: String) throws -> Int {
      try #require(FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int)
    }
    #expect(try mode(path) == 0o600)
    #expect(try mode((path as NSString).deletingLastPathComponent) == 0o700)
  }

  @Test(arguments: [
    "", "interactions", "interactions/2026-11-20/x.jsonl.lz4",
    "../2026-11-20/\(String(repeating: "a", count: 64)).jsonl.lz4",
    "interactions/../\(String(repeating: "a", count: 64)).jsonl.lz4",
    "interactions/2026-11-20/\(String(repeating: "A", count: 64)).jsonl.lz4",
    "interactions/2026-11-20/\(String(repeating: "a", count: 64)).jsonl",
  ])
  func pathsRefused(_ path: String) {
    #expect(throws: LakeError(.badName, segment: path)) { try store.open(segment: path) }
    #expect(throws: LakeError(.badName, segment: path)) { try store.verify(segment: path) }
    #expect(throws: LakeError(.badName, segment: path)) { try store.remove(segment: path) }
  }

  @Test(arguments: ["", ".", "..", "a/b", ".hidden", "a b", String(repeating: "a", count: 129)])
  func sessionNamesRefused(_ name: String) {
    #expect(throws: LakeError(.badName, segment: name)) { try store.beginSession(id: name) }
  }

  @Test(arguments: ["", "today", "2026-11-2", "2026/11/20", "../../../x"])
  func daysRefused(_ day: String) throws {
    let session = try store.beginSession(id: "one")
    #expect(throws: LakeError(.badName, segment: "feedback/\(day)")) {
      try session.writer(table: .feedback, day: day)
    }
  }

  @Test func aSegmentThatIsNotThere() throws {
    let path = "interactions/2026-11-20/\(String(repeating: "a", count: 64)).jsonl.lz4"
    #expect(throws: LakeError(.missing, segment: path)) { try store.open(segment: path) }
    #expect(try store.verify(segment: path) == [LakeError(.missing, segment: path)])
  }
}
