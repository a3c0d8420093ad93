import Foundation
import Label
import Statistics

/// What label models make of crowd votes, for Jobs/benchmarks/crowd to hold against crowd-kit.
///
/// Reads a folder for each set, with `label.csv` (item, worker, label) and `truth.csv` (item, truth), from
/// `FLYWHEEL_CROWD` or `crowd` in the public data, and prints for each set, without the time of reading:
///
///   set NAME MODEL SECONDS ACCURACY
///   label NAME ITEM CLASS        of plain Dawid–Skene, for each item with a vote
enum CrowdMeasure {
  static func run() throws -> Bool {
    let folder =
      ProcessInfo.processInfo.environment["FLYWHEEL_CROWD"].map { URL(filePath: $0) }
      ?? PublicData.folder.appending(path: "crowd")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted().filter {
      FileManager.default.fileExists(atPath: folder.appending(path: "\($0)/label.csv").path)
    }
    for name in names {
      let crowd = try CrowdSet(folder.appending(path: name))
      for (model, estimator) in models {
        var best = Double.infinity
        var estimate = estimator.estimate(crowd.table())
        for _ in 0..<3 {
          let began = ContinuousClock.now
          // From votes in any order on, as the peer begins.
          estimate = estimator.estimate(crowd.table())
          best = min(best, (ContinuousClock.now - began) / .seconds(1))
        }
        print("set \(name) \(model) \(best) \(estimate.accuracy(truth: crowd.truth) ?? 0)")
        guard model == "plain" else { continue }
        for item in 0..<estimate.items where !crowd.isSilent(item) {
          let row = estimate.probabilities(of: item)
          let most = row.indices.max { row[$0] < row[$1] } ?? row.startIndex
          print("label \(name) \(crowd.items[item]) \(crowd.classes[most - row.startIndex])")
        }
      }
      let alpha = Agreement(samples: 0).krippendorffAlpha(crowd.table())
      print("set \(name) alpha 0 \(alpha.value ?? 0)")
    }
    return true
  }

  private static var models: [(String, LabelEstimator)] {
    var plain = LabelEstimator()
    plain.model = .dawidSkene
    plain.clustering = nil
    plain.dawidSkene = .plain
    let forced = VoteModel.allCases.map { model in
      var estimator = LabelEstimator()
      estimator.model = model
      return (model.rawValue, estimator)
    }
    return [("plain", plain), ("automatic", LabelEstimator())] + forced
  }
}

/// Votes of a crowd and the truth, with names as they are in the files.
struct CrowdSet {
  private(set) var items: [String] = []
  private(set) var classes: [String] = []
  private(set) var truth: [Int32] = []
  private var voters: [Voter] = []
  private var votes: [VoteTable.Vote] = []
  private var voted: Set<Int32> = []

  init(_ folder: URL) throws {
    var itemNumbers: [String: Int32] = [:]
    var voterNumbers: [String: Int32] = [:]
    func rows(_ name: String) throws -> [[String]] {
      try String(contentsOf: folder.appending(path: name), encoding: .utf8)
        .split(whereSeparator: \.isNewline).dropFirst().map {
          $0.split(whereSeparator: { $0 == "," || $0 == "\t" }).map(String.init)
        }
    }
    let labels = try rows("label.csv").filter { $0.count >= 3 }
    let truths = try rows("truth.csv").filter { $0.count >= 2 }
    classes = Set(labels.map { $0[2] } + truths.map { $0[1] }).sorted()
    let classNumbers = Dictionary(uniqueKeysWithValues: classes.enumerated().map { ($1, Int32($0)) })
    func item(_ name: String) -> Int32 {
      if let number = itemNumbers[name] { return number }
      let number = Int32(items.count)
      itemNumbers[name] = number
      items.append(name)
      truth.append(-1)
      return number
    }
    for row in labels {
      let voter: Int32
      if let number = voterNumbers[row[1]] {
        voter = number
      } else {
        voter = Int32(voters.count)
        voterNumbers[row[1]] = voter
        voters.append(Voter(name: row[1]))
      }
      let number = item(row[0])
      voted.insert(number)
      votes.append(VoteTable.Vote(item: number, voter: voter, answer: classNumbers[row[2]] ?? 0))
    }
    for row in truths { truth[Int(item(row[0]))] = classNumbers[row[1]] ?? -1 }
  }

  func isSilent(_ item: Int) -> Bool { !voted.contains(Int32(item)) }

  func table() -> VoteTable {
    VoteTable(classes: max(2, classes.count), items: items.count, voters: voters, votes: votes)
  }
}
