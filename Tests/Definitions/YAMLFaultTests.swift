import Foundation
import Pipeline
import Testing

@Suite struct YAMLFaultTests {
  static let rows: [FaultRow] = [
    FaultRow("empty", .pipeline, "", "P.yaml:1:1: the pipeline is empty"),
    FaultRow("only a comment", .source, "# nothing\n\n", "S.yaml:1:1: the source is empty"),
    FaultRow("only a marker", .dataset, "---\n", "D.yaml:2:1: the dataset is empty"),
    FaultRow("a list", .dataset, "- a\n- b\n", "D.yaml:1:1: 'dataset' must be a mapping, not a list of 2"),
    FaultRow("a word", .pipeline, "hello", "P.yaml:1:1: 'pipeline' must be a mapping, not the text 'hello'"),
    FaultRow(
      "unclosed flow", .pipeline, "steps: [\n",
      "P.yaml:2:1: not YAML: did not find expected node content (while parsing a flow node that begins in line 2)"
    ),
    FaultRow(
      "tab as indentation", .pipeline, "steps:\n\t- curate\n",
      "P.yaml:2:1: not YAML: found character that cannot start any token (while scanning for the next token that begins in line 2)"
    ),
    FaultRow(
      "bad indentation", .dataset, "kind: sft\n  seed: x\n",
      "D.yaml:2:7: not YAML: mapping values are not allowed in this context"),
    FaultRow(
      "unclosed quote", .dataset, "kind: \"sft\n",
      "D.yaml:2:1: not YAML: found unexpected end of stream (while scanning a quoted scalar that begins in line 1)"
    ),
    FaultRow(
      "two documents", .dataset, "kind: sft\n---\nkind: sft\n",
      "D.yaml:2:1: a second document begins; a definition is one"),
    FaultRow(
      "alias", .dataset, "kind: sft\nselect: *all\n",
      "D.yaml:2:9: an alias ('*name') is not allowed; write the value out, or put text that begins with '*' in quotes"
    ),
    FaultRow(
      "unquoted glob", .source, "kind: file\npath: *.jsonl\ntree: 1\n",
      "S.yaml:2:7: an alias ('*name') is not allowed; write the value out, or put text that begins with '*' in quotes",
      "S.yaml:3:7: 'tree' must be a mapping, not the number 1"),
    FaultRow(
      "anchor", .dataset, "kind: sft\ngates: &g {minimum_examples: 1}\n",
      "D.yaml:2:8: an anchor ('&name') is not allowed; write the value out, or put text that begins with '&' in quotes"
    ),
    FaultRow(
      "bomb", .dataset,
      "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\n? {? *b : *b}\n: [*b,*b]\nkind: sft\n",
      "D.yaml:1:1: unknown key 'a' in the dataset. Legal keys: \(datasetKeys)",
      "D.yaml:1:4: an anchor ('&name') is not allowed; write the value out, or put text that begins with '&' in quotes",
      "D.yaml:2:1: unknown key 'b' in the dataset. Legal keys: \(datasetKeys)",
      "D.yaml:2:4: an anchor ('&name') is not allowed; write the value out, or put text that begins with '&' in quotes",
      "D.yaml:3:3: a key must be text",
      "D.yaml:3:6: an alias ('*name') is not allowed; write the value out, or put text that begins with '*' in quotes",
      "D.yaml:3:11: an alias ('*name') is not allowed; write the value out, or put text that begins with '*' in quotes",
      "D.yaml:4:4: an alias ('*name') is not allowed; write the value out, or put text that begins with '*' in quotes",
      "D.yaml:4:7: an alias ('*name') is not allowed; write the value out, or put text that begins with '*' in quotes"
    ),
    FaultRow(
      "tag", .dataset, "kind: !!binary sft\n",
      "D.yaml:1:7: a tag ('!name') is not allowed; put text that begins with '!' in quotes"),
    FaultRow(
      "duplicate keys, all of them", .dataset,
      "seed: a\nkind: sft\n\"seed\": b\nkind: kto\nseed: c\ngates: {minimum_examples: 1, minimum_examples: 0}\nsed: d\n",
      "D.yaml:3:1: key 'seed' is given twice, first in line 1",
      "D.yaml:4:1: key 'kind' is given twice, first in line 2",
      "D.yaml:5:1: key 'seed' is given twice, first in line 1",
      "D.yaml:6:30: key 'minimum_examples' is given twice, first in line 6",
      "D.yaml:7:1: unknown key 'sed' in the dataset; did you mean 'seed'? Legal keys: \(datasetKeys)"),
    FaultRow(
      "duplicate key written with escapes", .dataset, "\"k\\x69nd\": sft\nkind: sft\n",
      "D.yaml:1:1: key 'kind' is given twice"),
    FaultRow(
      "control character", .dataset, "kind: sft\nseed: a\u{1}\u{1B}[2J\n",
      "D.yaml:2:8: character U+0001 is not allowed", "D.yaml:2:9: character U+001B is not allowed"),
    FaultRow(
      "control character by escape", .dataset, "kind: \"sf\\e[2J\"\n",
      "D.yaml:1:7: 'kind' cannot be 'sf\\u{1B}[2J'. Legal values: sft, preference, kto, eval, fewshot"),
    FaultRow(
      "columns are characters, carriage returns are line ends", .dataset,
      "kind: sft\r\ndescription: \u{1F6B2}\u{1F6B2}\rslices: {\u{E9}\u{E9}: x, Q: y}\n",
      "D.yaml:3:10: 'slices': 'éé' is not a name; a name is made of a-z, 0-9, '.', '_' and '-' and begins with a letter or digit",
      "D.yaml:3:17: 'slices': 'Q' is not a name; a name is made of a-z, 0-9, '.', '_' and '-' and begins with a letter or digit"
    ),
  ]

  static let datasetKeys =
    "kind, description, license, language, select, slices, splits, seed, pairs, maximum_examples, "
    + "maximum_example_characters, decontaminate, maximum_user_share, gates, synthesis"

  @Test(arguments: rows) func says(_ row: FaultRow) {
    #expect(Fixtures.faults(of: row.document, row.yaml).map(\.description) == row.expected)
  }

  @Test func namesTheByteThatIsNotUTF8() {
    let bytes = Array("kind: sft\nseed: é".utf8) + [0xC3, 0x28, 0x0A]
    #expect(
      Fixtures.faults(of: .dataset, bytes: bytes).map(\.description)
        == ["D.yaml:2:8: byte 0xC3 is not UTF-8"])
  }

  @Test func takesAByteOrderMark() {
    #expect(Fixtures.faults(of: .dataset, bytes: [0xEF, 0xBB, 0xBF] + Array("kind: sft\n".utf8)).isEmpty)
  }

  @Test func refusesMoreThanOneMebibyte() {
    let filler = [UInt8](repeating: 35, count: 1_048_576 - 10)
    let bytes = Array("kind: sft\n".utf8) + filler
    #expect(Fixtures.faults(of: .dataset, bytes: bytes).isEmpty)
    #expect(
      Fixtures.faults(of: .dataset, bytes: bytes + [35]).map(\.description)
        == ["D.yaml:1:1: has 1048577 bytes; a definition has at most 1048576"])
  }

  @Test(arguments: ["[", "{a: ", "- ", "? "]) func refusesDeepNesting(_ piece: String) {
    let yaml = "kind: sft\nseed: " + String(repeating: piece, count: 100_000)
    let faults = Fixtures.faults(of: .dataset, yaml)
    #expect(faults.map(\.code) == ["syntax"])
  }

  @Test func stopsAtManyDuplicates() {
    let yaml = "kind: sft\n" + String(repeating: "seed: a\n", count: 60)
    #expect(
      Fixtures.faults(of: .dataset, yaml).map(\.description) == ["D.yaml:52:1: key 'seed' is given twice"])
  }
}
