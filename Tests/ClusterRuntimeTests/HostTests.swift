import ClusterRuntime
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

  private func cores(affinity: Int) -> Int {
    AvailableCores.count(affinity: affinity, root: "\(folder)/cgroup", process: "\(folder)/self")
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
