import ArgumentParser
import Catalog
import Foundation
import Pipeline
import Publish
import Registry
import Synthesize

/// Shows what each slice of a dataset has and lacks.
struct CoverageCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "coverage",
    abstract: "Show how far each slice of a dataset is from its target, and what models may still write.",
    discussion: """
      Examples are counted as they would be published now: splits, the ledger, the cap on one user and the cap on what \
      models wrote decide. `deficit` is target - organic - corrected. `room` is what models may still write: at most \
      the deficit, at most the dataset's `share` of the target, without what they wrote and what is pending (its batch \
      waits for people, or for a curate step). Targets stand under `synthesis` in Datasets/NAME/dataset.yaml.

      Colours are shown on a terminal; NO_COLOR and TERM=dumb turn them off.
      """)

  @Argument(help: "The dataset's name: a folder in Datasets/.")
  var name: String

  @OptionGroup var common: CommonOptions

  func run() throws {
    let context = try CommandContext(common)
    let project = try context.soundProject()
    guard let dataset = project.dataset(name) else {
      throw UseError.unknownName("dataset", name, legal: project.datasets.map(\.name))
    }
    guard dataset.synthesis != nil else { throw UseError.noTargets(name) }
    guard context.workspace.exists else { throw UseError.nothingRun(context.workspace.home) }
    let catalog = try context.workspace.catalog()
    let coverage = Coverage(catalog: catalog, registry: try registry(context.workspace))
    let planned = try SynthesizeStage.planned(for: name, in: catalog)
    guard let account = try coverage.account(dataset, planned: planned) else {
      throw UseError.noTargets(name)
    }
    if common.json { return try Terminal.json(account) }
    for line in Self.table(account) { Terminal.line(line) }
    Terminal.line()
    for line in CoverageChart(isColored: Terminal.isColored).lines(account.slices) { Terminal.line(line) }
  }

  /// The registry; nil where nothing was published yet.
  private func registry(_ workspace: Workspace) throws -> DatasetRegistry? {
    do {
      return try workspace.registry(create: false)
    } catch let error as RegistryError where error.code == .notARegistry {
      return nil
    }
  }

  private static func table(_ account: CoverageAccount) -> [String] {
    Terminal.table(
      ["slice", "target", "organic", "corrected", "synthetic", "pending", "deficit", "room"],
      account.slices.map { slice in
        [slice.slice]
          + [
            slice.target, slice.organic, slice.corrected, slice.synthetic, slice.pending, slice.deficit,
            slice.room,
          ].map(String.init)
      })
  }
}

/// One bar for each slice: what it has, by origin, and what it lacks.
struct CoverageChart {
  /// Columns of the longest bar.
  private static let width = 50

  /// A part of a bar: what it is, its character without colours, its character and its colour (SGR) with them.
  private struct Part {
    let name: String
    let plain: Character
    let block: Character
    let color: Int
  }

  private static let parts = [
    Part(name: "organic", plain: "#", block: "█", color: 32),
    Part(name: "corrected", plain: "+", block: "█", color: 36),
    Part(name: "synthetic", plain: "~", block: "█", color: 33),
    Part(name: "missing", plain: ".", block: "░", color: 90),
  ]

  /// Whether parts are told apart by colour.
  let isColored: Bool

  func lines(_ slices: [CoverageAccount.Slice]) -> [String] {
    let counts = slices.map { slice in
      let real = slice.organic + slice.corrected
      return [
        slice.organic, slice.corrected, slice.synthetic, max(0, slice.target - real - slice.synthetic),
      ]
    }
    let longest = max(1, counts.map { $0.reduce(0, +) }.max() ?? 1)
    let name = slices.map(\.slice.count).max() ?? 0
    let bars = zip(slices, counts).map { slice, counts in
      let (bar, columns) = bar(counts, longest)
      let title = slice.slice + String(repeating: " ", count: name - slice.slice.count)
      let rest = String(repeating: " ", count: Self.width - columns)
      return "\(title)  \(bar)\(rest)  \(counts.dropLast().reduce(0, +)) of \(slice.target)"
    }
    return bars + ["", Self.parts.map { "\(drawn($0, 1)) \($0.name)" }.joined(separator: "  ")]
  }

  /// The ends of the parts are rounded, not their lengths, so that bars of equal sums are equally long.
  private func bar(_ counts: [Int], _ longest: Int) -> (text: String, columns: Int) {
    var text = ""
    var (sum, end) = (0, 0)
    for (part, count) in zip(Self.parts, counts) {
      sum += count
      let next = Int((Double(sum) / Double(longest) * Double(Self.width)).rounded())
      if next > end { text += drawn(part, next - end) }
      end = next
    }
    return (text, end)
  }

  private func drawn(_ part: Part, _ count: Int) -> String {
    let text = String(repeating: isColored ? part.block : part.plain, count: count)
    return isColored ? "\u{1B}[\(part.color)m\(text)\u{1B}[0m" : text
  }
}
