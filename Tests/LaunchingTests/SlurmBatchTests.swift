import Launching
import Testing

@Suite struct SlurmBatchTests {
  private static func batch(options: [String] = []) -> SlurmBatch {
    SlurmBatch(
      name: "groksweep", nodes: 20, cpus: 16, time: "8:00:00", options: options,
      program: "/opt/gs/groksweep", joinFile: "/r/coordinator.join", keyFile: "/r/keys/slurm.key",
      logFolder: "/r/launch", workerOptions: ["--checkpoint-seconds", "60"])
  }

  @Test func `a worker is a job of an array, warned before its end and queued again`() {
    #expect(
      Self.batch().directives == [
        "--job-name=groksweep", "--array=1-20", "--nodes=1", "--ntasks=1", "--cpus-per-task=16",
        "--time=8:00:00", "--requeue", "--open-mode=append", "--signal=B:USR1@60",
        "--output=/r/launch/slurm-%a.log",
      ])
    let text = Self.batch().text
    #expect(text.hasPrefix("#!/bin/bash\n#SBATCH --job-name=groksweep\n"))
    #expect(text.contains("work --slots \"${SLURM_CPUS_PER_TASK:-16}\""))
    #expect(text.contains("--grace 30 --checkpoint-seconds 60 &"))
    #expect(text.contains("GROKSWEEP_JOIN=/r/coordinator.join GROKSWEEP_KEY=/r/keys/slurm.key"))
  }

  @Test(arguments: [
    (["--partition=long"], ["--partition=long"]),
    (["--partition", "long", "--exclusive"], ["--partition=long", "--exclusive"]),
    (["-p", "long"], ["-p long"]),
    (["--comment=a b"], ["\"--comment=a b\""]),
    (["--comment=say \"x\" #1"], ["\"--comment=say \\\"x\\\" #1\""]),
  ])
  func `what the user wants of sbatch stands last, where it counts`(
    options: [String], lines: [String]
  ) {
    let text = Self.batch(options: options).text
    let directives = text.split(separator: "\n").filter { $0.hasPrefix("#SBATCH ") }
    #expect(directives.suffix(lines.count) == ArraySlice(lines.map { "#SBATCH \($0)" }))
    #expect(directives.count == 10 + lines.count)
  }

  @Test func `paths with blanks stay whole`() {
    var batch = Self.batch()
    batch.program = "/my programs/groksweep"
    batch.joinFile = "/my results/coordinator.join"
    #expect(batch.text.contains("\n'/my programs/groksweep' work "))
    #expect(batch.text.contains("GROKSWEEP_JOIN='/my results/coordinator.join' "))
  }

  @Test func `Slurm's answers are understood`() {
    #expect(SlurmAnswer.job(in: "123\n") == 123)
    #expect(SlurmAnswer.job(in: "sbatch: a remark\n124;cluster\n") == 124)
    #expect(SlurmAnswer.job(in: "sbatch: error: no") == nil)
    #expect(SlurmAnswer.states(in: "RUNNING\nPENDING\nRUNNING\n") == "2 running, 1 pending")
    #expect(
      SlurmAnswer.states(in: "REQUEUED\nPENDING\nBOOT_FAIL") == "1 pending, 1 boot_fail, 1 requeued"
    )
    #expect(SlurmAnswer.states(in: "\n") == nil)
    #expect(SlurmAnswer.words(of: "a\n\nb\n") == "a; b")
    #expect(SlurmAnswer.words(of: "") == "it said nothing")
    #expect(
      SlurmAnswer.isUnreachable(
        "sbatch: error: Batch job submission failed: Unable to contact slurm controller (connect failure)"
      ))
    #expect(!SlurmAnswer.isUnreachable("sbatch: error: invalid partition specified: x"))
  }
}
