import Experiments
import Foundation
import ResultStore
import Testing

extension EndToEndTests {
  /// A node that goes away at a time that is known.
  @Suite struct LeavingTests {
    /// From the start of the worker; it begins to leave a few seconds before.
    private static let stay = 9.0

    @Test(arguments: ["--leave-at", "Slurm"])
    func `a worker that knows its end saves its run in time, and another goes on with it`(
      source: String
    ) throws {
      let workplace = try Workplace()
      try workplace.write(
        SweepText.noop(runs: 2, steps: 400, milliseconds: 40), to: "waiting.yaml")
      let address = "ipc://\(workplace.folder.path)/head"
      let coordinator = try workplace.start("coordinate", "waiting.yaml", "--listen", address)
      _ = try coordinator.waitForLine("listening on")
      var command = [
        "work", "--connect", address, "--slots", "4", "--grace", "2", "--checkpoint-seconds", "1",
        "--spool", "first",
      ]
      var environment: [String: String] = [:]
      if source == "Slurm" {
        environment["SLURM_JOB_END_TIME"] = String(Int(Date().timeIntervalSince1970 + Self.stay))
      } else {
        command += ["--leave-at", "\(Int(Self.stay))s"]
      }
      let first = try workplace.start(command, environment: environment)
      #expect(try first.waitForExit() == 0, "\(first.error)")
      #expect(first.error.contains("the end time is near"))
      let left = try workplace.runs(of: "waiting")
      #expect(
        left.allSatisfy { $0.attempts.count == 1 && $0.attempts[0].outcome == .ended(.withdrawn) })

      let second = try workplace.start(
        "work", "--connect", address, "--slots", "4", "--spool", "second")
      #expect(try coordinator.waitForExit() == 0, "\(coordinator.error)")
      #expect(try second.waitForExit() == 0, "\(second.error)")
      let runs = try workplace.runs(of: "waiting")
      #expect(runs.areAcceptedOnce)
      #expect(runs.allSatisfy { $0.attempts.count == 2 })
      #expect(runs.allSatisfy { ($0.attempts.last?.attempt.startStep ?? 0) > 0 })
    }
  }
}
