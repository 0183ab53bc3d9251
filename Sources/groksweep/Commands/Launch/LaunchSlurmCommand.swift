import ArgumentParser
import ClusterRuntime
import Foundation
import Launching

/// `groksweep launch slurm`: an array of workers on a Slurm cluster.
struct LaunchSlurmCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "slurm",
    abstract: "Submit an array of workers to Slurm.",
    discussion: """
      The coordinator runs on this machine, which the nodes must reach, or with --coordinator-job as a job of its own; the \
      results folder must be one that all of them see. Each job of the array is a worker on a node; it saves its runs and hands them back before its time ends, and is \
      queued again until the sweeps have ended. Options of sbatch follow the sweeps and are passed on.

        groksweep launch slurm sweeps/alpha-epsilon.yaml --nodes 20 --cpus 16 --time 8:00:00 --partition=long
        groksweep launch slurm sweeps/alpha-epsilon.yaml --nodes 2 --cpus 16 --time 10 --dry-run     the script
        groksweep launch slurm --nodes 10 --cpus 16 --time 1:00:00       more workers for the coordinator that runs
        groksweep launch slurm --stop

      The script and the logs are in the folder launch of the results.
      """)

  @Argument(
    parsing: .allUnrecognized,
    help: ArgumentHelp(
      "The sweep files, then options of sbatch, those with a value as --name=value.",
      valueName: "sweep.yaml ... --sbatch-option=value"))
  var words: [String] = []

  @Option(
    help: ArgumentHelp(
      "Workers: jobs of one node each. Slurm may place several on a node with cores for them (--exclusive: one).",
      valueName: "number"))
  var nodes: Int?

  @Option(
    help: ArgumentHelp("Cores of each worker; one trainer runs on each.", valueName: "number"))
  var cpus: Int?

  @Option(
    help: ArgumentHelp(
      "How long a job may take, as sbatch takes it: 30, 8:00:00, 2-0.", valueName: "time"))
  var time: String?

  @Flag(
    name: .customLong("coordinator-job"),
    help:
      "Run the coordinator as a job too, with the same time limit; it may move from node to node.")
  var coordinatorJob = false

  @Option(
    name: .customLong("coordinator-option"),
    help: ArgumentHelp(
      "An option of sbatch for the coordinator's job alone, such as --coordinator-option=--mem=8G; may be repeated.",
      valueName: "--name=value"))
  var coordinatorOptions: [String] = []

  @Flag(name: .customLong("dry-run"), help: "Print the batch scripts; start and submit nothing.")
  var dryRun = false

  @Flag(help: "End the jobs, their keys and the coordinator that launches have started.")
  var stop = false

  @OptionGroup var launch: LaunchOptions
  @OptionGroup var workers: WorkerOptions

  /// Cores are others' as well: a worker without a coordinator lets go of them.
  private static let giveUpAfter = 3600
  /// The engine's name, and what those of its keys begin with.
  private static let name = "slurm"

  private var sweeps: [String] { words.prefix { !$0.hasPrefix("-") }.map { $0 } }
  private var options: [String] { Array(words.dropFirst(sweeps.count)) }

  func validate() throws {
    if stop {
      guard words.isEmpty, nodes == nil, cpus == nil, time == nil, !dryRun, !coordinatorJob,
        coordinatorOptions.isEmpty
      else {
        throw ValidationError("--stop: expected nothing else that a launch takes with it")
      }
      return
    }
    for (name, value) in [("--nodes", nodes), ("--cpus", cpus)] {
      guard let value else { throw ValidationError("expected \(name) NUMBER, or --stop") }
      guard (1...100_000).contains(value) else {
        throw ValidationError("\(name): expected a whole number from 1 to 100000, found \(value)")
      }
    }
    guard let time, !time.isEmpty else {
      throw ValidationError("expected --time LIMIT, such as 8:00:00")
    }
    guard let seconds = SlurmTime.seconds(time) else {
      throw ValidationError(
        "--time: expected a limit such as 30 (minutes), 8:00:00 or 2-0, found \"\(time)\"")
    }
    guard seconds >= SlurmTime.secondsMin else {
      throw ValidationError(
        "--time: expected \(SlurmTime.secondsMin / 60) minutes or more, as a worker is warned a minute before its "
          + "end, found \(time)")
    }
    guard coordinatorJob || coordinatorOptions.isEmpty else {
      throw ValidationError("--coordinator-option: expected --coordinator-job with it")
    }
    for word in options + coordinatorOptions {
      guard !word.contains(where: \.isNewline) else {
        throw ValidationError("expected options of sbatch without line breaks")
      }
      if let reason = SlurmOptions.refusal(of: word) { throw ValidationError("\(word): \(reason)") }
    }
    if let stray = coordinatorOptions.first(where: { !$0.hasPrefix("-") }) {
      throw ValidationError("--coordinator-option: expected --name=value, found \(stray)")
    }
    if let stray = options.drop(while: { $0.hasPrefix("-") }).first {
      throw ValidationError(
        "\(stray): expected options of sbatch as --name=value, behind the sweeps")
    }
  }

  func run() throws {
    let signals = try SignalInbox()
    try signals.interruptibly({}) { try stop ? end() : begin() }
  }

  private func batch(_ role: SlurmBatch.Role) -> SlurmBatch {
    SlurmBatch(
      role: role, time: time ?? "", options: options, coordinatorOptions: coordinatorOptions,
      program: launch.program ?? Executable.path,
      logFolder: Self.absolute(launch.launches.path),
      endedFile: Self.absolute(launch.results.folder.endedFile))
  }

  private func workerBatch(key: KeyName) -> SlurmBatch {
    batch(
      .workers(
        nodes: nodes ?? 1, cpus: cpus ?? 1,
        joinFile: Self.absolute(launch.results.folder.joinFile),
        keyFile: Self.absolute(keys.folder.file(of: key)),
        options: workers.words(giveUpAfter: Self.giveUpAfter)))
  }

  private var keys: LaunchKeys { launch.keys(of: Self.name) }

  private var coordinatorBatch: SlurmBatch {
    let folder = launch.results.folder
    return batch(
      .coordinator(
        LaunchedCoordinator(options: launch).words(
          sweeps: sweeps.map(Self.absolute), results: Self.absolute(folder.path),
          keys: Self.absolute(folder.keys), listen: launch.listen ?? "tcp://*:*")))
  }

  private func begin() throws {
    try launch.checkListensForOthers()
    guard !launch.launches.path.contains(where: { $0 == "\\" || $0.isNewline }) else {
      throw RuntimeFailure(
        .wrongInput,
        "\(launch.launches.path): expected a path without backslashes and line breaks, which sbatch takes for its own"
      )
    }
    let slurm = SlurmCommands()
    let folder = launch.launches
    let coordinator = LaunchedCoordinator(options: launch)
    let expected = workerBatch(key: try keys.nextName()).text
    if dryRun {
      _ = try coordinator.load(sweeps, mayWait: true)
      if coordinatorJob { try Console.write(coordinatorBatch.text) }
      return try Console.write(expected)
    }
    // What is wrong is said before anything is made, and what Slurm refuses before a coordinator waits for workers that
    // never come.
    let sweeps = try coordinator.load(sweeps, mayWait: formerCoordinator(in: slurm) != nil)
    try slurm.test(script: expected)
    if coordinatorJob { try slurm.test(script: coordinatorBatch.text) }
    try folder.make()
    let lock = try folder.lock()
    defer { withExtendedLifetime(lock) {} }
    let former = try formerCoordinator(in: slurm)
    let needsJob = try coordinatorJob && former == nil && !coordinator.runsHere()
    if needsJob, sweeps.paths.isEmpty {
      throw RuntimeFailure(
        .wrongInput, "--coordinator-job: expected a sweep file for it to begin with")
    }
    let key = try keys.make()
    let script = folder.batchScript(of: key)
    let undo: () throws -> Void
    var begun: [String] = []
    do {
      try folder.write(workerBatch(key: key).text, to: script)
      undo =
        try needsJob
        ? submitCoordinator(to: slurm, saying: &begun)
        : reach(coordinator, former: former, with: sweeps)
    } catch {
      unlink(script)
      keys.withdraw(key)
      throw error
    }
    let job: Int
    do {
      job = try slurm.submit(script: script)
    } catch {
      unlink(script)
      // Slurm may have taken it all the same, and not have come to say so.
      keys.end(key)
      // A coordinator is of no use without workers; those of an earlier launch may look for it.
      do {
        if try !hasOthers(slurm) { try undo() }
      } catch let other {
        Console.error("\(other)")
      }
      throw error
    }
    try folder.write((folder.text(of: folder.jobs) ?? "") + "\(job)\n", to: folder.jobs)
    let (nodes, cpus) = (nodes ?? 1, cpus ?? 1)
    try begun.forEach(Console.print)
    try Console.print(
      "job \(job): \(nodes) \(nodes == 1 ? "worker" : "workers") with \(cpus) \(cpus == 1 ? "core" : "cores")"
        + (nodes == 1 ? "" : " each"))
    Console.note(
      "groksweep status says how far, groksweep launch slurm --stop ends them; logs: \(folder.path)/slurm-*.log"
    )
  }

  /// A coordinator that is a job, and has not ended: its number and its state.
  private func formerCoordinator(
    in slurm: SlurmCommands
  ) throws(RuntimeFailure) -> (job: String, state: String)? {
    let folder = launch.launches
    guard let job = folder.jobNumbers(in: folder.coordinatorJob).first,
      let state = try slurm.state(of: job)
    else { return nil }
    return (job, state)
  }

  /// Starts the coordinator here, or gives the sweeps to the one there is; returns how to undo the first.
  private func reach(
    _ coordinator: LaunchedCoordinator, former: (job: String, state: String)?,
    with sweeps: LaunchedCoordinator.Sweeps
  ) throws -> () throws -> Void {
    if let former {
      if sweeps.paths.isEmpty { return {} }
      guard try launch.results.folder.announced() != nil else {
        throw RuntimeFailure(
          .surroundings,
          "the coordinator's job \(former.job) is \(former.state) and takes no sweeps yet; try again once it runs"
        )
      }
    } else {
      // Workers would ask Slurm whether it is still there.
      try launch.launches.write("", to: launch.launches.coordinatorJob)
    }
    let isNew = try coordinator.reach(with: sweeps)
    return { if isNew { try coordinator.stopWithoutWorkers() } }
  }

  /// Whether workers of an earlier launch may run or wait, by Slurm's word or that of the list for ssh.
  private func hasOthers(_ slurm: SlurmCommands) throws(RuntimeFailure) -> Bool {
    let folder = launch.launches
    let jobs = folder.jobNumbers(in: folder.jobs)
    guard access(folder.hosts, F_OK) != 0 else { return true }
    guard !jobs.isEmpty else { return false }
    return try slurm.states(of: jobs) != nil
  }

  /// Has Slurm find a node for the coordinator; returns how to undo it.
  private func submitCoordinator(
    to slurm: SlurmCommands, saying said: inout [String]
  ) throws -> () throws -> Void {
    let folder = launch.launches
    try folder.write(coordinatorBatch.text, to: folder.coordinatorScript)
    // Workers that start before it would take the end of earlier sweeps for that of theirs.
    launch.results.folder.withdrawEnd()
    let job: Int
    do {
      job = try slurm.submit(script: folder.coordinatorScript)
    } catch {
      // Slurm may have taken it all the same: a job without its script ends.
      unlink(folder.coordinatorScript)
      throw error
    }
    try folder.write("\(job)\n", to: folder.coordinatorJob)
    said.append("job \(job): the coordinator")
    return {
      try slurm.cancel(["\(job)"])
      unlink(folder.coordinatorScript)
      try folder.write("", to: folder.coordinatorJob)
      Console.note("job \(job), the coordinator, was ended again: it has no workers")
    }
  }

  private func end() throws {
    let slurm = SlurmCommands()
    let folder = launch.launches
    let lock = try folder.lock()
    defer { withExtendedLifetime(lock) {} }
    let jobs = folder.jobNumbers(in: folder.jobs)
    let coordinators = folder.jobNumbers(in: folder.coordinatorJob)
    let current = try keys.current()
    guard !jobs.isEmpty || !coordinators.isEmpty else {
      // What a launch that failed half-way has left.
      try keys.revoke(current)
      let hasEnded = try access(folder.hosts, F_OK) != 0 && endCoordinator()
      if hasEnded || !current.isEmpty { return }
      throw RuntimeFailure(.wrongInput, "\(folder.path): no jobs have been submitted from here")
    }
    if coordinators.isEmpty { try launch.checkIsHere() }
    if !jobs.isEmpty { try slurm.cancel(jobs) }
    try keys.revoke(current)
    try folder.write("", to: folder.jobs)
    // After its workers, which hand their runs back to it.
    if !coordinators.isEmpty { try slurm.cancel(coordinators) }
    try folder.write("", to: folder.coordinatorJob)
    try Console.print("job \((jobs + coordinators).joined(separator: ", ")): ended")
    if access(folder.hosts, F_OK) != 0 { _ = try endCoordinator() }
  }

  /// Returns whether there was one.
  private func endCoordinator() throws(RuntimeFailure) -> Bool {
    guard try LaunchedCoordinator(options: launch).stop() else { return false }
    Console.note("the coordinator has ended; the same launch goes on with its sweeps")
    return true
  }

  private static func absolute(_ path: String) -> String {
    URL(fileURLWithPath: path).standardizedFileURL.path
  }
}
