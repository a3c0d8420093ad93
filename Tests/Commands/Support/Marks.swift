import Foundation
import TestSupport

/// Replaces what differs from run to run by fixed marks of the same length, so that tables stay aligned.
///
/// Replaced are folders, the program's path, run ids, the times of the clock, durations, the size of the lake and
/// the names of its segments, which depend on the version of the LZ4 library. Times of the data stay as they are.
enum Marks {
  static let time = "2026-11-20T02:15:00.000Z"

  static func apply(_ text: String, _ bench: Workbench, project: String = "PROJECT") -> String {
    var text = text
    for (number, run) in runs(bench).enumerated() {
      let tail = run.dropFirst(17).dropLast(6)
      text = text.replacing(run, with: "20261120T021500Z-\(tail)\(String(format: "%06d", number + 1))")
    }
    text = text.replacing(Program.path, with: "flywheel")
    text = text.replacing(bench.project, with: project)
    text = text.replacing(bench.folder, with: "FOLDER")
    text = times(text, from: bench.began.addingTimeInterval(-1))
    text = text.replacing(#/(: (?:done|refused|failed) in )[0-9]+\.[0-9] s/#) { "\($0.1)0.3 s" }
    text = text.replacing(#/(segments? \()[0-9.]+ [kM]?B\)/#) { "\($0.1)115.0 kB)" }
    text = text.replacing(#/((?:interactions|feedback|quarantine)/[0-9-]{10}/)[0-9a-f]{64}/#) { match in
      "\(match.1)\(String(repeating: "0123456789abcdef", count: 4))"
    }
    return text
  }

  /// Ids of the workspace's runs, the first one first.
  static func runs(_ bench: Workbench) -> [String] {
    let folder = "\(bench.home)/runs"
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return
      names.map { name -> (String, String) in
        let account = try? Data(contentsOf: URL(filePath: "\(folder)/\(name)/account.json"))
        let started = account.flatMap { try? JSONDocument($0)["started"]?.string }
        return (started ?? name, name)
      }
      .sorted { $0 < $1 }.map(\.1)
  }

  private static func times(_ text: String, from begin: Date) -> String {
    let format = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
    let end = Date().addingTimeInterval(1)
    return text.replacing(#/[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{12}Z/#) { match in
      guard let date = try? format.parse(String(match.0)), begin <= date, date <= end else {
        return String(match.0)
      }
      return time
    }
  }
}
