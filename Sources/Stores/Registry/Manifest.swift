import Bytes
import Text

/// Where the records of a version are: for each split, which blocks, and which records of them.
///
/// As JSON: `{"format":"flywheel-manifest/1","packs":[{"bytes":…,"sha256":…}],
/// "splits":[{"blocks":[{"block":0,"live":"all","pack":0}],"name":"train","records":12}]}`. `pack` is a position in
/// `packs`, `block` a number in that pack; `live` is `all` or a bitmap in hexadecimal digits, record i at bit i mod 8
/// of byte i / 8, the lowest bit first.
public struct Manifest: Sendable, Hashable {
  /// A pack that holds live records.
  public struct Pack: Sendable, Hashable {
    /// Its SHA-256, which is its name.
    public let digest: Digest
    /// Its length.
    public let bytes: Int

    /// The pack's object name.
    public var path: String { ObjectName.pack(digest).path }
  }

  /// Which records of a block belong to the split.
  public enum Live: Sendable, Hashable {
    /// All of them.
    case all
    /// Those whose bit is set, record i at bit i mod 8 of byte i / 8.
    case some([UInt8])

    func contains(_ record: Int) -> Bool {
      switch self {
      case .all: true
      case .some(let bitmap): bitmap[record / 8] >> (record % 8) & 1 == 1
      }
    }

    /// Whether the bitmap, if there is one, fits a block of `records` records.
    func fits(_ records: Int) -> Bool {
      guard case .some(let bitmap) = self else { return true }
      guard bitmap.count == (records + 7) / 8 else { return false }
      return records.isMultiple(of: 8) || bitmap[bitmap.count - 1] >> (records % 8) == 0
    }
  }

  /// A block that holds records of a split.
  public struct Block: Sendable, Hashable {
    /// The pack's position in ``Manifest/packs``.
    public let pack: Int
    /// The block's number in the pack, from 0.
    public let block: Int
    /// Which of its records.
    public let live: Live
  }

  /// The blocks of a split.
  public struct Split: Sendable, Hashable {
    /// The split's name.
    public let name: String
    /// Live records in all blocks.
    public let records: Int
    /// The blocks, by pack and number.
    public let blocks: [Block]
  }

  /// The packs, those of earlier versions first.
  public let packs: [Pack]
  /// The splits, by name.
  public let splits: [Split]

  static let format = "flywheel-manifest/1"

  /// The canonical JSON, whose SHA-256 is the manifest's name.
  func encoded() -> [UInt8] {
    let out = ByteBuffer()
    var writer = JSONWriter(out)
    writer.beginObject()
    writer.key("format")
    writer.string(Self.format)
    writer.key("packs")
    writer.beginArray()
    for pack in packs {
      writer.beginObject()
      writer.key("bytes")
      writer.integer(Int64(pack.bytes))
      writer.key("sha256")
      writer.string(pack.digest.hex)
      writer.endObject()
    }
    writer.endArray()
    writer.key("splits")
    writer.beginArray()
    for split in splits {
      writer.beginObject()
      writer.key("blocks")
      writer.beginArray()
      for block in split.blocks {
        writer.beginObject()
        writer.key("block")
        writer.integer(Int64(block.block))
        writer.key("live")
        switch block.live {
        case .all: writer.string("all")
        case .some(let bitmap): writer.string(Hex.encode(bitmap))
        }
        writer.key("pack")
        writer.integer(Int64(block.pack))
        writer.endObject()
      }
      writer.endArray()
      writer.key("name")
      writer.string(split.name)
      writer.key("records")
      writer.integer(Int64(split.records))
      writer.endObject()
    }
    writer.endArray()
    writer.endObject()
    return out.bytes
  }

  /// Reads a manifest's bytes; `object` is its name, for errors.
  init(_ bytes: [UInt8], object: String) throws {
    self = try CanonicalJSON.parse(bytes, object: object) { value in
      try value.requireFormat(Self.format, in: object)
      let packs = try (value["packs"]?.elements ?? []).map {
        Pack(digest: try $0.digest("sha256", in: object), bytes: try $0.count("bytes", in: object))
      }
      let splits = try (value["splits"]?.elements ?? []).map { split in
        let blocks = try (split["blocks"]?.elements ?? []).map { block -> Block in
          let pack = try block.count("pack", in: object)
          guard pack < packs.count else {
            throw RegistryError(.damaged, object, "names no such pack", number: pack)
          }
          let text = try block.text("live", in: object)
          guard let live = text == "all" ? .all : Hex.decode(text).map(Live.some) else {
            throw RegistryError(.damaged, object, "has a malformed bitmap")
          }
          return Block(pack: pack, block: try block.count("block", in: object), live: live)
        }
        return Split(
          name: try split.text("name", in: object), records: try split.count("records", in: object),
          blocks: blocks)
      }
      return Manifest(packs: packs, splits: splits)
    }
  }

  init(packs: [Pack], splits: [Split]) {
    self.packs = packs
    self.splits = splits
  }
}
