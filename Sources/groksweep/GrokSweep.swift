import ArgumentParser
import ClusterRuntime
import Foundation

/// The command line: one subcommand for each thing that a user wants.
struct GrokSweep: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "groksweep",
    abstract: "Find out, over many machines, when neural networks grok.",
    discussion: """
      A sweep file names an experiment, its axes and how long a run may go on. The same command typed \
      again continues where the last one stopped. Everything lands in one folder, results/.

        groksweep run sweeps/quickstart.yaml    run a sweep here, draw its map
        groksweep plan sweeps/quickstart.yaml   what would run, and how long
        groksweep train polynomial-regression --alpha 2 --epsilon 0.1

      Exit codes: 0 done; 1 some runs failed; 2 wrong input; 3 the surroundings failed (disk full, store in \
      use), resumable; 130 interrupted, resumable (train alone begins \
      anew).
      """,
    version: "groksweep \(softwareVersion)",
    subcommands: [
      RunCommand.self, PlanCommand.self, CoordinateCommand.self, WorkCommand.self,
      LaunchCommand.self,
      StatusCommand.self, WorkersCommand.self, SubmitCommand.self, CancelCommand.self,
      RetryCommand.self, DrainCommand.self, ReadmitCommand.self, MergeCommand.self,
      ShowCommand.self, MapCommand.self, CurvesCommand.self, ExportCommand.self, TrainCommand.self,
      DescribeCommand.self, KeysCommand.self, JoinCommand.self,
    ])
}

/// The version of this program, as workers and trainers state it.
let softwareVersion = "0.1.0"

/// Parses the arguments, runs the command and turns what it throws into a sentence and an exit code.
@main enum Main {
  static func main() {
    // Swift's runtime takes it for a crash, asks what to do and goes on.
    signal(SIGQUIT, SIG_DFL)
    let (arguments, taken) = EnvironmentOptions.complete(
      Array(CommandLine.arguments.dropFirst()), from: ProcessInfo.processInfo.environment)
    do {
      var command = try GrokSweep.parseAsRoot(arguments)
      try command.run()
    } catch let failure as RuntimeFailure {
      end(with: failure, taken)
    } catch let code as ExitCode {
      exit(code.rawValue)
    } catch {
      end(with: error, taken)
    }
  }

  /// Help and the version are answers; everything else is what the user typed wrong.
  private static func end(with error: any Error, _ taken: [EnvironmentOptions.Taken]) -> Never {
    let message = GrokSweep.fullMessage(for: error)
    guard GrokSweep.exitCode(for: error) == .success else {
      Console.note(message)
      sayWhoSaid(taken, in: message)
      exit(RuntimeFailure.Kind.wrongInput.rawValue)
    }
    do throws(RuntimeFailure) {
      try Console.print(message)
      exit(0)
    } catch {
      end(with: error)
    }
  }

  /// Options that nobody typed are named by their variables.
  private static func sayWhoSaid(_ taken: [EnvironmentOptions.Taken], in message: String) {
    for taken in taken where message.contains(taken.option) {
      Console.note("\(taken.option) is what \(taken.variable) says")
    }
  }

  private static func end(
    with failure: RuntimeFailure, _ taken: [EnvironmentOptions.Taken] = []
  ) -> Never {
    if failure.kind != .closedOutput { Console.error(failure.sentence) }
    if failure.kind == .wrongInput { sayWhoSaid(taken, in: failure.sentence) }
    exit(failure.kind.rawValue)
  }
}

extension ExitCode {
  /// Some runs have no result.
  static let someRunsFailed = ExitCode(1)
  /// Ended by Ctrl-C or SIGTERM; the same command continues.
  static let interrupted = ExitCode(SignalInbox.interruptedCode)
}
