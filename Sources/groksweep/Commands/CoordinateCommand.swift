import ArgumentParser
import ClusterRuntime
import Coordination
import Foundation

/// `groksweep coordinate`: sweeps for workers elsewhere.
struct CoordinateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "coordinate",
    abstract: "Hand out the runs of sweeps to workers elsewhere.",
    discussion: """
      Workers (groksweep work) join and leave at any time. The coordinator can be stopped or killed at any \
      instant and started again with the same command: nothing that was acknowledged is lost, and \
      runs that workers still compute are not started over. It ends when every run has ended.

        groksweep coordinate sweeps/*.yaml --listen tcp://127.0.0.1:5555
      """)

  @Argument(help: ArgumentHelp("The sweep files.", valueName: "sweep.yaml"))
  var sweeps: [String] = []

  @Flag(help: "Stay once every run has ended, for sweeps that groksweep submit brings.")
  var stay = false

  @Option(
    help: ArgumentHelp(
      "Where to listen: tcp://host:port (port * takes a free one) or ipc:///path.",
      valueName: "address"))
  var listen: String

  @OptionGroup var results: ResultsOptions
  @OptionGroup var overrides: OverrideOptions
  @OptionGroup var coordinator: CoordinatorOptions

  @Flag(
    name: .customLong("insecure-plaintext"),
    help: "Listen on addresses that other machines reach although nothing is encrypted.")
  var insecurePlaintext = false

  func validate() throws {
    guard stay || !sweeps.isEmpty else {
      throw ValidationError("expected a sweep file, or --stay to wait for groksweep submit")
    }
  }

  func run() throws {
    let signals = try SignalInbox()
    let endpoint = try Endpoint(listen, listens: true)
    try endpoint.checkPlainText(option: "--listen", isAllowed: insecurePlaintext)
    let loaded = try signals.interruptibly(SweepEnding.sayHowToContinue) {
      () throws(RuntimeFailure) in
      try LoadedSweep.load(sweeps, overrides: overrides.overrides)
    }
    if !endpoint.isLocal { Console.note(PlainText.warning(endpoint)) }
    try results.folder.makeWritable()
    MapDrawing.checkGnuplot()
    var settings = coordinator.settings
    settings.stopsWorkersOnceComplete = true
    settings.staysWhenComplete = stay
    let session = SweepSession(
      results: results.folder, sweeps: loaded, signals: signals, settings: settings,
      options: CoordinatorLoop.Options(listen: endpoint),
      announcesAddress: true, retriesFailed: coordinator.retriesFailed,
      whenDone: coordinator.whenDone)
    try SweepEnding.conclude(try session.run(), of: session)
  }
}
