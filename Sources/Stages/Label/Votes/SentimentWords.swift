/// The words by which comments are read.
///
/// Chosen from what people write beside thumbs: each says something about an answer by itself. Words that are as often about
/// the subject as about the answer (`problem`, `error`, `interesting`) are left out.
enum SentimentWords {
  static let good = [
    // English
    "good", "great", "excellent", "perfect", "perfectly", "awesome", "amazing", "fantastic", "wonderful",
    "helpful", "very useful", "useful", "accurate", "correct", "spot on", "well done", "nice", "brilliant",
    "love it", "love this", "loved it", "thank you", "thanks", "works", "worked", "solved it", "solved my",
    "exactly what i", "impressive", "clear", "concise", "well explained", "nailed it", "not bad",
    "no complaints",
    // German
    "gut", "gute antwort", "sehr gut", "super", "prima", "perfekt", "hilfreich", "toll", "klasse", "danke",
    "vielen dank", "ausgezeichnet", "hervorragend", "richtig", "korrekt", "funktioniert", "passt",
    "genau richtig",
    // French
    "bien", "très bien", "parfait", "super réponse", "excellente", "utile", "merci", "correcte", "génial",
    "ça marche", "bravo", "bonne réponse",
    // Spanish
    "bueno", "buena", "muy bien", "muy bueno", "perfecto", "excelente", "útil", "gracias", "correcto",
    "correcta",
    "genial", "funciona", "me sirvió",
    // Italian
    "ottimo", "ottima", "perfetto", "perfetta", "eccellente", "grazie", "corretto", "corretta", "funziona",
    "molto utile", "bravissimo",
    // Portuguese
    "ótimo", "ótima", "bom", "boa", "perfeito", "perfeita", "obrigado", "obrigada", "correto", "correta",
    "muito bom",
    // Dutch
    "goed", "geweldig", "uitstekend", "perfecte", "bedankt", "dank je", "nuttig", "juist", "werkt",
    // Chinese and Japanese
    "很好", "正确", "有用", "谢谢", "完美", "素晴らしい", "ありがとう", "役に立", "完璧",
    "👍", "❤", "😊", "😀", "🎉", "👏", "🙏", "💯",
  ]

  static let bad = [
    // English
    "bad", "terrible", "awful", "horrible", "useless", "unhelpful", "wrong", "incorrect", "inaccurate",
    "false",
    "nonsense", "garbage", "rubbish", "poor", "worse", "worst", "disappointing", "disappointed", "misleading",
    "irrelevant", "off topic", "hallucinated", "hallucination", "hallucinates", "hallucinating", "made up",
    "made it up", "makes no sense", "no sense", "outdated", "out of date", "incomplete", "too long",
    "too short",
    "too vague", "too generic", "vague", "confusing", "does not work", "doesn't work", "didn't work",
    "did not work", "not working", "does not answer", "doesn't answer", "didn't answer", "did not answer",
    "missed the point", "misses the point", "waste of time", "failed", "fails", "broken", "ignored my",
    "ignored the", "did not follow", "didn't follow", "not what i", "never mentioned", "could be better",
    "needs work", "repetitive", "rude", "stupid",
    // German
    "schlecht", "falsch", "unbrauchbar", "nutzlos", "unsinn", "quatsch", "müll", "veraltet", "unvollständig",
    "zu lang", "zu kurz", "ungenau", "irreführend", "enttäuschend", "erfunden", "geht nicht", "stimmt nicht",
    "thema verfehlt", "funktioniert nicht", "passt nicht",
    // French
    "mauvais", "mauvaise", "faux", "fausse", "inutile", "nul", "nulle", "incorrecte", "incomplet",
    "incomplète",
    "trop long", "trop court", "hors sujet", "ne marche pas", "ne fonctionne pas", "n'importe quoi",
    "pas bon",
    // Spanish
    "malo", "mala", "incorrecto", "incorrecta", "inútil", "falso", "falsa", "terrible respuesta",
    "no funciona",
    "no sirve", "no responde", "demasiado largo", "incompleto", "incompleta", "equivocado", "equivocada",
    // Italian
    "pessimo", "pessima", "sbagliato", "sbagliata", "errato", "errata", "non funziona", "incompleta risposta",
    "fuori tema",
    // Portuguese
    "ruim", "péssimo", "péssima", "errado", "errada", "incorreto", "incorreta", "não funciona", "incompleta",
    // Dutch
    "slecht", "fout", "onjuist", "nutteloos", "werkt niet", "onzin", "klopt niet",
    // Chinese and Japanese
    "不对", "错误", "没用", "错了", "不正确", "間違", "役に立たない", "違います",
    "👎", "😡", "😠", "😞", "🤮", "💩",
  ]

  static let negations = [
    "not", "no", "never", "isn't", "isn t", "wasn't", "don't", "doesn't", "didn't", "hardly", "barely",
    "less",
    "nor", "without", "far from", "cannot", "can't", "nicht", "kein", "keine", "nie", "kaum", "wenig", "pas",
    "jamais", "peu", "sans", "no es", "nunca", "nada", "sin", "tampoco", "non", "mai", "senza", "não", "nem",
    "niet", "geen", "nooit", "不", "没",
  ]
}
