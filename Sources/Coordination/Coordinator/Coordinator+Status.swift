import Experiments
import OrderedCollections

extension Coordinator {
  /// How far every sweep is.
  func status(at now: MonotonicInstant) -> ClusterStatus {
    let progress = progress(at: now)
    let known = resting.filter { place(of: $0.name) == nil }.map { sweep in
      var sweep = sweep
      sweep.isWorkedOn = false
      return sweep
    }
    return ClusterStatus(
      sweeps: known + sweeps.map(status),
      workers: progress.workers.count,
      slots: slots, running: progress.running,
      rate: progress.rate, secondsLeft: progress.timeLeft?.inSeconds,
      storeFailure: journal.failureReason, remarks: remarks)
  }

  /// Why runs may wait though machines are there.
  private var remarks: [String] {
    let quarantined = quarantinedNodes.map { host in
      "\(host) is given no runs: too many failed there and succeeded elsewhere (groksweep readmit \(host) lets it in "
        + "again)"
    }
    let lacking = sessions.values.flatMap { session in
      let host = session.description.provenance.host
      return session.lacking.values.map { reason in
        "\(host) has not got an input file (\(reason)); groksweep readmit \(host) once it is there"
      }
    }
    return quarantined + OrderedSet(lacking).prefix(Self.remarksMax)
  }

  /// Of a thousand machines without a file the first few say enough.
  private static let remarksMax = 5

  private func status(of sweep: KnownSweep) -> SweepStatus {
    var status = SweepStatus(
      name: sweep.name, priority: sweep.priority, isCancelled: sweep.isCancelled,
      total: sweep.runs.count)
    for run in sweep.runs {
      switch runs[Int(run)].phase {
      case .finished: status.done += 1
      case .failed: status.failed += 1
      case .cancelled: status.cancelled += 1
      // Another sweep may want what this one does not.
      case _ where sweep.isCancelled || sweep.cancelledRuns.contains(run): status.cancelled += 1
      case .waiting: status.waiting += 1
      case .leased: status.running += 1
      }
    }
    return status
  }

  /// Who is connected, in the order in which they came.
  func workers(at now: MonotonicInstant) -> [WorkerStatus] {
    sessions.values.map { session in
      WorkerStatus(
        id: session.id.rawValue, host: session.description.provenance.host,
        software: session.description.softwareVersion,
        blasKernels: session.description.provenance.blasKernels,
        slots: session.description.slots, silentSeconds: (now - session.lastHeard).inSeconds,
        isDraining: draining[session.id] != nil,
        isQuarantined: quarantinedNodes.contains(session.description.provenance.host),
        lackedInputs: Array(session.lacking.values),
        runs: session.leases.compactMap { id in
          guard let lease = leases[id] else { return nil }
          return WorkerStatus.Lease(
            run: runs[lease.run].key, sweep: sweeps[runs[lease.run].sweep].name,
            attempt: lease.attempt, step: lease.step)
        })
    }
  }
}
