import Foundation
import Records
import Review
import Testing

@Suite("Queue definitions") struct QueueDefinitionTests {
  @Test("a label is read as it was written") func labels() throws {
    let label = QueueLabel(name: "off-topic", key: "o", votes: .bad, description: "Not what was asked")
    let text = try JSONEncoder().encode(label)
    #expect(try JSONDecoder().decode(QueueLabel.self, from: text) == label)
  }
}
