import Bytes
import Text

/// What a publisher says about a version, apart from its records.
///
/// The parts are canonical JSON; none holds a clock or a run's id, so that the same input gives the same
/// version.
public struct VersionDescription: Sendable, Hashable {
  /// What the examples are for, such as `sft`.
  public var kind: String
  /// The name of the records' schema, such as `flywheel-sft/1`.
  public var schema: String
  /// What the version was made from; default `{}`.
  public var lineage: [UInt8]
  /// The dataset's definition as it was; default `{}`.
  public var definition: [UInt8]
  /// The gates' results; default `{}`.
  public var gates: [UInt8]
  /// Counts for the card; default `{}`.
  public var counts: [UInt8]

  /// Takes the parts.
  /// - Parameters:
  ///   - kind: what the examples are for.
  ///   - schema: the name of the records' schema.
  ///   - lineage: what the version was made from, canonical JSON; default `{}`.
  ///   - definition: the dataset's definition, canonical JSON; default `{}`.
  ///   - gates: the gates' results, canonical JSON; default `{}`.
  ///   - counts: counts for the card, canonical JSON; default `{}`.
  public init(
    kind: String, schema: String, lineage: [UInt8] = Array("{}".utf8),
    definition: [UInt8] = Array("{}".utf8), gates: [UInt8] = Array("{}".utf8),
    counts: [UInt8] = Array("{}".utf8)
  ) {
    self.kind = kind
    self.schema = schema
    self.lineage = lineage
    self.definition = definition
    self.gates = gates
    self.counts = counts
  }
}

/// A version object as published: what its name covers.
///
/// As JSON: `{"content_root":…,"counts":…,"dataset":…,"definition":…,"format":"flywheel-version/1","gates":…,
/// "kind":…,"lineage":…,"schema":…,"splits":[{"bytes":…,"name":…,"records":…,"root":…}]}`.
public struct VersionRecord: Sendable, Hashable {
  /// The dataset's name.
  public let dataset: String
  /// The root over all records.
  public let contentRoot: Digest
  /// The splits, by name.
  public let splits: [SplitSummary]
  /// What the publisher said.
  public let description: VersionDescription

  static let format = "flywheel-version/1"

  init(dataset: String, splits: [SplitSummary], description: VersionDescription) throws {
    for (field, json) in [
      ("lineage", description.lineage), ("definition", description.definition), ("gates", description.gates),
      ("counts", description.counts),
    ] { try CanonicalJSON.check(json, field: field) }
    self.dataset = dataset
    self.splits = splits
    self.description = description
    contentRoot = ContentRoot.root(of: splits)
  }

  /// The canonical JSON, whose SHA-256 is the version's name.
  func encoded() -> [UInt8] {
    let out = ByteBuffer()
    var writer = JSONWriter(out)
    writer.beginObject()
    writer.key("content_root")
    writer.string(contentRoot.hex)
    writer.key("counts")
    writer.raw(description.counts)
    writer.key("dataset")
    writer.string(dataset)
    writer.key("definition")
    writer.raw(description.definition)
    writer.key("format")
    writer.string(Self.format)
    writer.key("gates")
    writer.raw(description.gates)
    writer.key("kind")
    writer.string(description.kind)
    writer.key("lineage")
    writer.raw(description.lineage)
    writer.key("schema")
    writer.string(description.schema)
    writer.key("splits")
    writer.beginArray()
    for split in splits {
      writer.beginObject()
      writer.key("bytes")
      writer.integer(Int64(split.bytes))
      writer.key("name")
      writer.string(split.name)
      writer.key("records")
      writer.integer(Int64(split.records))
      writer.key("root")
      writer.string(split.root.hex)
      writer.endObject()
    }
    writer.endArray()
    writer.endObject()
    return out.bytes
  }

  /// Reads a version's bytes; `object` is its name, for errors.
  init(_ bytes: [UInt8], object: String) throws {
    self = try CanonicalJSON.parse(bytes, object: object) { value in
      try value.requireFormat(Self.format, in: object)
      let part = { (key: String) in value[key].map { CanonicalJSON.text(of: $0) } ?? Array("{}".utf8) }
      let splits = try (value["splits"]?.elements ?? []).map {
        SplitSummary(
          name: try $0.text("name", in: object), records: try $0.count("records", in: object),
          bytes: try $0.count("bytes", in: object), root: try $0.digest("root", in: object))
      }
      let record = try VersionRecord(
        dataset: try value.text("dataset", in: object), splits: splits,
        description: VersionDescription(
          kind: try value.text("kind", in: object), schema: try value.text("schema", in: object),
          lineage: part("lineage"), definition: part("definition"), gates: part("gates"),
          counts: part("counts")))
      guard try value.digest("content_root", in: object) == record.contentRoot else {
        throw RegistryError(.damaged, object, "the content root is not that of the splits")
      }
      return record
    }
  }
}

/// An entry of a dataset's numbered log: what makes a version public.
///
/// As JSON, sealed: `{"content_root":…,"created":…,"dataset":…,"format":"flywheel-ref/1","nonce":…,"number":…,"run":…,
/// "sha256":…,"version":…}`.
public struct Reference: Sendable, Hashable {
  /// The dataset's name.
  public let dataset: String
  /// The version's number, from 1 without a gap.
  public let number: Int
  /// The version object's SHA-256.
  public let version: Digest
  /// The root over all records.
  public let contentRoot: Digest
  /// When it was committed, as the publisher said.
  public let created: String
  /// The publisher's run.
  public let run: String
  /// What tells this attempt from every other.
  public let nonce: String

  static let format = "flywheel-ref/1"

  var path: String { ObjectName.reference(dataset: dataset, number: number).path }

  func encoded() throws -> [UInt8] {
    let out = ByteBuffer()
    var writer = JSONWriter(out)
    writer.beginObject()
    writer.key("content_root")
    writer.string(contentRoot.hex)
    writer.key("created")
    writer.string(created)
    writer.key("dataset")
    writer.string(dataset)
    writer.key("format")
    writer.string(Self.format)
    writer.key("nonce")
    writer.string(nonce)
    writer.key("number")
    writer.integer(Int64(number))
    writer.key("run")
    writer.string(run)
    writer.key("version")
    writer.string(version.hex)
    writer.endObject()
    return try CanonicalJSON.sealed(out.bytes, object: path)
  }

  /// Reads the entry of this dataset and number.
  init(_ bytes: [UInt8], dataset: String, number: Int) throws {
    let object = ObjectName.reference(dataset: dataset, number: number).path
    self = try CanonicalJSON.parseSealed(bytes, object: object) { value in
      try value.requireFormat(Self.format, in: object)
      guard try value.text("dataset", in: object) == dataset, try value.count("number", in: object) == number
      else {
        throw RegistryError(.damaged, object, "belongs to another name")
      }
      return Reference(
        dataset: dataset, number: number, version: try value.digest("version", in: object),
        contentRoot: try value.digest("content_root", in: object),
        created: try value.text("created", in: object),
        run: try value.text("run", in: object), nonce: try value.text("nonce", in: object))
    }
  }

  init(
    dataset: String, number: Int, version: Digest, contentRoot: Digest, created: String, run: String,
    nonce: String
  ) {
    self.dataset = dataset
    self.number = number
    self.version = version
    self.contentRoot = contentRoot
    self.created = created
    self.run = run
    self.nonce = nonce
  }
}

/// An entry of a version's physical log: which manifest says where its records are.
///
/// As JSON, sealed: `{"format":"flywheel-physical/1","manifest":…,"number":1,"sha256":…,"version":…}`. The highest
/// number counts; a repack or an erasure appends the next.
struct PhysicalEntry: Hashable {
  let version: Digest
  let number: Int
  let manifest: Digest

  static let format = "flywheel-physical/1"

  var path: String { ObjectName.physical(version: version, number: number).path }

  func encoded() throws -> [UInt8] {
    let out = ByteBuffer()
    var writer = JSONWriter(out)
    writer.beginObject()
    writer.key("format")
    writer.string(Self.format)
    writer.key("manifest")
    writer.string(manifest.hex)
    writer.key("number")
    writer.integer(Int64(number))
    writer.key("version")
    writer.string(version.hex)
    writer.endObject()
    return try CanonicalJSON.sealed(out.bytes, object: path)
  }

  init(version: Digest, number: Int, manifest: Digest) {
    self.version = version
    self.number = number
    self.manifest = manifest
  }

  init(_ bytes: [UInt8], version: Digest, number: Int) throws {
    let object = ObjectName.physical(version: version, number: number).path
    self = try CanonicalJSON.parseSealed(bytes, object: object) { value in
      try value.requireFormat(Self.format, in: object)
      guard try value.digest("version", in: object) == version,
        try value.count("number", in: object) == number
      else {
        throw RegistryError(.damaged, object, "belongs to another name")
      }
      return PhysicalEntry(
        version: version, number: number, manifest: try value.digest("manifest", in: object))
    }
  }
}
