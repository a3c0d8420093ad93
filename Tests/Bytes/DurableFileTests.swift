import Bytes
import Foundation
import Testing

/// A folder that is gone when the value is.
private final class Folder {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.path + "/bytes-" + Hex.encode(KeyedHash.randomBytes(8))
    try DurableFile.makeFolder(path)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func at(_ name: String) -> String { "\(path)/\(name)" }

  var names: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted() }

  func mode(_ name: String) throws -> Int {
    let attributes = try FileManager.default.attributesOfItem(atPath: at(name))
    return try #require((attributes[.posixPermissions] as? NSNumber)?.intValue)
  }
}

@Suite("Durable files") struct DurableFileTests {
  @Test("a name is taken once, and what has it stays")
  func createsOnce() throws {
    let folder = try Folder()
    #expect(try DurableFile.create(folder.at("a"), Array("one".utf8)))
    #expect(try !DurableFile.create(folder.at("a"), Array("two".utf8)))
    #expect(try DurableFile.read(folder.at("a")) == Array("one".utf8))
    #expect(try folder.mode("a") == 0o600)
    #expect(folder.names == ["a"])
  }

  @Test func createsByWayOfAnotherFolder() throws {
    let folder = try Folder()
    try DurableFile.makeFolder(folder.at("tmp"))
    #expect(try DurableFile.create(folder.at("a"), [1], temporaryFolder: folder.at("tmp")))
    #expect(try !DurableFile.create(folder.at("a"), [2], temporaryFolder: folder.at("tmp")))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.at("tmp")).isEmpty)
    #expect(try DurableFile.read(folder.at("a")) == [1])
  }

  @Test("of many that create one name, one succeeds")
  func createsOnceAmongMany() async throws {
    let folder = try Folder()
    let path = folder.at("a")
    let winners = try await withThrowingTaskGroup(of: UInt8?.self) { group in
      for number in UInt8(0)..<16 {
        group.addTask { try DurableFile.create(path, [number]) ? number : nil }
      }
      var winners: [UInt8] = []
      for try await winner in group { if let winner { winners.append(winner) } }
      return winners
    }
    #expect(winners.count == 1)
    #expect(try DurableFile.read(path) == winners)
    #expect(folder.names == ["a"])
  }

  @Test func replaces() throws {
    let folder = try Folder()
    try DurableFile.replace(folder.at("a"), with: Array("one".utf8))
    try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: folder.at("a"))
    try DurableFile.replace(folder.at("a"), with: [])
    #expect(try DurableFile.read(folder.at("a")) == [])
    #expect(try folder.mode("a") == 0o600)
    #expect(folder.names == ["a"])
  }

  @Test("a name without a folder stands in the current one")
  func bareName() async {
    // In a process of its own, since the current folder is all tests'.
    await #expect(processExitsWith: .success) {
      let path =
        FileManager.default.temporaryDirectory.path + "/bytes-" + Hex.encode(KeyedHash.randomBytes(8))
      try DurableFile.makeFolder(path)
      defer { try? FileManager.default.removeItem(atPath: path) }
      #expect(FileManager.default.changeCurrentDirectoryPath(path))
      try DurableFile.replace("a", with: [1])
      #expect(try DurableFile.create("b", [2]))
      #expect(try DurableFile.read("\(path)/a") + DurableFile.read("\(path)/b") == [1, 2])
    }
  }

  @Test func makesFolders() throws {
    let folder = try Folder()
    try DurableFile.makeFolder(folder.at("a/b/c"))
    try DurableFile.makeFolder(folder.at("a/b/c"))
    try DurableFile.makeFolder(folder.at("a/b/c/"))
    for name in ["a", "a/b", "a/b/c"] { #expect(try folder.mode(name) == 0o700) }
  }

  @Test func makesNoFolderWhereAFileIs() throws {
    let folder = try Folder()
    try DurableFile.replace(folder.at("a"), with: [])
    let error = #expect(throws: FileError.self) { try DurableFile.makeFolder(folder.at("a")) }
    #expect(error == FileError("mkdir", folder.at("a"), code: ENOTDIR))
    #expect(throws: FileError.self) { try DurableFile.makeFolder(folder.at("a/b")) }
    #expect(throws: FileError("mkdir", "", code: ENOENT)) { try DurableFile.makeFolder("") }
  }

  @Test func errorsNameOperationAndPath() throws {
    let folder = try Folder()
    let error = #expect(throws: FileError.self) { try DurableFile.read(folder.at("none")) }
    #expect(error?.description == "open \(folder.at("none")): No such file or directory")
    #expect(throws: FileError.self) { try DurableFile.replace(folder.at("none/a"), with: [1]) }
    #expect(throws: FileError.self) { _ = try DurableFile.create(folder.at("none/a"), [1]) }
    #expect(folder.names == [])
  }

  @Test func readsAParts() throws {
    let folder = try Folder()
    try DurableFile.replace(folder.at("a"), with: Array("0123456789".utf8))
    let descriptor = open(folder.at("a"), O_RDONLY)
    defer { close(descriptor) }
    for (offset, count, text) in [(0, 4, "0123"), (8, 4, "89"), (10, 4, ""), (3, 0, "")] {
      #expect(
        try DurableFile.readAt(descriptor, offset: offset, count: count, path: "a") == Array(text.utf8))
    }
  }
}
