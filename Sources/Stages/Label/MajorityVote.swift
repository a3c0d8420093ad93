import Records

/// The majority of votes by weight, with ties stated.
///
/// The class with more weight wins; equal weights are a tie, which is stated and helps no side. The probability is
/// Laplace's rule of succession, (w + 1) / (w + v + 2) for weight w of the class and v against it, so that one
/// thumb is 0.67 and not a certainty.
public enum MajorityVote {
  /// The class and its probability; nil without votes.
  public static func label(good: Double, bad: Double) -> (class: LabelClass, probability: Double)? {
    guard good + bad > 0 else { return nil }
    if good == bad { return (.tie, 0.5) }
    return (good > bad ? .good : .bad, (max(good, bad) + 1) / (good + bad + 2))
  }
}
