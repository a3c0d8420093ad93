import Foundation
import Pipeline
import Records

/// What a command stands in: the project, its workspace and the environment.
struct CommandContext {
  let root: String
  let workspace: Workspace
  let environment: [String: String]

  init(_ options: CommonOptions) throws {
    environment = ProcessInfo.processInfo.environment
    root = try Self.root(options.project)
    workspace = Workspace(project: root, environment: environment)
  }

  /// The time of day, which no module below the command reads.
  static var now: Timestamp { Timestamp(microseconds: Int64((Date().timeIntervalSince1970 * 1e6).rounded())) }

  /// The UTC day some days before today, such as `2026-11-20`.
  static func day(before days: Int) -> String {
    Timestamp(microseconds: now.microseconds - Int64(days) * 86_400_000_000).day
  }

  /// The project if all its definitions are sound.
  func soundProject() throws -> Project {
    let loaded = try Project.load(root: root)
    guard loaded.faults.isEmpty else { throw UseError.definitions(loaded.faults) }
    return loaded.project
  }

  /// Makes who answers for the project's models.
  func models(_ project: Project) -> PipelineRunner.ModelSource { { _, _ in nil } }

  /// The folder asked for, or the nearest one from here upwards that has `Pipelines/`.
  private static func root(_ asked: String?) throws -> String {
    let here = FileManager.default.currentDirectoryPath
    if let asked {
      let path = URL(fileURLWithPath: asked, relativeTo: URL(fileURLWithPath: here)).standardizedFileURL.path
      guard isProject(path) else { throw WorkspaceError(.noProject, path) }
      return path
    }
    guard let root = Project.findRoot(from: here) else { throw WorkspaceError(.noProject, here) }
    return root
  }

  private static func isProject(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: "\(path)/Pipelines", isDirectory: &isFolder)
      && isFolder.boolValue
  }
}
