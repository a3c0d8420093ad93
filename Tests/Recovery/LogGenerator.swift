/// Numbers that look random and are the same every time (SplitMix64).
struct Dice {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed }

  mutating func word() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }

  /// A number in 0..<limit.
  mutating func below(_ limit: Int) -> Int { Int(word() % UInt64(limit)) }

  /// True in this many of a hundred cases.
  mutating func chance(_ percent: Int) -> Bool { below(100) < percent }

  mutating func pick<Item>(_ items: [Item]) -> Item { items[below(items.count)] }

  mutating func shuffled<Item>(_ items: [Item]) -> [Item] {
    var items = items
    for index in stride(from: items.count - 1, to: 0, by: -1) { items.swapAt(index, below(index + 1)) }
    return items
  }
}

/// A log as an application would write it: one file a day of calls and one of reactions.
struct GeneratedLog {
  /// Files by name: whole lines without their newline.
  var chat: [(name: String, lines: [String])] = []
  var reactions: [(name: String, lines: [String])] = []

  private static let topics = [
    "the late parcel", "a worn chain", "the wrong frame size", "a refund", "an invoice", "the front light",
    "a puncture", "the spare key", "a discount", "the test ride",
  ]
  private static let answers = [
    "Please open the order page and choose the item; a label comes by mail within the hour.",
    "That part is covered for two years, so we send a new one today without any charge.",
    "Turn the barrel half a turn to the left, spin the wheel, and listen for the rubbing to stop.",
    "The courier tries again tomorrow morning; you may move it to a shop near you until midnight.",
    "Measure the inside leg in centimetres and take two thirds of it: that is the frame to choose.",
  ]

  /// Writes a log.
  /// - Parameters:
  ///   - count: distinct calls, before twins and siblings.
  ///   - days: files of each kind.
  ///   - seed: of everything that looks random.
  ///   - sharedInputs: whether one question may come up in several conversations.
  init(interactions count: Int, days: Int, seed: UInt64 = 7, sharedInputs: Bool = true) {
    var dice = Dice(seed)
    var calls = Array(repeating: [String](), count: days)
    var events = Array(repeating: [String](), count: days)
    var serial = 0
    func stamp(_ day: Int, _ second: Int) -> String {
      func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
      return "2026-11-\(two(day + 1))T\(two(second / 3600)):\(two(second / 60 % 60)):\(two(second % 60)).000Z"
    }
    func react(_ target: String, _ day: Int, _ second: Int, bad: Bool) {
      serial += 1
      let late = dice.chance(15) ? dice.below(3) : 0
      let arrival = min(day + late, days - 1)
      let event: String
      switch dice.below(10) {
      case 0: event = #""event":"stars","value":\#(bad ? 1 : 5)"#
      case 1: event = #""event":"\#(bad ? "regenerated" : "copied")""#
      case 2 where bad:
        event =
          #""event":"correction","correction":"A colleague's words \#(serial): \#(dice.pick(Self.answers))""#
      default: event = #""event":"thumbs_\#(bad ? "down" : "up")""#
      }
      events[arrival].append(
        #"{"id":"r\#(serial)","timestamp":"\#(stamp(arrival, second))","target_id":"\#(target)",\#(event),"#
          + #""user_id":"person\#(dice.below(400))@example.com"}"#)
    }
    for number in 0..<count {
      // The log grows in the order of time.
      let day = number * days / count
      let second = (number - day * count / days) * 86_000 / (count / days + 1)
      let shared = sharedInputs && dice.chance(8)
      let question =
        shared
        ? "What do you do about \(dice.pick(Self.topics))?"
        : "Question \(number) on \(dice.pick(Self.topics)): what now? Grüße, 你好"
      func call(_ id: String, _ answer: String, _ more: String = "", second: Int = second, updated: Int = 0) {
        calls[day].append(
          #"{"type":"call","id":"\#(id)","created_at":"\#(stamp(day, second))","session":"s\#(number / 2)","#
            + #""user_id":"person\#(number % 700)@example.com","model":"m\#(number % 3)","revised":"\#(stamp(day, min(second + updated, 86_399)))","#
            + #""messages":[{"role":"system","content":"Help."},{"role":"user","content":"\#(question)"}],"#
            + #""response":{"role":"assistant","content":"\#(answer)"}\#(more)}"#)
      }
      var answer = "\(dice.pick(Self.answers)) Case \(number)."
      if dice.chance(4) { answer += " Write to helper\(number)@example.com or call +49 30 901820." }
      if dice.chance(3) { answer = "I'm sorry, but I can't help with that." }
      let cut = dice.chance(2)
      call("c\(number)", answer, cut ? #","finish_reason":"length""# : #","finish_reason":"stop""#)
      if dice.chance(3), let line = calls[day].last { calls[day].append(line) }
      if dice.chance(4) { call("twin\(number)", answer, second: min(second + 5, 86_399)) }
      if dice.chance(2) { call("c\(number)", "\(answer) Amended.", updated: 1) }
      if dice.chance(50) { react("c\(number)", day, second, bad: dice.chance(35)) }
      if dice.chance(12) {
        call(
          "again\(number)", "\(dice.pick(Self.answers)) Second try \(number).", #","parent_id":"c\#(number)""#
        )
        react("c\(number)", day, second, bad: true)
        react("again\(number)", day, second, bad: false)
      }
      if dice.chance(2) { calls[day].append(#"{"type":"call","id":"cut\#(number)","messages":[{"role":"us"#) }
      if dice.chance(1) { calls[day].append(#"{"type":"heartbeat","id":"h\#(number)"}"#) }
      if dice.chance(1) { react("nobody\(number)", day, second, bad: false) }
    }
    func name(_ day: Int) -> String { "2026-11-\(day < 9 ? "0" : "")\(day + 1).jsonl" }
    chat = calls.enumerated().map { (name($0), $1) }
    reactions = events.enumerated().map { (name($0), $1) }
  }
}
