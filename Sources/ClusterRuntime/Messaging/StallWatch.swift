public import Coordination

/// Finds when this process has stood still, so that nobody is blamed for what broke off meanwhile.
///
/// Nobody is let in while nobody looks: a handshake that waits for ten seconds, because a million runs are being stored
/// or the process was stopped, is ended by either side, and begun anew.
public struct StallWatch {
  private var lastLook: MonotonicInstant
  private var lastStall: MonotonicInstant?

  /// Half of the time in which a handshake must be done.
  private static let stallMin: Duration = .seconds(5)
  /// What broke off meanwhile is reported within this time.
  private static let delay: Duration = .seconds(1)

  public init(at now: MonotonicInstant) { lastLook = now }

  /// Somebody looks again; several times a second where nothing stands still.
  public mutating func look(at now: MonotonicInstant) {
    if now - lastLook >= Self.stallMin { lastStall = now }
    lastLook = now
  }

  /// Whether what is reported now may be the stall's.
  public func isToBlame(at now: MonotonicInstant) -> Bool {
    lastStall.map { now - $0 < Self.delay } ?? false
  }
}
