import ArgumentParser
import ClusterRuntime
import Foundation

/// What every worker takes, whoever starts it.
struct WorkerOptions: ParsableArguments {
  @OptionGroup var trainers: TrainerOptions

  @Option(
    name: .customLong("give-up-after"),
    parsing: .unconditional,
    help: ArgumentHelp(
      "End after this many seconds without a word from the coordinator (default: never; launched over ssh: three "
        + "days, by Slurm: an hour). What has not been delivered waits on the worker's disk.",
      valueName: "seconds"))
  var giveUpAfter: Int?

  @Option(
    name: .customLong("checkpoint-seconds"),
    parsing: .unconditional,
    help: ArgumentHelp(
      "Seconds between two checkpoints of a run; what a worker that dies takes with it at most.",
      valueName: "seconds"))
  var checkpointSeconds = 60

  func validate() throws {
    if let giveUpAfter, giveUpAfter < 1 {
      throw ValidationError("--give-up-after: expected a number of seconds above 0")
    }
    guard (1...86_400).contains(checkpointSeconds) else {
      throw ValidationError(
        "--checkpoint-seconds: expected seconds from 1 to 86400, found \(checkpointSeconds)")
    }
  }

  /// The words with which `groksweep work` does the same.
  ///
  /// - Parameters:
  ///   - slots: trainers that this worker has, if it is known to differ.
  ///   - giveUpAfter: seconds without a word, unless the user says otherwise.
  /// - Returns: options and their values.
  func words(slots: Int? = nil, giveUpAfter: Int) -> [String] {
    [
      "--checkpoint-seconds", "\(checkpointSeconds)",
      "--give-up-after", "\(self.giveUpAfter ?? giveUpAfter)",
    ] + trainers.words(slots: slots)
  }
}

/// Where the workers of this machine keep what is theirs.
struct SpoolOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Where the worker keeps its identity, and results while the coordinator is away "
        + "(default: $XDG_STATE_HOME/groksweep).",
      valueName: "folder"))
  var spool: String?

  func validate() throws {
    guard spool != "" else {
      throw ValidationError("--spool: expected the path of a folder, found nothing")
    }
  }

  var folder: String {
    let environment = ProcessInfo.processInfo.environment
    if let spool { return spool }
    if let state = environment["XDG_STATE_HOME"], state.hasPrefix("/") {
      return "\(state)/groksweep"
    }
    return "\(environment["HOME"] ?? "/tmp")/.local/state/groksweep"
  }
}
