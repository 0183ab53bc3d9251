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

  /// All that is ready before the first worker is served.
  private struct Preparation {
    var store: ResultStore
    var loop: CoordinatorLoop
    var effects: [Coordinator.Effect]
    var display: ProgressDisplay
  }

  /// Opens the store, registers the sweeps and serves workers until nothing is left to do.
  func run() throws -> Ending {
    let ready = try signals.interruptibly(SweepEnding.sayHowToContinue) { try prepare() }
    defer {
      ready.display.clear()
      results.withdrawAnnouncement()
    }
    let outcome = try ready.loop.run(performing: ready.effects)
    if let summary = ready.loop.refusals.summary { ready.display.note(summary) }
    return Ending(outcome: outcome, store: ready.store)
  }

  /// Breaking this off anywhere leaves the store as it was before, or with the sweeps registered.
  private func prepare() throws -> Preparation {
    try results.makeWritable()
    let store = try withStoreErrors { () throws(StoreError) in
      try ResultStore(path: results.store, access: .coordinator)
    }
    if let sentence = store.storage.sentence { Console.note(sentence) }
    var submissions: [SweepSubmission] = []
    for sweep in sweeps {
      let registration = try patiently { () throws(StoreError) in
        try store.register(sweep.sweep, inputs: sweep.inputs)
      }
      if let sentence = registration.sentence(about: sweep.sweep) { Console.note(sentence) }
      if retriesFailed { try reopenFailedRuns(of: sweep, registration, in: store) }
      submissions.append(try submission(of: sweep, registration, from: store))
    }
    var coordinator = Coordinator(
      settings: settings,
      highestLease: try withStoreErrors(store.highestLease) ?? LeaseID(0), at: MonotonicClock.now)
    var effects: [Coordinator.Effect] = []
    for submission in submissions {
      effects += coordinator.handle(.sweepSubmitted(submission), at: MonotonicClock.now)
    }
    let display = ProgressDisplay(at: MonotonicClock.now)
    var options = options
    options.background = BackgroundCommands(
      environment: ProcessInfo.processInfo.environment
    ) { display.note("a map was not drawn: \($0)") }
    let loop = try CoordinatorLoop(
      coordinator, options: options, writer: Self.writer(to: store),
      checkpoints: Self.checkpointReader(of: store), signals: signals,
      observer: observer(showing: display, store: store, background: options.background))
    return Preparation(store: store, loop: loop, effects: effects, display: display)
  }

  private func reopenFailedRuns(
    of loaded: LoadedSweep, _ registration: Registration, in store: ResultStore
  ) throws(RuntimeFailure) {
    try withStoreErrors { () throws(StoreError) in
      let runs = try store.restoredRuns(
        ofSweep: loaded.sweep.name, at: registration.chosenPositions)
      let failed = runs.filter { run in
        if case .failed = run.status { true } else { false }
      }
      _ = try store.reopen(failed.map(\.key))
    }
  }

  private func submission(
    of loaded: LoadedSweep, _ registration: Registration, from store: ResultStore
  ) throws(RuntimeFailure) -> SweepSubmission {
    let runs = try withStoreErrors { () throws(StoreError) in
      try store.restoredRuns(ofSweep: loaded.sweep.name, at: registration.chosenPositions)
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
    showing display: ProgressDisplay, store: ResultStore, background: BackgroundCommands?
  ) -> CoordinatorLoop.Observer {
    var observer = CoordinatorLoop.Observer()
    observer.onAccess = { display.note($0) }
    observer.onListening = { address throws(RuntimeFailure) in
      let publicKey = try options.keys?.coordinator().pair.publicKey
      try results.announce(endpoint: address, publicKey: publicKey)
      do throws(StoreError) {
        try store.announce(endpoint: address)
      } catch {
        throw RuntimeFailure(error)
      }
      if announcesAddress {
        let key = publicKey == nil ? "" : " --key NAME.key"
        display.note("listening on \(address); workers: groksweep work --connect \(address)\(key)")
      }
    }
    observer.onNotice = { notice in
      display.note(notice.description)
      // On a network file system nobody else can read the store now.
      guard case .seedCompleted(let sweep, _) = notice, store.storage == .local else { return }
      background?.submit([
        Executable.path, "map", sweep, "--results", results.path,
      ])
    }
    observer.onProgress = { display.show($0, at: MonotonicClock.now) }
    return observer
  }

  /// Tries again while the disk is full, as long as the loop would.
  private func patiently<Value>(_ body: () throws(StoreError) -> Value) throws -> Value {
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
        Thread.sleep(forTimeInterval: 1)
      }
    }
  }
}

extension Registration {
  /// The grid points of the stored sweep that are to be run; nil for all.
  var chosenPositions: [Int]? {
    if case .narrowed(let positions) = self { positions } else { nil }
  }

  /// What a user has to know who may have meant something else.
  func sentence(about sweep: Sweep) -> String? {
    switch self {
    case .added, .unchanged: nil
    case .narrowed(let positions):
      "\(sweep.name): \(positions.count) runs of the stored sweep are chosen; it keeps the others, "
        + "and its map shows all"
    case .extended(let count) where count == sweep.runCount: nil
    case .extended(let count):
      "\(sweep.name): the stored sweep grows from \(count) to \(sweep.runCount) runs"
    case .replaced(let parts):
      "\(sweep.name): this takes the place of the stored sweep of that name, which differs in "
        + "\(parts.joined(separator: ", ")); all results are kept (--set name=NAME keeps both sweeps)"
    }
  }
}
