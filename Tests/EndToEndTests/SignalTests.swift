import Foundation
import ResultStore
import Testing

extension EndToEndTests {
  /// Ctrl-C and SIGTERM at every moment of a command's life.
  @Suite struct SignalTests {
    @Test(arguments: [SIGINT, SIGTERM])
    func `a coordinator without workers ends by a signal and says how to continue`(
      number: Int32
    ) throws {
      let workplace = try Workplace()
      try workplace.write(SweepText.noop(runs: 2), to: "waiting.yaml")
      let address = "ipc://\(workplace.folder.path)/head"
      let program = try workplace.start("coordinate", "waiting.yaml", "--listen", address)
      _ = try program.waitForLine("listening on")
      program.signal(number)
      #expect(try program.waitForExit() == 130, "\(program.error)")
      #expect(program.error.contains("waiting: 0 of 4 runs are done\n"))
      #expect(program.error.contains("coordinate waiting.yaml --listen \(address)\n"))
      #expect(!workplace.exists("results/coordinator.json") && !workplace.exists("head"))
      #expect(try workplace.runs(of: "waiting").allSatisfy { $0.attempts.isEmpty })
    }

    @Test(arguments: [SIGINT, SIGTERM])
    func `a coordinator in the middle of a sweep ends, and the next one goes on`(
      number: Int32
    ) throws {
      let workplace = try Workplace()
      try workplace.write(SweepText.noop(runs: 2, steps: 300), to: "waiting.yaml")
      let command = [
        "coordinate", "waiting.yaml", "--listen", "ipc://\(workplace.folder.path)/head",
      ]
      let first = try workplace.start(command)
      let worker = try workplace.start(
        "work", "--connect", "ipc://\(workplace.folder.path)/head", "--slots", "2", "--spool",
        "spool")
      _ = try workplace.waitForRuns(of: "waiting", "runs under way") { $0.begun == 2 }
      first.signal(number)
      #expect(try first.waitForExit() == 130, "\(first.error)")
      #expect(first.error.contains("interrupted; continue with: "))
      #expect(worker.isRunning)
      let second = try workplace.start(command)
      #expect(try second.waitForExit() == 0, "\(second.error)")
      #expect(try worker.waitForExit() == 0, "\(worker.error)")
      #expect(try workplace.runs(of: "waiting").areAcceptedOnce)
    }

    @Test func `a run in the foreground is saved by Ctrl-C, and goes on to the same end`() throws {
      let workplace = try Workplace()
      let command = [
        "train", "polynomial-regression", "--input-dimension", "12", "--hidden-units", "40",
        "--train-examples", "60", "--learning-rate", "0.001", "--max-steps", "150000",
        "--precision", "float64", "--json",
      ]
      let first = try workplace.start(command + ["--checkpoints", "kept"])
      let record = "\"step\":64,"
      try wait(for: "a record") { first.output.contains(record) ? () : nil }
      first.signal(SIGINT)
      #expect(try first.waitForExit() == 130, "\(first.error)")
      let words = first.error.split(separator: " ").map(String.init)
      let place = try #require(words.firstIndex(of: "--from"), "\(first.error)")
      let file = words[place + 1]
      #expect(workplace.exists(file), "\(file)")
      let second = try workplace.start(command + ["--from", file])
      let whole = try workplace.start(command)
      #expect(try second.waitForExit() == 0, "\(second.error)")
      #expect(try whole.waitForExit() == 0, "\(whole.error)")
      #expect(!second.output.contains(record) && whole.output.contains(record))
      #expect(
        second.output.split(separator: "\n").last == whole.output.split(separator: "\n").last)
    }

    @Test(arguments: [SIGINT, SIGTERM])
    func `a run that has just begun ends by a signal and says how to continue`(
      number: Int32
    ) throws {
      let workplace = try Workplace()
      try workplace.write(SweepText.noop(runs: 2, milliseconds: 0), to: "waiting.yaml")
      let program = try workplace.start("run", "waiting.yaml", "--slots", "1")
      try wait(for: "its first milliseconds") {
        ProcessTree.catches(number, program.processIdentifier) ? () : nil
      }
      program.signal(number)
      #expect(try program.waitForExit() == 130, "\(program.error)")
      #expect(program.error.contains("run waiting.yaml --slots 1\n"))
      let again = try workplace.run("run", "waiting.yaml", "--slots", "1")
      #expect(again.exitCode == 0, "\(again.error)")
      #expect(try workplace.runs(of: "waiting").areAcceptedOnce)
    }

    @Test func `registering a large sweep is broken off by Ctrl-C and leaves nothing of it`() throws
    {
      let workplace = try Workplace()
      try workplace.write(
        """
        name: large
        experiment: noop
        axes:
          x: {from: 1, to: 1000, count: 1000}
          y: {from: 1, to: 300, count: 300}
        """, to: "large.yaml")
      let program = try workplace.start("run", "large.yaml", "--slots", "1")
      let log = workplace.folder.appendingPathComponent("results/results.sqlite-wal").path
      try wait(for: "the first of many pages") {
        let size = try? FileManager.default.attributesOfItem(atPath: log)[.size] as? Int
        return size ?? 0 > 1 << 20 ? () : nil
      }
      program.signal(SIGINT)
      #expect(try program.waitForExit() == 130, "\(program.error)")
      #expect(program.error.hasSuffix("run large.yaml --slots 1\n"))
      let store = try ResultStore(
        path: workplace.folder.appendingPathComponent("results/results.sqlite").path,
        access: .reader)
      #expect(try store.sweeps().isEmpty)
    }

    @Test func `Ctrl-C ends the drawing of a map and what draws it`() throws {
      let workplace = try Workplace()
      try workplace.write(SweepText.noop(runs: 2, steps: 1, milliseconds: 0), to: "waiting.yaml")
      let place = try workplace.prepareEndlessGnuplot()
      let program = try workplace.start(
        ["run", "waiting.yaml", "--slots", "1"], environment: ["PATH": place])
      let drawing = try wait(for: "the drawing") {
        ProcessTree.children(of: program.processIdentifier, running: "sleep").first
      }
      program.signal(SIGINT)
      #expect(try program.waitForExit() == 130, "\(program.error)")
      #expect(program.error.contains("map waiting --results results\n"))
      try wait(for: "the end of the drawing") { ProcessTree.exists(drawing) ? nil : () }
      let left = try FileManager.default.contentsOfDirectory(
        atPath: workplace.folder.appendingPathComponent("results/waiting").path)
      #expect(left == [])
      #expect(try workplace.runs(of: "waiting").areAcceptedOnce)
    }

    @Test func `a signal that was ignored from the start stays ignored`() throws {
      let workplace = try Workplace()
      try workplace.write(SweepText.noop(runs: 2, steps: 30), to: "waiting.yaml")
      let program = try workplace.start(
        shell: "trap '' INT HUP; exec \"$0\" run waiting.yaml --slots 1")
      _ = try workplace.waitForRuns(of: "waiting", "a run under way") { $0.begun == 1 }
      program.signal(SIGINT)
      program.signal(SIGHUP)
      #expect(try program.waitForExit() == 0, "\(program.error)")
    }
  }
}

extension Workplace {
  /// A folder for PATH whose gnuplot never ends.
  func prepareEndlessGnuplot() throws -> String {
    let place = folder.appendingPathComponent("bin")
    try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
    let program = place.appendingPathComponent("gnuplot")
    try Data("#!/bin/sh\nexec /bin/sleep 600\n".utf8).write(to: program)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program.path)
    return place.path
  }
}
