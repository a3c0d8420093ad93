import Text

/// The commonest forms of a refusal in other languages.
extension RefusalPhrases {
  /// A beginning in another language, and words of which one must follow in the same sentence.
  struct Phrase {
    let beginnings: [StaticString]
    let words: [StaticString]
    /// Whether words have spaces between them; Chinese and Japanese have none, so that a phrase ends
    /// anywhere.
    var hasSpaces = true

    func matches(_ text: UnsafeRawBufferPointer, _ start: Int) -> Bool {
      let whole = hasSpaces ? RefusalPhrases.matchesAny(beginnings, text, start) : begins(text, start)
      guard let end = whole else { return false }
      if words.isEmpty { return true }
      var place = end
      while place < text.count {
        let byte = text[place]
        if byte == 0x2E || byte == 0x21 || byte == 0x3F || ASCIIText.has("。", in: text, at: place) {
          return false
        }
        for word in words where ASCIIText.has(word, in: text, at: place) { return true }
        place += 1
      }
      return false
    }

    private func begins(_ text: UnsafeRawBufferPointer, _ start: Int) -> Int? {
      beginnings.first { ASCIIText.has($0, in: text, at: start) }.map { start + $0.utf8CodeUnitCount }
    }
  }

  static let foreign: [Phrase] = [
    Phrase(
      beginnings: [
        "es tut mir leid, aber ich kann", "es tut mir leid, ich kann", "tut mir leid, aber ich kann",
        "tut mir leid, ich kann", "es tut mir leid, aber dabei kann ich", "tut mir leid, aber dabei kann ich",
        "es tut mir leid, dabei kann ich", "tut mir leid, dabei kann ich", "entschuldigung, aber ich kann",
        "leider kann ich", "ich kann dir", "ich kann ihnen", "ich kann dabei", "dabei kann ich",
        "damit kann ich",
      ],
      words: [
        "nicht helfen", "nicht weiterhelfen", "nicht dabei helfen", "nicht unterstützen", "nicht behilflich",
        "anfrage nicht", "nicht nachkommen", "nicht erfüllen", "nicht beantworten",
      ]),
    Phrase(
      beginnings: ["als ki", "als sprachmodell", "als künstliche intelligenz", "als ki-sprachmodell"],
      words: [
        "kann ich nicht", "kann ich keine", "kann ich dir nicht", "kann ich ihnen nicht",
        "kann ich dabei nicht",
      ]),
    Phrase(
      beginnings: [
        "je suis désolé, mais je ne peux pas", "je suis désolée, mais je ne peux pas",
        "désolé, je ne peux pas",
        "désolé, mais je ne peux pas", "je suis désolé, je ne peux pas", "désolée, je ne peux pas",
        "je suis navré, mais je ne peux pas", "je ne peux pas", "malheureusement, je ne peux pas",
      ],
      words: [
        "vous aider", "t'aider", "aider à", "répondre à cette", "répondre à votre demande", "fournir d'aide",
        "accéder à cette demande", "fournir d'informations", "satisfaire",
      ]),
    Phrase(
      beginnings: [
        "en tant qu'ia, je ne peux pas", "en tant que modèle de langage, je ne peux pas",
        "en tant qu'intelligence artificielle, je ne peux pas", "en tant qu'assistant ia, je ne peux pas",
        "en tant que modèle de langage ia, je ne peux pas",
      ], words: []),
    Phrase(
      beginnings: [
        "lo siento, pero no puedo", "lo siento, no puedo", "lamentablemente no puedo",
        "lamentablemente, no puedo",
        "disculpa, pero no puedo", "lamento no poder", "no puedo",
      ],
      words: [
        "ayudarte con", "ayudarle con", "ayudar con", "ayudarte en eso", "ayudarle en eso", "asistir",
        "cumplir con", "proporcionar esa", "proporcionar ese", "proporcionar información sobre cómo",
        "responder a esa", "ayudarte a eso",
      ]),
    Phrase(
      beginnings: [
        "como modelo de lenguaje, no puedo", "como modelo de lenguaje de ia, no puedo", "como ia, no puedo",
        "como inteligencia artificial, no puedo", "como asistente de ia, no puedo",
      ], words: []),
    Phrase(
      beginnings: [
        "mi dispiace, ma non posso", "mi dispiace, non posso", "mi dispiace ma non posso",
        "spiacente, ma non posso", "spiacente, non posso", "sono spiacente, ma non posso",
        "purtroppo non posso", "purtroppo, non posso", "non posso", "mi scuso, ma non posso",
      ],
      words: [
        "aiutarti con", "aiutarla con", "aiutarti in questo", "aiutarti a fare", "aiutare con", "assisterti",
        "fornire assistenza", "soddisfare questa", "soddisfare la tua", "rispondere a questa",
        "fornire informazioni su come", "fornire istruzioni", "fornire questo", "fornire queste",
      ]),
    Phrase(
      beginnings: [
        "come modello di linguaggio", "come modello linguistico", "come intelligenza artificiale",
        "in quanto ia", "in quanto modello", "in quanto intelligenza artificiale", "in qualità di ia",
      ], words: ["non posso", "non sono in grado"]),
    Phrase(
      beginnings: [
        "desculpe, mas não posso", "desculpe, não posso", "sinto muito, mas não posso",
        "sinto muito, não posso", "lamento, mas não posso", "lamento, não posso", "infelizmente, não posso",
        "infelizmente não posso", "me desculpe, mas não posso", "não posso", "desculpe, mas não consigo",
        "peço desculpa, mas não posso", "peço desculpas, mas não posso",
      ],
      words: [
        "ajudar com", "ajudá-lo com", "ajudá-la com", "ajudar você com", "ajudar nisso", "ajudar nesse",
        "atender a esse", "atender a essa", "atender ao seu", "cumprir", "fornecer essa", "fornecer esse",
        "fornecer instruções", "fornecer informações sobre como", "responder a essa", "auxiliar",
      ]),
    Phrase(
      beginnings: [
        "como modelo de linguagem", "como um modelo de linguagem", "como uma ia", "como ia",
        "como uma inteligência artificial", "como assistente de ia",
      ], words: ["não posso", "não consigo", "não sou capaz"]),
    Phrase(
      beginnings: [
        "het spijt me, maar ik kan", "het spijt me, ik kan", "het spijt mij, maar ik kan",
        "sorry, maar ik kan", "sorry, ik kan", "helaas kan ik", "ik kan je", "ik kan u", "ik kan hier",
        "ik kan daar", "ik kan niet", "het spijt me, maar daar kan ik", "sorry, daar kan ik", "daar kan ik",
        "sorry, maar daar kan ik",
      ],
      words: [
        "niet helpen", "niet bij helpen", "niet mee helpen", "niet verder helpen", "helpen met dat",
        "niet assisteren", "geen hulp", "verzoek niet", "niet aan dit verzoek", "niet aan dat verzoek",
        "vraag niet beantwoorden",
      ]),
    Phrase(
      beginnings: ["als ai", "als taalmodel", "als ai-taalmodel", "als kunstmatige intelligentie"],
      words: ["kan ik niet", "kan ik geen", "kan ik je niet", "kan ik u niet", "ben ik niet in staat"]),
    // The case of Cyrillic letters is not folded, so both are here.
    Phrase(
      beginnings: [
        "Извините", "извините", "К сожалению", "к сожалению", "Простите", "простите", "Прошу прощения",
        "Мне жаль",
        "Мне очень жаль", "Я не могу", "я не могу", "Сожалею", "Приношу извинения",
      ],
      words: [
        "не могу помочь", "не могу помогать", "не могу выполнить", "не могу ответить на этот",
        "не могу предоставить", "не могу обсуждать", "не могу вам помочь", "не могу с этим помочь",
        "не могу тебе помочь", "помочь с этим", "помочь вам с этим", "выполнить этот запрос",
        "выполнить ваш запрос", "предоставить инструкции",
      ]),
    Phrase(
      beginnings: ["抱歉", "很抱歉", "非常抱歉", "对不起", "對不起", "十分抱歉", "我无法", "我無法"],
      words: [
        "我无法提供", "我不能提供", "我无法协助", "我不能协助", "我无法帮助", "我不能帮助", "我无法满足", "我不能满足",
        "我无法回答", "我不能回答", "我无法为您提供", "我无法为你提供", "无法给到相关内容", "我無法提供", "我無法協助", "我不能協助",
        "无法协助您", "无法协助你", "无法回答这个问题", "无法满足您的请求", "无法提供相关",
      ], hasSpaces: false),
    Phrase(
      beginnings: ["作为一个人工智能", "作为一名人工智能", "作为人工智能", "作为一个ai", "作为ai", "作为一个语言模型", "作为语言模型"],
      words: ["我无法", "我不能", "无法为您", "无法提供"], hasSpaces: false),
    Phrase(
      beginnings: ["申し訳ありません", "申し訳ございません", "すみません", "ごめんなさい", "恐れ入りますが", "大変申し訳"],
      words: [
        "お手伝いできません", "お手伝いすることはできません", "お答えできません", "お答えすることはできません", "対応できません", "お応えできません",
        "対応することはできません", "提供できません", "提供することはできません", "お応えすることはできません", "支援できません", "応じることはできません",
        "手助けはできません",
      ], hasSpaces: false),
    Phrase(
      beginnings: ["aiとして", "aiアシスタントとして", "言語モデルとして", "aiの私"], words: ["できません", "できかねます"], hasSpaces: false),
  ]
}
