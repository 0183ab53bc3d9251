import ArgumentParser
import ClusterRuntime
import Coordination
import Experiments
import Foundation
import ResultStore

/// `groksweep plan`: what would run; runs nothing.
struct PlanCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan",
    abstract: "Say what a sweep would run, what is known already, and how long it takes.")

  @Argument(help: ArgumentHelp("The sweep files.", valueName: "sweep.yaml"))
  var sweeps: [String]

  @OptionGroup var results: ResultsOptions
  @OptionGroup var overrides: OverrideOptions

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Trainers that the estimate reckons with (default: as groksweep run has).",
      valueName: "number"))
  var slots: Int?

  @Flag(help: "Print the plan as JSON, one object a sweep.")
  var json = false

  func validate() throws {
    if let slots, slots < 1 {
      throw ValidationError("--slots: expected a whole number of at least 1, found \(slots)")
    }
  }

  func run() throws {
    let loaded = try LoadedSweep.load(sweeps, overrides: overrides.overrides)
    let hasStore = try Folders.isThere(results.folder.store)
    let store = hasStore ? try SweepRuns.store(in: results.folder) : nil
    for (index, sweep) in loaded.enumerated() {
      let plan = try plan(of: sweep, store: store)
      if json {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        try Console.print(String(decoding: encoder.encode(plan), as: UTF8.self))
      } else {
        if index > 0 { try Console.print("") }
        try Console.print(plan.text)
      }
    }
  }

  private func plan(
    of loaded: LoadedSweep, store: ResultStore?
  ) throws(RuntimeFailure) -> SweepPlan {
    var estimate = SweepEstimate()
    var known = (stored: 0, cancelled: 0, failed: 0)
    if let store {
      let times = try withStoreErrors { () throws(StoreError) in
        try store.runTimes(of: loaded.sweep.experiment)
      }
      for time in times { estimate.observe(time.configuration, took: .seconds(time.seconds)) }
      known = try Self.addOpenRuns(of: loaded, in: store, to: &estimate)
    } else {
      let shape = GridShape(loaded.sweep)
      for first in try loaded.configurations(shape, at: shape.positions().prefix(1)) {
        estimate.add(first, request: loaded.sweep.request, count: shape.runCount)
      }
    }
    let slots = slots ?? TrainerOptions.slotCount()
    return SweepPlan(
      loaded.sweep, stored: known.stored, cancelled: known.cancelled, failed: known.failed,
      estimate: estimate.time(slots: slots), isGuess: !estimate.isInformed, slots: slots)
  }

  /// Adds the runs that are to be computed to an estimate.
  ///
  /// - Returns: how many others the store can answer, and how many were cancelled by their keys or given up.
  private static func addOpenRuns(
    of loaded: LoadedSweep, in store: ResultStore, to estimate: inout SweepEstimate
  ) throws(RuntimeFailure) -> (stored: Int, cancelled: Int, failed: Int) {
    let known = try withStoreErrors { () throws(StoreError) in
      try store.openPositions(of: loaded.sweep, inputs: loaded.inputs)
    }
    guard let known else { return try addUnknownRuns(of: loaded, in: store, to: &estimate) }
    let (request, shape) = (loaded.sweep.request, GridShape(loaded.sweep))
    // Enough to tell how long a million take; the estimate is none of the last second.
    let stride = max(1, known.open.count / Self.estimatedMax)
    for start in Swift.stride(from: 0, to: known.open.count, by: stride) {
      let position = known.open[start]
      let count = min(stride, known.open.count - start)
      for configuration in try loaded.configurations(shape, at: [position]) {
        estimate.add(configuration, request: request, count: count)
      }
    }
    return (
      shape.runCount - known.open.count - known.cancelled - known.failed, known.cancelled,
      known.failed
    )
  }

  /// Configurations whose times are estimated one by one.
  private static let estimatedMax = 10_000

  /// Looks for every run of a sweep that is in the store otherwise, or not at all.
  private static func addUnknownRuns(
    of loaded: LoadedSweep, in store: ResultStore, to estimate: inout SweepEstimate
  ) throws(RuntimeFailure) -> (stored: Int, cancelled: Int, failed: Int) {
    let (request, shape) = (loaded.sweep.request, GridShape(loaded.sweep))
    let cancelledKeys = try withStoreErrors { () throws(StoreError) in
      try store.cancelledKeys(ofSweep: loaded.sweep.name)
    }
    var (stored, cancelled, failed) = (0, 0, 0)
    // In parts: a grid of millions would fill the memory.
    for start in stride(from: 0, to: shape.positionCount, by: 10_000) {
      let end = min(start + 10_000, shape.positionCount)
      let configurations = try loaded.configurations(
        shape, at: shape.positions(in: start..<end))
      let keys = configurations.map(\.key)
      let known = try withStoreErrors { () throws(StoreError) in
        try store.ended(among: keys, for: request)
      }
      for (key, configuration) in zip(keys, configurations) {
        if known.finished.contains(key) {
          stored += 1
        } else if known.failed.contains(key) {
          failed += 1
        } else if cancelledKeys.contains(key) {
          cancelled += 1
        } else {
          estimate.add(configuration, request: request)
        }
      }
    }
    return (stored, cancelled, failed)
  }
}
