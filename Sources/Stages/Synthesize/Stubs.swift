import Statistics
struct Novelty: Sendable { init() {}
  func nearest(to: String, above: Double) -> String? { nil }
  mutating func add(_ t: String, id: String) {} }
struct SelectionItem: Sendable { let id: String; let text: String; let quality: Double; var vector: [Float]?; var rejectedQuality: Double?; var rejectedLength: Int?; var chosenLength: Int?; var difficulty: Double?
 init(id: String, text: String, quality: Double) { self.id = id; self.text = text; self.quality = quality } }
public struct SelectionAblation: Sendable, Hashable, Codable { var filter: String }
enum CandidateSelection { struct Parameters { var similarity = 0.9 }
  struct R { var kept: [String]; var left: [String: String]; var ablation: [SelectionAblation] }
  static func run(_ i: [SelectionItem], _ p: Parameters) -> R { R(kept: i.map(\.id), left: [:], ablation: []) } }
enum TeacherChoice { struct Pilot { let teacher: String; let gains: [Double]; let cost: Int64 }
  struct C { let teacher: String; let isCertain: Bool }
  static func choose(_ p: [Pilot], seed: UInt64) -> C { C(teacher: p[0].teacher, isCertain: false) } }
enum PairedComparison { static func bootstrap(_ d: [Double], seed: UInt64) -> IntervalEstimate { IntervalEstimate(value: 0, low: 0, high: 0) }
 static func mcNemar(_ a: Int, _ b: Int) -> Double { 1 } }
struct CitationVerifier: OutputVerifier { let name = "citation"; func verify(_ o: VerifiedOutput) async throws -> Verification { .passed } }
struct ArithmeticVerifier: OutputVerifier { let name = "arithmetic"; func verify(_ o: VerifiedOutput) async throws -> Verification { .passed } }
