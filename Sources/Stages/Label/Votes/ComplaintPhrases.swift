import Text

/// Finds in a user's message that the answer before it was no good.
///
/// Only what says so outright counts (`that's wrong`, `you didn't answer`, `try again`), in the first 40 words of the
/// message, where complaints stand; a message about something that is wrong elsewhere (`my code is wrong`) has none of
/// these phrases. English, German, French, Spanish, Italian, Portuguese and Dutch.
struct ComplaintPhrases {
  /// Words of a message that are looked at.
  static let words = 40

  private static let phrases = PhraseSet(all.map { ($0, -1) })

  /// Whether the message complains that `grams` has scanned.
  static func complains(_ grams: WordGrams) -> Bool { !phrases.hits(in: grams, limit: words).isEmpty }

  static let all = [
    // English
    "that's wrong", "that is wrong", "this is wrong", "that's not right", "that is not right",
    "that isn't right",
    "that's incorrect", "that is incorrect", "this is incorrect", "that's not correct", "that is not correct",
    "you're wrong", "you are wrong", "your answer is wrong", "your answer is incorrect", "wrong answer",
    "that's not what i", "that is not what i", "not what i asked", "not what i meant", "not what i wanted",
    "not what i said", "you didn't answer", "you did not answer", "you haven't answered", "you misunderstood",
    "you didn't understand", "you did not understand", "you don't understand", "you ignored", "you forgot to",
    "you didn't follow", "you did not follow", "i already told you", "i already said", "as i said",
    "like i said",
    "i asked for", "i asked you", "i told you", "still wrong", "still not working", "still doesn't work",
    "still does not work", "it doesn't work", "it does not work", "that doesn't work", "that does not work",
    "that didn't work", "that did not work", "this doesn't work", "this does not work", "doesn't help",
    "does not help", "not helpful", "try again", "do it again", "that makes no sense", "makes no sense",
    "you made that up", "you made this up", "you're hallucinating", "you are hallucinating", "stop making",
    "please read my", "read my question", "read the question", "answer my question", "answer the question",
    // German
    "das ist falsch", "das stimmt nicht", "stimmt so nicht", "falsche antwort", "das ist nicht richtig",
    "nicht was ich", "das habe ich nicht gefragt", "das war nicht meine frage", "du hast meine frage nicht",
    "sie haben meine frage nicht", "das funktioniert nicht", "geht immer noch nicht", "immer noch falsch",
    "versuch es noch", "versuche es noch", "nochmal bitte", "das hilft mir nicht", "das hilft nicht",
    // French
    "c'est faux", "c'est incorrect", "ce n'est pas correct", "ce n'est pas ce que", "tu n'as pas répondu",
    "vous n'avez pas répondu", "ça ne marche pas", "cela ne fonctionne pas", "mauvaise réponse",
    "essaie encore",
    "réessaie",
    // Spanish
    "eso es incorrecto", "eso está mal", "está mal", "no es correcto", "no es lo que", "no respondiste",
    "no has respondido", "no funciona", "respuesta incorrecta", "inténtalo de nuevo", "otra vez mal",
    // Italian
    "è sbagliato", "non è corretto", "non è quello che", "non hai risposto", "non funziona",
    "risposta sbagliata",
    "riprova",
    // Portuguese
    "está errado", "não é isso que", "você não respondeu", "não funciona", "resposta errada",
    "tente novamente",
    // Dutch
    "dat klopt niet", "dat is fout", "dat is niet wat ik", "dat werkt niet", "verkeerd antwoord",
    "probeer opnieuw",
  ]
}
