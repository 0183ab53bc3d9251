import Experiments
public import Foundation
import SwiftProtobuf

/// Turns messages into bytes and back; what arrives is checked before it is believed.
public enum WireCodec {
  /// Raised when old and new software could no longer understand each other.
  public static let protocolVersion = 4
  /// The largest message either side accepts: a checkpoint and some room for what comes with it.
  public static let messageBytesMax = 52 << 20
  /// A connection that announces a larger one is ended before a byte of it is stored.
  ///
  /// Above what is accepted, so that a message that is somewhat too large is seen, and told by its
  /// name.
  public static let transportBytesMax = 64 << 20
  /// The largest checkpoint that is sent; a larger one stays where it is and is not continued from.
  public static let checkpointBytesMax = 48 << 20
  /// More trainers than any node has cores.
  static let slotsMax = 4096
  /// Host names have at most 255.
  static let nameBytesMax = 300
  /// Names, sentences and log tails are cut to this.
  static let textBytesMax = 64 << 10

  /// Writes a worker's message.
  public static func encode(_ message: WorkerMessage) -> Data {
    bytes(of: wire(message))
  }

  /// Writes a coordinator's message.
  public static func encode(_ message: CoordinatorMessage) -> Data {
    bytes(of: wire(message))
  }

  /// Reads a worker's message.
  ///
  /// A message of another protocol version reads as a hello that says so, and nothing else of it is
  /// believed, so that the coordinator can answer with what to update.
  ///
  /// - Parameter bytes: one message as it came from the network.
  /// - Returns: the message, every number and name in it checked.
  /// - Throws: `WireError` with one sentence on what is wrong.
  public static func decodeWorkerMessage(_ bytes: Data) throws(WireError) -> WorkerMessage {
    try checkElements(in: bytes)
    return try workerMessage(of: try parse(bytes))
  }

  static func workerMessage(
    of wire: Groksweep_Wire_FromWorker
  ) throws(WireError) -> WorkerMessage {
    WorkerMessage(
      worker: WorkerID(try name(wire.worker, of: "a worker's id")), epoch: wire.epoch,
      body: try body(of: wire))
  }

  /// Reads a coordinator's message.
  ///
  /// - Parameter bytes: one message as it came from the network.
  /// - Returns: the message, every number in it checked.
  /// - Throws: `WireError` with one sentence on what is wrong, or what to update.
  public static func decodeCoordinatorMessage(
    _ bytes: Data
  ) throws(WireError) -> CoordinatorMessage {
    let wire: Groksweep_Wire_FromCoordinator = try parse(bytes)
    // A refusal is how versions that do not understand each other part: it is always read.
    if case .refused(let refused)? = wire.body {
      return .refused(try text(refused.sentence), mayRetry: refused.mayRetry)
    }
    guard wire.protocolVersion == UInt32(protocolVersion) else {
      throw WireError(
        "the coordinator speaks protocol \(wire.protocolVersion) and this worker protocol "
          + "\(protocolVersion): update groksweep on the older side")
    }
    return try message(of: wire)
  }

  /// What there is to say of a message of more bytes than are read.
  public static func oversized(_ bytes: Int) -> WireError {
    WireError("an oversized message of \(bytes) bytes; at most \(messageBytesMax) are read")
  }

  static func parse<Message: SwiftProtobuf.Message>(
    _ bytes: Data
  ) throws(WireError) -> Message {
    guard bytes.count <= messageBytesMax else {
      throw oversized(bytes.count)
    }
    do {
      return try Message(serializedBytes: bytes)
    } catch {
      throw WireError("\(bytes.count) bytes that are no message")
    }
  }

  static func bytes(of message: some SwiftProtobuf.Message) -> Data {
    do {
      return try message.serializedBytes()
    } catch {
      preconditionFailure("a message without required fields cannot be written: \(error)")
    }
  }
}

/// Why bytes from the network are no message, in one sentence.
public struct WireError: Error, Hashable, CustomStringConvertible {
  public let description: String
  init(_ description: String) { self.description = description }
}
