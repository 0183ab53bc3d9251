import Experiments
import Foundation
import OrderedCollections
import Testing
import TrainerRuntime

/// A trainer served on a thread of this process, at the other end of two pipes.
struct ServedTrainer: ~Copyable {
  private let commands = Pipe()
  private let messages = Pipe()
  private var unread = Data()
  let folder: String

  init(checkpointInterval: Duration = .seconds(3600), memoryBytes: Int? = nil) throws {
    folder = NSTemporaryDirectory() + "/groksweep-test-\(UUID().uuidString)"
    let input = commands.fileHandleForReading.fileDescriptor
    let output = messages.fileHandleForWriting.fileDescriptor
    let options = TrainerOptions(
      checkpointFolder: folder, checkpointInterval: checkpointInterval, exitsAtEndOfInput: false,
      memoryBytes: memoryBytes)
    let (commands, messages) = (commands, messages)
    Thread.detachNewThread {
      _ = TrainerProcess.serve(input: input, output: output, options: options)
      // The end of the output is how a reader knows that the trainer has ended.
      messages.fileHandleForWriting.closeFile()
      withExtendedLifetime(commands) {}
    }
  }

  func send(_ command: TrainerCommand) { send(line: TrainerLine.encode(command)) }

  func send(line: Data) {
    commands.fileHandleForWriting.write(line + Data("\n".utf8))
  }

  func endInput() { commands.fileHandleForWriting.closeFile() }

  /// The next message, or nil once the trainer has ended.
  mutating func next() throws -> TrainerMessage? {
    while true {
      if let newline = unread.firstIndex(of: UInt8(ascii: "\n")) {
        let line = Data(unread[..<newline])
        unread = Data(unread[(newline + 1)...])
        guard case .message(let message) = try TrainerLine.decodeOutput(line) else {
          Issue.record("not a message: \(String(decoding: line, as: UTF8.self))")
          continue
        }
        return message
      }
      let more = messages.fileHandleForReading.availableData
      if more.isEmpty { return nil }
      unread.append(more)
    }
  }

  /// The messages up to and including the end of a run.
  mutating func untilEnd() throws -> [TrainerMessage] {
    var messages: [TrainerMessage] = []
    while let message = try next() {
      messages.append(message)
      switch message {
      case .finished, .failed, .refused: return messages
      default: continue
      }
    }
    return messages
  }

  deinit {
    do {
      try FileManager.default.removeItem(atPath: folder)
    } catch {
      Issue.record("the folder \(folder) could not be removed: \(error)")
    }
  }
}
