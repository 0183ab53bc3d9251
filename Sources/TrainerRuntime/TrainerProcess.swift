public import Experiments
import Foundation
import LinearAlgebra
import Training

/// The trainer process: told of runs on standard input, says their records on standard output.
///
/// One run at a time. Input is read while a run computes, so that `cancel` and `save` are obeyed within a
/// slice; the end of the input ends the process. docs/trainer-protocol.md is the specification.
public enum TrainerProcess {
  public static let version = "0.1.0"

  /// What the trainer says of itself first, with the kernels that its products run on.
  public static var greeting: TrainerMessage {
    .ready(
      trainer: "groksweep \(version) (OpenBLAS \(productKernelName()))",
      experiments: Catalogue.experiments.map {
        SupportedExperiment(name: $0.name, version: $0.version)
      })
  }

  /// Serves until the input ends.
  ///
  /// - Parameters:
  ///   - input: the descriptor that commands are read from.
  ///   - output: the descriptor that messages are written to.
  ///   - options: where checkpoints go, and how often.
  /// - Returns: the exit status: 0 at the end of the input, 3 if the surroundings failed.
  public static func serve(
    input: Int32 = 0, output: Int32 = 1, options: TrainerOptions = TrainerOptions()
  ) -> Int32 {
    signal(SIGPIPE, SIG_IGN)
    useOneBLASThread()
    let environment = ProcessInfo.processInfo.environment
    let given = options.checkpointFolder ?? environment[TrainerOptions.checkpointFolderVariable]
    var options = options
    if options.checkpointInterval == nil {
      options.checkpointInterval = environment[TrainerOptions.checkpointSecondsVariable]
        .flatMap { Int($0) }.map { .seconds(max(1, $0)) }
    }
    let exits = options.exitsAtEndOfInput
    let folder: CheckpointFolder
    do {
      folder = try CheckpointFolder(given)
      if exits { try EndingSignals.watch { folder.remove() } }
    } catch {
      Log.write("groksweep: \(error)")
      return 3
    }
    let inbox = CommandInbox()
    inbox.read(from: input, lineBytesMax: TrainerLine.bytesMax) {
      guard exits else { return }
      folder.remove()
      // Not exit: its handlers would take BLAS apart under the thread that computes.
      _exit(0)
    }
    var loop = TrainerLoop(
      inbox: inbox, outlet: MessageOutlet(descriptor: output), folder: folder,
      options: options)
    flushingSubnormals { loop.serve() }
    folder.remove()
    return 0
  }
}
