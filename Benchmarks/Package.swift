// swift-tools-version: 6.2
import PackageDescription

let house: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

let package = Package(
  name: "Benchmarks",
  dependencies: [.package(name: "GrokSweep", path: "../")],
  targets: [
    .executableTarget(
      name: "trainer-benchmark",
      dependencies: [.product(name: "TrainerLibraries", package: "GrokSweep")],
      swiftSettings: house),
    .systemLibrary(name: "CLoad", providers: [.apt(["libzmq3-dev"])]),
    .executableTarget(
      name: "load-generator",
      dependencies: [
        "CLoad", .product(name: "ClusterLibraries", package: "GrokSweep"),
      ],
      swiftSettings: house),
  ]
)
