/// How far the sweeps are, as a value that can be shown.
public struct Progress: Hashable, Sendable {
  /// Runs with a result, those that were in the store already included.
  public var done: Int
  /// Runs whose result was in the store already.
  public var reused: Int
  public var running: Int
  public var failed: Int
  public var total: Int
  /// Results a second since the start.
  public var rate: Double
  /// Nil while nothing is known.
  public var timeLeft: Duration?
  public var workers: [WorkerProgress]

  /// One worker as the progress line names it.
  public struct WorkerProgress: Hashable, Sendable {
    public var host: String
    public var busy: Int
    public var slots: Int

    public init(host: String, busy: Int, slots: Int) {
      self.host = host
      self.busy = busy
      self.slots = slots
    }
  }

  public init(
    done: Int, reused: Int, running: Int, failed: Int, total: Int, rate: Double,
    timeLeft: Duration?, workers: [WorkerProgress]
  ) {
    self.done = done
    self.reused = reused
    self.running = running
    self.failed = failed
    self.total = total
    self.rate = rate
    self.timeLeft = timeLeft
    self.workers = workers
  }
}
