/// A question of libzmq's whether to let a connection in, and its answer (ZeroMQ RFC 27), as
/// frames.
public struct ZAPRequest: Hashable, Sendable {
  /// What our server sockets call themselves to the handler.
  public static let domain = "groksweep"

  let requestID: [UInt8]
  /// The stranger's public key; nil where it offers none, or anything else is not as it should be.
  public let key: PublicKey?
  /// From where it connects.
  public let address: String

  /// Reads a question: version, request id, domain, address, socket identity, mechanism,
  /// credentials.
  ///
  /// - Parameter frames: those after the empty delimiter; nil is returned for what cannot be answered.
  public init?(frames: [[UInt8]]) {
    guard frames.count >= 6, frames[0] == Self.version else { return nil }
    requestID = frames[1]
    address = String(decoding: frames[3], as: UTF8.self)
    let isCurve = frames[5] == Array("CURVE".utf8) && frames.count == 7
    let isOurs = frames[2] == Array(Self.domain.utf8)
    key = isCurve && isOurs ? PublicKey(bytes: frames[6]) : nil
  }

  private static let version = Array("1.0".utf8)

  /// The answer to this question: version, request id, status, text, user id, metadata.
  ///
  /// The user id comes back with every message of the connection; it is the key, so that each
  /// message can be judged by the list of its own time.
  ///
  /// - Parameter verdict: what the list says of the key.
  /// - Returns: the frames after the empty delimiter.
  public func answer(_ verdict: Verdict) -> [[UInt8]] {
    var frames = [Self.version, requestID]
    switch verdict {
    case .allowed: frames += ["200", "OK", key?.text ?? ""].map { Array($0.utf8) }
    // 400 and not 300: it tells the other side that the key is at fault, and not the network.
    case .refused: frames += ["400", "not in the list", ""].map { Array($0.utf8) }
    }
    return frames + [[]]
  }
}

/// What the list says of somebody.
public enum Verdict: Hashable, Sendable {
  case allowed(Sender)
  case refused(Refusals.Kind)
}

/// Who sent a message, and what that entitles to.
public struct Sender: Hashable, Sendable {
  /// The name of the key; nil where none is asked for.
  public var name: KeyName?
  /// Whether control commands (submit, cancel, …) are taken from here.
  public var mayControl: Bool

  public init(name: KeyName? = nil, mayControl: Bool) {
    self.name = name
    self.mayControl = mayControl
  }
}

extension AllowList {
  /// Judges a key.
  ///
  /// - Parameters:
  ///   - key: what libzmq says the connection belongs to; nil if it says nothing.
  ///   - coordinator: the coordinator's own, whose holder may do anything that it can.
  /// - Returns: who it is, or why it is refused.
  public func verdict(on key: String?, coordinator: PublicKey) -> Verdict {
    if key == coordinator.text { return .allowed(Sender(name: .coordinator, mayControl: true)) }
    guard let key, let entry = self[key] else { return .refused(.unknownKey) }
    switch entry.standing {
    case .worker: return .allowed(Sender(name: entry.name, mayControl: false))
    case .admin: return .allowed(Sender(name: entry.name, mayControl: true))
    case .revoked: return .refused(.revokedKey)
    }
  }
}
