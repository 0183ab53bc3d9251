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

      An address that other machines can reach takes keys: groksweep keys make NAME makes the coordinator's \
      and one for the workers, before the first start. docs/security.md says what they protect.

        groksweep coordinate sweeps/*.yaml --listen tcp://0.0.0.0:5555
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

  @Option(
    name: .customLong("advertise"), parsing: .singleValue,
    help: ArgumentHelp(
      "A name or an address of this machine for the join line, with a port if another one leads here; may be "
        + "repeated, the best first (default: the host's name and addresses).",
      valueName: "host[:port]"))
  var advertised: [String] = []

  @OptionGroup var results: ResultsOptions
  @OptionGroup var overrides: OverrideOptions
  @OptionGroup var coordinator: CoordinatorOptions

  @Option(
    help: ArgumentHelp(
      "The folder of the keys that workers are let in with, as groksweep keys makes it (default: keys in the "
        + "folder of the results, for addresses that other machines reach).",
      valueName: "folder"))
  var keys: String?

  @Flag(
    name: .customLong("insecure-plaintext"),
    help: "Listen on addresses that other machines reach without keys; nothing is encrypted.")
  var insecurePlaintext = false

  func validate() throws {
    guard stay || !sweeps.isEmpty else {
      throw ValidationError("expected a sweep file, or --stay to wait for groksweep submit")
    }
    guard keys == nil || !insecurePlaintext else {
      throw ValidationError("--keys and --insecure-plaintext: expected one of them")
    }
  }

  func run() throws {
    let signals = try SignalInbox()
    let endpoint = try Endpoint(listen, listens: true)
    // What is wrong with them is said now; the port is known only later.
    _ = try Endpoint.advertised(for: "tcp://0.0.0.0:1", as: advertised)
    let keys = try keyFolder(for: endpoint)
    let loaded = try signals.interruptibly(SweepEnding.sayHowToContinue) {
      () throws(RuntimeFailure) in
      try LoadedSweep.load(sweeps, overrides: overrides.overrides)
    }
    if keys == nil, !endpoint.isLocal { Console.note(PlainText.warning(endpoint)) }
    try results.folder.makeWritable()
    MapDrawing.checkGnuplot()
    var settings = coordinator.settings
    settings.stopsWorkersOnceComplete = true
    settings.staysWhenComplete = stay
    var options = CoordinatorLoop.Options(listen: endpoint)
    options.keys = keys
    FileDescriptors.raiseLimit()
    let session = SweepSession(
      results: results.folder, sweeps: loaded, signals: signals, settings: settings,
      options: options,
      announcesAddress: true, advertised: advertised, retriesFailed: coordinator.retriesFailed,
      whenDone: coordinator.whenDone)
    try SweepEnding.conclude(try session.run(), of: session)
  }

  /// The keys to use: those that were named, and on addresses that others reach those of the results.
  private func keyFolder(for endpoint: Endpoint) throws(RuntimeFailure) -> KeyFolder? {
    let folder = KeyFolder(path: keys ?? results.folder.keys)
    if keys == nil {
      if endpoint.isLocal || insecurePlaintext { return nil }
      guard folder.hasCoordinator else {
        try endpoint.checkPlainText(
          option: "--listen", isAllowed: false,
          advice: "groksweep keys make NAME makes them in \(folder.path)")
        return nil
      }
    }
    // Read now, so that what is wrong with them is said before anything is done.
    _ = try folder.coordinator()
    if try folder.list().entries.allSatisfy({ $0.standing == .revoked }) {
      Console.note("\(folder.listFile): no key is let in yet; groksweep keys make NAME makes one")
    }
    return folder
  }
}
