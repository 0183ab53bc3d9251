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
      already is given the sweeps. Each launch makes a key of its own for its workers (ssh-1, ssh-2, ...).

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

  /// Refuses an address that only this machine reaches, unless a forwarded one is named beside it.
  func checkListensForOthers() throws(RuntimeFailure) {
    // Its sentence, before anything is made.
    _ = try Endpoint.advertised(for: "tcp://0.0.0.0:5555", as: advertised)
    guard let listen, try Endpoint(listen, listens: true).isLocal, advertised.isEmpty else {
      return
    }
    throw RuntimeFailure(
      .wrongInput,
      "--listen \(listen): the workers' machines cannot reach this address; expected one such as tcp://*:5555, or "
        + "--advertise with the address that leads here")
  }

  /// Refuses to end from here what only another machine can.
  func checkIsHere() throws(RuntimeFailure) {
    guard let host = try results.folder.otherHost() else { return }
    throw RuntimeFailure(
      .surroundings,
      "the coordinator runs on \(host): type this there; \(results.folder.hint(onLost: host))"
    )
  }

  func keys(of engine: String) -> LaunchKeys {
    LaunchKeys(engine: engine, folder: KeyFolder(path: results.folder.keys))
  }

  var launches: LaunchFolder { LaunchFolder(results: results.folder) }

  /// Where the program may be on another machine, the best first.
  var programs: [String] { program.map { [$0] } ?? ["groksweep", Executable.path] }
}
