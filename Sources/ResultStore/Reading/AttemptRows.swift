import Experiments
import GRDB

/// Makes domain values of the rows of `attempt`.
enum AttemptRows {
  static let columns = """
    number, parent, start_step, lease, worker, host, trainer, blas_kernels, started_at, ended_at,
    outcome, reason, exit_status, log_tail, superseded
    """

  /// Reads an attempt from a row of `columns`.
  static func attempt(in row: Row, run: RunKey) throws -> StoredAttempt {
    let lease: Int = row[3]
    let worker: String = row[4]
    let attempt = Attempt(
      run: run, number: row[0], parent: row[1], startStep: row[2], lease: LeaseID(lease),
      worker: WorkerID(worker),
      provenance: Provenance(host: row[5], trainer: row[6], blasKernels: row[7]))
    return StoredAttempt(
      attempt: attempt, startedAt: row[8], endedAt: row[9], outcome: try outcome(in: row),
      isSuperseded: row[14], recordCount: 0)
  }

  private static func outcome(in row: Row) throws -> AttemptOutcome {
    guard let name: String = row[10] else { return .open }
    switch name {
    case "accepted": return .accepted
    case "failed":
      return .ended(
        .failed(reason: row[11] ?? "", exitStatus: row[12], logTail: row[13] ?? ""))
    case "lost": return .ended(.lost)
    case "withdrawn":
      guard let reason: String = row[11] else { return .ended(.withdrawn) }
      return .ended(.refused(reason: reason))
    default: throw StoreError.unreadable(path: "attempt", what: "the outcome \"\(name)\"")
    }
  }
}
