import Bytes
import Foundation
import Pipeline
import Pull

/// The text of a new source's definition, with comments that teach.
enum SourceTemplate {
  /// What stands behind a key.
  private static let comments: [String: String] = [
    "path": "Relative to this file; `*` matches in a folder, $NAME is a variable of the environment.",
    "address": "$NAME is a variable of the environment.",
    "key": "Where the secret is: {env: NAME}, or {file: PATH} of mode 0600. Never the secret itself.",
    "since": "Where the first reading starts. Later ones go on from their cursors.",
    "look_back":
      "Rows, changes and feedback come late: each reading starts this much before the last one's end.",
    "query": "Rows become JSON objects by column; `:since` is the start of what is read.",
  ]

  static func text(_ answers: SourceAnswers) -> String {
    let traits = answers.kind.traits
    var lines = [
      "# \(traits.title). `flywheel sources test \(answers.name)` tries it.",
      "kind: \(answers.kind.rawValue)",
    ]
    for (key, value) in answers.values {
      if let comment = comments[key] { lines += ["", "# \(comment)"] }
      lines.append("\(key): \(value.hasPrefix("{") ? value : scalar(value))")
    }
    if answers.place != .files {
      let given = Set(answers.values.map(\.key))
      lines.append("")
      if !given.contains("look_back") { lines += ["# \(comments["look_back"] ?? "")", "# look_back: 7d"] }
      if !given.contains("since") { lines += ["# \(comments["since"] ?? "")", "# since: 30d"] }
    }
    if traits.isMapped {
      lines += ["", mapping]
    } else {
      lines += [
        "",
        "# What your names of scores mean, beside the system's own conventions (`sources test` lists unknown ones).",
        "# signals: {helpfulness: {signal: rating, from: [0, 1]}}",
        "# Places in a row kept as metadata, for selections and slices.", "# metadata: [metadata.tier]",
      ]
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static let mapping = """
    # Where each field stands in a row: keys with dots between. These four are all that is needed.
    interactions:
      id: id
      time: time
      input: messages
      output: response
      # conversation: session_id
      # user: user_id
      # model: model
    # feedback: {id: id, time: time, target: target_id, signal: signal, value: value}
    """

  /// A text as a YAML scalar: plain where that is safe, else in double quotes.
  static func scalar(_ text: String) -> String {
    let isPlain =
      text.first.map { $0.isLetter || $0.isNumber || "/.$".contains($0) } ?? false
      && text.unicodeScalars.allSatisfy {
        $0.isASCII && $0.value > 0x20 && $0.value < 0x7F && !":#{}[],&*!|>'\"%@`".unicodeScalars.contains($0)
      }
    // Words and numbers that YAML takes for something else than text.
    let digits = text.replacing("_", with: "")
    let isOther =
      ["true", "false", "null", "yes", "no", "on", "off", ".inf", ".nan"].contains(text.lowercased())
      || Double(digits) != nil || digits.wholeMatch(of: /0[a-zA-Z].*/) != nil
    // `https://…` has a colon with no space behind it, which YAML takes as text.
    let isAddress = text.hasPrefix("http://") || text.hasPrefix("https://")
    if (isPlain && !isOther)
      || (isAddress && !text.contains(where: { $0.isWhitespace || "#\"'".contains($0) }))
    {
      return text
    }
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": quoted += "\\\(scalar)"
      case "\n": quoted += "\\n"
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}

/// Puts a source into the pull step of a pipeline, where its text has the list of sources on one line.
struct PipelineEdit {
  private let path: String
  private let text: String

  /// Works out the new text.
  /// - Throws: ``UseError`` if there is no such pipeline, or its text is of another form.
  init(root: String, pipeline: String, source: String) throws {
    let file = "Pipelines/\(pipeline).yaml"
    path = "\(root)/\(file)"
    let loaded = try Project.load(root: root).project
    guard loaded.pipeline(pipeline) != nil, let old = try? String(contentsOfFile: path, encoding: .utf8)
    else {
      throw UseError.unknownName("pipeline", pipeline, legal: loaded.pipelines.map(\.name))
    }
    let manual = UseError.notEdited(file: file, source: source)
    let one = #"(-[ ]+pull:[^\n\[]*(?:\n[ ]+)?)source:[ ]*([a-z0-9._-]+)"#
    let list = #"(-[ ]+pull:[^\n\[]*(?:\n[ ]+)?sources:[ ]*\[[^\]#\n]*[^\]#\n ,])[ ]*\]"#
    let options = String.CompareOptions.regularExpression
    if let range = old.range(of: list, options: options) {
      text = old.replacingOccurrences(of: list, with: "$1, \(source)]", options: options, range: range)
    } else if let range = old.range(of: one, options: options) {
      text = old.replacingOccurrences(
        of: one, with: "$1sources: [$2, \(source)]", options: options, range: range)
    } else {
      throw manual
    }
    let reading = PipelineDefinition.read(Array(text.utf8), name: pipeline, file: file)
    guard reading.definition?.sources.contains(source) == true else { throw manual }
  }

  func write() throws {
    let mode = (try? FileManager.default.attributesOfItem(atPath: path))?[.posixPermissions] as? NSNumber
    try DurableFile.replace(path, with: Array(text.utf8))
    chmod(path, mode.map { mode_t($0.uint16Value) } ?? 0o644)
  }
}
