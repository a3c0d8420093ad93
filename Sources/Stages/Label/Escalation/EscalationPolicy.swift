import Bytes

/// Decides whom to ask next: the item and the tier whose answer is expected to tell the most per dollar.
///
/// An item's worth is its slice's deficit × its traffic; what an answer tells is the mutual information of vote and
/// class, in bits. A pure value: the same items, tiers and answers give the same questions in the same order.
struct EscalationPolicy {
  struct Item {
    let content: ContentHash
    let interaction: String
    /// Slice deficit × traffic.
    let worth: Double
    var good: Double
    /// Whom not to ask any more.
    var asked: Set<Int> = []
    var reason: HumanItem.Reason?
    /// Whether somebody was not asked for want of money.
    var isShort = false

    var certainty: Double { max(good, 1 - good) }
  }

  struct Question: Hashable {
    let item: Int
    let tier: Int
  }

  private struct Candidate {
    let value: Double
    let item: Int
    let tier: Int

    func precedes(_ other: Candidate) -> Bool {
      value != other.value ? value > other.value : (item, tier) < (other.item, other.tier)
    }
  }

  let tiers: [EscalationTier]
  let human: EscalationTier
  let parameters: EscalationParameters
  private(set) var items: [Item]
  private var heap: [Candidate] = []

  init(items: [Item], tiers: [EscalationTier], parameters: EscalationParameters) {
    self.items = items
    self.tiers = tiers
    self.parameters = parameters
    human = EscalationTier(
      name: "human", sensitivity: parameters.humanAccuracy, specificity: parameters.humanAccuracy,
      price: Int64(parameters.humanDollars * 1e6))
    for item in items.indices { offer(item) }
  }

  /// Bits per millionth of a dollar; free answers come before all others, the most telling first.
  private func value(_ tier: EscalationTier, _ item: Item) -> Double {
    let bits = tier.gain(item.good) * item.worth
    return tier.price > 0 ? bits / Double(tier.price) : bits * 1e9
  }

  /// Puts the best next question on an item into the heap, or leaves the item to a person.
  private mutating func offer(_ item: Int) {
    let state = items[item]
    guard state.certainty < parameters.certain, state.reason == nil else { return }
    var best: Candidate?
    for tier in tiers.indices where !state.asked.contains(tier) {
      guard tiers[tier].gain(state.good) >= parameters.leastGain else { continue }
      let candidate = Candidate(value: value(tiers[tier], state), item: item, tier: tier)
      if best.map({ candidate.precedes($0) }) ?? true { best = candidate }
    }
    guard let best else {
      items[item].reason = state.isShort ? .budget : .uncertain
      return
    }
    guard best.value > value(human, state) else {
      items[item].reason = .bestByHuman
      return
    }
    push(best)
  }

  /// Takes the best questions, at most one on an item.
  /// - Parameters:
  ///   - limit: questions at most.
  ///   - funds: what may be spent; nil is no limit.
  /// - Returns: the questions, and whether one was left for want of money.
  mutating func next(limit: Int, funds: Int64?) -> (questions: [Question], isShort: Bool) {
    var questions: [Question] = []
    var left = funds
    var isShort = false
    let cheapest = tiers.map(\.price).filter { $0 > 0 }.min() ?? 0
    while questions.count < limit, let candidate = pop() {
      let price = tiers[candidate.tier].price
      if let funds = left, price > funds {
        isShort = true
        guard questions.isEmpty || price > cheapest else {
          // The questions of this batch may cost less than was thought.
          push(candidate)
          break
        }
        items[candidate.item].asked.insert(candidate.tier)
        items[candidate.item].isShort = true
        offer(candidate.item)
        continue
      }
      left = left.map { $0 - price }
      questions.append(Question(item: candidate.item, tier: candidate.tier))
    }
    return (questions, isShort)
  }

  /// Takes an answer in.
  /// - Parameters:
  ///   - question: what was asked.
  ///   - saidGood: the vote; nil for silence.
  ///   - reason: why a person must look at the item whatever the others say.
  mutating func answer(_ question: Question, saidGood: Bool?, reason: HumanItem.Reason? = nil) {
    items[question.item].asked.insert(question.tier)
    if let saidGood {
      items[question.item].good = tiers[question.tier].posterior(
        items[question.item].good, saidGood: saidGood)
    }
    if let reason { items[question.item].reason = reason }
    offer(question.item)
  }

  /// Leaves everything that is still open to people, because of the budget.
  mutating func stop() -> Bool {
    let isOpen = !heap.isEmpty
    for candidate in heap { items[candidate.item].reason = .budget }
    heap.removeAll()
    return isOpen
  }

  /// The items for people, those first whose answer is worth most.
  var humanItems: [HumanItem] {
    items.compactMap { item in
      guard let reason = item.reason else { return nil }
      return HumanItem(
        content: item.content, interaction: item.interaction,
        priority: EscalationTier.entropy(item.good) * item.worth, good: item.good, reason: reason)
    }.sorted { $0.priority != $1.priority ? $0.priority > $1.priority : $0.content < $1.content }
  }

  // MARK: Heap

  private mutating func push(_ candidate: Candidate) {
    heap.append(candidate)
    var child = heap.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard heap[child].precedes(heap[parent]) else { return }
      heap.swapAt(child, parent)
      child = parent
    }
  }

  private mutating func pop() -> Candidate? {
    guard let first = heap.first else { return nil }
    let last = heap.removeLast()
    guard !heap.isEmpty else { return first }
    heap[0] = last
    var parent = 0
    while true {
      var best = parent
      for child in [2 * parent + 1, 2 * parent + 2]
      where child < heap.count && heap[child].precedes(heap[best]) {
        best = child
      }
      guard best != parent else { return first }
      heap.swapAt(parent, best)
      parent = best
    }
  }
}
