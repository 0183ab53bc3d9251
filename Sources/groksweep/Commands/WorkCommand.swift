import ArgumentParser
import ClusterRuntime
import Coordination
import Experiments
import Foundation
import TrainerRuntime

/// `groksweep work`: the trainers of one node, fed by a coordinator elsewhere.
struct WorkCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "work",
    abstract: "Run trainers on this machine for a coordinator.",
    discussion: """
      Start one on each node. A worker connects by itself, may join and leave at any time, and outlives \
      the coordinator: while that is away it finishes its runs, keeps their results on disk, and delivers \
      them afterwards, even after it was started again itself.

        groksweep work --connect tcp://127.0.0.1:5555 --slots 16
        groksweep work --connect tcp://head:5555 --key nodes.key
        groksweep work --join coordinator.join --key nodes.key --leave-at 7h30m

      A join line (gs1:…) holds the coordinator's addresses and its public key. The coordinator prints it and \
      writes it to coordinator.join in the folder of the results; it is no secret. GROKSWEEP_JOIN may hold it, name \
      its file or be an address, GROKSWEEP_KEY names the file of the key, and GROKSWEEP_SLOTS and so on stand for the \
      options of that name.

      The key comes from the coordinator's machine: groksweep keys make nodes, and a copy of its file here that \
      nobody else can read.
      """)

  @OptionGroup var connection: WorkerConnection

  @OptionGroup var options: WorkerOptions
  @OptionGroup var spool: SpoolOptions

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Seconds that trainers have to save their state after SIGTERM; Docker kills after 10.",
      valueName: "seconds"))
  var grace = 8

  @Option(
    name: .customLong("leave-at"),
    help: ArgumentHelp(
      "When this node goes away: runs are saved and handed back before. 2026-11-21T18:00 or 7h30m from now "
        + "(default: the end of the Slurm job, if SLURM_JOB_END_TIME tells it).",
      valueName: "time"))
  var leaveAt: String?

  @Option(
    help: ArgumentHelp(
      "A file that every acknowledged report is written to, for whoever checks the store.",
      valueName: "file", visibility: .hidden))
  var trace: String?

  @Option(
    name: .customLong("kept-for"),
    help: ArgumentHelp(
      "Whom results are kept for that could not be delivered (default: the address).",
      valueName: "name", visibility: .hidden))
  var keptFor: String?

  func validate() throws {
    guard (0...3600).contains(grace) else {
      throw ValidationError("--grace: expected seconds from 0 to 3600, found \(grace)")
    }
  }

  func run() throws {
    let signals = try SignalInbox()
    let coordinator = try connection.coordinator()
    let endpoint = coordinator.endpoints[0]
    let remaining = try remainingTime()
    if coordinator.key == nil, let reached = coordinator.endpoints.first(where: { !$0.isLocal }) {
      Console.note(PlainText.warning(reached))
    }
    let host = ProcessInfo.processInfo.hostName
    let identity = try WorkerIdentity(in: spool.folder, host: host)
    var environment = options.trainers.environment
    environment[TrainerRuntime.TrainerOptions.checkpointSecondsVariable] =
      "\(options.checkpointSeconds)"
    let kernels = try signals.interruptibly({}) { () throws(RuntimeFailure) in
      try BLASKernels.measured(pinning: options.trainers.blasKernels)
    }
    var settings = Worker.Settings(
      worker: WorkerID(identity.name), epoch: UInt64(identity.epoch),
      softwareVersion: softwareVersion, host: host, slots: options.trainers.slotCount,
      blasKernels: kernels)
    settings.giveUpAfter = options.giveUpAfter.map { .seconds($0) }
    settings.grace = .seconds(grace)
    settings.checkpointInterval = .seconds(options.checkpointSeconds)
    settings.leavesAt = remaining.map { MonotonicClock.now + $0 }
    Console.note(
      "\(settings.slots) trainer\(settings.slots == 1 ? "" : "s") on \(host), "
        + "BLAS kernels \(kernels), coordinator \(endpoint)")
    if let remark = options.trainers.remark { Console.note(remark) }
    var loopOptions = WorkerLoop.Options(
      endpoints: coordinator.endpoints, trainer: Executable.trainerCommand,
      environment: environment,
      keptFolder: "\(spool.folder)/kept-\(identity.name)/\(keptName(for: coordinator))")
    loopOptions.key = coordinator.key
    loopOptions.endpointsAgain = coordinator.endpointsAgain
    loopOptions.grace = .seconds(grace)
    loopOptions.trace = try trace.map { path throws(RuntimeFailure) in try DeliveryTrace(path: path)
    }
    loopOptions.onMessage = { Console.note($0) }
    loopOptions.lifeSign = LifeSign(of: identity)
    let loop = try WorkerLoop(settings, options: loopOptions, signals: signals)
    switch try loop.run() {
    // The worker of groksweep run, whose results are kept for its store, leaves the word to it.
    case .done where keptFor == nil:
      Console.note("the coordinator sends this worker home: it is drained, or every run has ended")
    case .done, .left: return
    case .interrupted: throw ExitCode.interrupted
    case .refused(let reason): throw RuntimeFailure(.surroundings, reason)
    case .gaveUp:
      throw RuntimeFailure(
        .surroundings, "\(endpoint): no word from the coordinator for \(options.giveUpAfter ?? 0) s"
      )
    case .noTrainer(let reason):
      throw RuntimeFailure(.surroundings, "no trainer could be started: \(reason)")
    }
  }

  /// How long this node is there, if anybody says.
  private func remainingTime() throws(RuntimeFailure) -> Duration? {
    if let leaveAt { return try EndTime.remaining(until: leaveAt, option: "--leave-at") }
    return EndTime.remaining(inJobOf: ProcessInfo.processInfo.environment)
  }

  /// Results are for one coordinator: another one would not know their runs.
  private func keptName(for coordinator: WorkerConnection.Coordinator) -> String {
    keptFor
      ?? String(coordinator.name.map { $0.isLetter || $0.isNumber || $0 == "." ? $0 : "-" })
  }
}
