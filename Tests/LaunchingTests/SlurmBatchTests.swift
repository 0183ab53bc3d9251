import Launching
import Testing

@Suite struct SlurmBatchTests {
  private static func batch(
    options: [String] = [], program: String = "/opt/gs/groksweep",
    joinFile: String = "/r/coordinator.join"
  ) -> SlurmBatch {
    SlurmBatch(
      role: .workers(
        nodes: 20, cpus: 16, joinFile: joinFile, keyFile: "/r/keys/slurm.key",
        options: ["--checkpoint-seconds", "60"]),
      time: "8:00:00", options: options, program: program, logFolder: "/r/launch",
      endedFile: "/r/coordinator.ended")
  }

  @Test func `a worker is a job of an array, warned before its end and queued again`() {
    #expect(
      Self.batch().directives == [
        "--job-name=groksweep", "--array=1-20", "--cpus-per-task=16", "--nodes=1", "--ntasks=1",
        "--time=8:00:00", "--requeue", "--open-mode=append", "--signal=B:USR1@60",
        "--output=/r/launch/slurm-%A_%a.log",
      ])
    let text = Self.batch().text
    #expect(text.hasPrefix("#!/bin/bash\n#SBATCH --job-name=groksweep\n"))
    // The worker knows from Slurm how many trainers there is room for.
    #expect(text.contains("\n/opt/gs/groksweep work --grace 30 --checkpoint-seconds 60 &"))
    #expect(text.contains("GROKSWEEP_JOIN=/r/coordinator.join GROKSWEEP_KEY=/r/keys/slurm.key"))
  }

  @Test func `a coordinator is a job of its own, where its workers are and with less`() {
    let batch = SlurmBatch(
      role: .coordinator(["/s/my sweep.yaml", "--listen", "tcp://*:*"]), time: "8:00:00",
      options: ["--partition=long", "--mem=64G", "-A", "physics", "--exclusive", "-Cbig"],
      coordinatorOptions: ["--mem=8G"],
      program: "/opt/gs/groksweep", logFolder: "/r/launch", endedFile: "/r/coordinator.ended")
    #expect(
      batch.directives == [
        "--job-name=groksweep-coordinator", "--cpus-per-task=1", "--nodes=1", "--ntasks=1",
        "--time=8:00:00", "--requeue", "--open-mode=append", "--signal=B:USR1@10",
        "--output=/r/launch/slurm-coordinator.log", "--partition=long", "-A physics", "-Cbig",
        "--mem=8G",
      ])
    #expect(
      batch.text.contains(
        "\n/opt/gs/groksweep coordinate '/s/my sweep.yaml' --listen 'tcp://*:*' &\n"))
    #expect(!batch.text.contains("GROKSWEEP_JOIN"))
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
    let batch = Self.batch(
      program: "/my programs/groksweep", joinFile: "/my results/coordinator.join")
    #expect(batch.text.contains("\n'/my programs/groksweep' work "))
    #expect(batch.text.contains("GROKSWEEP_JOIN='/my results/coordinator.join' "))
  }

  @Test(
    arguments: [
      ("30", 1800), ("1:30", 90), ("8:00:00", 28_800), ("2-0", 172_800), ("1-2:03", 93_780),
      ("1-2:03:04", 93_784), ("0", .max), ("unlimited", .max), ("banana", nil), ("", nil),
      ("1:2:3:4", nil),
      ("-5", nil), ("8h", nil), ("1-", nil),
    ] as [(String, Int?)])
  func `a time limit is read as sbatch reads it`(text: String, seconds: Int?) {
    #expect(SlurmTime.seconds(text) == seconds)
  }

  @Test func `options that a launch cannot keep are told from those that it passes on`() {
    let refused = [
      "--wait", "--wai", "-W", "--test-only", "--wrap=date", "--clusters=b", "-M", "-Mb",
    ]
    for option in refused { #expect(SlurmOptions.refusal(of: option) != nil, "\(option)") }
    let passed = [
      "--wait-all-nodes=1", "--partition=long", "-p", "--cluster-constraint=x", "--wckey=a",
      "--mem=1G", "-w",
    ]
    for option in passed { #expect(SlurmOptions.refusal(of: option) == nil, "\(option)") }
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
