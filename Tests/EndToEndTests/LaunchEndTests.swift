import Foundation
import Testing

extension EndToEndTests {
  /// Launches that end well or badly, with stand-ins for Slurm's programs and for ssh.
  @Suite struct LaunchEndTests {
    @Test func `the script for Slurm is shown, and nothing is started`() throws {
      let workplace = try Workplace()
      try workplace.write(SweepText.noop(runs: 2, steps: 1), to: "waiting.yaml")
      let shown = try workplace.run(
        "launch", "slurm", "waiting.yaml", "--nodes", "20", "--cpus", "16", "--time", "8:00:00",
        "--dry-run", "--partition=long", "--exclusive")
      #expect(shown.exitCode == 0, "\(shown.error)")
      #expect(shown.output.contains("#SBATCH --array=1-20\n"))
      #expect(shown.output.contains("#SBATCH --partition=long\n#SBATCH --exclusive\n"))
      #expect(!workplace.exists("results"))
      try workplace.write(shown.output, to: "script.sh")
      #expect(try workplace.shell("bash -n script.sh").exitCode == 0)
      let both = try workplace.run(
        "launch", "slurm", "waiting.yaml", "--nodes", "20", "--cpus", "16", "--time", "8:00:00",
        "--coordinator-job", "--advertise", "head", "--set", "x=1", "--dry-run")
      #expect(both.exitCode == 0, "\(both.error)")
      let words = "--listen 'tcp://*:*' --advertise head --set x=1 &\n"
      #expect(both.output.contains("/waiting.yaml --results "), "\(both.output)")
      #expect(both.output.contains(words), "\(both.output)")
      #expect(both.output.contains("#SBATCH --array=1-20\n"))
    }

    @Test func `a job does not outlast the sweeps, nor die of a warning while it waits for them`()
      throws
    {
      let workplace = try Workplace()
      try workplace.write(SweepText.noop(runs: 2, steps: 1), to: "waiting.yaml")
      let environment = try workplace.standIns([
        "scontrol": "echo \"$*\" >>requeued", "worker": "echo >>worked; exec sleep 60",
      ])
      let shown = try workplace.run(
        "launch", "slurm", "waiting.yaml", "--nodes", "2", "--cpus", "1", "--time", "5",
        "--dry-run",
        "--program", "\(workplace.folder.path)/bin/worker")
      #expect(shown.exitCode == 0, "\(shown.error)")
      try FileManager.default.createDirectory(
        at: workplace.folder.appendingPathComponent("results/keys"),
        withIntermediateDirectories: true)
      try workplace.write("", to: "results/keys/slurm-1.key")
      try workplace.write(shown.output, to: "script.sh")
      func job() throws -> RunningProgram {
        let variables =
          "SLURM_ARRAY_JOB_ID=7 SLURM_ARRAY_TASK_ID=1 SLURM_JOB_END_TIME=9999999999"
        let path = environment["PATH"] ?? ""
        let job = try workplace.start(shell: "PATH='\(path)' \(variables) exec bash script.sh")
        _ = try wait(for: "a job") { job.output.contains(", start 1\n") ? true : nil }
        return job
      }
      // No coordinator has begun when the time ends.
      let early = try job()
      early.signal(SIGUSR1)
      #expect(try early.waitForExit() == 1)
      #expect(try workplace.contents("requeued") == "requeue 7_1\n")
      #expect(!workplace.exists("worked"))
      // The time ends, the sweeps have not.
      try workplace.write("gs1:x\n", to: "results/coordinator.join")
      func warned(_ body: () throws -> Void) throws -> Int32 {
        let job = try job()
        _ = try wait(for: "a worker") { workplace.exists("worked") ? true : nil }
        try body()
        job.signal(SIGUSR1)
        let code = try job.waitForExit()
        try FileManager.default.removeItem(
          at: workplace.folder.appendingPathComponent("worked"))
        return code
      }
      #expect(try warned {} == 143)
      #expect(try workplace.contents("requeued") == "requeue 7_1\nrequeue 7_1\n")
      // They have.
      #expect(
        try warned {
          try workplace.write("the sweeps have ended\n", to: "results/coordinator.ended")
        } == 143)
      #expect(try workplace.contents("requeued") == "requeue 7_1\nrequeue 7_1\n")
      let late = try job()
      #expect(try late.waitForExit() == 0)
      #expect(late.output.contains("the sweeps have ended"))
      #expect(!workplace.exists("worked"))
    }

    @Test func `workers do not wait for a coordinator whose job has failed`() throws {
      let workplace = try Workplace()
      try workplace.write(SweepText.noop(runs: 2, steps: 1), to: "waiting.yaml")
      let environment = try workplace.standIns(["scontrol": "", "coordinator": "exit 2"])
      let shown = try workplace.run(
        "launch", "slurm", "waiting.yaml", "--nodes", "2", "--cpus", "1", "--time", "5",
        "--dry-run", "--coordinator-job", "--program",
        "\(workplace.folder.path)/bin/coordinator")
      #expect(shown.exitCode == 0, "\(shown.error)")
      let scripts = shown.output.components(separatedBy: "#!/bin/bash\n")
      try #require(scripts.count == 3)
      for (folder, file) in [("keys", "slurm-1.key"), ("launch", "slurm-coordinator.sh")] {
        try FileManager.default.createDirectory(
          at: workplace.folder.appendingPathComponent("results/\(folder)"),
          withIntermediateDirectories: true)
        try workplace.write("", to: "results/\(folder)/\(file)")
      }
      func job(_ script: String) throws -> (code: Int32, output: String) {
        try workplace.write(script, to: "script.sh")
        let variables = "SLURM_JOB_ID=6 SLURM_ARRAY_JOB_ID=7 SLURM_ARRAY_TASK_ID=1"
        let path = environment["PATH"] ?? ""
        let job = try workplace.start(shell: "PATH='\(path)' \(variables) exec bash script.sh")
        return (try job.waitForExit(), job.output)
      }
      #expect(try job(scripts[1]).code == 2)
      let worker = try job(scripts[2])
      #expect(worker.code == 0)
      #expect(
        worker.output.contains(
          "the coordinator has failed with exit code 2; slurm-coordinator.log"),
        "\(worker.output)")
    }

    @Test func `what Slurm refuses at once leaves nothing behind`() throws {
      let workplace = try Workplace()
      try workplace.write(SweepText.noop(runs: 2, steps: 1), to: "waiting.yaml")
      let environment = try workplace.standIns([
        "sbatch": "echo 'sbatch: error: invalid partition specified: no' >&2; exit 1"
      ])
      let launch = ["launch", "slurm", "--nodes", "1", "--cpus", "1", "--time", "5"]
      for words in [["waiting.yaml", "--partition=no"], ["waiting.yaml", "--set", "x=1"], []] {
        let program = try workplace.start(
          Array(launch.prefix(2)) + words.prefix(1) + launch.dropFirst(2) + words.dropFirst(1),
          environment: environment)
        #expect(try program.waitForExit() == 2, "\(program.error)")
        #expect(!workplace.exists("results"), "\(words)")
      }
    }

    @Test func `a coordinator leaves a mark at its end, and the next one takes it away`() throws {
      let workplace = try Workplace()
      try workplace.write(SweepText.noop(runs: 2, steps: 1), to: "waiting.yaml")
      let coordinate = ["coordinate", "--listen", "tcp://127.0.0.1:*"]
      let first = try workplace.start(coordinate + ["waiting.yaml"])
      _ = try first.waitForLine("listening on tcp://")
      let worker = try workplace.start(
        "work", "--join", "results/coordinator.join", "--slots", "1", "--spool", "spool")
      #expect(try first.waitForExit() == 0, "\(first.error)")
      #expect(workplace.exists("results/coordinator.ended"))
      #expect(try worker.waitForExit() == 0)
      let second = try workplace.start(coordinate + ["--stay"])
      _ = try second.waitForLine("listening on tcp://")
      #expect(!workplace.exists("results/coordinator.ended"))
      second.signal(SIGINT)
      #expect(try second.waitForExit() == 130)
      #expect(!workplace.exists("results/coordinator.ended"))
    }

    @Test(arguments: [
      ("echo 'sbatch: error: no room' >&2; exit 1", "sbatch: error: no room", 2 as Int32),
      ("echo submitted", "sbatch: expected a job's number, found: submitted", 3 as Int32),
    ])
    func `what Slurm refuses half-way leaves no coordinator behind`(
      sbatch: String, sentence: String, code: Int32
    ) throws {
      let workplace = try Workplace()
      try workplace.write(SweepText.noop(runs: 2, steps: 1), to: "waiting.yaml")
      let environment = try workplace.standIns([
        "sbatch": "case \"$*\" in *--test-only*) exit 0 ;; esac; \(sbatch)", "squeue": "exit 0",
      ])
      let launch = [
        "launch", "slurm", "waiting.yaml", "--nodes", "1", "--cpus", "1", "--time", "5", "--listen",
        "tcp://127.0.0.1:*", "--advertise", "127.0.0.1",
      ]
      let program = try workplace.start(launch, environment: environment)
      #expect(try program.waitForExit() == code, "\(program.error)")
      #expect(program.error.contains(sentence), "\(program.error)")
      #expect(program.error.contains("the coordinator that was started has ended again"))
      #expect(!workplace.exists("results/coordinator.json"))
    }

    @Test func `a coordinator without jobs is ended on request`() throws {
      let workplace = try Workplace()
      try workplace.write(SweepText.noop(runs: 2, steps: 1), to: "waiting.yaml")
      let environment = try workplace.standIns([
        "sbatch": "case \"$*\" in *--test-only*) ;; *) echo 31 ;; esac",
        "squeue": "echo PENDING; echo 'squeue: warning: a node is slow' >&2", "scancel": "",
      ])
      let launch = try workplace.start(
        [
          "launch", "slurm", "waiting.yaml", "--nodes", "1", "--cpus", "1", "--time", "5",
          "--listen", "tcp://127.0.0.1:*", "--advertise", "127.0.0.1",
        ], environment: environment)
      #expect(try launch.waitForExit() == 0, "\(launch.error)")
      let status = try workplace.start(["status"], environment: environment)
      #expect(try status.waitForExit() == 0, "\(status.error)")
      // What squeue says on standard error is no job.
      #expect(status.output.contains("jobs of Slurm: 1 pending\n"), "\(status.output)")
      try FileManager.default.removeItem(
        at: workplace.folder.appendingPathComponent("results/launch/slurm.jobs"))
      let stop = try workplace.start(["launch", "slurm", "--stop"], environment: environment)
      #expect(try stop.waitForExit() == 0, "\(stop.error)")
      #expect(stop.error.contains("the key slurm-1 is let in no more"), "\(stop.error)")
      #expect(stop.error.contains("the coordinator has ended"), "\(stop.error)")
      #expect(!workplace.exists("results/coordinator.json"))
      let again = try workplace.start(["launch", "slurm", "--stop"], environment: environment)
      #expect(try again.waitForExit() == 2)
    }

    @Test func `the jobs of a coordinator that has not begun are shown`() throws {
      let workplace = try Workplace()
      let environment = try workplace.standIns(["squeue": "echo PENDING"])
      let folder = workplace.folder.appendingPathComponent("results/launch")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      try workplace.write("30\n", to: "results/launch/slurm-coordinator.job")
      try workplace.write("31\n", to: "results/launch/slurm.jobs")
      let status = try workplace.start(["status"], environment: environment)
      #expect(try status.waitForExit() == 0, "\(status.error)")
      #expect(
        status.output.hasSuffix(
          "no coordinator is running\njobs of Slurm: 1 pending\nthe coordinator's job: pending\n"),
        "\(status.output)")
    }

    @Test func `where no machine has a worker the coordinator ends again`() throws {
      let workplace = try Workplace()
      try workplace.write(SweepText.noop(runs: 2, steps: 1), to: "waiting.yaml")
      try workplace.write("node1 program=/nowhere/groksweep\n", to: "hosts.txt")
      let launch = ["launch", "ssh", "waiting.yaml", "--hosts", "hosts.txt", "--listen"]
      let environment = try workplace.standInForSSH()
      let program = try workplace.start(
        launch + ["tcp://127.0.0.1:*", "--advertise", "127.0.0.1"], environment: environment)
      #expect(try program.waitForExit() == 1, "\(program.error)")
      #expect(program.error.contains("0 of 1 machines have a worker\n"))
      #expect(program.error.contains("the coordinator that was started has ended again"))
      #expect(!workplace.exists("results/coordinator.json"))
      let alone = try workplace.start(launch + ["tcp://127.0.0.1:*"], environment: environment)
      #expect(try alone.waitForExit() == 2)
      #expect(
        alone.error.contains("--listen tcp://127.0.0.1:*: the workers' machines cannot reach"))
    }

    @Test func `a machine under two names has one worker`() throws {
      let workplace = try Workplace()
      try workplace.write(SweepText.noop(runs: 2, steps: 20_000), to: "waiting.yaml")
      try workplace.write("node1 slots=1\nnode2 slots=1\n", to: "hosts.txt")
      let environment = try workplace.standInForSSH()
      let program = try workplace.start(
        [
          "launch", "ssh", "waiting.yaml", "--hosts", "hosts.txt", "--listen", "tcp://127.0.0.1:*",
          "--advertise", "127.0.0.1",
        ], environment: environment)
      #expect(try program.waitForExit() == 0, "\(program.error)")
      let lines = program.output.split(separator: "\n")
      #expect(lines.count { $0.contains(": a worker runs there already") } == 1, "\(lines)")
      #expect(lines.count { $0.contains(": 1 trainer on ") } == 1, "\(lines)")
      #expect(program.error.contains("1 worker has joined the coordinator"), "\(program.error)")
      let stop = try workplace.start(["launch", "ssh", "--stop"], environment: environment)
      #expect(try stop.waitForExit() == 0, "\(stop.error)")
    }

    @Test func `a worker says that nobody answers`() throws {
      let workplace = try Workplace()
      let worker = try workplace.start(
        "work", "--connect", "tcp://127.0.0.1:1", "--slots", "1", "--spool", "spool")
      _ = try worker.waitForLine("no word from tcp://127.0.0.1:1; trying again")
      worker.signal(SIGTERM)
      #expect(try worker.waitForExit() == 130)
    }

    @Test func `a launch that cannot come true is refused with a sentence`() throws {
      let workplace = try Workplace()
      try workplace.write(SweepText.noop(runs: 2, steps: 1), to: "waiting.yaml")
      let slurm = ["launch", "slurm", "waiting.yaml", "--nodes", "2", "--cpus", "1", "--dry-run"]
      let cases: [([String], String)] = [
        (slurm + ["--time", "5", "--wait"], "--wait: a launch does not wait for its jobs"),
        (slurm + ["--time", "5", "--test-only"], "--test-only: --dry-run shows the script"),
        (slurm + ["--time", "5", "--wrap=date"], "--wrap=date: the jobs run the script"),
        (slurm + ["--time", "5", "--clusters=b"], "--clusters=b: jobs of other clusters"),
        (slurm + ["--time", "banana"], "--time: expected a limit such as 30 (minutes)"),
        (slurm + ["--time", "1"], "--time: expected 2 minutes or more"),
        (
          slurm + ["--time", "5", "--listen", "tcp://127.0.0.1:*"],
          "--listen tcp://127.0.0.1:*: the workers' machines cannot reach this address"
        ),
        (slurm + ["--time", "5", "--set", "nosuch=1"], "nosuch"),
        (
          [
            "launch", "slurm", "no.yaml", "--nodes", "2", "--cpus", "1", "--time", "5", "--dry-run",
          ],
          "no.yaml"
        ),
        (["join", "."], "cannot read .: is a directory"),
        (["join", ""], "or a file that holds one, found nothing"),
        (
          ["launch", "ssh", "--hosts", "."],
          "--hosts: expected a file with a machine a line; cannot read .: is a dir"
        ),
        (["join", "  gs1:x"], "the line: the line is not whole"),
      ]
      for (arguments, sentence) in cases {
        let program = try workplace.run(arguments)
        #expect(program.exitCode == 2, "\(arguments)")
        #expect(program.error.contains(sentence), "\(arguments): \(program.error)")
      }
      #expect(!workplace.exists("results"))
      let worker = try workplace.start(
        ["work"],
        environment: ["GROKSWEEP_JOIN": "tcp://127.0.0.1:1", "GROKSWEEP_LEAVE_AT": "soon"])
      #expect(try worker.waitForExit() == 2)
      #expect(
        worker.error.contains("--leave-at is what GROKSWEEP_LEAVE_AT says"), "\(worker.error)")
    }
  }
}

extension Workplace {
  /// Lays down shell scripts in place of other programs.
  ///
  /// - Parameter scripts: their commands, by name.
  /// - Returns: the variables with which they are found.
  /// - Throws: if they cannot be written.
  func standIns(_ scripts: [String: String]) throws -> [String: String] {
    let bin = folder.appendingPathComponent("bin")
    try FileManager.default.createDirectory(at: bin, withIntermediateDirectories: true)
    for (name, commands) in scripts {
      try write("#!/bin/sh\n\(commands)\n", to: "bin/\(name)")
      chmod(bin.appendingPathComponent(name).path, 0o755)
    }
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    return ["PATH": "\(bin.path):\(path)"]
  }
}
