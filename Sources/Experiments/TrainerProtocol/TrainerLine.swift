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
    public var description: String { problem }
  }

  public static func encode(_ command: TrainerCommand) -> Data { encode(CommandObject(command)) }
  public static func encode(_ message: TrainerMessage) -> Data { encode(MessageObject(message)) }

  /// Reads a line of a trainer's standard output, without its newline.
  ///
  /// NaN and Infinity, as Python's `json.dumps` writes them, read as null.
  public static func decodeOutput(_ line: Data) throws(Malformed) -> Output {
    guard looksLikeObject(line) else { return .log(String(decoding: line, as: UTF8.self)) }
    let object: MessageObject = try decode(line)
    guard let message = object.message else {
      throw Malformed(
        problem: "a trainer says one of ready, record, checkpoint, finished and failed in a line")
    }
    return .message(message)
  }

  /// Reads a line of a trainer's standard input, without its newline.
  public static func decodeCommand(_ line: Data) throws(Malformed) -> TrainerCommand {
    let object: CommandObject = try decode(line)
    guard let command = object.command else {
      throw Malformed(problem: "a trainer is told one of run, cancel and save in a line")
    }
    return command
  }

  private static func looksLikeObject(_ line: Data) -> Bool {
    let blanks: [UInt8] = [0x20, 0x09, 0x0D]
    return line.first { !blanks.contains($0) } == UInt8(ascii: "{")
  }

  private static func encode(_ object: some Encodable) -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do {
      return try encoder.encode(object)
    } catch {
      preconditionFailure("\(object) cannot be written as JSON: \(error)")
    }
  }

  private static func decode<Object: Decodable>(_ line: Data) throws(Malformed) -> Object {
    guard line.count <= bytesMax else {
      throw Malformed(problem: "a line of \(line.count) bytes; at most \(bytesMax) are read")
    }
    do {
      // JSON5 reads the bare words NaN and Infinity, which strict JSON has no way to write.
      let decoder = JSONDecoder()
      decoder.allowsJSON5 = line.contains(UInt8(ascii: "N")) || line.contains(UInt8(ascii: "I"))
      return try decoder.decode(Object.self, from: line)
    } catch let error as DecodingError {
      throw Malformed(problem: Self.sentence(for: error))
    } catch {
      throw Malformed(problem: "not a JSON object: \(error)")
    }
  }

  private static func sentence(for error: DecodingError) -> String {
    func place(_ context: DecodingError.Context) -> String {
      let path = context.codingPath.map(\.stringValue).joined(separator: ".")
      return path.isEmpty ? "the line" : path
    }
    return switch error {
    case .keyNotFound(let key, let context):
      "\(place(context)) lacks the member '\(key.stringValue)'"
    case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
      "\(place(context)): \(context.debugDescription)"
    @unknown default: "not a message of the trainer protocol"
    }
  }
}
