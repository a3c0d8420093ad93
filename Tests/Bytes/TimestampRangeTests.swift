import Records
import Testing

@Suite struct TimestampRangeTests {
  @Test(
    "an offset may not lead out of the years 1 to 9999",
    arguments: [
      ("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999Z"),
      ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z"),
      ("9999-12-31T23:59:59+00:01", "9999-12-31T23:58:59.000Z"),
      ("9999-12-31T23:59:59-00:01", nil),
      ("0001-01-01T00:00:00+00:01", nil),
    ])
  func bounds(_ text: String, _ expected: String?) {
    #expect(Timestamp(text)?.description == expected)
    #expect(Timestamp(text)?.day == expected.map { String($0.prefix(10)) })
  }
}
