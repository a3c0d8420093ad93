import Bytes
import Foundation
import Signatures
import Text

/// What a day costs beside the days before it: sketching, writing a run, finding pairs, merging.
///
/// FLYWHEEL_BENCH_DAYS (default 101) days of FLYWHEEL_BENCH_RECORDS (default 100,000) records of a chat each, in a folder
/// FLYWHEEL_BENCH_FOLDER (default a temporary one) that is removed. At the end the clusters are computed anew from
/// everything, and must be the same.
enum Incremental {
  private static let threshold = 0.7

  /// Seconds of the process and of the clock.
  private struct Cost {
    var core = 0.0
    var wall = 0.0

    static func now() -> Cost {
      var usage = rusage()
      getrusage(0, &usage)  // RUSAGE_SELF
      let core = [usage.ru_utime, usage.ru_stime].reduce(0) {
        $0 + Double($1.tv_sec) + Double($1.tv_usec) / 1e6
      }
      return Cost(core: core, wall: ProcessInfo.processInfo.systemUptime)
    }

    mutating func add(since start: Cost) {
      let now = Self.now()
      core += now.core - start.core
      wall += now.wall - start.wall
    }
  }

  static func run() throws -> Bool {
    let environment = ProcessInfo.processInfo.environment
    guard let days = Int(environment["FLYWHEEL_BENCH_DAYS"] ?? "101"), days >= 5,
      let records = Int(environment["FLYWHEEL_BENCH_RECORDS"] ?? "100000"), records >= 100
    else {
      print("FLYWHEEL_BENCH_DAYS must be 5 or more, FLYWHEEL_BENCH_RECORDS 100 or more")
      return false
    }
    let folder =
      environment["FLYWHEEL_BENCH_FOLDER"] ?? NSTemporaryDirectory() + "flywheel-incremental-\(getpid())"
    try DurableFile.makeFolder(folder)
    defer { try? FileManager.default.removeItem(atPath: folder) }

    var figures = Figures()
    let texts = IncrementalTexts(records: records)
    var index = try SignatureIndex(folder: folder, runs: [], sketchVersion: UInt64(Sketcher.version))
    var forest = ClusterForest()
    var account = PairAccount()
    var costs: [Cost] = []
    var parts = (sketch: Cost(), write: Cost(), pairs: Cost(), merge: Cost())
    var written = 0
    var mostOnDisk = 0
    for day in 0..<days {
      var before = parts
      func cost() -> Cost {
        let pairs = [
          (parts.sketch, before.sketch), (parts.write, before.write), (parts.pairs, before.pairs),
          (parts.merge, before.merge),
        ]
        return pairs.reduce(into: Cost()) {
          $0.core += $1.0.core - $1.1.core
          $0.wall += $1.0.wall - $1.1.wall
        }
      }
      let documents = texts.documents(ofDay: day, &parts.sketch)
      var start = Cost.now()
      guard let run = try index.write(documents) else { continue }
      try index.add(run.name)
      written += run.fileBytes
      parts.write.add(since: start)
      start = Cost.now()
      account.add(try index.pairs(of: run.name, into: &forest, threshold: threshold))
      parts.pairs.add(since: start)
      start = Cost.now()
      let plan = index.mergePlan()
      if !plan.isEmpty {
        let merged = try index.merge(plan)
        written += merged.fileBytes
        mostOnDisk = max(mostOnDisk, index.runs.reduce(merged.fileBytes) { $0 + $1.fileBytes })
        try index.replace(plan, with: merged.name)
        _ = try SignatureIndex.collectGarbage(folder: folder, known: Set(index.runs.map(\.name)))
      }
      parts.merge.add(since: start)
      costs.append(cost())
      if day < 4 || day % 10 == 0 || day > days - 4 || !plan.isEmpty {
        let steps = [
          parts.sketch.core - before.sketch.core, parts.write.core - before.write.core,
          parts.pairs.core - before.pairs.core, parts.merge.core - before.merge.core,
        ].map { String(format: "%7.3f", $0) }.joined(separator: " ")
        let sum = String(format: "%7.3f core %7.3f wall", cost().core, cost().wall)
        print("day \(day + 1): \(sum) s; sketch, write, pairs, merge:\(steps); \(index.runs.count) runs")
      }
      before = parts
    }
    let peak = peakMemory()

    let first = digest(forest)
    let clusters = forest.rows.count
    forest = ClusterForest()
    let start = Cost.now()
    let again = try index.rebuild(into: &forest, threshold: threshold)
    var rebuild = Cost()
    rebuild.add(since: start)
    let isSame = digest(forest) == first

    func median(_ range: Range<Int>, _ value: (Cost) -> Double) -> Double {
      costs[range].map(value).sorted()[1]
    }
    func ratio(_ value: (Cost) -> Double) -> Double { median(days - 3..<days, value) / median(1..<4, value) }
    let worst = costs.map(\.core).max() ?? 0
    let bytes = index.runs.reduce(0) { $0 + $1.fileBytes }
    figures.note("incremental_day_2", costs[1].core, "s")
    figures.note("incremental_day_\(days)", costs[days - 1].core, "s")
    figures.note("incremental_day_2_wall", costs[1].wall, "s")
    figures.note("incremental_day_\(days)_wall", costs[days - 1].wall, "s")
    figures.note("incremental_ratio", ratio(\.core), "ratio", atMost: 1.5)
    figures.note("incremental_ratio_wall", ratio(\.wall), "ratio")
    figures.note("incremental_ratio_plain", costs[days - 1].core / costs[1].core, "ratio")
    figures.note("incremental_worst_day_ratio", worst / median(1..<4, \.core), "ratio")
    figures.note("incremental_mean_day", costs.reduce(0) { $0 + $1.core } / Double(days), "s")
    figures.note("incremental_disk", Double(bytes) / 1e6, "MB")
    figures.note("incremental_disk_peak", Double(mostOnDisk) / 1e6, "MB")
    figures.note("incremental_bytes_per_document", Double(bytes) / Double(index.documents), "B")
    figures.note("incremental_write_amplification", Double(written) / Double(bytes), "ratio")
    figures.note("incremental_peak_memory", peak, "MB")
    figures.note("incremental_comparisons", Double(account.comparisons), "pairs")
    figures.note("incremental_clustered", Double(clusters), "records")
    figures.note(
      "incremental_bounded_buckets", Double(account.boundedBuckets + again.boundedBuckets), "buckets")
    figures.note("incremental_rebuild", rebuild.core, "s")
    figures.note("incremental_rebuild_peak_memory", peakMemory(), "MB")
    figures.note("incremental_same_clusters", isSame ? 1 : 0, "bool", atLeast: 1)
    return figures.passed
  }

  private static func digest(_ forest: ClusterForest) -> Digest {
    var hasher = SHA256Hasher()
    for row in forest.rows { hasher.update(row.content.bytes + row.cluster.bytes) }
    return hasher.finish()
  }

  /// The most memory that was resident, files that are mapped included, in MB.
  private static func peakMemory() -> Double {
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM") }
    return line.flatMap { Double($0.filter(\.isNumber)) }.map { $0 / 1024 } ?? 0
  }

  /// Records by number, each made anew from it alone.
  ///
  /// An exchange has a question of 15 to 29 words and an answer of 45 to 74, of 20,000 invented words by Zipf's law. One
  /// of four questions begins with one of 512 openings, one of ten answers ends with one of 128 closings. One record of
  /// twenty is an earlier day's with one to three words of the answer changed, one of 2000 is one of 200 favourites with
  /// one word changed. What records have in common matters: commoner phrases and favourites make more candidates, whose
  /// number grows with the days whatever the index does.
  private struct IncrementalTexts {
    private static let openings = 512
    private static let closings = 128
    private static let favourites = 200
    private let records: Int
    private let words: [[UInt8]]
    /// Ranks of words, each as often as Zipf's law has it.
    private let ranks: [UInt16]

    init(records: Int) {
      self.records = records
      var numbers = SeededNumbers(state: 5)
      let sounds = Array("etaoinsrhldcumfpgwybvk".utf8)
      words = (0..<20_000).map { rank in
        let length = 1 + Int(log2(Double(rank + 2))) / 2 + numbers.below(4)
        return (0..<length).map { _ in sounds[min(numbers.below(22), numbers.below(22))] } + [0x20]
      }
      ranks = (0..<1 << 16).map { _ in UInt16(pow(20_000, numbers.share())) - 1 }
    }

    /// A day's documents; the time that sketching takes is added to `cost`, that of making texts is not.
    func documents(ofDay day: Int, _ cost: inout Cost) -> [(content: ContentHash, sketch: RecordSketch)] {
      let sketcher = Sketcher()
      let text = ByteBuffer(capacity: 1 << 20)
      var documents: [(content: ContentHash, sketch: RecordSketch)] = []
      documents.reserveCapacity(records)
      var cuts: [Int] = []
      for first in stride(from: day * records, to: (day + 1) * records, by: 1000) {
        text.removeAll()
        cuts.removeAll()
        for number in first..<min(first + 1000, (day + 1) * records) {
          cuts.append(text.count)
          append(number, to: text, &cuts)
        }
        cuts.append(text.count)
        let start = Cost.now()
        for place in stride(from: 0, to: cuts.count - 1, by: 2) {
          let input = UnsafeRawBufferPointer(rebasing: text.view[cuts[place]..<cuts[place + 1]])
          let output = UnsafeRawBufferPointer(rebasing: text.view[cuts[place + 1]..<cuts[place + 2]])
          let whole = UnsafeRawBufferPointer(rebasing: text.view[cuts[place]..<cuts[place + 2]])
          documents.append((ContentHash.of(whole), sketcher.sketch(input: input, output: output)))
        }
        cost.add(since: start)
      }
      return documents
    }

    /// Appends a record's question, a cut, and its answer.
    private func append(_ number: Int, to text: ByteBuffer, _ cuts: inout [Int]) {
      var numbers = SeededNumbers(state: UInt64(number) &* 0x1_0001)
      let day = number / records
      let kind = numbers.below(2000)
      var original = number
      var edits = 0
      if kind == 0 {
        original = -1 - numbers.below(Self.favourites)
        edits = 1
      } else if kind <= 100, day > 0 {
        original = numbers.below(day * records)
        edits = 1 + numbers.below(3)
      }
      var source = SeededNumbers(state: UInt64(bitPattern: Int64(original)) &* 0x1_0001_0001)
      let opening = source.below(Self.openings * 4)
      if opening < Self.openings { phrase(opening, 6, text) }
      for _ in 0..<15 + source.below(15) { word(source.next(), text) }
      cuts.append(text.count)
      let length = 45 + source.below(30)
      let changed = (0..<edits).map { _ in numbers.below(length) }
      for place in 0..<length {
        let rank = source.next()
        word(changed.contains(place) ? numbers.next() : rank, text)
      }
      let closing = source.below(Self.closings * 10)
      if closing < Self.closings { phrase(1000 + closing, 8, text) }
    }

    private func word(_ number: UInt64, _ text: ByteBuffer) {
      words[Int(ranks[Int(number >> 48)])].withUnsafeBytes { text.append($0) }
    }

    private func phrase(_ number: Int, _ length: Int, _ text: ByteBuffer) {
      var numbers = SeededNumbers(state: UInt64(number) &* 977)
      for _ in 0..<length { word(numbers.next(), text) }
    }
  }
}
