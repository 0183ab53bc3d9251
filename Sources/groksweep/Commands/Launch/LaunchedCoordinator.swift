import ArgumentParser
import ClusterRuntime
import Coordination
import Experiments
import Foundation
import Launching

/// The coordinator of a launch: one that runs on the results folder, or one that is started here.
struct LaunchedCoordinator {
  let options: LaunchOptions

  private var results: ResultsFolder { options.results.folder }
  private var folder: LaunchFolder { options.launches }

  /// How long a coordinator may take to read its sweeps and listen; many runs take some seconds.
  private static let patience: Duration = .seconds(120)
  /// How long one that was told to end may take.
  private static let endPatience: Duration = .seconds(30)

  /// Sweep files that have been read, before anything is made.
  struct Sweeps {
    var paths: [String]
    fileprivate var loaded: [LoadedSweep]
  }

  /// Reads the sweep files of a launch.
  ///
  /// - Parameters:
  ///   - paths: the files; may be empty if there is a coordinator.
  ///   - mayWait: whether there is one that has not begun yet.
  /// - Returns: the sweeps.
  /// - Throws: a sentence, if one is wrong or there is nothing that workers could be for.
  func load(_ paths: [String], mayWait: Bool = false) throws -> Sweeps {
    let loaded = try LoadedSweep.load(paths, overrides: options.overrides.overrides)
    if paths.isEmpty, !mayWait, try results.announced() == nil { throw nothingToDo }
    return Sweeps(paths: paths, loaded: loaded)
  }

  private var nothingToDo: RuntimeFailure {
    RuntimeFailure(
      .wrongInput,
      "expected a sweep file: no coordinator runs on \(results.path) that workers could be for")
  }

  /// Gives the sweeps to the coordinator of the results folder, starting one if none runs; a key must have been made, and the
  /// folder be locked.
  ///
  /// - Parameter sweeps: what it is to have run.
  /// - Returns: whether it was started now.
  /// - Throws: a sentence.
  func reach(with sweeps: Sweeps) throws -> Bool {
    let isRunning = try results.announced() != nil
    if isRunning {
      let connection = try CoordinatorConnection.parse(["--results=\(results.path)"])
      try checkServesOthers()
      for (path, sweep) in zip(sweeps.paths, sweeps.loaded) {
        try connection.carryOut(
          .submit(try sweep.submitted(from: path, overrides: options.overrides.overrides)),
          about: ["sweep": [sweep.sweep.name]], json: false)
      }
    } else {
      // The one that was there when they were read may have ended since.
      guard !sweeps.paths.isEmpty else { throw nothingToDo }
      try start(sweeps.paths)
      Console.note("a coordinator runs here; its log is \(folder.coordinatorLog)")
    }
    return !isRunning
  }

  /// Whether a coordinator runs on this machine for the results folder.
  func runsHere() throws(RuntimeFailure) -> Bool { try results.announced()?.isHere ?? false }

  /// What follows `groksweep coordinate`.
  func words(sweeps: [String], results: String, keys: String, listen: String) -> [String] {
    sweeps + ["--results", results, "--keys", keys, "--listen", listen]
      + options.advertised.flatMap { ["--advertise", $0] }
      + options.overrides.overrides.flatMap { ["--set", $0] }
  }

  /// A coordinator of `groksweep run` serves this machine alone.
  private func checkServesOthers() throws(RuntimeFailure) {
    guard let announced = try results.announced() else { return }
    let line: JoinLine? =
      access(results.joinFile, F_OK) == 0
      ? try JoinSource.line(results.joinFile, from: "the coordinator") : nil
    let endpoint = announced.endpoint
    let publicKey = try announced.keys?.coordinator().pair.publicKey.bytes
    guard endpoint.address.hasPrefix("tcp://"), let publicKey, line?.publicKey == publicKey else {
      throw RuntimeFailure(
        .wrongInput,
        "\(results.path): the coordinator that runs on this folder (\(endpoint)) lets no workers of other "
          + "machines in; end it, and launch again")
    }
  }

  private func start(_ sweeps: [String]) throws {
    let words =
      [Executable.path, "coordinate"]
      + self.words(
        sweeps: sweeps, results: results.path, keys: results.keys, listen: try listen())
    try waitForFormer()
    unlink(folder.coordinatorProcess)
    let script = #"echo "$$" >"$1"; log=$0; shift; exec "$@" >>"$log" 2>&1 </dev/null"#
    let result = try ChildCommand.run(
      [
        "setsid", "--fork", "/bin/sh", "-c", script, folder.coordinatorLog,
        folder.coordinatorProcess,
      ] + words, environment: ProcessInfo.processInfo.environment, limit: .seconds(20))
    guard result.status == .exited(0) else {
      throw RuntimeFailure(
        .surroundings, "the coordinator could not be started: \(result.output)")
    }
    let end = MonotonicClock.now + Self.patience
    while MonotonicClock.now < end {
      if try results.announced() != nil { return }
      if let process, ProcessState.hasEnded(process) { throw ended() }
      Thread.sleep(forTimeInterval: 0.1)
    }
    throw RuntimeFailure(
      .surroundings,
      "the coordinator does not listen after \(Self.patience.components.seconds) s; see \(folder.coordinatorLog)"
    )
  }

  /// A coordinator whose sweeps have just ended draws their maps still, and holds the store.
  private func waitForFormer() throws(RuntimeFailure) {
    guard let process, Self.isCoordinator(process) else { return }
    let end = MonotonicClock.now + Self.patience
    while Self.isCoordinator(process) {
      guard MonotonicClock.now < end else {
        throw RuntimeFailure(
          .surroundings,
          "the coordinator of an earlier launch (process \(process)) is ending, and has not after "
            + "\(Self.patience.components.seconds) s; see \(folder.coordinatorLog)")
      }
      Thread.sleep(forTimeInterval: 0.1)
    }
  }

  private static func isCoordinator(_ process: pid_t) -> Bool {
    ProcessState.runs(Int(process), as: ["coordinate"])
  }

  private func ended() -> RuntimeFailure {
    let lines = (folder.text(of: folder.coordinatorLog) ?? "").split(separator: "\n")
    let start = "groksweep: "
    // What follows its reason may be a remark on it.
    let last =
      (lines.last { $0.hasPrefix(start) } ?? lines.last).map(String.init) ?? "it said nothing"
    return RuntimeFailure(
      .surroundings,
      "the coordinator has ended: \(last.hasPrefix(start) ? String(last.dropFirst(start.count)) : last)"
    )
  }

  /// Workers of an earlier launch that still run look for the coordinator where it was.
  private func listen() throws(RuntimeFailure) -> String {
    if let listen = options.listen { return listen }
    guard folder.hasWorkers, access(results.joinFile, F_OK) == 0 else { return "tcp://*:*" }
    do throws(RuntimeFailure) {
      let line = try JoinSource.line(results.joinFile, from: "the coordinator")
      return "tcp://*:\(line.addresses[0].port)"
    } catch {
      throw RuntimeFailure(
        .wrongInput,
        "\(error); it says at which port workers of an earlier launch look for the coordinator: --listen says it "
          + "instead, as in tcp://*:5555")
    }
  }

  /// The process that a launch has started, if its number is known.
  private var process: pid_t? {
    folder.text(of: folder.coordinatorProcess)
      .flatMap { pid_t($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
  }

  /// Ends the coordinator of a launch for which no worker could be started.
  func stopWithoutWorkers() throws(RuntimeFailure) {
    guard try stop() else { return }
    Console.note("the coordinator that was started has ended again: it has no workers")
  }

  /// Ends the coordinator that a launch has started; one that somebody else has started goes on.
  ///
  /// - Returns: whether there was one.
  /// - Throws: `RuntimeFailure` if it does not end.
  func stop() throws(RuntimeFailure) -> Bool {
    guard let process, Self.isCoordinator(process) else { return false }
    // One that is of another number and runs is that of the results folder; one that has not listened yet is
    // not announced.
    if let announced = try results.announcedProcess(), announced != process,
      !ProcessState.hasEnded(announced)
    {
      return false
    }
    kill(process, SIGTERM)
    let end = MonotonicClock.now + Self.endPatience
    while MonotonicClock.now < end {
      if ProcessState.hasEnded(process) {
        unlink(folder.coordinatorProcess)
        return true
      }
      Thread.sleep(forTimeInterval: 0.1)
    }
    throw RuntimeFailure(
      .surroundings,
      "the coordinator (process \(process)) does not end; see \(folder.coordinatorLog)")
  }
}
