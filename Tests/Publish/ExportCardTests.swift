import Bytes
import Publish
import Records
import Testing
import Text

@Suite struct ExportCardTests {
  static let hostile =
    "He said: \"no\" \\ # yes\n---\n- x: [1]\r\t\u{1B}[2J\u{85}\u{2028}\u{FEFF}{{ 'it''s' }} %! é 😀"

  @Test func theWholeText() throws {
    var description = Sample.description()
    description.definition = Sample.digest("definition")
    description.prettyName = "Support | answers"
    description.text = "Answers of the *support* chat.\n\nTwo paragraphs."
    description.license = "cc-by-4.0"
    description.languages = ["en", "no"]
    description.tags = ["support", "flywheel"]
    description.gates = [.init(name: "size", passed: true, value: "4 examples", limit: "at least 3")]
    description.account = [.init("pulled", 10), .init("kept", 4), .init("dropped: too-short", 6)]
    var card = DatasetCard(description, format: .openai, compression: .zstd)
    card.splits = [
      .init(name: "train", file: "train.jsonl.zst", records: 3, textBytes: 300, fileBytes: 90),
      .init(name: "test", file: "test.jsonl.zst", records: 1, textBytes: 100, fileBytes: 60),
    ]
    card.counts = [
      "origin": ["organic": 3, "synthetic": 1], "slice": ["a|b": 1, "<b>": 3], "label": ["good": 4],
    ]
    card.isPlain = true
    let (version, root) = (Sample.digest("version").hex, Sample.digest("root").hex)
    let expected = """
      ---
      pretty_name: "Support | answers"
      license: "cc-by-4.0"
      language:
      - "en"
      - "no"
      task_categories:
      - "text-generation"
      size_categories:
      - "n<1K"
      tags:
      - "flywheel"
      - "sft"
      - "support"
      - "synthetic"
      configs:
      - config_name: "default"
        data_files:
        - split: "train"
          path: "train.jsonl.zst"
        - split: "test"
          path: "test.jsonl.zst"
      dataset_info:
        features:
        - name: "messages"
          list:
          - name: "role"
            dtype: "string"
          - name: "content"
            dtype: "string"
        splits:
        - name: "train"
          num_bytes: 300
          num_examples: 3
        - name: "test"
          num_bytes: 100
          num_examples: 1
        download_size: 150
        dataset_size: 400
      ---

      # Support \\| answers

      Answers of the *support* chat.

      Two paragraphs.

      Version `support-sft@12`: 4 examples of kind `sft`, as rows of format `openai`.

      ## Counts

      | split | examples | file |
      | --- | --- | --- |
      | train | 3 | train.jsonl.zst |
      | test | 1 | test.jsonl.zst |

      | origin | examples |
      | --- | --- |
      | organic | 3 |
      | synthetic | 1 |

      | slice | examples |
      | --- | --- |
      | &lt;b> | 3 |
      | a\\|b | 1 |

      | label | examples |
      | --- | --- |
      | good | 4 |

      ## Gates

      | gate | outcome | value | limit |
      | --- | --- | --- | --- |
      | size | passed | 4 examples | at least 3 |

      ## How it was made

      Published by flywheel from logged interactions and the feedback on them. The content root covers every \
      example's id and content, so the same root is the same data.

      - version: `\(version)`
      - content root: `\(root)`
      - definition: `\(Sample.digest("definition").hex)`

      ## How to load it

      In this folder (needs `pip install zstandard`):

      ```python
      from datasets import load_dataset

      data = load_dataset(".")
      ```

      The same folder again:

      ```sh
      flywheel pull support-sft@12 --to DIR --format openai --compress zstd
      ```

      `SPLIT.meta.jsonl.zst` says of each row, in the same order, which example it is and where that came from.

      ## Account

      | records | count |
      | --- | --- |
      | pulled | 10 |
      | kept | 4 |
      | dropped: too-short | 6 |

      """
    #expect(card.render() == expected)
  }

  /// The scalars of the front matter in double quotes, read back as JSON, of which they are a part of YAML's.
  static func scalars(_ text: String) throws -> [String: String] {
    var found: [String: String] = [:]
    let parts = text.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(parts.first == "---")
    for line in parts.dropFirst().prefix(while: { $0 != "---" }) {
      // Key, then nothing or a number or one string to the end of the line; or an element of a list.
      guard let quote = line.firstIndex(of: "\"") else { continue }
      let key = line[..<quote].trimmingPrefix(while: { $0 == " " || $0 == "-" })
      let value = try JSONParser().parse(String(line[quote...])) { $0.string }
      found[key + (found[String(key)] == nil ? "" : "+\(found.count)")] = value
    }
    return found
  }

  @Test func nothingBreaksOutOfTheFrontMatter() throws {
    var description = Sample.description(.preference)
    description.prettyName = Self.hostile
    description.licenseName = Self.hostile
    description.licenseLink = "https://example.org/?a=\"b\""
    description.languages = [Self.hostile]
    description.tags = [Self.hostile]
    description.text = Self.hostile
    let text = DatasetCard(description, format: .trl, compression: .none).render()
    let scalars = try Self.scalars(text)
    #expect(scalars["pretty_name: "] == Self.hostile)
    #expect(scalars["license: "] == "other")
    #expect(scalars["license_name: "] == Self.hostile)
    #expect(scalars["license_link: "] == "https://example.org/?a=\"b\"")
    #expect(scalars.values.filter { $0 == Self.hostile }.count == 4)
    // YAML 1.2, 5.1: only these are printable; a terminal obeys none of them.
    let isPlain = text.unicodeScalars.allSatisfy {
      $0 == "\n" || $0 == "\t" || (0x20...0x7E).contains($0.value) || $0 == "é" || $0 == "😀"
    }
    #expect(isPlain)
  }

  struct Size: Sendable, CustomTestStringConvertible {
    let records: Int
    let expected: String
    var testDescription: String { "\(records)" }
  }

  @Test(arguments: [
    Size(records: 0, expected: "n<1K"), Size(records: 999, expected: "n<1K"),
    Size(records: 1000, expected: "1K<n<10K"), Size(records: 99_999, expected: "10K<n<100K"),
    Size(records: 1_000_000, expected: "1M<n<10M"), Size(records: 999_999_999, expected: "100M<n<1B"),
    Size(records: 999_999_999_999, expected: "100B<n<1T"), Size(records: 1_000_000_000_000, expected: "n>1T"),
  ])
  func sizes(_ size: Size) throws {
    var card = DatasetCard(Sample.description(), format: .trl, compression: .none)
    card.splits = [.init(name: "train", file: "x", records: size.records, textBytes: 0, fileBytes: 0)]
    #expect(card.render().contains("size_categories:\n- \"\(size.expected)\"\ntags:"))
  }

  @Test(arguments: Kind.allCases)
  func columnsAreDeclaredOnlyWhereTheyAreKnown(_ kind: Kind) {
    for format in ExportFormat.legal(for: kind) {
      var card = DatasetCard(Sample.description(kind), format: format, compression: .none)
      card.splits = [.init(name: "train", file: "train.jsonl", records: 1, textBytes: 1, fileBytes: 1)]
      #expect(!card.render().contains("features:"))
      card.isPlain = true
      #expect(card.render().contains("features:") == (format == .openai || format == .trl))
    }
  }
}
