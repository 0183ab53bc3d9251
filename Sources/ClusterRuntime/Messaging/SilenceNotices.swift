public import Coordination

/// When to tell a user that nothing is heard at an address: the first time, and then ever more rarely.
public struct SilenceNotices {
  private static let firstPause: Duration = .seconds(60)
  private static let lastPause: Duration = .seconds(3600)

  private var silent: Set<Endpoint> = []
  private var pause = firstPause
  private var next: MonotonicInstant?

  public init() {}

  /// The coordinator was heard, or is somewhere else: what was said does not count any more.
  public mutating func restart() { self = SilenceNotices() }

  /// Nothing was heard at an address for as long as a worker waits there.
  ///
  /// - Parameters:
  ///   - endpoint: the address.
  ///   - now: when.
  /// - Returns: whether to say so.
  public mutating func isDue(for endpoint: Endpoint, at now: MonotonicInstant) -> Bool {
    if silent.insert(endpoint).inserted {
      next = now + pause
      return true
    }
    guard let next, next <= now else { return false }
    pause = min(pause * 2, Self.lastPause)
    self.next = now + pause
    return true
  }
}
