public import Experiments
public import OrderedCollections

/// A sweep as the store knows it: enough to draw its map without its file.
public struct StoredSweep: Hashable, Sendable {
  public var sweep: Sweep
  /// Its number in the order in which the sweeps were first registered.
  public var number = 0
  /// The SHA-256 of every input file, by the name of the parameter that gives its path.
  public var inputs: OrderedDictionary<String, String>
  /// When it was first registered, as ISO 8601 text in UTC.
  public var registeredAt: String
  /// When it was cancelled, in the same form; nil for a sweep that is to be computed.
  public var cancelledAt: String?
  /// Absolute paths of its input files, by parameter, if it was submitted to a running coordinator,
  /// which then goes on with it after a restart without being told; nil for any other sweep.
  public var submittedFiles: OrderedDictionary<String, String>?
  /// The parts of it that were submitted so, if it was not the whole; in their order.
  public var submittedParts: [Sweep] = []

  public init(
    sweep: Sweep, inputs: OrderedDictionary<String, String>, registeredAt: String,
    cancelledAt: String? = nil, submittedFiles: OrderedDictionary<String, String>? = nil
  ) {
    self.sweep = sweep
    self.inputs = inputs
    self.registeredAt = registeredAt
    self.cancelledAt = cancelledAt
    self.submittedFiles = submittedFiles
  }
}

/// How far the runs of a sweep are; grid points that share a run count one each.
public struct SweepCounts: Hashable, Sendable {
  /// Runs that have the result that the sweep asks for.
  public var finished = 0
  /// Runs that were given up.
  public var failed = 0
  /// Runs that are still to do, and are not being computed.
  public var waiting = 0
  /// Runs that are still to do, and have an attempt under way.
  public var running = 0
  /// Runs that are still to do, and that the sweep does not want any more.
  public var cancelled = 0

  public init(
    finished: Int = 0, failed: Int = 0, waiting: Int = 0, running: Int = 0, cancelled: Int = 0
  ) {
    self.finished = finished
    self.failed = failed
    self.waiting = waiting
    self.running = running
    self.cancelled = cancelled
  }

  public var total: Int { finished + failed + waiting + running + cancelled }
}
