import ArgumentParser
import ClusterRuntime
import Coordination
import Experiments
import Foundation

/// `groksweep submit`: a sweep for a coordinator that is running.
struct SubmitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "submit",
    abstract: "Hand a sweep to the running coordinator, or extend one.",
    discussion: """
      A sweep of a known name takes that one's place: more seeds, more values or a longer limit compute \
      what is new. Every --set counts from the file: one that was given before is to be given again. Typed \
      twice, it changes nothing. The coordinator goes on with the sweep after a restart without being told, \
      also if its own command names the sweep as it was before. A sweep that was cancelled is computed after all.

        groksweep submit sweeps/alpha-epsilon.yaml --set seed=0..9
      """)

  @Argument(help: ArgumentHelp("The sweep files.", valueName: "sweep.yaml"))
  var sweeps: [String]

  @OptionGroup var overrides: OverrideOptions
  @OptionGroup var coordinator: CoordinatorConnection

  @Flag(help: "Print the answers as JSON, one object a sweep.")
  var json = false

  func run() throws {
    // All are read before the first is sent: one that is wrong leaves nothing half done.
    let loaded = try LoadedSweep.load(sweeps, overrides: overrides.overrides)
    for (path, sweep) in zip(sweeps, loaded) {
      try coordinator.carryOut(
        .submit(try sweep.submitted(from: path, overrides: overrides.overrides)),
        about: ["sweep": [sweep.sweep.name]], json: json)
    }
  }
}

/// `groksweep cancel`: runs that nobody wants any more.
struct CancelCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cancel",
    abstract: "Cancel a sweep, or some runs, of the running coordinator.",
    discussion: """
      Results are kept, and one that still comes in is stored. Runs that another sweep wants, too, go on. \
      groksweep submit brings a cancelled sweep back, groksweep retry --run a cancelled run.

        groksweep cancel alpha-epsilon
        groksweep cancel --run 9f3a62b1 --run 07c4
      """)

  @Argument(help: ArgumentHelp("The sweep.", valueName: "name"))
  var sweep: String?

  @Option(
    name: .customLong("run"), parsing: .singleValue,
    help: ArgumentHelp("A run, by the first digits of its key.", valueName: "key"))
  var runs: [String] = []

  @OptionGroup var coordinator: CoordinatorConnection

  @Flag(help: "Print the answer as JSON.")
  var json = false

  func validate() throws {
    guard (sweep == nil) != runs.isEmpty else {
      throw ValidationError("expected either the name of a sweep or --run KEY")
    }
  }

  func run() throws {
    let selection = sweep.map { RunSelection.sweep($0) } ?? .runs(runs)
    try coordinator.carryOut(
      .cancel(selection), about: sweep.map { ["sweep": [$0]] } ?? ["keys": runs], json: json)
  }
}

/// `groksweep retry`: runs that were given up.
struct RetryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "retry",
    abstract: "Let the running coordinator try runs again that were given up.",
    discussion: """
      Without a coordinator, groksweep run SWEEP --retry-failed does the same from the start.

        groksweep retry --failed
        groksweep retry --failed alpha-epsilon
        groksweep retry --run 9f3a62b1
      """)

  @Flag(help: "All runs that were given up.")
  var failed = false

  @Argument(help: ArgumentHelp("With --failed: only those of this sweep.", valueName: "name"))
  var sweep: String?

  @Option(
    name: .customLong("run"), parsing: .singleValue,
    help: ArgumentHelp(
      "A run that was given up or cancelled, by the first digits of its key.", valueName: "key"))
  var runs: [String] = []

  @OptionGroup var coordinator: CoordinatorConnection

  @Flag(help: "Print the answer as JSON.")
  var json = false

  func validate() throws {
    guard failed != !runs.isEmpty, sweep == nil || failed, sweep != "" else {
      throw ValidationError("expected either --failed or --run KEY")
    }
  }

  func run() throws {
    let selection: RunSelection =
      failed ? sweep.map { .sweep($0) } ?? .everything : .runs(runs)
    let subject = failed ? sweep.map { ["sweep": [$0]] } ?? [:] : ["keys": runs]
    try coordinator.carryOut(.retry(selection), about: subject, json: json)
  }
}

/// `groksweep drain`: a worker that is to leave.
struct DrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "drain",
    abstract: "Let a worker finish what it has, and leave.",
    discussion: """
      It gets no more runs until groksweep readmit, or until the coordinator is started again.

        groksweep drain node07
      """)

  @Argument(
    help: ArgumentHelp("Its host, or the first letters of its id.", valueName: "worker"))
  var worker: String

  @OptionGroup var coordinator: CoordinatorConnection

  @Flag(help: "Print the answer as JSON.")
  var json = false

  func run() throws {
    try coordinator.carryOut(.drain(worker: worker), about: ["worker": [worker]], json: json)
  }
}

/// `groksweep readmit`: a worker that was drained.
struct ReadmitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "readmit",
    abstract:
      "Give runs again to a worker that was drained or quarantined, or that lacked an input file.")

  @Argument(
    help: ArgumentHelp("Its host, or the first letters of its id.", valueName: "worker"))
  var worker: String

  @OptionGroup var coordinator: CoordinatorConnection

  @Flag(help: "Print the answer as JSON.")
  var json = false

  func run() throws {
    try coordinator.carryOut(.readmit(worker: worker), about: ["worker": [worker]], json: json)
  }
}
