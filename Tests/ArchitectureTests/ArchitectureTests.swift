import Foundation
import Testing

/// Holds the sources to the directions between the targets and the pure ones to their purity.
@Suite struct ArchitectureTests {
  @Test func `every folder of sources is a target that the table knows`() throws {
    let known = Set(ModuleTable.entries.keys).union(ModuleTable.cTargets)
    let folders = try Repository.folders(in: "Sources")
    #expect(!folders.isEmpty)
    #expect(folders.filter { !known.contains($0) } == [])
  }

  @Test func `every target of the manifest has sources and points where the arrows point`() throws {
    let manifest = try Manifest(
      String(contentsOf: Repository.root.appending(path: "Package.swift"), encoding: .utf8))
    let others = ModuleTable.cTargets.union(ModuleTable.testTargets)
    let targets = manifest.targets.filter { !others.contains($0.name) }
    #expect(targets.map(\.name).contains("groksweep"))
    for target in targets {
      #expect(try !Repository.swiftFiles(of: target.name).isEmpty)
      #expect(Rules.wrongDependencies(target.dependencies, of: target.name) == [])
    }
  }

  @Test func `every import follows the arrows`() throws {
    let folders = Set(try Repository.folders(in: "Sources")).subtracting(ModuleTable.cTargets)
    for target in folders.sorted() {
      for file in try Repository.swiftFiles(of: target) {
        #expect(Rules.wrongImports(in: file.text, of: target) == [], "\(file.path)")
      }
    }
  }

  @Test(arguments: ModuleTable.pureTargets)
  func `a pure target reads no clock and no unseeded randomness`(target: String) throws {
    guard try Repository.folders(in: "Sources").contains(target) else { return }
    for file in try Repository.swiftFiles(of: target) {
      #expect(Rules.impurities(in: file.text) == [], "\(file.path)")
    }
  }

  @Test(arguments: ["Sources", "Tests"])
  func `no file is longer than a reader can hold`(folder: String) throws {
    let files = try Repository.files(in: folder, withExtensions: ["swift", "c", "h"])
    #expect(!files.isEmpty)
    for file in files {
      #expect(Rules.excessOfLines(in: file.text) == [], "\(file.path)")
    }
  }
}
