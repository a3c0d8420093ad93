import Foundation
import Records
import Review

/// Who answers: the user of the operating system, or the name of `--as` where the queue allows it.
enum LabelerIdentity {
  /// What is wrong with a labeler.
  enum Fault: Error, Hashable {
    /// The system has no name for the user's number.
    case nameless(user: UInt32)
    /// A name that is none, or longer than 64 bytes.
    case badName(String)
    /// `--as` at a queue that does not allow it.
    case notAllowed(name: String, queue: String)
    /// The queue names who may answer, and this labeler is not among them.
    case notAmong(name: String, queue: String, labelers: [String])
  }

  /// The labeler's name for a queue.
  /// - Parameters:
  ///   - name: what `--as` says; nil is the user of this process.
  ///   - queue: the queue, which says who may answer.
  /// - Returns: the name.
  /// - Throws: ``Fault``.
  static func name(as name: String?, for queue: QueueDefinition) throws(Fault) -> String {
    let user = try systemUser()
    if let name, name != user {
      guard isLegal(name) else { throw .badName(name) }
      guard queue.allowsAs else { throw .notAllowed(name: name, queue: queue.name) }
    }
    let labeler = name ?? user
    guard queue.admits(labeler) else {
      throw .notAmong(name: labeler, queue: queue.name, labelers: queue.labelers)
    }
    return labeler
  }

  /// The name that the system has for the real user of this process; no variable of the environment has a say in it.
  static func systemUser() throws(Fault) -> String {
    var entry = passwd()
    var found: UnsafeMutablePointer<passwd>?
    var buffer = [CChar](repeating: 0, count: 16_384)
    let user = getuid()
    let code = getpwuid_r(user, &entry, &buffer, buffer.count, &found)
    guard code == 0, found != nil, let name = entry.pw_name.map({ String(cString: $0) }), isLegal(name) else {
      throw .nameless(user: user)
    }
    return name
  }

  /// A ``LabelerName`` without spaces at its ends.
  static func isLegal(_ name: String) -> Bool {
    LabelerName.isLegal(name) && name.first != " " && name.last != " "
  }
}
