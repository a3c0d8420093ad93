import Bytes
import Foundation
import Registry
import Testing

@Suite struct FolderStoreTests {
  func mode(_ path: String) -> mode_t {
    var status = stat()
    return lstat(path, &status) == 0 ? status.st_mode & 0o777 : 0
  }

  @Test func objects() throws {
    try withFolder { (folder: String) throws in
      let store = FolderStore("\(folder)/a/registry")
      #expect(try store.list("") == [])
      #expect(try store.read("x/y.json") == nil)
      #expect(try store.create("x/y.json", [1, 2, 3]))
      #expect(try !store.create("x/y.json", [4]))
      #expect(try store.create("x/z", []))
      #expect(try store.create("w", [9]))
      #expect(try store.read("x/y.json") == [1, 2, 3])
      #expect(try store.read("x/z") == [])
      #expect(try store.read("x/y.json", range: 1..<9) == [2, 3])
      #expect(try store.size(of: "x/y.json") == 3)
      #expect(try store.size(of: "x/none") == nil)
      #expect(code { _ = try store.read("x/none", range: 0..<1) } == .missing)
      #expect(try store.list("") == ["w", "x/y.json", "x/z"])
      #expect(try store.list("x/y") == ["x/y.json"])
      #expect(try store.list("x/") == ["x/y.json", "x/z"])
      #expect(try store.list("y/") == [])
      #expect(mode("\(store.root)/x/y.json") == 0o600)
      for path in [store.root, "\(store.root)/x", "\(store.root)/tmp"] { #expect(mode(path) == 0o700) }
    }
  }

  @Test func streams() throws {
    try withFolder { (folder: String) throws in
      let store = FolderStore("\(folder)/registry")
      for (round, isFree) in [true, false].enumerated() {
        let stream = try store.createStream()
        for part in [[UInt8(round), 2], [3]] { try part.withUnsafeBytes { try stream.append($0) } }
        #expect(try store.list("tmp/").count == 1)
        #expect(try stream.commit(as: "packs/ab/x.fwp") == isFree)
        #expect(code { _ = try stream.commit(as: "packs/ab/y.fwp") } == .finished)
      }
      #expect(try store.read("packs/ab/x.fwp") == [0, 2, 3])
      #expect(mode("\(store.root)/packs/ab/x.fwp") == 0o600)
      do { _ = try store.createStream() }
      #expect(try store.list("") == ["packs/ab/x.fwp"])
    }
  }

  @Test(arguments: ["", "/x", "../x", "a/../b", "a//b", ".x", "a/.x", "a b", "a\u{1B}", "ä"])
  func refusesPaths(_ name: String) throws {
    try withFolder { (folder: String) throws in
      let store = FolderStore("\(folder)/registry")
      #expect(code { _ = try store.create(name, [1]) } == .badName)
      #expect(code { _ = try store.read(name) } == .badName)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == [])
    }
  }

  /// Two versions in a folder: `sha256sum` agrees with the names, and all modes are private.
  @Test func registryInAFolder() throws {
    try withFolder { (folder: String) throws in
      let store = FolderStore("\(folder)/registry")
      let registry = try DatasetRegistry.open(store, create: true, registryID: "r")
      try publish(registry, "d", Sample.many(300), nonce: "1")
      let reference = try publish(registry, "d", Sample.many(400), nonce: "2").reference
      #expect(try export(registry, reference.version, "train") == lines(Sample.many(400), "train"))
      let report = try registry.verify(full: true)
      #expect(report.problems == [])
      #expect(report.temporary + report.unknown + report.unreferenced == [])

      let named = try store.list("").filter {
        $0.hasPrefix("packs/") || $0.hasPrefix("manifests/") || $0.hasPrefix("versions/")
      }
      #expect(named.count >= 6)
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
      process.arguments = ["sha256sum"] + named
      process.currentDirectoryURL = URL(fileURLWithPath: store.root)
      let output = Pipe()
      process.standardOutput = output
      try process.run()
      let data = try output.fileHandleForReading.readToEnd() ?? Data()
      process.waitUntilExit()
      let sums = String(decoding: data, as: UTF8.self).split(separator: "\n")
      #expect(sums.count == named.count)
      for (name, sum) in zip(named, sums) {
        let digest = String(sum.prefix(64))
        #expect(name.split(separator: "/").last?.hasPrefix(digest + ".") == true)
        #expect(name.split(separator: "/")[1] == digest.prefix(2))
      }
      for name in try store.list("") { #expect(mode("\(store.root)/\(name)") == 0o600) }
    }
  }

  /// Eight publishers at once: each number is won by one of them, and the log has no gap.
  @Test func publishersAtOnce() async throws {
    let folder =
      FileManager.default.temporaryDirectory.path + "/registry-race-" + Hex.encode(KeyedHash.randomBytes(8))
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let registry = try DatasetRegistry.open(FolderStore(folder), create: true, registryID: "r")
    let wins = try await withThrowingTaskGroup(of: Int.self) { group in
      for publisher in 0..<8 {
        group.addTask {
          var conflicts = 0
          while true {
            do {
              _ = try publish(registry, "d", Sample.many(20 + publisher), nonce: "p\(publisher)")
              return conflicts
            } catch let error as RegistryError where error.code == .conflict {
              conflicts += 1
            }
          }
        }
      }
      return try await group.reduce(into: 0) { sum, _ in sum += 1 }
    }
    #expect(wins == 8)
    let references = try registry.references(of: "d")
    #expect(references.map(\.number) == Array(1...8))
    #expect(Set(references.map(\.nonce)).count == 8)
    #expect(try registry.verify(full: true).problems == [])
  }
}
