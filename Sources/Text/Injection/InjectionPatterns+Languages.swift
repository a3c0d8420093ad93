extension InjectionPatterns {
  // German, French, Spanish, Italian, Portuguese, Russian, Chinese, Japanese.
  static let otherLanguages = [
    Family(
      ["ignor", "vergi", "vergessen", "missacht", "überg", "Überg"], before: 16, after: 144,
      [
        strong(
          "instruction-override",
          #"\b(?:ignorier\w*|vergi(?:ss|ß|sst)|vergessen\s+sie|missacht\w*|übergeh\w*)\s+(?:\S+\s+){0,3}(?:vorherig\w*|vorig\w*"#
            + #"|bisherig\w*|obig\w*|früher\w*|vorangegangen\w*|ursprünglich\w*|deine|ihre)\s+(?:\S+\s+){0,2}"#
            + #"(?:anweisung|befehl|regel|vorgabe|instruktion|richtlinie|prompt|systemprompt)"#)
      ]),
    Family(
      [
        "ignor", "oubli", "tenez", "tenir", "tiens", "olvid", "omit", "descart", "dimentic", "trascur",
        "esqueç", "esquece", "desconsider",
      ], before: 16, after: 160,
      [
        strong(
          "instruction-override",
          #"\b(?:ignor\w*|oubli\w*|ne\s+ten(?:ez|ir|s)\s+pas\s+compte\s+de\w*|olvid\w*|omit\w*|descart\w*|dimentic\w*|trascur\w*"#
            + #"|esqueç\w*|esquece\w*|desconsider\w*)\s+(?:\S+\s+){0,3}(?:instructions?|consignes?|directives?|règles?|ordres?"#
            + #"|instrucciones|indicaciones|reglas|órdenes|directrices|istruzioni|indicazioni|regole|direttive|instruções"#
            + #"|orientações|regras|ordens|diretrizes|comandos|comandi|prompts?)\s+(?:\S+\s+){0,1}(?:précédent|antérieur|ci-dessus"#
            + #"|initial|anterior|previ|prévi|inicia|precedent|inizial|de\s+arriba|acima|sopra)"#),
        strong(
          "instruction-override",
          #"\b(?:ignor\w*|oubli\w*|olvid\w*|dimentic\w*|esqueç\w*|desconsider\w*)\s+(?:\S+\s+){0,2}(?:précédentes|anteriores|previas"#
            + #"|precedenti)\s+(?:instructions|consignes|instrucciones|istruzioni|instruções|regras|reglas|règles|regole)"#
        ),
      ]),
    Family(
      ["игнор", "Игнор", "проигнор", "Проигнор", "забудь", "Забудь", "обращай"], before: 8, after: 200,
      [
        strong(
          "instruction-override",
          #"(?:игнорируй|проигнорируй|забудь|забудьте|не\s+обращай(?:те)?\s+внимания\s+на)\S*\s+(?:\S+\s+){0,3}(?:предыдущ|прежни|прошл"#
            + #"|вышеуказанн|изначальн|системн|сво)\S*\s+(?:\S+\s+){0,2}(?:инструкци|указани|правил|команд|промпт)"#
        )
      ]),
    Family(
      ["忽略", "无视", "無視", "忽視", "忘记", "忘記", "忘掉", "不要"], before: 8, after: 120,
      [
        strong(
          "instruction-override",
          #"(?:忽略|无视|無視|忽視|忘记|忘記|忘掉|不要理会|不要遵守)[^。！？\n]{0,8}(?:之前|以前|上面|以上|先前|前面|此前|系统|系統|所有|你的)"#
            + #"[^。！？\n]{0,8}(?:指令|指示|提示|规则|規則|命令|设定|設定|限制)"#)
      ]),
    Family(
      ["指示", "命令", "指令", "ルール", "プロンプト", "制約", "設定"], before: 64, after: 64,
      [
        strong(
          "instruction-override",
          #"(?:これまで|以前|上記|今まで|先ほど|すべて|全て|前)の?[^。\n]{0,8}(?:指示|命令|指令|ルール|プロンプト|制約|設定)[^。\n]{0,6}"#
            + #"(?:無視|忘れ|従わな|破棄)"#)
      ]),
    Family(
      [
        "system-prompt", "systemprompt", "system prompt", "systeman", "systemna", "prompt", "message",
        "mensaje", "messagg", "mensagem", "instruc", "instruz", "istruz",
      ], before: 128, after: 64,
      [
        strong(
          "prompt-leak",
          #"\b(?:zeig|nenn|verrat|gib|wiederhol|druck|schreib)\w*\s+(?:\S+\s+){0,4}(?:system-?\s?prompt|systemanweisung|systemnachricht)"#
            + #"|(?:révèl|montr|affich|répèt|muestr|revel|dime|enseñ|mostr|rivel|repit|ripet|repet)\w*\s+(?:\S+\s+){0,4}"#
            + #"(?:prompt|message|instructions?|mensaje|instrucciones|istruzioni|instruções|messaggio|mensagem)\s+(?:\S+\s+)?"#
            + #"(?:syst[èe]me|(?:del?\s+|di\s+|do\s+)?sistema|inicia|initial|inizial)"#)
      ]),
    Family(
      ["системн", "系统", "系統", "初始", "提示词", "システム", "初期指示"], before: 120, after: 64,
      [
        strong(
          "prompt-leak",
          #"(?:покажи|раскрой|выведи|повтори|назови|сообщи)\S*\s+(?:\S+\s+){0,4}системн\S+\s+(?:промпт|сообщени|инструкци)"#
            + #"|(?:显示|告诉我|输出|重复|透露|泄露|打印|顯示|輸出)[^。\n]{0,8}(?:系统提示|系统指令|系統提示|初始指令|提示词)"#
            + #"|(?:システムプロンプト|システムメッセージ|初期指示)[^。\n]{0,8}(?:表示|教え|出力|見せ|開示|繰り返)"#)
      ]),
    Family(
      [
        "ethisch", "moralisch", "éthique", "morale", "ética", "etic", "moral", "этическ", "моральн", "道德",
        "伦理", "限制", "约束",
      ], before: 96, after: 64,
      [
        strong(
          "role-play-jailbreak",
          #"\b(?:ohne|keine)\s+(?:\S+\s+){0,2}(?:ethischen?|moralischen?)\s+(?:\S+\s+){0,2}(?:einschränkung|regel|grenze|richtlinie)"#
            + #"|\b(?:sans|sin|senza|sem)\s+(?:\S+\s+){0,2}(?:restriction|limite|censure|restriccion|límite|censura|restrizion|limit|restri[çc])"#
            + #"\S*\s+(?:éthique|morale|ética|etic|moral)|без\s+(?:\S+\s+){0,2}(?:этическ|моральн)\S+\s+(?:ограничени|правил)"#
            + #"|(?:没有|不受)[^。\n]{0,6}(?:道德|伦理|任何)[^。\n]{0,4}(?:限制|约束)"#)
      ]),
  ]
}
