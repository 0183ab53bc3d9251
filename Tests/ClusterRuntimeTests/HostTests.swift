import ClusterRuntime
import Coordination
import Foundation
import Testing

// One after the other: a fork in one test holds the locks of another until its exec.
@Suite(.serialized) struct HostTests {
  private let folder = FileManager.default.temporaryDirectory
    .appendingPathComponent("groksweep-host-\(UUID().uuidString)").path

  private func write(_ text: String, to path: String) throws {
    let url = URL(fileURLWithPath: "\(folder)/\(path)")
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: url)
  }

  private func cores(affinity: Int, _ environment: [String: String] = [:]) -> Int {
    AvailableCores.count(
      affinity: affinity, environment: environment, root: "\(folder)/cgroup",
      process: "\(folder)/self")
  }

  private func memory(_ environment: [String: String] = [:]) -> Int? {
    AvailableMemory.bytes(
      machine: "\(folder)/meminfo", environment: environment, root: "\(folder)/cgroup",
      process: "\(folder)/self")
  }

  @Test func `the quota of the control group limits the trainers, version 2`() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try write("0::/job/step\n", to: "self/cgroup")
    #expect(cores(affinity: 8) == 8)
    try write("max 100000\n", to: "cgroup/job/step/cpu.max")
    #expect(cores(affinity: 8) == 8)
    try write("350000 100000\n", to: "cgroup/job/cpu.max")
    #expect(cores(affinity: 8) == 3)
    #expect(cores(affinity: 2) == 2)
    try write("50000 100000\n", to: "cgroup/job/step/cpu.max")
    #expect(cores(affinity: 8) == 1)
  }

  @Test func `the quota of the control group limits the trainers, version 1`() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try write("3:cpu,cpuacct:/job\n1:memory:/job\n", to: "self/cgroup")
    try write("-1\n", to: "cgroup/cpu/job/cpu.cfs_quota_us")
    try write("100000\n", to: "cgroup/cpu/job/cpu.cfs_period_us")
    #expect(cores(affinity: 8) == 8)
    try write("200000\n", to: "cgroup/cpu/job/cpu.cfs_quota_us")
    #expect(cores(affinity: 8) == 2)
  }

  @Test func `a job of Slurm has the cores and the memory that it was given`() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try write("0::/\n", to: "self/cgroup")
    try write("MemTotal:       16777216 kB\n", to: "meminfo")
    #expect(cores(affinity: 64, ["SLURM_CPUS_PER_TASK": "4"]) == 64, "not a job")
    var job = ["SLURM_JOB_ID": "7", "SLURM_CPUS_ON_NODE": "16"]
    #expect(cores(affinity: 64, job) == 16)
    #expect(memory(job) == 16 << 30)
    job["SLURM_CPUS_PER_TASK"] = "4"
    #expect(cores(affinity: 64, job) == 4)
    #expect(cores(affinity: 2, job) == 2)
    job["SLURM_MEM_PER_CPU"] = "512"
    #expect(memory(job) == 2 << 30)
    job["SLURM_MEM_PER_NODE"] = "3072"
    #expect(memory(job) == 3 << 30)
    // All of the node's.
    job["SLURM_MEM_PER_NODE"] = "0"
    job["SLURM_MEM_PER_CPU"] = nil
    #expect(memory(job) == 16 << 30)
  }

  @Test(arguments: ["0::/job/step\n", "4:memory:/job/step\n1:cpu:/job\n"])
  func `the memory of the control group limits the trainers, whichever is tightest on the way`(
    groups: String
  ) throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let isVersionTwo = groups.hasPrefix("0")
    let place = isVersionTwo ? "cgroup" : "cgroup/memory"
    let file = isVersionTwo ? "memory.max" : "memory.limit_in_bytes"
    try write(groups, to: "self/cgroup")
    #expect(memory() == nil)
    try write("MemTotal:       16777216 kB\n", to: "meminfo")
    #expect(memory() == 16 << 30)
    try write(isVersionTwo ? "max\n" : "9223372036854771712\n", to: "\(place)/job/step/\(file)")
    #expect(memory() == 16 << 30)
    try write("\(1 << 30)\n", to: "\(place)/job/\(file)")
    #expect(memory() == 1 << 30)
    #expect(AvailableMemory.trainers(bytesPerTrainer: 300 << 20, in: memory()) == 3)
    #expect(AvailableMemory.trainers(bytesPerTrainer: 2 << 30, in: memory()) == 1)
  }

  @Test func `a worker is well if it lives and its coordinator was heard of late`() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let start = MonotonicInstant(nanoseconds: 1_000_000_000_000)
    func problem(at now: MonotonicInstant) -> String? {
      LifeSign.problem(in: folder, host: "node", silence: .seconds(30), at: now)
    }
    #expect(problem(at: start) == "no worker of node runs on \(folder)")
    let identity = try WorkerIdentity(in: folder, host: "node")
    var sign: LifeSign? = LifeSign(of: identity)
    #expect(
      problem(at: start)
        == "the worker (process \(getpid())) has not heard from its coordinator yet")
    sign?.heard(at: start)
    #expect(problem(at: start + .seconds(30)) == nil)
    let silent =
      "the worker (process \(getpid())) has heard nothing from its coordinator for more than 30 s"
    #expect(problem(at: start + .seconds(31)) == silent)
    // What was written before the machine started anew.
    #expect(problem(at: MonotonicInstant(nanoseconds: 1)) == silent)
    #expect(LifeSign.problem(in: folder, host: "nod", silence: .seconds(30), at: start) != nil)
    // Another that was killed counts no more; beyond the highest process id that Linux gives.
    try write("999999999 1\n", to: "worker-node-2.heard")
    #expect(problem(at: start) == nil)
    sign = nil
    #expect(problem(at: start) == "no worker of node runs on \(folder)")
  }

  @Test func `trainers get their own settings of OpenBLAS whatever the shell says`() {
    let shell = ["PATH": "/bin", "OPENBLAS_CORETYPE": "Prescott", "OPENBLAS_L2_SIZE": "1"]
    let free = TrainerEnvironment.environment(from: shell, pinning: nil)
    #expect(free["OPENBLAS_CORETYPE"] == nil)
    #expect(free["OPENBLAS_L2_SIZE"] == nil)
    #expect(free["OPENBLAS_NUM_THREADS"] == "1")
    #expect(free["PATH"] == "/bin")
    let pinned = TrainerEnvironment.environment(from: shell, pinning: "haswell")
    #expect(pinned["OPENBLAS_CORETYPE"] == "haswell")
  }

  @Test func `two workers on a host have different names and keep them`() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var first: WorkerIdentity? = try WorkerIdentity(in: folder, host: "node")
    let second = try WorkerIdentity(in: folder, host: "node")
    let name = try #require(first).name
    #expect(name != second.name)
    #expect(first?.epoch == 1)
    first = nil
    let again = try WorkerIdentity(in: folder, host: "node")
    #expect(again.name == name)
    #expect(again.epoch == 2)
  }

  @Test func `what a killed process has left is removed by the next, what is in use stays`() throws
  {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    // Beyond the highest process id that Linux gives.
    try write("", to: "groksweep-999999999-aaaaaa/lock")
    try write("", to: "other-999999999-aaaaaa/lock")
    var first: PrivateFolder? = try PrivateFolder(in: [folder], prefix: "groksweep")
    let path = try #require(first).path
    let name = URL(fileURLWithPath: path).lastPathComponent
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        == [name, "other-999999999-aaaaaa"])
    let second = try PrivateFolder(in: [folder], prefix: "groksweep")
    #expect(FileManager.default.fileExists(atPath: path))
    first = nil
    #expect(!FileManager.default.fileExists(atPath: path))
    #expect(FileManager.default.fileExists(atPath: second.path))
  }

  @Test func `a process that has ended has left its folder although nobody asked for its end`()
    throws
  {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var child: pid_t = 0
    var arguments: [UnsafeMutablePointer<CChar>?] = [strdup("true"), nil]
    defer { free(arguments[0]) }
    try #require(posix_spawn(&child, "/bin/true", nil, nil, &arguments, nil) == 0)
    var information = siginfo_t()
    try #require(waitid(P_PID, id_t(child), &information, WEXITED | WNOWAIT) == 0)
    try write("", to: "groksweep-\(child)-aaaaaa/lock")
    PrivateFolder.removeAbandoned(in: folder)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == [])
    waitpid(child, nil, 0)
  }

  @Test func `programs that are run at once are told apart`() throws {
    let results = try ChildCommand.run(
      [["sh", "-c", "echo one; exit 1"], ["sh", "-c", "echo two >&2"]],
      environment: ["PATH": "/bin:/usr/bin"], limit: .seconds(60))
    #expect(results.map(\.status) == [.exited(1), .exited(0)])
    #expect(results.map(\.output) == ["one\n", "two\n"])
  }

  @Test func `a program that takes too long is killed`() throws {
    let result = try ChildCommand.run(
      ["sh", "-c", "echo started; sleep 60"], environment: ["PATH": "/bin:/usr/bin"],
      limit: .milliseconds(200))
    #expect(result.ranOutOfTime)
    #expect(result.status == .killed(signal: SIGKILL))
    #expect(result.output == "started\n")
  }

  @Test func `a program that is not there is one sentence`() {
    #expect(
      throws: RuntimeFailure(
        .surroundings, "cannot start no-such-program: no such file or directory")
    ) {
      try ChildCommand.run(["no-such-program"], environment: [:], limit: .seconds(1))
    }
  }
}
