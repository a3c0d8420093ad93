import Label
import Statistics

/// Numbers that are the same on every machine (SplitMix64).
struct SeededNumbers {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 0x1234_5678 }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// A number from 0 up to 1.
  mutating func share() -> Double { Double(next() >> 11) * 0x1p-53 }

  mutating func between(_ range: ClosedRange<Double>) -> Double {
    range.lowerBound + (range.upperBound - range.lowerBound) * share()
  }

  mutating func below(_ count: Int) -> Int { min(count - 1, Int(share() * Double(count))) }
}

/// Simulated votes on two classes with a known truth: the situations that published label models are known to
/// fail in.
///
/// The parameters are chosen so that the majority and plain models come out where a simulation in Python had
/// them, whose code is not at hand.
enum Regime: String, CaseIterable, Sendable {
  /// Ten rules that vote on a tenth to a half of the items; half of the items are positive.
  case rules = "A"
  /// The same with a tenth positive.
  case skewedRules = "B"
  /// Seven judges that vote on every item.
  case judges = "C"
  /// The same with a tenth positive.
  case skewedJudges = "D"
  /// Rules that know one class only; three tenths positive.
  case unipolar = "E"
  /// A with the worst rule there five times.
  case copiedRule = "F"
  /// C with the worst judge there five times.
  case copiedJudge = "G"
  /// Two hundred items and three judges.
  case few = "H"

  /// Votes and the true classes.
  func table(items: Int = 2000, seed: UInt64) -> (table: VoteTable, truth: [Int32]) {
    var numbers = SeededNumbers(seed)
    let items = self == .few ? 200 : items
    let positive =
      switch self {
      case .skewedRules, .skewedJudges: 0.1
      case .unipolar: 0.3
      default: 0.5
      }
    let truth = (0..<items).map { _ in Int32(numbers.share() < positive ? 1 : 0) }
    var votes: [VoteTable.Vote] = []
    var count = 0
    func vote(_ item: Int, _ answer: Int32) {
      votes.append(VoteTable.Vote(item: Int32(item), voter: Int32(count), answer: answer))
    }
    switch self {
    case .rules, .skewedRules, .copiedRule, .judges, .skewedJudges, .copiedJudge, .few:
      let isRule = self == .rules || self == .skewedRules || self == .copiedRule
      let voters = (0..<(isRule ? 10 : self == .few ? 3 : 7)).map { _ in
        (
          accuracy: numbers.between(isRule ? 0.62...0.99 : self == .few ? 0.7...0.95 : 0.65...0.9),
          cover: isRule ? numbers.between(0.1...0.5) : 1
        )
      }
      let worst = voters.indices.min { voters[$0].accuracy < voters[$1].accuracy } ?? 0
      for (index, voter) in voters.enumerated() {
        let copies = index == worst && (self == .copiedRule || self == .copiedJudge) ? 5 : 1
        for item in 0..<items where numbers.share() < voter.cover {
          let answer = numbers.share() < voter.accuracy ? truth[item] : 1 - truth[item]
          for _ in 0..<copies {
            vote(item, answer)
            count += 1
          }
          count -= copies
        }
        count += copies
      }
    case .unipolar:
      // Five rules for each class, which fire on some of its items and on few of the others.
      for rule in 0..<10 {
        let side = Int32(rule % 2)
        let (hits, slips) = (numbers.between(0.1...0.5), numbers.between(0.02...0.15))
        for item in 0..<items where numbers.share() < (truth[item] == side ? hits : slips) {
          vote(item, side)
        }
        count += 1
      }
    }
    let silence: Silence =
      switch self {
      case .rules, .skewedRules, .unipolar, .copiedRule: .symbol
      default: .missing
      }
    return (
      VoteTable(
        classes: 2, items: items, voters: (0..<count).map { Voter(name: "v\($0)", silence: silence) },
        votes: votes),
      truth
    )
  }
}
