import Experiments
import Foundation

/// The built program as a trainer process, with both ends of its lines.
final class TrainerChild {
  private let process = Process()
  private let commands = Pipe()
  private let messages = Pipe()
  private var unread = Data()

  /// Starts a trainer whose temporary folder, and so the place of its private checkpoints, is the given one.
  ///
  /// - Parameters:
  ///   - program: the program; the built one if nil.
  ///   - arguments: its arguments.
  ///   - temporary: its temporary folder.
  ///   - checkpoints: its folder for checkpoints.
  /// - Throws: what `Process` throws if it cannot be started.
  init(
    program: URL = Workplace.program, arguments: [String] = ["train", "--serve"], temporary: URL,
    checkpoints: URL? = nil
  ) throws {
    process.executableURL = program
    process.arguments = arguments
    var environment = ProcessInfo.processInfo.environment
    environment["TMPDIR"] = temporary.path
    environment["GROKSWEEP_CHECKPOINTS"] = checkpoints?.path
    process.environment = environment
    process.standardInput = commands
    process.standardOutput = messages
    process.standardError = FileHandle.nullDevice
    endIgnoringSignals()
    try process.run()
  }

  deinit { if process.isRunning { signal(SIGKILL) } }

  func send(_ command: TrainerCommand) {
    commands.fileHandleForWriting.write(TrainerLine.encode(command) + Data("\n".utf8))
  }

  func endInput() throws { try commands.fileHandleForWriting.close() }

  /// What the trainer has said and nobody has taken from the pipe yet.
  var waitingBytes: Int {
    var count: Int32 = 0
    let status = ioctl(messages.fileHandleForReading.fileDescriptor, UInt(FIONREAD), &count)
    return status == 0 ? Int(count) : 0
  }

  func signal(_ number: Int32) { kill(process.processIdentifier, number) }

  /// The next message that is of interest; nil at the end of the output.
  func next<Value>(_ interest: (TrainerMessage) -> Value?) throws -> Value? {
    while true {
      while let newline = unread.firstIndex(of: UInt8(ascii: "\n")) {
        let line = Data(unread[..<newline])
        unread = Data(unread[(newline + 1)...])
        guard case .message(let message) = try TrainerLine.decodeOutput(line) else { continue }
        if let value = interest(message) { return value }
      }
      let more = messages.fileHandleForReading.availableData
      if more.isEmpty { return nil }
      unread.append(more)
    }
  }

  /// The exit code, or 128 and the signal.
  func waitForExit() throws -> Int32 {
    try wait(for: "the end of the trainer") {
      guard !process.isRunning else { return nil }
      return process.terminationReason == .exit
        ? process.terminationStatus : 128 + process.terminationStatus
    }
  }
}
