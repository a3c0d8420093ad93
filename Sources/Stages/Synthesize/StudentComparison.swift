import Statistics

/// A student beside a teacher on the same inputs, by the same checks and judges.
public struct StudentComparison: Sendable, Hashable, Codable {
  /// One input.
  struct Pair {
    /// Whether the teacher's first answer is right, by checks and judges.
    let teacher: Bool
    /// The same of the student's.
    let student: Bool
    /// What people said of the two; nil where they did not see both.
    var people: (teacher: Bool, student: Bool)?

    init(teacher: Bool, student: Bool) {
      self.teacher = teacher
      self.student = student
    }
  }

  /// Inputs that both answered, and of whose answers checks or judges could tell.
  public let inputs: Int
  /// Inputs that both got right.
  public let both: Int
  /// Inputs that only the teacher got right.
  public let teacherOnly: Int
  /// Inputs that only the student got right.
  public let studentOnly: Int
  /// The student's share minus the teacher's, with a paired bootstrap interval of 95 %.
  ///
  /// It is of what checks and judges say, errors included; nil for one input.
  public let difference: IntervalEstimate?
  /// The probability of a difference like this where there is none: McNemar's exact test.
  public let probability: Double
  /// Inputs of which people saw both answers.
  public let people: Int
  /// The difference by people's word, with the judges' help: the interval of 95 % of PPI++; nil for fewer than two inputs.
  public let corrected: IntervalEstimate?

  /// Inputs that neither got right.
  public var neither: Int { inputs - both - teacherOnly - studentOnly }

  /// Compares.
  /// - Parameters:
  ///   - pairs: the inputs, one or more.
  ///   - seed: of the bootstrap.
  init(_ pairs: [Pair], seed: UInt64) {
    inputs = pairs.count
    both = pairs.count { $0.teacher && $0.student }
    teacherOnly = pairs.count { $0.teacher && !$0.student }
    studentOnly = pairs.count { !$0.teacher && $0.student }
    func gain(_ teacher: Bool, _ student: Bool) -> Double { (student ? 1 : 0) - (teacher ? 1 : 0) }
    difference = PairedComparison(seed: seed).difference(
      pairs.map { $0.student ? 1 : 0 }, pairs.map { $0.teacher ? 1 : 0 })
    probability = McNemarTest(onlyFirst: studentOnly, onlySecond: teacherOnly).exact
    people = pairs.count { $0.people != nil }
    corrected = IntervalEstimate.predictionPoweredDifference(
      judged: pairs.map { gain($0.teacher, $0.student) },
      truth: pairs.map { pair in pair.people.map { gain($0.teacher, $0.student) } })
  }
}
