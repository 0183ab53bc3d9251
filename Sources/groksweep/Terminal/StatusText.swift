import Coordination
import Experiments
import Foundation
import OrderedCollections

/// What a coordinator says of itself, as lines for a terminal.
enum StatusText {
  /// A table of the sweeps, and one line about the workers.
  static func lines(for status: ClusterStatus) -> [String] {
    let rows = status.sweeps.map { sweep in
      [
        sweep.name, "\(sweep.done)/\(sweep.total)", "\(sweep.running)", "\(sweep.waiting)",
        "\(sweep.failed)", "\(sweep.cancelled)", word(for: sweep),
      ]
    }
    var lines =
      rows.isEmpty
      ? ["no sweep is known"]
      : table([["sweep", "done", "running", "waiting", "failed", "cancelled", ""]] + rows)
    if status.workers > 0 {
      var words = "\(status.workers) \(status.workers == 1 ? "worker" : "workers"), "
      words += "\(status.running) of \(status.slots) slots busy"
      if let seconds = status.secondsLeft,
        status.sweeps.contains(where: { $0.waiting > 0 && $0.isWorkedOn })
      {
        words += ", about \(Progress.text(.seconds(seconds))) left"
      }
      lines.append(words)
    }
    lines += status.remarks
    if let reason = status.storeFailure { lines.append("results cannot be stored: \(reason)") }
    if !status.refused.isEmpty {
      let parts = status.refused.sorted { $0.key < $1.key }.map { "\($0.value) × \($0.key)" }
      lines.append("refused: \(parts.joined(separator: ", "))")
    }
    return lines
  }

  /// A table of the workers, and a line for each run in their hands.
  static func lines(for workers: [WorkerStatus]) -> [String] {
    let rows = workers.map { worker in
      [
        worker.host, String(worker.id.prefix(8)),
        "\(min(worker.runs.count, worker.slots))/\(worker.slots)",
        "\(max(0, worker.runs.count - worker.slots))",
        "\(Int(worker.silentSeconds.rounded())) s ago", worker.blasKernels, worker.software,
        word(for: worker),
      ]
    }
    let head = table(
      [["host", "id", "busy", "queued", "heard of", "BLAS kernels", "groksweep", ""]] + rows)
    let runs = workers.flatMap { worker in
      worker.runs.map { run in
        [
          "  \(worker.host)", run.run.abbreviation, run.sweep, "attempt \(run.attempt)",
          "step \(run.step)",
        ]
      }
    }
    let remarks = remarks(on: workers)
    return head + (remarks.isEmpty ? [] : [""] + remarks) + (runs.isEmpty ? [] : [""] + table(runs))
  }

  /// Why machines are given no runs, or not all, and how that ends.
  private static func remarks(on workers: [WorkerStatus]) -> [String] {
    let remarks = workers.flatMap { worker in
      worker.lackedInputs.map { MachineRemark.lacksInput(host: worker.host, reason: $0) }
        + (worker.cannotContinue.map { [.cannotContinue(host: worker.host, reason: $0)] } ?? [])
        + (worker.isQuarantined ? [.quarantined(host: worker.host)] : [])
        + (worker.isSuspect ? [.suspect(host: worker.host)] : [])
    }
    return OrderedSet(remarks).map(\.sentence)
  }

  private static func word(for worker: WorkerStatus) -> String {
    if worker.isQuarantined { return "quarantined" }
    if worker.isSuspect { return "suspect" }
    if worker.isDraining { return "draining" }
    if !worker.lackedInputs.isEmpty { return "lacks an input file" }
    if worker.cannotContinue != nil { return "cannot go on with runs" }
    return worker.leavesInSeconds.map { "leaves in \(Progress.text(.seconds($0)))" } ?? ""
  }

  private static func word(for sweep: SweepStatus) -> String {
    if sweep.isCancelled { return "cancelled" }
    guard sweep.waiting + sweep.running == 0 else {
      return sweep.isWorkedOn ? "" : "not worked on: groksweep submit takes it up again"
    }
    return sweep.failed == 0 ? "complete" : "ended with failures"
  }

  /// Columns as wide as their widest entry.
  private static func table(_ rows: [[String]]) -> [String] {
    let widths = (rows.first ?? []).indices.map { column in
      rows.map { $0[column].count }.max() ?? 0
    }
    return rows.map { row in
      let cells = zip(row, widths).map {
        $0.padding(toLength: $1, withPad: " ", startingAt: 0)
      }
      let line = cells.joined(separator: "  ")
      return String(line.reversed().drop { $0 == " " }.reversed())
    }
  }
}
