import Synthesize
import Testing

@Suite("Verification") struct VerificationTests {
  @Test("an output without documents cites none")
  func citesNone() { #expect(VerifiedOutput(input: "a", output: "b").documents.isEmpty) }
}
