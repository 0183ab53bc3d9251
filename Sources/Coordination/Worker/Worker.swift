/// Keeps a node's trainers fed and alive, and every report until it is durable.
///
/// A pure state machine: it is told what happened and when, and answers with what to do. The caller
/// must carry out the effects in order, and must call `handle(.timePassed, at:)` at `nextDeadline`.
/// While `acceptsTrainerOutput` is false it leaves the trainers' pipes unread.
public struct Worker: Sendable {
  let settings: Settings

  public init(settings: Settings, at now: MonotonicInstant) {
    self.settings = settings
  }

  /// What to do now that this has happened.
  public mutating func handle(_ event: Event, at now: MonotonicInstant) -> [Effect] { [] }

  /// When `timePassed` is due; nil if nothing is waited for.
  public var nextDeadline: MonotonicInstant? { nil }

  /// Whether there is room for what trainers say; false once too much waits for acknowledgement.
  public var acceptsTrainerOutput: Bool { true }
}
