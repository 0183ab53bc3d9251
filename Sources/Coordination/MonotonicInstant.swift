/// A moment on a clock that never goes back; only differences mean anything.
public struct MonotonicInstant: Hashable, Comparable, Sendable {
  /// Nanoseconds since a start that differs from process to process.
  public var nanoseconds: Int64

  public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

  public static func < (left: Self, right: Self) -> Bool { left.nanoseconds < right.nanoseconds }

  public static func + (instant: Self, duration: Duration) -> Self {
    Self(nanoseconds: instant.nanoseconds + duration.wholeNanoseconds)
  }

  public static func - (left: Self, right: Self) -> Duration {
    .nanoseconds(left.nanoseconds - right.nanoseconds)
  }
}

extension Duration {
  /// This duration in nanoseconds, at most a century, so that sums with instants cannot overflow.
  public var wholeNanoseconds: Int64 {
    let (seconds, attoseconds) = components
    let century: Int64 = 3_155_760_000
    let bounded = min(max(seconds, -century), century)
    return bounded * 1_000_000_000 + attoseconds / 1_000_000_000
  }

  /// This duration as a number of seconds.
  public var inSeconds: Double { Double(wholeNanoseconds) * 1e-9 }
}
