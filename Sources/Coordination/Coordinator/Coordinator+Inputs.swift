import Experiments
import OrderedCollections

extension Coordinator {
  /// A worker has not got a file that a run needs: the run waits for one that has.
  mutating func refuse(
    _ lease: LeaseID, of run: Int, _ input: String, _ reason: String, by worker: WorkerID
  ) {
    guard settings.waitsForInputs, let digest = runs.inputs(of: run)[input] else {
      return end(lease, .failed(reason: reason, exitStatus: nil, logTail: ""))
    }
    if note(Lack(reason: reason), of: .input(digest), at: worker) {
      let host = sessions[worker]?.description.provenance.host ?? worker.rawValue
      effects.append(.tellUser(.inputLacking(host: host, reason: reason)))
    }
    end(lease, .refused(reason: reason))
  }

  /// A worker cannot take what a run goes on from: it is given others for a while, and the run to others.
  mutating func refuseContinuation(
    _ lease: LeaseID, _ reason: String, by worker: WorkerID, at now: MonotonicInstant
  ) {
    let lack = Lack(reason: reason, ends: now + settings.continuationPause)
    if note(lack, of: .continuation, at: worker) {
      let host = sessions[worker]?.description.provenance.host ?? worker.rawValue
      effects.append(.tellUser(.cannotContinue(host: host, reason: reason)))
    }
    end(lease, .refused(reason: reason))
  }

  /// Keeps what a worker has not got.
  ///
  /// - Returns: whether that was not known.
  private mutating func note(_ lack: Lack, of need: RunNeed, at worker: WorkerID) -> Bool {
    let before = change(worker) { session in
      defer { session.lacking[need] = lack }
      return session.lacking[need]
    }
    noteReadiness(of: worker)
    return before == .some(nil)
  }

  /// Tries a worker again with what it could not take a while ago.
  mutating func forgetLacks(of worker: WorkerID, at now: MonotonicInstant) {
    let isOver = change(worker) { session in
      guard !session.lacking.isEmpty else { return false }
      let before = session.lacking.count
      session.lacking.removeAll { $0.value.ends.map { $0 <= now } ?? false }
      return session.lacking.count < before
    }
    guard isOver == true else { return }
    noteReadiness(of: worker)
    hungry.append(worker)
  }

  /// Whether none of what a run needs is among this.
  func has(needsOf run: Int, _ lacking: Set<RunNeed>) -> Bool {
    lacking.isEmpty || lacking.isDisjoint(with: runs.needs(of: run))
  }
}
