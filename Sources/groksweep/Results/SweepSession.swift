import ArgumentParser
import ClusterRuntime
import Coordination
import Experiments
import Foundation
import ResultStore

/// Runs sweeps to their end: the part that `run` and `coordinate` share.
struct SweepSession {
  let results: ResultsFolder
  let sweeps: [LoadedSweep]
  let signals: SignalInbox
  var settings: Coordinator.Settings
  var options: CoordinatorLoop.Options
  /// Whether workers elsewhere are to be told where to connect.
  var announcesAddress = false
  /// Whether runs that were given up before are tried again.
  var retriesFailed = false

  /// What came of it.
  struct Ending {
    var outcome: Coordinator.Outcome
    var store: ResultStore
  }

  /// Opens the store, registers the sweeps and serves workers until nothing is left to do.
  func run() throws -> Ending {
    try results.makeWritable()
    let store = try withStoreErrors { () throws(StoreError) in
      try ResultStore(path: results.store, access: .coordinator)
    }
    if let sentence = store.storage.sentence { Console.note(sentence) }
    for sweep in sweeps {
      try patiently { () throws(StoreError) in
        try store.register(sweep.sweep, inputs: sweep.inputs)
      }
    }
    if retriesFailed { try reopenFailedRuns(in: store) }
    var coordinator = Coordinator(
      settings: settings,
      highestLease: try withStoreErrors(store.highestLease) ?? LeaseID(0), at: MonotonicClock.now)
    var effects: [Coordinator.Effect] = []
    for sweep in sweeps {
      let submission = try submission(of: sweep, from: store)
      effects += coordinator.handle(.sweepSubmitted(submission), at: MonotonicClock.now)
    }
    let display = ProgressDisplay(at: MonotonicClock.now)
    let loop = try CoordinatorLoop(
      coordinator, options: options, writer: Self.writer(to: store),
      checkpoints: Self.checkpointReader(of: store), signals: signals,
      observer: observer(showing: display, store: store))
    defer {
      display.clear()
      results.withdrawAnnouncement()
    }
    return Ending(outcome: try loop.run(performing: effects), store: store)
  }

  private func reopenFailedRuns(in store: ResultStore) throws(RuntimeFailure) {
    try withStoreErrors { () throws(StoreError) in
      for sweep in sweeps {
        let failed = try store.runs(ofSweep: sweep.sweep.name).filter { run in
          if case .failed = run.status { true } else { false }
        }
        _ = try store.reopen(failed.map(\.key))
      }
    }
  }

  private func submission(
    of loaded: LoadedSweep, from store: ResultStore
  ) throws(RuntimeFailure) -> SweepSubmission {
    let runs = try withStoreErrors { () throws(StoreError) in
      try store.restoredRuns(ofSweep: loaded.sweep.name)
    }
    return SweepSubmission(
      name: loaded.sweep.name, priority: loaded.sweep.priority, request: loaded.sweep.request,
      files: loaded.files, runs: runs.map { Coordination.RestoredRun($0) })
  }

  private static func writer(to store: ResultStore) -> StoreWriter {
    { changes throws(StoreWriteFailure) in
      do throws(StoreError) {
        try store.apply(changes)
      } catch {
        throw StoreWriteFailure(reason: error.description, isRetryable: error.isRetryable)
      }
    }
  }

  private static func checkpointReader(
    of store: ResultStore
  ) -> CoordinatorLoop.CheckpointReader {
    { key, attempt, step in
      do throws(StoreError) {
        guard let checkpoint = try store.checkpoint(of: key),
          checkpoint.place == CheckpointPlace(attempt: attempt, step: step)
        else { return nil }
        return checkpoint.bytes
      } catch {
        Console.note("\(error)")
        return nil
      }
    }
  }

  private func observer(
    showing display: ProgressDisplay, store: ResultStore
  ) -> CoordinatorLoop.Observer {
    var observer = CoordinatorLoop.Observer()
    observer.onListening = { address throws(RuntimeFailure) in
      try results.announce(endpoint: address)
      do throws(StoreError) {
        try store.announce(endpoint: address)
      } catch {
        throw RuntimeFailure(error)
      }
      if announcesAddress {
        display.note("listening on \(address); workers: groksweep work --connect \(address)")
      }
    }
    observer.onNotice = { display.note($0.description) }
    observer.onProgress = { display.show($0, at: MonotonicClock.now) }
    return observer
  }

  /// Tries again while the disk is full, as long as the loop would.
  private func patiently(_ body: () throws(StoreError) -> Void) throws {
    let start = MonotonicClock.now
    var hasSaidSo = false
    while true {
      do throws(StoreError) {
        return try body()
      } catch {
        let waited = MonotonicClock.now - start
        guard error.isRetryable, waited < options.storePatience ?? .seconds(1 << 40) else {
          throw RuntimeFailure(error)
        }
        if !hasSaidSo { Console.note("\(error); trying again") }
        hasSaidSo = true
        if try signals.waitForStop(within: .seconds(1)) { throw ExitCode.interrupted }
      }
    }
  }
}
