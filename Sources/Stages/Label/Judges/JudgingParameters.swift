/// What a label step asks of judges, students and people.
public struct JudgingParameters: Sendable, Hashable, Codable {
  /// Names of rubrics, whose panels are asked, about single outputs or about pairs for one input; default none.
  public var rubrics: [String] = []
  /// Judges whose calls are in the data; default none.
  public var dataJudges: [DataJudge] = []
  /// The student; nil, the default, trains none.
  public var student: StudentParameters?
  /// How far uncertain items go; nil, the default, asks every judge about every kept record.
  public var escalation: EscalationParameters?
  /// A condition over the view `records`: only what it holds for is judged; nil, the default, is everything kept.
  public var condition: String?

  /// Nothing.
  public init() {}

  /// Whether nothing is asked of anybody.
  public var isEmpty: Bool { rubrics.isEmpty && dataJudges.isEmpty && student == nil && escalation == nil }
}

/// What judges, students and the escalation did in a label step.
public struct JudgingAccount: Sendable, Hashable, Codable {
  /// Judges whose calls are in the data.
  public var dataJudges: [DataJudgeAccount] = []
  /// The student; nil where none is trained.
  public var student: StudentAccount?
  /// Judges that were asked about everything.
  public var judges: [JudgeAccount] = []
  /// The escalation; nil where there is none.
  public var escalation: EscalationAccount?
  /// Judges that were asked about pairs; nil where there are none.
  public var pairs: [JudgePairAccount]?

  /// Nothing.
  public init() {}

  /// Whether a budget ended anything.
  public var isBudgetSpent: Bool {
    escalation?.isBudgetSpent == true || judges.contains(where: \.isBudgetSpent)
      || pairs?.contains(where: \.isBudgetSpent) == true
  }
}
