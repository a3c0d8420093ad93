import Pipeline
import Testing

@Suite struct DefinitionFaultTests {
  static let pipelines: [FaultRow] = [
    FaultRow("no steps", .pipeline, "workers: 1\n", "P.yaml:1:1: the pipeline needs the key 'steps'"),
    FaultRow("empty steps", .pipeline, "steps: []\n", "P.yaml:1:8: 'steps' must not be empty"),
    FaultRow(
      "steps no list", .pipeline, "steps: {}\n", "P.yaml:1:8: 'steps' must be a list, not an empty mapping"),
    FaultRow(
      "unknown key", .pipeline, "worker: 2\n" + FaultRow.curated,
      "P.yaml:1:1: unknown key 'worker' in the pipeline; did you mean 'workers'? Legal keys: description, workers, steps"
    ),
    FaultRow(
      "workers 0", .pipeline, "workers: 0\n" + FaultRow.curated,
      "P.yaml:1:10: 'workers' must be between 1 and 256, not 0"),
    FaultRow(
      "workers too large for a machine word", .pipeline, "workers: 99999999999999999999\n" + FaultRow.curated,
      "P.yaml:1:10: 'workers' must be between 1 and 256, not 99999999999999999999"),
    FaultRow(
      "workers 1.5", .pipeline, "workers: 1.5\n" + FaultRow.curated,
      "P.yaml:1:10: 'workers' must be a whole number, not the number 1.5"),
    FaultRow(
      "workers in quotes", .pipeline, "workers: \"2\"\n" + FaultRow.curated,
      "P.yaml:1:10: 'workers' must be a whole number, not the text '2'"),
    FaultRow(
      "description a number", .pipeline, "description: 7\n" + FaultRow.curated,
      "P.yaml:1:14: 'description' must be text, not the number 7"),
    FaultRow(
      "description nothing", .pipeline, "description:\n" + FaultRow.curated,
      "P.yaml:1:13: 'description' must be text, not nothing"),
    FaultRow(
      "unknown step", .pipeline, "steps:\n- pul: {source: a}\n",
      "P.yaml:2:3: entry 1 of 'steps' cannot be 'pul'; did you mean 'pull'? Legal values: pull, curate, label, synthesize, review, publish"
    ),
    FaultRow(
      "two keys in a step", .pipeline, "steps:\n- pull: {source: a}\n  curate: {}\n",
      "P.yaml:2:3: entry 1 of 'steps' must be a step: one key with its parameters, not a mapping"),
    FaultRow(
      "order", .pipeline,
      "steps:\n- label\n- pull: {source: a}\n- publish: {dataset: b}\n- curate\n- label:\n",
      "P.yaml:2:3: step 'label' needs 'curate' before it"),
    FaultRow(
      "curate first", .pipeline, "steps: [curate]\n",
      "P.yaml:1:9: step 'curate' needs 'pull' or 'synthesize' before it"),
    FaultRow(
      "pull without source", .pipeline, "steps:\n- pull\n- curate\n",
      "P.yaml:2:3: 'pull' needs one of the keys 'source', 'sources'"),
    FaultRow(
      "source and sources", .pipeline, "steps:\n- pull: {sources: [a], source: b}\n",
      "P.yaml:2:32: 'pull' takes 'source' or 'sources', not both"),
    FaultRow(
      "sources as text", .pipeline, "steps:\n- pull: {sources: a}\n",
      "P.yaml:2:19: 'sources' must be a list, not the text 'a'"),
    FaultRow(
      "no sources", .pipeline, "steps:\n- pull: {sources: []}\n",
      "P.yaml:2:19: 'sources' must not be empty"),
    FaultRow(
      "entries of sources", .pipeline, "steps:\n- pull:\n    sources: [a, 7, a, [b], Ä, '']\n",
      "P.yaml:3:18: entry 2 of 'sources' must be text, not the number 7",
      "P.yaml:3:21: entry 3 of 'sources' repeats 'a'",
      "P.yaml:3:24: entry 4 of 'sources' must be text, not a list of 1",
      "P.yaml:3:29: entry 5 of 'sources': 'Ä' is not a name; a name is made of a-z, 0-9, '.', '_' and '-' and begins with a letter or digit",
      "P.yaml:3:32: entry 6 of 'sources' must not be empty"),
    FaultRow(
      "unknown key in a step", .pipeline, "steps:\n- pull: {source: a}\n- curate:\n    rulez: {}\n",
      "P.yaml:4:5: unknown key 'rulez' in 'curate'; did you mean 'rules'? Legal keys: rules"),
    FaultRow(
      "unknown rule", .pipeline, "steps:\n- pull: {source: a}\n- curate: {rules: {speed: true}}\n",
      "P.yaml:3:20: unknown key 'speed' in 'rules'. Legal keys: duplicates, error-output, influence, injection, language, length, output-format, personal-data, quality, refusal, repetition, test-traffic, toxicity, truncation"
    ),
    FaultRow(
      "rules", .pipeline,
      "steps:\n- pull: {source: a}\n- curate:\n    rules:\n      length: {min_output_characters: 0}\n      refusal: yes\n      repetition: 5\n      personal-data: {recogniser: {}}\n      language: {allowed: [en, English, en]}\n",
      "P.yaml:5:39: 'min_output_characters' must be between 1 and 1000000, not 0",
      "P.yaml:6:16: 'refusal' must be true or false, not the text 'yes'",
      "P.yaml:7:19: 'repetition' must be true, false or a mapping, not the number 5",
      "P.yaml:8:35: 'recogniser' needs the key 'address'",
      "P.yaml:9:32: entry 2 of 'allowed': 'English' is not a language tag such as 'en' or 'pt-BR'",
      "P.yaml:9:41: entry 3 of 'allowed' repeats 'en'"),
    FaultRow(
      "crossed bounds", .pipeline,
      "steps:\n- pull: {source: a}\n- curate: {rules: {length: {min_output_characters: 9, max_output_characters: 8}}}\n",
      "P.yaml:3:52: 'min_output_characters' (9) must not exceed 'max_output_characters' (8)"),
    FaultRow(
      "label", .pipeline, FaultRow.curated + "- label: {model: mayority, implicit_weight: 1.01}\n",
      "P.yaml:4:18: 'model' cannot be 'mayority'; did you mean 'majority'? Legal values: automatic, majority, dawid_skene, one_coin, mace, data_programming",
      "P.yaml:4:45: 'implicit_weight' must be between 0 and 1, not 1.01"),
    FaultRow(
      "weight", .pipeline, FaultRow.curated + "- label: {implicit_weight: half}\n",
      "P.yaml:4:28: 'implicit_weight' must be a number, not the text 'half'"),
    FaultRow(
      "label switches", .pipeline,
      FaultRow.curated + "- label: {user_votes: 0, checks: 'yes', conversations: 1, function: []}\n",
      "P.yaml:4:23: 'user_votes' must be between 1 and 1000000, not 0",
      "P.yaml:4:34: 'checks' must be true or false, not the text 'yes'",
      "P.yaml:4:56: 'conversations' must be true or false, not the number 1",
      "P.yaml:4:59: unknown key 'function' in 'label'; did you mean 'functions'? Legal keys: model, implicit_weight, user_votes, checks, conversations, functions, judges, judges_in_data, student, escalation, judge_where"
    ),
    FaultRow(
      "labeling functions", .pipeline,
      FaultRow.curated
        + """
        - label:
            functions:
            - {name: short, votes: bad, where: output_characters < 20}
            - {name: short, votes: bda, where: 'true', weight: 1.5}
            - {name: Short, vote: good, where: ''}
            - {name: no-where, votes: good}
            - short

        """,
      "P.yaml:7:14: entry 2 of 'functions' repeats 'short'",
      "P.yaml:7:28: 'votes' cannot be 'bda'; did you mean 'bad'? Legal values: good, bad",
      "P.yaml:7:56: 'weight' must be between 0 and 1, not 1.5",
      "P.yaml:8:7: 'functions' needs the key 'votes'",
      "P.yaml:8:14: 'name': 'Short' is not a name; a name is made of a-z, 0-9, '.', '_' and '-' and begins with a letter or digit",
      "P.yaml:8:21: unknown key 'vote' in 'functions'; did you mean 'votes'? Legal keys: name, votes, where, weight",
      "P.yaml:9:7: 'functions' needs the key 'where'",
      "P.yaml:10:7: entry 5 of 'functions' must be a mapping, not the text 'short'"),
    FaultRow(
      "protected files", .pipeline,
      FaultRow.curated + "- label\n- publish: {dataset: b, protected: evals.jsonl}\n"
        + "- publish: {dataset: c, protected: []}\n- publish: {dataset: d, protected: [x, 3, x, '']}\n",
      "P.yaml:5:36: 'protected' must be a list, not the text 'evals.jsonl'",
      "P.yaml:6:36: 'protected' must not be empty",
      "P.yaml:7:40: entry 2 of 'protected' must be text, not the number 3",
      "P.yaml:7:43: entry 3 of 'protected' repeats 'x'",
      "P.yaml:7:46: entry 4 of 'protected' must not be empty"),
  ]

  static let sources: [FaultRow] = [
    FaultRow(
      "nothing but a kind", .source, "kind: fil\n",
      "S.yaml:1:1: the source needs the key 'path'",
      "S.yaml:1:1: the source needs one of the keys 'interactions', 'feedback', 'tree'",
      "S.yaml:1:7: 'kind' cannot be 'fil'; did you mean 'file'? Legal values: file, langfuse, langsmith, phoenix, mlflow, helicone, braintrust, otlp, litellm, open-webui, openai, portkey, promptlayer, sql"
    ),
    FaultRow(
      "no redaction is a warning", .source, FaultRow.source + "redact: []\n",
      "S.yaml:8:9: 'redact' is empty: personal data of this source reaches the disk as it came"),
    FaultRow(
      "redact", .source, FaultRow.source + "redact: [email, e-mail, email, none]\n",
      "S.yaml:8:17: entry 2 of 'redact' cannot be 'e-mail'; did you mean 'email'? Legal values: email, card, iban, ssn, national_id, phone, ip, mac, secret",
      "S.yaml:8:25: entry 3 of 'redact' repeats 'email'",
      "S.yaml:8:32: entry 4 of 'redact' cannot be 'none'. Legal values: email, card, iban, ssn, national_id, phone, ip, mac, secret"
    ),
    FaultRow(
      "redact none", .source, FaultRow.source + "redact: none\n",
      "S.yaml:8:9: 'redact' must be a list, not the text 'none'"),
    FaultRow(
      "maximum line", .source, FaultRow.source + "maximum_line: 1023\n",
      "S.yaml:8:15: 'maximum_line' must be between 1024 and 1073741824, not 1023"),
    FaultRow(
      "variable", .source, "kind: file\npath: ${LOGS/x\ntree: {}\n",
      "S.yaml:2:7: 'path': '${' needs a name and '}', such as '${LOGS}'",
      "S.yaml:3:7: 'tree' needs the key 'root'", "S.yaml:3:7: 'tree' needs the key 'replies'",
      "S.yaml:3:7: 'tree' needs the key 'id'", "S.yaml:3:7: 'tree' needs the key 'text'",
      "S.yaml:3:7: 'tree' needs the key 'role'", "S.yaml:3:7: 'tree' needs the key 'time'"),
    FaultRow(
      "incomplete interactions", .source, "kind: file\npath: x\ninteractions:\n  id: id\n  inputs: x\n",
      "S.yaml:4:3: 'interactions' needs the key 'time'", "S.yaml:4:3: 'interactions' needs the key 'input'",
      "S.yaml:4:3: 'interactions' needs the key 'output'",
      "S.yaml:5:3: unknown key 'inputs' in 'interactions'; did you mean 'input'? Legal keys: match, id, time, input, output, conversation, user, app, model, prompt, parent, finish, tokens_in, tokens_out, cost, latency, updated, metadata"
    ),
    FaultRow(
      "paths", .source,
      FaultRow.source
        + "  user: a..b\n  app: []\n  model: {}\n  prompt: true\n  finish: [x, 1.5]\n  parent: 'a\\'\n  cost: ''\n",
      "S.yaml:8:9: 'user': 'a..b' is not a path such as 'choices.0.text'",
      "S.yaml:9:8: 'app' must not be empty",
      "S.yaml:10:10: 'model' needs one of the keys 'path', 'value'",
      "S.yaml:11:11: 'prompt' must be a path, a list of paths or a mapping, not true",
      "S.yaml:12:15: entry 2 of 'finish' must be text, not the number 1.5",
      "S.yaml:13:11: 'parent': 'a\\' is not a path such as 'choices.0.text'",
      "S.yaml:14:9: 'cost': '' is not a path such as 'choices.0.text'"),
    FaultRow(
      "rules as mappings", .source,
      FaultRow.source
        + "  user: {path: a, scale: 2}\n  latency: {path: a, scale: 0}\n  cost: {path: a, scale: .inf}\n  updated: {value: 1}\n  model: {path: a, value: b}\n  prompt: {value: [a]}\n",
      "S.yaml:8:19: unknown key 'scale' in 'user'. Legal keys: path, value",
      "S.yaml:9:29: 'scale' must not be 0",
      "S.yaml:10:26: 'scale' must be a number, not the text '.inf'",
      "S.yaml:11:12: 'updated' needs the key 'path'",
      "S.yaml:11:13: unknown key 'value' in 'updated'. Legal keys: path",
      "S.yaml:12:27: 'model' takes 'path' or 'value', not both",
      "S.yaml:13:19: 'value' must be text, a number, true or false, not a list of 1"),
    FaultRow(
      "scale out of range", .source, FaultRow.source + "  cost: {path: a, scale: 1e13}\n",
      "S.yaml:8:26: 'scale' must be between -1000000000000 and 1000000000000, not 1e13"),
    FaultRow(
      "constant time", .source,
      "kind: file\npath: x\ninteractions: {id: a, time: {value: soon}, input: i, output: o}\n",
      "S.yaml:3:29: 'time': 'soon' is not a time such as '2026-11-20' or '2026-11-20T10:00:00Z'"),
    FaultRow(
      "match and metadata", .source,
      FaultRow.source + "  match: {a..b: x, c: [1], d: null}\n  metadata: [x.tags, tags, {}]\n",
      "S.yaml:8:11: 'match': 'a..b' is not a path such as 'choices.0.text'",
      "S.yaml:8:23: 'c' must be text, a number, true or false, not a list of 1",
      "S.yaml:8:31: 'd' must be text, a number, true or false, not nothing",
      "S.yaml:9:22: entry 2 of 'metadata' repeats 'tags'",
      "S.yaml:9:28: entry 3 of 'metadata' must be text, not an empty mapping"),
    FaultRow(
      "feedback without about, target and signal", .source,
      "kind: file\npath: x\nfeedback:\n  id: id\n  time: t\n",
      "S.yaml:4:3: 'feedback' needs the key 'about'",
      "S.yaml:4:3: 'feedback' needs one of the keys 'target', 'conversation'",
      "S.yaml:4:3: 'feedback' needs the key 'signal'"),
    FaultRow(
      "feedback about itself", .source,
      "kind: file\npath: x\nfeedback: {about: chat, id: i, time: t, target: g, signal: s}\n",
      "S.yaml:3:19: source 'chat' has no interactions that feedback could be about"),
    FaultRow(
      "target and conversation may both be there", .source,
      FaultRow.feedback + "  target: a\n  conversation: b\n  signal: s\n"),
    FaultRow(
      "constant signal", .source,
      FaultRow.feedback + "  target: a\n  signal: {value: thmb}\n  signals: {up: thumb}\n",
      "S.yaml:8:11: 'signal' cannot be 'thmb'; did you mean 'thumb'? Legal values: thumb, rating, comment, correction, rank, copy, click, accept, regenerate, edit, abandon, follow_up, up"
    ),
    FaultRow(
      "signals", .source,
      FaultRow.feedback
        + "  target: a\n  signal: s\n  signals:\n    a: thumbs\n    b: {value: 1}\n    c: {signal: thumb, value: 2}\n    d: {signal: rating, from: [1, 1]}\n    e: {signal: rating, from: 5}\n    f: {signal: rating, from: [1, 5], value: 1}\n    g: 3\n    h: {signal: rating, from: [1, x]}\n",
      "S.yaml:10:8: 'a' cannot be 'thumbs'; did you mean 'thumb'? Legal values: thumb, rating, comment, correction, rank, copy, click, accept, regenerate, edit, abandon, follow_up",
      "S.yaml:11:8: 'b' needs the key 'signal'",
      "S.yaml:12:31: 'value' must be between -1 and 1, not 2",
      "S.yaml:13:31: 'from' must hold two different numbers",
      "S.yaml:14:31: 'from' must be a list of two numbers, not the number 5",
      "S.yaml:15:46: 'f' takes 'value' or 'from', not both",
      "S.yaml:16:8: 'g' must be a signal or a mapping, not the number 3",
      "S.yaml:17:35: entry 2 of 'from' must be a number, not the text 'x'"),
    FaultRow(
      "roles", .source, FaultRow.tree + "  output_role: bott\n  roles: {bot: assistant, man: usr}\n",
      "S.yaml:10:16: 'output_role' cannot be 'bott'; did you mean 'bot'? Legal values: bot, assistant",
      "S.yaml:11:32: 'man' cannot be 'usr'; did you mean 'user'? Legal values: system, user, assistant, tool"),
    FaultRow(
      "votes", .source,
      FaultRow.tree
        + "  votes: {signals: {\"+1\": thumb, x: {signal: thumb, value: -1}, y: {signal: click, from: [1, 2]}}}\n",
      "S.yaml:10:10: 'votes' needs the key 'path'",
      "S.yaml:10:27: '+1' needs the key 'value'",
      "S.yaml:10:84: unknown key 'from' in 'y'. Legal keys: signal, value"),
    FaultRow(
      "no votes", .source, FaultRow.tree + "  votes: {path: e, signals: {}}\n",
      "S.yaml:10:29: 'signals' must not be empty"),
  ]

  static let datasets: [FaultRow] = [
    FaultRow(
      "kind", .dataset, "kind: dpo\n",
      "D.yaml:1:7: 'kind' cannot be 'dpo'. Legal values: sft, preference, kto, eval, fewshot"),
    FaultRow("no kind", .dataset, "seed: x\n", "D.yaml:1:1: the dataset needs the key 'kind'"),
    FaultRow(
      "language", .dataset, "kind: sft\nlanguage: [en, en, english, pt_BR]\n",
      "D.yaml:2:16: entry 2 of 'language' repeats 'en'",
      "D.yaml:2:20: entry 3 of 'language': 'english' is not a language tag such as 'en' or 'pt-BR'",
      "D.yaml:2:29: entry 4 of 'language': 'pt_BR' is not a language tag such as 'en' or 'pt-BR'"),
    FaultRow(
      "select true", .dataset, "kind: sft\nselect: true\nlicense: [mit]\n",
      "D.yaml:2:9: 'select' must be text, not true", "D.yaml:3:10: 'license' must be text, not a list of 1"),
    FaultRow(
      "slices", .dataset, "kind: sft\nslices: {other: a, b: '', c: {d: e}}\n",
      "D.yaml:2:10: 'slices': the name 'other' is given by the program itself",
      "D.yaml:2:23: 'b' must not be empty", "D.yaml:2:30: 'c' must be text, not a mapping"),
    FaultRow(
      "splits", .dataset, "kind: sft\nsplits: {train: 90, Test1: 5, validation: 0, x: 6}\n",
      "D.yaml:2:9: 'splits' add up to 101 percent, which is over 100",
      "D.yaml:2:21: 'splits': 'Test1' is not a name of a split, which is made of a-z",
      "D.yaml:2:43: 'validation' must be between 1 and 100, not 0"),
    FaultRow("no splits", .dataset, "kind: sft\nsplits: {}\n", "D.yaml:2:9: 'splits' must not be empty"),
    FaultRow(
      "train in an eval set", .dataset, "kind: eval\nsplits: {train: 1}\npairs: all\n",
      "D.yaml:2:10: 'train' has no meaning for kind 'eval'",
      "D.yaml:3:8: 'pairs' has no meaning for kind 'eval'"),
    FaultRow(
      "pairs", .dataset, "kind: preference\npairs: best\n",
      "D.yaml:2:8: 'pairs' cannot be 'best'. Legal values: best-worst, all"),
    FaultRow(
      "sizes", .dataset,
      "kind: fewshot\nmaximum_examples: 0\nmaximum_example_characters: 1000000001\ngates: {minimum_examples: -1, maximum_personal: 1}\n",
      "D.yaml:2:19: 'maximum_examples' must be between 1 and 1000000000, not 0",
      "D.yaml:3:29: 'maximum_example_characters' must be between 1 and 1000000000, not 1000000001",
      "D.yaml:4:27: 'minimum_examples' must be between 0 and 1000000000, not -1",
      "D.yaml:4:31: unknown key 'maximum_personal' in 'gates'; did you mean 'maximum_personal_data'? Legal keys: minimum_examples, maximum_personal_data"
    ),
    FaultRow(
      "more than the most", .dataset, "kind: fewshot\ngates: {minimum_examples: 33}\n",
      "D.yaml:2:27: 'minimum_examples' (33) must not exceed 'maximum_examples' (32)"),
    FaultRow(
      "decontamination", .dataset,
      "kind: sft\ndecontaminate: {ngram: 7, threshold: 0.4, overlap: 1.1, n: 13}\nmaximum_user_share: 0\n",
      "D.yaml:2:24: 'ngram' must be between 8 and 64, not 7",
      "D.yaml:2:38: 'threshold' must be between 0.5 and 1, not 0.4",
      "D.yaml:2:52: 'overlap' must be between 0.5 and 1, not 1.1",
      "D.yaml:2:57: unknown key 'n' in 'decontaminate'. Legal keys: ngram, threshold, overlap",
      "D.yaml:3:21: 'maximum_user_share' must be between 1 and 100, not 0"),
    FaultRow(
      "decontamination by a number", .dataset, "kind: sft\ndecontaminate: 13\n",
      "D.yaml:2:16: 'decontaminate' must be true, false or a mapping, not the number 13"),
    FaultRow(
      "synthesis", .dataset,
      "kind: sft\nslices: {orders: a, returns: b}\nsynthesis: {target: 0, targets: {ordres: 4, other: -1, returns: x}, "
        + "share: 101, from: [a, a, B], acceptance: 2, sample: 3}\n",
      "D.yaml:3:21: 'target' must be between 1 and 1000000, not 0",
      "D.yaml:3:34: unknown key 'ordres' in 'targets'; did you mean 'orders'? Legal keys: orders, returns, other",
      "D.yaml:3:52: 'other' must be between 0 and 1000000, not -1",
      "D.yaml:3:65: 'returns' must be a whole number, not the text 'x'",
      "D.yaml:3:76: 'share' must be between 0 and 100, not 101",
      "D.yaml:3:91: entry 2 of 'from' repeats 'a'",
      "D.yaml:3:94: entry 3 of 'from': 'B' is not a name; a name is made of a-z, 0-9, '.', '_' and '-' and begins with a "
        + "letter or digit",
      "D.yaml:3:110: 'acceptance' must be between 0 and 1, not 2",
      "D.yaml:3:113: unknown key 'sample' in 'synthesis'. Legal keys: target, targets, share, from, "
        + "acceptance"),
    FaultRow(
      "synthesis without targets", .dataset, "kind: sft\nsynthesis: {share: 20, acceptance: true}\n",
      "D.yaml:2:12: 'synthesis' needs one of the keys 'target', 'targets'",
      "D.yaml:2:36: 'acceptance' must be a number, not true"),
    FaultRow(
      "synthesis without anything", .dataset, "kind: sft\nsynthesis: {targets: {}, from: []}\n",
      "D.yaml:2:22: 'targets' must not be empty", "D.yaml:2:32: 'from' must not be empty"),
    FaultRow(
      "long values are cut", .dataset, "kind: \(String(repeating: "x", count: 70))\n",
      "D.yaml:1:7: 'kind' cannot be '\(String(repeating: "x", count: 60))…'. Legal values: sft, preference, kto, eval, fewshot"
    ),
  ]

  @Test(arguments: pipelines) func saysOfPipelines(_ row: FaultRow) {
    #expect(Fixtures.faults(of: row.document, row.yaml).map(\.description) == row.expected)
  }

  @Test(arguments: sources) func saysOfSources(_ row: FaultRow) {
    #expect(Fixtures.faults(of: row.document, row.yaml).map(\.description) == row.expected)
  }

  @Test(arguments: datasets) func saysOfDatasets(_ row: FaultRow) {
    #expect(Fixtures.faults(of: row.document, row.yaml).map(\.description) == row.expected)
  }

  /// Codes are read by scripts, so that none may change its name, and each has a row.
  @Test func everyCodeHasARow() {
    let rows =
      YAMLFaultTests.rows + Self.pipelines + Self.sources + Self.datasets + DefinitionServiceTests.faults
    let codes = Set(rows.flatMap { Fixtures.faults(of: $0.document, $0.yaml) }.map(\.code))
    #expect(
      codes.sorted() == [
        "alias", "anchor", "bad-address", "bad-duration", "bad-language", "bad-name", "bad-path",
        "bad-split-name", "bad-time",
        "bad-variable",
        "character", "crossed-bounds", "duplicate-key", "empty-document", "empty-value", "flat-scale",
        "key-not-text", "literal-secret", "missing-key", "missing-one-of", "no-interactions", "not-for-kind",
        "nothing-redacted",
        "out-of-range", "repeated", "reserved-name", "several-documents", "shares-over", "step-needs",
        "syntax",
        "tag", "together", "unknown-key", "unknown-value", "wrong-type", "zero-scale",
      ])
  }

  @Test(arguments: [
    ("rulez", "rules"), ("lable", "label"), ("sft", "sft"), ("SFT", "sft"), ("sfk", "sft"), ("workerz", nil),
    ("xyz", nil), ("", nil),
  ])
  func findsTheNearestName(_ name: String, _ expected: String?) {
    #expect(NearestName.nearest(to: name, among: ["rules", "label", "sft", "kto"]) == expected)
  }
}
