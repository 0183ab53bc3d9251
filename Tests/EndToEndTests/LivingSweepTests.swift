import Experiments
import Foundation
import ResultStore
import Testing

extension EndToEndTests {
  /// A coordinator that is told what to do while it runs.
  @Suite(.serialized) struct LivingSweepTests {
    /// A coordinator without a sweep, and the address at which it listens.
    private func coordinator(
      in workplace: Workplace, _ arguments: String...
    ) throws -> (program: RunningProgram, address: String) {
      let program = try workplace.start(
        ["coordinate", "--listen", "tcp://127.0.0.1:*", "--stay", "--lease-seconds", "3"]
          + arguments)
      let line = try program.waitForLine("listening on ")
      let address = line.split(separator: " ").first { $0.hasPrefix("tcp://") } ?? ""
      return (program, String(address.prefix { $0 != ";" }))
    }

    private func worker(
      in workplace: Workplace, at address: String, slots: Int = 2
    ) throws -> RunningProgram {
      try workplace.start(
        "work", "--connect", address, "--slots", "\(slots)", "--spool", "spool", "--grace", "1")
    }

    private func status(_ workplace: Workplace) throws -> [String: Any] {
      let program = try workplace.run("status", "--json")
      #expect(program.exitCode == 0, "\(program.error)")
      let object = try JSONSerialization.jsonObject(with: Data(program.output.utf8))
      return object as? [String: Any] ?? [:]
    }

    private func sweep(_ name: String, in status: [String: Any]) -> [String: Any] {
      let sweeps = status["sweeps"] as? [[String: Any]] ?? []
      return sweeps.first { $0["name"] as? String == name } ?? [:]
    }

    @Test func `what was turned away is counted in the status`() throws {
      let workplace = try Workplace()
      let (program, address) = try coordinator(in: workplace)
      let port = try #require(address.split(separator: ":").last.flatMap { UInt16($0) })
      let stranger = try #require(Stranger(port: port))
      stranger.say(Array("GET / HTTP/1.1\r\n\r\n".utf8))
      let refused = try wait(for: "a count of what was refused") {
        let counts = try status(workplace)["refused"] as? [String: Int] ?? [:]
        return counts.isEmpty ? nil : counts
      }
      #expect(refused == ["no message": 1])
      #expect(try workplace.run("status").output.contains("refused: 1 × no message"))
      program.signal(SIGTERM)
      _ = try program.waitForExit()
    }

    @Test(arguments: [SIGKILL, SIGTERM])
    func `what was submitted is gone on with by the coordinator's own command, typed again`(
      number: Int32
    ) throws {
      let workplace = try Workplace()
      try workplace.write(SweepText.noop(runs: 2), to: "waiting.yaml")
      let (first, _) = try coordinator(in: workplace, "waiting.yaml")
      let submitted = try workplace.run(
        "submit", "waiting.yaml", "--set", "y=0..2", "--set", "priority=5")
      #expect(submitted.exitCode == 0, "\(submitted.error)")
      #expect(submitted.output.contains("grows from 4 to 6 runs"), "\(submitted.output)")
      first.signal(number)
      _ = try first.waitForExit()
      let (second, address) = try coordinator(in: workplace, "waiting.yaml")
      #expect(
        second.error.contains("waiting: gone on with as it was submitted last, with 6 runs"),
        "\(second.error)")
      #expect(sweep("waiting", in: try status(workplace))["priority"] as? Int == 5)
      let worker = try worker(in: workplace, at: address)
      _ = try wait(for: "the end of the sweep") {
        sweep("waiting", in: try status(workplace))["done"] as? Int == 6 ? true : nil
      }
      worker.signal(SIGTERM)
      _ = try worker.waitForExit()
    }

    @Test func `a sweep is submitted, grows, and goes on after the coordinator was killed`() throws
    {
      let workplace = try Workplace()
      try workplace.write(SweepText.noop(runs: 4, milliseconds: 2), to: "waiting.yaml")
      let (first, address) = try coordinator(in: workplace)
      let submitted = try workplace.run("submit", "waiting.yaml")
      #expect(submitted.exitCode == 0, "\(submitted.error)")
      #expect(submitted.output == "waiting: 8 runs, 0 with a result, 8 to compute\n")
      let again = try workplace.run("submit", "waiting.yaml")
      #expect(again.output == submitted.output)
      let counted = try workplace.run("submit", "waiting.yaml", "--json")
      #expect(
        counted.output
          == #"{"cancelled":0,"failed":0,"finished":0,"message":"waiting: 8 runs, 0 with a result, 8 to compute","open":8,"runs":8,"sweep":"waiting"}"#
          + "\n"
      )
      let worker = try worker(in: workplace, at: address)
      _ = try wait(for: "the end of the sweep") {
        sweep("waiting", in: try status(workplace))["done"] as? Int == 8 ? true : nil
      }
      try workplace.write(SweepText.noop(runs: 30, milliseconds: 2), to: "waiting.yaml")
      let extended = try workplace.run("submit", "waiting.yaml")
      #expect(
        extended.output
          == "waiting: 60 runs, 8 with a result, 52 to compute; the stored sweep grows from 8 to 60 runs\n"
      )
      first.signal(SIGKILL)
      _ = try first.waitForExit()
      worker.signal(SIGKILL)
      let (second, newAddress) = try coordinator(in: workplace)
      _ = try second.waitForLine("waiting was submitted before")
      _ = try self.worker(in: workplace, at: newAddress)
      _ = try wait(for: "the end of the larger sweep") {
        sweep("waiting", in: try status(workplace))["done"] as? Int == 60 ? true : nil
      }
      #expect(try workplace.runs(of: "waiting").areAcceptedOnce)
      second.signal(SIGINT)
      #expect(try second.waitForExit() == 130)
    }

    @Test func `of a sweep whose part was submitted a restart goes on with that part`() throws {
      let workplace = try Workplace()
      try workplace.write(SweepText.noop(runs: 4), to: "waiting.yaml")
      let (first, _) = try coordinator(in: workplace, "waiting.yaml")
      first.signal(SIGTERM)
      _ = try first.waitForExit()
      let (second, _) = try coordinator(in: workplace)
      for part in ["y=[0]", "y=[1]"] {
        let submitted = try workplace.run(
          "submit", "waiting.yaml", "--set", "x=1..2", "--set", part, "--set", "priority=3")
        #expect(submitted.output.contains("2 runs of the stored sweep are chosen"), "\(submitted)")
      }
      second.signal(SIGKILL)
      _ = try second.waitForExit()
      let (third, address) = try coordinator(in: workplace)
      _ = try third.waitForLine("waiting was submitted before")
      #expect(sweep("waiting", in: try status(workplace))["priority"] as? Int == 3)
      let worker = try worker(in: workplace, at: address)
      _ = try wait(for: "the end of the parts") {
        sweep("waiting", in: try status(workplace))["done"] as? Int == 4 ? true : nil
      }
      #expect(sweep("waiting", in: try status(workplace))["waiting"] as? Int == 0)
      third.signal(SIGTERM)
      _ = try third.waitForExit()
      // What is done is not gone on with.
      let (fourth, _) = try coordinator(in: workplace)
      #expect(!fourth.error.contains("was submitted before"))
      #expect(try workplace.runs(of: "waiting").count { $0.status == .finished } == 4)
      worker.signal(SIGTERM)
      _ = try worker.waitForExit()
    }

    @Test
    func `parts that were submitted come on top of what a command names, and of that sweep alone`()
      throws
    {
      let workplace = try Workplace()
      try workplace.write(SweepText.noop(runs: 4), to: "waiting.yaml")
      let (whole, _) = try coordinator(in: workplace, "waiting.yaml")
      whole.signal(SIGTERM)
      _ = try whole.waitForExit()
      let (part, _) = try coordinator(in: workplace, "waiting.yaml", "--set", "x=1..2")
      _ = try workplace.run("submit", "waiting.yaml", "--set", "x=[4]")
      #expect(sweep("waiting", in: try status(workplace))["total"] as? Int == 6)
      part.signal(SIGKILL)
      _ = try part.waitForExit()
      let (again, _) = try coordinator(in: workplace, "waiting.yaml", "--set", "x=1..2")
      #expect(sweep("waiting", in: try status(workplace))["total"] as? Int == 6)
      again.signal(SIGTERM)
      _ = try again.waitForExit()
      // Another sweep of that name has no such parts.
      let (other, _) = try coordinator(
        in: workplace, "waiting.yaml", "--set", "parameters.steps=50")
      other.signal(SIGTERM)
      _ = try other.waitForExit()
      let (last, _) = try coordinator(in: workplace)
      #expect(sweep("waiting", in: try status(workplace))["total"] as? Int == 8)
      #expect(try workplace.runs(of: "waiting").count == 8)
      last.signal(SIGTERM)
      _ = try last.waitForExit()
    }

    @Test func `results for a folder that is gone are not acknowledged`() throws {
      let workplace = try Workplace()
      try workplace.write(SweepText.noop(runs: 2, steps: 200, milliseconds: 10), to: "waiting.yaml")
      let (coordinator, address) = try coordinator(in: workplace, "waiting.yaml")
      let worker = try worker(in: workplace, at: address)
      _ = try workplace.waitForRuns(of: "waiting", "runs under way") { $0.begun == 2 }
      try FileManager.default.removeItem(at: workplace.folder.appendingPathComponent("results"))
      #expect(try coordinator.waitForExit() == 3)
      #expect(
        coordinator.error.contains("removed or replaced while this process worked on it"),
        "\(coordinator.error)")
      worker.signal(SIGTERM)
      _ = try worker.waitForExit()
    }

    @Test func `a socket takes no file's place, nor that of another coordinator`() throws {
      let workplace = try Workplace()
      try workplace.write("mine", to: "file")
      let file = "ipc://\(workplace.folder.path)/file"
      let refused = try workplace.run("coordinate", "--stay", "--listen", file)
      #expect(refused.exitCode == 2, "\(refused.error)")
      #expect(refused.error.contains("expected the path of a socket"))
      #expect(try workplace.contents("file") == "mine")
      let address = "ipc://\(workplace.folder.path)/head"
      let first = try workplace.start("coordinate", "--stay", "--listen", address)
      _ = try first.waitForLine("listening on ")
      let second = try workplace.run(
        "coordinate", "--stay", "--listen", address, "--results", "others")
      #expect(second.exitCode == 3, "\(second.error)")
      #expect(second.error.contains("address already in use"))
      #expect(try workplace.run("status", "--healthy").exitCode == 0)
      first.signal(SIGKILL)
      _ = try first.waitForExit()
      let third = try workplace.start("coordinate", "--stay", "--listen", address)
      _ = try third.waitForLine("listening on ")
    }

    @Test func `a cancelled sweep stays cancelled over a restart until it is submitted again`()
      throws
    {
      let workplace = try Workplace()
      try workplace.write(SweepText.noop(runs: 20, milliseconds: 20), to: "waiting.yaml")
      let (first, address) = try coordinator(in: workplace, "waiting.yaml")
      _ = try worker(in: workplace, at: address)
      _ = try workplace.waitForRuns(of: "waiting", "a result") { $0.finished > 0 }
      let cancelled = try workplace.run("cancel", "waiting")
      #expect(cancelled.exitCode == 0, "\(cancelled.error)")
      #expect(cancelled.output.hasPrefix("waiting is cancelled: "))
      #expect(try workplace.run("cancel", "waiting").output == "waiting is cancelled already\n")
      let counts = sweep("waiting", in: try status(workplace))
      #expect(counts["waiting"] as? Int == 0 && counts["running"] as? Int == 0)
      first.signal(SIGKILL)
      _ = try first.waitForExit()
      let offline = try workplace.run("status")
      #expect(offline.output.contains("cancelled"))
      let left = try workplace.runs(of: "waiting").first { $0.status == .open }
      let shown = try workplace.run("show", try #require(left?.key.hexadecimal))
      #expect(shown.output.contains("  cancelled\n"), "\(shown.output)")
      #expect(offline.output.contains("no coordinator is running"))
      let (second, _) = try coordinator(in: workplace, "waiting.yaml")
      _ = try second.waitForLine("waiting was cancelled")
      #expect(sweep("waiting", in: try status(workplace))["is_cancelled"] as? Bool == true)
      let part = try workplace.run("submit", "waiting.yaml", "--set", "y=0")
      #expect(part.exitCode == 0, "\(part.error)")
      let taken = sweep("waiting", in: try status(workplace))
      #expect(taken["is_cancelled"] as? Bool == false)
      #expect((taken["cancelled"] as? Int ?? 0) > 0, "\(taken)")
      second.signal(SIGKILL)
      _ = try second.waitForExit()
      #expect(
        sweep("waiting", in: try status(workplace))["cancelled"] as? Int == taken["cancelled"]
          as? Int)
      let (third, _) = try coordinator(in: workplace)
      let restored = sweep("waiting", in: try status(workplace))
      for count in ["total", "done", "waiting", "cancelled"] {
        #expect(restored[count] as? Int == taken[count] as? Int, "\(count)")
      }
      let back = try workplace.run("submit", "waiting.yaml")
      #expect(back.exitCode == 0, "\(back.error)")
      #expect(sweep("waiting", in: try status(workplace))["cancelled"] as? Int == 0)
      #expect(try workplace.run("cancel", "waiting").exitCode == 0)
      third.signal(SIGKILL)
      _ = try third.waitForExit()
      let (fourth, _) = try coordinator(in: workplace)
      #expect(try workplace.run("cancel", "waiting").output == "waiting is cancelled already\n")
      #expect(sweep("waiting", in: try status(workplace))["is_cancelled"] as? Bool == true)
      fourth.signal(SIGTERM)
      _ = try fourth.waitForExit()
    }

    @Test func `a worker is listed, drained, and leaves with its runs done`() throws {
      let workplace = try Workplace()
      try workplace.write(SweepText.noop(runs: 100, milliseconds: 5), to: "waiting.yaml")
      let (_, address) = try coordinator(in: workplace, "waiting.yaml")
      let worker = try worker(in: workplace, at: address)
      _ = try workplace.waitForRuns(of: "waiting", "a result") { $0.finished > 0 }
      let listed = try workplace.run("workers", "--json")
      let objects =
        try JSONSerialization.jsonObject(with: Data(listed.output.utf8)) as? [[String: Any]]
      let host = try #require(objects?.first?["host"] as? String)
      #expect(objects?.first?["slots"] as? Int == 2)
      let drained = try workplace.run("drain", host)
      #expect(drained.exitCode == 0, "\(drained.error)")
      #expect(try worker.waitForExit() == 0)
      let runs = try workplace.runs(of: "waiting")
      #expect(runs.allSatisfy { $0.attempts.allSatisfy { $0.outcome != .ended(.lost) } })
    }

    @Test func `a command without a coordinator, or about what is not there, says so`() throws {
      let workplace = try Workplace()
      let alone = try workplace.run("cancel", "waiting")
      #expect(alone.exitCode == 3)
      #expect(alone.error.hasPrefix("groksweep: no coordinator runs on results"))
      _ = try coordinator(in: workplace)
      let unknown = try workplace.run("cancel", "waiting")
      #expect(unknown.exitCode == 2)
      #expect(unknown.error == "groksweep: the coordinator knows no sweep \"waiting\"\n")
      try workplace.write("name: [", to: "broken.yaml")
      #expect(try workplace.run("submit", "broken.yaml").exitCode == 2)
      #expect(try workplace.run("retry").exitCode == 2)
    }

    @Test func `what has failed is known after a restart, and the user's command was run`() throws {
      let workplace = try Workplace()
      let failing = SweepText.noop("failing", runs: 2, steps: 3, milliseconds: 1)
        .replacingOccurrences(of: "milliseconds: 1}", with: "milliseconds: 1, behaviour: fail}")
      try workplace.write(failing, to: "failing.yaml")
      try workplace.write(SweepText.noop("grid", runs: 3), to: "grid.yaml")
      let (first, address) = try coordinator(
        in: workplace, "--when-done", "echo $GROKSWEEP_FAILED >> ends", "--retries", "0")
      _ = try workplace.run("submit", "grid.yaml")
      let replaced = try workplace.run("submit", "grid.yaml", "--set", "y=2,3")
      #expect(replaced.output.contains("this takes the place of the stored sweep of that name"))
      _ = try workplace.run("cancel", "grid")
      let worker = try worker(in: workplace, at: address)
      _ = try workplace.run("submit", "failing.yaml")
      let ends = try wait(for: "the user's command") {
        // Before, it ran once nothing was left of the cancelled sweep.
        let ends = workplace.exists("ends") ? try workplace.contents("ends") : ""
        return ends.hasSuffix("4\n") ? ends : nil
      }
      #expect(ends == "0\n4\n")
      kill(first.processIdentifier, SIGKILL)
      _ = try first.waitForExit()
      let second = try workplace.start(
        ["coordinate", "--listen", address, "--stay", "--lease-seconds", "3"])
      _ = try second.waitForLine("listening on ")
      let status = try status(workplace)
      #expect(sweep("failing", in: status)["failed"] as? Int == 4)
      #expect(try workplace.run("status").output.contains("ended with failures"))
      let retried = try workplace.run("retry", "--failed", "failing")
      #expect(retried.output.contains("4 runs will be tried again"))
      for program in [second, worker] {
        program.signal(SIGTERM)
        _ = try program.waitForExit()
      }
    }

    @Test
    func `a user's command that its coordinator did not see the end of is run by the next one`()
      throws
    {
      let workplace = try Workplace()
      try workplace.write(SweepText.noop(runs: 2, steps: 1, milliseconds: 0), to: "short.yaml")
      let command =
        "echo began >> said; while [ ! -e may-end ]; do sleep 0.05; done; echo ended >> said"
      func waitUntil(_ expected: String) throws {
        try wait(for: "\"\(expected)\" of the user's command") {
          let said = workplace.exists("said") ? try workplace.contents("said") : ""
          return said.split(separator: "\n").joined(separator: " ") == expected ? () : nil
        }
      }
      let (first, address) = try coordinator(in: workplace, "--when-done", command)
      let worker = try worker(in: workplace, at: address)
      #expect(try workplace.run("submit", "short.yaml").exitCode == 0)
      try waitUntil("began")
      kill(first.processIdentifier, SIGKILL)
      _ = try first.waitForExit()
      let again = ["coordinate", "--listen", address, "--stay", "--when-done", command]
      let second = try workplace.start(again)
      try waitUntil("began began")
      try workplace.write("", to: "may-end")
      try waitUntil("began began ended")
      try wait(for: "the mark to go") {
        workplace.exists("results/coordinator.due") ? nil : ()
      }
      kill(second.processIdentifier, SIGKILL)
      _ = try second.waitForExit()
      let third = try workplace.start(again)
      _ = try third.waitForLine("listening on ")
      _ = try status(workplace)
      for program in [third, worker] {
        program.signal(SIGTERM)
        _ = try program.waitForExit()
      }
      try waitUntil("began began ended")
    }

    @Test func `a command of the user's runs at the end and knows how many runs failed`() throws {
      let workplace = try Workplace()
      try workplace.write(SweepText.noop(runs: 2, steps: 1, milliseconds: 0), to: "short.yaml")
      let program = try workplace.run(
        "run", "short.yaml", "--slots", "1", "--when-done", "echo failed=$GROKSWEEP_FAILED > end")
      #expect(program.exitCode == 0, "\(program.error)")
      #expect(try workplace.contents("end") == "failed=0\n")
    }
  }
}
