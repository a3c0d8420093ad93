import Foundation
import Testing

/// Disks fill up, files are damaged, rights are missing: a run says so, loses nothing, and the next one goes on.
@Suite struct FaultTests {
  private static let log = GeneratedLog(interactions: 400, days: 2, seed: 23)

  private static let undisturbed: Result<Standing, any Error> = Result {
    let project = try ProjectFolder()
    try project.write(log)
    try project.workspace().run()
    return try project.workspace().standing()
  }

  /// A file system in memory of a size that can be changed.
  private final class SmallDisk {
    let path: String
    private let scratch: ScratchFolder

    init(kilobytes: Int) throws {
      scratch = try ScratchFolder()
      path = scratch.path
      #expect(
        try Program.tool("mount", ["-t", "tmpfs", "-o", "size=\(kilobytes)k,mode=700", "none", path]) == 0)
    }

    deinit { _ = try? Program.tool("umount", ["-l", path]) }

    func remount(_ options: String) throws {
      #expect(try Program.tool("mount", ["-o", "remount,\(options)", path]) == 0)
    }

    /// Whether this user may mount one.
    static let isPossible: Bool = {
      guard geteuid() == 0, Program.find("mount") != nil, Program.find("umount") != nil,
        let folder = try? ScratchFolder()
      else { return false }
      guard (try? Program.tool("mount", ["-t", "tmpfs", "none", folder.path])) == 0 else { return false }
      return (try? Program.tool("umount", ["-l", folder.path])) == 0
    }()
  }

  @Test(
    "a disk that is full: in the catalog, in the lake, in the registry",
    .enabled(if: SmallDisk.isPossible, "needs the right to mount"), arguments: [64, 400, 1200])
  func aFullDisk(kilobytes: Int) throws {
    let disk = try SmallDisk(kilobytes: kilobytes)
    let project = try ProjectFolder()
    try project.write(Self.log)
    let workspace = TestWorkspace(root: project.root, path: disk.path)
    let ended = try workspace.command(["run", "nightly"])
    #expect(ended.code == 75)
    #expect(ended.errors.hasPrefix("error: ") && ended.errors.contains("Free some room"), "\(ended.errors)")
    print("\(kilobytes) kB: \(ended.errors.prefix(120).replacing(disk.path, with: "…"))")
    try disk.remount("size=64m")
    try workspace.run()
    #expect(try workspace.standing() == Self.undisturbed.get())
    let faults = try workspace.faults()
    #expect(faults == [])
  }

  @Test(
    "a registry on a disk of its own that is full",
    .enabled(if: SmallDisk.isPossible, "needs the right to mount"), arguments: [4, 80])
  func aFullRegistry(kilobytes: Int) throws {
    let disk = try SmallDisk(kilobytes: kilobytes)
    let project = try ProjectFolder()
    try project.write(Self.log)
    var workspace = project.workspace()
    workspace.environment["FLYWHEEL_REGISTRY"] = disk.path
    let ended = try workspace.command(["run", "nightly"])
    #expect(ended.code == 75)
    #expect(ended.errors.contains("Free some room"), "\(ended.errors)")
    try disk.remount("size=64m")
    let account = try workspace.run()
    // All that was pulled before the disk was full is there.
    #expect(account.balance.pulled == 0)
    #expect(try workspace.standing() == Self.undisturbed.get())
    let faults = try workspace.faults()
    #expect(faults == [])
  }

  @Test("a file system that became read-only", .enabled(if: SmallDisk.isPossible, "needs the right to mount"))
  func aReadOnlyDisk() throws {
    let disk = try SmallDisk(kilobytes: 1 << 16)
    let project = try ProjectFolder()
    var log = Self.log
    let later = log.chat.removeLast()
    try project.write(log)
    let workspace = TestWorkspace(root: project.root, path: disk.path)
    try workspace.run()
    try project.write("logs/chat/\(later.name)", ProjectFolder.text(later.lines))
    try disk.remount("ro")
    let ended = try workspace.command(["run", "nightly"])
    #expect(ended.code == 75)
    #expect(ended.errors.contains("writable"), "\(ended.errors)")
    try disk.remount("rw")
    try workspace.run()
    #expect(try workspace.standing().decisions == Self.undisturbed.get().decisions)
  }

  /// Makes the command run as a user without rights, where this one has all of them.
  private static let unprivileged: [String]? = {
    guard geteuid() == 0 else { return [] }
    guard let tool = Program.find("setpriv"), let program = Program.flywheel else { return nil }
    let prefix = [tool, "--reuid=65534", "--regid=65534", "--clear-groups"]
    let run = try? Program(prefix[0], prefix.dropFirst() + [program, "--version"], environment: [:])
    return run?.wait().code == 0 ? prefix : nil
  }()

  /// Gives everything below a folder to the user without rights.
  private static func handOver(_ folder: String) {
    guard geteuid() == 0 else { return }
    let names = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
    for name in [""] + names { _ = lchown("\(folder)/\(name)", 65534, 65534) }
  }

  @Test(
    "a workspace without the right to write", .enabled(if: unprivileged != nil, "needs a user without rights")
  )
  func aForbiddenWorkspace() throws {
    let project = try ProjectFolder()
    try project.write(Self.log)
    Self.handOver(project.root)
    var workspace = project.workspace()
    workspace.prefix = try #require(Self.unprivileged)
    try project.write("workspaces/first/.keep", "")
    Self.handOver(project.root)
    chmod(workspace.path, 0o500)
    let ended = try workspace.command(["run", "nightly"])
    #expect(ended.code == 1)
    #expect(ended.errors.contains("Permission denied") && ended.errors.contains("mode"), "\(ended.errors)")
    chmod(workspace.path, 0o700)
    try workspace.run()
    #expect(try workspace.standing() == Self.undisturbed.get())
  }

  @Test(
    "an unreadable file: the others are read, the run fails, the next one reads it",
    .enabled(if: unprivileged != nil, "needs a user without rights"))
  func anUnreadableFile() throws {
    let project = try ProjectFolder()
    try project.write(Self.log)
    Self.handOver(project.root)
    var workspace = project.workspace()
    workspace.prefix = try #require(Self.unprivileged)
    let file = "\(project.root)/logs/chat/\(Self.log.chat[0].name)"
    chmod(file, 0)
    let ended = try workspace.command(["run", "nightly"])
    #expect(ended.code == 1)
    #expect(ended.errors.contains("Permission denied"), "\(ended.errors)")
    let others = Self.log.chat[1].lines.count
    let there = try workspace.standing().counts
    #expect(there.interactions > others / 2 && there.interactions <= others)
    chmod(file, 0o600)
    try workspace.run()
    #expect(try workspace.standing() == Self.undisturbed.get())
  }

  enum Damage: String, Sendable, CaseIterable, CustomTestStringConvertible {
    case cut, noDeflate
    var testDescription: String { rawValue }
  }

  @Test("a damaged archive is a line in quarantine; a repaired one is read", arguments: Damage.allCases)
  func aDamagedArchive(_ damage: Damage) throws {
    let project = try ProjectFolder()
    try project.write(Self.log)
    let name = "logs/chat/\(Self.log.chat[0].name)"
    // Without a name, the header has 10 bytes.
    #expect(try Program.tool("gzip", ["-n", "\(project.root)/\(name)"]) == 0)
    let sound = try #require(FileManager.default.contents(atPath: "\(project.root)/\(name).gz"))
    var damaged = sound
    switch damage {
    case .cut: damaged.removeLast(sound.count / 2)
    // A block of type 3, which deflate does not have (RFC 1951, 3.2.3).
    case .noDeflate: damaged[10] = 0xFF
    }
    try project.write("\(name).gz", bytes: damaged)
    let workspace = project.workspace()
    let first = try #require(try workspace.run().pull("chat"))
    #expect(first.quarantined["corrupt-stream"] == 1)
    #expect(first.lines > Self.log.chat[1].lines.count)
    // It is no matter for the other files, and it stays one line however often it is seen.
    #expect(try workspace.run().pull("chat")?.quarantined["corrupt-stream"] == 1)
    #expect(try workspace.standing().quarantine["corrupt-stream"] == 1)
    try project.write("\(name).gz", bytes: sound)
    try workspace.run()
    let standing = try workspace.standing()
    let expected = try Self.undisturbed.get()
    #expect(standing.decisions == expected.decisions)
    #expect(standing.labels == expected.labels)
    #expect(try workspace.run().balance.pulled == 0)
  }

  @Test("a folder, a pipe and a dead link named like logs are left alone")
  func otherThanFiles() throws {
    let project = try ProjectFolder()
    try project.write(Self.log)
    let logs = "\(project.root)/logs/chat"
    try FileManager.default.createDirectory(
      atPath: "\(logs)/folder.jsonl", withIntermediateDirectories: false)
    #expect(mkfifo("\(logs)/pipe.jsonl", 0o600) == 0)
    #expect(symlink("\(logs)/nothing", "\(logs)/link.jsonl") == 0)
    let account = try project.workspace().run()
    #expect(account.pull("chat")?.files == 2)
    #expect(try project.workspace().standing() == Self.undisturbed.get())
  }
}
