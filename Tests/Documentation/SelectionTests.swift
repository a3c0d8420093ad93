import Catalog
import Testing

@Suite("What a selection may read") struct SelectionTests {
  @Test(
    "conditions that need no column of the view",
    arguments: [
      "true", "(SELECT count(*) FROM records) > 10", "EXISTS (SELECT id FROM records WHERE label = 'good')",
    ])
  func noColumn(_ condition: String) throws { #expect(try CatalogStore.fault(inCondition: condition) == nil) }

  @Test(
    "another table under the view's name",
    arguments: [
      "conversation IN (WITH records AS (SELECT account FROM runs) SELECT account FROM records)",
      "id IN (WITH records AS MATERIALIZED (SELECT target FROM feedback WHERE value = -1) SELECT target FROM records)",
      "id NOT IN (WITH records(id) AS (SELECT state FROM cursors) SELECT id FROM records WHERE id LIKE '%x%')",
    ])
  func disguised(_ condition: String) throws {
    #expect(try #require(try CatalogStore.fault(inCondition: condition)).contains("prohibited"))
  }
}
