public import Foundation

/// Turns messages into bytes and back; what arrives is checked before it is believed.
public enum WireCodec {
  /// Raised when old and new software could no longer understand each other.
  public static let protocolVersion = 1
  /// The largest message either side accepts: a checkpoint and some room for what comes with it.
  public static let messageBytesMax = 64 << 20
  /// The largest checkpoint that is sent; a larger one stays where it is and is not continued from.
  public static let checkpointBytesMax = 48 << 20

  public static func encode(_ message: WorkerMessage) -> Data { Data() }
  public static func encode(_ message: CoordinatorMessage) -> Data { Data() }

  public static func decodeWorkerMessage(_ bytes: Data) throws(WireError) -> WorkerMessage {
    throw WireError("nothing is read yet")
  }

  public static func decodeCoordinatorMessage(
    _ bytes: Data
  ) throws(WireError) -> CoordinatorMessage {
    throw WireError("nothing is read yet")
  }
}

/// Why bytes from the network are no message, in one sentence.
public struct WireError: Error, Hashable, CustomStringConvertible {
  public let description: String
  init(_ description: String) { self.description = description }
}
