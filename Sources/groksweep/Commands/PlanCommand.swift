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
    help: ArgumentHelp(
      "Trainers that the estimate reckons with (default: the cores this process may use).",
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
    let hasStore = FileManager.default.fileExists(atPath: results.folder.store)
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
    let slots = slots ?? AvailableCores.count
    guard let store else {
      return SweepPlan(loaded.sweep, stored: 0, estimate: nil, slots: slots)
    }
    let keys = try loaded.configurations().map(\.key)
    let stored = try withStoreErrors { () throws(StoreError) in
      try store.keysFinished(among: keys, for: loaded.sweep.request)
    }
    let times = try withStoreErrors { () throws(StoreError) in
      try store.runTimes(of: loaded.sweep.experiment)
    }
    let storedCount = keys.count { stored.contains($0) }
    var estimate = SweepEstimate()
    for time in times { estimate.observe(time.configuration, took: .seconds(time.seconds)) }
    let open = try loaded.configurations().filter { !stored.contains($0.key) }
    let time =
      open.isEmpty
      ? Duration.zero
      : estimate.isInformed
        ? estimate.time(of: open, request: loaded.sweep.request, slots: slots) : nil
    return SweepPlan(loaded.sweep, stored: storedCount, estimate: time, slots: slots)
  }
}
