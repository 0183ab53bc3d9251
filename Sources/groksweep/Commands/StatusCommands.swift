import ArgumentParser
import ClusterRuntime
import Coordination
import Experiments
import Foundation
import ResultStore

/// `groksweep status`: how far the sweeps are.
struct StatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Say how far the sweeps are.",
    discussion: """
      Asks the running coordinator; if none runs on the results folder, says what the store knows.

      For the health checks of Docker, Kubernetes and systemd, --healthy says nothing and ends with exit code 0 if a \
      coordinator answers within five seconds and can store results; otherwise with a sentence and 3. With --worker \
      it is the worker of this machine that must have heard from its coordinator within the last 30 seconds.
      """)

  @OptionGroup var coordinator: CoordinatorConnection

  @Flag(help: "Print the status as JSON.")
  var json = false

  @Flag(help: "Only check that a coordinator answers and can store results.")
  var healthy = false

  @Flag(help: "With --healthy: check this machine's worker instead.")
  var worker = false

  @OptionGroup var spool: SpoolOptions

  /// Health checks have a limit of their own, and come again.
  private static let healthPatience: Duration = .seconds(5)
  /// As long as a lease: a worker that is cut off for longer has lost its runs.
  private static let silenceOfWorkers: Duration = .seconds(30)

  func validate() throws {
    guard !healthy || !json else {
      throw ValidationError("--healthy and --json: expected one of them")
    }
    guard healthy || !worker else { throw ValidationError("--worker: expected --healthy with it") }
  }

  func run() throws {
    if healthy { return try checkHealth() }
    let live = try liveOrLost()
    // The store is made by a coordinator; the job of one may still wait.
    let folder = coordinator.results.folder
    let hasJobsAlone =
      access(folder.store, F_OK) != 0 && LaunchFolder(results: folder).hasJobs
    let known = try live ?? (hasJobsAlone ? Self.nothingYet : stored())
    if json { return try Console.print(JSONText.line(of: Report(live != nil, known))) }
    for line in StatusText.lines(for: known) { try Console.print(line) }
    if live == nil { try Console.print("no coordinator is running") }
    try printJobs()
  }

  /// What the coordinator says; nil if none runs, or one on another machine does not answer: when that has died, it
  /// could not take back what it had said of itself.
  private func liveOrLost() throws(RuntimeFailure) -> ClusterStatus? {
    guard coordinator.connect == nil, try coordinator.results.folder.otherHost() != nil else {
      return try coordinator.isThere() ? try live() : nil
    }
    do throws(RuntimeFailure) {
      return try coordinator.isThere() ? try live() : nil
    } catch {
      Console.note("\(error.sentence); what follows is from the store")
      return nil
    }
  }

  /// What Slurm says of the jobs that were launched from here, beside the workers that have come of them.
  private func printJobs() throws {
    let folder = LaunchFolder(results: coordinator.results.folder)
    for (name, file, logs) in [
      ("jobs of Slurm", folder.jobs, "slurm-*.log"),
      ("the coordinator's job", folder.coordinatorJob, "slurm-coordinator.log"),
    ] {
      let jobs = folder.jobNumbers(in: file)
      guard !jobs.isEmpty else { continue }
      do throws(RuntimeFailure) {
        let slurm = SlurmCommands()
        let isOne = file == folder.coordinatorJob && jobs.count == 1
        let states = isOne ? try slurm.state(of: jobs[0]) : try slurm.states(of: jobs)
        try Console.print("\(name): \(states ?? "ended; logs: \(folder.path)/\(logs)")")
      } catch {
        guard error.kind != .closedOutput else { throw error }
        Console.note("\(name): \(error)")
      }
    }
  }

  private func checkHealth() throws(RuntimeFailure) {
    if worker {
      let problem = LifeSign.problem(
        in: spool.folder, host: ProcessInfo.processInfo.hostName, silence: Self.silenceOfWorkers,
        at: MonotonicClock.now)
      if let problem { throw RuntimeFailure(.surroundings, problem) }
      return
    }
    if let failure = try live(patience: Self.healthPatience).storeFailure {
      throw RuntimeFailure(.surroundings, "results cannot be stored: \(failure)")
    }
  }

  private func live(
    patience: Duration = CoordinatorConnection.patience
  ) throws(RuntimeFailure) -> ClusterStatus {
    switch try coordinator.ask(.status, patience: patience) {
    case .status(let status): return status
    case .refused(let sentence): throw RuntimeFailure(.wrongInput, sentence)
    case .failed(let sentence): throw RuntimeFailure(.surroundings, sentence)
    case .done, .workers:
      throw RuntimeFailure(.surroundings, "the coordinator answered another question")
    }
  }

  private func stored() throws -> ClusterStatus {
    let store = try SweepRuns.store(in: coordinator.results.folder)
    var status = Self.nothingYet
    status.sweeps = try withStoreErrors { () throws(StoreError) in
      try SweepStatus.all(of: store)
    }
    return status
  }

  private static let nothingYet = ClusterStatus(
    sweeps: [], workers: 0, slots: 0, running: 0, rate: 0, secondsLeft: nil, storeFailure: nil)

  private struct Report: Encodable {
    var isRunning: Bool
    var sweeps: [SweepStatus]
    var workers: Int
    var slots: Int
    var running: Int
    var rate: Double
    var secondsLeft: Double?
    var storeFailure: String?
    var refused: [String: Int]
    var remarks: [String]

    init(_ isRunning: Bool, _ status: ClusterStatus) {
      self.isRunning = isRunning
      sweeps = status.sweeps
      workers = status.workers
      slots = status.slots
      running = status.running
      rate = status.rate
      secondsLeft = status.secondsLeft
      storeFailure = status.storeFailure
      refused = status.refused
      remarks = status.remarks
    }
  }
}

/// `groksweep workers`: who computes what.
struct WorkersCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "workers",
    abstract: "List the workers of the running coordinator and what each computes.")

  @OptionGroup var coordinator: CoordinatorConnection

  @Flag(help: "Print the workers as JSON.")
  var json = false

  func run() throws {
    switch try coordinator.ask(.workers) {
    case .workers(let workers):
      if json { return try Console.print(JSONText.line(of: workers)) }
      if workers.isEmpty { return try Console.print("no worker is connected") }
      for line in StatusText.lines(for: workers) { try Console.print(line) }
    case .refused(let sentence): throw RuntimeFailure(.wrongInput, sentence)
    case .failed(let sentence): throw RuntimeFailure(.surroundings, sentence)
    case .done, .status:
      throw RuntimeFailure(.surroundings, "the coordinator answered another question")
    }
  }
}
