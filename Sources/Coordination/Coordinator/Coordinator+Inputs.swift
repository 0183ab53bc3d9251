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
    if let session = sessions[worker], session.lacking[digest] == nil {
      sessions[worker]?.lacking[digest] = reason
      noteReadiness(of: worker)
      let host = session.description.provenance.host
      effects.append(.tellUser(.inputLacking(host: host, reason: reason)))
    }
    end(lease, .refused(reason: reason))
  }

  /// Whether none of a run's input files is among these.
  func has(inputsOf run: Int, _ lacking: Set<String>) -> Bool {
    lacking.isEmpty || lacking.isDisjoint(with: runs.inputs(of: run).values)
  }
}
