import Foundation
import Testing
import TestSupport

@Suite("flywheel spend") struct SpendTests {
  @Test("says so where nothing was spent") func nothing() throws {
    let bench = try Published.bench()
    #expect(
      try bench.succeed("spend").hasPrefix("no language model was asked in the last 30 days.\n\nbudget"))
    let json = try bench.succeed("spend", "--json")
    #expect(json.contains("\"rows\" : [") && json.contains("\"keptAnswers\" : 0"))
  }

  @Test("refuses days that are none") func wrong() throws {
    let bench = try Published.bench()
    #expect(try bench.run("spend", "--days", "-1").code != 0)
  }
}
