import ArgumentParser
import ClusterRuntime
import Coordination
import Foundation

/// `groksweep run`: a sweep on this machine, from its file to its map.
struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Run a sweep on this machine and draw its map.",
    discussion: """
      One trainer a core, progress on the way, and at the end map.svg, map.png and map.pdf with their \
      data in results/NAME. What the store knows already is not computed again, and the same command \
      typed again continues where it stopped.

        groksweep run sweeps/quickstart.yaml
        groksweep run sweeps/alpha-epsilon.yaml --set seed=0 --slots 8
      """)

  @Argument(help: ArgumentHelp("The sweep file.", valueName: "sweep.yaml"))
  var sweep: String

  @OptionGroup var results: ResultsOptions
  @OptionGroup var overrides: OverrideOptions
  @OptionGroup var trainers: TrainerOptions
  @OptionGroup var coordinator: CoordinatorOptions

  @Option(
    name: .customLong("store-patience"),
    help: ArgumentHelp(
      "Seconds that a full disk is waited for.", valueName: "seconds", visibility: .hidden))
  var storePatience = 30

  func run() throws {
    let signals = try SignalInbox()
    let sweeps = try signals.interruptibly(SweepEnding.sayHowToContinue) {
      () throws(RuntimeFailure) in
      if let kernels = trainers.blasKernels { _ = try BLASKernels.measured(pinning: kernels) }
      return try LoadedSweep.load([sweep], overrides: overrides.overrides)
    }
    try results.folder.makeWritable()
    MapDrawing.checkGnuplot()
    let rendezvous = try PrivateFolder()
    defer { withExtendedLifetime(rendezvous) {} }
    let listen = try Endpoint("ipc://\(rendezvous.path)/head", listens: true)
    var settings = coordinator.settings
    settings.stopsWorkers = true
    // No other worker can come.
    settings.waitsForInputs = false
    var options = CoordinatorLoop.Options(listen: listen)
    options.storePatience = .seconds(storePatience)
    // It ends with this process, and is started by nobody else: no end time or coordinator of its own.
    let environment = trainers.environment.filter {
      $0.key != EndTime.slurmVariable && !EnvironmentOptions.variables.contains($0.key)
    }
    if let remark = trainers.remark { Console.note(remark) }
    options.localWorker = LocalWorker(environment: environment, command: workerCommand)
    let session = SweepSession(
      results: results.folder, sweeps: sweeps, signals: signals, settings: settings,
      options: options, retriesFailed: coordinator.retriesFailed, revivesCancelled: true,
      whenDone: coordinator.whenDone)
    try SweepEnding.conclude(try session.run(), of: session)
  }

  private func workerCommand(connectingTo address: String) -> [String] {
    [
      Executable.path, "work", "--connect", address, "--spool", results.folder.workers,
      "--kept-for", "run", "--grace", "1",
    ] + trainers.words(slots: trainers.slotCount)
  }
}
