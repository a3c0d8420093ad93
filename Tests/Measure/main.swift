import Foundation

// Each measurement is a file of its own; this only chooses one.
//
//   swift run -c release Measure NAME…

let measurements: [(name: String, run: () throws -> Bool)] = [
  ("minhash", MinHashMeasure.run), ("minhash-documents", MinHashMeasure.printDocuments),
  ("minhash-pairs", MinHashMeasure.printPairs), ("incremental", Incremental.run),
  ("injection", InjectionMeasure.run), ("toxicity", ToxicityMeasure.run),
  ("pathological", PathologicalMeasure.run), ("personal-data", PersonalDataMeasure.run),
  ("language", LanguageMeasure.run), ("rules", RulesMeasure.run), ("crowd", CrowdMeasure.run),
]

let wanted = Array(CommandLine.arguments.dropFirst())
let unknown = wanted.filter { name in !measurements.contains { $0.name == name } }
if wanted.isEmpty || !unknown.isEmpty {
  print("usage: Measure NAME…, of: \(measurements.map(\.name).joined(separator: " "))")
  exit(2)
}
var passed = true
for measurement in measurements where wanted.contains(measurement.name) {
  if try !measurement.run() { passed = false }
}
exit(passed ? 0 : 1)
