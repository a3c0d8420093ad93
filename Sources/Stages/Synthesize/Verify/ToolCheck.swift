import Text

/// Checks a call of a tool against the tools that were offered.
enum ToolCheck {
  /// What is wrong with a call: `json`, `unknown-tool`, `arguments`, or `schema-` and the keyword that is not met.
  /// - Parameters:
  ///   - call: JSON with `name` and `arguments`, which is JSON in a text.
  ///   - tools: the JSON of an array in the form of OpenAI's interface.
  /// - Returns: nil if the call fits.
  static func fault(of call: String, tools: String) -> String? {
    guard let parts = parts(of: call) else { return "json" }
    guard let schema = schema(of: parts.name, in: tools) else { return "unknown-tool" }
    guard let compiled = try? JSONSchema(schema),
      let arguments = try? JSONDocument(Array(parts.arguments.utf8))
    else { return "arguments" }
    return switch arguments.read({ compiled.validate($0, byteCount: arguments.byteCount) }) {
    case .valid: nil
    case .invalid(let keyword): "schema-\(keyword)"
    case .tooCostly: "arguments"
    }
  }

  /// The name and the arguments of a call; nil if it is none.
  static func parts(of call: String) -> (name: String, arguments: String)? {
    try? JSONDocument(Array(call.utf8)).read { value in
      guard let name = value["name"]?.string, let arguments = value["arguments"]?.string else { return nil }
      return (name, arguments)
    }
  }

  /// The JSON Schema of a tool's arguments; nil where there is no tool of this name.
  private static func schema(of name: String, in tools: String) -> [UInt8]? {
    try? JSONDocument(Array(tools.utf8)).read { value -> [UInt8]? in
      for tool in value.elements {
        let function = tool["function"] ?? tool
        guard function["name"]?.string == name else { continue }
        guard let parameters = function["parameters"] else { return Array("{}".utf8) }
        return parameters.canonicalJSON
      }
      return nil
    }
  }
}
