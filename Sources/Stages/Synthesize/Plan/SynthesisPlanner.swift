import Bytes
import Records

/// Turns what slices lack into requests for inputs.
struct SynthesisPlanner {
  /// The share of inputs that became candidates before, for the first batch of all: half of them.
  ///
  /// A guess that the first batch replaces: filters that are published keep between a tenth and two thirds (Magpie: 300,000
  /// of 4 million; RIP: 4,500 of 20,000; programmatic checks alone 87 %).
  static let firstYield = 0.5
  /// A yield below this is taken as this, so that a bad night does not ask for thousands.
  static let leastYield = 0.05
  /// Inputs that one request asks for.
  static func count(_ operator: SynthesisOperatorName) -> Int {
    switch `operator` {
    case .selfInstruct, .persona: 4
    case .toolCall: 3
    case .document, .rewriteFailure, .multiTurn: 2
    case .evolve, .counterfactual: 1
    }
  }
  /// Seeds that one request shows.
  static func shown(_ operator: SynthesisOperatorName) -> Int {
    switch `operator` {
    case .selfInstruct, .persona: 3
    case .evolve, .rewriteFailure, .counterfactual: 1
    case .document, .toolCall, .multiTurn: 2
    }
  }

  let plan: SynthesisPlan
  /// The share of inputs that became candidates before, by slice.
  let yields: [String: Double]

  /// The tasks, the slice that lacks most first, and each slice in its turn.
  func tasks() -> [SynthesisPlan.Task] {
    var needs: [Int] = plan.slices.map { slice in
      let yield = max(Self.leastYield, yields[slice.name] ?? Self.firstYield)
      return Int((Double(slice.room) / yield).rounded(.up))
    }
    var left = plan.parameters.most
    var tasks: [SynthesisPlan.Task] = []
    var credits: [[Double]] = plan.slices.map { _ in plan.parameters.operators.map { _ in 0 } }
    var variants: [SynthesisOperatorName: Int] = [:]
    while left > 0, needs.contains(where: { $0 > 0 }) {
      var isStuck = true
      for place in plan.slices.indices where needs[place] > 0 && left > 0 {
        guard let choice = choose(plan.slices[place].name, &credits[place]) else {
          needs[place] = 0
          continue
        }
        isStuck = false
        let count = min(Self.count(choice), needs[place], left)
        // Another batch goes on where its forerunner was, as far as that can be told without asking.
        let variant = variants[choice, default: plan.round * 7]
        variants[choice] = variant + 1
        tasks.append(
          SynthesisPlan.Task(
            number: tasks.count, slice: plan.slices[place].name, operator: choice, count: count,
            seeds: seeds(for: choice, plan.slices[place].name, tasks.count), variant: variant))
        needs[place] -= count
        left -= count
      }
      if isStuck { break }
    }
    return tasks
  }

  /// The next operator of a slice by weight, of those that have what they work on; nil if none has.
  private func choose(_ slice: String, _ credits: inout [Double]) -> SynthesisOperatorName? {
    let able = plan.parameters.operators.indices.filter {
      isAble(plan.parameters.operators[$0].operator, slice)
    }
    guard !able.isEmpty else { return nil }
    let total = able.reduce(0) { $0 + plan.parameters.operators[$1].weight }
    for place in able { credits[place] += plan.parameters.operators[place].weight / total }
    guard let best = able.max(by: { credits[$0] < credits[$1] }) else { return nil }
    credits[best] -= 1
    return plan.parameters.operators[best].operator
  }

  private func isAble(_ operator: SynthesisOperatorName, _ slice: String) -> Bool {
    switch `operator` {
    case .selfInstruct, .persona, .multiTurn: true
    case .document: !plan.documents.isEmpty
    case .toolCall: !plan.tools.isEmpty
    case .evolve, .rewriteFailure, .counterfactual: !fit(for: `operator`, slice).isEmpty
    }
  }

  /// Seeds that an operator can use for a slice: its own, and those of no slice.
  private func fit(for operator: SynthesisOperatorName, _ slice: String) -> [Int] {
    plan.seeds.indices.filter { place in
      let seed = plan.seeds[place]
      guard seed.slice == nil || seed.slice == slice else { return false }
      return switch `operator` {
      case .rewriteFailure: seed.isFailure
      case .counterfactual: !seed.isFailure && !seed.output.isEmpty
      case .selfInstruct, .evolve, .persona, .document, .toolCall, .multiTurn: !seed.isFailure
      }
    }
  }

  private func key(_ task: Int, _ id: String) -> ContentHash {
    ContentHash.of("\(plan.parameters.seed)\u{0}\(plan.round)\u{0}\(task)\u{0}\(id)")
  }

  private func seeds(for operator: SynthesisOperatorName, _ slice: String, _ task: Int) -> [Int] {
    let own = fit(for: `operator`, slice)
    // A slice's own seeds say more of it than those of no slice.
    let named = own.filter { plan.seeds[$0].slice != nil }
    let usable = named.count >= Self.shown(`operator`) ? named : own
    return Array(
      usable.map { ($0, key(task, plan.seeds[$0].id)) }
        .sorted { ($0.1, $0.0) < ($1.1, $1.0) }.prefix(Self.shown(`operator`)).map(\.0))
  }
}
