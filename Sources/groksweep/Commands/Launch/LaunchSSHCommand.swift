import ArgumentParser
import ClusterRuntime
import Coordination
import Foundation
import Launching

/// `groksweep launch ssh`: one worker a machine, started over ssh.
struct LaunchSSHCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ssh",
    abstract: "Start one worker a machine over ssh.",
    discussion: """
      The list of machines has one a line, as ssh knows it; behind it slots=N and program=PATH, where they differ \
      from the rest. No password is asked for: keys or an agent must let you in. Machines that cannot be reached, that \
      lack groksweep or have another version are named, and the others go on. Typed again, it starts what is missing.

        groksweep launch ssh sweeps/alpha-epsilon.yaml --hosts hosts.txt
        groksweep launch ssh --hosts more.txt        more workers for the coordinator that runs
        groksweep launch ssh --stop                  runs are saved and handed back; all ends

      Exit code 1: some machines have no worker. Their logs are in ~/.local/state/groksweep/launch there.
      """)

  @Argument(help: ArgumentHelp("The sweep files.", valueName: "sweep.yaml"))
  var sweeps: [String] = []

  @Option(help: ArgumentHelp("The list of machines.", valueName: "file"))
  var hosts: String?

  @Flag(help: "End the workers, their keys and the coordinator that launches have started.")
  var stop = false

  @Option(
    name: .customLong("ssh-config"),
    help: ArgumentHelp("Another configuration for ssh than your own.", valueName: "file"))
  var sshConfiguration: String?

  @OptionGroup var launch: LaunchOptions
  @OptionGroup var workers: WorkerOptions

  /// Workers that hear nothing for so long end; the sweep may have, while they were cut off.
  private static let giveUpAfter = 3 * 86_400
  /// Workers that have started join within a second; those behind a wrong address never.
  private static let joinPatience: Duration = .seconds(8)
  /// The engine's name, and what those of its keys begin with.
  private static let name = "ssh"

  func validate() throws {
    if stop {
      guard sweeps.isEmpty, hosts == nil else {
        throw ValidationError("--stop: expected neither sweeps nor --hosts with it")
      }
    } else {
      guard hosts != nil else {
        throw ValidationError("expected --hosts FILE, the list of machines, or --stop")
      }
    }
  }

  func run() throws {
    let signals = try SignalInbox()
    let failures = try signals.interruptibly({}) { try stop ? end() : begin() }
    if failures > 0 { throw ExitCode.someRunsFailed }
  }

  /// Returns how many machines have no worker.
  private func begin() throws -> Int {
    let list = try hostList(hosts ?? "")
    if !list.hosts.allSatisfy(\.isThisMachine) { try launch.checkListensForOthers() }
    let connection = try connection()
    let coordinator = LaunchedCoordinator(options: launch)
    let sweeps = try coordinator.load(sweeps)
    let folder = launch.launches
    try folder.make()
    let lock = try folder.lock()
    defer { withExtendedLifetime(lock) {} }
    let keys = launch.keys(of: Self.name)
    let key = try keys.make()
    let (isNew, scripts, before): (Bool, [String], HostList)
    do {
      isNew = try coordinator.reach(with: sweeps)
      scripts = try startScripts(on: list.hosts, key: key)
      // All of them, before one is started: should this be interrupted, --stop knows where to look.
      before = try recorded()
      try folder.write(before.merged(with: list.hosts).text, to: folder.hosts)
    } catch {
      keys.withdraw(key)
      throw error
    }
    let joinedBefore = joinedWorkers()
    var lacking: Set<String> = []
    var failures = 0
    var processes: Set<Int> = []
    var newWorkers = 0
    var (isKeyInUse, isKeyUnused) = (false, true)
    do {
      try connection.run(scripts, on: list.hosts) { host, outcome in
        switch outcome {
        case .answered(.started(let process, let detail, let isReplacement)):
          isKeyInUse = true
          processes.insert(process)
          if !isReplacement { newWorkers += 1 }
          try Console.print("\(host): \(detail.isEmpty ? "a worker has been started" : detail)")
        case .answered(.running(let process)):
          processes.insert(process)
          try Console.print("\(host): a worker runs there already (process \(process))")
        case let outcome:
          failures += 1
          if outcome.mayHaveStarted { isKeyInUse = true } else { lacking.insert(host.description) }
          if !outcome.isAnswer { isKeyUnused = false }
          Console.error("\(host): \(problem(outcome, host))")
        }
      }
    } catch {
      // Nobody reads what is printed; the machines stay in the list.
      if !isKeyInUse { keys.end(key) }
      throw error
    }
    if !isKeyInUse { isKeyUnused ? keys.withdraw(key) : keys.end(key) }
    // A machine that had a worker before, and is out of reach now, may have it still.
    lacking.subtract(before.hosts.map(\.description))
    let remaining = list.hosts.filter { !lacking.contains($0.description) }
    try folder.write(before.merged(with: remaining).text, to: folder.hosts)
    let count = list.hosts.count - failures
    let tally = "\(count) of \(list.hosts.count) machines have a worker"
    if count == 0, isNew, !folder.hasWorkers {
      Console.note(tally)
      try coordinator.stopWithoutWorkers()
      return failures
    }
    Console.note(
      "\(tally); groksweep status says how far, groksweep launch ssh --stop ends them")
    // A machine under two names has one worker, and those of other launches may be away.
    if count > 0 { try waitForWorkers(max(processes.count, joinedBefore + newWorkers)) }
    return failures
  }

  /// What starts a worker on each machine.
  private func startScripts(
    on hosts: [LaunchHost], key: KeyName
  ) throws(RuntimeFailure) -> [String] {
    let keys = launch.keys(of: Self.name)
    let line = try JoinSource.line(launch.results.folder.joinFile, from: "the coordinator")
    let letIn = try keys.current().map(\.key.text)
    let keyText = try KeyFile(path: keys.folder.file(of: key)).text
    return hosts.map { host in
      RemoteWorker(
        launch: Self.remoteName(of: line), join: line, key: keyText, letIn: letIn,
        version: "groksweep \(softwareVersion)",
        programs: host.program.map { [$0] } ?? launch.programs,
        options: workers.words(slots: host.slots, giveUpAfter: Self.giveUpAfter)
      ).startScript
    }
  }

  /// How many workers the coordinator knows before others are started; none where it does not say.
  private func joinedWorkers() -> Int {
    do {
      let connection = try CoordinatorConnection.parse(["--results=\(launch.results.folder.path)"])
      guard case .status(let status) = try connection.ask(.status, patience: .seconds(5)) else {
        return 0
      }
      return status.workers
    } catch {
      // A short sweep may have ended by now.
      return 0
    }
  }

  /// Says how many workers the coordinator knows, once so many have joined or some seconds are over.
  private func waitForWorkers(_ count: Int) throws {
    let connection = try CoordinatorConnection.parse(["--results=\(launch.results.folder.path)"])
    let end = MonotonicClock.now + Self.joinPatience
    var joined = 0
    while joined < count, MonotonicClock.now < end {
      do throws(RuntimeFailure) {
        // A short sweep may have ended by now.
        guard try connection.isThere() else { return }
        if case .status(let status) = try connection.ask(.status, patience: .seconds(5)) {
          joined = status.workers
        }
      } catch {
        Console.note("how many workers have joined is not known: \(error)")
        return
      }
      Thread.sleep(forTimeInterval: 0.2)
    }
    let late = joined < count ? " so far; logs of the others say why not" : ""
    Console.note("\(joined) worker\(joined == 1 ? " has" : "s have") joined the coordinator\(late)")
  }

  private func problem(_ outcome: SSHConnections.Outcome, _ host: LaunchHost) -> String {
    outcome.problem(wanting: softwareVersion, at: host.program ?? launch.program)
  }

  /// Returns how many machines may have a worker still.
  private func end() throws -> Int {
    let folder = launch.launches
    let lock = try folder.lock()
    defer { withExtendedLifetime(lock) {} }
    let list = try recorded()
    let keys = launch.keys(of: Self.name)
    let current = try keys.current()
    guard !list.hosts.isEmpty else {
      // What a launch that failed half-way has left.
      try keys.revoke(current)
      let hasEnded = try access(folder.jobs, F_OK) != 0 && endCoordinator()
      if hasEnded || !current.isEmpty { return 0 }
      throw RuntimeFailure(
        .wrongInput, "\(folder.path): no workers have been started over ssh from here")
    }
    try launch.checkIsHere()
    let line = try JoinSource.line(launch.results.folder.joinFile, from: "the coordinator")
    let script = RemoteWorker.stopScript(launch: Self.remoteName(of: line))
    var left: [LaunchHost] = []
    try connection().run(list.hosts.map { _ in script }, on: list.hosts) { host, outcome in
      switch outcome {
      case .answered(.stopped): try Console.print("\(host): the worker has ended")
      case .answered(.gone): try Console.print("\(host): no worker runs there")
      case .answered(.killed):
        try Console.print("\(host): the worker did not end in 20 s and was killed")
      case let outcome:
        left.append(host)
        Console.error("\(host): \(problem(outcome, host)); its worker may go on")
      }
    }
    try keys.revoke(current)
    try folder.write(HostList(left).text, to: folder.hosts)
    if access(folder.jobs, F_OK) != 0 { _ = try endCoordinator() }
    return left.count
  }

  /// Returns whether there was one.
  private func endCoordinator() throws(RuntimeFailure) -> Bool {
    guard try LaunchedCoordinator(options: launch).stop() else { return false }
    Console.note("the coordinator has ended; the same launch goes on with its sweeps")
    return true
  }

  /// What a launch is called on other machines, where other coordinators may have launched as well.
  private static func remoteName(of line: JoinLine) -> String {
    "\(name)-\(line.coordinatorName)"
  }

  /// The machines that may have a worker of this launch.
  private func recorded() throws(RuntimeFailure) -> HostList {
    let folder = launch.launches
    guard let text = folder.text(of: folder.hosts) else { return HostList([]) }
    return try parse(text, file: folder.hosts)
  }

  private func connection() throws(RuntimeFailure) -> SSHConnections {
    let connection = SSHConnections(configuration: sshConfiguration)
    try connection.check()
    return connection
  }

  private func hostList(_ path: String) throws(RuntimeFailure) -> HostList {
    let text: String
    do throws(RuntimeFailure) {
      text = try Folders.text(of: path)
    } catch {
      throw RuntimeFailure(
        .wrongInput, "--hosts: expected a file with a machine a line; \(error)")
    }
    return try parse(text, file: path)
  }

  private func parse(_ text: String, file: String) throws(RuntimeFailure) -> HostList {
    do throws(LaunchTextError) {
      return try HostList(parsing: text)
    } catch {
      throw RuntimeFailure(.wrongInput, "\(file):\(error.line == nil ? " " : "")\(error)")
    }
  }
}
