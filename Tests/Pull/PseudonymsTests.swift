import Bytes
import Catalog
import Foundation
import Testing

@testable import Pull

@Suite("Pseudonyms") struct PseudonymsTests {
  @Test("the same under one key, another under another; users and ids apart")
  func stable() {
    #expect(Pseudonyms.with(7).user("u-1") == "u-23e02e562908e3dc9d17")
    #expect(Pseudonyms.with(8).user("u-1") == "u-838ee96fa38505e94433")
    #expect(Pseudonyms.with(7).user("ann@example.com") == "u-08cda5bada96f2450a67")
    #expect(Pseudonyms.with(7).identifier("ann@example.com") == "x-8016870b4fc718d593c0")
    #expect(Pseudonyms.with(7).user("u-1") != Pseudonyms.with(7).user("U-1"))
    #expect(Set((0..<10_000).map { Pseudonyms.with(7).user("\($0)") }).count == 10_000)
  }

  @Test func keysAreLongEnough() {
    #expect(Pseudonyms(key: [UInt8](repeating: 1, count: 15)) == nil)
    #expect(Pseudonyms(key: [UInt8](repeating: 1, count: 16)) != nil)
  }

  @Test("the key is made once, private, and read again")
  func load() throws {
    let folder = try InputFolder()
    let path = folder.at("pseudonym.key")
    let first = try #require(try Pseudonyms.load(path))
    let second = try #require(try Pseudonyms.load(path))
    #expect(first.user("u-1") == second.user("u-1"))
    #expect(try DurableFile.read(path).count == 32)
    let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? NSNumber
    #expect(mode?.intValue == 0o600)
    let other = try #require(try Pseudonyms.load(folder.at("other.key")))
    #expect(other.user("u-1") != first.user("u-1"))
    try folder.write("short.key", "0123456789")
    #expect(try Pseudonyms.load(folder.at("short.key")) == nil)
    #expect(throws: FileError.self) { try Pseudonyms.load(folder.at("none/a.key")) }
  }

  @Test("many users keep their pseudonyms within a chunk")
  func inAChunk() throws {
    let log = (0..<400).map {
      #"{"id":"\#($0)","time":0,"input":"Hi","output":"Hello","user":"u-\#($0 % 7)"}"# + "\n"
    }
    let users = try Mapped(log.joined()).result.interactions.map(\.user)
    #expect(users == (0..<400).map { Pseudonyms.with(7).user("u-\($0 % 7)") })
  }
}
