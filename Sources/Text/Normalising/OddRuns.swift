import Bytes
import CTextVectors

/// The words of a text that white space parts, of which only those are looked at one by one that are not plain: a few
/// ASCII letters with at most one sign of a sentence behind them.
///
/// Which ones are plain: `ctext_odd_runs`.
public struct OddRuns: ~Copyable {
  /// A word that is not plain, or might not be.
  public struct Run {
    /// Where it begins.
    public let start: Int
    /// Behind its last byte.
    public let stop: Int
    /// Whether it is the first of its line.
    public let isFirst: Bool
    /// The plain words between the run before it and this one.
    public let plain: Plain
  }

  /// Plain words in a row.
  public struct Plain {
    /// How many those are.
    public let words: Int
    /// Their bytes, which are characters too.
    public let bytes: Int
  }

  private static let room = 64

  private let base: UnsafeRawPointer?
  private let end: Int
  private var state = ctext_odd_state()
  private let runs = Scratch<ctext_run>(capacity: room)
  private var place = 0
  private var found = 0

  /// Stands before the first run.
  /// - Parameter text: any bytes, which must stay while runs are read; of more than 4 GiB only the first 4 GiB are read.
  public init(in text: UnsafeRawBufferPointer) {
    base = text.baseAddress
    end = min(text.count, Int(UInt32.max) - 1)
    state.first = 1
  }

  /// The next run; nil behind the last.
  public mutating func next() -> Run? {
    guard place < found || fill() else { return nil }
    let run = runs.base[place]
    place &+= 1
    return Run(
      start: Int(run.start), stop: Int(run.stop), isFirst: run.is_first == 1,
      plain: Plain(words: Int(run.words), bytes: Int(run.bytes)))
  }

  /// The plain words behind the last run, once there is no more.
  public var rest: Plain { Plain(words: Int(state.words), bytes: Int(state.bytes)) }

  private mutating func fill() -> Bool {
    guard let base else { return false }
    place = 0
    found = 0
    while found == 0, state.place <= end {
      found = ctext_odd_runs(base, end, &state, runs.base, Self.room)
    }
    return found > 0
  }
}
