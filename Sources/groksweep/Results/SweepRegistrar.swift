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
  /// Whether a sweep that was submitted after the command that is typed again is meant by it.
  private let goesOnWithSubmissions: Bool
  private let retriesFailed: Bool
  /// The sweeps that were taken in, in their order.
  private(set) var names: [String] = []

  /// Takes in sweeps for one store.
  init(
    store: ResultStore, revives: Bool, goesOnWithSubmissions: Bool, retriesFailed: Bool = false
  ) {
    self.store = store
    self.revives = revives
    self.goesOnWithSubmissions = goesOnWithSubmissions
    self.retriesFailed = retriesFailed
  }

  /// Takes in a sweep that the command names.
  func submission(of loaded: LoadedSweep) throws(StoreError) -> SweepSubmission {
    if goesOnWithSubmissions,
      let later = try store.submission(
        since: loaded.sweep, inputs: loaded.inputs, failedToo: retriesFailed)
    {
      Console.note(
        "\(loaded.sweep.name): gone on with as it was submitted last, with \(later.sweep.runCount) runs, "
          + "until that is done; another file or --set takes its place")
      note(loaded.sweep.name)
      return try continuation(of: later, revives: revives)
    }
    let registration = try store.register(
      loaded.sweep, inputs: loaded.inputs, isNamed: true, revives: revives)
    let submission = try submission(of: loaded, registration)
    for remark in [submission.remark, cancelledOnes(of: submission)].compactMap({ $0 }) {
      Console.note("\(loaded.sweep.name): \(remark)")
    }
    note(loaded.sweep.name)
    return submission
  }

  private func note(_ name: String) {
    if !names.contains(name) { names.append(name) }
  }

  /// Takes in a sweep that somebody submits to the running coordinator.
  func submission(of submitted: SubmittedSweep) throws(RuntimeFailure) -> SweepSubmission {
    let loaded = try LoadedSweep(submitted)
    return try withStoreErrors { () throws(StoreError) in
      let registration = try store.register(
        loaded.sweep, inputs: loaded.inputs, submittedFiles: loaded.files)
      let submission = try submission(of: loaded, registration)
      note(loaded.sweep.name)
      return submission
    }
  }

  /// Goes on with what was submitted before a restart and is not done.
  ///
  /// - Parameter failedToo: whether sweeps are taken in again of which nothing but given-up runs is left.
  /// - Returns: what the coordinator is to be told.
  /// - Throws: `StoreError` if the store cannot be read.
  func unfinishedSubmissions(failedToo: Bool) throws(StoreError) -> [SweepSubmission] {
    var submissions: [SweepSubmission] = []
    let unfinished = try store.unfinishedSubmissions(failedToo: failedToo)
    for stored in unfinished {
      // What the command names is meant as it is; parts that were submitted come on top of it.
      let isNamed = names.contains(stored.sweep.name)
      if isNamed, stored.submittedParts.isEmpty || !goesOnWithSubmissions { continue }
      let continued =
        stored.submittedParts.isEmpty
        ? [try continuation(of: stored, revives: false)]
        : try parts(of: stored).filter { !$0.isDone(failedToo: failedToo) }
      guard !continued.isEmpty else { continue }
      Console.note(
        "\(stored.sweep.name) was submitted before and is gone on with; "
          + "groksweep cancel \(stored.sweep.name) ends it")
      note(stored.sweep.name)
      submissions += continued
    }
    return submissions
  }

  /// The runs whose results may still come although the coordinator knows them from no sweep, or only as answered.
  ///
  /// A worker that has computed one while no coordinator was there delivers it to the next, whatever that works on: the
  /// run's sweep may have been cancelled or defined otherwise since, or this command may name another.
  ///
  /// - Parameter submissions: the sweeps that the coordinator is told of.
  /// - Returns: what it is to be told after these.
  /// - Throws: `StoreError` if the store cannot be read.
  func recalledRuns(
    besides submissions: [SweepSubmission]
  ) throws(StoreError) -> [Coordination.RestoredRun] {
    let keys = try store.runsWithPendingResults()
    var unknown = Set(keys)
    for submission in submissions where !unknown.isEmpty {
      for run in submission.runs {
        if case .answered = run.status { continue }
        unknown.remove(run.key)
      }
    }
    return try store.restoredRuns(keys.filter(unknown.contains))
      .map { stored in Coordination.RestoredRun(stored) }
  }

  /// The parts of a stored sweep that were submitted.
  private func parts(of stored: StoredSweep) throws(StoreError) -> [SweepSubmission] {
    // The experiment may have another version by now; a part alone would take the place of the whole then.
    try store.register(stored.sweep, inputs: stored.inputs, revives: false)
    var parts: [SweepSubmission] = []
    for part in stored.submittedParts where part.positions(in: stored.sweep) != nil {
      let loaded = LoadedSweep(
        sweep: part, files: stored.submittedFiles ?? [:], inputs: stored.inputs)
      let registration = try store.register(part, inputs: stored.inputs, revives: false)
      parts.append(try submission(of: loaded, registration))
    }
    return parts
  }

  /// Goes on with what the store has.
  private func continuation(
    of stored: StoredSweep, revives: Bool
  ) throws(StoreError) -> SweepSubmission {
    let loaded = LoadedSweep(
      sweep: stored.sweep, files: stored.submittedFiles ?? [:], inputs: stored.inputs)
    // The experiment may have another version by now, and its runs other keys.
    let registration = try store.register(stored.sweep, inputs: stored.inputs, revives: revives)
    return try submission(of: loaded, registration)
  }

  private func submission(
    of loaded: LoadedSweep, _ registration: Registration
  ) throws(StoreError) -> SweepSubmission {
    let name = loaded.sweep.name
    guard let stored = try store.sweep(named: name) else {
      preconditionFailure("\(name) was registered and is not in the store")
    }
    let isCancelled = stored.cancelledAt != nil
    if isCancelled {
      Console.note("\(name) was cancelled; groksweep run or submit computes it after all")
    }
    let grid: SweepGrid
    do throws(ParameterError) {
      // The stored one, which the positions are those of: this may be a part of it.
      grid = try SweepGrid(stored.sweep, inputs: stored.inputs)
    } catch {
      throw StoreError.unreadable(path: store.path, what: "the sweep \(name) (\(error))")
    }
    var runs: [Coordination.RestoredRun] = []
    // Of a million runs, memory that is touched for the first time is a good part of a restart.
    runs.reserveCapacity(registration.chosenPositions?.count ?? grid.count)
    try store.restore(sweep: name, at: registration.chosenPositions) { runs.append(.init($0)) }
    let isPart = registration.chosenPositions != nil
    // A part of what was submitted as a whole is not gone on with by itself after a restart.
    let isOfWhole =
      switch registration {
      case .revivedInPart: true
      default: isPart && stored.submittedFiles != nil && stored.submittedParts.isEmpty
      }
    let priority = isOfWhole ? stored.sweep.priority : loaded.sweep.priority
    var submission = SweepSubmission(
      name: name, arrival: stored.number, priority: priority, request: loaded.sweep.request,
      files: loaded.files, grid: grid, runs: runs,
      isPart: isPart, isCancelled: isCancelled)
    let remarks = [
      registration.remark(about: loaded.sweep),
      priority == loaded.sweep.priority
        ? nil : "its priority stays \(priority): that is the whole sweep's",
    ].compactMap { $0 }
    submission.remark = remarks.isEmpty ? nil : remarks.joined(separator: "; ")
    return submission
  }

  /// What to know of runs that somebody has cancelled and that are not computed therefore, where the sweep is not cancelled.
  private func cancelledOnes(of submission: SweepSubmission) -> String? {
    guard !submission.isCancelled else { return nil }
    let count = submission.runs.count { run in
      switch run.status {
      case .answered, .failed: false
      case .finished(let summary, _): run.isCancelled && !submission.request.isCovered(by: summary)
      case .open: run.isCancelled
      }
    }
    return count == 0
      ? nil
      : "\(count) \(count == 1 ? "run was" : "runs were") cancelled and \(count == 1 ? "stays" : "stay") so "
        + "(groksweep retry --run KEY, asked of this coordinator, takes one up again)"
  }
}

extension SweepSubmission {
  /// Whether nothing is left of it to compute.
  ///
  /// - Parameter failedToo: whether runs that were given up count as not done.
  /// - Returns: true, too, where all that is left is cancelled.
  func isDone(failedToo: Bool) -> Bool {
    isCancelled
      || runs.allSatisfy { run in
        switch run.status {
        case .answered: true
        case .finished(let summary, _): run.isCancelled || request.isCovered(by: summary)
        case .failed: run.isCancelled || !failedToo
        case .open: run.isCancelled
        }
      }
  }
}
