/// A place for objects that are created once and never change: a folder now, a bucket or a read-only address
/// behind the same protocol.
///
/// Names are relative paths of ASCII letters, digits, dots, dashes and underscores.
public protocol ObjectStore: Sendable {
  /// Creates an object if its name is free, durable on return; false if the name is taken.
  func create(_ name: String, _ bytes: [UInt8]) throws -> Bool
  /// Opens an object whose name is known only after its last byte.
  func createStream() throws -> any ObjectStream
  /// The whole object; nil if there is none.
  func read(_ name: String) throws -> [UInt8]?
  /// A part of an object, shorter where the object ends; an absent object is an error.
  func read(_ name: String, range: Range<Int>) throws -> [UInt8]
  /// The object's length in bytes; nil if there is none.
  func size(of name: String) throws -> Int?
  /// The names that begin with `prefix`, sorted; partial objects stand under `tmp/`.
  func list(_ prefix: String) throws -> [String]
}

/// An object under construction, owned by one task; dropping it uncommitted discards it.
public protocol ObjectStream: AnyObject {
  /// Adds bytes at the end.
  func append(_ run: UnsafeRawBufferPointer) throws
  /// Creates the object under `name` if that is free, durable on return; false if the name is taken.
  func commit(as name: String) throws -> Bool
}
