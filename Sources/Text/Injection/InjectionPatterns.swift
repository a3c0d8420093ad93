/// What the rule `injection` looks for: expressions in RE2's syntax, in either case, over the text itself.
///
/// A strong expression is enough by itself; a weak one also stands in ordinary texts ("enable developer mode", "never
/// refuse") and wants the classifier's agreement. Gaps are counted in words, so that one expression reads a phrase with
/// and without its filler; every expression takes linear time whatever it holds.
enum InjectionPatterns {
  /// An expression and what it says.
  struct Entry: Sendable {
    let reason: String
    let isStrong: Bool
    /// Whether a negation right before it takes its sense away: "never reveal your system prompt".
    let isNegatable: Bool
    /// Whether it is looked for in outputs too, where a judge or a page would read it.
    let inOutput: Bool
    let expression: String
  }

  /// Expressions with the beginnings of words of which each match has one.
  struct Family: Sendable {
    let keys: [String]
    let entries: [Entry]
    let before: Int
    let after: Int

    init(_ keys: [String], before: Int = 112, after: Int = 112, _ entries: [Entry]) {
      self.keys = keys
      self.entries = entries
      self.before = before
      self.after = after
    }
  }

  static let families: [Family] =
    overrides + leaks + rolePlay + delimiters + encodings + exfiltration + judges + otherLanguages

  /// Words of which nearly every attack has one: without any of them the classifier is not asked.
  static let hints = PatternGroup(
    [#"\b(?:"# + hintWords.joined(separator: "|") + ")"], keys: hintWords, before: 0, after: 24)

  private static let hintWords = [
    "ignor", "disregard", "forget", "overrid", "bypass", "instruction", "prompt", "system", "pretend",
    "roleplay", "role-play", "act as",
    "character", "persona", "simulat", "restrict", "filter", "unethical", "illegal", "immoral", "harmful",
    "jailbr", "uncensored",
    "language model", "chatgpt", "gpt", "openai", "llm", "assistant", "secret", "password", "confidential",
    "developer", "admin",
    "mode ", "refus", "guideline", "directive", "hypothetical", "you are now", "you must", "from now",
    "instead", "base64", "decod", "execut", "hidden", "reveal", "verbatim", "above", "previous",
    "rules", "obey",
    "comply", "grader", "evaluator", "score of", "token", "credential", "api key", "anweisung", "regeln",
    "consigne", "instruc",
    "reglas", "regole", "istruz", "regras", "инструкц", "правил", "指令", "提示", "规则", "限制", "指示", "ルール", "制限",
    "プロンプト",
  ]

  static func strong(
    _ reason: String, negatable: Bool = false, inOutput: Bool = false, _ expression: String
  ) -> Entry {
    Entry(
      reason: reason, isStrong: true, isNegatable: negatable, inOutput: inOutput, expression: expression)
  }

  static func weak(
    _ reason: String, negatable: Bool = false, inOutput: Bool = false, _ expression: String
  ) -> Entry {
    Entry(
      reason: reason, isStrong: false, isNegatable: negatable, inOutput: inOutput, expression: expression)
  }

  /// Up to `count` words that do not matter.
  private static func words(_ count: Int) -> String { #"(?:[\w'’-]+,?\s+){0,\#(count)}"# }

  /// What a model is told to do.
  private static let orders =
    #"(?:instructions?|prompts?|rules?|guidelines?|directions|directives?|commands?|orders?|constraints?"#
    + #"|restrictions|polic(?:y|ies)|programming|training|protocols?|guardrails?)"#
  /// What says that they came first.
  private static let earlier =
    #"(?:previous(?:ly)?|prior|above|earlier|preceding|foregoing|former|initial|original|existing|system"#
    + #"|developer|safety|pre-?programmed|hidden|internal|old)"#
  private static let setAside =
    #"(?:ignor(?:e|ing)|disregard(?:ing)?|forget(?:ting)?|overlook|neglect|discard|set\s+aside|throw\s+away"#
    + #"|abandon|(?:do\s+not|don['’]?t)\s+(?:follow|obey|listen\s+to)|stop\s+(?:following|obeying)"#
    + #"|pay\s+no\s+attention\s+to)"#

  private static let overrides = [
    Family(
      [
        "ignor", "disregard", "forget", "overlook", "neglect", "discard", "aside", "throw", "abandon", "obey",
        "follow ", "following", "listen to", "attention to", "delete", "erase", "bypass", "overrid",
        "overrul", "circumvent", "violat", "break ",
      ], before: 24, after: 144,
      [
        strong(
          "instruction-override", negatable: true,
          #"\b"# + setAside + #"\s+"# + words(4) + earlier + #"\s+"# + words(2) + orders + #"\b"#),
        strong(
          "instruction-override", negatable: true,
          #"\b"# + setAside + #"\s+"# + words(3) + orders
            + #"\s+(?:and\s+\w+\s+)?(?:above|before\s+this|(?:that\s+)?(?:you\s+)?(?:were\s+|have\s+been\s+|have\s+)?"#
            + #"(?:given|told|received|got)|you\s+(?:have|had)|so\s+far|from\s+(?:before|above|the\s+system))\b"#
        ),
        strong(
          "instruction-override", negatable: true,
          #"\b(?:ignor(?:e|ing)|disregard|forget|delete|erase)\s+(?:about\s+)?(?:everything|anything|all(?:\s+of)?(?:\s+that)?)\s+"#
            + words(4)
            + #"(?:above|before(?:\s+this)?|prior|previously|earlier|so\s+far|up\s+to\s+(?:now|this)|told|instructed|learned)\b"#
        ),
        strong(
          "instruction-override", negatable: true,
          #"\b(?:ignor(?:e|ing)|disregard|forget|bypass|override|overrule|circumvent|violate|break)\s+"#
            + #"(?:all\s+|any\s+|of\s+|every\s+)*(?:your|openai['’]?s?|its|anthropic['’]?s?|google['’]?s?)\s+"#
            + words(3) + orders + #"\b"#),
      ]),
    Family(
      [
        "instruction", "task", "objective", "goal", "job", "role", "directive", "mission", "purpose", "rules",
        "prompt",
      ], before: 24, after: 48,
      [
        weak(
          "instruction-override",
          #"\b(?:your|the)\s+(?:new|real|actual|true|updated|only)\s+(?:instructions?|tasks?|objective|goal|job|role"#
            + #"|directives?|mission|purpose)\s+(?:is|are|will\s+be)\b"#),
        weak(
          "instruction-override",
          #"\bnew\s+(?:system\s+|important\s+)?(?:instructions?|directives?|rules?|prompt)\s*:"#),
      ]),
    Family(
      ["now on"], before: 8, after: 64,
      [
        weak(
          "instruction-override",
          #"\bfrom\s+now\s+on\b,?\s+"# + words(2) + #"(?:you|respond|answer|reply|act)\b"#)
      ]),
    Family(
      ["override", "overwrite"], before: 24, after: 16,
      [
        weak(
          "instruction-override",
          #"\b(?:system|admin(?:istrator)?|developer|security|priority|root|emergency)\s+(?:override|overwrite)\b"#
        )
      ]),
    Family(
      [
        "ai ", "ai,", "ai:", "llm", "language model", "large language", "assistant", "agent", "chatbot",
        "model",
      ], before: 40, after: 40,
      [
        weak(
          "instruction-override",
          #"\b(?:attention|important|note|urgent|hey|dear|instructions?)\W{1,4}(?:to\s+|for\s+)?(?:the\s+|all\s+|any\s+)?"#
            + #"(?:ai|llms?|(?:large\s+)?language\s+models?|ai\s+(?:assistants?|agents?|models?)|assistants?|agents?|chatbots?)\b"#
        ),
        weak(
          "instruction-override",
          #"\b(?:if|when)\s+you\s+(?:are|'re)\s+(?:an?\s+)?(?:ai|llm|(?:large\s+)?language\s+model|ai\s+\w+|assistant|chatbot|agent)\b"#
        ),
      ]),
    Family(
      ["instead", "new task"], before: 40, after: 40,
      [
        weak(
          "instruction-override",
          #"\bstop\W+"# + words(3) + #"(?:instead|new\s+task|now)\b|\binstead\s*,?\s+(?:just\s+|only\s+)?"#
            + #"(?:say|print|output|respond|reply|write|do)\b"#)
      ]),
  ]

  private static let tell =
    #"(?:reveal|show|print|output|display|repeat|tell|give|share|leak|expose|disclose|dump|recite|quote|write\s+(?:out|down)"#
    + #"|copy|paste|return|list|summari[sz]e|translate|encode|spell\s+out|provide|extract|read)"#
  private static let promptNames =
    #"(?:system|initial|original|hidden|secret|internal|full|exact|complete|entire|base|confidential|starting|first)"#

  private static let leaks = [
    Family(
      ["prompt", "instruction", "message", "rules", "guideline", "directive", "configuration"], before: 128,
      after: 32,
      [
        strong(
          "prompt-leak", negatable: true,
          #"\b"# + tell + #"\s+"# + words(4) + #"your\s+"# + words(1) + promptNames + #"\s+"# + words(2)
            + #"(?:prompts?|instructions?|messages?|rules|guidelines|directives|configuration)\b"#),
        strong(
          "prompt-leak", negatable: true,
          #"\b(?:reveal|leak|expose|disclose|dump|print|output|extract|recite)\s+"# + words(3)
            + #"(?:system|hidden|initial|secret|original)\s+(?:prompts?|instructions?|messages?)\b"#),
        strong(
          "prompt-leak",
          #"\bwhat\s+(?:are|were|is|was|does|do|did)\s+your\s+"# + words(1) + promptNames
            + #"\s+(?:\w+\s+)?(?:prompts?|instructions?|messages?|directives)\b"#),
        weak(
          "prompt-leak", negatable: true,
          #"\b(?:your|the|its)\s+(?:system|hidden|secret)\s+(?:prompts?|instructions?)\b"#),
        weak(
          "prompt-leak",
          #"\bwhat\s+(?:are|were|is|was)\s+your\s+"# + words(2)
            + #"(?:instructions|prompt|rules|guidelines|directives)\b|\b"# + tell + #"\s+"# + words(3)
            + #"your\s+(?:prompt|instructions|guidelines|rules|directives)\b"#),
      ]),
    Family(
      ["above", "before this"], before: 96, after: 16,
      [
        strong(
          "prompt-leak",
          #"\b(?:repeat|print|output|copy|echo|recite|write)\s+"# + words(3)
            + #"(?:words|text|everything|content|instructions|lines?|prompt|sentences?|messages?)\s+"#
            + #"(?:\w+\s+){0,2}(?:above|before\s+this)\b"#)
      ]),
    Family(
      ["start", "begin"], before: 4, after: 40,
      [
        strong("prompt-leak", #"\b(?:starting|beginning|begins?|starts?)\s+with\s+["“”'‘`]?you\s+are\b"#)
      ]),
  ]

  private static let rolePlay = [
    Family(
      ["anything now", "dan", "jailbr", "machiavellian", "norms"], before: 48, after: 48,
      [
        strong("role-play-jailbreak", #"\bdo\s+anything\s+now\b"#),
        strong(
          "role-play-jailbreak",
          #"(?-i:\bDAN)\s+(?:mode|prompt|jailbreak)\b|\b(?:act|acting|respond|answer|you\s+are|be|called|named|known)"#
            + #"\s+(?:now\s+)?(?:as\s+|like\s+)?["“'‘]?(?-i:DAN\b)"#),
        strong(
          "role-play-jailbreak",
          #"\balways\s+intelligent\s+and\s+machiavellian\b|\bstrive\s+to\s+avoid\s+norms\b|\[\W{0,6}jailbreak\W{0,3}\]"#
            + #"|\bjailbroken\s+(?:response|answer|mode|version|ai)\b"#),
        weak("role-play-jailbreak", #"\bjailbr(?:eak|oken)|(?-i:\bDAN\b)"#),
      ]),
    Family(
      ["mode"], before: 64, after: 16,
      [
        strong(
          "role-play-jailbreak",
          #"\b(?:enabl|enter|activat|switch|simulat|turn|go|initiat|unlock)\w*\s+"# + words(3)
            + #"(?:jailbreak|god|unrestricted|unfiltered|evil|uncensored|no-?limits?)\s+mode\b"#),
        weak(
          "role-play-jailbreak",
          #"\b(?:developer|debug|sudo|maintenance|admin|test|opposite|fictional|god)\s+mode\b"#),
      ]),
    Family(
      ["ethic", "moral", "content", "safety", "openai", "censor", "usual", "typical"], before: 96, after: 64,
      [
        strong(
          "role-play-jailbreak",
          #"\b(?:without|free\s+(?:of|from)|(?:not|no\s+longer|never)\s+(?:be\s+)?(?:bound|limited|restricted|constrained)\s+by"#
            + #"|ignor\w+|bypass\w*|unbound\s+by|remov\w+|lift\w*|has\s+no|have\s+no|are\s+no)\s+"#
            + words(3) + #"(?:ethical|moral|content|safety|openai|censorship|ethics|usual|typical)\s+"#
            + words(3)
            + #"(?:restrictions?|guidelines?|constraints?|limitations?|limits|rules|filters?|filtering|polic(?:y|ies)|confines)\b"#
        ),
        weak(
          "role-play-jailbreak",
          #"\b(?:disabl|remov|turn(?:ing)?\s+off|bypass|circumvent|deactivat)\w*\s+"# + words(3)
            + #"(?:safety|content|ethical|moral|moderation)\s+(?:\w+\s+)?(?:filters?|guidelines?|restrictions?|measures?|protocols?"#
            + #"|features?|checks?|guardrails?)\b"#),
      ]),
    Family(
      ["unrestricted", "unfiltered", "uncensored", "amoral", "unaligned", "jailbroken", "unethical"],
      before: 64, after: 64,
      [
        strong(
          "role-play-jailbreak",
          #"\b(?:you(?:['’]re|\s+are|\s+become|\s+act\s+as)?|as|be|being|play|become|an?)\s+"# + words(3)
            + #"(?:unrestricted|unfiltered|uncensored|amoral|unaligned|jailbroken|unethical)\s+"# + words(2)
            + #"(?:ai|chatbot|assistant|(?:language\s+)?model|bot|version|llm|persona|character|machine|gpt)\b"#
        )
      ]),
    Family(
      ["illegal", "unethical", "immoral", "harmful", "dangerous", "offensive", "inappropriate"], before: 64,
      after: 24,
      [
        strong(
          "role-play-jailbreak",
          #"\b(?:no\s+matter\s+(?:how|if\s+it\s+is)|even\s+if\s+(?:it\s+is|it['’]s|they\s+are)|regardless\s+of\s+(?:how|whether))\s+"#
            + words(2) + #"(?:illegal|unethical|immoral|harmful|dangerous|offensive|inappropriate)\b"#)
      ]),
    Family(
      [
        "rules", "restriction", "limit", "filter", "guideline", "moral", "ethic", "boundar", "evil",
        "unrestricted", "unfiltered", "amoral", "uncensored", "villain", "hacker",
      ], before: 144, after: 24,
      [
        weak(
          "role-play-jailbreak",
          #"\b(?:pretend|imagine|act|behave|role-?play\w*|respond|simulate|suppose|you\s+are)\b"# + words(10)
            + #"(?:no\s+(?:\w+\s+)?(?:rules|restrictions|limits|limitations|filters?|guidelines|morals|ethics|boundaries)"#
            + #"|evil|unrestricted|unfiltered|amoral|uncensored|villain|hacker)\b"#)
      ]),
    Family(
      ["character"], before: 24, after: 24,
      [
        weak(
          "role-play-jailbreak", #"\b(?:stay|remain|break(?:ing)?)\s+(?:in\s+)?(?:your\s+)?character\b"#)
      ]),
    Family(
      ["refus", "declin", "reject", "apologi", "warn", "disclaimer", "say no", "sorry", "as an ai", "i can"],
      before: 80, after: 32,
      [
        weak(
          "role-play-jailbreak",
          #"\b(?:never|not|cannot|can['’]?t|don['’]?t|won['’]?t)\s+"# + words(3)
            + #"(?:refuse|declin\w+|reject\w*|apologi[sz]e|warn\w*|disclaimers?|say\s+no|(?:say|write|reply|respond)\s+"#
            + words(3) + #"["“'‘]?(?:I['’]?m\s+sorry|sorry|I\s+can(?:no|['’])t|as\s+an\s+ai))\b"#)
      ]),
    Family(
      ["grand"], before: 24, after: 64,
      [
        weak(
          "role-play-jailbreak",
          #"\b(?:late|dead|deceased)\s+grand\w+\s+"# + words(4) + #"(?:used\s+to|would|always)\b"#)
      ]),
    Family(
      ["tokens", "lives", "hypothetical", "fictional", "purposes only"], before: 48, after: 48,
      [
        weak(
          "role-play-jailbreak",
          #"\b(?:lose|deduct\w*|penali[sz]\w*|gain)\s+"# + words(4)
            + #"(?:tokens|lives)\b|\b(?:hypothetical|fictional)\s+(?:\w+\s+)?"#
            + #"(?:world|universe|scenario|story|response)\s+where\b|\bfor\s+(?:purely\s+)?(?:educational|research)\s+purposes\s+only\b"#
        )
      ]),
  ]

  private static let delimiters = [
    Family(
      [
        "im_", "system|", "endoftext", "begin_of", "end_of_text", "start_header", "end_header", "eot_id",
        "endofprompt", "user|", "assistant|", "tool|", "channel|", "start|", "message|", "end|", "sys>",
        "inst]", "system_prompt]",
      ], before: 16, after: 24,
      [
        strong(
          "delimiter-forgery",
          #"<\|(?:im_start|im_end|im_sep|system|endoftext|begin_of_text|end_of_text|start_header_id|end_header_id|eot_id|end"#
            + #"|endofprompt|user|assistant|tool|channel|start|message)\|>|<</?SYS>>|\[/?INST\]|\[/?SYSTEM_PROMPT\]"#
        )
      ]),
    Family(
      ["system", "developer", "admin"], before: 48, after: 48,
      [
        strong(
          "delimiter-forgery",
          #"(?m)^\s*(?:#{1,6}|={2,}|-{3,}|\*{2,}|\[|<)\s*(?:new\s+|end\s+(?:of\s+)?|begin\s+|start\s+(?:of\s+)?)?"#
            + #"(?:system|developer|admin)\s*(?:prompt|messages?|instructions?|override|update|alert|command)?"#
            + #"\s*(?::|\*{2}|={2,}|-{3,}|#{2,}|\])"#),
        weak(
          "delimiter-forgery",
          #"(?m)^\s*(?:system|developer|admin)\s*(?:prompt|message|instructions?|note|override|update)?\s*:"#),
      ]),
    Family(
      [
        "system", "instruction", "user_", "user-", "user>", "userinput", "userquery", "untrusted",
        "document>", "documents>", "context>", "tool_", "tool-", "toolresult", "function_", "function-",
        "admin>", "important>", "information>", "data>",
      ], before: 16, after: 24,
      [
        weak(
          "delimiter-forgery",
          #"</?\s*(?:system|system[_-]?prompt|instructions?|user[_-]?(?:input|query|message)|untrusted\w*|documents?|context"#
            + #"|tool[_-]?results?|function[_-]?results?|data|admin|important|information)\s*/?>"#)
      ]),
    Family(
      [
        "begin", "end of", "start of", "end user", "end system", "end instr", "end context", "end document",
        "start system", "start user",
      ], before: 4, after: 56,
      [
        weak(
          "delimiter-forgery",
          #"\b(?:begin|end|start)(?:ning)?\s+(?:of\s+)?(?:the\s+)?(?:system|user|context|document|conversation|data|new|trusted)\s+"#
            + #"(?:prompt|input|message|instructions?|query|context|data)\b"#)
      ]),
  ]

  private static let encodings = [
    Family(
      [
        "decod", "decrypt", "deciph", "deobfusc", "unscrambl", "translat", "base64", "base-64", "rot13",
        "rot-13", "hex", "morse", "cipher", "encrypt", "encod", "caesar", "leet", "pig latin", "revers",
      ], before: 96, after: 128,
      [
        strong(
          "encoded-payload",
          #"\b(?:decod|decrypt|deciph|deobfuscat|unscrambl|translat)\w*\s+"# + words(8)
            + #"(?:and|then)\s+(?:then\s+)?(?:follow|execut|obey|carry\s+out|comply|act\s+on|perform|do\s+(?:what|as|it))\w*"#
        ),
        strong(
          "encoded-payload",
          #"\b(?:follow|execut|obey|carry\s+out|comply\s+with|act\s+on)\w*\s+"# + words(4)
            + #"(?:base-?64|rot-?13|hex(?:adecimal)?|encoded|decoded|morse|cipher\w*|encrypted)\s+"#
            + words(2)
            + #"(?:instructions?|commands?|messages?|prompts?|strings?|text|requests?)\b"#),
        weak(
          "encoded-payload",
          #"\b(?:base-?64|rot-?13|morse(?:\s+code)?|caesar|leet(?:speak)?|pig\s+latin|hex(?:adecimal)?|reversed?)[\s-]+"#
            + #"(?:encoded\s+|cipher\s+)?(?:instructions?|commands?|payload|prompt|question|request|message)\b"#
            + #"|\b(?:decod|decrypt|deciph|encod)\w*\s+"# + words(5) + #"(?:base-?64|rot-?13|morse|caesar)\b"#
            + #"|\b(?:respond|answer|reply|speak)\w*\s+"# + words(3)
            + #"(?:in|using|with)\s+(?:only\s+)?(?:base-?64|rot-?13|morse|leet\w*|hex\w*)\b"#),
      ])
  ]

  private static let exfiltration = [
    Family(
      ["http"], before: 64, after: 512,
      [
        strong(
          "exfiltration", inOutput: true,
          #"!\[[^\]\n]*\]\(\s*https?://[^)\s]*[?&/][^)\s=]*=?\s*(?:\{|%7B|\[|<|\$\{|%24%7B)[^)\n]*\)"#),
        weak(
          "exfiltration", inOutput: true,
          #"!\[[^\]\n]*\]\(\s*https?://[^)\s]+[?&](?:data|q|query|secret|info|prompt|chat|history|msg|content|conversation"#
            + #"|leak|exfil|token|key|d|c|s|m|text|payload)=[^)\s]*\)"#),
      ]),
    Family(
      [
        "conversation", "chat ", "api key", "password", "credential", "secret", "system prompt", "private",
        "session", "environment var", "contact list", "inbox", "exfiltrat", "user data", "user's", "users",
      ], before: 128, after: 128,
      [
        strong(
          "exfiltration",
          #"\b(?:send|post|forward|e-?mail|upload|transmit|leak|submit|exfiltrate|append|deliver)\s+"#
            + words(8)
            + #"(?:conversation|chat\s+(?:history|logs?)|api\s+keys?|passwords?|credentials|secrets|system\s+prompt"#
            + #"|private\s+(?:keys?|data)|session\s+(?:cookies?|tokens?)|environment\s+variables|contact\s+list|inbox)\s+"#
            + words(6) + #"(?:https?://|[\w.+-]+@[\w-]+\.)"#),
        weak(
          "exfiltration",
          #"\bexfiltrat|\b(?:send|post|forward|e-?mail|upload|transmit|leak|append|embed|encode|include)\s+"#
            + words(8)
            + #"(?:conversation|chat\s+history|api\s+keys?|passwords?|credentials|secrets?|user['’]?s?\s+data|system\s+prompt)\b"#
        ),
      ]),
  ]

  private static let judges = [
    Family(
      ["score", "rating", "grade", "mark", "point", "10/", "10 out", "100", "5 out"], before: 144,
      after: 48,
      [
        strong(
          "judge-attack", inOutput: true,
          #"\b(?:give|assign|award|grant)\s+"# + words(3)
            + #"(?:response|answer|output|submission|it|assistant(?:\s+\w)?|candidate|essay|solution|paper|summary|one|me)\s+"#
            + words(3)
            + #"(?:(?:score|rating|grade|mark)\s+of\s+(?:10|ten|100|5|five|1\.0)|(?:perfect|maximum|highest|full|top|max)\s+"#
            + #"(?:possible\s+)?(?:score|rating|grade|marks?|points)|(?:10|100|5)\s*(?:/|out\s+of)\s*(?:10|100|5))"#
        )
      ]),
    Family(
      ["a]]", "b]]", "c]]", "10]]", "9]]", "5]]"], before: 32, after: 8,
      [
        strong(
          "judge-attack", inOutput: true,
          #"\b(?:output|print|respond\s+with|return|say|write|conclude|verdict)\s*(?:only\s+|with\s+|is\s+)?[:"'“‘]?\s*\[\[(?:A|B|C|10|9|5)\]\]"#
        )
      ]),
    Family(
      ["evaluator", "grader", "judge", "reviewer", "rater", "scoring"], before: 40, after: 24,
      [
        strong(
          "judge-attack", inOutput: true,
          #"\b(?:dear|attention|note|message|instructions?|hey|hello|important)\W{1,3}(?:to\s+|for\s+)?(?:the\s+|any\s+|all\s+)?"#
            + #"(?:ai\s+|llm\s+|automated\s+)?(?:evaluators?|graders?|judges?|reviewers?|raters?|scoring\s+model)\b"#
        )
      ]),
    Family(
      ["favor", "favour"], before: 112, after: 64,
      [
        strong(
          "judge-attack", inOutput: true,
          #"\b(?:answer|judge|rule|decide|vote|verdict|rate|score)\s+"# + words(4)
            + #"in\s+favou?r\s+of\s+(?:this|the|my)\s+"# + words(2)
            + #"(?:output|answer|response|reply|submission|candidate|assistant)\b"#)
      ]),
    Family(
      ["rate ", "score ", "grade ", "mark ", "rank ", "judge ", "evaluate "], before: 4, after: 96,
      [
        strong(
          "judge-attack", inOutput: true,
          #"\b(?:rate|score|grade|mark|rank|judge|evaluate)\s+(?:this|my|the|it)\s+"# + words(4)
            + #"(?:as\s+(?:the\s+)?(?:best|perfect|correct|highest|winner|superior)"#
            + #"|(?:a\s+)?(?:10|100|5)\s*(?:/|out\s+of)\s*(?:10|100|5)|(?:at|with)\s+(?:the\s+)?(?:maximum|highest|full|top)\s+"#
            + #"(?:possible\s+)?(?:scores?|ratings?|grades?|marks?|points|level))\b"#
        )
      ]),
    Family(
      ["perfect", "highest", "maximum", "full", "top", "10/10", "100/100", "5/5"], before: 96, after: 16,
      [
        weak(
          "judge-attack", inOutput: true,
          #"\b(?:this|my|the)\s+(?:above\s+)?(?:response|answer|submission|output)\s+(?:is|deserves|merits|must|should|earns|has\s+earned)\s+"#
            + words(4) + #"(?:perfect|highest|maximum|full|top|10/10|100/100|5/5)\b"#)
      ]),
  ]
}
