/// The commonest small words of languages in Latin script: who uses them tells the language of a text
/// cheaply.
///
/// A word may belong to several languages, and then speaks for each of them. Words that programs are written
/// with (`for`, `if`, `in`, `not`) are in a list of their own. A word has at most eight bytes, so that it is
/// one number and nothing collides.
enum FunctionWords {
  /// Languages with a list, in the order of their bits.
  ///
  /// The first ``decided`` may be decided on, the others speak against them.
  static let codes = [
    "en", "de", "fr", "es", "it", "pt", "nl", "af", "ca", "gl", "sv", "da", "no", "ro", "pl", "cs", "tr",
    "id", "eo",
    "la", "ru", "uk", "bg", "sr", "zxx",
  ]
  /// How many of ``codes`` the words alone can decide on.
  static let decided = 7

  /// English words that programs are written with, a list of their own: they back an answer and never decide.
  static let keywords = codes.count - 1

  private static let lists: [String] = [
    // English, without what programs are written with.
    """
    the of to and a that it you was are on be at have had which your can they were their has would there
    been more who will about some my what could than them these so she he we his her our me how when how
    also any into may should does because its no but by i an all one up out very just like know get make
    most such i'm it's don't
    """,
    // German.
    """
    der die das und ist nicht ein eine einen einem einer zu den dem des von mit sich auf für auch es an
    werden aus er hat dass daß sie nach wird bei sind noch wie um am im ich wir ihr war haben oder aber vor
    zur zum bis mehr durch man sein wurde kann über nur so wenn als hatte unter diese dieser dieses mich mir
    dir dich sehr hier was uns kein keine
    """,
    // French.
    """
    le la les de des et un une du que qui dans est pour pas sur au aux avec ce cette il elle en ne se plus
    par son sa ses je vous nous ou mais comme été sont ont être fait leur leurs ces même où tout tous très
    peut aussi cela c'est deux bien était votre mon ma notre donc si sans sous entre après quand on ça j'ai
    était n'est qu'il
    """,
    // Spanish.
    """
    el la los las de del y que en un una por con no se su para es al lo como más o pero sus le ha me si sin
    sobre este ya entre cuando todo esta ser son dos también fue había era muy años hasta desde está mi
    porque qué sólo han yo hay vez puede todos así nos ni parte tiene uno donde bien tiempo mismo ese ahora
    cada e vida otro después te otros esto
    """,
    // Italian.
    """
    il lo la i gli le di del della dei delle dello degli e che un una in per è non con si da dal dalla al
    alla ai alle nel nella sono come anche più ma ha o se suo sua questo questa cui ci tra fra stato essere
    hanno ho mi quando ed dopo tutto tutti molto loro anni due ancora solo può così perché io nei sul sulla
    quello fatto prima poi già ogni
    """,
    // Portuguese.
    """
    o a os as de do da dos das e que em um uma para com não no na nos nas por se ao mais como mas foi ele
    ela seu sua ou ser quando muito há já está eu também só pelo pela até isso entre era depois sem mesmo
    aos seus quem me esse eles estão você tinha foram essa num nem suas meu às minha têm numa pelos elas
    qual lhe deles são é à pode ainda anos
    """,
    // Dutch.
    """
    de het een en van ik te dat die in is niet zijn met op voor er maar om aan dan zou of wat mijn men dit
    zo door over ze bij ook tot je mij uit der daar haar naar heb hoe heeft hebben deze want nog zal me zij
    nu geen omdat iets worden toch al waren veel meer doen moet kan werd wordt als hij we wij u hun kunnen
    onder deze andere jaar
    """,
    // Afrikaans.
    """
    die en van in is nie het wat om te dat vir met hy op sy ek was aan as deur sal word kan ons jy my maar
    ook nog na daar by dit haar hulle hierdie baie meer uit oor
    """,
    // Catalan.
    """
    el la els les de del dels i que en un una per amb no se al als és com més va ser o però seva seu aquest
    aquesta també han ha són fins entre perquè molt on hi què tot anys ja sobre des dos sense
    """,
    // Galician.
    """
    o a os as de do da dos das e que en un unha para con non no na nos nas por se ao máis como pero foi seu
    súa ou ser moi tamén é ten polo pola ata isto entre cando anos sobre
    """,
    // Swedish.
    """
    och i att det som en på är av för med till den har de inte om ett han men var jag sig från vi så kan när
    hon skulle också efter eller nu där vid mot ska än upp ut
    """,
    // Danish.
    """
    og i at det er en til på som af den for med de der ikke et har han var jeg vi så kan fra men om eller
    efter blev også ud hun sig ved skal være da nu
    """,
    // Norwegian.
    """
    og i det er på som en til å av for at med den de ikke har et om var jeg han vi så kan fra men seg ble
    etter også ut ved eller skal være hun nå
    """,
    // Romanian.
    """
    și de în la a cu pe care nu o un din este mai să se al ale lui sau dar fost sunt ce pentru după prin fi
    că ca am are ei
    """,
    // Polish.
    """
    i w na z się nie do to że jest o jak po od za ale co jego dla przez tak przy są już był tym może jej ze
    """,
    // Czech.
    """
    a v se na je že o s z do i to k ve pro za by ale si po jako jsou od byl při jeho který tak být však už
    jen
    """,
    // Turkish.
    """
    ve bir bu için da de ile olarak çok en daha gibi olan var kadar ne o ise ama sonra değil her
    """,
    // Indonesian and Malay.
    """
    yang dan di itu dengan untuk tidak ini dari dalam akan pada juga saya ke karena ada mereka oleh kami
    atau bisa telah adalah tersebut
    """,
    // Esperanto.
    """
    la de kaj en estas al ne kiu por kun li mi ke oni sed ĝi ili pri el ankaŭ tio vi ŝi esti
    """,
    // Latin.
    """
    et in est non ad ut cum qui quod ex sed si de esse per sunt quae dolor sit amet ipsum
    """,
    // Russian; in Cyrillic a word has at most four letters here.
    """
    и в не на я что он с как это по но они к у ты из мы за вы так же от она меня бы мне было вот был ещё нет
    о его если да до или ли уже для их ему во со при ведь них тут где есть надо ну раз чем тем под быть себя
    лишь нас нам всё
    """,
    // Ukrainian.
    """
    і в на що не з як та це до у за й він але про його є від або я ви ми то ні так вона був для по при ще їх
    вже має
    """,
    // Bulgarian.
    """
    и на да в се за не е от с че по са това като си до ще но при към или има след без със той бе ги го му тя
    са
    """,
    // Serbian.
    """
    и у је да се на за су са од не што као ће али из би то који о а по до или није био само
    """,
    // What both programs and English are written with.
    """
    in is for not as with if from or this do while new else return then using where between not only
    """,
  ]

  /// Words as numbers, each at one of its two places (cuckoo hashing, Pagh and Rodler 2001), so that a look takes no loop.
  private static let keys: [UInt64] = table.keys
  /// For each place of ``keys`` which of ``voices`` its word has.
  private static let choices: [UInt8] = table.choices
  /// Sets of languages, one for each list.
  private static let voices: [Votes] = table.voices

  /// A count for each list.
  private typealias Votes = SIMD32<UInt16>

  private static let table: (keys: [UInt64], choices: [UInt8], voices: [Votes]) = {
    var votes: [UInt64: Votes] = [:]
    for (language, list) in lists.enumerated() {
      for word in list.split(whereSeparator: { $0 == " " || $0 == "\n" }) where word.utf8.count <= 8 {
        let key = word.utf8.reversed().reduce(0) { $0 << 8 | UInt64($1) }
        votes[key, default: Votes()][language] = 1
      }
    }
    var keys = [UInt64](repeating: 0, count: 1 << bits)
    for key in votes.keys.sorted() {
      var key = key
      var place = places(of: key).0
      // A word that is in the way goes to its other place.
      while key != 0 {
        swap(&keys[place], &key)
        let (first, second) = places(of: key)
        place = place == first ? second : first
      }
    }
    // The first is that of nobody.
    var voices = [Votes()]
    let choices = keys.map { key -> UInt8 in
      guard let vote = votes[key] else { return 0 }
      if let number = voices.firstIndex(of: vote) { return UInt8(number) }
      voices.append(vote)
      return UInt8(voices.count - 1)
    }
    return (keys, choices, voices)
  }()

  private static let bits = 11

  /// Where a word may be: two numbers of eleven bits.
  @inline(__always)
  private static func places(of key: UInt64) -> (Int, Int) {
    let hash = key &* 0x9E37_79B9_7F4A_7C15
    return (
      Int(truncatingIfNeeded: hash >> UInt64(64 - bits)),
      Int(truncatingIfNeeded: hash >> 40) & (1 << bits - 1)
    )
  }

  /// Counts the words of a sample, which are apart by one space each, that speak for each language, in the order of
  /// ``codes``; a sample has fewer than 65,536 words.
  static func count(_ sample: UnsafeRawBufferPointer, into counts: UnsafeMutableBufferPointer<Int32>) {
    guard let base = sample.baseAddress else { return counts.initialize(repeating: 0) }
    let sums = keys.withUnsafeBufferPointer { keys in
      choices.withUnsafeBufferPointer { choices in
        voices.withUnsafeBufferPointer { voices in
          count(base, sample.count, keys: keys, choices: choices, voices: voices)
        }
      }
    }
    for index in counts.indices { counts.initializeElement(at: index, to: Int32(sums[index & 31])) }
  }

  private static func count(
    _ base: UnsafeRawPointer, _ end: Int, keys: UnsafeBufferPointer<UInt64>,
    choices: UnsafeBufferPointer<UInt8>, voices: UnsafeBufferPointer<Votes>
  ) -> Votes {
    var sums = Votes()
    var place = 0
    while place < end {
      let eight = EightBytes(base, at: place, end: end)
      let length = EightBytes.first(of: eight.equal(to: 0x20) | EightBytes.behind(end - place))
      place += length
      if length == 8, place < end, base.load(fromByteOffset: place, as: UInt8.self) != 0x20 {
        // No word of a list is longer.
        while place < end, base.load(fromByteOffset: place, as: UInt8.self) != 0x20 { place += 1 }
      } else if length > 0 {
        let key = eight.leading(length)
        let (first, second) = places(of: key)
        // No branch depends on whether a list has the word.
        let choice = (keys[first] == key ? choices[first] : 0) | (keys[second] == key ? choices[second] : 0)
        sums &+= voices[Int(choice)]
      }
      place += 1
    }
    return sums
  }
}
