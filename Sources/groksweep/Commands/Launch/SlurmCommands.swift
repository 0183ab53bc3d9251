import ClusterRuntime
import Coordination
import Foundation
import Launching

/// Slurm's own commands, and what they say.
struct SlurmCommands {
  private static let limit: Duration = .seconds(60)
  /// Slurm kills what has not ended after its KillWait, 30 s by default.
  private static let endPatience: Duration = .seconds(90)
  private static let cancelInterval: Duration = .seconds(5)

  /// Asks whether Slurm would take a script.
  ///
  /// - Parameter text: the script itself, which need not be in a file yet.
  /// - Throws: `RuntimeFailure` with Slurm's own words.
  func test(script text: String) throws(RuntimeFailure) {
    _ = try carryOut(["sbatch", "--test-only"], input: text)
  }

  /// Submits a script.
  ///
  /// - Parameter script: its file.
  /// - Returns: the job's number.
  /// - Throws: `RuntimeFailure` with Slurm's own words.
  func submit(script: String) throws(RuntimeFailure) -> Int {
    let result = try carryOut(["sbatch", "--parsable", script])
    guard let job = SlurmAnswer.job(in: result.answer) else {
      throw RuntimeFailure(
        .surroundings,
        "sbatch: expected a job's number, found: \(SlurmAnswer.words(of: result.output))")
    }
    return job
  }

  /// Ends jobs and waits until they have.
  ///
  /// - Parameter jobs: their numbers; those that have ended already are passed over.
  /// - Throws: `RuntimeFailure` if Slurm does not answer or they do not end.
  func cancel(_ jobs: [String]) throws(RuntimeFailure) {
    let end = MonotonicClock.now + Self.endPatience
    var next = MonotonicClock.now
    repeat {
      // A job whose time was over may have been queued again at the same moment.
      if MonotonicClock.now >= next {
        _ = try carryOut(["scancel", "--quiet"] + jobs)
        next = MonotonicClock.now + Self.cancelInterval
      }
      guard MonotonicClock.now < end else {
        throw RuntimeFailure(
          .surroundings,
          "the jobs \(jobs.joined(separator: ", ")) have not ended after \(Self.endPatience.components.seconds) s"
        )
      }
      Thread.sleep(forTimeInterval: 0.5)
    } while try states(of: jobs) != nil
  }

  /// How many of some jobs are in which state.
  ///
  /// - Parameter jobs: their numbers.
  /// - Returns: `3 running, 2 pending`; nil if all have ended.
  /// - Throws: `RuntimeFailure` if Slurm does not answer.
  func states(of jobs: [String]) throws(RuntimeFailure) -> String? {
    let result = try run([
      "squeue", "--noheader", "--array", "--format", "%T", "--jobs", jobs.joined(separator: ","),
    ])
    // Warnings on standard error are no jobs.
    if result.status == .exited(0) { return SlurmAnswer.states(in: result.answer) }
    // Slurm forgets a job some minutes after its end.
    if result.output.contains("Invalid job id") { return nil }
    throw failure("squeue", result)
  }

  /// The state of one job.
  ///
  /// - Parameter job: its number.
  /// - Returns: `pending`; nil if it has ended.
  /// - Throws: `RuntimeFailure` if Slurm does not answer.
  func state(of job: String) throws(RuntimeFailure) -> String? {
    guard let states = try states(of: [job]) else { return nil }
    return states.hasPrefix("1 ") && !states.contains(",") ? String(states.dropFirst(2)) : states
  }

  private func carryOut(
    _ command: [String], input: String? = nil
  ) throws(RuntimeFailure) -> ChildCommand.Result {
    let result = try run(command, input: input)
    guard result.status == .exited(0) else { throw failure(command[0], result) }
    return result
  }

  /// Variables of the user's that outrank what a script says, where a launch has said it.
  private static let outranking = [
    "SBATCH_ARRAY_INX", "SBATCH_CLUSTERS", "SBATCH_NO_REQUEUE", "SBATCH_OPEN_MODE", "SBATCH_OUTPUT",
    "SBATCH_REQUEUE", "SBATCH_SIGNAL", "SBATCH_TIMELIMIT", "SBATCH_WAIT", "SLURM_CLUSTERS",
  ]

  private func run(
    _ command: [String], input: String? = nil
  ) throws(RuntimeFailure) -> ChildCommand.Result {
    let environment = ProcessInfo.processInfo.environment.filter { name, _ in
      !Self.outranking.contains(name)
    }
    guard ChildCommand.exists(command[0], environment: environment) else {
      throw RuntimeFailure(
        .surroundings,
        "there is no program \(command[0]) on this machine; launch on a login node of the Slurm cluster"
      )
    }
    return try ChildCommand.run(
      [command], inputs: input.map { [Data($0.utf8)] } ?? [], environment: environment,
      limit: Self.limit)[0]
  }

  private func failure(_ name: String, _ result: ChildCommand.Result) -> RuntimeFailure {
    let said = SlurmAnswer.words(of: result.output)
    // A machine that is no part of a cluster is not the input's fault.
    let isLater = result.ranOutOfTime || SlurmAnswer.isUnreachable(result.output)
    return RuntimeFailure(
      isLater ? .surroundings : .wrongInput, said.hasPrefix("\(name):") ? said : "\(name): \(said)")
  }
}
