import Foundation
import Testing

extension EndToEndTests {
  /// The script of a job, run by a shell that is told what Slurm would tell it, with stand-ins for its programs.
  @Suite struct SlurmScriptTests {
    /// A job of an array, with a worker that notes what it is told.
    private struct Job {
      let workplace: Workplace
      let environment: [String: String]
      var script: String

      /// Lays down the script and its stand-ins; `saving` is what the worker does when it is told to end.
      init(scontrol: String, squeue: String = "", saving: String = ":") throws {
        workplace = try Workplace()
        try workplace.write(SweepText.noop(runs: 2, steps: 1), to: "waiting.yaml")
        environment = try workplace.standIns([
          "scontrol": scontrol, "squeue": squeue,
          "worker":
            "trap 'echo told >>told; \(saving); exit 0' TERM; echo >>worked; while :; do sleep 0.02; done",
        ])
        let shown = try workplace.run(
          "launch", "slurm", "waiting.yaml", "--nodes", "2", "--cpus", "1", "--time", "5",
          "--dry-run", "--program", "\(workplace.folder.path)/bin/worker")
        #expect(shown.exitCode == 0, "\(shown.error)")
        script = shown.output
        for folder in ["launch", "keys"] {
          try FileManager.default.createDirectory(
            at: workplace.folder.appendingPathComponent("results/\(folder)"),
            withIntermediateDirectories: true)
        }
        try workplace.write("", to: Self.key)
      }

      /// The key of the launch, which ends with it.
      static let key = "results/keys/slurm-1.key"

      func start() throws -> RunningProgram {
        try workplace.write(script, to: "script.sh")
        let variables =
          "SLURM_ARRAY_JOB_ID=7 SLURM_ARRAY_TASK_ID=1 SLURM_JOB_END_TIME=9999999999"
        let path = environment["PATH"] ?? ""
        return try workplace.start(shell: "PATH='\(path)' \(variables) exec bash script.sh")
      }

      /// Has Slurm tell the shell to end once there is a worker.
      func cancel() throws -> Int32 {
        try workplace.write("gs1:x\n", to: "results/coordinator.join")
        let job = try start()
        _ = try wait(for: "a worker") { workplace.exists("worked") ? true : nil }
        job.signal(SIGTERM)
        return try job.waitForExit()
      }
    }

    @Test func `a worker is told that its job is cancelled, though Slurm tells the shell alone`()
      throws
    {
      let job = try Job(
        scontrol: "case $1 in show) echo PreemptTime=None ;; *) echo \"$*\" >>requeued ;; esac")
      #expect(try job.cancel() == 0)
      #expect(try job.workplace.contents("told") == "told\n")
      #expect(!job.workplace.exists("requeued"))
    }

    // What Slurm 22.05 says of a job whose script still runs.
    @Test(arguments: [
      ("JobState=COMPLETING Reason=None", false), ("JobState=COMPLETING Reason=TimeLimit", true),
    ])
    func `a job that is warned and then cancelled while it saves is not queued again`(
      state: String, isQueuedAgain: Bool
    ) throws {
      let job = try Job(
        scontrol: "case $1 in show) echo '\(state)' ;; *) echo \"$*\" >>requeued ;; esac",
        saving: "while [ ! -e saved ]; do sleep 0.02; done")
      try job.workplace.write("gs1:x\n", to: "results/coordinator.join")
      let program = try job.start()
      _ = try wait(for: "a worker") { job.workplace.exists("worked") ? true : nil }
      program.signal(SIGUSR1)
      _ = try wait(for: "a warning") { job.workplace.exists("told") ? true : nil }
      program.signal(SIGTERM)
      try job.workplace.write("", to: "saved")
      #expect(try program.waitForExit() == 0)
      #expect(job.workplace.exists("requeued") == isQueuedAgain)
    }

    @Test(arguments: [("09:00:00", true), ("10:00:00", true), ("11:00:00", false)])
    func
      `a job that makes room for a better one is queued again, and not when it did so at an earlier start`(
        start: String, isQueuedAgain: Bool
      ) throws
    {
      let times = "StartTime=2026-11-22T\(start) PreemptTime=2026-11-22T10:00:00"
      let job = try Job(
        scontrol: "case $1 in show) echo ' \(times)' ;; *) echo \"$*\" >>requeued ;; esac")
      #expect(try job.cancel() == 0)
      #expect(try job.workplace.contents("told") == "told\n")
      #expect(job.workplace.exists("requeued") == isQueuedAgain)
    }

    @Test func `a job whose launch has failed or been stopped does not begin, wait or come back`()
      throws
    {
      let job = try Job(scontrol: "echo \"$*\" >>requeued")
      // Without a coordinator it would wait for ten minutes.
      let waiting = try job.start()
      _ = try wait(for: "a job") { waiting.output.contains(", start 1\n") ? true : nil }
      let key = job.workplace.folder.appendingPathComponent(Job.key)
      try FileManager.default.removeItem(at: key)
      #expect(try waiting.waitForExit() == 1)
      let late = try job.start()
      #expect(try late.waitForExit() == 0)
      #expect(late.output.contains("its launch has been stopped, or has failed"), "\(late.output)")
      #expect(!job.workplace.exists("requeued"))
      #expect(!job.workplace.exists("worked"))
    }

    @Test func `a job that makes room before it has a coordinator is queued again`() throws {
      let job = try Job(
        scontrol:
          "case $1 in show) echo ' PreemptTime=2026-11-22T10:00:00' ;; *) echo \"$*\" >>requeued ;; esac"
      )
      let program = try job.start()
      _ = try wait(for: "a job") { program.output.contains(", start 1\n") ? true : nil }
      program.signal(SIGTERM)
      #expect(try program.waitForExit() == 1)
      #expect(try job.workplace.contents("requeued") == "requeue 7_1\n")
    }

    @Test(arguments: [
      ("", false), ("echo 'slurm_load_jobs error: Invalid job id specified'; exit 1", false),
      ("echo 31 PENDING", true), ("echo 'Unable to contact slurm controller'; exit 1", true),
    ])
    func `a worker waits for a coordinator's job only as long as Slurm knows it`(
      squeue: String, isQueuedAgain: Bool
    ) throws {
      var job = try Job(scontrol: "echo \"$*\" >>requeued", squeue: squeue)
      job.script = job.script.replacing("-lt 600", with: "-lt 2")
      try job.workplace.write("31\n", to: "results/launch/slurm-coordinator.job")
      let program = try job.start()
      #expect(try program.waitForExit() == 1)
      #expect(job.workplace.exists("requeued") == isQueuedAgain, "\(program.output)")
      #expect(program.output.contains("in the queue no more") != isQueuedAgain)
    }
  }
}
