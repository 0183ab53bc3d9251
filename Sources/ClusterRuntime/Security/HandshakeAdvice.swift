public import Coordination

/// Tells a user why a worker or a command is not let in, rarely, since a worker goes on trying.
public struct HandshakeAdvice {
  /// Where the worker is trying to connect at present.
  public var address: String
  /// The key file and what is in it; nil for plain text.
  public let key: (path: String, file: KeyFile)?
  private var brokenOff = 0
  private var lastFailure: MonotonicInstant?
  private var lastSaid: [String: MonotonicInstant] = [:]

  /// The same sentence comes again after this time.
  private static let repetition: Duration = .seconds(600)
  /// A coordinator that is killed breaks off a handshake too; this many in a row are something
  /// else.
  private static let brokenOffMax = 3
  /// What is broken off later was broken off by this side, after ten seconds.
  ///
  /// A coordinator that takes a million runs in answers nobody meanwhile.
  private static let promptness: Duration = .seconds(9)

  /// Advises a worker that has heard nothing yet.
  ///
  /// - Parameters:
  ///   - address: where it connects.
  ///   - key: the file of its key and what is in it; nil for plain text.
  public init(address: String, key: (path: String, file: KeyFile)?) {
    self.address = address
    self.key = key
  }

  /// The coordinator was heard: what failed before has been mended.
  public mutating func heard() {
    brokenOff = 0
    lastSaid = [:]
  }

  /// What to tell the user about a failed handshake.
  ///
  /// - Parameters:
  ///   - failure: what happened.
  ///   - now: when.
  /// - Returns: a sentence; nil if there is nothing to say, or it was said lately.
  public mutating func sentence(on failure: HandshakeFailure, at now: MonotonicInstant) -> String? {
    let isPrompt = lastFailure.map { now - $0 < Self.promptness } ?? true
    lastFailure = now
    brokenOff = failure == .brokenOff && isPrompt ? brokenOff + 1 : 0
    guard let sentence = sentence(on: failure) else { return nil }
    if let last = lastSaid[sentence], now - last < Self.repetition { return nil }
    lastSaid[sentence] = now
    return sentence
  }

  /// Who finds that the two do not fit hangs up, and the other side may see no more than that: sentences on a
  /// connection that broke off name this too.
  private func sentence(on failure: HandshakeFailure) -> String? {
    switch (failure, key) {
    case (.keyRefused, let key?):
      return "the coordinator at \(address) does not let the key \(key.file.name) of "
        + "\(key.path) in: it is unknown there, or revoked (groksweep keys list says which)"
    case (.otherMechanism, nil):
      return "the coordinator at \(address) asks for a key: groksweep keys make NAME makes one "
        + "there, and --key names its file here"
    case (.otherMechanism, .some):
      return "the coordinator at \(address) has no keys: start it with --keys, or leave --key "
        + "out here"
    case (.brokenOff, let key?) where brokenOff >= Self.brokenOffMax:
      return "what listens at \(address) does not have the key that \(key.path) names as the "
        + "coordinator's: it is another coordinator, or has new keys or none"
    case (.brokenOff, nil) where brokenOff >= Self.brokenOffMax,
      (.protocolError, _), (.keyRefused, nil):
      return "what listens at \(address) does not answer as a coordinator without keys does: it is "
        + "something else, or asks for a key, whose file --key names"
    case (.brokenOff, _): return nil
    }
  }
}
