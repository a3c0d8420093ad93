import Bytes
import Foundation
import Label
import LanguageModels
import Publish
import Pull
import Review

/// The definitions of a project: all of `Pipelines/`, `Pipelines/sources/` and `Datasets/`.
public struct Project: Sendable, Hashable {
  /// The folder that holds `Pipelines/`.
  public let root: String
  /// Pipelines by name in byte order; those with faults are left out.
  public let pipelines: [PipelineDefinition]
  /// Sources by name in byte order; those with faults are left out.
  public let sources: [SourceDefinition]
  /// Datasets by name in byte order; those with faults are left out.
  public let datasets: [DatasetDefinition]
  /// Rubrics by name in byte order, with their templates; those with faults are left out.
  public let rubrics: [Rubric]
  /// Queues by name in byte order, with their guidelines; those with faults are left out.
  public let queues: [QueueDefinition]
  /// The language models; none where there is no `Pipelines/models.yaml`, or where it has faults.
  public let models: ModelsDefinition

  /// What loading a project gave.
  public struct Loaded: Sendable {
    /// What could be read.
    public let project: Project
    /// What is wrong, by file and place; empty if the project may run.
    public let faults: [DefinitionFault]
    /// What is doubtful, by file and place.
    public let warnings: [DefinitionFault]
  }

  /// The pipeline of a name.
  public func pipeline(_ name: String) -> PipelineDefinition? { pipelines.first { $0.name == name } }

  /// The source of a name.
  public func source(_ name: String) -> SourceDefinition? { sources.first { $0.name == name } }

  /// The dataset of a name.
  public func dataset(_ name: String) -> DatasetDefinition? { datasets.first { $0.name == name } }

  /// The rubric of a name.
  public func rubric(_ name: String) -> Rubric? { rubrics.first { $0.name == name } }

  /// The queue of a name.
  public func queue(_ name: String) -> QueueDefinition? { queues.first { $0.name == name } }

  /// The folder that source paths start from.
  public var sourcesFolder: String { "\(root)/Pipelines/sources" }

  /// The nearest folder, from `folder` upwards, that holds a folder `Pipelines`.
  /// - Parameter folder: an absolute path.
  /// - Returns: nil if there is none.
  public static func findRoot(from folder: String) -> String? {
    var folder = URL(fileURLWithPath: folder).standardizedFileURL.path
    while true {
      if isFolder(folder == "/" ? "/Pipelines" : "\(folder)/Pipelines") { return folder }
      guard folder != "/", !folder.isEmpty else { return nil }
      folder = (folder as NSString).deletingLastPathComponent
    }
  }

  /// Reads every definition under a root and checks that each finds what it names.
  /// - Parameter root: the folder that holds `Pipelines/`.
  /// - Returns: what could be read, and everything that is wrong or doubtful.
  /// - Throws: ``DefinitionFault`` if there is no folder `Pipelines`, or a folder cannot be listed.
  public static func load(root: String) throws(DefinitionFault) -> Loaded {
    guard isFolder("\(root)/Pipelines") else { throw DefinitionFault(file: "Pipelines", facts: .noProject) }
    var loader = ProjectLoader(root: root)
    let pipelines = try loader.files(in: "Pipelines", PipelineDefinition.read)
    let sources = try loader.files(in: "Pipelines/sources", SourceDefinition.read)
    let datasets = try loader.datasets()
    let rubricFiles = try loader.files(in: "Pipelines/rubrics", Rubric.read)
    let rubrics = rubricFiles.compactMap { loader.withTemplate($0) }
    let queueFiles = try loader.files(in: QueueDefinition.folder, QueueDefinition.read)
    let queues = queueFiles.compactMap { loader.withGuideline($0) }
    let models = loader.models()
    loader.resolve(
      pipelines, sources, datasets, rubrics: rubricFiles.map(\.name), queues: queueFiles.map(\.name),
      models: models?.models.map(\.name))
    loader.resolve(rubricFiles, models ?? ModelsDefinition())
    let ordered = loader.faults.enumerated().sorted {
      ($0.element.file, $0.element.line, $0.element.column, $0.offset)
        < ($1.element.file, $1.element.line, $1.element.column, $1.offset)
    }
    .map(\.element)
    let project = Project(
      root: root, pipelines: pipelines.compactMap(\.reading.definition),
      sources: sources.compactMap(\.reading.definition), datasets: datasets.compactMap(\.reading.definition),
      rubrics: rubrics, queues: queues, models: models ?? ModelsDefinition())
    return Loaded(
      project: project, faults: ordered.filter { !$0.isWarning }, warnings: ordered.filter(\.isWarning))
  }

  fileprivate static func isFolder(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
  }
}

/// Reads the files of a project and collects their faults.
private struct ProjectLoader {
  struct File<Definition: Sendable> {
    let name: String
    let path: String
    let reading: DefinitionReading<Definition>
  }

  typealias Read<Definition: Sendable> = ([UInt8], String, String) -> DefinitionReading<Definition>

  let root: String
  var faults: [DefinitionFault] = []

  init(root: String) { self.root = root }

  /// The definitions `NAME.yaml` of a folder; a folder that is absent has none.
  mutating func files<Definition>(
    in folder: String, _ read: Read<Definition>
  ) throws(DefinitionFault) -> [File<Definition>] {
    var files: [File<Definition>] = []
    for entry in try list(folder) where "\(folder)/\(entry)" != ModelsDefinition.file {
      let path = "\(folder)/\(entry)"
      if entry.hasSuffix(".yml") {
        faults.append(DefinitionFault(file: path, facts: .wrongSuffix(expected: "\(entry.dropLast(4)).yaml")))
      } else if entry.hasSuffix(".yaml"), let file = file(String(entry.dropLast(5)), path, read) {
        files.append(file)
      }
    }
    // Not the order of the files: `a-b.yaml` comes before `a.yaml`, and `a` before `a-b`.
    return files.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
  }

  /// The definitions of `Datasets/NAME/`; a folder without one is somebody's own.
  mutating func datasets() throws(DefinitionFault) -> [File<DatasetDefinition>] {
    var files: [File<DatasetDefinition>] = []
    for entry in try list("Datasets") where Project.isFolder("\(root)/Datasets/\(entry)") {
      let path = "Datasets/\(entry)/dataset.yaml"
      if FileManager.default.fileExists(atPath: "\(root)/\(path)") {
        if let file = file(entry, path, DatasetDefinition.read) { files.append(file) }
      } else if FileManager.default.fileExists(atPath: "\(root)/Datasets/\(entry)/dataset.yml") {
        faults.append(
          DefinitionFault(
            file: "Datasets/\(entry)/dataset.yml", facts: .wrongSuffix(expected: "dataset.yaml")))
      }
    }
    return files
  }

  /// The language models, if the project has any.
  mutating func models() -> ModelsDefinition? {
    guard FileManager.default.fileExists(atPath: "\(root)/\(ModelsDefinition.file)") else { return nil }
    return file("models", ModelsDefinition.file, ModelsDefinition.read)?.reading.definition
  }

  /// The entries of a folder in byte order without hidden ones, which editors leave behind.
  private func list(_ folder: String) throws(DefinitionFault) -> [String] {
    let path = "\(root)/\(folder)"
    guard FileManager.default.fileExists(atPath: path) else { return [] }
    guard let entries = try? FileManager.default.contentsOfDirectory(atPath: path) else {
      throw DefinitionFault(
        file: folder, facts: .unreadable(errno: Project.isFolder(path) ? EACCES : ENOTDIR))
    }
    return entries.filter { !$0.hasPrefix(".") }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  private mutating func file<Definition>(
    _ name: String, _ path: String, _ read: Read<Definition>
  ) -> File<Definition>? {
    guard DefinitionName.isLegal(name) else {
      faults.append(DefinitionFault(file: path, facts: .badFileName(name)))
      return nil
    }
    let bytes: [UInt8]
    switch content(path) {
    case .success(let content): bytes = content
    case .failure(let fault):
      faults.append(fault)
      bytes = []
      // The name is taken all the same, so that nothing else is said to be undeclared.
      let log = FaultLog(file: path)
      return File(name: name, path: path, reading: DefinitionReading(nil, log))
    }
    let reading = read(bytes, name, path)
    faults += reading.faults
    return File(name: name, path: path, reading: reading)
  }

  /// The bytes of a regular file that is not too long: a pipe would be waited for, and a long file held in memory.
  private func content(_ path: String) -> Result<[UInt8], DefinitionFault> {
    func failure(_ facts: DefinitionFault.Facts) -> Result<[UInt8], DefinitionFault> {
      .failure(DefinitionFault(file: path, facts: facts))
    }
    var status = stat()
    guard stat("\(root)/\(path)", &status) == 0 else { return failure(.unreadable(errno: errno)) }
    guard status.st_mode & S_IFMT == S_IFREG else { return failure(.notAFile) }
    let limit = YAMLDocument.maximumBytes
    guard status.st_size <= limit else {
      return failure(.tooLarge(bytes: Int(status.st_size), limit: limit))
    }
    do throws(FileError) {
      return .success(try DurableFile.read("\(root)/\(path)"))
    } catch {
      return failure(.unreadable(errno: error.code))
    }
  }

  /// A rubric with the text of its prompt, if both are sound.
  mutating func withTemplate(_ file: File<Rubric>) -> Rubric? {
    guard let prompt = file.reading.files.first else { return nil }
    func fault(_ facts: DefinitionFault.Facts) -> DefinitionFault {
      DefinitionFault(file: file.path, line: prompt.line, column: prompt.column, facts: facts)
    }
    guard FileManager.default.fileExists(atPath: "\(root)/\(prompt.pattern)") else {
      faults.append(fault(.noFile(prompt.field, value: prompt.pattern)))
      return nil
    }
    switch content(prompt.pattern) {
    case .failure(let fault):
      faults.append(fault)
      return nil
    case .success(let bytes):
      guard var rubric = file.reading.definition else { return nil }
      rubric.template = String(decoding: bytes, as: UTF8.self)
      do throws(RubricFault) {
        for model in rubric.panel { _ = try Judge(rubric: rubric, model: model, key: []) }
        return rubric
      } catch {
        faults.append(fault(.badTemplate(prompt.field, file: prompt.pattern, error)))
        return nil
      }
    }
  }

  /// A queue with the text of its guideline, if both are sound.
  mutating func withGuideline(_ file: File<QueueDefinition>) -> QueueDefinition? {
    guard let guideline = file.reading.files.first else { return file.reading.definition }
    guard FileManager.default.fileExists(atPath: "\(root)/\(guideline.pattern)") else {
      faults.append(
        DefinitionFault(
          file: file.path, line: guideline.line, column: guideline.column,
          facts: .noFile(guideline.field, value: guideline.pattern)))
      return nil
    }
    switch content(guideline.pattern) {
    case .failure(let fault):
      faults.append(fault)
      return nil
    case .success(let bytes):
      var queue = file.reading.definition
      queue?.guideline = String(decoding: bytes, as: UTF8.self)
      return queue
    }
  }

  /// Checks what definitions name, and what nobody names.
  mutating func resolve(
    _ pipelines: [File<PipelineDefinition>], _ sources: [File<SourceDefinition>],
    _ datasets: [File<DatasetDefinition>], rubrics: [String], queues: [String], models: [String]?
  ) {
    let declared: [DefinitionFault.Document: [String]] = [
      .source: sources.map(\.name), .dataset: datasets.map(\.name), .rubric: rubrics,
      .queue: queues,
    ]
    var used: [DefinitionFault.Document: Set<String>] = [:]
    for file in pipelines {
      for reference in file.reading.references {
        used[reference.document, default: []].insert(reference.name)
        guard reference.document != .models else {
          // A project without any models says at the step what it would have written.
          if let models, !models.contains(reference.name) {
            let nearest = NearestName.nearest(to: reference.name, among: models)
            fault(.noModel(reference.name, nearest: nearest), reference, in: file.path)
          }
          continue
        }
        check(reference, in: file.path, declared)
      }
      for files in file.reading.files where ProtectedPrompts.matches(files.pattern, root: root).isEmpty {
        faults.append(
          DefinitionFault(
            file: file.path, line: files.line, column: files.column,
            facts: .noFile(files.field, value: files.pattern)))
      }
    }
    for file in sources {
      for reference in file.reading.references {
        check(reference, in: file.path, declared)
        let target = sources.first { $0.name == reference.name }?.reading.definition
        if let target, target.kind.traits.isMapped, target.interactions == nil, target.tree == nil {
          fault(.noInteractions(source: reference.name), reference, in: file.path)
        }
      }
      if !used[.source, default: []].contains(file.name) {
        faults.append(DefinitionFault(file: file.path, facts: .unusedSource(file.name)))
      }
    }
    for file in datasets {
      for reference in file.reading.references { check(reference, in: file.path, declared) }
    }
    for file in datasets where !used[.dataset, default: []].contains(file.name) {
      faults.append(DefinitionFault(file: file.path, facts: .unusedDataset(file.name)))
    }
  }

  /// Checks that the models of panels are declared.
  mutating func resolve(_ rubrics: [File<Rubric>], _ models: ModelsDefinition) {
    for file in rubrics {
      for reference in file.reading.references where models.model(reference.name) == nil {
        let nearest = NearestName.nearest(to: reference.name, among: models.models.map(\.name))
        fault(.noModel(reference.name, nearest: nearest), reference, in: file.path)
      }
    }
  }

  private mutating func check(
    _ reference: DefinitionReference, in file: String, _ declared: [DefinitionFault.Document: [String]]
  ) {
    let names = declared[reference.document] ?? []
    guard !names.contains(reference.name) else { return }
    let missing =
      switch reference.document {
      case .source: "Pipelines/sources/\(reference.name).yaml"
      case .rubric: "Pipelines/rubrics/\(reference.name).yaml"
      case .pipeline: "Pipelines/\(reference.name).yaml"
      case .dataset: "Datasets/\(reference.name)/dataset.yaml"
      case .queue: "\(QueueDefinition.folder)/\(reference.name).yaml"
      case .models: ModelsDefinition.file
      }
    let nearest = NearestName.nearest(to: reference.name, among: names)
    fault(
      .undeclared(reference.document, name: reference.name, file: missing, nearest: nearest), reference,
      in: file)
  }

  private mutating func fault(
    _ facts: DefinitionFault.Facts, _ reference: DefinitionReference, in file: String
  ) {
    faults.append(
      DefinitionFault(file: file, line: reference.line, column: reference.column, facts: facts))
  }
}
