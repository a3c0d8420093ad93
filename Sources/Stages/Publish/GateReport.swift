import Bytes
import Text

/// The gates of a dataset held against a version that is about to be published.
struct GateReport {
  /// Gates that refuse, as `minimum_examples: 12 of at least 50`.
  let refusals: [String]
  /// Every gate's bound and value as canonical JSON.
  let canonical: [UInt8]

  /// Holds the gates of a dataset.
  ///
  /// `golden` counts training examples that touch the golden set; nil where there is no golden set.
  init(dataset: DatasetDefinition, examples: Int, personalData: Int, golden: Int? = nil) {
    var refusals: [String] = []
    if examples < dataset.gates.minimumExamples {
      refusals.append("minimum_examples: \(examples) of at least \(dataset.gates.minimumExamples)")
    }
    if personalData > dataset.gates.maximumPersonalData {
      refusals.append(
        "maximum_personal_data: \(personalData) of at most \(dataset.gates.maximumPersonalData)")
    }
    if let golden, golden > 0 { refusals.append("maximum_golden: \(golden) of at most 0") }
    self.refusals = refusals
    canonical = CanonicalObject.encode { writer in
      if let golden {
        writer.key("maximum_golden")
        CanonicalObject.write(["bound": 0, "value": golden], to: &writer)
      }
      writer.key("maximum_personal_data")
      CanonicalObject.write(["bound": dataset.gates.maximumPersonalData, "value": personalData], to: &writer)
      writer.key("minimum_examples")
      CanonicalObject.write(["bound": dataset.gates.minimumExamples, "value": examples], to: &writer)
    }
  }
}

/// Small canonical JSON objects of a version's description.
enum CanonicalObject {
  static func encode(_ body: (inout JSONWriter) -> Void) -> [UInt8] {
    let out = ByteBuffer()
    var writer = JSONWriter(out)
    writer.beginObject()
    body(&writer)
    writer.endObject()
    return out.bytes
  }

  static func write(_ counts: [String: Int], to writer: inout JSONWriter) {
    writer.beginObject()
    for (name, count) in counts.sorted(by: { $0.key < $1.key }) {
      writer.key(string: name)
      writer.integer(Int64(count))
    }
    writer.endObject()
  }

  /// What of a definition decides the content, for the card and for comparison.
  static func definition(_ dataset: DatasetDefinition) -> [UInt8] {
    encode { writer in
      writer.key("description")
      writer.string(dataset.description)
      writer.key("language")
      writer.beginArray()
      for language in dataset.language { writer.string(language) }
      writer.endArray()
      if let license = dataset.license {
        writer.key("license")
        writer.string(license)
      }
      writer.key("seed")
      writer.string(dataset.seed)
      writer.key("select")
      writer.string(dataset.select)
      writer.key("splits")
      writer.beginArray()
      for split in dataset.splits {
        writer.beginObject()
        writer.key("name")
        writer.string(split.name)
        writer.key("share")
        writer.integer(Int64(split.share))
        writer.endObject()
      }
      writer.endArray()
      if let synthesis = dataset.synthesis {
        writer.key("synthesis")
        write(synthesis, of: dataset, to: &writer)
      }
    }
  }

  private static func write(
    _ synthesis: SynthesisAllowance, of dataset: DatasetDefinition, to writer: inout JSONWriter
  ) {
    writer.beginObject()
    if let acceptance = synthesis.acceptance {
      writer.key("acceptance")
      writer.number(acceptance)
    }
    writer.key("from")
    writer.beginArray()
    for name in synthesis.sources(of: dataset.name) { writer.string(name) }
    writer.endArray()
    writer.key("share")
    writer.integer(Int64(synthesis.share))
    writer.key("targets")
    let targets = dataset.sliceNames.map { ($0, synthesis.target(of: $0)) }
    write(Dictionary(targets, uniquingKeysWith: { first, _ in first }), to: &writer)
    writer.endObject()
  }
}
