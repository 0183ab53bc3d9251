import Foundation
import ResultStore
import Testing

extension EndToEndTests {
  /// What a coordinator leaves to those who look for it, and to the one that follows it.
  @Suite struct FormerCoordinatorTests {
    @Test func `a coordinator on another machine is found by its line`() throws {
      let workplace = try Workplace()
      _ = try workplace.run("keys", "make", "nodes")
      let coordinator = try workplace.start(
        "coordinate", "--stay", "--keys", "results/keys", "--listen", "tcp://127.0.0.1:*")
      _ = try coordinator.waitForLine("listening on tcp://")
      let announcement = try workplace.contents("results/coordinator.json")
      let elsewhere = announcement.replacingOccurrences(
        of: "\"host\":\"\(ProcessInfo.processInfo.hostName)\"", with: "\"host\":\"elsewhere\"")
      #expect(elsewhere != announcement)
      try workplace.write(elsewhere, to: "results/coordinator.json")
      let status = try workplace.run("status")
      #expect(status.exitCode == 0, "\(status.error)")
      #expect(status.output == "no sweep is known\n")
      // Without the line nobody knows the way.
      try FileManager.default.removeItem(
        at: workplace.folder.appendingPathComponent("results/coordinator.join"))
      let lost = try workplace.run("status")
      #expect(lost.exitCode == 0)
      #expect(lost.error.contains("the coordinator runs on elsewhere at tcp://127.0.0.1:"))
      #expect(lost.error.contains("what follows is from the store"))
      #expect(try workplace.run("workers").exitCode == 2)
      coordinator.signal(SIGINT)
      #expect(try coordinator.waitForExit() == 130)
    }

    @Test func `what a coordinator on a machine that has died has stored is shown`() throws {
      let workplace = try Workplace()
      try workplace.write(SweepText.noop(runs: 2, steps: 1), to: "waiting.yaml")
      #expect(try workplace.run("run", "waiting.yaml", "--slots", "1").exitCode == 0)
      _ = try workplace.run("keys", "make", "nodes")
      let coordinator = try workplace.start(
        "coordinate", "--stay", "--keys", "results/keys", "--listen", "tcp://127.0.0.1:*")
      _ = try coordinator.waitForLine("listening on tcp://")
      let announcement = try workplace.contents("results/coordinator.json")
      coordinator.signal(SIGKILL)
      _ = try coordinator.waitForExit()
      try workplace.write(
        announcement.replacingOccurrences(
          of: "\"host\":\"\(ProcessInfo.processInfo.hostName)\"", with: "\"host\":\"elsewhere\""),
        to: "results/coordinator.json")
      let status = try workplace.run("status")
      #expect(status.exitCode == 0, "\(status.error)")
      #expect(status.output.contains("waiting  4/4"), "\(status.output)")
      #expect(status.output.contains("no coordinator is running\n"))
      #expect(status.error.contains("if elsewhere is gone, remove results/coordinator.json"))
    }

    @Test func `a quarantine outlasts its coordinator until somebody ends it`() throws {
      let workplace = try Workplace()
      try workplace.write(SweepText.noop(runs: 2, steps: 1), to: "waiting.yaml")
      let file = "results/coordinator.quarantine"
      try FileManager.default.createDirectory(
        at: workplace.folder.appendingPathComponent("results"), withIntermediateDirectories: true)
      let host = ProcessInfo.processInfo.hostName
      try workplace.write("# a remark\n\(host)\n", to: file)
      let program = try workplace.start(
        "coordinate", "waiting.yaml", "--listen", "tcp://127.0.0.1:*")
      _ = try program.waitForLine("\(host) is quarantined")
      let worker = try workplace.start(
        "work", "--connect", try workplace.address(of: program), "--slots", "2", "--spool", "spool")
      _ = try program.waitForLine("worker \(host) joined")
      #expect(try workplace.run("status").output.contains("\(host) is quarantined"))
      #expect(try workplace.runs(of: "waiting").allSatisfy(\.attempts.isEmpty))
      #expect(try workplace.run("readmit", host).exitCode == 0)
      #expect(try program.waitForExit() == 0, "\(program.error)")
      #expect(try worker.waitForExit() == 0, "\(worker.error)")
      #expect(!workplace.exists(file))
    }
  }
}
