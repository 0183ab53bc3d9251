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
    let workedOn = sweeps.sorted { $0.arrival < $1.arrival }
    return ClusterStatus(
      sweeps: known + workedOn.map(status),
      workers: progress.workers.count,
      slots: slots, running: progress.running,
      rate: progress.rate, secondsLeft: progress.timeLeft?.inSeconds,
      storeFailure: journal.failureReason, remarks: remarks(at: now))
  }

  /// Why runs may wait though machines are there.
  private func remarks(at now: MonotonicInstant) -> [String] {
    let lacking =
      runs.waitingCount == 0
      ? []
      : sessions.values.flatMap { session in
        session.lacking.map { need, lack in
          MachineRemark(of: session.description.provenance.host, lacking: need, lack.reason)
        }
      }
    let leaving =
      runs.waitingCount == 0
      ? []
      : sessions.values.filter { session in
        session.leases.count < session.description.slots
          && !session.stay.lasts(for: .infinity, at: now)
      }.map { MachineRemark.leaving(host: $0.description.provenance.host) }
    let remarks =
      nodes.quarantinedHosts.map { MachineRemark.quarantined(host: $0) }
      + nodes.passedOverHosts.prefix(Self.remarksMax).map { MachineRemark.suspect(host: $0) }
      + OrderedSet(lacking).prefix(Self.remarksMax)
      + OrderedSet(leaving).prefix(Self.remarksMax)
    return remarks.map(\.sentence)
  }

  /// Of a thousand machines without a file the first few say enough.
  private static let remarksMax = 5

  private func status(of sweep: KnownSweep) -> SweepStatus {
    var status = SweepStatus(
      name: sweep.name, priority: sweep.priority, isCancelled: sweep.isCancelled,
      total: sweep.runs.count)
    for run in sweep.runs {
      switch runs[Int(run)].phase {
      // Another sweep may want more of it than this one does, or less.
      case _ where isAnswered(Int(run), sweep.request): status.done += 1
      case .failed: status.failed += 1
      // Another sweep may want what this one does not.
      case _ where sweep.hasGivenUp(Int(run)): status.cancelled += 1
      case .cancelled: status.cancelled += 1
      case .finished: status.done += 1
      case .waiting: status.waiting += 1
      case .leased: status.running += 1
      }
    }
    return status
  }

  /// Who is connected, in the order in which they came.
  func workers(at now: MonotonicInstant) -> [WorkerStatus] {
    let (quarantined, suspects) = (Set(nodes.quarantinedHosts), Set(nodes.passedOverHosts))
    return sessions.values.map { session in
      let host = session.description.provenance.host
      return WorkerStatus(
        id: session.id.rawValue, host: host,
        software: session.description.softwareVersion,
        blasKernels: session.description.provenance.blasKernels,
        slots: session.description.slots, silentSeconds: (now - session.lastHeard).inSeconds,
        isDraining: draining[session.id] != nil,
        isQuarantined: quarantined.contains(host), isSuspect: suspects.contains(host),
        lackedInputs: session.lacking.filter { $0.key != .continuation }.values.map(\.reason),
        cannotContinue: session.lacking[.continuation]?.reason,
        leavesInSeconds: session.leavesAt.map { max(0, ($0 - now).inSeconds) },
        runs: session.leases.compactMap { id in
          guard let lease = leases[id] else { return nil }
          return WorkerStatus.Lease(
            run: runs[lease.run].key, sweep: sweeps[runs[lease.run].sweep].name,
            attempt: lease.attempt, step: lease.step)
        })
    }
  }
}

extension MachineRemark {
  init(of host: String, lacking need: RunNeed, _ reason: String) {
    self =
      switch need {
      case .input: .lacksInput(host: host, reason: reason)
      case .continuation: .cannotContinue(host: host, reason: reason)
      }
  }
}
