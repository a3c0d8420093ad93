import Catalog
import Testing

@Suite("Conditions of the page") struct ConditionTests {
  @Test("ten that are legal")
  func legal() throws {
    let conditions = try Page("Catalog.md").codes("## Ten conditions")
    #expect(conditions.count == 10)
    for condition in conditions { #expect(try CatalogStore.fault(inCondition: condition) == nil) }
  }

  @Test("those that are refused")
  func refused() throws {
    for condition in try Page("Catalog.md").codes("## What is allowed") {
      #expect(try CatalogStore.fault(inCondition: condition) != nil, "\(condition)")
    }
  }
}
