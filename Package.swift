// swift-tools-version: 6.1
import PackageDescription

// Imports point down the floors only: command, pipeline, stages, stores, text, bytes, records, system.
// `Tests/Architecture` reads the import lines and fails with the reason.

let settings: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),  // SE-0335
  .enableUpcomingFeature("MemberImportVisibility"),  // SE-0444
]

/// Where the kernels in C++ find what they share.
let vectors: [CXXSetting] = [.headerSearchPath("../Vectors")]

/// A library of the operating system: a module map and one shim header.
func system(_ name: String, _ pkgConfig: String, _ package: String) -> Target {
  .systemLibrary(
    name: name, path: "Sources/System/\(name)", pkgConfig: pkgConfig, providers: [.apt([package])])
}

func floor(_ name: String, _ path: String, _ dependencies: [Target.Dependency]) -> Target {
  .target(name: name, dependencies: dependencies, path: path, swiftSettings: settings)
}

func tests(
  _ name: String, _ dependencies: [Target.Dependency], exclude: [String] = [], resources: [Resource] = []
) -> Target {
  .testTarget(
    name: "\(name)Tests", dependencies: dependencies, path: "Tests/\(name)", exclude: exclude,
    resources: resources, swiftSettings: settings)
}

let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let sqlite: Target.Dependency = .product(name: "GRDBSQLite", package: "GRDB.swift")

let package = Package(
  name: "flywheel",
  products: [.executable(name: "flywheel", targets: ["flywheel"])],
  dependencies: [
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
  ],
  targets: [
    // MARK: Command
    // The command: one file per subcommand; the only place that prints.
    .executableTarget(
      name: "flywheel",
      dependencies: [
        "Pipeline", "Pull", "Curate", "Label", "Review", "Synthesize", "Publish", "Lake", "Catalog",
        "Registry",
        "Signatures",
        "LanguageModels", "Transport", "Text", "Statistics",
        "Bytes", "Records", "CMalloc", .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
      ],
      path: "Sources/flywheel", swiftSettings: settings),

    // MARK: Pipeline
    // Definitions, plan, runs, accounts: the only module that knows all stages.
    floor(
      "Pipeline", "Sources/Pipeline",
      [
        "Pull", "Curate", "Label", "Review", "Synthesize", "Publish", "Lake", "Catalog", "Registry",
        "Signatures", "LanguageModels", "Text", "Statistics", "Bytes", "Records", "Yams",
        .product(name: "Logging", package: "swift-log"),
      ]),

    // MARK: Stages (never import each other)
    // Sources to lake: reading, mapping, redaction, pseudonyms, cursors.
    floor(
      "Pull", "Sources/Stages/Pull",
      ["Lake", "Catalog", "Transport", "Text", "Bytes", "Records", "CArchive", "CPq", sqlite]),
    // Rules that drop or flag a record, one file each.
    floor(
      "Curate", "Sources/Stages/Curate",
      ["Lake", "Catalog", "Signatures", "Transport", "Text", "Bytes", "Records"]),
    // Votes from feedback signals, and what they add up to.
    floor(
      "Label", "Sources/Stages/Label",
      ["Lake", "Catalog", "LanguageModels", "Text", "Statistics", "Bytes", "Records"]),
    // The queue of what people look at, and the terminal they do it in.
    floor(
      "Review", "Sources/Stages/Review",
      ["Lake", "Catalog", "Text", "Statistics", "Bytes", "Records", "CNcurses"]),
    // The cascade: what models write where real data is missing.
    floor(
      "Synthesize", "Sources/Stages/Synthesize",
      ["Lake", "Catalog", "LanguageModels", "Text", "Statistics", "Bytes", "Records", "CSandbox"]),
    // Selection, splits, gates, versions, exports.
    floor(
      "Publish", "Sources/Stages/Publish",
      ["Lake", "Catalog", "Registry", "Text", "Bytes", "Records", "CArchive"]),

    // MARK: Stores
    // Immutable segments of JSON Lines in LZ4 frames.
    floor("Lake", "Sources/Stores/Lake", ["Text", "Bytes", "Records"]),
    // The SQLite index and ledger over the lake.
    floor(
      "Catalog", "Sources/Stores/Catalog",
      ["LanguageModels", "Text", "Statistics", "Bytes", "Records", grdb, sqlite]),
    // The repository of published versions; works without a catalog.
    floor("Registry", "Sources/Stores/Registry", ["Text", "Bytes", "Records"]),
    // Sketches of all documents in sorted runs, to find near duplicates day by day.
    floor("Signatures", "Sources/Stores/Signatures", ["Text", "Bytes", "Records", "CXXHash"]),

    // MARK: Services
    // Language models: requests and answers, their cache, price and budget.
    floor("LanguageModels", "Sources/Services/LanguageModels", ["Transport", "Text", "Bytes", "Records"]),
    // HTTP on libcurl: one client, retries and rate limits by service, object storage.
    floor("Transport", "Sources/Services/Transport", ["Bytes", "Records", "CCurl"]),

    // MARK: Kernels and values
    // JSON, normalising, personal data, similarity, language, patterns, classifiers: kernels over bytes.
    floor(
      "Text", "Sources/Text",
      [
        "Bytes", "Records", "CSimdjson", "CMinHash", "CTextVectors", "CPatterns", "CFastText", "CCLD2",
        "CRE2",
      ]),
    // Votes as a table, agreement, intervals, numbers by a seed.
    floor("Statistics", "Sources/Statistics", []),
    // Byte buffers, digests, compression, durable files.
    floor("Bytes", "Sources/Bytes", ["Records", "CLZ4", "CZstd", "CXXHash", "CCrypto"]),
    // The vocabulary as values; no I/O, no clock.
    floor("Records", "Sources/Records", []),

    // MARK: System
    // simdjson behind a C interface that hands out its tape.
    .target(
      name: "CSimdjson", path: "Sources/System/CSimdjson",
      // The definition must match Debian's build of the library, whose classes it lays out.
      cxxSettings: [.define("SIMDJSON_THREADS_ENABLED", to: "1")],
      linkerSettings: [.linkedLibrary("simdjson")]),
    // RE2 behind a C interface that looks only around key words.
    .target(
      name: "CPatterns", path: "Sources/System/CPatterns", cxxSettings: vectors,
      linkerSettings: [.linkedLibrary("re2")]),
    // fastText behind a C interface: prediction and training.
    .target(
      name: "CFastText", path: "Sources/System/CFastText", linkerSettings: [.linkedLibrary("fasttext")]),
    // MinHash signatures and sorting, in C++ for the processor's widest vectors.
    .target(name: "CMinHash", path: "Sources/System/CMinHash", cxxSettings: vectors),
    // Passes over the bytes of a text, in C++ for the processor's widest vectors.
    .target(name: "CTextVectors", path: "Sources/System/CTextVectors", cxxSettings: vectors),
    // CLD2, which tells languages, behind a C interface.
    .target(name: "CCLD2", path: "Sources/System/CCLD2", linkerSettings: [.linkedLibrary("cld2")]),
    // RE2, regular expressions in linear time, behind a C interface.
    .target(name: "CRE2", path: "Sources/System/CRE2", linkerSettings: [.linkedLibrary("re2")]),
    // Programs that a model wrote, run apart from the network, the file system and other processes.
    .target(name: "CSandbox", path: "Sources/System/CSandbox"),
    // LZ4 frames.
    system("CLZ4", "liblz4", "liblz4-dev"),
    // zstd blocks.
    system("CZstd", "libzstd", "libzstd-dev"),
    // HTTP transfers.
    system("CCurl", "libcurl", "libcurl4-openssl-dev"),
    // Compressed input and output in many formats.
    system("CArchive", "libarchive", "libarchive-dev"),
    // The terminal's screen, with wide characters.
    // Its pkg-config file has flags that the package manager refuses, and none that is needed.
    .systemLibrary(
      name: "CNcurses", path: "Sources/System/CNcurses", providers: [.apt(["libncurses-dev"])]),
    // PostgreSQL's client.
    system("CPq", "libpq", "libpq-dev"),
    // What the C library's allocator keeps for itself.
    .systemLibrary(name: "CMalloc", path: "Sources/System/CMalloc"),
    // XXH3, for hashes that never leave the workspace.
    system("CXXHash", "libxxhash", "libxxhash-dev"),
    // SHA-256 and HMAC of OpenSSL.
    system("CCrypto", "libcrypto", "libssl-dev"),

    // MARK: Tests (one folder per module, plus Architecture, Definitions, Commands, Recovery)
    // Child processes and loopback servers for tests.
    .target(name: "TestSupport", path: "Tests/Support", swiftSettings: settings),
    // Figures of kernels and rules, for Jobs/bench and Jobs/evaluate-rules; no test runs it.
    .executableTarget(
      name: "Measure",
      dependencies: ["Curate", "Label", "Signatures", "Text", "Statistics", "Bytes", "Records"],
      path: "Tests/Measure", exclude: ["Attacks"], swiftSettings: settings),
    // A process that asks models, for tests that kill it and for Jobs/benchmarks/models.
    .executableTarget(
      name: "ModelLoad",
      dependencies: ["Catalog", "LanguageModels", "Transport", "Bytes", "Records", "TestSupport"],
      path: "Tests/ModelLoad",
      swiftSettings: settings),
    // A labeler as a process, for tests that kill it and for Jobs/benchmarks/labelers.
    .executableTarget(
      name: "QueueLoad",
      dependencies: ["Review", "Catalog", "Lake", "Statistics", "Bytes", "Records", "TestSupport", grdb],
      path: "Tests/QueueLoad", swiftSettings: settings),
    // The cascade as a process, for tests that kill it at every write.
    .executableTarget(
      name: "CascadeLoad",
      dependencies: [
        "Synthesize", "Catalog", "Lake", "LanguageModels", "Transport", "Bytes", "Records", "TestSupport",
        grdb,
      ],
      path: "Tests/CascadeLoad", swiftSettings: settings),
    tests("Architecture", []),
    tests("Bytes", ["Bytes", "Records"]),
    tests("Text", ["Text", "Bytes", "Records", "CMinHash"]),
    tests("Lake", ["Lake", "Text", "Bytes", "Records"]),
    tests("Catalog", ["Catalog", "LanguageModels", "Bytes", "Records", grdb]),
    tests(
      "LanguageModels",
      [
        "LanguageModels", "Catalog", "Transport", "Text", "Bytes", "Records", "TestSupport", "ModelLoad",
      ]),
    tests("Registry", ["Registry", "Text", "Bytes", "Records"]),
    tests("Signatures", ["Signatures", "Text", "Bytes", "Records"]),
    tests(
      "Transport", ["Transport", "Bytes", "Records", "TestSupport"], resources: [.copy("Server")]),
    tests("Pull", ["Pull", "Curate", "Lake", "Catalog", "Transport", "Text", "Bytes", "Records", grdb]),
    tests(
      "Contracts",
      [
        "Pull", "Lake", "Catalog", "LanguageModels", "Transport", "Text", "Bytes", "Records", "TestSupport",
        grdb,
      ],
      exclude: ["servers", "clients", "Fixtures", "requirements"]),
    tests("Curate", ["Curate", "Lake", "Catalog", "Text", "Bytes", "Records", "TestSupport"]),
    tests("Label", ["Label", "Lake", "Catalog", "LanguageModels", "Text", "Statistics", "Bytes", "Records"]),
    tests(
      "Review", ["Review", "Lake", "Catalog", "Text", "Statistics", "Bytes", "Records", "TestSupport", grdb],
      exclude: ["Expected"]),
    tests("Terminal", ["flywheel", "TestSupport", "Catalog", "Bytes", "Records", grdb]),
    tests(
      "Synthesize",
      [
        "Synthesize", "CascadeLoad", "Lake", "Catalog", "LanguageModels", "Transport", "Text", "Statistics",
        "Bytes",
        "Records", "TestSupport", grdb,
      ]),
    tests("Statistics", ["Statistics"]),
    tests("Publish", ["Publish", "Lake", "Catalog", "Registry", "Text", "Bytes", "Records", grdb]),
    tests(
      "Recovery",
      ["flywheel", "QueueLoad", "TestSupport", "Catalog", "Lake", "Bytes", "Text", "Records", grdb]),
    tests(
      "Commands", ["flywheel", "TestSupport", "Catalog", "Bytes", "Records", grdb],
      resources: [.copy("Expected")]),
    tests(
      "Definitions",
      [
        "Pipeline", "Pull", "Curate", "Label", "Review", "Synthesize", "Publish", "LanguageModels",
        "Transport", "Bytes", "Records",
      ]),
    tests(
      "Documentation",
      [
        "flywheel", "Pull", "Curate", "Label", "Publish", "Lake", "Catalog", "Registry", "Text", "Bytes",
        "Records",
        grdb,
      ]),
  ],
  swiftLanguageModes: [.v6],
  cLanguageStandard: .c17,
  cxxLanguageStandard: .cxx20
)
