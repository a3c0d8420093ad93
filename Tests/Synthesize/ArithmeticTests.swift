import Synthesize
import Testing

@Suite("Arithmetic") struct ArithmeticTests {
  private func verify(_ output: String) async throws -> Verification {
    try await ArithmeticVerifier().verify(VerifiedOutput(input: "", output: output))
  }

  @Test(
    "holds",
    arguments: [
      "12 × 3 = 36", "12 x 3 = 36", "12x3=36", "12*3 = 36", "12 \\times 3 = 36", "$12 \\times 3 = 36$",
      "So 12 × 3 = 36, and that is it.", "1. 12 × 3 = 36.", "- 3 + 4 = 7", "(a) 3 + 4 = 7", "**3 + 4 = 7**",
      "3 + 4 = **7**", "$5.20 + 1.30 = $6.50", "$5.20 + $1.30 = $6.50", "5.20 € + 1.30 € = 6.50 €",
      "15 % of 80 = 12", "15% of $80 = $12", "20 - 15% of 80 = 8", "12 / 80 = 15 %", "12 / 80 × 100 = 15 %",
      "50% + 25% = 75%", "3 km + 500 m = 3.5 km", "1 km = 1000 m", "90 min = 1.5 h", "6 km / 500 m = 12",
      "3 × 2 kg = 6 kg", "1,234 + 1 = 1,235", "1,234,567.5 × 2 = 2,469,135", "1'000 + 1 = 1'001",
      "10 / 3 = 3.33",
      "2 / 3 = 0.67", "10 ÷ 4 = 2.5", "(3 + 4) × 2 = 14", "2 × (3 + (4 − 1)) = 12", "(3 + 4 = 7)",
      "3 + 4 = 7 = 14 / 2", "36 = 12 × 3", "5 − 8 = −3", "5 - 8 = -3", "-3 × -2 = 6", "0.1 + 0.2 = 0.3",
      ".5 × 4 = 2",
      "2 + 3 × 4 = 14", "100 - 30 - 20 = 50", "100 / 5 / 2 = 10", "Total = 3 + 4 = 7", "| 3 + 4 = 7 |",
      "1/2 + 1/4 = 3/4", "1/3 + 1/3 + 1/3 = 1", "999999999 × 999999999 = 999999998000000001",
      "3 + 4 = 7 apples",
    ])
  func holds(_ text: String) async throws { #expect(try await verify(text) == .passed) }

  @Test(
    "is wrong",
    arguments: [
      "12 × 3 = 35", "So 12 × 3 = 35, and that is it.", "$5.20 + 1.30 = $6.60", "15 % of 80 = 13",
      "12 / 80 = 16 %",
      "3 km + 500 m = 3.6 km", "1 km = 100 m", "1 h = 80 min", "1,234 + 1 = 1,236", "10 / 3 = 3.34",
      "2 / 3 = 0.66",
      "(3 + 4) × 2 = 15", "(3 + 4 = 8)", "3 + 4 = 7 = 16 / 2", "5 − 8 = 3", "0.1 + 0.2 = 0.4",
      "2 + 3 × 4 = 20",
      "1/2 + 1/4 = 2/4", "3 + 4 = 7\n3 + 5 = 9", "$12 \\times 3 = 35$", "**3 + 4** = **8**",
      "999999999 × 999999999 = 999999998000000002",
    ])
  func isWrong(_ text: String) async throws { #expect(try await verify(text) == .failed("arithmetic-wrong")) }

  @Test(
    "units do not agree",
    arguments: [
      "3 km + 2 kg = 5 km", "$5 + €3 = $8", "3 km + 2 km = 5 kg", "2 × 3 kg = 6 €", "(2 h + 3 km) × 2 = 10",
    ])
  func disagrees(_ text: String) async throws { #expect(try await verify(text) == .failed("unit-mismatch")) }

  @Test(
    "is left alone",
    arguments: [
      "", "No numbers.", "x = 5", "3 + 4", "x + 3 = 8", "2x + 1 = 8", "3 apples + 4 apples = 8",
      "2^3 + 1 = 9",
      "2**3 + 1 = 9", "2³ + 1 = 9", "√9 + 1 = 4", "sqrt(9) + 1 = 4", "f(2, 3) = 7", "f(3) + 1 = 9",
      "5! + 1 = 121",
      "10 mod 3 + 1 = 2", "17 % 5 = 2", "17 / 5 = 3 remainder 2", "$2 million + $3 million = $5 million",
      "6 km / 2 h = 3 km/h", "60 km/h × 2 h = 120 km", "3 m × 2 m = 6 m²", "2 (3) = 7", "2(3 + 4) = 14",
      "pages 3-4 = 2 pages", "2024-01-02 = 5", "10:30 + 0:15 = 11", "1.2.3 + 1 = 3", "1.234,50 + 1 = 2",
      "1 234 + 1 = 1 235", "if (a + 1 == 3)", "```\n3 + 4 = 8\n```", "y += 3 + 4 = 8", "3 + 4 ≠ 8",
      "3 + 4 ≈ 8",
      "1e5 + 1 = 3", "12345678901234567890 + 1 = 3",
      "99999999999 × 99999999999 × 99999999999 × 99999999999 = 1",
      "1 / 0 = 5", "3 + = 7", "= 7", "3 = 7", "half of 3 + 4 = 8", "100 + 15% = 115", "90m = 1.5h",
      "(3 + 4)² = 49",
      "(1 + 2)(3 + 4) = 21", "Price − 3 + 4 = 8", "\\frac{1}{2} + 3 = 3.5", "3rd + 4 = 8", "30 % 7 + 1 = 3",
    ])
  func isLeftAlone(_ text: String) async throws { #expect(try await verify(text) == .notApplicable) }

  @Test(
    "what is hostile ends",
    arguments: [
      String(repeating: "(", count: 40_000), String(repeating: "1+", count: 40_000) + "1 = 2",
      String(repeating: "9", count: 40_000) + " + 1 = 2",
      String(repeating: "```\n", count: 20_001) + "1 + 1 = 3",
      String(repeating: "a", count: 40_000), String(repeating: " ", count: 40_000) + "= 1",
      String(repeating: "1 = ", count: 20_000), String(repeating: "3 ", count: 20_000),
      "\u{0}\u{FFFD}1 + \u{202E}1 = 3",
      String(repeating: "1/3 + ", count: 20_000) + "1 = 5", String(repeating: "-", count: 40_000) + "1 = 2",
    ])
  func ends(_ text: String) async throws {
    // It is enough that an answer comes: sums and fractions that grow too long are not judged.
    _ = try await verify(text)
  }
}
