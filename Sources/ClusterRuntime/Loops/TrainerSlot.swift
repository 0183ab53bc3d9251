import Experiments
import Foundation

/// One slot of a worker: its trainer's process, the lines that it prints, its folder.
final class TrainerSlot {
  /// What came out of a trainer.
  enum Output {
    case message(TrainerMessage)
    case log(String)
    case malformed(String)
  }

  /// The environment variable that tells a trainer where its checkpoints go; docs/trainer-protocol.md.
  private static let checkpointFolderVariable = "GROKSWEEP_CHECKPOINTS"

  let index: Int
  let folder: String
  private(set) var process: ChildProcess?
  private var outputLines = LineSplitter(bytesMax: TrainerLine.bytesMax)
  private var errorLines = LineSplitter(bytesMax: TrainerLine.bytesMax)
  private var exit: ExitStatus?
  private var checkpointCount = 0

  init(index: Int, folder: String) throws(RuntimeFailure) {
    self.index = index
    self.folder = folder
    try Folders.make(folder)
  }

  /// Starts a trainer that writes its files into this slot's folder.
  func start(_ command: [String], environment: [String: String]) throws(RuntimeFailure) {
    var environment = environment
    environment["TMPDIR"] = folder
    environment[Self.checkpointFolderVariable] = folder
    outputLines = LineSplitter(bytesMax: TrainerLine.bytesMax)
    errorLines = LineSplitter(bytesMax: TrainerLine.bytesMax)
    exit = nil
    // Batch systems tell every process of a job to end; a trainer has to save its run first, when its
    // worker says so, and does not outlive that.
    process = try ChildProcess(command, environment: environment, ignoredSignal: SIGTERM)
    process?.preferForOutOfMemoryKill()
  }

  func tell(_ command: TrainerCommand) { process?.write(line: TrainerLine.encode(command)) }

  /// Writes the checkpoint that a run continues from and returns the file's path.
  func write(checkpoint: [UInt8]) throws(RuntimeFailure) -> String {
    // The run that went on from the one before has ended, and there may be no room for two.
    unlink("\(folder)/continued-\(checkpointCount).safetensors")
    checkpointCount += 1
    let path = "\(folder)/continued-\(checkpointCount).safetensors"
    try Folders.write(checkpoint, to: path)
    return path
  }

  /// What the trainer has printed since on both streams, in order within each.
  func readOutput() -> [Output] {
    guard let process else { return [] }
    var outputs: [Output] = []
    let (errorBytes, errorEnded) = process.read(.error)
    outputs += logs(
      errorLines.append(errorBytes[...]), last: errorEnded ? errorLines.finish() : nil)
    let (bytes, hasEnded) = process.read(.output)
    for piece in outputLines.append(bytes[...]) { outputs.append(Self.output(of: piece)) }
    if hasEnded, let last = outputLines.finish() { outputs.append(Self.output(of: .line(last))) }
    return outputs
  }

  private func logs(_ pieces: [LineSplitter.Piece], last: Data?) -> [Output] {
    (pieces + (last.map { [.line($0)] } ?? [])).map { piece in
      switch piece {
      case .line(let line): .log(String(decoding: line, as: UTF8.self))
      case .tooLong: .log("(a line of more than \(TrainerLine.bytesMax) bytes)")
      }
    }
  }

  private static func output(of piece: LineSplitter.Piece) -> Output {
    guard case .line(let line) = piece else {
      return .malformed("a line of more than \(TrainerLine.bytesMax) bytes")
    }
    do throws(TrainerLine.Malformed) {
      switch try TrainerLine.decodeOutput(line) {
      case .message(let message): return .message(message)
      case .log(let text): return .log(text)
      }
    } catch {
      return .malformed(error.problem)
    }
  }

  func noteExit(of processIdentifier: pid_t, status: ExitStatus) {
    if process?.processIdentifier == processIdentifier { exit = status }
  }

  var hasExited: Bool { exit != nil }

  /// The exit status, once, when the process has ended and what it printed has been read.
  ///
  /// What its own children still hold open is not waited for: they are killed with its group.
  func takeExit() -> ExitStatus? {
    guard let status = exit else { return nil }
    process?.signal(SIGKILL)
    process = nil
    exit = nil
    return status
  }

  func kill() { process?.signal(SIGKILL) }
}
