import ArgumentParser
import ClusterRuntime
import Foundation
import Launching

/// `groksweep launch`: a coordinator here, and workers on the machines of an engine that is there already.
struct LaunchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "launch",
    abstract: "Start a coordinator here and workers on many machines.",
    discussion: """
      The coordinator goes on when you log out, and ends with its sweeps; one that runs on the results folder \
      already is given the sweeps. Each launch has a key of its own for its workers, made if there is none.

        groksweep launch ssh sweeps/alpha-epsilon.yaml --hosts hosts.txt
        groksweep launch slurm sweeps/alpha-epsilon.yaml --nodes 20 --cpus 16 --time 8:00:00
        groksweep launch ssh --stop

      docs/cluster.md has a page for each engine.
      """,
    subcommands: [LaunchSSHCommand.self, LaunchSlurmCommand.self])
}

/// What every engine's launch takes.
struct LaunchOptions: ParsableArguments {
  @OptionGroup var results: ResultsOptions
  @OptionGroup var overrides: OverrideOptions

  @Option(
    help: ArgumentHelp(
      "Where the coordinator listens (default: a free port on all addresses, the same again later).",
      valueName: "address"))
  var listen: String?

  @Option(
    name: .customLong("advertise"), parsing: .singleValue,
    help: ArgumentHelp(
      "A name or an address under which the workers reach this machine; may be repeated, the best first "
        + "(default: the host's name and addresses).",
      valueName: "host[:port]"))
  var advertised: [String] = []

  @Option(
    help: ArgumentHelp(
      "The program on the other machines (default: groksweep in their PATH, or this one's path).",
      valueName: "path"))
  var program: String?

  func validate() throws {
    guard program.map({ $0.hasPrefix("/") }) ?? true else {
      throw ValidationError("--program: expected an absolute path, found \"\(program ?? "")\"")
    }
  }

  var launches: LaunchFolder { LaunchFolder(results: results.folder) }

  /// Where the program may be on another machine, the best first.
  var programs: [String] { program.map { [$0] } ?? ["groksweep", Executable.path] }
}

/// What workers that are launched do otherwise than by default.
struct LaunchedWorkerOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Trainers of a worker (default: the cores that it may use).", valueName: "number"))
  var slots: Int?

  @Option(
    name: .customLong("checkpoint-seconds"),
    help: ArgumentHelp("Seconds between two checkpoints of a run.", valueName: "seconds"))
  var checkpointSeconds = 60

  @Option(
    name: .customLong("give-up-after"),
    help: ArgumentHelp(
      "A worker ends after this many seconds without a word from the coordinator; what it has waits on its disk.",
      valueName: "seconds"))
  var giveUpAfter: Int?

  @Option(
    name: .customLong("blas-kernels"),
    help: ArgumentHelp(
      "Pin OpenBLAS's kernels, as in haswell, for equal bits on unlike machines.",
      valueName: "name"))
  var blasKernels: String?

  func validate() throws {
    if let slots, !(1...4096).contains(slots) {
      throw ValidationError("--slots: expected a whole number from 1 to 4096, found \(slots)")
    }
    guard (1...86_400).contains(checkpointSeconds) else {
      throw ValidationError(
        "--checkpoint-seconds: expected seconds from 1 to 86400, found \(checkpointSeconds)")
    }
    if let giveUpAfter, giveUpAfter < 1 {
      throw ValidationError("--give-up-after: expected a number of seconds above 0")
    }
  }

  /// The words for `groksweep work`.
  ///
  /// - Parameters:
  ///   - slots: trainers that this worker has, if it is known to differ.
  ///   - giveUpAfter: seconds without a word, unless the user says otherwise.
  /// - Returns: options and their values.
  func words(slots: Int? = nil, giveUpAfter: Int) -> [String] {
    var words = ["--checkpoint-seconds", "\(checkpointSeconds)"]
    words += ["--give-up-after", "\(self.giveUpAfter ?? giveUpAfter)"]
    if let slots = slots ?? self.slots { words += ["--slots", "\(slots)"] }
    if let blasKernels { words += ["--blas-kernels", blasKernels] }
    return words
  }
}
