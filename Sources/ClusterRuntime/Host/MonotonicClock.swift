import CProcess
public import Coordination

/// The clock by which leases and deadlines are judged; it goes on while the machine sleeps.
public enum MonotonicClock {
  public static var now: MonotonicInstant {
    MonotonicInstant(nanoseconds: process_monotonic_nanoseconds())
  }
}
