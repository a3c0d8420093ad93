import Statistics
import Testing

@Suite("Estimates") struct EstimateTests {
  @Test("no trial says nothing")
  func noTrial() { #expect(IntervalEstimate.wilson(successes: 0, trials: 0) == nil) }
}
