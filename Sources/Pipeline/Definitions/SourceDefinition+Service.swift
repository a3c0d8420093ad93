import Pull
import Records

extension SourceDefinition {
  /// Reads where the rows of a source are: `path`, or what a service or a database needs.
  static func place(_ reader: DefinitionReader, _ traits: SourceTraits, _ source: inout SourceDefinition) {
    let isService = traits.places.contains(.service)
    let pathField = traits.places.contains(.files) ? reader.optional("path") : nil
    if let pathField {
      if isService, reader.optional("address") != nil { reader.exclusive("path", "address") }
      if let path = pathField.text() {
        if variables(in: path) == nil { pathField.fault(.badVariable(pathField.field)) }
        source.path = path
      }
      if isService { _ = reader.optional("app") }
      return
    }
    guard isService || traits.places.contains(.database) else {
      _ = reader.required("path")
      return
    }
    var service = ServiceParameters()
    if traits.places.contains(.database) {
      if let field = reader.required("database") { service.database = variable(field) }
      service.query = reader.required("query")?.text()
    } else {
      let field =
        traits.address == nil && !traits.places.contains(.files)
        ? reader.required("address") : reader.optional("address")
      service.address = field.flatMap(variable) ?? traits.address ?? ""
      if field == nil, traits.address == nil, traits.places.contains(.files) {
        reader.exclusive("path", "address")
      }
      if let field, !["https://", "http://", "$"].contains(where: { service.address.hasPrefix($0) }) {
        field.fault(.badAddress(field.field, value: service.address))
      }
    }
    keys(reader, traits, &service)
    limits(reader, traits, &service)
    source.service = service
  }

  private static func variable(_ field: FieldReader) -> String? {
    guard let text = field.text() else { return nil }
    if variables(in: text) == nil { field.fault(.badVariable(field.field)) }
    // `https://name:password@host`; a variable may stand for either.
    if text.firstMatch(of: #/://[^/@]*:[^/@$][^/@]*@/#) != nil { field.fault(.literalSecret(field.field)) }
    return text
  }

  /// What a definition says of who asks, and for what.
  private static func keys(
    _ reader: DefinitionReader, _ traits: SourceTraits, _ service: inout ServiceParameters
  ) {
    for key in traits.required + traits.optional {
      // A secret may stand in the vendor's own variable.
      let hasDefault =
        key == .key ? traits.keyVariable != nil : key == .publicKey && traits.publicKeyVariable != nil
      let isRequired = traits.required.contains(key) && !hasDefault
      guard let field = isRequired ? reader.required(key.rawValue) : reader.optional(key.rawValue) else {
        continue
      }
      switch key {
      case .key: service.key = field.secret()
      case .publicKey: service.publicKey = field.secret()
      case .project: service.project = word(field)
      case .workspace: service.workspace = word(field)
      }
    }
    if !traits.types.isEmpty, let field = reader.optional("types") {
      service.types = field.list()?.compactMap { $0.text() } ?? []
      if service.types.isEmpty { field.fault(.emptyValue(field.field)) }
    }
  }

  /// A name or a number that names something.
  private static func word(_ field: FieldReader) -> String? {
    if case .whole = field.scalar { return field.written }
    return field.text()
  }

  private static func limits(
    _ reader: DefinitionReader, _ traits: SourceTraits, _ service: inout ServiceParameters
  ) {
    if let field = reader.optional("look_back"), let seconds = duration(field) {
      let range = ServiceParameters.lookBackRange
      if range.contains(seconds) {
        service.lookBack = seconds
      } else {
        field.fault(.outOfRange(field.field, low: "10m", high: "400d", found: field.written))
      }
    }
    if let field = reader.optional("since") {
      if let since = Since(field.written) {
        service.since = since
      } else {
        field.fault(.badDuration(field.field, value: field.written))
      }
    }
    if let most = traits.pageSize?.most {
      service.pageSize = reader.optional("page_size")?.whole(in: 1...most)
    }
    if traits.places.contains(.service) {
      service.requestsPerMinute = reader.optional("requests_per_minute")?.whole(
        in: ServiceParameters.rateRange)
      service.caFile = reader.optional("ca_file")?.text()
    }
  }

  /// Seconds of `7d`, `36h` or `30m`.
  private static func duration(_ field: FieldReader) -> Int? {
    guard let seconds = Since.seconds(field.written) else {
      field.fault(.badDuration(field.field, value: field.written))
      return nil
    }
    return seconds
  }
}

extension FieldReader {
  /// `{env: NAME}` or `{file: PATH}`: a secret itself has no place in a definition.
  func secret() -> SecretReference? {
    guard case .map = item.content, let reader = section() else {
      fault(.literalSecret(field))
      return nil
    }
    defer { reader.finish() }
    reader.exclusive("env", "file")
    if let variable = reader.optional("env")?.text() { return .variable(variable) }
    return reader.optional("file")?.text().map { .file($0) }
  }
}
