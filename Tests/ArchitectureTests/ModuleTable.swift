/// Which module may import which: the arrows between the targets, and who may use which dependency.
enum ModuleTable {
  /// What one target is allowed to know.
  struct Entry {
    /// The targets of this package that it points to; what those point to may be imported too.
    var targets: Set<String> = []
    /// Modules from elsewhere and C modules of this package; these are not handed on.
    var others: Set<String> = []
    /// Whether it has no clock, file, socket, process, environment or unseeded random number.
    var isPure = false
  }

  private static let collections: Set<String> = [
    "BitCollections", "Collections", "DequeModule", "HeapModule", "OrderedCollections",
  ]
  private static let pureLibrary: Set<String> = ["Foundation", "FoundationEssentials"]
  private static let system: Set<String> = ["Dispatch", "Foundation", "Glibc", "Synchronization"]

  static let entries: [String: Entry] = [
    "Experiments": Entry(others: pureLibrary + collections + ["Crypto", "Yams"], isPure: true),
    "LinearAlgebra": Entry(others: pureLibrary + ["CKernels", "CLinearAlgebra"], isPure: true),
    "Networks": Entry(
      targets: ["Experiments", "LinearAlgebra"], others: pureLibrary + collections, isPure: true),
    "Observables": Entry(targets: ["Networks"], others: pureLibrary + collections, isPure: true),
    "Training": Entry(
      targets: ["Networks", "Observables"], others: pureLibrary + collections, isPure: true),
    "TrainerRuntime": Entry(
      targets: ["Training"], others: system + collections + ["CProcess", "Crypto"]),
    "Coordination": Entry(
      targets: ["Experiments"], others: pureLibrary + collections + ["SwiftProtobuf"],
      isPure: true),
    "PhaseMaps": Entry(targets: ["Experiments"], others: pureLibrary + collections, isPure: true),
    "Launching": Entry(others: pureLibrary + ["Crypto"], isPure: true),
    "ResultStore": Entry(
      targets: ["Experiments"], others: system + collections + ["CSQLite", "GRDB", "GRDBSQLite"]),
    "ClusterRuntime": Entry(
      targets: ["Coordination", "Launching", "ResultStore"],
      others: system + collections + ["CProcess", "CZeroMQ", "Crypto"]),
    "groksweep": Entry(
      targets: [
        "ClusterRuntime", "Coordination", "Experiments", "Launching", "LinearAlgebra", "Networks",
        "Observables", "PhaseMaps", "ResultStore", "TrainerRuntime", "Training",
      ],
      others: system + collections + ["ArgumentParser", "Crypto"]),
  ]

  /// Targets that hold C alone: headers, module maps, kernels.
  static let cTargets: Set<String> = [
    "CAllocations", "CKernels", "CLinearAlgebra", "CProcess", "CSQLite", "CZeroMQ",
  ]

  /// Targets that tests share; they lie beside them.
  static let testTargets: Set<String> = ["Fuzzing"]

  static var pureTargets: [String] {
    entries.filter(\.value.isPure).keys.sorted()
  }

  /// The targets of this package that a target may import: those it points to and those they point to.
  static func reachable(from target: String) -> Set<String> {
    var found: Set<String> = []
    var waiting = entries[target]?.targets.sorted() ?? []
    while let next = waiting.popLast() {
      guard found.insert(next).inserted else { continue }
      waiting += entries[next]?.targets.sorted() ?? []
    }
    return found
  }
}

private func + (left: Set<String>, right: Set<String>) -> Set<String> {
  left.union(right)
}
