import Records
import Testing

@testable import Label

@Suite("Sentiment of comments") struct CommentSentimentTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let text: String
    let label: LabelClass?
    var testDescription: String { text }

    init(_ text: String, _ label: LabelClass?) {
      self.text = text
      self.label = label
    }
  }

  @Test(arguments: [
    Case("Great answer, thank you!", .good),
    Case("PERFECT", .good),
    Case("exactly what I needed", .good),
    Case("not bad at all", .good),
    Case("👍", .good),
    Case("Sehr hilfreich, danke", .good),
    Case("très bien, merci", .good),
    Case("muy bueno", .good),
    Case("Grazie, perfetto", .good),
    Case("ótimo, obrigado", .good),
    Case("很好", .good),
    Case("This is wrong.", .bad),
    Case("The date is incorrect", .bad),
    Case("it hallucinated the API", .bad),
    Case("doesn't work", .bad),
    Case("Didn't answer my question", .bad),
    Case("👎👎", .bad),
    Case("not helpful", .bad),
    Case("this was not very helpful", .bad),
    Case("isn't accurate", .bad),
    Case("Leider falsch", .bad),
    Case("nicht hilfreich", .bad),
    Case("n'est pas utile", .bad),
    Case("no es correcto", .bad),
    Case("間違い", .bad),
    // A negation in another clause negates nothing.
    Case("No, this is great", .good),
    Case("I did not expect that. Excellent!", .good),
    // Blame that is denied is no praise.
    Case("not wrong", nil),
    Case("never misleading", nil),
    // Both sides.
    Case("helpful but wrong", nil),
    Case("good, great, perfect, and one thing wrong", .good),
    // None of the words.
    Case("", nil),
    Case("...", nil),
    Case("I asked about Berlin", nil),
    Case("the goods were delivered", nil),
    Case("?", nil),
  ])
  func reads(_ item: Case) {
    #expect(Self.reading(item.text) == item.label)
  }

  @Test("only the first words are looked at, and a long text takes no longer than it is long")
  func long() {
    let filler = String(repeating: "word ", count: CommentSentiment.words)
    #expect(Self.reading("great " + filler) == .good)
    #expect(Self.reading(filler + "great") == nil)
    #expect(Self.reading(String(repeating: "not ", count: 200_000)) == nil)
  }

  @Test("no phrase stands on both sides, and each is read as what it says")
  func lists() {
    #expect(Set(SentimentWords.good).isDisjoint(with: SentimentWords.bad))
    for word in SentimentWords.good { #expect(Self.reading(word) == .good, "\(word)") }
    for word in SentimentWords.bad { #expect(Self.reading(word) == .bad, "\(word)") }
  }

  private static func reading(_ text: String) -> LabelClass? {
    var text = text
    return text.withUTF8 { CommentSentiment().reading(of: UnsafeRawBufferPointer($0)) }
  }
}
