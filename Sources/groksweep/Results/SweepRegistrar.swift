import ClusterRuntime
import Coordination
import Experiments
import OrderedCollections
import ResultStore

/// Makes sweeps durable and hands them to the coordinator with what the store knows of their runs.
final class SweepRegistrar {
  let store: ResultStore
  /// Whether sweeps that were cancelled are computed after all.
  private let revives: Bool
  /// The sweeps that were taken in, in their order.
  private(set) var names: [String] = []

  /// Takes in sweeps for one store.
  init(store: ResultStore, revives: Bool) {
    self.store = store
    self.revives = revives
  }

  /// Takes in a sweep that the command names.
  func submission(of loaded: LoadedSweep) throws(StoreError) -> SweepSubmission {
    let registration = try store.register(loaded.sweep, inputs: loaded.inputs, revives: revives)
    if let sentence = registration.sentence(about: loaded.sweep) { Console.note(sentence) }
    return try submission(of: loaded, registration)
  }

  /// Takes in a sweep that somebody submits to the running coordinator.
  func submission(of submitted: SubmittedSweep) throws(RuntimeFailure) -> SweepSubmission {
    let loaded = try LoadedSweep(submitted)
    return try withStoreErrors { () throws(StoreError) in
      let registration = try store.register(
        loaded.sweep, inputs: loaded.inputs, submittedFiles: loaded.files)
      return try submission(of: loaded, registration)
    }
  }

  /// Goes on with what was submitted before a restart and is not done.
  func unfinishedSubmissions() throws(StoreError) -> [SweepSubmission] {
    var submissions: [SweepSubmission] = []
    for stored in try store.unfinishedSubmissions() where !names.contains(stored.sweep.name) {
      Console.note(
        "\(stored.sweep.name) was submitted before and is gone on with; "
          + "groksweep cancel \(stored.sweep.name) ends it")
      submissions.append(
        try submission(
          of: LoadedSweep(
            sweep: stored.sweep, files: stored.submittedFiles ?? [:], inputs: stored.inputs),
          .unchanged))
    }
    return submissions
  }

  private func submission(
    of loaded: LoadedSweep, _ registration: Registration
  ) throws(StoreError) -> SweepSubmission {
    let name = loaded.sweep.name
    let isCancelled = try store.sweep(named: name)?.cancelledAt != nil
    if isCancelled {
      Console.note("\(name) was cancelled; groksweep run or submit computes it after all")
    }
    let runs = try store.restoredRuns(ofSweep: name, at: registration.chosenPositions)
    if !names.contains(name) { names.append(name) }
    return SweepSubmission(
      name: name, priority: loaded.sweep.priority, request: loaded.sweep.request,
      files: loaded.files, runs: runs.map { Coordination.RestoredRun($0) },
      isPart: registration.chosenPositions != nil, isCancelled: isCancelled)
  }
}
