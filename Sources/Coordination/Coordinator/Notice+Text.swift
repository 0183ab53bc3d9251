import Experiments

extension Coordinator.Notice: CustomStringConvertible {
  /// The notice as one sentence.
  public var description: String {
    switch self {
    case .runFailed(let run, let reason):
      "run \(run.abbreviation) is given up: \(reason)"
    case .attemptFailed(let run, let attempt, let host, let reason):
      "attempt \(attempt) at run \(run.abbreviation) failed on \(host): \(reason)"
    case .leaseLost(let run, let host):
      "run \(run.abbreviation) is no longer heard of on \(host); it will be computed again"
    case .inputLacking(let host, let reason):
      "worker \(host) has not got an input file (\(reason)); the runs that need it wait for a worker "
        + "that has, or for groksweep readmit \(host) once it is there"
    case .cannotContinue(let host, let reason):
      "worker \(host) cannot take what a run goes on from (\(reason)); such runs go to others, and to it again after a "
        + "while"
    case .runIsolated(let run, let losses):
      "run \(run.abbreviation) has lost its worker \(losses) times; "
        + "it is tried once more on a node that computes nothing else"
    case .nodeQuarantined(let host, let failures):
      "node \(host) is given no more runs: \(failures) runs failed there and succeeded elsewhere"
    case .nodeReadmitted(let host): "node \(host) is given runs again"
    case .seedCompleted(let sweep, let seed):
      "\(sweep): all runs of seed \(seed) have ended"
    case .everythingEnded(let failedRuns):
      "every run has ended" + (failedRuns > 0 ? ", \(failedRuns) without a result" : "")
        + "; waiting for groksweep submit"
    case .workerJoined(_, let host, let slots):
      "worker \(host) joined with \(slots) \(slots == 1 ? "slot" : "slots")"
    case .workerLeft(_, let host): "worker \(host) left"
    case .workerRefused(let sentence): "a worker was refused: \(sentence)"
    case .storeFailing(let reason, _):
      "results cannot be stored (\(reason)); nothing is lost, and it is tried again"
    case .storeRecovered: "results can be stored again"
    }
  }
}
