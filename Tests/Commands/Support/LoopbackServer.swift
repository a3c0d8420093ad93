import Foundation
import FoundationNetworking
import TestSupport
import Testing

extension LoopbackServer {
  /// The secret that it lets in.
  static let secret = "sk-lf-71d3-the-secret-of-the-tests"

  /// What a definition needs that says `$CHAT_ADDRESS` and leaves the keys to the vendor's own variables.
  var environment: [String: String] {
    [
      "CHAT_ADDRESS": address, "LANGFUSE_SECRET_KEY": Self.secret, "LANGFUSE_PUBLIC_KEY": "pk-lf-test",
      "FLYWHEEL_RETRIES": "1",
    ]
  }

  /// Starts Langfuse's server, whose rows were written long before any test runs.
  convenience init(rows: Int = 20) throws {
    try self.init(
      "langfuse", ["--rows", "\(rows)", "--key", Self.secret, "--now", "2026-06-20T12:00:00Z"])
  }
}

extension Workbench {
  /// A project with one source of Langfuse's kind, which a pipeline pulls.
  convenience init(chat name: String) throws {
    try self.init(empty: name)
    try write("Pipelines/nightly.yaml", "steps:\n- pull: {source: chat}\n")
    try write("Pipelines/sources/chat.yaml", "kind: langfuse\naddress: $CHAT_ADDRESS\nsince: 2026-06-01\n")
  }
}
