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
      The coordinator runs on this machine, which the nodes must reach, and the results folder must be one that they \
      see. Each job of the array is a worker on a node; it saves its runs and hands them back before its time ends, and is \
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

  @Option(help: ArgumentHelp("Workers, each on a node of its own.", valueName: "number"))
  var nodes: Int?

  @Option(
    help: ArgumentHelp("Cores of each worker; one trainer runs on each.", valueName: "number"))
  var cpus: Int?

  @Option(
    help: ArgumentHelp(
      "How long a job may take, as sbatch takes it: 30, 8:00:00, 2-0.", valueName: "time"))
  var time: String?

  @Flag(name: .customLong("dry-run"), help: "Print the batch script; start and submit nothing.")
  var dryRun = false

  @Flag(help: "End the jobs, their key and the coordinator that a launch has started.")
  var stop = false

  @OptionGroup var launch: LaunchOptions
  @OptionGroup var workers: LaunchedWorkerOptions

  /// Cores are others' as well: a worker without a coordinator lets go of them.
  private static let giveUpAfter = 3600
  /// The launch's name and that of its key.
  private static let name = "slurm"

  private var sweeps: [String] { words.prefix { !$0.hasPrefix("-") }.map { $0 } }
  private var options: [String] { Array(words.dropFirst(sweeps.count)) }

  func validate() throws {
    if stop {
      guard words.isEmpty, nodes == nil, cpus == nil, time == nil, !dryRun else {
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
    for word in options + [time] where word.contains(where: \.isNewline) {
      throw ValidationError("expected options of sbatch without line breaks")
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

  private var batch: SlurmBatch {
    let folder = Self.absolute(launch.launches.path)
    return SlurmBatch(
      name: "groksweep", nodes: nodes ?? 1, cpus: cpus ?? 1, time: time ?? "", options: options,
      program: launch.program ?? Executable.path,
      joinFile: Self.absolute(launch.results.folder.joinFile),
      keyFile: Self.absolute("\(launch.results.folder.keys)/\(Self.name).key"),
      logFolder: folder, workerOptions: workers.words(giveUpAfter: Self.giveUpAfter))
  }

  private func begin() throws {
    if dryRun { return try Console.write(batch.text) }
    let slurm = SlurmCommands()
    let folder = launch.launches
    try folder.make()
    try folder.write(batch.text, to: folder.batchScript)
    // What Slurm refuses is known before a coordinator waits for workers that never come.
    try slurm.test(script: folder.batchScript)
    let coordinator = LaunchedCoordinator(options: launch)
    _ = try coordinator.reach(with: sweeps, for: Self.name)
    let job = try slurm.submit(script: folder.batchScript)
    try folder.write((folder.text(of: folder.jobs) ?? "") + "\(job)\n", to: folder.jobs)
    try Console.print("job \(job): \(nodes ?? 1) workers of \(cpus ?? 1) trainers")
    Console.note(
      "groksweep status says how far, groksweep launch slurm --stop ends them; logs: \(folder.path)/slurm-*.log"
    )
  }

  private func end() throws {
    let folder = launch.launches
    let jobs = folder.jobNumbers
    guard !jobs.isEmpty else {
      throw RuntimeFailure(.wrongInput, "\(folder.path): no jobs have been submitted from here")
    }
    try SlurmCommands().cancel(jobs)
    try folder.write("", to: folder.jobs)
    try Console.print("job \(jobs.joined(separator: ", ")): ended")
    // After they have handed back their runs: messages of a revoked key are dropped.
    let keys = KeyFolder(path: launch.results.folder.keys)
    if let name = KeyName(Self.name), try keys.list()[name] != nil, try keys.revoke(name) {
      Console.note("the key \(name) is let in no more")
    }
    if access(folder.hosts, F_OK) != 0, try LaunchedCoordinator(options: launch).stop() {
      Console.note("the coordinator has ended; the same launch goes on with its sweeps")
    }
  }

  private static func absolute(_ path: String) -> String {
    URL(fileURLWithPath: path).standardizedFileURL.path
  }
}
