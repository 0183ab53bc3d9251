import ArgumentParser
import ClusterRuntime
import Coordination
import Experiments
import Foundation
import Launching
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
  /// What this machine is called in the join line, in place of its own name and addresses.
  var advertised: [String] = []
  /// Whether runs that were given up before are tried again.
  var retriesFailed = false
  /// Whether sweeps that were cancelled are computed after all.
  var revivesCancelled = false
  /// What a shell runs once every run has ended.
  var whenDone: String?

  /// What came of it.
  struct Ending {
    var outcome: Coordinator.Outcome
    var store: ResultStore
    /// The sweeps that were worked on, those submitted on the way included.
    var names: [String]
  }

  /// All that is ready before the first worker is served.
  private struct Preparation {
    var registrar: SweepRegistrar
    var loop: CoordinatorLoop
    var submissions: [SweepSubmission]
    /// Runs of none of these, whose results may still come.
    var recalled: [Coordination.RestoredRun]
    var endCommand: EndCommand?
    var display: ProgressDisplay
  }

  /// Opens the store, registers the sweeps and serves workers until nothing is left to do.
  func run() throws -> Ending {
    let ready = try signals.interruptibly(SweepEnding.sayHowToContinue) { try prepare() }
    defer {
      ready.display.clear()
      results.withdrawAnnouncement()
    }
    if ready.submissions.isEmpty, try ready.endCommand?.catchUp(with: ready.registrar.store) == true
    {
      ready.display.note("every run had ended before; the command of --when-done is run now")
    }
    let outcome = try ready.loop.run(
      submitting: ready.submissions, recalling: ready.recalled)
    ready.endCommand?.noteInterruption()
    if announcesAddress, case .complete = outcome {
      do throws(RuntimeFailure) {
        try results.markEnd()
      } catch {
        ready.display.note("\(error); workers that start now wait for a coordinator")
      }
    }
    if let summary = ready.loop.refusals.summary { ready.display.note(summary) }
    return Ending(
      outcome: outcome, store: ready.registrar.store, names: ready.registrar.names)
  }

  /// Breaking this off anywhere leaves the store as it was before, or with the sweeps registered; an address that
  /// cannot be listened on leaves it as it was.
  private func prepare() throws -> Preparation {
    try results.makeWritable()
    let store = try withStoreErrors { () throws(StoreError) in
      try ResultStore(path: results.store, access: .coordinator)
    }
    if let sentence = store.storage.sentence { Console.note(sentence) }
    var settings = settings
    if announcesAddress {
      settings.quarantined = try QuarantineFile(path: results.quarantineFile).hosts()
      for host in settings.quarantined {
        Console.note(MachineRemark.quarantined(host: host).sentence)
      }
    }
    let registrar = SweepRegistrar(
      store: store, revives: revivesCancelled, goesOnWithSubmissions: announcesAddress,
      retriesFailed: retriesFailed)
    let coordinator = Coordinator(
      settings: settings,
      highestLease: try withStoreErrors(store.highestLease) ?? LeaseID(0), at: MonotonicClock.now)
    let display = ProgressDisplay(at: MonotonicClock.now)
    var options = options
    let background = BackgroundCommands(
      environment: ProcessInfo.processInfo.environment
    ) { display.note($0) }
    options.background = background
    let endCommand = try whenDone.flatMap { command throws(RuntimeFailure) in
      !settings.staysWhenComplete
        ? nil
        : try EndCommand(command, results: results, background: background) { display.note($0) }
    }
    background.onEnd = { if $0 == EndCommand.purpose { endCommand?.noteDone() } }
    let loop = try CoordinatorLoop(
      coordinator, options: options, writer: Self.writer(to: store),
      checkpoints: Self.checkpointReader(of: store),
      registrar: { sweep throws(RuntimeFailure) in
        let submission = try registrar.submission(of: sweep)
        endCommand?.noteSweep(isDone: submission.isDone(failedToo: false), of: registrar.names)
        return submission
      },
      signals: signals,
      observer: try observer(
        showing: display, registrar, background: background, endCommand: endCommand))
    var submissions: [SweepSubmission] = []
    for sweep in sweeps {
      var submission = try patiently { () throws(StoreError) in
        try registrar.submission(of: sweep)
      }
      if retriesFailed { try reopenFailedRuns(of: &submission, in: store) }
      submissions.append(submission)
    }
    submissions += try withStoreErrors { () throws(StoreError) in
      try registrar.unfinishedSubmissions(failedToo: settings.staysWhenComplete)
    }
    if !submissions.allSatisfy({ $0.isDone(failedToo: false) }) {
      endCommand?.noteSweep(isDone: false, of: registrar.names)
    }
    let working = Set(registrar.names)
    loop.recall(
      try withStoreErrors { () throws(StoreError) in
        try SweepStatus.all(of: store) { !working.contains($0) }
      })
    let recalled = try withStoreErrors { () throws(StoreError) in
      try registrar.recalledRuns(besides: submissions)
    }
    return Preparation(
      registrar: registrar, loop: loop, submissions: submissions, recalled: recalled,
      endCommand: endCommand, display: display)
  }

  private func reopenFailedRuns(
    of submission: inout SweepSubmission, in store: ResultStore
  ) throws(RuntimeFailure) {
    let failed = submission.runs.indices.filter { index in
      if case .failed = submission.runs[index].status { true } else { false }
    }
    let keys = failed.map { submission.runs[$0].key }
    _ = try withStoreErrors { () throws(StoreError) in try store.reopen(keys) }
    for index in failed {
      submission.runs[index].status = .open
      submission.runs[index].retriedAfter = submission.runs[index].lastAttempt
    }
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
    showing display: ProgressDisplay, _ registrar: SweepRegistrar,
    background: BackgroundCommands, endCommand: EndCommand?
  ) throws(RuntimeFailure) -> CoordinatorLoop.Observer {
    let store = registrar.store
    var observer = CoordinatorLoop.Observer()
    observer.onAccess = { display.note($0) }
    // What a full disk does not take is tried again with every look at the progress.
    var unannounced: String?
    func announce(_ address: String, as publicKey: PublicKey?) {
      do {
        // First: who waits for the announcement finds the line.
        if let line = try joinLine(address, publicKey) {
          results.withdrawEnd()
          try Folders.write(line.fileText.utf8, to: results.joinFile)
        }
        try results.announce(endpoint: address, publicKey: publicKey, keys: options.keys)
        try store.announce(endpoint: address)
        unannounced = nil
      } catch {
        if unannounced == nil {
          display.note("\(error); until it can be, other commands need --connect \(address)")
        }
        unannounced = address
      }
    }
    let publicKey = try options.keys?.coordinator().pair.publicKey
    observer.onListening = { address in
      announce(address, as: publicKey)
      if announcesAddress {
        do {
          let way = try reach(address, publicKey)
          display.note("listening on \(address); workers: groksweep work \(way)")
        } catch {
          display.note("listening on \(address); workers find no line: \(error)")
        }
      }
    }
    observer.onNotice = { notice in
      display.note(notice.description)
      if announcesAddress {
        do throws(RuntimeFailure) {
          try QuarantineFile(path: results.quarantineFile).note(notice)
        } catch {
          display.note("\(error); a coordinator that starts later will not know of it")
        }
      }
      if case .everythingEnded(let failedRuns) = notice {
        endCommand?.noteEnd(failedRuns: failedRuns, of: registrar.names)
      }
      // On a network file system nobody else can read the store now.
      guard store.storage == .local else { return }
      let finished: [String]
      switch notice {
      case .seedCompleted(let sweep, _): finished = [sweep]
      case .everythingEnded: finished = registrar.names
      default: finished = []
      }
      for sweep in finished {
        background.submit(
          [Executable.path, "map", sweep, "--results", results.path], for: "drawing a map")
      }
    }
    observer.onCommand = { display.note("asked for: \($0)") }
    observer.onProgress = { progress in
      if let unannounced { announce(unannounced, as: publicKey) }
      display.show(progress, at: MonotonicClock.now)
    }
    return observer
  }

  /// What workers elsewhere are given; nil where they need none or cannot come.
  private func joinLine(
    _ address: String, _ publicKey: PublicKey?
  ) throws(RuntimeFailure) -> JoinLine? {
    guard announcesAddress else { return nil }
    let addresses = try Endpoint.advertised(for: address, as: advertised)
    guard !addresses.isEmpty else { return nil }
    return JoinLine(addresses: addresses, publicKey: publicKey?.bytes)
  }

  /// The options with which a worker reaches this coordinator.
  private func reach(
    _ address: String, _ publicKey: PublicKey?
  ) throws(RuntimeFailure) -> String {
    let key = publicKey == nil ? "" : " --key NAME.key"
    guard let line = try joinLine(address, publicKey) else { return "--connect \(address)\(key)" }
    // A shell would look for files of that name.
    let word = line.description.contains("[") ? "'\(line)'" : line.description
    return "--join \(word)\(key)"
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
  func remark(about sweep: Sweep) -> String? {
    switch self {
    case .added, .unchanged: nil
    case .revivedInPart(let positions):
      "\(positions.count) \(positions.count == 1 ? "run" : "runs") of the sweep, which was cancelled, "
        + "\(positions.count == 1 ? "is" : "are") taken up again; the others stay cancelled until they are submitted"
    case .narrowed(let positions):
      "\(positions.count) \(positions.count == 1 ? "run of the stored sweep is" : "runs of the stored sweep are") chosen; "
        + "it keeps the others, and its map shows all"
    case .extended(let count) where count == sweep.runCount: nil
    case .extended(let count):
      "the stored sweep grows from \(count) to \(sweep.runCount) runs"
    case .replaced(let parts):
      "this takes the place of the stored sweep of that name, which differs in "
        + "\(parts.joined(separator: ", ")); all results are kept (--set name=NAME keeps both sweeps)"
    }
  }
}
