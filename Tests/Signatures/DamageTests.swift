import Bytes
import Foundation
import Records
import Testing
import Text

@testable import Signatures

@Suite("Damaged runs") struct DamageTests {
  let folder: TemporaryFolder
  private static let documents = Sample.families(60, members: 5, seed: 11)
  private static let others = Sample.families(9, members: 2, seed: 12)
  let name: String
  let bytes: [UInt8]
  let layout: RunLayout

  /// The run, written once and put into each test's folder.
  private static let sealed = Result {
    let folder = try TemporaryFolder()
    let name = try #require(try folder.index().write(documents)?.name)
    return (name: name, bytes: try DurableFile.read(folder.file(name)))
  }

  init() throws {
    folder = try TemporaryFolder()
    (name, bytes) = try Self.sealed.get()
    layout = try #require(RunFooter(Array(bytes.suffix(RunFormat.footerBytes)))).layout
    try DurableFile.replace(folder.file(name), with: bytes)
  }

  private func damage(_ body: (inout [UInt8]) -> Void) throws {
    var damaged = bytes
    body(&damaged)
    try DurableFile.replace(folder.file(name), with: damaged)
  }

  private func error(_ code: SignatureError.Code, _ part: String = "") -> SignatureError {
    SignatureError(code, folder.file(name), part: part)
  }

  @Test func partsFillTheFile() throws {
    #expect(layout.fileBytes == bytes.count)
    #expect(layout.documents == 300)
    #expect(layout.banded == 300)
    #expect(try SignatureIndex.verify(folder: folder.path, run: name) == [])
  }

  @Test("a flipped bit is found where it is", arguments: 0..<RunPart.count)
  func flips(_ part: Int) throws {
    for place in [0, layout.lengths[part] / 2, layout.lengths[part] - 1] {
      try damage { $0[layout.offsets[part] + place] ^= 16 }
      let found = try SignatureIndex.verify(folder: folder.path, run: name)
      let expected = error(.damaged, RunPart.name(part))
      // What is checked on opening hides the rest.
      let isOpened = part != RunPart.blocks && part != RunPart.filter
      #expect(found == (isOpened ? [error(.nameDiffers), expected] : [expected]))
      guard isOpened else {
        #expect(throws: expected) { try folder.index([name]) }
        continue
      }
      // A merge never copies damage; buckets are made anew.
      let index = try folder.index([name])
      if part < RunPart.count - 1, !RunPart.name(part).hasSuffix("buckets") {
        let thrown = #expect(throws: SignatureError.self) { try index.merge([name]) }
        #expect(thrown?.code == .damaged)
        #expect(thrown?.part == RunPart.name(part) || part == RunPart.places)
      } else {
        #expect(try index.merge([name]).name == name)
      }
    }
  }

  @Test("lookups see damage of what they read")
  func lookups() throws {
    try damage { $0[layout.offsets[RunPart.hashes] + 16 * 3] ^= 1 }
    let index = try folder.index([name])
    #expect(throws: error(.damaged, "hashes")) {
      for document in Self.documents { _ = try index.contains(document.content) }
    }
    for part in [RunPart.sketches, RunPart.places] {
      try damage { bytes in
        for place in stride(from: 8, to: layout.lengths[part], by: 16) {
          bytes[layout.offsets[part] + place] ^= 1
        }
      }
      var forest = ClusterForest()
      let index = try folder.index([name])
      let thrown = #expect(throws: SignatureError.self) { try index.rebuild(into: &forest, threshold: 0.7) }
      #expect(thrown?.code == .damaged)
    }
  }

  @Test("bands that point nowhere")
  func wildBands() throws {
    for part in [RunPart.entries(3), RunPart.buckets(3)] {
      try damage { bytes in
        for place in 0..<layout.lengths[part] { bytes[layout.offsets[part] + place] = 0xFF }
      }
      var index = try folder.index([name])
      let other = try #require(try folder.index().write(Self.documents + Self.others)?.name)
      try index.add(other)
      var forest = ClusterForest()
      let searched = part == RunPart.entries(3) ? name : other
      #expect(throws: error(.damaged, RunPart.name(part))) {
        try index.pairs(of: searched, into: &forest, threshold: 0.7)
      }
    }
  }

  @Test("a cut file", arguments: [0, 1, 15, 16, 500, 776, 5000, -1, -8, -16, -760, -761, -20_000])
  func cuts(_ place: Int) throws {
    try damage { $0.removeLast(place < 0 ? -place : $0.count - place) }
    let thrown = #expect(throws: SignatureError.self) { try folder.index([name]) }
    #expect(thrown?.code == (place < 777 && place >= 0 ? .foreign : .damaged))
    #expect(try SignatureIndex.verify(folder: folder.path, run: name) == [try #require(thrown)])
  }

  @Test(
    "other files", arguments: ["", "not a run, whatever its name says", String(repeating: "x", count: 3000)])
  func foreign(_ text: String) throws {
    try DurableFile.replace(folder.file(name), with: Array(text.utf8))
    #expect(throws: error(.foreign)) { try folder.index([name]) }
  }

  @Test func refusals() throws {
    try damage { $0[8] = 2 }
    #expect(throws: error(.newer)) { try folder.index([name]) }
    try damage { $0[12] = 21 }
    #expect(throws: error(.damaged, "header")) { try folder.index([name]) }
    try damage { $0[$0.count - 700] ^= 1 }
    #expect(throws: error(.damaged, "footer")) { try folder.index([name]) }
    try damage { $0.append(0) }
    #expect(throws: error(.damaged, "footer")) { try folder.index([name]) }
    try damage { _ in }
    #expect(throws: error(.otherSketches)) { try folder.index([name], sketchVersion: 2) }
    let absent = String(repeating: "0", count: 64)
    #expect(throws: SignatureError(.missing, folder.file(absent))) { try folder.index([absent]) }
    for bad in ["", "../x", String(repeating: "A", count: 64), name + "0"] {
      #expect(throws: SignatureError(.badName, bad)) { try folder.index([bad]) }
      #expect(throws: SignatureError(.badName, bad)) {
        try SignatureIndex.verify(folder: folder.path, run: bad)
      }
    }
    let link = String(repeating: "1", count: 64)
    try FileManager.default.createSymbolicLink(
      atPath: folder.file(link), withDestinationPath: folder.file(name))
    #expect(throws: FileError("open", folder.file(link), code: ELOOP)) { try folder.index([link]) }
    let directory = String(repeating: "2", count: 64)
    try DurableFile.makeFolder(folder.file(directory))
    #expect(throws: (any Error).self) { try folder.index([directory]) }
    #expect(error(.damaged, "hashes").description == "damaged \(folder.file(name)): hashes")
    #expect(error(.foreign).description == "foreign \(folder.file(name))")
  }

  @Test("no damage is a crash", arguments: 0..<60)
  func noCrash(_ seed: Int) throws {
    var random = Seeded(UInt64(seed))
    try damage { bytes in
      for _ in 0...seed % 4 {
        let start = Int.random(in: 0..<bytes.count, using: &random)
        for place in start..<min(bytes.count, start + 1 + seed % 97) {
          bytes[place] = UInt8(random.next() & 255)
        }
      }
    }
    #expect(try !SignatureIndex.verify(folder: folder.path, run: name).isEmpty)
    do {
      var index = try folder.index([name])
      let name = try Sample.add(Self.others, to: &index)
      var forest = ClusterForest()
      _ = try index.pairs(of: name, into: &forest, threshold: 0.7)
      _ = try index.rebuild(into: &forest, threshold: 0.7)
      _ = try index.merge(index.runs.map(\.name))
    } catch is SignatureError {}
  }
}
