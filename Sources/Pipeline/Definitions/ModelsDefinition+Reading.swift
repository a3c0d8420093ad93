import LanguageModels
import Pull

extension ModelsDefinition {
  /// Reads `Pipelines/models.yaml`.
  /// - Parameters:
  ///   - bytes: the file's content.
  ///   - name: the file's name without its ending.
  ///   - file: the file as faults name it.
  /// - Returns: the definition, or what is wrong with it.
  public static func read(_ bytes: [UInt8], name: String, file: String) -> DefinitionReading<Self> {
    let log = FaultLog(file: file)
    guard let reader = DefinitionReader.whole(bytes, .models, log) else { return DefinitionReading(nil, log) }
    var definition = ModelsDefinition()
    var names: [String] = []
    if let all = reader.required("services")?.section() {
      for (entry, field) in all.all {
        guard isName(entry, "services", log), let section = field.section() else { continue }
        names.append(entry.key)
        if let service = service(entry.key, section) { definition.services.append(service) }
      }
    }
    if let all = reader.required("models")?.section() {
      for (entry, field) in all.all {
        guard isName(entry, "models", log), let section = field.section() else { continue }
        if let model = model(entry.key, section, names, definition.services) {
          definition.models.append(model)
        }
      }
    }
    if let section = reader.optional("budget")?.section() {
      if let dollars = section.optional("run")?.number(in: budgetRange) {
        definition.budget.run = micro(dollars)
      }
      if let dollars = section.optional("day")?.number(in: budgetRange) {
        definition.budget.day = micro(dollars)
      }
      section.finish()
    }
    reader.finish()
    definition.services.sort { $0.name < $1.name }
    definition.models.sort { $0.name < $1.name }
    return DefinitionReading(definition, log)
  }

  /// Millionths of a dollar; a limit is never rounded up.
  private static func micro(_ dollars: Double) -> Int64 { Int64((dollars * 1e6 + 1e-6).rounded(.down)) }

  private static func isName(_ entry: YAMLEntry, _ key: String, _ log: FaultLog) -> Bool {
    if DefinitionName.isLegal(entry.key) { return true }
    log.add(.badName(DefinitionFault.Field(key), value: entry.key), entry.line, entry.column)
    return false
  }

  private static func service(_ name: String, _ reader: DefinitionReader) -> Service? {
    let kind = reader.required("kind")?.choice(ModelServiceKind.self)
    let address = reader.required("address")
    var service = Service(name: name, kind: kind ?? .compatible, address: address?.text() ?? "")
    if let address, !service.address.isEmpty {
      if !service.address.hasPrefix("https://"), !service.address.hasPrefix("http://") {
        address.fault(.badAddress(address.field, value: service.address))
      } else if service.address.dropFirst(8).prefix(while: { $0 != "/" }).contains("@") {
        address.fault(.literalSecret(address.field))
      }
    }
    if let field = reader.optional("key") { service.key = field.secret() }
    if let field = reader.optional("provider_key") {
      if let kind, kind != .portkey {
        field.fault(.notForKind("provider_key", kind: kind.rawValue))
      } else {
        service.providerKey = field.secret()
      }
    }
    if let section = reader.optional("headers")?.section() {
      for (entry, field) in section.all {
        let isSecret = ["authorization", "x-api-key", "x-portkey-api-key"].contains(entry.key.lowercased())
        if isSecret {
          field.fault(.literalSecret(field.field))
        } else if let value = field.text() {
          service.headers[entry.key] = value
        }
      }
    }
    if let value = reader.optional("honours_keys")?.bool() { service.honoursKeys = value }
    if let value = reader.optional("in_flight")?.whole(in: inFlightRange) { service.inFlight = value }
    service.requestsPerMinute = reader.optional("requests_per_minute")?.whole(in: perMinuteRange)
    service.tokensPerMinute = reader.optional("tokens_per_minute")?.whole(in: perMinuteRange)
    if let value = reader.optional("timeout")?.whole(in: timeoutRange) { service.timeout = value }
    service.batches = reader.optional("batches")?.bool()
    if let value = reader.optional("batch_price")?.number(in: batchPriceRange) { service.batchPrice = value }
    reader.finish()
    return kind == nil || service.address.isEmpty ? nil : service
  }

  private static func model(
    _ name: String, _ reader: DefinitionReader, _ services: [String], _ known: [Service]
  ) -> LanguageModel? {
    var model = LanguageModel(name: name, service: "", identifier: "")
    if let field = reader.required("service"), let service = field.text() {
      if services.contains(service) {
        model.service = service
      } else {
        field.unknown(service, legal: services)
      }
    }
    model.identifier = reader.required("model")?.text() ?? ""
    model.family = reader.required("family")?.text() ?? ""
    if let section = reader.required("price")?.section() {
      let input = section.required("input")?.number(in: priceRange)
      let output = section.required("output")?.number(in: priceRange)
      section.finish()
      model.prices = ModelPrices(dollarsPerMillionInput: input ?? 0, output: output ?? 0)
    }
    if let field = reader.optional("structured"), let form = field.choice(StructuredOutput.self) {
      let kind = known.first { $0.name == model.service }?.kind
      let isAnthropic = form == .tool || form == .outputFormat
      if let kind, form != .none, isAnthropic != (kind == .anthropic) {
        field.fault(.notForKind("structured: \(form.rawValue)", kind: kind.rawValue))
      }
      model.structured = form
    }
    if let value = reader.optional("temperature")?.bool() { model.takesTemperature = value }
    if let value = reader.optional("seed")?.bool() { model.takesSeed = value }
    reader.finish()
    return model.service.isEmpty || model.identifier.isEmpty ? nil : model
  }
}
