public import Foundation

/// The line codec of the trainer protocol: one JSON object a line, one key an object that says what it is.
///
/// docs/trainer-protocol.md is the specification for people who write a trainer in another language.
public enum TrainerLine {
  /// The longest line that is read, without its newline; a longer one fails the run.
  public static let bytesMax = 1 << 20

  /// What a line on a trainer's standard output turned out to be.
  public enum Output: Hashable, Sendable {
    case message(TrainerMessage)
    /// Not a JSON object: something the trainer, or a library in it, prints.
    case log(String)
  }

  /// Why a line that looks like a message is none.
  public struct Malformed: Error, Equatable, CustomStringConvertible {
    public let problem: String
    /// The run that the line orders, if it says so much: whoever waits for it can be told.
    public var key: RunKey?
    public var description: String { problem }
  }

  public static func encode(_ command: TrainerCommand) -> Data { encode { command.write(to: &$0) } }
  public static func encode(_ message: TrainerMessage) -> Data { encode { message.write(to: &$0) } }

  /// Reads a line of a trainer's standard output, without its newline.
  ///
  /// NaN and Infinity, as Python's `json.dumps` writes them, read as null.
  public static func decodeOutput(_ line: Data) throws(Malformed) -> Output {
    guard looksLikeObject(line) else { return .log(String(decoding: line, as: UTF8.self)) }
    guard let message = try TrainerMessage(try members(of: line)) else {
      throw Malformed(
        problem:
          "a trainer says one of ready, record, progress, checkpoint, finished, failed and "
          + "refused in a line")
    }
    return .message(message)
  }

  /// Reads a line of a trainer's standard input, without its newline.
  public static func decodeCommand(_ line: Data) throws(Malformed) -> TrainerCommand {
    let members = try members(of: line)
    do throws(Malformed) {
      guard let command = try TrainerCommand(members) else {
        throw Malformed(problem: "a trainer is told one of run, cancel and save in a line")
      }
      return command
    } catch {
      throw Malformed(problem: error.problem, key: TrainerCommand.orderedKey(in: members))
    }
  }

  private static func looksLikeObject(_ line: Data) -> Bool {
    let blanks: [UInt8] = [0x20, 0x09, 0x0D]
    return line.first { !blanks.contains($0) } == UInt8(ascii: "{")
  }

  private static func encode(_ members: (inout JSONLine) -> Void) -> Data {
    var line = JSONLine()
    line.object(members)
    return Data(line.bytes)
  }

  private static func members(of line: Data) throws(Malformed) -> JSONMembers {
    guard line.count <= bytesMax else {
      throw Malformed(problem: "a line of \(line.count) bytes; at most \(bytesMax) are read")
    }
    let value: JSONValue
    do {
      value = try line.withUnsafeBytes { bytes in
        Result { () throws(JSONValue.Malformed) in try JSONValue(bytes) }
      }.get()
    } catch {
      throw Malformed(problem: "not a JSON object: \(error.problem)")
    }
    return try JSONMembers(value, path: "")
  }
}
