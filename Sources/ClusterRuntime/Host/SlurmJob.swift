/// What Slurm has given the job that a process belongs to, as its variables say.
///
/// Not every cluster holds jobs to it by control groups: a worker that took all that it sees would
/// take what belongs to others.
struct SlurmJob {
  private let environment: [String: String]

  /// Nil outside of a job.
  init?(_ environment: [String: String]) {
    guard environment["SLURM_JOB_ID"] != nil else { return nil }
    self.environment = environment
  }

  /// Cores of the task, or of the job on this node.
  var cores: Int? { number("SLURM_CPUS_PER_TASK") ?? number("SLURM_CPUS_ON_NODE") }

  /// Memory on this node; Slurm counts in MiB, and 0 is all of it.
  var memoryBytes: Int? {
    let megabytes =
      number("SLURM_MEM_PER_NODE")
      ?? number("SLURM_MEM_PER_CPU").flatMap { each in cores.map { $0 * each } }
    return megabytes.map { $0 << 20 }
  }

  private func number(_ name: String) -> Int? {
    environment[name].flatMap { Int($0) }.flatMap { (1...(1 << 40)).contains($0) ? $0 : nil }
  }
}
