// swift-tools-version: 6.2
import PackageDescription

/// Every Swift target: Swift 6 language mode and no warnings.
let house: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  .enableUpcomingFeature("InferIsolatedConformances"),
]

let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let collections = Target.Dependency.product(
  name: "OrderedCollections", package: "swift-collections")
let bits = Target.Dependency.product(name: "BitCollections", package: "swift-collections")
let heaps = Target.Dependency.product(name: "HeapModule", package: "swift-collections")
let protobuf = Target.Dependency.product(name: "SwiftProtobuf", package: "swift-protobuf")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let argumentParser = Target.Dependency.product(
  name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
  name: "GrokSweep",
  products: [
    .executable(name: "groksweep", targets: ["groksweep"]),
    // For the benchmarks, a package of their own.
    .library(
      name: "TrainerLibraries",
      targets: ["Experiments", "LinearAlgebra", "Networks", "Training", "TrainerRuntime"]),
    .library(name: "ClusterLibraries", targets: ["Experiments", "Coordination"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    .target(name: "Experiments", dependencies: [collections, crypto, yams], swiftSettings: house),
    .systemLibrary(
      name: "CLinearAlgebra", providers: [.apt(["libopenblas-dev", "liblapacke-dev"])]),
    .target(
      name: "CKernels", cSettings: [.treatAllWarnings(as: .error)]),
    .target(
      name: "LinearAlgebra", dependencies: ["CLinearAlgebra", "CKernels"], swiftSettings: house),
    .target(
      name: "Networks", dependencies: ["LinearAlgebra", "Experiments", collections],
      swiftSettings: house),
    .target(
      name: "Training", dependencies: ["Networks", "Experiments", collections],
      swiftSettings: house),
    .target(
      name: "TrainerRuntime",
      dependencies: [
        "CProcess", "Training", "Networks", "LinearAlgebra", "Experiments", crypto, collections,
      ],
      swiftSettings: house),
    .target(
      name: "Coordination", dependencies: ["Experiments", collections, heaps, bits, protobuf],
      exclude: ["Wire/groksweep.proto"], swiftSettings: house),
    .target(
      name: "PhaseMaps", dependencies: ["Experiments", collections], swiftSettings: house),
    .target(name: "Launching", dependencies: [crypto], swiftSettings: house),
    .target(
      name: "CSQLite", cSettings: [.treatAllWarnings(as: .error)],
      linkerSettings: [.linkedLibrary("sqlite3")]),
    .target(
      name: "ResultStore", dependencies: ["CSQLite", "Experiments", collections, bits, grdb],
      swiftSettings: house),
    .systemLibrary(name: "CZeroMQ", providers: [.apt(["libzmq3-dev"])]),
    .target(name: "CProcess", cSettings: [.treatAllWarnings(as: .error)]),
    .target(
      name: "ClusterRuntime",
      dependencies: [
        "CZeroMQ", "CProcess", "Experiments", "Coordination", "Launching", collections,
      ],
      swiftSettings: house),
    .executableTarget(
      name: "groksweep",
      dependencies: [
        "Experiments", "Coordination", "Launching", "PhaseMaps", "ResultStore", "ClusterRuntime",
        "TrainerRuntime", "Training", "Networks", "LinearAlgebra", argumentParser, collections,
        crypto,
      ],
      swiftSettings: house),
    .target(name: "Fuzzing", path: "Tests/Fuzzing", swiftSettings: house),
    .testTarget(name: "ArchitectureTests", swiftSettings: house),
    .testTarget(
      name: "ExperimentsTests", dependencies: ["Experiments", "Fuzzing", collections],
      swiftSettings: house),
    .testTarget(
      name: "LinearAlgebraTests", dependencies: ["LinearAlgebra"], swiftSettings: house),
    .target(
      name: "CAllocations", path: "Tests/CAllocations", cSettings: [.treatAllWarnings(as: .error)]),
    .testTarget(
      name: "NetworksTests",
      dependencies: ["Networks", "LinearAlgebra", "CAllocations", "Fuzzing", collections],
      swiftSettings: house),
    .testTarget(
      name: "TrainingTests",
      dependencies: ["Training", "Networks", "LinearAlgebra", "Experiments", collections],
      resources: [.copy("Fixtures")], swiftSettings: house),
    .testTarget(
      name: "TrainerRuntimeTests", dependencies: ["TrainerRuntime", "Experiments", collections],
      swiftSettings: house),
    .testTarget(
      name: "CoordinationTests",
      dependencies: ["Coordination", "Experiments", "Fuzzing", collections, heaps],
      resources: [.copy("Fixtures")], swiftSettings: house),
    .testTarget(
      name: "PhaseMapsTests", dependencies: ["PhaseMaps", "Experiments", collections],
      swiftSettings: house),
    .testTarget(
      name: "ResultStoreTests", dependencies: ["ResultStore", "Experiments", collections, grdb],
      swiftSettings: house),
    .testTarget(name: "LaunchingTests", dependencies: ["Launching"], swiftSettings: house),
    .testTarget(
      name: "ClusterRuntimeTests", dependencies: ["ClusterRuntime", "Coordination", "Launching"],
      swiftSettings: house),
    .testTarget(
      name: "EndToEndTests",
      dependencies: [
        "groksweep", "ResultStore", "Coordination", "Experiments", "Fuzzing", "Launching",
        collections,
      ],
      swiftSettings: house),
  ]
)
