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

  /// A table of open addressing over a power of two: words as numbers, and the bits of their languages.
  static let table: [(key: UInt64, languages: UInt32)] = {
    var table = [(key: UInt64, languages: UInt32)](repeating: (0, 0), count: 1 << bits)
    for (language, list) in lists.enumerated() {
      for word in list.split(whereSeparator: { $0 == " " || $0 == "\n" }) where word.utf8.count <= 8 {
        var key: UInt64 = 0
        for (index, byte) in word.utf8.enumerated() { key |= UInt64(byte) << UInt64(8 * index) }
        var slot = slot(of: key)
        while table[slot].key != 0, table[slot].key != key { slot = (slot + 1) & (table.count - 1) }
        table[slot].key = key
        table[slot].languages |= 1 << UInt32(language)
      }
    }
    return table
  }()

  private static let bits = 11

  @inline(__always)
  static func slot(of key: UInt64) -> Int { Int((key &* 0x9E37_79B9_7F4A_7C15) >> UInt64(64 - bits)) }

  /// Adds the words of a sample, which are apart by one space each, that speak for each language, in the order of
  /// ``codes``.
  static func count(_ sample: UnsafeRawBufferPointer, into counts: UnsafeMutableBufferPointer<Int32>) {
    counts.initialize(repeating: 0)
    guard let base = sample.baseAddress else { return }
    table.withUnsafeBufferPointer { table in
      var place = 0
      while place < sample.count {
        let eight = EightBytes(base, at: place, end: sample.count)
        let gaps = eight.equal(to: 0x20) | EightBytes.behind(sample.count - place)
        let length = EightBytes.first(of: gaps)
        if length == 8, place + 8 < sample.count, sample[place + 8] != 0x20 {
          // No word of a list is longer.
          place += 8
          while place < sample.count, sample[place] != 0x20 { place += 1 }
        } else {
          if length > 0 { add(eight.leading(length), table, counts) }
          place += length
        }
        place += 1
      }
    }
  }

  @inline(__always)
  private static func add(
    _ key: UInt64, _ table: UnsafeBufferPointer<(key: UInt64, languages: UInt32)>,
    _ counts: UnsafeMutableBufferPointer<Int32>
  ) {
    var slot = slot(of: key)
    while table[slot].key != 0 {
      if table[slot].key == key {
        var languages = table[slot].languages
        while languages != 0 {
          counts[languages.trailingZeroBitCount] += 1
          languages &= languages - 1
        }
        return
      }
      slot = (slot + 1) & (table.count - 1)
    }
  }
}
